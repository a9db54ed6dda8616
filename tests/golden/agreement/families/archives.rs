//! Changes in the ZIP records, before and after signing.

use super::{Mutant, Source, draft};
use crate::agreement::der;
use crate::agreement::draft::{Draft, Stage};
use crate::agreement::keys::Hash;
use crate::agreement::random::Random;

/// A record that is written out and can be moved.
#[derive(Clone)]
struct Local {
    header: Vec<u8>,
    body: Vec<u8>,
}

/// An archive in pieces.
#[derive(Clone)]
struct Pieces {
    prefix: Vec<u8>,
    locals: Vec<Local>,
    /// Central records, each with the number of the local entry that it names.
    records: Vec<(Vec<u8>, usize)>,
    gap: Vec<u8>,
    end: Vec<u8>,
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

fn put16(bytes: &mut [u8], at: usize, value: usize) {
    bytes[at..at + 2].copy_from_slice(&(value as u16).to_le_bytes());
}

fn put32(bytes: &mut [u8], at: usize, value: usize) {
    bytes[at..at + 4].copy_from_slice(&(value as u32).to_le_bytes());
}

impl Pieces {
    /// Takes a well-formed archive apart.
    fn of(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06")?;
        let start = u32_at(bytes, end + 16);
        let mut at = start;
        let mut records = Vec::new();
        while bytes.get(at..at + 4)? == b"PK\x01\x02" {
            let size = 46 + u16_at(bytes, at + 28) + u16_at(bytes, at + 30) + u16_at(bytes, at + 32);
            records.push(bytes.get(at..at + size)?.to_vec());
            at += size;
        }
        let mut offsets: Vec<usize> = records.iter().map(|record| u32_at(record, 42)).collect();
        offsets.sort_unstable();
        offsets.dedup();
        if offsets.last().is_some_and(|&last| last >= start) {
            return None;
        }
        let mut locals = Vec::new();
        for (index, &offset) in offsets.iter().enumerate() {
            let next = offsets.get(index + 1).copied().unwrap_or(start);
            let size = 30 + u16_at(bytes, offset + 26) + u16_at(bytes, offset + 28);
            locals.push(Local {
                header: bytes.get(offset..offset + size)?.to_vec(),
                body: bytes.get(offset + size..next)?.to_vec(),
            });
        }
        let records = records
            .into_iter()
            .map(|record| {
                let offset = u32_at(&record, 42);
                let index = offsets.iter().position(|&other| other == offset).unwrap();
                (record, index)
            })
            .collect();
        let prefix = bytes[..offsets.first().copied().unwrap_or(start)].to_vec();
        Some(Self { prefix, locals, records, gap: bytes[at..end].to_vec(), end: bytes[end..].to_vec() })
    }

    /// Puts it together again, with offsets, counts and sizes that are true.
    fn build(&self) -> Vec<u8> {
        let mut bytes = self.prefix.clone();
        let mut offsets = Vec::new();
        for local in &self.locals {
            offsets.push(bytes.len());
            bytes.extend_from_slice(&local.header);
            bytes.extend_from_slice(&local.body);
        }
        let start = bytes.len();
        for (record, index) in &self.records {
            let mut record = record.clone();
            put32(&mut record, 42, offsets.get(*index).copied().unwrap_or(0));
            bytes.extend_from_slice(&record);
        }
        let size = bytes.len() - start;
        bytes.extend_from_slice(&self.gap);
        let mut end = self.end.clone();
        put16(&mut end, 8, self.records.len());
        put16(&mut end, 10, self.records.len());
        put32(&mut end, 12, size);
        put32(&mut end, 16, start);
        bytes.extend_from_slice(&end);
        bytes
    }

