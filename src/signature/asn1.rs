//! Tag-length-value reading and writing (X.690), keeping every element as the bytes that it was.
//!
//! Signatures, fingerprints and countersignatures are over bytes, and real files hold what strict decoders refuse or
//! silently repair: BER lengths, sets out of order, certificates twice. So nothing here re-encodes what it read. The
//! reader takes BER where the .NET client does and says of each element whether its length is DER.
//!
//! It knows no types beyond the few universal ones below; unknown content stays raw. Depth is limited: an element inside
//! more than [`MAX_DEPTH`] indefinite ones is an error, so hostile nesting costs neither stack nor quadratic time.

use std::borrow::Cow;

/// Nesting of indefinite-length elements. A CMS file has fewer than ten levels in all.
const MAX_DEPTH: usize = 16;
/// Octets of a length field after its first that are not zeros in front; .NET reads as many.
const MAX_LENGTH_OCTETS: usize = 4;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const NULL: u8 = 0x05;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0C;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
const CONSTRUCTED: u8 = 0x20;

/// The tag octet `[number]`, primitive or constructed as in `0x80 | number` and `0xA0 | number`.
pub(crate) const fn context(number: u8) -> u8 {
    0xA0 | number
}

/// What made the reader stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Error {
    #[error("the data break off")]
    Truncated,
    #[error("a length is not encoded as it must be")]
    Length,
    #[error("elements are nested too deeply")]
    Depth,
    #[error("found tag {found:#04x} where {expected:#04x} belongs")]
    Tag { expected: u8, found: u8 },
    #[error("something follows where nothing belongs")]
    Trailing,
    #[error("{0}")]
    Value(&'static str),
}

pub(crate) type Result<T> = std::result::Result<T, Error>;

/// One element: its whole encoding and its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    /// The identifier octet. Of a tag above 30 only the first, which no element has that these formats know.
    pub(crate) tag: u8,
    /// Identifier, length, content and, if indefinite, the end marker.
    pub(crate) raw: &'a [u8],
    /// The content.
    pub(crate) content: &'a [u8],
    /// Whether the length is definite and as short as can be. Says nothing about what is inside.
    pub(crate) der_length: bool,
}

/// Reads elements one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    rules: Rules,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// Any length.
    Ber,
    /// The shortest length.
    Der,
    /// As NuGet's own reader of attributes has it: a definite length of up to four octets, and of a tag only its number,
    /// of those of other classes nothing.
    Loose,
}

impl<'a> Reader<'a> {
    /// A reader that takes BER lengths.
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, rules: Rules::Ber }
    }

    /// A reader that takes only DER lengths.
    pub(crate) const fn der(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, rules: Rules::Der }
    }

    /// A reader that takes what NuGet's own reader takes.
    pub(crate) const fn loose(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, rules: Rules::Loose }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What has not been read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The next element.
    pub(crate) fn any(&mut self) -> Result<Element<'a>> {
        let (element, rest) = split(self.rest, 0)?;
        let allowed = match self.rules {
            Rules::Ber => true,
            Rules::Der => element.der_length,
            Rules::Loose => element.raw.get(1).is_some_and(|first| *first != 0x80 && *first <= 0x84),
        };
        if !allowed {
            return Err(Error::Length);
        }
        self.rest = rest;
        Ok(element)
    }

    /// The next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'a>> {
        let element = self.any()?;
        let number = |tag: u8| tag & 0x1F;
        let loosely = self.rules == Rules::Loose && (element.tag & 0x80 != 0 || number(element.tag) == number(tag));
        let found = element.tag;
        if found == tag || (loosely && number(found) != 0x1F) {
            Ok(element)
        } else {
            Err(Error::Tag { expected: tag, found })
        }
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>> {
        if self.rest.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// A reader over the content of the next element, which must have this tag.
    pub(crate) fn nested(&mut self, tag: u8) -> Result<Self> {
        let element = self.expect(tag)?;
        Ok(Self { rest: element.content, rules: self.rules })
    }

    /// The content octets of the next element, an INTEGER in its shortest form (X.690, 8.3.2, which BER demands as well).
    pub(crate) fn integer(&mut self) -> Result<&'a [u8]> {
        let content = self.expect(INTEGER)?.content;
        if is_shortest(content) { Ok(content) } else { Err(Error::Value("an integer is not in its shortest form")) }
    }

    /// The same for an INTEGER that .NET reads as a number of 32 bits.
    pub(crate) fn int32(&mut self) -> Result<()> {
        if self.integer()?.len() > 4 { Err(Error::Value("an integer is too large")) } else { Ok(()) }
    }

    /// The content octets of the next element, an OBJECT IDENTIFIER.
    pub(crate) fn object_identifier(&mut self) -> Result<&'a [u8]> {
        let content = self.expect(OBJECT_IDENTIFIER)?.content;
        if is_object_identifier(content) { Ok(content) } else { Err(Error::Value("an object identifier is malformed")) }
    }

    /// A reader of the same strictness over the content of `element`.
    pub(crate) const fn inside(&self, element: Element<'a>) -> Self {
        Self { rest: element.content, rules: self.rules }
    }

    /// All elements that are left.
    pub(crate) fn all(mut self) -> Result<Vec<Element<'a>>> {
        let mut elements = Vec::new();
        while !self.is_empty() {
            elements.push(self.any()?);
        }
        Ok(elements)
    }

    /// An error unless everything was read.
    pub(crate) const fn finish(&self) -> Result<()> {
        if self.rest.is_empty() { Ok(()) } else { Err(Error::Trailing) }
    }
}

