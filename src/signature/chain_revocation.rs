//! What is known about the revocation of a chain: one status for each certificate in it that somebody issued.
//!
//! The last certificate of a chain is left out, as its issuer is itself or not there. So a chain of one certificate has
//! nothing to be known, and nothing unknown either.

use time::OffsetDateTime;

use super::chain::{Chain, End};
use super::chain_problem::ChainProblem;
use super::client_policy::RevocationMode;
use super::evidence::Evidence;
use super::revocation::{Status, Unknown};
use crate::domain::fingerprint::Fingerprint;

/// What is known about the revocation of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revocation {
    /// Nobody asked.
    NotAsked,
    /// What the issuers say, signer first.
    Asked(Vec<CertificateStatus>),
}

/// What the issuer of a certificate says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateStatus {
    /// The certificate.
    pub certificate: Fingerprint,
    /// What is said.
    pub status: Status,
}

impl Revocation {
    /// Looks for answers about a chain.
    pub(crate) fn of(chain: &Chain, mode: RevocationMode, evidence: Evidence<'_>) -> Self {
        if mode == RevocationMode::NotAsked {
            return Self::NotAsked;
        }
        let issued = chain.certificates.windows(2).filter_map(|pair| {
            let [certificate, issuer] = pair else {
                return None;
            };
            let status = evidence.answers.about(certificate, issuer, evidence.now);
            Some(CertificateStatus { certificate: certificate.fingerprint(), status })
        });
        Self::Asked(issued.collect())
    }

    /// The certificates of which something is known or not; none when nobody asked.
    #[must_use]
    pub fn statuses(&self) -> &[CertificateStatus] {
        match self {
            Self::NotAsked => &[],
            Self::Asked(statuses) => statuses,
        }
    }

    /// The first certificate that is revoked by an answer that is in date, and since when.
    pub(crate) fn revoked(&self) -> Option<(Fingerprint, OffsetDateTime)> {
        self.revoked_when(true)
    }

    /// The first certificate that was told revoked once, in an answer that is out of date by now.
    pub(crate) fn revoked_once(&self) -> Option<(Fingerprint, OffsetDateTime)> {
        self.revoked_when(false)
    }

    /// The certificates of which nothing is known to a client: an answer that is out of date is none for it.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = (Fingerprint, Unknown)> {
        self.statuses().iter().filter_map(|one| match one.status {
            Status::Good { .. } | Status::Revoked { in_date: true, .. } => None,
            Status::Revoked { in_date: false, .. } => Some((one.certificate, Unknown::OutOfDate)),
            Status::Unknown(why) => Some((one.certificate, why)),
        })
    }

    fn revoked_when(&self, wanted: bool) -> Option<(Fingerprint, OffsetDateTime)> {
        self.statuses().iter().find_map(|one| match one.status {
            Status::Revoked { at, in_date, .. } if in_date == wanted => Some((one.certificate, at)),
            _ => None,
        })
    }
}

/// Whether the client sees a chain up to a root, for it asks about no other. OpenSSL finds no issuer for a certificate whose
/// extensions it cannot read.
pub(crate) fn client_asks_about(chain: &Chain) -> bool {
    let unreadable = |problem: &ChainProblem| matches!(problem, ChainProblem::MalformedExtension { .. });
    chain.end != End::Missing && !chain.problems.iter().any(unreadable)
}
