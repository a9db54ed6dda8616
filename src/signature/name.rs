//! X.500 names: printed as .NET prints them, and compared as OpenSSL compares them.
//!
//! The printed form is what the repository signatures document and every client message show. It is also what the client
//! compares when it looks for the certificate that a signature names, so two encodings of one text are equal there.

use super::asn1::{Element, Error, IA5_STRING, Reader, Result, SEQUENCE, SET, UTF8_STRING};
use super::oid;

const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const VISIBLE_STRING: u8 = 0x1A;
const UNIVERSAL_STRING: u8 = 0x1C;
const BMP_STRING: u8 = 0x1E;
const NUMERIC_STRING: u8 = 0x12;

/// A distinguished name, kept as it was encoded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Name {
    der: Vec<u8>,
    parts: Vec<Vec<Attribute>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Attribute {
    kind: Vec<u8>,
    tag: u8,
    content: Vec<u8>,
    raw: Vec<u8>,
}

impl Name {
    pub(crate) fn parse(element: Element<'_>) -> Result<Self> {
        let mut parts = Vec::new();
        for rdn in Reader::new(element.raw).nested(SEQUENCE)?.all()? {
            let mut part = Vec::new();
            for attribute in Reader::new(rdn.raw).nested(SET)?.all()? {
                let mut fields = Reader::new(attribute.raw).nested(SEQUENCE)?;
                let kind = fields.object_identifier()?.to_vec();
                let value = fields.any()?;
                fields.finish()?;
                let (content, raw) = (value.content.to_vec(), value.raw.to_vec());
                part.push(Attribute { kind, tag: value.tag, content, raw });
            }
            parts.push(part);
        }
        Ok(Self { der: element.raw.to_vec(), parts })
    }

    /// The name of a certificate. OpenSSL reads only some types of values, and of texts only those that it can turn into
    /// UTF-8.
    pub(crate) fn of_certificate(element: Element<'_>) -> Result<Self> {
        let name = Self::parse(element)?;
        let readable = |attribute: &Attribute| match attribute.tag {
            0x07..=0x0B | 0x0D..=0x0F | 0x1D | SEQUENCE | NUMERIC_STRING => true,
            0x03 => attribute.content.first().is_some_and(|unused| *unused < 8),
            _ => canonical_text(attribute).is_some(),
        };
        if name.attributes().all(readable) { Ok(name) } else { Err(Error::Value("a text in a name is malformed")) }
    }

    /// The name as .NET compares it: printed, or nothing where .NET cannot read it.
    pub(crate) fn printed(element: Element<'_>) -> String {
        Self::parse(element).and_then(|name| name.checked()).unwrap_or_default()
    }

    /// Printed, if it is DER with letters that each string type allows.
    fn checked(&self) -> Result<String> {
        let mut outer = Reader::der(&self.der);
        let mut parts = outer.nested(SEQUENCE)?;
        while !parts.is_empty() {
            let mut part = parts.nested(SET)?;
            while !part.is_empty() {
                let mut fields = part.nested(SEQUENCE)?;
                fields.object_identifier()?;
                fields.any()?;
            }
        }
        let strict = |attribute: &Attribute| strict_text(attribute).is_some();
        if self.attributes().all(strict) {
            Ok(self.to_string())
        } else {
            Err(Error::Value("a text in a name has letters that its type does not allow"))
        }
    }

    /// The DER encoding, as read.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Whether the name has no attributes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The common name, when there is one; for short texts about the certificate.
    #[must_use]
    pub fn common_name(&self) -> Option<String> {
        shown_text(self.attributes().rev().find(|attribute| attribute.kind == oid::COMMON_NAME)?)
    }

    /// Whether two names are one for building a path: letter case and runs of spaces in texts do not count, nor does the
    /// string type.
    pub(crate) fn matches(&self, other: &Self) -> bool {
        self.der == other.der || self.canonical() == other.canonical()
    }

    /// Equal for all names that match each other.
    pub(crate) fn lookup_key(&self) -> Vec<u8> {
        let mut key = Vec::new();
        for (kind, value) in self.canonical().into_iter().flatten() {
            for piece in [kind, value.as_slice()] {
                key.extend_from_slice(&piece.len().to_be_bytes());
                key.extend_from_slice(piece);
            }
        }
        key
    }

    /// Whether `self` lies in the subtree below `base` (RFC 5280, 4.2.1.10).
    pub(crate) fn is_below(&self, base: &Self) -> bool {
        self.canonical().starts_with(&base.canonical())
    }

