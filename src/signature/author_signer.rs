//! Authors for tests: a certification authority of their own, and author signatures without a timestamp as the official client
//! makes them.

use std::io::{Cursor, Read};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use time::OffsetDateTime;

use super::algorithm::Digest;
use super::asn1::{
    INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, context, encode, encode_all, encode_set,
};
use super::certificate::Certificate;
use super::content::SignatureContent;
use super::oid;
use super::repository::{RepositorySigner, attribute, content_info, sha256, signing_certificate, signing_time};
use crate::archive::{Archive, HashAlgorithm, Limits, PackageHashes, Rewrite, dos_time};

/// A root, and the key that all its authors share: making keys is slow.
pub(crate) struct Authority {
    root: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
    key: KeyPair,
}

/// Somebody with a certificate of the authority.
pub(crate) struct AuthorSigner(RepositorySigner);

impl Authority {
    /// A new one, whose root is valid in these years.
    pub fn new(from: OffsetDateTime, until: OffsetDateTime) -> Self {
        let key = || KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
        let mut params = named("Root of the tests", from, until);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root_key = key();
        let root = params.self_signed(&root_key).unwrap().der().to_vec();
        Self { root, issuer: Issuer::new(params, root_key), key: key() }
    }

    /// Its root.
    pub fn root(&self) -> Certificate {
        Certificate::from_der(&self.root).unwrap()
    }

    /// Issues a code-signing certificate.
    pub fn issue(&self, name: &str, from: OffsetDateTime, until: OffsetDateTime) -> AuthorSigner {
        let mut params = named(name, from, until);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&self.key, &self.issuer).unwrap();
        let chain = [self.root.clone()];
        AuthorSigner(RepositorySigner::new(certificate.der(), &chain, self.key.serialized_der()).unwrap())
    }
}

impl AuthorSigner {
    /// Its certificate.
    pub const fn certificate(&self) -> &Certificate {
        self.0.certificate()
    }

    /// The package with an author signature.
    pub fn sign(&self, package: &[u8], now: OffsetDateTime) -> Vec<u8> {
        let mut reader = Cursor::new(package);
        let archive = Archive::read(&mut reader, &Limits::default()).unwrap();
        let whole = Rewrite::identity(archive.length());
        let hashes = PackageHashes::compute(&mut reader, &whole, &[HashAlgorithm::Sha256]).unwrap();
        let hash = hashes.by(HashAlgorithm::Sha256).unwrap();
        let file = self.signed_data(&SignatureContent::write(HashAlgorithm::Sha256, hash), now);
        let signed = archive.with_signature(&file, dos_time(now)).unwrap();
        let mut bytes = Vec::new();
        signed.reader(Cursor::new(package)).read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn signed_data(&self, content: &[u8], now: OffsetDateTime) -> Vec<u8> {
        let certificate = self.certificate();
        let attributes = signed_attributes(certificate, content, now);
        let signature = self.0.sign(&encode_set(SET, attributes.clone())).unwrap();
        let serial = encode(INTEGER, certificate.serial_octets());
        let info = encode_all(
            SEQUENCE,
            &[
                encode(INTEGER, &[1]),
                encode_all(SEQUENCE, &[certificate.issuer().as_der(), &serial]),
                sha256(),
                encode_set(context(0), attributes),
                encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::RSA), vec![NULL, 0]]),
                encode(OCTET_STRING, &signature),
            ],
        );
        let encapsulated = [encode(OBJECT_IDENTIFIER, oid::DATA), encode(context(0), &encode(OCTET_STRING, content))];
        let certificates = self.0.chain().iter().map(|certificate| certificate.as_der().to_vec()).collect();
        content_info(&encode_all(
            SEQUENCE,
            &[
                encode(INTEGER, &[1]),
                encode(SET, &sha256()),
                encode_all(SEQUENCE, &encapsulated),
                encode_set(context(0), certificates),
                encode(SET, &info),
            ],
        ))
    }
}

fn named(name: &str, from: OffsetDateTime, until: OffsetDateTime) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (from, until);
    params
}

/// Those that an author signature must have (NuGet package signatures technical reference).
fn signed_attributes(certificate: &Certificate, content: &[u8], now: OffsetDateTime) -> Vec<Vec<u8>> {
    let origin = encode(SEQUENCE, &encode(OBJECT_IDENTIFIER, oid::PROOF_OF_ORIGIN));
    let digest = Digest::Sha256.hash(content).unwrap();
    vec![
        attribute(oid::CONTENT_TYPE, vec![encode(OBJECT_IDENTIFIER, oid::DATA)]),
        attribute(oid::SIGNING_TIME, vec![signing_time(now)]),
        attribute(oid::MESSAGE_DIGEST, vec![encode(OCTET_STRING, &digest)]),
        attribute(oid::COMMITMENT_TYPE, vec![origin]),
        attribute(oid::SIGNING_CERTIFICATE_V2, vec![signing_certificate(certificate)]),
    ]
}