    fn name(&self, record: usize) -> String {
        let record = &self.records[record].0;
        String::from_utf8_lossy(&record[46..46 + u16_at(record, 28)]).into_owned()
    }
}

const BASES: &[&str] = &[
    "good-official-author-ts.nupkg",
    "good-both-ts-ts.nupkg",
    "good-zip-sig-middle-middle.nupkg",
    "good-zip-directories.nupkg",
    "good-repo-one-owner.nupkg",
];

fn base<'a>(random: &mut Random, source: &'a Source) -> (&'a str, &'a [u8]) {
    let name = *random.pick(BASES);
    let found = source.golden.iter().find(|(file, _)| file == name);
    let (name, bytes) = found.unwrap_or_else(|| panic!("{name}"));
    (name, bytes)
}

/// Offset and width of the fields of a local header, a central record and an end record.
const LOCAL: &[(usize, usize)] =
    &[(0, 4), (4, 2), (6, 2), (8, 2), (10, 4), (14, 4), (18, 4), (22, 4), (26, 2), (28, 2)];
const CENTRAL: &[(usize, usize)] = &[
    (0, 4),
    (4, 2),
    (6, 2),
    (8, 2),
    (10, 2),
    (12, 4),
    (16, 4),
    (20, 4),
    (24, 4),
    (28, 2),
    (30, 2),
    (32, 2),
    (34, 2),
    (36, 2),
    (38, 4),
    (42, 4),
];
const END: &[(usize, usize)] = &[(0, 4), (4, 2), (6, 2), (8, 2), (10, 2), (12, 4), (16, 4), (20, 2)];

fn edge(old: usize, width: usize, random: &mut Random) -> usize {
    let top = if width == 2 { 0xFFFF } else { 0xFFFF_FFFF };
    let new = match random.below(11) {
        0 => 0,
        1 => 1,
        2 => old.wrapping_add(1),
        3 => old.wrapping_sub(1),
        4 => top,
        5 => top - 1,
        6 => top / 2 + 1,
        7 => old ^ (1 << random.below(width * 8)),
        8 => random.below(1000),
        9 => old.wrapping_mul(2),
        _ => 8,
    };
    new & top
}

/// One field of one record set to another value.
pub fn fields(random: &mut Random, source: &Source) -> Mutant {
    let (name, original) = base(random, source);
    let mut bytes = original.to_vec();
    let mut recipe = format!(" {name}");
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
    let mut records = Vec::new();
    let mut at = u32_at(&bytes, end + 16);
    while &bytes[at..at + 4] == b"PK\x01\x02" {
        records.push(at);
        at += 46 + u16_at(&bytes, at + 28) + u16_at(&bytes, at + 30) + u16_at(&bytes, at + 32);
    }
    for _ in 0..1 + random.below(2) {
        // The signature entry is the one that matters most.
        let signature = records.iter().position(|&at| &bytes[at + 46..at + 60] == b".signature.p7s").unwrap_or(0);
        let record = if random.chance(50) { signature } else { random.below(records.len()) };
        let (what, start, table) = match random.below(3) {
            0 => ("local", u32_at(original, records[record] + 42), LOCAL),
            1 => ("central", records[record], CENTRAL),
            _ => ("end", end, END),
        };
        let &(offset, width) = random.pick(table);
        let at = start + offset;
        if width == 2 {
            let new = edge(u16_at(&bytes, at), 2, random);
            recipe += &format!(" {what} {record} +{offset} = {new:#x}");
            put16(&mut bytes, at, new);
        } else {
            let new = edge(u32_at(&bytes, at), 4, random);
            recipe += &format!(" {what} {record} +{offset} = {new:#x}");
            put32(&mut bytes, at, new);
        }
    }
    Mutant { bytes, recipe }
}

fn extra(random: &mut Random) -> Vec<u8> {
    match random.below(6) {
        // Zip64, whole and broken.
        0 => [&[1, 0, 16, 0], random.bytes(16).as_slice()].concat(),
        1 => vec![1, 0, 0, 0],
        // Unicode path.
        2 => [&[0x75, 0x70, 9, 0, 1], random.bytes(4).as_slice(), b"a/.b"].concat(),
        3 => vec![0x55, 0x54, 5, 0, 1, 0, 0, 0, 0],
        4 => random.bytes(3),
        _ => vec![0xFE, 0xCA, 0, 0],
    }
}

