//! The attribute that binds a signature to one certificate: `signing-certificate` and `signing-certificate-v2`
//! (RFC 2634, RFC 5035).
//!
//! Only the first entry is compared, as the client does; the others list the chain, and have to be readable.

use super::algorithm::Digest;
use super::asn1::{Element, NULL, OCTET_STRING, Reader, SEQUENCE, context};
use super::asn1::{INTEGER, OBJECT_IDENTIFIER};
use super::certificate::Certificate;
use super::cms::SignerInfo;
use super::fault::Fault;
use super::name::Name;
use super::oid;

/// What a signer must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Demand {
    /// Version 2 with issuer and serial number, and not version 1.
    SecondOnly,
    /// One of the two.
    Either,
    /// Neither.
    Nothing,
}

/// One entry of the attribute.
struct Entry<'a> {
    hash: &'a [u8],
    /// `None` for other algorithms than SHA-2.
    digest: Option<Digest>,
    /// The issuer as printed, and the octets of the serial number.
    issuer_serial: Option<(String, &'a [u8])>,
}

/// Checks the attribute of a primary author or repository signature. Faults have the client's codes, NU3011 mostly.
pub(crate) fn check_signer(signer: &SignerInfo<'_>, certificate: &Certificate) -> Result<(), Fault> {
    check(signer, certificate, 3011, Demand::SecondOnly)
}

/// Checks the attributes of a primary signature that claims to be neither, which needs none.
pub(crate) fn check_unknown(signer: &SignerInfo<'_>, certificate: &Certificate) -> Result<(), Fault> {
    check(signer, certificate, 3011, Demand::Nothing)
}

/// Checks the attributes of a timestamp token: version 1, version 2 or both. Faults are NU3021 mostly.
pub(crate) fn check_timestamp(signer: &SignerInfo<'_>, certificate: &Certificate) -> Result<(), Fault> {
    check(signer, certificate, 3021, Demand::Either)
}

fn check(signer: &SignerInfo<'_>, certificate: &Certificate, code: u16, demand: Demand) -> Result<(), Fault> {
    let broken = |why: &str| Fault::new(code, why);
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
    match (demand, first, second) {
        (Demand::SecondOnly, Some(_), _) => return Err(broken("it has a signing-certificate attribute of version 1")),
        (Demand::SecondOnly, _, None) => return Err(broken("it has no signing-certificate-v2 attribute")),
        (Demand::Either, None, None) => return Err(broken("it has no signing-certificate attribute")),
        _ => {}
    }
    let fits = |entry: &Entry<'_>| match &entry.issuer_serial {
        None if demand == Demand::SecondOnly => Err(broken("a signing-certificate attribute names no issuer")),
        Some((issuer, serial)) if !is_issuer_serial_of(issuer, serial, certificate) => {
            Err(broken("a signing-certificate attribute names another issuer or serial number than the signer's"))
        }
        _ => Ok(()),
    };
    if let Some(value) = second {
        let entries = entries(reader(value, demand), second_entry)?;
        let entry =
            entries.first().ok_or_else(|| broken("its signing-certificate-v2 attribute names no certificate"))?;
        let digest = entry.digest.filter(|_| entries.iter().all(|entry| entry.digest.is_some()));
        let digest =
            digest.ok_or_else(|| broken("its signing-certificate-v2 attribute uses another hash than SHA-2"))?;
        fits(entry)?;
        if digest.hash(certificate.as_der()).as_deref() != Some(entry.hash) {
            return Err(broken("its signing-certificate-v2 attribute has the hash of another certificate"));
        }
    }
    if let Some(value) = first {
        let entries = entries(reader(value, demand), first_entry)?;
        let entry = entries.first().ok_or_else(|| broken("its signing-certificate attribute names no certificate"))?;
        // The client looks only at the length; the value binds nothing, and real tokens are right anyway.
        if entry.hash.len() != 20 {
            return Err(broken("its signing-certificate attribute has a hash that is no SHA-1"));
        }
        fits(entry)?;
    }
    Ok(())
}

