//! A signed package, built from its parts in the order in which they depend on each other. A hook sees each part before
//! the next one is made from it, so a change anywhere is covered by the signatures above it.

use std::io::{Cursor, Read};

use assay::archive::{Archive, Limits};

use super::authority::{Plan, golden, issuer_and_serial};
use super::der;
use super::keys::{Hash, Key, Scheme, key, pss_parameters};

/// A part that a hook may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    IntermediateTbs,
    Intermediate,
    LeafTbs,
    Leaf,
    TsaTbs,
    Tsa,
    /// The text that names the hash; no DER.
    Content,
    /// A SET; what is inside is written with another tag.
    SignedAttributes,
    SignerInfo,
    /// As [`Self::SignedAttributes`].
    UnsignedAttributes,
    TstInfo,
    TokenAttributes,
    TokenSigner,
    Token,
    CounterAttributes,
    CounterUnsigned,
    CounterSigner,
    /// The certificates one after the other.
    Certificates,
    SignedData,
}

impl Stage {
    pub const ALL: [Self; 19] = [
        Self::IntermediateTbs,
        Self::Intermediate,
        Self::LeafTbs,
        Self::Leaf,
        Self::TsaTbs,
        Self::Tsa,
        Self::Content,
        Self::SignedAttributes,
        Self::SignerInfo,
        Self::UnsignedAttributes,
        Self::TstInfo,
        Self::TokenAttributes,
        Self::TokenSigner,
        Self::Token,
        Self::CounterAttributes,
        Self::CounterUnsigned,
        Self::CounterSigner,
        Self::Certificates,
        Self::SignedData,
    ];
}

pub type Hook<'h> = &'h mut dyn FnMut(Stage, Vec<u8>) -> Vec<u8>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Author,
    Repository,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ess {
    V1,
    V2,
    Both,
    None,
}

/// How a SignerInfo is signed.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    pub hash: Hash,
    /// By subject key identifier, else by issuer and serial number.
    pub by_key: bool,
    pub parameters_null: bool,
    pub algorithm: Algorithm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    Rsa,
    HashWithRsa,
    Pss,
}

/// A token.
#[derive(Clone)]
pub struct Stamp {
    /// Issued anew for each package; `None` takes the golden one.
    pub authority: Option<Plan>,
    pub style: Style,
    pub imprint: Hash,
    pub ess: Ess,
    pub ess_hash: Hash,
    /// The content of genTime.
    pub time: String,
    /// Encoded, or nothing.
    pub accuracy: Vec<u8>,
    pub policy: &'static str,
    pub with_root: bool,
}

/// A countersigner with a golden certificate.
#[derive(Clone)]
pub struct Counter {
    pub name: &'static str,
    pub root: Option<&'static str>,
    pub kind: Kind,
    pub style: Style,
    pub stamps: Vec<Stamp>,
}

#[derive(Clone)]
pub struct Draft {
    pub unsigned: Vec<u8>,
    pub kind: Kind,
    pub style: Style,
    pub leaf: Plan,
    pub intermediate: Plan,
    pub with_root: bool,
    pub stamps: Vec<Stamp>,
    pub counters: Vec<Counter>,
    /// DER order of the certificate set.
    pub sorted: bool,
    pub more_certificates: Vec<Vec<u8>>,
}

pub const URL: &str = "https://golden.example/v3/index.json";
pub const ATTRIBUTE: &str = "1.2.840.113549.1.9.";

impl Style {
    pub const USUAL: Self = Self { hash: Hash::Sha256, by_key: true, parameters_null: true, algorithm: Algorithm::Rsa };
}

impl Stamp {
    pub fn usual() -> Self {
        Self {
            authority: None,
            style: Style { by_key: false, ..Style::USUAL },
            imprint: Hash::Sha256,
            ess: Ess::V2,
            ess_hash: Hash::Sha256,
            time: "20240601120000Z".into(),
            accuracy: der::seq(&[der::integer(1)]),
            policy: "1.3.6.1.4.1.99999.1.1",
            with_root: true,
        }
    }
}

impl Counter {
    pub fn usual() -> Self {
        Self {
            name: "repo-leaf",
            root: Some("repo-root"),
            kind: Kind::Repository,
            style: Style::USUAL,
            stamps: vec![Stamp::usual()],
        }
    }
}

impl Draft {
    /// A good package: author, timestamp.
    pub fn usual(unsigned: &[u8]) -> Self {
        Self {
            unsigned: unsigned.to_vec(),
            kind: Kind::Author,
            style: Style::USUAL,
            leaf: Plan::author(),
            intermediate: Plan::intermediate(),
            with_root: true,
            stamps: vec![Stamp::usual()],
            counters: Vec::new(),
            sorted: true,
            more_certificates: Vec::new(),
        }
    }

