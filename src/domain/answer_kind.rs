//! The two forms in which issuers answer about revocation.

use std::fmt;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AnswerKind {
    /// A certificate revocation list (RFC 5280).
    Crl,
    /// A response of the online certificate status protocol (RFC 6960).
    Ocsp,
}

impl fmt::Display for AnswerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Crl => "CRL",
            Self::Ocsp => "OCSP",
        })
    }
}
