//! What is known about the revocation of a chain: one status for each certificate in it that somebody issued.
//!
//! The last certificate of a chain is left out, as its issuer is itself or not there. So a chain of one certificate has
//! nothing to be known, and nothing unknown either.

use time::OffsetDateTime;

use super::certificate::Certificate;
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

/// A certificate that is revoked or on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Revoked {
    pub certificate: Fingerprint,
    /// Since when.
    pub at: OffsetDateTime,
    /// Whether it is on hold, which its issuer may lift.
    pub hold: bool,
}

/// Who asks about a chain, and so by whose reading an answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// Nobody.
    Nobody,
    /// This server: what was told once is known, and "good" must be said by an answer that is in date now.
    Server,
    /// The client.
    Client,
}

impl From<RevocationMode> for Asking {
    fn from(mode: RevocationMode) -> Self {
        if mode == RevocationMode::NotAsked { Self::Nobody } else { Self::Client }
    }
}

impl Revocation {
    /// Looks for answers about a chain that is judged as of `at`: the upper bound of the timestamp for a signer that has one,
    /// now for a timestamping authority.
    pub(crate) fn of(chain: &Chain, asking: Asking, at: OffsetDateTime, evidence: Evidence<'_>) -> Self {
        let Evidence { answers, now, .. } = evidence;
        let status = |certificate: &Certificate, issuer: &Certificate| match asking {
            Asking::Server => answers.about(certificate, issuer, now),
            Asking::Nobody | Asking::Client => answers.about_for_client(certificate, issuer, at, now),
        };
        if asking == Asking::Nobody {
            return Self::NotAsked;
        }
        let issued = chain.certificates.windows(2).filter_map(|pair| {
            let [certificate, issuer] = pair else {
                return None;
            };
            Some(CertificateStatus { certificate: certificate.fingerprint(), status: status(certificate, issuer) })
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

    /// The first certificate that is revoked or on hold. An answer that has grown old still says so, for the client too.
    pub(crate) fn revoked(&self) -> Option<Revoked> {
        self.statuses().iter().find_map(|one| match one.status {
            Status::Revoked { at, reason, .. } => {
                Some(Revoked { certificate: one.certificate, at, hold: reason.is_hold() })
            }
            _ => None,
        })
    }

    /// The certificates of which nothing is known.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = (Fingerprint, Unknown)> {
        self.statuses().iter().filter_map(|one| match one.status {
            Status::Unknown(why) => Some((one.certificate, why)),
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
