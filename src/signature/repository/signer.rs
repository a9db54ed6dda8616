//! The key and certificate that a feed signs with.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use time::OffsetDateTime;

use super::super::PublicKey;
use super::super::anchors::Anchors;
use super::super::asn1::{INTEGER, Reader, SEQUENCE, magnitude};
use super::super::certificate::{Certificate, InvalidCertificate};
use super::super::chain::{Chain, End, Usage};
use super::super::chain_problem::ChainProblem;
use super::super::oid;
use super::super::path::MIN_RSA_BITS;
use super::super::shown::shown;

/// A key with its certificate and the certificates up to the root.
#[derive(Debug)]
pub struct RepositorySigner {
    certificate: Certificate,
    chain: Vec<Certificate>,
    key: KeyPair,
}

/// Why a key and certificate cannot sign packages.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSigner {
    /// The key is no RSA key in unencrypted PKCS #8, or has a size that is not supported.
    #[error("the private key is no RSA key of 2048 to 8192 bits in PKCS #8")]
    Key,
    /// A certificate cannot be read.
    #[error("a certificate of the signer cannot be read")]
    Certificate(#[from] InvalidCertificate),
    /// The key belongs to another certificate.
    #[error("the private key does not belong to the certificate; choose the pair that was issued together")]
    Mismatch,
    /// The certificate breaks a rule of NuGet for signers.
    #[error("clients would refuse the certificate: {0}")]
    Rule(&'static str),
    /// The chain has a fault.
    #[error("clients would refuse the chain of the certificate: {0}")]
    Chain(ChainProblem),
    /// The certificate is not valid now.
    #[error("the certificate is valid from {not_before} to {not_after}, not now")]
    NotValid {
        /// Start of validity.
        not_before: String,
        /// End of validity.
        not_after: String,
    },
    /// The random generator or the key failed.
    #[error("the key could not be used")]
    Unusable,
}

impl RepositorySigner {
    /// Makes a signer of a certificate, the certificates above it and an RSA key in PKCS #8.
    ///
    /// The chain is put in order and must lead to a self-signed root, because a client that does not know the root calls
    /// the signature untrusted when it is embedded and broken when it is not. For a self-signed certificate it is empty.
    ///
    /// # Errors
    /// [`InvalidSigner`] when clients would refuse what it signs, or the parts do not fit. Validity is checked at signing.
    pub fn new(certificate: &[u8], chain: &[Vec<u8>], pkcs8: &[u8]) -> Result<Self, InvalidSigner> {
        let certificate = Certificate::from_der(certificate)?;
        let others = chain.iter().map(|der| Certificate::from_der(der)).collect::<Result<Vec<_>, _>>()?;
        let key = KeyPair::from_pkcs8(pkcs8).map_err(|_| InvalidSigner::Key)?;
        if !is_key_of(&key, &certificate) {
            return Err(InvalidSigner::Mismatch);
        }
        check_rules(&certificate)?;
        let at = certificate.not_before();
        let built = Chain::build(&certificate, &others, &Anchors::new(), at, Usage::CodeSigning);
        if let Some(problem) = built.problems.into_iter().next() {
            return Err(InvalidSigner::Chain(problem));
        }
        debug_assert_eq!(built.end, End::Untrusted);
        Ok(Self { certificate, chain: built.certificates, key })
    }

    /// The certificate.
    #[must_use]
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificate and those above it, the root last.
    #[must_use]
    pub fn chain(&self) -> &[Certificate] {
        &self.chain
    }

    /// Whether the certificate may sign at `now`. The end does not count, as for clients.
    pub(crate) fn check_validity(&self, now: OffsetDateTime) -> Result<(), InvalidSigner> {
        if self.certificate.not_before() < now && now < self.certificate.not_after() {
            return Ok(());
        }
        Err(InvalidSigner::NotValid {
            not_before: shown(self.certificate.not_before()),
            not_after: shown(self.certificate.not_after()),
        })
    }

    /// The RSASSA-PKCS1-v1_5 signature with SHA-256 over `message`.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, InvalidSigner> {
        rsa_sha256(&self.key, message)
    }
}

/// The RSASSA-PKCS1-v1_5 signature with SHA-256 over `message`.
pub(super) fn rsa_sha256(key: &KeyPair, message: &[u8]) -> Result<Vec<u8>, InvalidSigner> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).map_err(|_| InvalidSigner::Unusable)?;
    Ok(signature)
}

fn is_key_of(key: &KeyPair, certificate: &Certificate) -> bool {
    let PublicKey::Rsa { modulus, exponent } = certificate.public_key() else {
        return false;
    };
    let own = || {
        let mut fields = Reader::new(key.public_key().as_ref()).nested(SEQUENCE).ok()?;
        let own_modulus = fields.expect(INTEGER).ok()?.content;
        let own_exponent = fields.expect(INTEGER).ok()?.content;
        Some((magnitude(own_modulus).ok()?.to_vec(), magnitude(own_exponent).ok()?.to_vec()))
    };
    own().is_some_and(|(own_modulus, own_exponent)| own_modulus == *modulus && own_exponent == *exponent)
}

fn check_rules(certificate: &Certificate) -> Result<(), InvalidSigner> {
    if !certificate.signature_algorithm().is_sha2_with_rsa() {
        return Err(InvalidSigner::Rule("it must be signed with RSA and SHA-256, SHA-384 or SHA-512 (NU3013)"));
    }
    if certificate.public_key().rsa_bits().is_none_or(|bits| bits < MIN_RSA_BITS) {
        return Err(InvalidSigner::Rule("its key must be RSA of at least 2048 bits (NU3014)"));
    }
    if certificate.usages().is_ok_and(|usages| usages.is_some_and(|usages| usages.contains(&oid::LIFETIME_SIGNING))) {
        return Err(InvalidSigner::Rule("it must not be for lifetime signing (NU3015)"));
    }
    // The official signer cannot read back what it signs with such a certificate.
    if certificate.serial_octets().first().is_none_or(|first| first & 0x80 != 0) {
        return Err(InvalidSigner::Rule("its serial number is negative (NU3011)"));
    }
    Ok(())
}
