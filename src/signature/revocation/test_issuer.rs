//! For tests: an issuer of the golden packages that makes answers of any shape.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use time::OffsetDateTime;
use time::macros::{datetime, format_description};

use super::ocsp_request::key_octets;
use crate::signature::algorithm::Digest;
use crate::signature::asn1::{
    BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, context,
    encode, encode_all,
};
use crate::signature::certificate::Certificate;
use crate::signature::oid;

pub(crate) const ENUMERATED: u8 = 0x0A;

/// A file of the golden trust folder.
pub(crate) fn trust(path: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/vectors/golden/trust/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// A golden certificate.
pub(crate) fn certificate(name: &str) -> Certificate {
    Certificate::from_der(&trust(&format!("certs/{name}.der"))).unwrap()
}

/// A golden certificate with another serial number. Its signature is wrong, which nobody looks at here.
pub(crate) fn with_serial(serial: &[u8]) -> Certificate {
    changed("crl-good", |fields| fields[1] = encode(INTEGER, serial))
}

/// A golden certificate with these extensions and no others.
pub(crate) fn with_extensions(name: &str, extensions: &[Vec<u8>]) -> Certificate {
    changed(name, |fields| {
        fields.pop();
        fields.push(encode(context(3), &encode_all(SEQUENCE, extensions)));
    })
}

/// A certificate for the key `variant-crl` in the name of the issuer `crl-ca`, signed with the key named.
pub(crate) fn issued(extensions: &[Vec<u8>], until: OffsetDateTime, signed_with: &str) -> Certificate {
    let whole = changed("crl-revoked-late", |fields| {
        fields[4] = encode_all(SEQUENCE, &[moment(datetime!(2020-01-01 00:00 UTC)), moment(until)]);
        fields.pop();
        fields.push(encode(context(3), &encode_all(SEQUENCE, extensions)));
    });
    let mut outer = Reader::new(whole.as_der()).nested(SEQUENCE).unwrap();
    let (tbs, algorithm) = (outer.any().unwrap().raw, outer.any().unwrap().raw);
    let signature = sign(signed_with, Digest::Sha256, tbs);
    Certificate::from_der(&encode_all(SEQUENCE, &[tbs, algorithm, &signature])).unwrap()
}

/// A certificate of `crl-ca`, for an authority or a user, that names a list.
pub(crate) fn naming(url: &str, is_authority: bool) -> Certificate {
    let name = encode(context(0), &encode(context(0), &encode(0x86, url.as_bytes())));
    let points = encode_all(SEQUENCE, &[encode(SEQUENCE, &name)]);
    let flag = if is_authority { encode(BOOLEAN, &[0xFF]) } else { Vec::new() };
    let extensions = [
        extension(oid::CRL_DISTRIBUTION_POINTS, false, &points),
        extension(oid::BASIC_CONSTRAINTS, true, &encode(SEQUENCE, &flag)),
    ];
    issued(&extensions, datetime!(2035-01-01 00:00 UTC), "crl-ca")
}

/// The extension of a list that is not for authorities.
pub(crate) fn for_users_alone() -> Vec<u8> {
    extension(oid::ISSUING_DISTRIBUTION_POINT, true, &encode(SEQUENCE, &encode(0x81, &[0xFF])))
}

fn changed(name: &str, change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Certificate {
    let der = trust(&format!("certs/{name}.der"));
    let mut outer = Reader::new(&der).nested(SEQUENCE).unwrap();
    let fields = outer.any().unwrap().children().unwrap();
    let mut fields = fields.into_iter().map(|field| field.raw.to_vec()).collect();
    change(&mut fields);
    Certificate::from_der(&encode_all(SEQUENCE, &[encode_all(SEQUENCE, &fields), outer.rest().to_vec()])).unwrap()
}

fn key(name: &str) -> RsaPrivateKey {
    let text = String::from_utf8(trust(&format!("keys/{name}.key.pem"))).unwrap();
    let block: String = text.lines().filter(|line| !line.starts_with('-')).collect();
    RsaPrivateKey::from_pkcs8_der(&STANDARD.decode(block).unwrap()).unwrap()
}

pub(crate) fn moment(at: OffsetDateTime) -> Vec<u8> {
    let text = at.format(format_description!("[year][month][day][hour][minute][second]Z")).unwrap();
    encode(GENERALIZED_TIME, text.as_bytes())
}

pub(crate) fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical { encode(BOOLEAN, &[0xFF]) } else { Vec::new() };
    encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, id), flag, encode(OCTET_STRING, value)])
}

