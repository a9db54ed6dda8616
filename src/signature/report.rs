//! What judging a package found out, for decisions, pages and records.

use time::OffsetDateTime;

use super::certificate::Certificate;
use super::chain::End;
use super::chain_revocation::Revocation;
use super::examine::Examination;
use super::issue::{Issue, Level};
use super::opinion::Opinion;
use super::primary::{RepositoryAttributes, Signer};
use super::stage::Stage;
use super::timestamp::Timestamp;
use crate::archive::PackageHashes;

/// What a package's signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// None.
    Unsigned,
    /// An author's.
    Author,
    /// A repository's, without an author's.
    Repository,
    /// One that claims neither.
    Unknown,
    /// One that could not be read.
    Unreadable,
}

/// The facts and the verdict.
#[derive(Debug, Clone)]
pub struct Report {
    /// What the primary signature is.
    pub kind: Kind,
    /// The primary signer.
    pub signer: Option<SignerFacts>,
    /// The repository countersigner, when there is one that could be read.
    pub countersigner: Option<SignerFacts>,
    /// Countersignatures of any kind in the file.
    pub countersignatures: usize,
    /// The hashes of the unsigned form that the policy needs: that of the signature, and for a push SHA-256 and SHA-512.
    /// `None` when the unsigned form is not defined, or nothing is needed.
    pub hashes: Option<PackageHashes>,
    /// Base64 of the SHA-512 of the unsigned form, as lock files have it; `None` when it is not defined, or was not needed
    /// (then [`Archive::content_hash`](crate::archive::Archive::content_hash) computes it).
    pub content_hash: Option<String>,
    /// Everything that was found, errors and warnings, in the order of a verification: the file, the signature, its
    /// certificate and chain, its timestamp, the countersignature, lists.
    pub issues: Vec<Issue>,
    /// Whether the policy accepts the package.
    pub accepted: bool,
}

/// One signer.
#[derive(Debug, Clone)]
pub struct SignerFacts {
    /// Its certificate; `None` when it is not in the signature.
    pub certificate: Option<Certificate>,
    /// The chain from the certificate to its top.
    pub chain: Vec<Certificate>,
    /// Whether the chain ends at a trust anchor.
    pub trusted: bool,
    /// What is known about the revocation of the chain.
    pub revocation: Revocation,
    /// The timestamps, in file order. The first counts.
    pub timestamps: Vec<TimestampFacts>,
    /// What a repository says about itself.
    pub repository: Option<RepositoryAttributes>,
}

/// One timestamp.
#[derive(Debug, Clone)]
pub struct TimestampFacts {
    /// The time that the authority wrote.
    pub time: OffsetDateTime,
    /// That time minus its accuracy.
    pub lower: OffsetDateTime,
    /// That time plus its accuracy.
    pub upper: OffsetDateTime,
    /// The authority's certificate.
    pub certificate: Certificate,
    /// The chain from the certificate to its top; empty for all but the first timestamp.
    pub chain: Vec<Certificate>,
    /// Whether the chain ends at a trust anchor.
    pub trusted: bool,
    /// What is known about the revocation of the chain; nobody asks about other timestamps than the first.
    pub revocation: Revocation,
}

impl Report {
    /// Nothing is known yet, and nothing accepted.
    pub(crate) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            signer: None,
            countersigner: None,
            countersignatures: 0,
            hashes: None,
            content_hash: None,
            issues: Vec::new(),
            accepted: false,
        }
    }

    /// With what the verification says in the end.
    pub(crate) fn conclude(mut self, opinion: Opinion) -> Self {
        self.accepted = opinion.valid;
        self.issues = opinion.issues;
        self.issues.sort_by_key(Stage::of);
        self
    }

    /// The issues that count as errors. For a push they are what refuses the package. A client's word is less strict: it may
    /// refuse with warnings and accept with errors, so only `accepted` tells.
    pub fn errors(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|issue| issue.is_error())
    }

    /// The issues that count as warnings.
    pub fn warnings(&self) -> impl Iterator<Item = &Issue> {
        self.issues.iter().filter(|issue| issue.level == Level::Warning)
    }
}

impl SignerFacts {
    pub(crate) fn new(signer: &Signer<'_>, examination: Option<&Examination>) -> Self {
        let mut timestamps: Vec<TimestampFacts> = signer.timestamps.iter().map(TimestampFacts::new).collect();
        if let (Some(first), Some(stamp)) =
            (timestamps.first_mut(), examination.and_then(|examination| examination.timestamp.as_ref()))
        {
            first.chain.clone_from(&stamp.verdict.chain.certificates);
            first.trusted = stamp.verdict.chain.end == End::Anchor;
            first.revocation.clone_from(&stamp.revocation);
        }
        Self {
            certificate: signer.certificate.clone(),
            chain: examination.map(|examination| examination.chain.certificates.clone()).unwrap_or_default(),
            trusted: examination.is_some_and(|examination| examination.chain.end == End::Anchor),
            revocation: examination.map_or(Revocation::NotAsked, |examination| examination.revocation.clone()),
            timestamps,
            repository: signer.repository.clone(),
        }
    }
}

impl SignerFacts {
    /// The chains of the signer and of its timestamps that end at a trust anchor, each with the anchor last.
    pub fn proven_chains(&self) -> impl Iterator<Item = &[Certificate]> {
        let own = self.trusted.then_some(self.chain.as_slice());
        let timestamps = self.timestamps.iter().filter(|timestamp| timestamp.trusted);
        own.into_iter().chain(timestamps.map(|timestamp| timestamp.chain.as_slice()))
    }
}

impl TimestampFacts {
    fn new(timestamp: &Timestamp) -> Self {
        Self {
            time: timestamp.info.time,
            lower: timestamp.info.lower,
            upper: timestamp.info.upper,
            certificate: timestamp.certificate.clone(),
            chain: Vec::new(),
            trusted: false,
            revocation: Revocation::NotAsked,
        }
    }
}
