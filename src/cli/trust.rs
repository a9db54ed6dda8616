//! `assay trust`: the roots in which signatures and timestamps may end.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use time::OffsetDateTime;

use super::{Failure, Output, file, for_terminal, open, open_to_read};
use crate::domain::fingerprint::Fingerprint;
use crate::feed::authority::Actor;
use crate::feed::trust::{self, Considered, Offer, Outcome};
use crate::signature::Certificate;
use crate::signature::certificate_file;
use crate::store::trust_anchors::{ListedAnchor, Purpose};

/// Bytes of a file with roots. The lists of an SDK have some 600 kilobytes.
const MAX_SIZE: usize = 10 * 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum Trust {
    /// Add the certificates in PEM or DER files
    Add {
        /// For what they count; without it for signing
        #[arg(long = "for", value_name = "PURPOSE", default_value = "signing")]
        purpose: Vec<Kind>,
        /// The files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// Add the two lists that a .NET SDK brings
    Import {
        /// The folder of the SDK, such as `/usr/share/dotnet`
        #[arg(long, value_name = "DIR")]
        dotnet_sdk: PathBuf,
    },
    /// List all roots, where they came from, and in how many versions' chains they are
    List,
    /// Remove a root
    Remove {
        /// From which list; without it from both
        #[arg(long = "for", value_name = "PURPOSE")]
        purpose: Option<Kind>,
        /// Its SHA-256
        #[arg(value_parser = Fingerprint::typed)]
        fingerprint: Fingerprint,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Package signers
    Signing,
    /// Timestamping authorities
    Timestamping,
}

impl From<Kind> for Purpose {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Signing => Self::Signing,
            Kind::Timestamping => Self::Timestamping,
        }
    }
}

impl Trust {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let now = OffsetDateTime::now_utc();
        match self {
            Self::Add { purpose, files } => {
                let purposes: Vec<Purpose> = purpose.into_iter().map(Purpose::from).collect();
                let read = files.iter().map(|file| Ok((file, read(file)?))).collect::<Result<Vec<_>, Failure>>()?;
                let (_, store) = open(data)?;
                let named: Vec<_> = read.iter().map(|(file, read)| (source(file), read)).collect();
                let offers =
                    named.iter().map(|(source, certificates)| Offer { certificates, purposes: &purposes, source });
                return tell(&trust::add(&store, &offers.collect::<Vec<_>>(), &Actor::CommandLine, now)?, output);
            }
            Self::Import { dotnet_sdk } => {
                let (signing, timestamping) = trust::sdk_bundles(&dotnet_sdk)?;
                let (source, signing, timestamping) = (source(&dotnet_sdk), read(&signing)?, read(&timestamping)?);
                let (_, store) = open(data)?;
                let offers = [
                    Offer { certificates: &signing, purposes: &[Purpose::Signing], source: &source },
                    Offer { certificates: &timestamping, purposes: &[Purpose::Timestamping], source: &source },
                ];
                return tell(&trust::add(&store, &offers, &Actor::CommandLine, now)?, output);
            }
            Self::List => {
                let (_, store) = open_to_read(data)?;
                let rows = store.read(|r| r.listed_anchors())?;
                let empty = "there are no trust anchors, so no author-signed package is accepted; `assay trust import` adds those of a .NET SDK";
                let head = ["FOR", "SHA-256", "SUBJECT", "UNTIL", "VERSIONS", "FROM", "ADDED", "BY"];
                output.table(&rows, head, cells, empty)?;
            }
            Self::Remove { purpose, fingerprint } => {
                let (_, store) = open(data)?;
                let purposes = purpose.map_or(Purpose::ALL.to_vec(), |purpose| vec![purpose.into()]);
                trust::remove(&store, &purposes, &fingerprint, &Actor::CommandLine, now)?;
                output.print(&fingerprint, |fingerprint| format!("{fingerprint} is no trust anchor any more"))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The certificates in a file.
pub(super) fn read(path: &Path) -> Result<Vec<Certificate>, Failure> {
    let bytes = file::read(path, MAX_SIZE)?;
    Ok(certificate_file::read_all(&bytes).map_err(|error| format!("`{}`: {error}", path.display()))?)
}

fn source(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

/// Tells how many were added, and which were not and why. One that is no root is a failure: the others were added.
fn tell(considered: &[Vec<Considered>], output: &Output) -> Result<ExitCode, Failure> {
    let all = || considered.iter().flatten();
    let added = all().filter(|one| one.outcome == Outcome::Added).count();
    output.print(&added, |added| format!("added {added} trust anchors"))?;
    let mut code = ExitCode::SUCCESS;
    for one in all() {
        if let Outcome::Refused(problem) = &one.outcome {
            code = ExitCode::FAILURE;
            let line = format!(
                "error: `{}` ({}) is not added for {}: {problem}",
                one.subject,
                one.fingerprint,
                one.purpose.name()
            );
            eprintln!("{}", for_terminal(&line));
        }
    }
    Ok(code)
}

fn cells(row: &ListedAnchor) -> [String; 8] {
    [
        row.purpose.name().to_owned(),
        row.fingerprint.to_string(),
        row.subject.clone(),
        row.not_after.date().to_string(),
        row.versions.to_string(),
        row.source.clone(),
        row.added_at.date().to_string(),
        row.added_by.clone(),
    ]
}
