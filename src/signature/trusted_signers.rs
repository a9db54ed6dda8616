//! The signers that a client trusts, as somebody wrote them into its configuration.
//!
//! Fingerprints stay as they are written: the client finds a certificate in a list whatever the case of the letters, but
//! takes `allowUntrustedRoot` only from one in upper case (seen with SDK 10.0.401).

use std::fmt;

use super::algorithm::Digest;
use super::certificate::Certificate;
use crate::archive::HashAlgorithm;

/// One certificate of one `author` or `repository` in `trustedSigners`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedSigner {
    /// Which signatures it is about.
    pub kind: SignerKind,
    /// The certificate.
    pub certificate: WrittenFingerprint,
    /// Its signatures count although their root is unknown.
    pub allow_untrusted_root: bool,
}

/// What kind of signer is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignerKind {
    /// An author: the primary signature.
    Author,
    /// A repository: the primary signature or the countersignature.
    Repository {
        /// One of these must be among the owners in the signature, letter by letter; anybody when empty.
        owners: Vec<String>,
    },
}

/// A fingerprint of a certificate as text that nobody has checked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WrittenFingerprint {
    /// The hash over the DER bytes of the certificate.
    pub algorithm: HashAlgorithm,
    /// What should be its hexadecimal digits.
    pub text: String,
}

impl WrittenFingerprint {
    /// A SHA-256 fingerprint.
    #[must_use]
    pub fn sha256(text: impl Into<String>) -> Self {
        Self { algorithm: HashAlgorithm::Sha256, text: text.into() }
    }

    /// Whether it names the certificate, in letters of any case.
    #[must_use]
    pub fn names(&self, certificate: &Certificate) -> bool {
        self.of(certificate).eq_ignore_ascii_case(&self.text)
    }

    /// Whether it names the certificate in upper case.
    #[must_use]
    pub fn names_in_upper_case(&self, certificate: &Certificate) -> bool {
        self.of(certificate) == self.text
    }

    /// What it would be for that certificate, in upper case.
    fn of(&self, certificate: &Certificate) -> String {
        let digest = match self.algorithm {
            HashAlgorithm::Sha256 => Digest::Sha256,
            HashAlgorithm::Sha384 => Digest::Sha384,
            HashAlgorithm::Sha512 => Digest::Sha512,
        };
        let octets = digest.hash(certificate.as_der()).unwrap_or_default();
        octets.iter().map(|octet| format!("{octet:02X}")).collect()
    }
}

impl fmt::Display for WrittenFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
