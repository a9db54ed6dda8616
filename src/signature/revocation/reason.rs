//! Why an issuer revoked a certificate, in the words of RFC 5280, 5.3.1.

use std::fmt;

use crate::signature::asn1::{self, Element};

const ENUMERATED: u8 = 0x0A;

/// A reason code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// No reason given, or one that no standard names.
    Unspecified,
    /// Somebody else has the key.
    KeyCompromise,
    /// Somebody else has the key of a CA.
    CaCompromise,
    /// The name or other facts changed.
    AffiliationChanged,
    /// There is a newer certificate.
    Superseded,
    /// It is no longer needed.
    CessationOfOperation,
    /// On hold: the issuer may take it back.
    CertificateHold,
    /// No longer on hold. Only in delta CRLs.
    RemoveFromCrl,
    /// What the certificate allowed was withdrawn.
    PrivilegeWithdrawn,
    /// The key of an attribute authority is known to others.
    AaCompromise,
}

impl Reason {
    /// Reads an ENUMERATED. Numbers without a meaning are no reason, and a revocation all the same.
    pub(super) fn parse(element: &Element<'_>) -> asn1::Result<Self> {
        if element.tag != ENUMERATED {
            return Err(asn1::Error::Tag { expected: ENUMERATED, found: element.tag });
        }
        Ok(match asn1::small(element.content).unwrap_or_default() {
            1 => Self::KeyCompromise,
            2 => Self::CaCompromise,
            3 => Self::AffiliationChanged,
            4 => Self::Superseded,
            5 => Self::CessationOfOperation,
            6 => Self::CertificateHold,
            8 => Self::RemoveFromCrl,
            9 => Self::PrivilegeWithdrawn,
            10 => Self::AaCompromise,
            _ => Self::Unspecified,
        })
    }

    /// Whether the issuer may take the revocation back.
    #[must_use]
    pub const fn is_hold(self) -> bool {
        matches!(self, Self::CertificateHold)
    }
}

/// As the rest of a sentence: `revoked (key compromise)`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "no reason given",
            Self::KeyCompromise => "key compromise",
            Self::CaCompromise => "CA compromise",
            Self::AffiliationChanged => "affiliation changed",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessation of operation",
            Self::CertificateHold => "certificate hold",
            Self::RemoveFromCrl => "removed from the CRL",
            Self::PrivilegeWithdrawn => "privilege withdrawn",
            Self::AaCompromise => "attribute authority compromise",
        })
    }
}
