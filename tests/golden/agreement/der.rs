//! Writing DER, and what is not DER, for packages that nobody should make.

use base64::Engine;

/// An element with the shortest length.
pub fn tlv(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    if content.len() < 0x80 {
        bytes.push(content.len() as u8);
    } else {
        let octets: Vec<u8> = content.len().to_be_bytes().into_iter().skip_while(|&octet| octet == 0).collect();
        bytes.push(0x80 | octets.len() as u8);
        bytes.extend(octets);
    }
    bytes.extend_from_slice(content);
    bytes
}

pub fn seq<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    joined(0x30, parts)
}

/// A set in the order given.
pub fn set<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    joined(0x31, parts)
}

/// A set in DER order.
pub fn sorted_set(mut parts: Vec<Vec<u8>>) -> Vec<u8> {
    parts.sort();
    set(&parts)
}

/// A constructed element.
pub fn joined<P: AsRef<[u8]>>(tag: u8, parts: &[P]) -> Vec<u8> {
    tlv(tag, &parts.iter().flat_map(|part| part.as_ref().iter().copied()).collect::<Vec<u8>>())
}

/// `[number]`, constructed.
pub fn ctx<P: AsRef<[u8]>>(number: u8, parts: &[P]) -> Vec<u8> {
    joined(0xA0 | number, parts)
}

pub fn octets(content: &[u8]) -> Vec<u8> {
    tlv(4, content)
}

pub fn bits(content: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], content].concat())
}

pub fn null() -> Vec<u8> {
    vec![5, 0]
}

pub fn boolean(value: bool) -> Vec<u8> {
    vec![1, 1, if value { 0xFF } else { 0 }]
}

pub fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0C, text.as_bytes())
}

/// A small number that is not negative.
pub fn integer(value: u64) -> Vec<u8> {
    let mut octets: Vec<u8> = value.to_be_bytes().into_iter().skip_while(|&octet| octet == 0).collect();
    if octets.first().is_none_or(|first| first & 0x80 != 0) {
        octets.insert(0, 0);
    }
    tlv(2, &octets)
}

pub fn oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted.split('.').map(|arc| arc.parse().unwrap()).collect();
    let mut content = Vec::new();
    for arc in std::iter::once(arcs[0] * 40 + arcs[1]).chain(arcs[2..].iter().copied()) {
        let mut octets = vec![(arc & 0x7F) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            octets.insert(0, 0x80 | (rest & 0x7F) as u8);
            rest >>= 7;
        }
        content.extend(octets);
    }
    tlv(6, &content)
}

/// An AlgorithmIdentifier with parameters NULL or without.
pub fn algorithm(dotted: &str, with_null: bool) -> Vec<u8> {
    seq(&[oid(dotted), if with_null { null() } else { Vec::new() }])
}

/// The elements inside the first element, whole; `None` when they cannot be taken apart.
pub fn children(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (_, content, _) = split(bytes)?;
    let mut rest = content;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (whole, _, after) = split(rest)?;
        found.push(whole.to_vec());
        rest = after;
    }
    Some(found)
}

/// The content of the first element.
pub fn content(bytes: &[u8]) -> Option<&[u8]> {
    split(bytes).map(|(_, content, _)| content)
}

/// The first element whole, its content, and what follows; definite lengths only.
pub fn split(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let first = usize::from(*bytes.get(1)?);
    let (length, start) = if first < 0x80 {
        (first, 2)
    } else {
        let count = first & 0x7F;
        if count == 0 || count > 4 {
            return None;
        }
        let octets = bytes.get(2..2 + count)?;
        (octets.iter().fold(0, |length, octet| length << 8 | usize::from(*octet)), 2 + count)
    };
    let end = start.checked_add(length)?;
    Some((bytes.get(..end)?, bytes.get(start..end)?, bytes.get(end..)?))
}

pub fn base64(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