impl<'a> Element<'a> {
    /// The content as elements.
    pub(crate) fn children(&self) -> Result<Vec<Element<'a>>> {
        Reader::new(self.content).all()
    }

    /// A reader over the content.
    pub(crate) const fn reader(&self) -> Reader<'a> {
        Reader::new(self.content)
    }

    /// The octets of an OCTET STRING; the pieces of a constructed one are joined.
    pub(crate) fn octets(&self) -> Result<Cow<'a, [u8]>> {
        self.octets_of(OCTET_STRING)
    }

    /// The same for an implicitly tagged OCTET STRING.
    pub(crate) fn octets_of(&self, tag: u8) -> Result<Cow<'a, [u8]>> {
        let tag = tag & !CONSTRUCTED;
        if self.tag == tag {
            return Ok(Cow::Borrowed(self.content));
        }
        if self.tag != tag | CONSTRUCTED {
            return Err(Error::Tag { expected: tag, found: self.tag });
        }
        let mut joined = Vec::new();
        join(self.content, &mut joined, 0)?;
        Ok(Cow::Owned(joined))
    }

    /// The octets of a BIT STRING without unused bits.
    pub(crate) fn whole_bits(&self) -> Result<&'a [u8]> {
        match (self.tag, self.content.split_first()) {
            (BIT_STRING, Some((0, octets))) => Ok(octets),
            (BIT_STRING, _) => Err(Error::Value("a bit string has unused bits")),
            (found, _) => Err(Error::Tag { expected: BIT_STRING, found }),
        }
    }
}

/// A BOOLEAN. BER allows any value but zero for true.
pub(crate) fn boolean(element: &Element<'_>) -> Result<bool> {
    match (element.tag, element.content) {
        (BOOLEAN, [value]) => Ok(*value != 0),
        (BOOLEAN, _) => Err(Error::Value("a boolean has not one octet")),
        (found, _) => Err(Error::Tag { expected: BOOLEAN, found }),
    }
}

/// A small INTEGER that is not negative.
pub(crate) fn small(content: &[u8]) -> Result<u64> {
    match content {
        [] => Err(Error::Value("an integer has no octets")),
        [first, ..] if first & 0x80 != 0 => Err(Error::Value("an integer is negative")),
        _ if content.len() > 8 => Err(Error::Value("an integer is too large")),
        _ => Ok(content.iter().fold(0, |value, octet| value << 8 | u64::from(*octet))),
    }
}

/// The magnitude of an INTEGER that is not negative, without leading zeros.
pub(crate) fn magnitude(content: &[u8]) -> Result<&[u8]> {
    if content.first().is_none_or(|first| first & 0x80 != 0) {
        return Err(Error::Value("an integer is negative or has no octets"));
    }
    let zeros = content.iter().take_while(|&&octet| octet == 0).count();
    Ok(content.get(zeros..).unwrap_or_default())
}

/// Encodes an element with a DER length.
pub(crate) fn encode(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    let length = content.len();
    if length < 0x80 {
        bytes.push(u8::try_from(length).unwrap_or_default());
    } else {
        let octets: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|&octet| octet == 0).collect();
        bytes.push(0x80 | u8::try_from(octets.len()).unwrap_or_default());
        bytes.extend_from_slice(&octets);
    }
    bytes.extend_from_slice(content);
    bytes
}

/// Encodes a constructed element from encoded parts.
pub(crate) fn encode_all<P: AsRef<[u8]>>(tag: u8, parts: &[P]) -> Vec<u8> {
    let content: Vec<u8> = parts.iter().flat_map(|part| part.as_ref().iter().copied()).collect();
    encode(tag, &content)
}

/// Encodes a SET OF (or one with an implicit tag) in DER order: ascending by encoding.
pub(crate) fn encode_set(tag: u8, mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    encode_all(tag, &parts)
}