    /// The signature file.
    pub fn signature(&self, hook: Hook<'_>) -> Vec<u8> {
        let intermediate = issue(&self.intermediate, Stage::IntermediateTbs, Stage::Intermediate, hook);
        let leaf = issue(&self.leaf, Stage::LeafTbs, Stage::Leaf, hook);
        let hash = if self.style.hash == Hash::Sha1 { Hash::Sha256 } else { self.style.hash };
        let text = format!("Version:1\n\n{}-Hash:{}\n\n", hash.oid(), der::base64(&hash.of(&self.unsigned)));
        let content = hook(Stage::Content, text.into_bytes());
        let mut certificates = vec![leaf.clone(), intermediate];
        if self.with_root {
            certificates.push(golden("code-root-a"));
        }
        for counter in &self.counters {
            certificates.push(golden(counter.name));
            certificates.extend(counter.root.map(golden));
        }
        certificates.extend(self.more_certificates.iter().cloned());
        let attributes = attributes(self.kind, &leaf, hash, &self.style.hash.of(&content), true);
        let signed = hook(Stage::SignedAttributes, der::sorted_set(attributes));
        let value = sign(self.leaf.key, self.style, &signed);
        let mut unsigned: Vec<Vec<u8>> =
            self.stamps.iter().map(|stamp| attribute("16.2.14", &[stamp.token(&value, hook)])).collect();
        let counters: Vec<Vec<u8>> = self.counters.iter().map(|counter| counter.info(&value, hook)).collect();
        if !counters.is_empty() {
            unsigned.push(attribute("6", &counters));
        }
        let unsigned = match unsigned.as_slice() {
            [] => Vec::new(),
            _ => hook(Stage::UnsignedAttributes, der::sorted_set(unsigned)),
        };
        let info = signer_info(&leaf, self.leaf.key, self.style, &signed, &value, &unsigned);
        let info = hook(Stage::SignerInfo, info);
        let certificates = hook(Stage::Certificates, certificate_set(certificates, self.sorted));
        hook(Stage::SignedData, signed_data("1.2.840.113549.1.7.1", &content, &certificates, &info, self.style.hash))
    }

    /// The whole package.
    pub fn package(&self, hook: Hook<'_>) -> Vec<u8> {
        with_signature(&self.unsigned, &self.signature(hook))
    }
}

impl Stamp {
    pub fn token(&self, value: &[u8], hook: Hook<'_>) -> Vec<u8> {
        let (certificate, key) = match &self.authority {
            Some(plan) => (issue(plan, Stage::TsaTbs, Stage::Tsa, hook), plan.key),
            None => (golden("tsa"), key("tsa")),
        };
        let imprint = der::seq(&[der::algorithm(self.imprint.oid(), true), der::octets(&self.imprint.of(value))]);
        let info = der::seq(&[
            der::integer(1),
            der::oid(self.policy),
            imprint,
            der::integer(77),
            der::tlv(0x18, self.time.as_bytes()),
            self.accuracy.clone(),
        ]);
        let info = hook(Stage::TstInfo, info);
        let mut attributes = vec![
            attribute("3", &[der::oid("1.2.840.113549.1.9.16.1.4")]),
            attribute("5", &[der::tlv(0x17, b"240601120000Z")]),
            attribute("4", &[der::octets(&self.style.hash.of(&info))]),
        ];
        if matches!(self.ess, Ess::V1 | Ess::Both) {
            let entry = der::seq(&[der::octets(&Hash::Sha1.of(&certificate)), issuer_serial(&certificate)]);
            attributes.push(attribute("16.2.12", &[der::seq(&[der::seq(&[entry])])]));
        }
        if matches!(self.ess, Ess::V2 | Ess::Both) {
            attributes.push(signing_certificate_v2(&certificate, self.ess_hash));
        }
        let signed = hook(Stage::TokenAttributes, der::sorted_set(attributes));
        let value = sign(key, self.style, &signed);
        let signer = signer_info(&certificate, key, self.style, &signed, &value, &[]);
        let signer = hook(Stage::TokenSigner, signer);
        let mut certificates = vec![certificate];
        if self.with_root {
            certificates.push(golden("ts-root"));
        }
        let set = certificate_set(certificates, true);
        hook(Stage::Token, signed_data("1.2.840.113549.1.9.16.1.4", &info, &set, &signer, self.style.hash))
    }
}

impl Counter {
    fn info(&self, parent: &[u8], hook: Hook<'_>) -> Vec<u8> {
        let certificate = golden(self.name);
        let hash = self.style.hash;
        let attributes = attributes(self.kind, &certificate, hash, &hash.of(parent), false);
        let signed = hook(Stage::CounterAttributes, der::sorted_set(attributes));
        let value = sign(key(self.name), self.style, &signed);
        let unsigned: Vec<Vec<u8>> =
            self.stamps.iter().map(|stamp| attribute("16.2.14", &[stamp.token(&value, hook)])).collect();
        let unsigned = match unsigned.as_slice() {
            [] => Vec::new(),
            _ => hook(Stage::CounterUnsigned, der::sorted_set(unsigned)),
        };
        let info = signer_info(&certificate, key(self.name), self.style, &signed, &value, &unsigned);
        hook(Stage::CounterSigner, info)
    }
}