pub(crate) fn algorithm(id: &[u8]) -> Vec<u8> {
    encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, id), encode(NULL, &[])])
}

fn rsa_algorithm(digest: Digest) -> Vec<u8> {
    algorithm(if digest == Digest::Sha1 { oid::SHA1_WITH_RSA } else { oid::SHA256_WITH_RSA })
}

fn sign(key_name: &str, digest: Digest, message: &[u8]) -> Vec<u8> {
    let hash = digest.hash(message).unwrap();
    let scheme = Pkcs1v15Sign { hash_len: Some(hash.len()), prefix: digest.prefix(hash.len()).into_boxed_slice() };
    let bits = [vec![0], key(key_name).sign(scheme, &hash).unwrap()].concat();
    encode(BIT_STRING, &bits)
}

/// A list to be made.
#[derive(Clone)]
pub(crate) struct TestCrl {
    /// Whose name it bears.
    pub(crate) issuer: Certificate,
    /// Whose key signs.
    pub(crate) key: &'static str,
    pub(crate) digest: Digest,
    pub(crate) inner_digest: Digest,
    pub(crate) version: bool,
    pub(crate) this_update: OffsetDateTime,
    pub(crate) next_update: Option<OffsetDateTime>,
    /// Encoded entries.
    pub(crate) entries: Vec<Vec<u8>>,
    /// Encoded extensions.
    pub(crate) extensions: Vec<Vec<u8>>,
}

impl TestCrl {
    pub(crate) fn new(issuer: &str, this_update: OffsetDateTime, next_update: OffsetDateTime) -> Self {
        Self {
            issuer: certificate(issuer),
            key: "crl-ca",
            digest: Digest::Sha256,
            inner_digest: Digest::Sha256,
            version: true,
            this_update,
            next_update: Some(next_update),
            entries: Vec::new(),
            extensions: Vec::new(),
        }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let list = |tag, parts: &[Vec<u8>]| if parts.is_empty() { Vec::new() } else { encode_all(tag, parts) };
        let extensions = list(SEQUENCE, &self.extensions);
        let tbs = encode_all(
            SEQUENCE,
            &[
                if self.version { encode(INTEGER, &[1]) } else { Vec::new() },
                rsa_algorithm(self.inner_digest),
                self.issuer.subject().as_der().to_vec(),
                moment(self.this_update),
                self.next_update.map(moment).unwrap_or_default(),
                list(SEQUENCE, &self.entries),
                if extensions.is_empty() { Vec::new() } else { encode(context(0), &extensions) },
            ],
        );
        let signature = sign(self.key, self.digest, &tbs);
        encode_all(SEQUENCE, &[tbs, rsa_algorithm(self.digest), signature])
    }
}

/// An entry of a list, with an optional reason and further encoded extensions.
pub(crate) fn entry(serial: &[u8], at: OffsetDateTime, reason: Option<u8>, more: &[Vec<u8>]) -> Vec<u8> {
    let mut extensions = more.to_vec();
    extensions.extend(reason.map(|code| extension(oid::CRL_REASON, false, &encode(ENUMERATED, &[code]))));
    let extensions = if extensions.is_empty() { Vec::new() } else { encode_all(SEQUENCE, &extensions) };
    encode_all(SEQUENCE, &[encode(INTEGER, serial), moment(at), extensions])
}

