//! `assay trust`: the roots in which signatures and timestamps may end.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use time::OffsetDateTime;

use super::{Failure, Output, file, open, open_to_read};
use crate::domain::fingerprint::Fingerprint;
use crate::feed::authority::Actor;
use crate::feed::trust;
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
    /// List all roots
    List,
    /// Remove a root
    Remove {
        /// Its SHA-256
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
                let mut added = 0;
                for (file, certificates) in read {
                    added += trust::add(&store, &certificates, &purposes, &source(file), &Actor::CommandLine, now)?;
                }
                output.print(&added, |added| format!("added {added} trust anchors"))?;
            }
            Self::Import { dotnet_sdk } => {
                let (signing, timestamping) = trust::sdk_bundles(&dotnet_sdk)?;
                let read = [(Purpose::Signing, read(&signing)?), (Purpose::Timestamping, read(&timestamping)?)];
                let (_, store) = open(data)?;
                let mut added = 0;
                for (purpose, certificates) in read {
                    added +=
                        trust::add(&store, &certificates, &[purpose], &source(&dotnet_sdk), &Actor::CommandLine, now)?;
                }
                output.print(&added, |added| format!("added {added} trust anchors"))?;
            }
            Self::List => {
                let (_, store) = open_to_read(data)?;
                let rows = store.read(|r| r.listed_anchors())?;
                let empty = "there are no trust anchors, so no author-signed package is accepted; `assay trust import` adds those of a .NET SDK";
                output.table(&rows, ["FOR", "SHA-256", "SUBJECT", "UNTIL", "FROM"], cells, empty)?;
            }
            Self::Remove { fingerprint } => {
                let (_, store) = open(data)?;
                trust::remove(&store, &fingerprint, &Actor::CommandLine, now)?;
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

fn cells(row: &ListedAnchor) -> [String; 5] {
    let purpose = match row.purpose {
        Purpose::Signing => "signing",
        Purpose::Timestamping => "timestamping",
    };
    [
        purpose.to_owned(),
        row.fingerprint.to_string(),
        row.subject.clone(),
        row.not_after.date().to_string(),
        row.source.clone(),
    ]
}
