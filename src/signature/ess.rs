//! The attribute that binds a signature to one certificate: `signing-certificate` and `signing-certificate-v2`
//! (RFC 2634, RFC 5035).
//!
//! Only the first entry is compared, as the client does; the others list the chain.

use super::algorithm::{AlgorithmIdentifier, Digest};
use super::asn1::{INTEGER, OCTET_STRING, Reader, SEQUENCE, context};
use super::certificate::Certificate;
use super::cms::SignerInfo;
use super::fault::Fault;
use super::name::Name;
use super::oid;

/// The first entry of the attribute.
struct FirstEntry<'a> {
    hash: &'a [u8],
    digest: Option<Digest>,
    /// The issuer as printed, and the octets of the serial number.
    issuer_serial: Option<(String, &'a [u8])>,
}

/// Checks the attribute of a primary author or repository signature. Faults have the client's codes, NU3011 mostly.
pub(crate) fn check_signer(signer: &SignerInfo<'_>, certificate: &Certificate) -> Result<(), Fault> {
    let broken = |why: &str| Fault::new(3011, why);
    if signer.signed(oid::SIGNING_CERTIFICATE).next().is_some() {
        return Err(broken("it has a signing-certificate attribute of version 1"));
    }
    let mut attributes = signer.signed(oid::SIGNING_CERTIFICATE_V2);
    let (Some(attribute), None) = (attributes.next(), attributes.next()) else {
        return Err(broken("it has not exactly one signing-certificate-v2 attribute"));
    };
    let value =
        attribute.single().ok_or_else(|| broken("its signing-certificate-v2 attribute has not exactly one value"))?;
    let first = parse_v2(Reader::loose(value.raw))?
        .ok_or_else(|| broken("its signing-certificate-v2 attribute names no certificate"))?;
    let Some(digest) = first.digest else {
        return Err(broken("its signing-certificate-v2 attribute uses another hash than SHA-2"));
    };
    let Some((issuer, serial)) = &first.issuer_serial else {
        return Err(broken("its signing-certificate-v2 attribute has no issuer and serial number"));
    };
    if !is_issuer_serial_of(issuer, serial, certificate) {
        return Err(broken(
            "its signing-certificate-v2 attribute names another issuer or serial number than the signer's",
        ));
    }
    if digest.hash(certificate.as_der()).as_deref() != Some(first.hash) {
        return Err(broken("its signing-certificate-v2 attribute has the hash of another certificate"));
    }
    Ok(())
}

/// Checks the attributes of a timestamp token: version 1, version 2 or both. All faults are NU3021.
pub(crate) fn check_timestamp(signer: &SignerInfo<'_>, certificate: &Certificate) -> Result<(), Fault> {
    let broken = |why: &str| Fault::new(3021, why);
    let one = |id| {
        let mut attributes = signer.signed(id);
        match (attributes.next(), attributes.next()) {
            (None, _) => Ok(None),
            (Some(attribute), None) => match attribute.values.as_slice() {
                [value] => Ok(Some(*value)),
                _ => Err(broken("a signing-certificate attribute has not exactly one value")),
            },
            _ => Err(broken("a signing-certificate attribute occurs twice")),
        }
    };
    let first = one(oid::SIGNING_CERTIFICATE)?;
    let second = one(oid::SIGNING_CERTIFICATE_V2)?;
    if first.is_none() && second.is_none() {
        return Err(broken("it has no signing-certificate attribute"));
    }
    let check_issuer = |entry: &FirstEntry<'_>| match &entry.issuer_serial {
        Some((issuer, serial)) if !is_issuer_serial_of(issuer, serial, certificate) => {
            Err(broken("a signing-certificate attribute names another issuer or serial number"))
        }
        _ => Ok(()),
    };
    if let Some(value) = second {
        let entry = parse_v2(Reader::der(value.raw))?;
        let entry = entry.ok_or_else(|| broken("its signing-certificate-v2 attribute names no certificate"))?;
        let Some(digest) = entry.digest else {
            return Err(broken("its signing-certificate-v2 attribute uses another hash than SHA-2"));
        };
        if digest.hash(certificate.as_der()).as_deref() != Some(entry.hash) {
            return Err(broken("its signing-certificate-v2 attribute has the hash of another certificate"));
        }
        check_issuer(&entry)?;
    }
    if let Some(value) = first {
        let entry = parse_v1(Reader::der(value.raw))?;
        let entry = entry.ok_or_else(|| broken("its signing-certificate attribute names no certificate"))?;
        // The client looks only at the length; the value binds nothing, and real tokens are right anyway.
        if entry.hash.len() != 20 {
            return Err(broken("its signing-certificate attribute has a hash that is no SHA-1"));
        }
        check_issuer(&entry)?;
    }
    Ok(())
}