fn rename(pieces: &mut Pieces, record: usize, new: &[u8], local_too: bool) {
    let (central, index) = &mut pieces.records[record];
    let length = u16_at(central, 28);
    central.splice(46..46 + length, new.iter().copied());
    put16(central, 28, new.len());
    if local_too {
        let header = &mut pieces.locals[*index].header;
        let length = u16_at(header, 26);
        header.splice(30..30 + length, new.iter().copied());
        put16(header, 26, new.len());
    }
}

/// Entries moved, doubled, hidden, renamed; octets where none belong.
fn rearrange(pieces: &mut Pieces, random: &mut Random, recipe: &mut String) {
    let count = pieces.records.len();
    let record = random.below(count);
    let shown = pieces.name(record);
    match random.below(17) {
        0 => {
            recipe.push_str(" prefix");
            let length = 1 + random.below(40);
            pieces.prefix = random.bytes(length);
        }
        1 => {
            recipe.push_str(" gap before the end record");
            let length = 1 + random.below(24);
            pieces.gap = random.bytes(length);
        }
        2 => {
            let length = random.below(30);
            recipe.push_str(&format!(" tail of {length}"));
            pieces.end.extend(random.bytes(length));
        }
        3 => {
            let length = random.below(30);
            recipe.push_str(&format!(" comment of {length}"));
            pieces.end.truncate(22);
            put16(&mut pieces.end, 20, length);
            pieces.end.extend(random.bytes(length));
        }
        4 => {
            recipe.push_str(" comment with an end record");
            let inner = [b"PK\x05\x06".as_slice(), &[0; 18]].concat();
            pieces.end.truncate(22);
            put16(&mut pieces.end, 20, inner.len());
            pieces.end.extend(inner);
        }
        5 => {
            recipe.push_str(" entries shuffled");
            let mut order: Vec<usize> = (0..pieces.locals.len()).collect();
            random.shuffle(&mut order);
            pieces.locals = order.iter().map(|&index| pieces.locals[index].clone()).collect();
            for (_, index) in &mut pieces.records {
                *index = order.iter().position(|old| old == index).unwrap();
            }
        }
        6 => {
            recipe.push_str(" records shuffled");
            random.shuffle(&mut pieces.records);
        }
        7 => {
            recipe.push_str(&format!(" record of {shown} twice"));
            pieces.records.insert(random.below(count + 1), pieces.records[record].clone());
        }
        8 => {
            recipe.push_str(&format!(" {shown} twice"));
            pieces.locals.push(pieces.locals[pieces.records[record].1].clone());
            let copy = (pieces.records[record].0.clone(), pieces.locals.len() - 1);
            pieces.records.insert(random.below(count + 1), copy);
        }
        9 => {
            recipe.push_str(&format!(" record of {shown} dropped"));
            pieces.records.remove(record);
        }
        10 => {
            recipe.push_str(&format!(" octets after {shown}"));
            let index = pieces.records[record].1;
            let length = 1 + random.below(20);
            pieces.locals[index].body.extend(random.bytes(length));
        }
        11 => {
            let new: &[u8] = random.one(&[
                b"../x".as_slice(),
                b".signature.p7s",
                b".SIGNATURE.P7S",
                b"/abs",
                b"a\\b",
                b"",
                b"x.nuspec",
                b"a/x.nuspec",
                b"\xC3\xA9",
                b"\xFF\xFE",
                b"a\0b",
                b"dir/",
                b"con",
            ]);
            let both = random.chance(70);
            recipe.push_str(&format!(" {shown} renamed {:?} both {both}", String::from_utf8_lossy(new)));
            rename(pieces, record, new, both);
        }
        12 => {
            let extra = extra(random);
            recipe.push_str(&format!(" extra in record of {shown} {extra:02x?}"));
            let central = &mut pieces.records[record].0;
            let at = 46 + u16_at(central, 28);
            let length = u16_at(central, 30);
            put16(central, 30, length + extra.len());
            central.splice(at..at, extra);
        }
        13 => {
            let extra = extra(random);
            recipe.push_str(&format!(" extra in header of {shown} {extra:02x?}"));
            let header = &mut pieces.locals[pieces.records[record].1].header;
            let length = u16_at(header, 28);
            put16(header, 28, length + extra.len());
            header.extend(extra);
        }
        14 => {
            let comment = random.bytes(5);
            recipe.push_str(&format!(" comment on {shown}"));
            let central = &mut pieces.records[record].0;
            let length = u16_at(central, 32);
            put16(central, 32, length + comment.len());
            central.extend(comment);
        }
        15 => {
            let kind = random.below(3);
            recipe.push_str(&format!(" descriptor {kind} after {shown}"));
            let (central, index) = &mut pieces.records[record];
            let local = &mut pieces.locals[*index];
            central[8] |= 8;
            local.header[6] |= 8;
            let numbers = central[16..28].to_vec();
            if kind > 0 {
                local.header[14..26].fill(0);
            }
            if kind > 1 {
                local.body.extend(b"PK\x07\x08");
            }
            local.body.extend(numbers);
        }
        _ => {
            let (bit, external) = (random.below(16), random.below(32));
            let both = random.chance(50);
            recipe.push_str(&format!(" flag {bit} of {shown} both {both} external {external}"));
            let (central, index) = &mut pieces.records[record];
            let flags = u16_at(central, 8);
            put16(central, 8, flags ^ 1 << bit);
            if both {
                let header = &mut pieces.locals[*index].header;
                put16(header, 6, flags ^ 1 << bit);
            }
            if random.chance(20) {
                put32(central, 38, 1 << external);
            }
        }
    }
}

