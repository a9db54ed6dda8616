//! A new key with a self-signed certificate, for a feed without a company certification authority.

use std::str::FromStr;
use std::time::SystemTime;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use const_oid::db::rfc5280::ID_KP_CODE_SIGNING;
use der::Encode;
use pkcs8::ObjectIdentifier;
use rsa::RsaPublicKey;
use rsa::pkcs1::DecodeRsaPublicKey;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use sha2::Sha256;
use spki::{
    AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, SubjectPublicKeyInfoOwned, SubjectPublicKeyInfoRef,
};
use time::{Duration, OffsetDateTime};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{self, Builder, CertificateBuilder};
use x509_cert::certificate::TbsCertificate;
use x509_cert::ext::pkix::{ExtendedKeyUsage, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::ext::{Extension, ToExtension};
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::{Time, Validity};

use super::InvalidSigner;
use super::signer::rsa_sha256;

/// How long a generated certificate is valid: ten years. Without timestamps a signature ends with its certificate.
const VALIDITY: Duration = Duration::days(3652);
/// How far before now it starts, for clients whose clock is slow.
const BEFORE: Duration = Duration::hours(1);
/// Octets of the serial number: RFC 5280 (section 4.1.2.2) allows 20.
const SERIAL: usize = 16;

/// A new key and its certificate.
pub struct Generated {
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// The private key in PKCS #8, unencrypted: wipe it after use.
    pub pkcs8: zeroize::Zeroizing<Vec<u8>>,
}

/// Generates an RSA key of 3072 bits and a certificate for it, as NuGet clients want repository certificates: code signing
/// only, digital signature only, with a subject key identifier, a positive serial number of 16 octets, SHA-256 with RSA,
/// valid for ten years.
///
/// # Errors
/// [`InvalidSigner::Unusable`] when the random generator fails or the name can't stand in a certificate.
pub fn generate(common_name: &str, now: OffsetDateTime) -> Result<Generated, InvalidSigner> {
    let key = KeyPair::generate(KeySize::Rsa3072).map_err(|_| InvalidSigner::Unusable)?;
    let der: Pkcs8V1Der<'_> = key.as_der().map_err(|_| InvalidSigner::Unusable)?;
    let pkcs8 = zeroize::Zeroizing::new(der.as_ref().to_vec());
    let signing = CertificateKey::of(&key).map_err(|_| InvalidSigner::Unusable)?;
    let certificate = certify(common_name, now, &signing).map_err(|_| InvalidSigner::Unusable)?;
    Ok(Generated { certificate, pkcs8 })
}

fn certify(common_name: &str, now: OffsetDateTime, key: &CertificateKey<'_>) -> Result<Vec<u8>, builder::Error> {
    let subject = Name::from_str(&format!("CN={}", escaped(common_name)))?;
    let validity = Validity::new(moment(now.saturating_sub(BEFORE))?, moment(now.saturating_add(VALIDITY))?);
    let public = SubjectPublicKeyInfoOwned::from_key(&key.public)?;
    let builder = CertificateBuilder::new(RepositoryProfile { subject }, serial()?, validity, public)?;
    Ok(builder.build::<_, Signature>(key)?.to_der()?)
}

/// The new key, in the shape that the builder of certificates wants. The private half is used through aws-lc-rs alone.
struct CertificateKey<'a> {
    private: &'a KeyPair,
    public: VerifyingKey<Sha256>,
}

impl<'a> CertificateKey<'a> {
    fn of(private: &'a KeyPair) -> Result<Self, rsa::pkcs1::Error> {
        let public = RsaPublicKey::from_pkcs1_der(private.public_key().as_ref())?;
        Ok(Self { private, public: VerifyingKey::new(public) })
    }
}

impl signature::Keypair for CertificateKey<'_> {
    type VerifyingKey = VerifyingKey<Sha256>;

    fn verifying_key(&self) -> Self::VerifyingKey {
        self.public.clone()
    }
}

impl signature::Signer<Signature> for CertificateKey<'_> {
    fn try_sign(&self, message: &[u8]) -> Result<Signature, signature::Error> {
        let signature = rsa_sha256(self.private, message).map_err(|_| signature::Error::new())?;
        Signature::try_from(signature.as_slice())
    }
}

impl DynSignatureAlgorithmIdentifier for CertificateKey<'_> {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        self.public.signature_algorithm_identifier()
    }
}

/// Positive, and never shorter than 16 octets: no two readers can disagree about leading zeros.
fn serial() -> Result<SerialNumber, builder::Error> {
    let mut serial = [0; SERIAL];
    SystemRandom::new().fill(&mut serial).map_err(|_| builder::Error::MissingAttributes)?;
    serial[0] = serial[0] & 0x3F | 0x40;
    Ok(SerialNumber::new(&serial)?)
}

fn moment(at: OffsetDateTime) -> Result<Time, builder::Error> {
    Ok(Time::try_from(SystemTime::from(at))?)
}

/// A value of RFC 4514 (section 2.4): whatever the host is called, it is one name and not several.
fn escaped(value: &str) -> String {
    let special = |c: char| matches!(c, '"' | '+' | ',' | ';' | '<' | '>' | '\\' | '=' | '#');
    value.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

/// What a repository certificate says about itself.
struct RepositoryProfile {
    subject: Name,
}

impl BuilderProfile for RepositoryProfile {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        key: SubjectPublicKeyInfoRef<'_>,
        _: SubjectPublicKeyInfoRef<'_>,
        certificate: &TbsCertificate,
    ) -> builder::Result<Vec<Extension>> {
        let purposes: Vec<ObjectIdentifier> = vec![ID_KP_CODE_SIGNING];
        let mut extensions = Vec::new();
        let name = certificate.subject();
        let mut usages = ExtendedKeyUsage(purposes).to_extension(name, &extensions)?;
        usages.critical = true;
        extensions.push(KeyUsage(KeyUsages::DigitalSignature.into()).to_extension(name, &extensions)?);
        extensions.push(usages);
        extensions.push(SubjectKeyIdentifier::try_from(key)?.to_extension(name, &extensions)?);
        Ok(extensions)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::super::RepositorySigner;
    use super::*;
    use crate::signature::Certificate;

    /// A second library verifies what the first one signed, and the key is the one that the certificate is about.
    #[test]
    fn a_generated_certificate_is_signed_by_its_own_key() {
        let generated = generate("feed.example", datetime!(2026-06-01 12:00 UTC)).unwrap();
        let certificate = Certificate::from_der(&generated.certificate).unwrap();
        assert!(certificate.is_signed_by(&certificate));
        RepositorySigner::new(&generated.certificate, &[], &generated.pkcs8).unwrap();
    }
}
