//! What can be wrong with the certificates between a signer and a trust anchor, in facts and as the rest of a sentence.

use std::fmt;

use time::OffsetDateTime;

use super::shown::shown;
use crate::domain::fingerprint::Fingerprint;

/// A fault in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChainProblem {
    /// An issuer is neither in the signature nor among the anchors.
    MissingIssuer {
        /// The certificate whose issuer is missing.
        certificate: Fingerprint,
        /// The name of that issuer.
        issuer: String,
    },
    /// The chain is too long.
    TooLong {
        /// Certificates at most.
        limit: usize,
    },
    /// The issuer's key did not sign the certificate.
    BadSignature {
        /// The certificate.
        certificate: Fingerprint,
    },
    /// A certificate issues although it is no CA.
    NotCa {
        /// The issuer.
        certificate: Fingerprint,
    },
    /// A certificate issues although its key usage does not allow it, or does not say so.
    MayNotIssue {
        /// The issuer.
        certificate: Fingerprint,
    },
    /// More CAs below than the path length allows.
    PathLength {
        /// The CA with the limit.
        certificate: Fingerprint,
        /// The limit.
        limit: u64,
    },
    /// The extended key usages leave the purpose out.
    Usage {
        /// The certificate.
        certificate: Fingerprint,
        /// The purpose.
        purpose: &'static str,
    },
    /// A critical extension is not known.
    CriticalExtension {
        /// The certificate.
        certificate: Fingerprint,
        /// The extension in dotted form.
        extension: String,
    },
    /// An extension occurs twice (path rule only; the client cannot read what it knows and finds twice).
    DuplicateExtension {
        /// The certificate.
        certificate: Fingerprint,
        /// The extension in dotted form.
        extension: String,
    },
    /// An extension cannot be read.
    MalformedExtension {
        /// The certificate.
        certificate: Fingerprint,
    },
    /// A part that .NET reads in every chain cannot be read.
    Unreadable {
        /// The certificate.
        certificate: Fingerprint,
        /// What is wrong, as a whole sentence.
        why: &'static str,
    },
    /// What surrounds the signed part of a certificate is not in the one form that it can have.
    MalformedCertificate {
        /// The certificate.
        certificate: Fingerprint,
    },
    /// A name is outside what a CA may certify.
    NameConstraint {
        /// The certificate with the name.
        certificate: Fingerprint,
        /// The CA with the constraint.
        ca: Fingerprint,
    },
    /// Not valid at the time at which the path is judged (path rule only).
    NotValidAt {
        /// The certificate.
        certificate: Fingerprint,
        /// Start of validity.
        not_before: OffsetDateTime,
        /// End of validity.
        not_after: OffsetDateTime,
        /// The time.
        at: OffsetDateTime,
    },
    /// Signed with another digest than SHA-2 (path rule only).
    WeakSignature {
        /// The certificate.
        certificate: Fingerprint,
        /// The algorithm.
        found: String,
    },
    /// An RSA key below 2048 bits or another key (path rule only).
    WeakKey {
        /// The certificate.
        certificate: Fingerprint,
        /// The key.
        found: String,
    },
    /// The signature would only pass with the help of a countersignature, which is removed (path rule only).
    NotAlone,
}

impl fmt::Display for ChainProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingIssuer { certificate, issuer } => write!(
                f,
                "the issuer `{issuer}` of the certificate {certificate} is not in the signature; sign again with the whole chain"
            ),
            Self::TooLong { limit } => write!(f, "there are more than {limit} certificates"),
            Self::BadSignature { certificate } => {
                write!(f, "the certificate {certificate} was not signed by its issuer's key")
            }
            Self::NotCa { certificate } => {
                write!(f, "the certificate {certificate} issues others but is no certification authority")
            }
            Self::MayNotIssue { certificate } => {
                write!(f, "the key usage of the certificate {certificate} does not allow it to issue others")
            }
            Self::PathLength { certificate, limit } => {
                write!(f, "the certificate {certificate} allows {limit} authorities below it, and there are more")
            }
            Self::Usage { certificate, purpose } => write!(f, "the certificate {certificate} is not for {purpose}"),
            Self::CriticalExtension { certificate, extension } => {
                write!(f, "the certificate {certificate} has the critical extension {extension}, which is not known")
            }
            Self::DuplicateExtension { certificate, extension } => {
                write!(f, "the certificate {certificate} has the extension {extension} twice")
            }
            Self::MalformedExtension { certificate } => {
                write!(f, "the certificate {certificate} has an extension that cannot be read")
            }
            Self::Unreadable { certificate, why } => write!(f, "{why}, the certificate {certificate}"),
            Self::MalformedCertificate { certificate } => {
                write!(f, "the certificate {certificate} is not encoded in DER")
            }
            Self::NameConstraint { certificate, ca } => {
                write!(f, "the certificate {certificate} has a name that the authority {ca} may not certify")
            }
            Self::NotValidAt { certificate, not_before, not_after, at } => write!(
                f,
                "the certificate {certificate} is valid from {} to {}, not at {}",
                shown(*not_before),
                shown(*not_after),
                shown(*at)
            ),
            Self::WeakSignature { certificate, found } => {
                write!(f, "the certificate {certificate} was signed with {found}, which is no SHA-2 signature")
            }
            Self::WeakKey { certificate, found } => {
                write!(f, "the certificate {certificate} has a key of {found}, not RSA of at least 2048 bits")
            }
            Self::NotAlone => write!(
                f,
                "only the countersignature of another repository makes clients accept it, and this server replaces that one"
            ),
        }
    }
}
