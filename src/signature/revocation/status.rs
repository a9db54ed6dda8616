//! What is known about one certificate.

use time::OffsetDateTime;

/// What is known about the revocation of a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Its issuer says, in an answer that is in date, that it is not revoked.
    Good {
        /// When the issuer said so.
        this_update: OffsetDateTime,
        /// Until when the answer counts; `None` when the issuer did not say.
        next_update: Option<OffsetDateTime>,
    },
    /// Its issuer says that it is revoked. Being on hold is the same here, as for the client.
    Revoked {
        /// From when on.
        at: OffsetDateTime,
        /// Whether the answer is in date. The client takes only such answers; a revocation that was told once is known.
        in_date: bool,
    },
    /// Nothing that counts. Never the same as good.
    Unknown(Unknown),
}

/// Why nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unknown {
    /// There is no answer for the certificate.
    NoAnswer,
    /// The answers at hand are out of date.
    OutOfDate,
    /// The answers at hand are not signed by the issuer, or not as they must be.
    NotGenuine,
}