/// Issuer as the printed name, serial number as octets, as the client compares them.
fn is_issuer_serial_of(issuer: &str, serial: &[u8], certificate: &Certificate) -> bool {
    serial == certificate.serial_octets() && issuer == certificate.printed_issuer()
}

fn parse_v2(value: Reader<'_>) -> Result<Option<FirstEntry<'_>>, Fault> {
    let mut first = None;
    let mut all_sha2 = true;
    let mut entries = entries(value)?;
    while !entries.is_empty() {
        let mut fields = entries.nested(SEQUENCE)?;
        let digest = match fields.optional(SEQUENCE)? {
            Some(algorithm) => {
                Digest::from_oid(&AlgorithmIdentifier::parse(algorithm)?.id).filter(|digest| digest.is_sha2())
            }
            None => Some(Digest::Sha256),
        };
        all_sha2 &= digest.is_some();
        let hash = fields.expect(OCTET_STRING)?.content;
        let issuer_serial = issuer_serial(&mut fields)?;
        first.get_or_insert(FirstEntry { hash, digest, issuer_serial });
    }
    // Another hash anywhere in the list refuses the whole attribute.
    Ok(first.map(|entry| FirstEntry { digest: entry.digest.filter(|_| all_sha2), ..entry }))
}

fn parse_v1(value: Reader<'_>) -> Result<Option<FirstEntry<'_>>, Fault> {
    let mut first = None;
    let mut entries = entries(value)?;
    while !entries.is_empty() {
        let mut fields = entries.nested(SEQUENCE)?;
        let hash = fields.expect(OCTET_STRING)?.content;
        let issuer_serial = issuer_serial(&mut fields)?;
        first.get_or_insert(FirstEntry { hash, digest: None, issuer_serial });
    }
    Ok(first)
}

/// `SEQUENCE { certs SEQUENCE OF, policies SEQUENCE OF OPTIONAL }` and nothing after.
fn entries(mut value: Reader<'_>) -> Result<Reader<'_>, Fault> {
    let mut fields = value.nested(SEQUENCE)?;
    let entries = fields.nested(SEQUENCE)?;
    fields.optional(SEQUENCE)?;
    fields.finish().map_err(|_| Fault::new(3000, "something follows in a signing-certificate attribute"))?;
    Ok(entries)
}

fn issuer_serial<'a>(fields: &mut Reader<'a>) -> Result<Option<(String, &'a [u8])>, Fault> {
    let Some(element) = fields.optional(SEQUENCE)? else {
        return Ok(None);
    };
    let mut parts = fields.inside(element);
    let names = parts.nested(SEQUENCE)?.all()?;
    let serial = parts.expect(INTEGER)?.content;
    match names.as_slice() {
        [] => Err(Fault::new(3003, "the issuer of a signing-certificate attribute has no name")),
        [name] if name.tag == context(4) => {
            let issuer = name.reader().any().map(Name::printed).unwrap_or_default();
            Ok(Some((issuer, serial)))
        }
        [_] => Err(Fault::new(3000, "the issuer of a signing-certificate attribute is no directory name")),
        _ => Err(Fault::new(3000, "the issuer of a signing-certificate attribute has several names")),
    }
}