/// A signed package whose archive was built anew in another way.
pub fn layout(random: &mut Random, source: &Source) -> Mutant {
    let (name, original) = base(random, source);
    let mut pieces = Pieces::of(original).unwrap();
    let mut recipe = format!(" {name}");
    for _ in 0..1 + random.below(2) {
        rearrange(&mut pieces, random, &mut recipe);
    }
    Mutant { bytes: pieces.build(), recipe }
}

/// An odd archive that was signed as it is.
pub fn signed_oddities(random: &mut Random, source: &Source) -> Mutant {
    let mut pieces = Pieces::of(&source.unsigned).unwrap();
    let mut recipe = String::new();
    for _ in 0..1 + random.below(2) {
        rearrange(&mut pieces, random, &mut recipe);
    }
    let unsigned = pieces.build();
    let draft = Draft { unsigned: unsigned.clone(), stamps: Vec::new(), counters: Vec::new(), ..draft(random, source) };
    let hash = if draft.style.hash == Hash::Sha1 { Hash::Sha256 } else { draft.style.hash };
    let text = format!("Version:1\n\n{}-Hash:{}\n\n", hash.oid(), der::base64(&hash.of(&unsigned)));
    let signature =
        draft.signature(&mut |stage, part| if stage == Stage::Content { text.clone().into_bytes() } else { part });
    let Some(mut pieces) = Pieces::of(&unsigned) else { return Mutant { bytes: unsigned, recipe } };
    // As the official signer puts it there, which does not ask whether the result will verify.
    let mut crc = flate2::Crc::new();
    crc.update(&signature);
    let mut numbers = Vec::new();
    for number in [0x5A21_6000, crc.sum(), signature.len() as u32, signature.len() as u32] {
        numbers.extend(number.to_le_bytes());
    }
    numbers.extend([14, 0, 0, 0]);
    let local = [b"PK\x03\x04\x14\0\0\0\0\0".as_slice(), &numbers, b".signature.p7s"].concat();
    let central = [b"PK\x01\x02\x14\0\x14\0\0\0\0\0".as_slice(), &numbers, &[0; 14], b".signature.p7s"].concat();
    pieces.locals.push(Local { header: local, body: signature });
    pieces.records.push((central, pieces.locals.len() - 1));
    Mutant { bytes: pieces.build(), recipe }
}
