//! Writing a SignerInfo and a SignedData as the official signer does.
//!
//! The signer is named by its subject key identifier where it has one, digests are SHA-256, the algorithm is
//! `rsaEncryption` with NULL parameters, and the whole chain is embedded.

use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

use super::super::algorithm::Digest;
use super::super::asn1::{
    GENERALIZED_TIME, IA5_STRING, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, UTC_TIME, UTF8_STRING,
    context, encode, encode_all, encode_set,
};
use super::super::certificate::Certificate;
use super::super::oid;
use super::super::primary::RepositoryAttributes;
use super::InvalidSigner;
use super::signer::RepositorySigner;

/// What a signature is over, which decides its attributes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Signs<'a> {
    /// The content of a primary signature.
    Content(&'a [u8]),
    /// The signature value of an author. Countersignatures have no content type (RFC 5652, 11.4).
    Signature(&'a [u8]),
}

/// `SHA-256` with NULL parameters, as the official signer writes it on Windows.
pub(in super::super) fn sha256() -> Vec<u8> {
    encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::SHA256), vec![NULL, 0]])
}

/// A SignerInfo that lacks nothing but unsigned attributes.
#[derive(Debug)]
pub(super) struct SignerInfo {
    /// The fields up to the signature value.
    signed: Vec<Vec<u8>>,
    /// The signature value.
    pub signature: Vec<u8>,
}

impl SignerInfo {
    /// The whole with `unsigned` attributes, a timestamp for one.
    pub fn encode(&self, unsigned: Vec<Vec<u8>>) -> Vec<u8> {
        let mut fields = self.signed.clone();
        fields.push(encode(OCTET_STRING, &self.signature));
        if !unsigned.is_empty() {
            fields.push(encode_set(context(1), unsigned));
        }
        encode_all(SEQUENCE, &fields)
    }
}

/// Signs.
pub(super) fn signer_info(
    signer: &RepositorySigner,
    signs: Signs<'_>,
    repository: &RepositoryAttributes,
    now: OffsetDateTime,
) -> Result<SignerInfo, InvalidSigner> {
    let attributes = signed_attributes(signer.certificate(), signs, repository, now);
    // Hashed as a SET, stored with an implicit tag (RFC 5652, 5.4).
    let signature = signer.sign(&encode_set(SET, attributes.clone()))?;
    let (version, identifier) = identifier(signer.certificate());
    let algorithm = encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::RSA), vec![NULL, 0]]);
    let signed = vec![encode(INTEGER, &[version]), identifier, sha256(), encode_set(context(0), attributes), algorithm];
    Ok(SignerInfo { signed, signature })
}

/// A ContentInfo with a SignedData of one signer.
pub(super) fn signed_data(signer: &RepositorySigner, content: &[u8], signer_info: &[u8]) -> Vec<u8> {
    let (version, _) = identifier(signer.certificate());
    let encapsulated = encode_all(
        SEQUENCE,
        &[encode(OBJECT_IDENTIFIER, oid::DATA), encode(context(0), &encode(OCTET_STRING, content))],
    );
    let certificates = signer.chain().iter().map(|certificate| certificate.as_der().to_vec()).collect();
    let data = encode_all(
        SEQUENCE,
        &[
            encode(INTEGER, &[version]),
            encode(SET, &sha256()),
            encapsulated,
            encode_set(context(0), certificates),
            encode(SET, signer_info),
        ],
    );
    content_info(&data)
}

/// A ContentInfo around an encoded SignedData.
pub(in super::super) fn content_info(signed_data: &[u8]) -> Vec<u8> {
    encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::SIGNED_DATA), encode(context(0), signed_data)])
}

/// An attribute with these encoded values.
pub(in super::super) fn attribute(id: &[u8], values: Vec<Vec<u8>>) -> Vec<u8> {
    encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, id), encode_set(SET, values)])
}

fn identifier(certificate: &Certificate) -> (u8, Vec<u8>) {
    match certificate.subject_key_identifier() {
        Some(identifier) => (3, encode(0x80, identifier)),
        None => {
            let serial = encode(INTEGER, certificate.serial_octets());
            (1, encode_all(SEQUENCE, &[certificate.issuer().as_der(), &serial]))
        }
    }
}

fn signed_attributes(
    certificate: &Certificate,
    signs: Signs<'_>,
    repository: &RepositoryAttributes,
    now: OffsetDateTime,
) -> Vec<Vec<u8>> {
    let (Signs::Content(message) | Signs::Signature(message)) = signs;
    let digest = Digest::Sha256.hash(message).unwrap_or_default();
    let commitment = encode(SEQUENCE, &encode(OBJECT_IDENTIFIER, oid::PROOF_OF_RECEIPT));
    let mut attributes = vec![
        attribute(oid::SIGNING_TIME, vec![time(now)]),
        attribute(oid::COMMITMENT_TYPE, vec![commitment]),
        attribute(oid::MESSAGE_DIGEST, vec![encode(OCTET_STRING, &digest)]),
        attribute(oid::SIGNING_CERTIFICATE_V2, vec![signing_certificate(certificate)]),
        attribute(oid::NUGET_V3_SERVICE_INDEX_URL, vec![encode(IA5_STRING, repository.service_index.as_bytes())]),
    ];
    if matches!(signs, Signs::Content(_)) {
        attributes.push(attribute(oid::CONTENT_TYPE, vec![encode(OBJECT_IDENTIFIER, oid::DATA)]));
    }
    if !repository.owners.is_empty() {
        let mut owners = repository.owners.clone();
        owners.sort_by_key(|owner| (owner.to_lowercase(), owner.clone()));
        let names: Vec<Vec<u8>> = owners.iter().map(|owner| encode(UTF8_STRING, owner.as_bytes())).collect();
        attributes.push(attribute(oid::NUGET_PACKAGE_OWNERS, vec![encode_all(SEQUENCE, &names)]));
    }
    attributes
}

/// One ESSCertIDv2 with the algorithm written out, issuer and serial number, and no policies.
pub(in super::super) fn signing_certificate(certificate: &Certificate) -> Vec<u8> {
    let algorithm = encode(SEQUENCE, &encode(OBJECT_IDENTIFIER, oid::SHA256));
    let hash = encode(OCTET_STRING, certificate.fingerprint().as_bytes());
    let name = encode(SEQUENCE, &encode(context(4), certificate.issuer().as_der()));
    let issuer_serial = encode_all(SEQUENCE, &[name, encode(INTEGER, certificate.serial_octets())]);
    let entry = encode_all(SEQUENCE, &[algorithm, hash, issuer_serial]);
    encode(SEQUENCE, &encode(SEQUENCE, &entry))
}

/// UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5).
pub(in super::super) fn time(at: OffsetDateTime) -> Vec<u8> {
    let at = at.to_offset(UtcOffset::UTC);
    let full = at
        .format(format_description!("[year][month][day][hour][minute][second]Z"))
        .unwrap_or_else(|_| "99991231235959Z".into());
    match full.get(2..) {
        Some(short) if (1950..2050).contains(&at.year()) => encode(UTC_TIME, short.as_bytes()),
        _ => encode(GENERALIZED_TIME, full.as_bytes()),
    }
}