/// Whether the first nine bits of an INTEGER differ, so that no shorter encoding would do.
pub(crate) const fn is_shortest(content: &[u8]) -> bool {
    match content {
        [] => false,
        [first, second, ..] => !matches!((*first, *second & 0x80), (0, 0) | (0xFF, 0x80)),
        [_] => true,
    }
}

/// Whether octets are the arcs of an OBJECT IDENTIFIER, each without zeros in front, the last one ended.
pub(crate) fn is_object_identifier(content: &[u8]) -> bool {
    let padded = |arc: &[u8]| arc.first() == Some(&0x80);
    content.last().is_some_and(|last| last & 0x80 == 0)
        && !content.split_inclusive(|octet| octet & 0x80 == 0).any(padded)
}

/// Whether the content of an element of any universal type is a value of that type, as far as its encoding tells.
pub(crate) fn is_value(element: &Element<'_>) -> bool {
    let content = element.content;
    match element.tag {
        BOOLEAN => content.len() == 1,
        INTEGER | 0x0A => is_shortest(content),
        BIT_STRING => content.first().is_some_and(|unused| *unused < 8),
        NULL => content.is_empty(),
        OBJECT_IDENTIFIER => is_object_identifier(content),
        0x1C => content.len().is_multiple_of(4),
        0x1E => content.len().is_multiple_of(2),
        _ => true,
    }
}

/// Skips the octets of a tag above 30. The shortest form is demanded.
fn skip_long_tag(bytes: &[u8]) -> Result<&[u8]> {
    let end = bytes.iter().position(|octet| octet & 0x80 == 0).ok_or(Error::Truncated)?;
    match bytes.split_at_checked(end + 1) {
        Some(([first], _)) if *first < 0x1F => Err(Error::Value("a tag is not in its shortest form")),
        Some(([0x80, ..], _)) => Err(Error::Value("a tag is not in its shortest form")),
        Some((tag, rest)) if tag.len() <= 4 => Ok(rest),
        _ => Err(Error::Value("a tag is too large")),
    }
}

/// Splits the first element off.
fn split(bytes: &[u8], depth: usize) -> Result<(Element<'_>, &[u8])> {
    let (&tag, mut after_tag) = bytes.split_first().ok_or(Error::Truncated)?;
    if tag & 0x1F == 0x1F {
        after_tag = skip_long_tag(after_tag)?;
    }
    let (&first, after_length) = after_tag.split_first().ok_or(Error::Truncated)?;
    if first == 0x80 {
        return split_indefinite(bytes, tag, after_length, depth);
    }
    let (length, content_start, der_length) = if first < 0x80 {
        (usize::from(first), after_length, true)
    } else {
        let count = usize::from(first & 0x7F);
        let (octets, content) = after_length.split_at_checked(count).ok_or(Error::Truncated)?;
        let zeros = octets.iter().take_while(|&&octet| octet == 0).count();
        if first == 0xFF || count - zeros > MAX_LENGTH_OCTETS {
            return Err(Error::Length);
        }
        let length = octets.iter().fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
        (length, content, length >= 0x80 && octets.first() != Some(&0))
    };
    let (content, rest) = content_start.split_at_checked(length).ok_or(Error::Truncated)?;
    let raw = bytes.get(..bytes.len() - rest.len()).unwrap_or_default();
    Ok((Element { tag, raw, content, der_length }, rest))
}

fn split_indefinite<'a>(bytes: &'a [u8], tag: u8, content: &'a [u8], depth: usize) -> Result<(Element<'a>, &'a [u8])> {
    if tag & CONSTRUCTED == 0 {
        return Err(Error::Length);
    }
    if depth >= MAX_DEPTH {
        return Err(Error::Depth);
    }
    let mut rest = content;
    loop {
        if let [0, 0, after @ ..] = rest {
            let raw = bytes.get(..bytes.len() - after.len()).unwrap_or_default();
            let content = content.get(..content.len() - rest.len()).unwrap_or_default();
            return Ok((Element { tag, raw, content, der_length: false }, after));
        }
        let (_, next) = split(rest, depth + 1)?;
        rest = next;
    }
}

fn join(content: &[u8], joined: &mut Vec<u8>, depth: usize) -> Result<()> {
    if depth >= MAX_DEPTH {
        return Err(Error::Depth);
    }
    for piece in Reader::new(content).all()? {
        match piece.tag {
            OCTET_STRING => joined.extend_from_slice(piece.content),
            tag if tag == OCTET_STRING | CONSTRUCTED => join(piece.content, joined, depth + 1)?,
            found => {
                return Err(Error::Tag { expected: OCTET_STRING, found });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "asn1_tests.rs"]
mod tests;
