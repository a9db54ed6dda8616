//! Extensions of certificates as OpenSSL decodes them, which builds the chains of the client on Linux.
//!
//! A certificate with an extension that OpenSSL knows and cannot decode, or has twice, is neither issuer nor subject of
//! another one: its chain ends there (X509v3 cache of OpenSSL 3, `EXFLAG_INVALID`). Octets after the value do not count.
//! What the values mean is not looked at here.

use super::asn1::{self, BIT_STRING, Element, INTEGER, OCTET_STRING, Reader, SEQUENCE, boolean, context, is_shortest};
use super::asn1::{Error, Octets, Result};
use super::name::Name;
use super::oid;

/// An extension, undecoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Extension {
    pub(crate) id: Vec<u8>,
    pub(crate) critical: bool,
    pub(crate) value: Vec<u8>,
}

impl Extension {
    pub(crate) fn parse(element: Element<'_>) -> Result<Self> {
        let (id, critical, value) = Self::fields(Reader::new(element.raw).nested(SEQUENCE)?)?;
        Ok(Self { id: id.to_vec(), critical, value: value.into_owned() })
    }

    /// Identifier, criticality and value, from the content of the sequence.
    pub(crate) fn fields<'a>(mut fields: Reader<'a>) -> Result<(&'a [u8], bool, Octets<'a>)> {
        let id = fields.object_identifier()?;
        let critical = fields.optional(asn1::BOOLEAN)?.map_or(Ok(false), |flag| boolean(&flag))?;
        let value = fields.any()?.octets_of(OCTET_STRING)?;
        fields.finish()?;
        Ok((id, critical, value))
    }
}

/// Whether OpenSSL can decode all extensions that it looks at while it builds a chain.
pub(crate) fn are_readable(extensions: &[Extension]) -> bool {
    let twice = |id: &[u8]| extensions.iter().filter(|extension| extension.id == id).count() > 1;
    extensions.iter().all(|extension| {
        let value = &mut Reader::new(&extension.value);
        let read = match extension.id.as_slice() {
            oid::BASIC_CONSTRAINTS => basic_constraints(value),
            oid::KEY_USAGE => key_usage(value),
            oid::EXTENDED_KEY_USAGE => identifiers(value),
            oid::SUBJECT_KEY_IDENTIFIER => octets(value, OCTET_STRING),
            oid::AUTHORITY_KEY_IDENTIFIER => authority_key_identifier(value),
            oid::SUBJECT_ALT_NAME => value.nested(SEQUENCE).and_then(general_names),
            oid::NAME_CONSTRAINTS => name_constraints(value),
            oid::CRL_DISTRIBUTION_POINTS => distribution_points(value),
            oid::NETSCAPE_CERT_TYPE => value.any().and_then(|element| bits(&element, BIT_STRING)),
            // A proxy certificate (RFC 3820) is no authority and has no further names.
            oid::PROXY_CERT_INFO if !may_be_proxy(extensions) => Err(Error::Value("it is no proxy certificate")),
            // Addresses (RFC 3779) say nothing about signers.
            oid::IP_ADDRESS_BLOCKS | oid::AUTONOMOUS_SYSTEMS => Err(Error::Value("it is not for signers")),
            _ => return true,
        };
        read.is_ok() && !twice(&extension.id)
    })
}

fn may_be_proxy(extensions: &[Extension]) -> bool {
    extensions.iter().all(|extension| match extension.id.as_slice() {
        oid::SUBJECT_ALT_NAME | oid::ISSUER_ALT_NAME => false,
        oid::BASIC_CONSTRAINTS => !extension.value.windows(3).any(|window| window == [0x01, 0x01, 0xFF]),
        _ => true,
    })
}

fn basic_constraints(value: &mut Reader<'_>) -> Result<()> {
    let mut fields = value.nested(SEQUENCE)?;
    if let Some(flag) = fields.optional(asn1::BOOLEAN)? {
        boolean(&flag)?;
    }
    if let Some(length) = fields.optional(INTEGER)? {
        integer(length.content)?;
        if length.content.first().is_some_and(|first| first & 0x80 != 0) {
            return Err(Error::Value("a path length is negative"));
        }
    }
    fields.finish()
}

/// A usage that allows nothing is an error (RFC 5280, 4.2.1.3).
fn key_usage(value: &mut Reader<'_>) -> Result<()> {
    let element = value.any()?;
    bits(&element, BIT_STRING)?;
    if usage_bits(element.content) == 0 { Err(Error::Value("a key usage allows nothing")) } else { Ok(()) }
}