    /// Tag and content of the values of one attribute type.
    pub(crate) fn values<'s>(&'s self, kind: &'s [u8]) -> impl Iterator<Item = (u8, &'s [u8])> {
        let of_kind = self.attributes().filter(move |attribute| attribute.kind == kind);
        of_kind.map(|attribute| (attribute.tag, attribute.content.as_slice()))
    }

    /// The values of one attribute type as texts; `None` when one of them is none.
    pub(crate) fn texts(&self, kind: &[u8]) -> Option<Vec<String>> {
        self.attributes().filter(|attribute| attribute.kind == kind).map(canonical_text).collect()
    }

    fn attributes(&self) -> impl DoubleEndedIterator<Item = &Attribute> {
        self.parts.iter().flatten()
    }

    fn canonical(&self) -> Vec<Vec<(&[u8], Vec<u8>)>> {
        let value = |attribute: &Attribute| match canonical_text(attribute) {
            Some(text) => {
                let space = |c: char| matches!(c, ' ' | '\t'..='\r');
                let words: Vec<String> =
                    text.split(space).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect();
                words.join(" ").into_bytes()
            }
            None => attribute.raw.clone(),
        };
        self.parts
            .iter()
            .map(|rdn| {
                let mut pairs: Vec<(&[u8], Vec<u8>)> = rdn.iter().map(|a| (a.kind.as_slice(), value(a))).collect();
                pairs.sort();
                pairs
            })
            .collect()
    }
}

/// As `X500DistinguishedName.Name` of .NET prints it: most specific part first, quoted where needed.
impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, part) in self.parts.iter().rev().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            for (index, attribute) in part.iter().enumerate() {
                if index > 0 {
                    f.write_str(" + ")?;
                }
                match friendly(&attribute.kind) {
                    Some(name) => write!(f, "{name}=")?,
                    None => write!(f, "OID.{}=", oid::dotted(&attribute.kind))?,
                }
                let text = shown_text(attribute).unwrap_or_else(|| format!("#{}", hex::encode_upper(&attribute.raw)));
                if needs_quotes(&text) {
                    write!(f, "\"{}\"", text.replace('"', "\"\""))?;
                } else {
                    f.write_str(&text)?;
                }
            }
        }
        Ok(())
    }
}

fn needs_quotes(text: &str) -> bool {
    let space = |c: char| matches!(c, ' ' | '\t'..='\r');
    text.is_empty()
        || text.starts_with(space)
        || text.ends_with(space)
        || text.contains([',', '+', '=', '"', '\n', '<', '>', '#', ';'])
}

/// The names that .NET on Linux has for the attribute types of certificates: its own table first, OpenSSL's long names
/// after it.
fn friendly(kind: &[u8]) -> Option<&'static str> {
    Some(match kind {
        [0x55, 0x04, 0x03] => "CN",
        [0x55, 0x04, 0x04] => "SN",
        [0x55, 0x04, 0x05] => "SERIALNUMBER",
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "S",
        [0x55, 0x04, 0x09] => "STREET",
        [0x55, 0x04, 0x0A] => "O",
        [0x55, 0x04, 0x0B] => "OU",
        [0x55, 0x04, 0x0C] => "T",
        [0x55, 0x04, 0x0D] => "Description",
        [0x55, 0x04, 0x0F] => "businessCategory",
        [0x55, 0x04, 0x11] => "PostalCode",
        [0x55, 0x04, 0x12] => "POBox",
        [0x55, 0x04, 0x14] => "Phone",
        [0x55, 0x04, 0x2A] => "G",
        [0x55, 0x04, 0x2B] => "I",
        [0x55, 0x04, 0x2E] => "dnQualifier",
        [0x55, 0x04, 0x61] => "organizationIdentifier",
        [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x09, 0x01] => "E",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x19] => "DC",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xF2, 0x2C, 0x64, 0x01, 0x01] => "userId",
        [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x3C, 0x02, 0x01, 0x01] => "jurisdictionLocalityName",
        [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x3C, 0x02, 0x01, 0x02] => "jurisdictionStateOrProvinceName",
        [0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x3C, 0x02, 0x01, 0x03] => "jurisdictionCountryName",
        _ => return None,
    })
}

/// The text as OpenSSL compares it; `None` for types that it compares as they are and for texts that it cannot read.
fn canonical_text(attribute: &Attribute) -> Option<String> {
    let content = attribute.content.as_slice();
    match attribute.tag {
        UTF8_STRING => String::from_utf8(content.to_vec()).ok(),
        PRINTABLE_STRING | IA5_STRING | TELETEX_STRING => Some(latin1(content)),
        BMP_STRING => units(content, 2),
        UNIVERSAL_STRING => units(content, 4),
        _ => None,
    }
}

