//! Certificates issued on the spot below the roots of the golden packages, with every field open to change.

use std::fs;

use super::der;
use super::keys::{Hash, Key, Scheme, key};
use crate::manifest::folder;

/// A certificate to be issued. Encoded fields, so that each can be anything.
#[derive(Clone)]
pub struct Plan {
    /// `[0]` with the number; nothing for version 1.
    pub version: Vec<u8>,
    pub serial: Vec<u8>,
    pub issuer: Vec<u8>,
    pub validity: Vec<u8>,
    pub subject: Vec<u8>,
    pub spki: Vec<u8>,
    /// Unique identifiers, between key and extensions.
    pub unique: Vec<u8>,
    pub extensions: Vec<Vec<u8>>,
    pub scheme: Scheme,
    /// Written in the signed part and outside instead of what the scheme says.
    pub identifiers: (Option<Vec<u8>>, Option<Vec<u8>>),
    pub issuer_key: &'static Key,
    pub key: &'static Key,
}

/// A certificate of the golden packages, DER.
pub fn golden(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("trust/certs/{name}.der"))).unwrap()
}

/// Issuer and serial number of a certificate, as encoded; `None` when it cannot be taken apart.
pub fn issuer_and_serial(certificate: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let tbs = der::children(certificate)?.into_iter().next()?;
    let fields = der::children(&tbs)?;
    let first = usize::from(fields.first()?.first() == Some(&0xA0));
    Some((fields.get(first + 2)?.clone(), fields.get(first)?.clone()))
}

/// The subject of a golden certificate.
pub fn subject_of(name: &str) -> Vec<u8> {
    let tbs = der::children(&golden(name)).unwrap().remove(0);
    der::children(&tbs).unwrap().remove(5)
}

pub fn name(parts: &[(&str, &str)]) -> Vec<u8> {
    let attribute = |(kind, text): &(&str, &str)| der::set(&[der::seq(&[der::oid(kind), der::utf8(text)])]);
    der::seq(&parts.iter().map(attribute).collect::<Vec<_>>())
}

pub fn utc(text: &str) -> Vec<u8> {
    der::tlv(0x17, text.as_bytes())
}

pub fn generalized(text: &str) -> Vec<u8> {
    der::tlv(0x18, text.as_bytes())
}

pub fn extension(id: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    der::seq(&[der::oid(id), if critical { der::boolean(true) } else { Vec::new() }, der::octets(value)])
}

pub fn basic_constraints(ca: bool, length: Option<u64>) -> Vec<u8> {
    let flag = if ca { der::boolean(true) } else { Vec::new() };
    extension("2.5.29.19", true, &der::seq(&[flag, length.map(der::integer).unwrap_or_default()]))
}

/// Key usage with these octets of bits.
pub fn key_usage(unused: u8, octets: &[u8]) -> Vec<u8> {
    extension("2.5.29.15", true, &der::tlv(3, &[&[unused], octets].concat()))
}

pub fn usages(critical: bool, list: &[&str]) -> Vec<u8> {
    extension("2.5.29.37", critical, &der::seq(&list.iter().map(|id| der::oid(id)).collect::<Vec<_>>()))
}

pub fn subject_key(identifier: &[u8]) -> Vec<u8> {
    extension("2.5.29.14", false, &der::octets(identifier))
}

pub fn authority_key(identifier: &[u8]) -> Vec<u8> {
    extension("2.5.29.35", false, &der::seq(&[der::tlv(0x80, identifier)]))
}

pub const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
pub const TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";

impl Plan {
    fn new(common_name: &str, own: &str, issuer: &str) -> Self {
        Self {
            version: der::ctx(0, &[der::integer(2)]),
            serial: der::tlv(2, &[0x4D, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77]),
            issuer: subject_of(issuer),
            validity: der::seq(&[utc("200101000000Z"), generalized("20560101000000Z")]),
            subject: name(&[("2.5.4.10", "Agreement"), ("2.5.4.3", common_name)]),
            spki: key(own).spki().to_vec(),
            unique: Vec::new(),
            extensions: Vec::new(),
            scheme: Scheme::Pkcs1(Hash::Sha256),
            identifiers: (None, None),
            issuer_key: key(issuer),
            key: key(own),
        }
    }

    /// An authority below the first golden root for code signing.
    pub fn intermediate() -> Self {
        let extensions = vec![
            basic_constraints(true, Some(1)),
            key_usage(1, &[0x06]),
            subject_key(&key("code-int-a1").identifier()),
            authority_key(&key("code-root-a").identifier()),
        ];
        Self { extensions, ..Self::new("Issuing", "code-int-a1", "code-root-a") }
    }

    /// An author below [`Self::intermediate`].
    pub fn author() -> Self {
        let extensions = vec![
            basic_constraints(false, None),
            key_usage(7, &[0x80]),
            usages(false, &[CODE_SIGNING]),
            subject_key(&key("leaf-2048").identifier()),
            authority_key(&key("code-int-a1").identifier()),
        ];
        Self { extensions, issuer: Self::intermediate().subject, ..Self::new("Author", "leaf-2048", "code-int-a1") }
    }

    /// A timestamping authority below the golden root for time stamping.
    pub fn timestamper() -> Self {
        let extensions = vec![
            basic_constraints(false, None),
            key_usage(7, &[0x80]),
            usages(true, &[TIME_STAMPING]),
            subject_key(&key("tsa").identifier()),
            authority_key(&key("ts-root").identifier()),
        ];
        Self { extensions, ..Self::new("Time", "tsa", "ts-root") }
    }

    pub fn tbs(&self) -> Vec<u8> {
        let extensions = match self.extensions.as_slice() {
            [] => Vec::new(),
            list => der::ctx(3, &[der::seq(list)]),
        };
        der::seq(&[
            self.version.clone(),
            self.serial.clone(),
            self.identifiers.0.clone().unwrap_or_else(|| self.identifier()),
            self.issuer.clone(),
            self.validity.clone(),
            self.subject.clone(),
            self.spki.clone(),
            self.unique.clone(),
            extensions,
        ])
    }

    /// The certificate over a signed part.
    pub fn sign(&self, tbs: &[u8]) -> Vec<u8> {
        let signature = self.issuer_key.sign(self.scheme, tbs);
        let outside = self.identifiers.1.clone().unwrap_or_else(|| self.identifier());
        der::seq(&[tbs.to_vec(), outside, der::bits(&signature)])
    }

    fn identifier(&self) -> Vec<u8> {
        if self.issuer_key.is_elliptic() {
            der::algorithm("1.2.840.10045.4.3.2", false)
        } else {
            self.scheme.identifier()
        }
    }

    /// Whether an extension of this type is there, and where.
    pub fn position(&self, id: &str) -> Option<usize> {
        let id = der::oid(id);
        self.extensions.iter().position(|extension| der::content(extension).is_some_and(|c| c.starts_with(&id)))
    }

    /// Puts an extension in the place of the one of its type, or adds it.
    pub fn replace(&mut self, id: &str, new: Option<Vec<u8>>) {
        match (self.position(id), new) {
            (Some(at), Some(new)) => self.extensions[at] = new,
            (Some(at), None) => {
                self.extensions.remove(at);
            }
            (None, Some(new)) => self.extensions.push(new),
            (None, None) => {}
        }
    }
}
