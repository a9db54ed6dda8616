//! One file: opened, judged under every policy that was asked for, and its identity read.
//!
//! Whatever is wrong with a file is part of its inspection, so that one bad file does not keep the others from being
//! looked at.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use time::OffsetDateTime;

use super::ground::Evidence as Ground;
use crate::archive::{self, Archive};
use crate::nupkg;
use crate::signature::revocation::Answers;
use crate::signature::{self, Evidence, Policy, Report};

/// Bytes that are read at once. Packages are hashed whole.
const READ_BUFFER: usize = 128 * 1024;

/// By what files are judged.
pub(super) struct Judgement {
    /// The policies, each with its name.
    pub policies: Vec<(&'static str, Policy)>,
    pub evidence: Ground,
    pub now: OffsetDateTime,
}

/// What was found out about one file.
pub(super) struct Inspection {
    pub file: PathBuf,
    pub findings: Findings,
}

/// What was found, or why nothing could be.
pub(super) enum Findings {
    /// It can't be read, or is no archive; the rule says which. Every one of the policies refuses it.
    Unreadable { rule: &'static str, why: String, policies: Vec<&'static str> },
    /// A package, with a report for each policy; there is at least one.
    Package {
        identity: Result<Identity, nupkg::Error>,
        /// As lock files have it; `None` when the unsigned form is not defined.
        content_hash: Option<String>,
        reports: Vec<(&'static str, Report)>,
    },
}

/// ID and version, as the nuspec writes them.
pub(super) struct Identity {
    pub id: String,
    pub version: String,
}

impl Judgement {
    pub fn inspect(&self, path: &Path) -> Inspection {
        let findings = self.findings(path).unwrap_or_else(|error| self.unreadable("file", &error));
        Inspection { file: path.to_owned(), findings }
    }

    fn findings(&self, path: &Path) -> io::Result<Findings> {
        // Not opened before it is known to be a file: opening a pipe waits for whoever writes into it.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::other("this is no file"));
        }
        let mut reader = BufReader::with_capacity(READ_BUFFER, File::open(path)?);
        let archive = match Archive::read(&mut reader, &archive::Limits::DEFAULT) {
            Ok(archive) => archive,
            Err(archive::Error::Io(error)) => return Err(error),
            Err(error) => return Ok(self.unreadable("archive", &error)),
        };
        let mut reports = self.reports(&mut reader, &archive, self.evidence.at_hand())?;
        let asked = self.evidence.answers(reports.iter().map(|(_, report)| report), self.now);
        if let Some(answers) = asked {
            reports = self.reports(&mut reader, &archive, &answers)?;
        }
        let known = reports.iter().find_map(|(_, report)| report.content_hash.clone());
        let content_hash = known.map_or_else(|| archive.content_hash(&mut reader), |known| Ok(Some(known)))?;
        Ok(Findings::Package { identity: identity(&mut reader), content_hash, reports })
    }
}

impl Judgement {
    fn reports(
        &self,
        reader: &mut BufReader<File>,
        archive: &Archive,
        answers: &Answers,
    ) -> io::Result<Vec<(&'static str, Report)>> {
        let evidence = Evidence { anchors: &self.evidence.anchors, answers, now: self.now };
        let judge = |(name, policy): &(&'static str, Policy)| {
            Ok((*name, signature::judge(&mut *reader, archive, policy, evidence)?))
        };
        self.policies.iter().map(judge).collect()
    }

    fn unreadable(&self, rule: &'static str, error: &dyn std::error::Error) -> Findings {
        let policies = self.policies.iter().map(|(name, _)| *name).collect();
        Findings::Unreadable { rule, why: error.to_string(), policies }
    }
}

impl Inspection {
    /// Whether every policy accepts the file.
    pub fn is_accepted(&self) -> bool {
        match &self.findings {
            Findings::Package { reports, .. } => reports.iter().all(|(_, report)| report.accepted),
            _ => false,
        }
    }
}

fn identity(reader: &mut BufReader<File>) -> Result<Identity, nupkg::Error> {
    let limits = nupkg::Limits { unicode_ids: true, ..nupkg::Limits::default() };
    let nupkg = nupkg::read(reader, &limits)?;
    Ok(Identity { id: nupkg.manifest.id.to_string(), version: nupkg.manifest.version.normalized().to_owned() })
}