/// The text as .NET reads it, which knows fewer types and checks the letters of each; zeros at the end do not count.
fn strict_text(attribute: &Attribute) -> Option<String> {
    let content = attribute.content.as_slice();
    let all = |allowed: fn(&u8) -> bool| content.iter().all(allowed);
    let text = match attribute.tag {
        UTF8_STRING => String::from_utf8(content.to_vec()).ok()?,
        PRINTABLE_STRING if all(|octet| octet.is_ascii_alphanumeric() || b" '()+,-./:=?".contains(octet)) => {
            latin1(content)
        }
        NUMERIC_STRING if all(|octet| octet.is_ascii_digit() || *octet == b' ') => latin1(content),
        IA5_STRING if content.is_ascii() => latin1(content),
        TELETEX_STRING => teletex(content),
        BMP_STRING => units(content, 2)?,
        _ => return None,
    };
    Some(text.trim_end_matches('\0').to_owned())
}

/// Real roots put Latin-1 or UTF-8 into this type; .NET tries UTF-8 first.
fn teletex(content: &[u8]) -> String {
    String::from_utf8(content.to_vec()).unwrap_or_else(|_| latin1(content))
}

fn latin1(content: &[u8]) -> String {
    content.iter().map(|&octet| char::from(octet)).collect()
}

/// Characters of so many octets each, big-endian.
fn units(content: &[u8], size: usize) -> Option<String> {
    let unit = |octets: &[u8]| {
        let value = octets.iter().fold(0_u32, |value, octet| value << 8 | u32::from(*octet));
        (octets.len() == size).then_some(value).and_then(char::from_u32)
    };
    content.chunks(size).map(unit).collect()
}

/// A text to show, whatever is wrong with it; `None` for types that are no texts.
fn shown_text(attribute: &Attribute) -> Option<String> {
    strict_text(attribute).or_else(|| {
        let lossy = || String::from_utf8_lossy(&attribute.content).into_owned();
        match attribute.tag {
            PRINTABLE_STRING | IA5_STRING | VISIBLE_STRING | NUMERIC_STRING | UTF8_STRING => Some(lossy()),
            BMP_STRING | UNIVERSAL_STRING => Some(canonical_text(attribute).unwrap_or_else(lossy)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::asn1::{OBJECT_IDENTIFIER, encode, encode_all};

    /// Attribute type, tag of the value, and the value.
    type Part<'a> = (&'a [u8], u8, &'a [u8]);

    fn name(parts: &[&[Part<'_>]]) -> Name {
        let attribute = |(kind, tag, value): &Part<'_>| {
            encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, kind), encode(*tag, value)])
        };
        let rdn = |part: &&[Part<'_>]| encode_all(SET, &part.iter().map(attribute).collect::<Vec<_>>());
        let der = encode_all(SEQUENCE, &parts.iter().map(rdn).collect::<Vec<_>>());
        Name::parse(Reader::new(&der).any().unwrap()).unwrap()
    }

    const CN: &[u8] = oid::COMMON_NAME;
    const O: &[u8] = &[0x55, 0x04, 0x0A];

    #[test]
    fn names_print_as_dotnet_prints_them() {
        let cases = [
            (name(&[]), ""),
            (name(&[&[(O, UTF8_STRING, b"A")], &[(CN, UTF8_STRING, b"B")]]), "CN=B, O=A"),
            (name(&[&[(O, UTF8_STRING, b"A"), (CN, UTF8_STRING, b"B")]]), "O=A + CN=B"),
            (name(&[&[(CN, UTF8_STRING, b"A, \"B\"")]]), "CN=\"A, \"\"B\"\"\""),
            (name(&[&[(CN, UTF8_STRING, b" A")]]), "CN=\" A\""),
            (name(&[&[(CN, UTF8_STRING, b"A\x0b")]]), "CN=\"A\x0b\""),
            (name(&[&[(CN, UTF8_STRING, b"")]]), "CN=\"\""),
            (name(&[&[(CN, BMP_STRING, &[0, b'A', 0x20, 0xAC])]]), "CN=A\u{20ac}"),
            (name(&[&[(CN, TELETEX_STRING, &[b'A', 0xE4])]]), "CN=A\u{e4}"),
            (name(&[&[(&[0x88, 0x37, 3], UTF8_STRING, b"x")]]), "OID.2.999.3=x"),
        ];
        for (name, expected) in cases {
            assert_eq!(name.to_string(), expected);
        }
    }

    #[test]
    fn paths_compare_names_without_case_and_string_type() {
        let one = name(&[&[(O, PRINTABLE_STRING, b"Some  Company")], &[(CN, UTF8_STRING, b"Root")]]);
        let other = name(&[&[(O, UTF8_STRING, b" SOME company ")], &[(CN, PRINTABLE_STRING, b"root")]]);
        assert!(one.matches(&other) && one.lookup_key() == other.lookup_key());
        let base = name(&[&[(O, UTF8_STRING, b"some company")]]);
        assert!(one.is_below(&base) && !base.is_below(&one) && !one.matches(&base));
        assert_eq!((one.common_name().as_deref(), base.common_name()), (Some("Root"), None));
    }
}
