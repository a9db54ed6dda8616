//! The order in which problems are told: that of a verification, from the file to those who vouch for it.

use super::issue::{Issue, Part};
use super::problem::Problem;

/// A step of a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    /// The archive and what it must contain.
    File,
    /// The signature file and its structure.
    Structure,
    /// What kind of signature it is.
    Kind,
    /// Whether it is about this package.
    Integrity,
    /// The signature value.
    Value,
    /// The signer's certificate.
    Certificate,
    /// The path to a root, trust, and revocation.
    Chain,
    /// Everything about timestamps.
    Timestamp,
    /// Whether the signature was made in time.
    Validity,
    /// Everything about the repository countersignature, in the same order.
    Countersignature,
    /// Who must have signed.
    List,
}

impl Stage {
    /// Where an issue is told: its step, and that within the countersignature.
    pub(crate) const fn of(issue: &Issue) -> (Self, Self) {
        let stage = if issue.timestamp { Self::Timestamp } else { Self::of_problem(&issue.problem) };
        match issue.part {
            Part::Countersignature => (Self::Countersignature, stage),
            _ => (stage, stage),
        }
    }

    const fn of_problem(problem: &Problem) -> Self {
        match problem {
            Problem::Unsigned | Problem::Unreadable(_) | Problem::Archive(_) | Problem::Manifests { .. } => Self::File,
            Problem::Entry(_) | Problem::Structure(_) | Problem::CertificateMissing | Problem::TooMany { .. } => {
                Self::Structure
            }
            Problem::UnknownKind | Problem::ForeignCountersignature => Self::Kind,
            Problem::Changed { .. } | Problem::NotHashable(_) => Self::Integrity,
            Problem::BadSignature { .. } | Problem::SignatureAlgorithm { .. } => Self::Value,
            Problem::CertificateAlgorithm { .. }
            | Problem::Key { .. }
            | Problem::LifetimeSigning { .. }
            | Problem::NotYetValid { .. } => Self::Certificate,
            Problem::Chain(_)
            | Problem::UntrustedRoot { .. }
            | Problem::UntrustedRootNote
            | Problem::Revoked { .. }
            | Problem::RevocationUnknown { .. } => Self::Chain,
            Problem::NoTimestamp
            | Problem::TimestampCount { .. }
            | Problem::FutureTimestamp { .. }
            | Problem::TokenDigest { .. }
            | Problem::Imprint(_)
            | Problem::OtherImprint
            | Problem::OutsideTsaValidity { .. } => Self::Timestamp,
            Problem::OutsideValidity { .. } | Problem::ExpiredNow { .. } => Self::Validity,
            Problem::NotListed { .. } | Problem::ListEmpty { .. } => Self::List,
        }
    }
}
