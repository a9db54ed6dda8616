//! The policy extensions of certificates as .NET decodes them for every chain.
//!
//! Nobody asks for a certificate policy here, so their values mean nothing; but .NET reports a chain with one that it
//! cannot decode as invalid. It reads DER only. Extended key usages are read in the same way.

use super::asn1::{Error, INTEGER, Reader, Result, SEQUENCE, is_shortest};
use super::certificate::Certificate;
use super::extension::Extension;
use super::oid;

/// Whether .NET can decode the policy extensions and the extended key usages. Of several of one type the last counts.
pub(crate) fn are_readable(certificate: &Certificate) -> bool {
    let last = |id: &[u8]| certificate.extensions().iter().rev().find(|extension| extension.id == id);
    let readable = |id: &[u8], read: fn(&Extension) -> Result<()>| last(id).is_none_or(|found| read(found).is_ok());
    readable(oid::CERTIFICATE_POLICIES, policies)
        && readable(oid::APPLICATION_POLICIES, policies)
        && readable(oid::POLICY_MAPPINGS, mappings)
        && readable(oid::POLICY_CONSTRAINTS, constraints)
        && readable(oid::INHIBIT_ANY_POLICY, inhibit_any)
        && (last(oid::APPLICATION_POLICIES).is_some() || readable(oid::EXTENDED_KEY_USAGE, usages))
}

/// What a certificate is declared for: its application policies, else its extended key usages; `None` for anything.
pub(crate) fn declared(certificate: &Certificate) -> Result<Option<Vec<&[u8]>>> {
    let last = |id: &[u8]| certificate.extensions().iter().rev().find(|extension| extension.id == id);
    match last(oid::APPLICATION_POLICIES) {
        Some(extension) => Ok(identifiers(extension).ok()),
        None => certificate.usages(),
    }
}

/// The identifiers in an extension that lists policies.
fn identifiers(extension: &Extension) -> Result<Vec<&[u8]>> {
    let mut list = list(extension)?;
    let mut found = Vec::new();
    while !list.is_empty() {
        let mut information = list.nested(SEQUENCE)?;
        found.push(information.object_identifier()?);
        if !information.is_empty() {
            information.expect(SEQUENCE)?;
        }
        information.finish()?;
    }
    Ok(found)
}

fn list(extension: &Extension) -> Result<Reader<'_>> {
    let mut outer = Reader::der(&extension.value);
    let list = outer.nested(SEQUENCE)?;
    outer.finish()?;
    Ok(list)
}

fn policies(extension: &Extension) -> Result<()> {
    identifiers(extension).map(|_| ())
}

fn mappings(extension: &Extension) -> Result<()> {
    let mut list = list(extension)?;
    while !list.is_empty() {
        let mut mapping = list.nested(SEQUENCE)?;
        mapping.object_identifier()?;
        mapping.object_identifier()?;
        mapping.finish()?;
    }
    Ok(())
}

fn constraints(extension: &Extension) -> Result<()> {
    let mut fields = list(extension)?;
    for tag in [0x80, 0x81] {
        if let Some(number) = fields.optional(tag)? {
            int32(number.content)?;
        }
    }
    fields.finish()
}

fn inhibit_any(extension: &Extension) -> Result<()> {
    let mut outer = Reader::der(&extension.value);
    let number = outer.expect(INTEGER)?;
    outer.finish()?;
    int32(number.content)
}

fn usages(extension: &Extension) -> Result<()> {
    let mut list = list(extension)?;
    while !list.is_empty() {
        list.object_identifier()?;
    }
    Ok(())
}

fn int32(content: &[u8]) -> Result<()> {
    if is_shortest(content) && content.len() <= 4 { Ok(()) } else { Err(Error::Value("a number is malformed")) }
}