/// The first sixteen bits of a BIT STRING, the first bit as the highest; unused ones are zero.
pub(crate) fn usage_bits(content: &[u8]) -> u16 {
    let Some((unused, octets)) = content.split_first() else {
        return 0;
    };
    let octet = |index: usize| {
        let octet = octets.get(index).copied().unwrap_or_default();
        if index + 1 == octets.len() {
            octet & u8::MAX.checked_shl((*unused).into()).unwrap_or_default()
        } else {
            octet
        }
    };
    u16::from_be_bytes([octet(0), octet(1)])
}

fn identifiers(value: &mut Reader<'_>) -> Result<()> {
    let mut list = value.nested(SEQUENCE)?;
    while !list.is_empty() {
        list.object_identifier()?;
    }
    Ok(())
}

fn authority_key_identifier(value: &mut Reader<'_>) -> Result<()> {
    let mut fields = value.nested(SEQUENCE)?;
    if is_next(&fields, 0x80) {
        octets(&mut fields, 0x80)?;
    }
    if let Some(names) = fields.optional(context(1))? {
        general_names(names.reader())?;
    }
    if let Some(serial) = fields.optional(0x82)? {
        integer(serial.content)?;
    }
    fields.finish()
}

fn name_constraints(value: &mut Reader<'_>) -> Result<()> {
    let mut fields = value.nested(SEQUENCE)?;
    for tag in [context(0), context(1)] {
        for subtree in fields.optional(tag)?.map(|list| list.children()).transpose()?.unwrap_or_default() {
            let mut parts = Reader::new(subtree.raw).nested(SEQUENCE)?;
            general_name(&parts.any()?)?;
            for tag in [0x80, 0x81] {
                if let Some(number) = parts.optional(tag)? {
                    integer(number.content)?;
                }
            }
            parts.finish()?;
        }
    }
    fields.finish()
}

fn distribution_points(value: &mut Reader<'_>) -> Result<()> {
    for point in value.nested(SEQUENCE)?.all()? {
        let mut fields = Reader::new(point.raw).nested(SEQUENCE)?;
        if let Some(explicit) = fields.optional(context(0))? {
            let mut choice = explicit.reader();
            match choice.any()? {
                names if names.tag == context(0) => general_names(names.reader())?,
                relative if relative.tag == context(1) => {}
                found => return Err(Error::Tag { expected: context(0), found: found.tag }),
            }
            choice.finish()?;
        }
        if let Some(reasons) = fields.optional(0x81)? {
            bits(&reasons, 0x81)?;
        }
        if let Some(issuer) = fields.optional(context(2))? {
            general_names(issuer.reader())?;
        }
        fields.finish()?;
    }
    Ok(())
}

/// An explicitly tagged name of an authority.
pub(crate) fn authority_name(mut explicit: Reader<'_>) -> Result<()> {
    let name = explicit.any()?;
    explicit.finish()?;
    general_name(&name)
}

fn general_names(mut names: Reader<'_>) -> Result<()> {
    while !names.is_empty() {
        general_name(&names.any()?)?;
    }
    Ok(())
}

fn general_name(name: &Element<'_>) -> Result<()> {
    let mut inside = name.reader();
    match name.tag {
        // A name of another form: its type and a value.
        0xA0 => {
            inside.object_identifier()?;
            let mut explicit = inside.nested(context(0))?;
            explicit.any()?;
            explicit.finish()?;
            inside.finish()
        }
        0x81 | 0x82 | 0x86 | 0x87 | 0xA3 | 0xA5 => Ok(()),
        0xA1 | 0xA2 | 0xA6 | 0xA7 => name.octets_of(name.tag).map(|_| ()),
        0xA4 => {
            Name::of_certificate(inside.any()?)?;
            inside.finish()
        }
        0x88 if asn1::is_object_identifier(name.content) => Ok(()),
        found => Err(Error::Tag { expected: context(0), found }),
    }
}

fn is_next(fields: &Reader<'_>, tag: u8) -> bool {
    fields.rest().first().is_some_and(|first| first & !0x20 == tag)
}

fn octets(fields: &mut Reader<'_>, tag: u8) -> Result<()> {
    fields.any()?.octets_of(tag).map(|_| ())
}

fn bits(element: &Element<'_>, tag: u8) -> Result<()> {
    match element.content.first() {
        _ if element.tag != tag => Err(Error::Tag { expected: tag, found: element.tag }),
        Some(0..8) => Ok(()),
        _ => Err(Error::Value("a bit string is malformed")),
    }
}

fn integer(content: &[u8]) -> Result<()> {
    if is_shortest(content) { Ok(()) } else { Err(Error::Value("an integer is not in its shortest form")) }
}