/// Tokens are decoded by .NET as well, which takes only DER.
fn reader(value: Element<'_>, demand: Demand) -> Reader<'_> {
    match demand {
        Demand::Either => Reader::der(value.raw),
        Demand::SecondOnly | Demand::Nothing => Reader::loose(value.raw),
    }
}

/// Issuer as the printed name, serial number as octets, as the client compares them.
fn is_issuer_serial_of(issuer: &str, serial: &[u8], certificate: &Certificate) -> bool {
    serial == certificate.serial_octets() && issuer == certificate.printed_issuer()
}

/// `SEQUENCE { certs SEQUENCE OF, policies SEQUENCE OF OPTIONAL }` and nothing after.
fn entries<'a>(
    mut value: Reader<'a>,
    entry: fn(&mut Reader<'a>) -> Result<Entry<'a>, Fault>,
) -> Result<Vec<Entry<'a>>, Fault> {
    let mut fields = value.nested(SEQUENCE)?;
    let mut list = fields.nested(SEQUENCE)?;
    let mut found = Vec::new();
    while !list.is_empty() {
        found.push(entry(&mut list)?);
    }
    if !fields.is_empty() {
        let mut policies = fields.nested(SEQUENCE)?;
        while !policies.is_empty() {
            policy(&mut policies)?;
        }
    }
    end(&fields)?;
    Ok(found)
}

fn first_entry<'a>(list: &mut Reader<'a>) -> Result<Entry<'a>, Fault> {
    let mut fields = list.nested(SEQUENCE)?;
    let hash = fields.expect(OCTET_STRING)?.content;
    let issuer_serial = issuer_serial(&mut fields)?;
    end(&fields)?;
    Ok(Entry { hash, digest: None, issuer_serial })
}

fn second_entry<'a>(list: &mut Reader<'a>) -> Result<Entry<'a>, Fault> {
    let mut fields = list.nested(SEQUENCE)?;
    let digest = match fields.optional(SEQUENCE)? {
        Some(algorithm) => {
            let mut parts = fields.inside(algorithm);
            let id = parts.expect(OBJECT_IDENTIFIER)?.content;
            if !parts.is_empty() && !parts.expect(NULL)?.content.is_empty() {
                return Err(Fault::new(3003, "parameters of an algorithm are not empty"));
            }
            end(&parts)?;
            Digest::from_oid(id).filter(|digest| digest.is_sha2())
        }
        None => Some(Digest::Sha256),
    };
    let hash = fields.expect(OCTET_STRING)?.content;
    let issuer_serial = issuer_serial(&mut fields)?;
    end(&fields)?;
    Ok(Entry { hash, digest, issuer_serial })
}

fn issuer_serial<'a>(fields: &mut Reader<'a>) -> Result<Option<(String, &'a [u8])>, Fault> {
    if fields.is_empty() {
        return Ok(None);
    }
    let mut parts = fields.nested(SEQUENCE)?;
    let mut names = parts.nested(SEQUENCE)?;
    let name = names.any()?;
    if name.tag != context(4) {
        return Err(Fault::new(3000, "the issuer of a signing-certificate attribute is no directory name"));
    }
    if !names.is_empty() {
        return Err(Fault::new(3000, "the issuer of a signing-certificate attribute has several names"));
    }
    // What follows the serial number is not looked at.
    let serial = parts.expect(INTEGER)?.content;
    let mut inside = name.reader();
    let issuer = inside.any().map(Name::printed).unwrap_or_default();
    // .NET reads nothing where something follows the name.
    let issuer = if inside.is_empty() { issuer } else { String::new() };
    Ok(Some((issuer, serial)))
}

/// `PolicyInformation` (RFC 5280, 4.2.1.4), read and not used. Qualifiers of any policy are limited to the two of the RFC.
fn policy(policies: &mut Reader<'_>) -> Result<(), Fault> {
    const ANY_POLICY: &[u8] = &[0x55, 0x1D, 0x20, 0x00];
    const QUALIFIER: &[u8] = &[0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02];
    let malformed = || Fault::new(3000, "the policies of a signing-certificate attribute are malformed");
    let mut fields = policies.nested(SEQUENCE)?;
    let any = fields.expect(OBJECT_IDENTIFIER)?.content == ANY_POLICY;
    if fields.is_empty() {
        return Ok(());
    }
    let mut qualifiers = fields.nested(SEQUENCE)?;
    if qualifiers.is_empty() {
        return Err(malformed());
    }
    while !qualifiers.is_empty() {
        let mut qualifier = qualifiers.nested(SEQUENCE)?;
        let id = qualifier.expect(OBJECT_IDENTIFIER)?.content;
        if any && !id.strip_prefix(QUALIFIER).is_some_and(|last| matches!(last, [1 | 2])) {
            return Err(malformed());
        }
        if !qualifier.is_empty() {
            qualifier.any()?;
        }
        end(&qualifier)?;
    }
    end(&fields)
}

fn end(fields: &Reader<'_>) -> Result<(), Fault> {
    fields.finish().map_err(|_| Fault::new(3000, "something follows in a signing-certificate attribute"))
}
