//! The proof that a package may be pushed, as a type that only a judgement can make.

use std::io::{self, Read, Seek};

use time::OffsetDateTime;

use super::evidence::Evidence;
use super::issue::Issue;
use super::judge::judge;
use super::policy::{Policy, PushOptions};
use super::report::{Kind, Report};
use crate::archive::Archive;
use crate::domain::fingerprint::Fingerprint;

/// Who signed a verified package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed<'a> {
    /// Nobody.
    Unsigned,
    /// Only a repository, whose mark is removed: as good as unsigned.
    RepositoryOnly,
    /// The author with this certificate.
    ByAuthor(&'a Fingerprint),
}

/// A package that keeps every rule of a push, with the facts about it. Made by [`verify_for_push`] only.
#[derive(Debug, Clone)]
pub struct VerifiedPackage {
    report: Report,
    author: Option<Author>,
}

/// What is kept about an author's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Author {
    fingerprint: Fingerprint,
    timestamp: Option<OffsetDateTime>,
}

/// A package that breaks rules.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Everything that was found; the errors among the issues refuse it.
    pub report: Box<Report>,
}

impl Refusal {
    /// The issues that refuse the package; never empty.
    pub fn issues(&self) -> impl Iterator<Item = &Issue> {
        self.report.errors()
    }
}

/// Judges a package by the rules of a push.
///
/// # Errors
/// The outer error when the file cannot be read, the inner one when the package breaks a rule.
pub fn verify_for_push<R: Read + Seek>(
    reader: &mut R,
    archive: &Archive,
    options: &PushOptions,
    evidence: Evidence<'_>,
) -> io::Result<Result<VerifiedPackage, Refusal>> {
    let report = judge(reader, archive, &Policy::Push(options.clone()), evidence)?;
    Ok(VerifiedPackage::new(report))
}

impl VerifiedPackage {
    fn new(report: Report) -> Result<Self, Refusal> {
        if !report.accepted {
            return Err(Refusal { report: Box::new(report) });
        }
        let author = match (report.kind, &report.signer) {
            (Kind::Unsigned | Kind::Repository, _) => None,
            (Kind::Author, Some(signer)) => signer.certificate.as_ref().map(|certificate| Author {
                fingerprint: certificate.fingerprint(),
                timestamp: signer.timestamps.first().map(|timestamp| timestamp.upper),
            }),
            _ => {
                return Err(Refusal { report: Box::new(report) });
            }
        };
        if report.kind == Kind::Author && author.is_none() {
            return Err(Refusal { report: Box::new(report) });
        }
        Ok(Self { report, author })
    }

    /// Who signed.
    #[must_use]
    pub const fn signed(&self) -> Signed<'_> {
        match &self.author {
            Some(author) => Signed::ByAuthor(&author.fingerprint),
            None => match self.report.kind {
                Kind::Repository => Signed::RepositoryOnly,
                _ => Signed::Unsigned,
            },
        }
    }

    /// The latest time at which the author's signature may have been made, by its timestamp.
    #[must_use]
    pub fn author_timestamp(&self) -> Option<OffsetDateTime> {
        self.author.as_ref()?.timestamp
    }

    /// The content hash of lock files.
    #[must_use]
    pub fn content_hash(&self) -> &str {
        self.report.content_hash.as_deref().unwrap_or_default()
    }

    /// All facts, and the warnings.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }
}