/// A response to be made.
#[derive(Clone)]
pub(crate) struct TestResponse {
    /// The issuer that the certificate is said to have.
    pub(crate) issuer: Certificate,
    /// Another name for it, as encoded.
    pub(crate) issuer_name: Option<Vec<u8>>,
    pub(crate) serial: Vec<u8>,
    pub(crate) id_digest: Digest,
    /// Whose name it bears, and whose key signs.
    pub(crate) signer: (Certificate, &'static str),
    pub(crate) by_name: bool,
    pub(crate) digest: Digest,
    /// The encoded status.
    pub(crate) status: Vec<u8>,
    pub(crate) this_update: OffsetDateTime,
    pub(crate) next_update: Option<OffsetDateTime>,
    pub(crate) produced_at: OffsetDateTime,
    pub(crate) certificates: Vec<Vec<u8>>,
    pub(crate) extensions: Vec<Vec<u8>>,
    /// How often the answer is repeated.
    pub(crate) times: usize,
}

pub(crate) fn good() -> Vec<u8> {
    encode(0x80, &[])
}

pub(crate) fn unknown() -> Vec<u8> {
    encode(0x82, &[])
}

pub(crate) fn revoked(at: OffsetDateTime, reason: Option<u8>) -> Vec<u8> {
    let reason = reason.map(|code| encode(context(0), &encode(ENUMERATED, &[code]))).unwrap_or_default();
    encode_all(context(1), &[moment(at), reason])
}

impl TestResponse {
    pub(crate) fn about(name: &str, status: Vec<u8>, this_update: OffsetDateTime, next_update: OffsetDateTime) -> Self {
        Self {
            issuer: certificate("crl-ca"),
            issuer_name: None,
            serial: certificate(name).serial_octets().to_vec(),
            id_digest: Digest::Sha1,
            signer: (certificate("crl-ca"), "crl-ca"),
            by_name: false,
            digest: Digest::Sha256,
            status,
            this_update,
            next_update: Some(next_update),
            produced_at: this_update,
            certificates: Vec::new(),
            extensions: Vec::new(),
            times: 1,
        }
    }

    pub(crate) fn der(&self) -> Vec<u8> {
        let hash = |of: &[u8]| encode(OCTET_STRING, &self.id_digest.hash(of).unwrap());
        let id = encode_all(
            SEQUENCE,
            &[
                algorithm(self.id_digest.oid()),
                hash(self.issuer_name.as_deref().unwrap_or(self.issuer.subject().as_der())),
                hash(key_octets(&self.issuer)),
                encode(INTEGER, &self.serial),
            ],
        );
        let next = self.next_update.map(|next| encode(context(0), &moment(next))).unwrap_or_default();
        let single = encode_all(SEQUENCE, &[id, self.status.clone(), moment(self.this_update), next]);
        let responder = if self.by_name {
            encode(context(1), self.signer.0.subject().as_der())
        } else {
            let hash = Digest::Sha1.hash(key_octets(&self.signer.0)).unwrap();
            encode(context(2), &encode(OCTET_STRING, &hash))
        };
        let extensions = encode_all(SEQUENCE, &self.extensions);
        let tbs = encode_all(
            SEQUENCE,
            &[
                responder,
                moment(self.produced_at),
                encode_all(SEQUENCE, &vec![single; self.times]),
                if self.extensions.is_empty() { Vec::new() } else { encode(context(1), &extensions) },
            ],
        );
        let signature = sign(self.signer.1, self.digest, &tbs);
        let certificates = encode_all(SEQUENCE, &self.certificates);
        let certificates = if self.certificates.is_empty() { Vec::new() } else { encode(context(0), &certificates) };
        let basic = encode_all(SEQUENCE, &[tbs, rsa_algorithm(self.digest), signature, certificates]);
        let typed = encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::OCSP_BASIC), encode(OCTET_STRING, &basic)]);
        encode_all(SEQUENCE, &[encode(ENUMERATED, &[0]), encode(context(0), &typed)])
    }
}
