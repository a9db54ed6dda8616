//! What is known about one certificate.

use std::fmt;

use time::OffsetDateTime;

use super::reason::Reason;
use crate::domain::answer_kind::AnswerKind;

/// What is known about the revocation of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Its issuer says, in an answer that is in date, that it is not revoked. Issuers may drop the revocations of expired
    /// certificates: for such a one this says only that nobody told otherwise.
    Good {
        /// When the issuer said so.
        this_update: OffsetDateTime,
        /// Until when the answer counts; `None` when the issuer did not say.
        next_update: Option<OffsetDateTime>,
        /// What kind of answer said so.
        told_by: AnswerKind,
    },
    /// Its issuer says that it is revoked. Being on hold is the same here, as for the client.
    Revoked {
        /// From when on: the revocation date, or the invalidity date where the issuer gave an earlier one.
        at: OffsetDateTime,
        /// Why; [`Reason::Unspecified`] when the issuer did not say.
        reason: Reason,
        /// Whether an answer that says so is in date. It is revoked in any case, for the client as well.
        in_date: bool,
        /// When the issuer said so.
        this_update: OffsetDateTime,
        /// Until when the answer counts; `None` when the issuer did not say.
        next_update: Option<OffsetDateTime>,
        /// What kind of answer said so.
        told_by: AnswerKind,
    },
    /// Nothing that counts. Never the same as good.
    Unknown(Unknown),
}

/// Why nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Unknown {
    /// There is no answer for the certificate.
    NoAnswer,
    /// The answers at hand are not signed by the issuer, or not as they must be.
    NotGenuine,
    /// The answers at hand are of the issuer, but do not cover the certificate, or not every reason to revoke it.
    NotCovered,
    /// The responder says that it does not know the certificate.
    NotKnown,
    /// The answers at hand are out of date.
    OutOfDate,
    /// The answers at hand are signed with SHA-1 or a short key. They may accuse and cannot acquit.
    Weak,
}

impl Status {
    /// Whether the certificate is known to be revoked or on hold.
    #[must_use]
    pub const fn is_revoked(&self) -> bool {
        matches!(self, Self::Revoked { .. })
    }
}

/// As the rest of a sentence that begins with "it is not known whether the certificate is revoked:".
impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoAnswer => "there is no answer of its issuer",
            Self::NotGenuine => "the answer is not signed by its issuer",
            Self::NotCovered => "the answer of its issuer does not cover it",
            Self::NotKnown => "the responder of its issuer does not know it",
            Self::OutOfDate => "the answer of its issuer is out of date",
            Self::Weak => "the answer of its issuer is signed with a weak algorithm",
        })
    }
}