/// A package with a signature entry as the official signer writes it.
pub fn with_signature(unsigned: &[u8], signature: &[u8]) -> Vec<u8> {
    let archive = Archive::read(&mut Cursor::new(unsigned), &Limits::DEFAULT).unwrap();
    let mut signed = Vec::new();
    let rewrite = archive.with_signature(signature, 0x5A21_6000).unwrap();
    rewrite.reader(Cursor::new(unsigned)).read_to_end(&mut signed).unwrap();
    signed
}

pub fn attribute(id: &str, values: &[Vec<u8>]) -> Vec<u8> {
    der::seq(&[der::oid(&format!("{ATTRIBUTE}{id}")), der::set(values)])
}

pub fn issuer_serial(certificate: &[u8]) -> Vec<u8> {
    let (issuer, serial) = issuer_and_serial(certificate).unwrap_or_default();
    der::seq(&[der::seq(&[der::ctx(4, &[issuer])]), serial])
}

pub fn ess_entry(certificate: &[u8], hash: Hash) -> Vec<u8> {
    der::seq(&[der::algorithm(hash.oid(), false), der::octets(&hash.of(certificate)), issuer_serial(certificate)])
}

fn signing_certificate_v2(certificate: &[u8], hash: Hash) -> Vec<u8> {
    attribute("16.2.47", &[der::seq(&[der::seq(&[ess_entry(certificate, hash)])])])
}

fn attributes(kind: Kind, certificate: &[u8], hash: Hash, digest: &[u8], primary: bool) -> Vec<Vec<u8>> {
    let mut list = vec![attribute("5", &[der::tlv(0x17, b"240601120000Z")]), attribute("4", &[der::octets(digest)])];
    if primary {
        list.push(attribute("3", &[der::oid("1.2.840.113549.1.7.1")]));
    }
    let commitment = match kind {
        Kind::Author => "1",
        Kind::Repository => "2",
        Kind::Unknown => return list,
    };
    let value = der::seq(&[der::oid(&format!("{ATTRIBUTE}16.6.{commitment}"))]);
    list.push(attribute("16.2.16", &[value]));
    list.push(signing_certificate_v2(certificate, hash));
    if kind == Kind::Repository {
        let url = der::set(&[der::tlv(0x16, URL.as_bytes())]);
        list.push(der::seq(&[der::oid("1.3.6.1.4.1.311.84.2.1.1.1"), url]));
        let owners = der::set(&[der::seq(&[der::utf8("alice"), der::utf8("Bob")])]);
        list.push(der::seq(&[der::oid("1.3.6.1.4.1.311.84.2.1.1.2"), owners]));
    }
    list
}

fn issue(plan: &Plan, tbs: Stage, whole: Stage, hook: Hook<'_>) -> Vec<u8> {
    let signed = hook(tbs, plan.tbs());
    hook(whole, plan.sign(&signed))
}

fn sign(key: &Key, style: Style, bytes: &[u8]) -> Vec<u8> {
    key.sign(if style.algorithm == Algorithm::Pss { Scheme::Pss(style.hash) } else { Scheme::Pkcs1(style.hash) }, bytes)
}

/// `set` and `unsigned` are SETs, or nothing.
pub fn signer_info(certificate: &[u8], key: &Key, style: Style, set: &[u8], value: &[u8], unsigned: &[u8]) -> Vec<u8> {
    let (issuer, serial) = issuer_and_serial(certificate).unwrap_or_default();
    let identifier = if style.by_key { der::tlv(0x80, &key.identifier()) } else { der::seq(&[issuer, serial]) };
    let algorithm = match style.algorithm {
        Algorithm::Rsa => der::algorithm("1.2.840.113549.1.1.1", style.parameters_null),
        Algorithm::HashWithRsa => der::algorithm(style.hash.with_rsa(), style.parameters_null),
        Algorithm::Pss => der::seq(&[der::oid("1.2.840.113549.1.1.10"), pss_parameters(style.hash, style.hash, 0)]),
    };
    let implicit = |number: u8, set: &[u8]| match set {
        [0x31, rest @ ..] => [&[0xA0 | number], rest].concat(),
        other => other.to_vec(),
    };
    der::seq(&[
        der::integer(if style.by_key { 3 } else { 1 }),
        identifier,
        der::algorithm(style.hash.oid(), style.parameters_null),
        implicit(0, set),
        algorithm,
        der::octets(value),
        implicit(1, unsigned),
    ])
}

fn certificate_set(mut certificates: Vec<Vec<u8>>, sorted: bool) -> Vec<u8> {
    if sorted {
        certificates.sort_by_key(|der| (der.len(), der.clone()));
        certificates.dedup();
    }
    certificates.concat()
}

pub fn signed_data(kind: &str, content: &[u8], certificates: &[u8], info: &[u8], hash: Hash) -> Vec<u8> {
    let data = der::seq(&[
        der::integer(3),
        der::set(&[der::algorithm(hash.oid(), true)]),
        der::seq(&[der::oid(kind), der::ctx(0, &[der::octets(content)])]),
        if certificates.is_empty() { Vec::new() } else { der::tlv(0xA0, certificates) },
        der::set(&[info]),
    ]);
    der::seq(&[der::oid("1.2.840.113549.1.7.2"), der::ctx(0, &[data])])
}
