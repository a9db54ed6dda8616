use std::io::Cursor;

use time::OffsetDateTime;

use super::*;
use crate::archive::{Finding, SignatureEntryError, dos_time};

/// An archive of empty stored entries with these names.
fn archive(names: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for name in names {
        let offset = u32::try_from(bytes.len()).unwrap();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        bytes.extend_from_slice(b"PK\x03\x04");
        bytes.extend_from_slice(&[0; 22]);
        bytes.extend_from_slice(&[length[0], length[1], 0, 0]);
        bytes.extend_from_slice(name.as_bytes());
        directory.extend_from_slice(b"PK\x01\x02");
        directory.extend_from_slice(&[0; 24]);
        directory.extend_from_slice(&[length[0], length[1], 0, 0]);
        directory.extend_from_slice(&[0; 10]);
        directory.extend_from_slice(&offset.to_le_bytes());
        directory.extend_from_slice(name.as_bytes());
    }
    let offset = u32::try_from(bytes.len()).unwrap();
    let count = u16::try_from(names.len()).unwrap().to_le_bytes();
    bytes.extend_from_slice(&directory);
    bytes.extend_from_slice(b"PK\x05\x06\0\0\0\0");
    bytes.extend_from_slice(&[count[0], count[1], count[0], count[1]]);
    bytes.extend_from_slice(&u32::try_from(directory.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(&offset.to_le_bytes());
    bytes.extend_from_slice(&[0, 0]);
    bytes
}

fn read(bytes: &[u8], limits: Limits) -> Result<Archive, Error> {
    Archive::read(&mut Cursor::new(bytes), &limits)
}

#[test]
fn an_archive_is_read_up_to_its_limits() {
    let bytes = archive(&["a", "b", "c.nuspec"]);
    let found = read(&bytes, Limits::DEFAULT).unwrap();
    assert_eq!((found.records().len(), found.root_manifests(), found.is_signed()), (3, 1, false));
    assert!(found.check_strict(&mut Cursor::new(&bytes)).unwrap().is_empty());
    let entries = Limits { entries: 2, ..Limits::DEFAULT };
    assert!(matches!(read(&bytes, entries), Err(Error::TooManyEntries { limit: 2 })));
    let directory = Limits { directory: 100, ..Limits::DEFAULT };
    assert!(matches!(read(&bytes, directory), Err(Error::DirectoryTooLarge { limit: 100 })));
}

#[test]
fn a_signature_is_read_up_to_its_limit() {
    let limits = Limits { signature: 9, ..Limits::DEFAULT };
    let bytes = archive(&["a"]);
    let rewrite = read(&bytes, limits).unwrap().with_signature(&[7; 10], dos_time(OffsetDateTime::UNIX_EPOCH)).unwrap();
    let mut signed = Vec::new();
    rewrite.reader(Cursor::new(&bytes)).read_to_end(&mut signed).unwrap();
    let signature = |limits| read(&signed, limits).unwrap().read_signature(&mut Cursor::new(&signed));
    assert_eq!(signature(Limits { signature: 10, ..Limits::DEFAULT }).unwrap(), [7; 10]);
    assert!(matches!(signature(limits), Err(SignatureEntryError::TooLarge { found: 10, limit: 9 })));
}

#[test]
fn one_kind_of_finding_is_named_a_few_times_and_then_counted() {
    let names: Vec<String> = (0..20).map(|number| format!("../{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let bytes = archive(&names);
    let findings = read(&bytes, Limits::DEFAULT).unwrap().check_strict(&mut Cursor::new(&bytes)).unwrap();
    assert_eq!(findings.len(), 6);
    assert_eq!(findings.last(), Some(&Finding::AndMore { count: 15 }));
}

#[test]
fn the_largest_archive_that_can_be_signed_can_be_signed() {
    let names: Vec<String> = (0..65_533).map(|number| format!("{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let bytes = archive(&names);
    let found = read(&bytes, Limits::DEFAULT).unwrap();
    let rewrite = found.with_signature(b"x", 0).unwrap();
    let mut signed = Vec::new();
    rewrite.reader(Cursor::new(&bytes)).read_to_end(&mut signed).unwrap();
    assert!(read(&signed, Limits::DEFAULT).unwrap().is_signed());
    let more: Vec<&str> = names.iter().copied().chain(["x"]).collect();
    let error = read(&archive(&more), Limits::DEFAULT).unwrap().with_signature(b"x", 0).unwrap_err();
    assert_eq!(error, crate::archive::LayoutError::TooManyEntries { found: 65_534 });
}

#[test]
fn dates_are_those_of_dos() {
    assert_eq!(dos_time(time::macros::datetime!(2026-11-25 13:14:15 +1)), 0x5D79_61C7);
    assert_eq!(dos_time(OffsetDateTime::UNIX_EPOCH) >> 25, 0);
}

#[test]
fn zip64_is_named_as_such() {
    let mut bytes = archive(&["a"]);
    let end = bytes.len() - 22;
    let locator = [b"PK\x06\x07".as_slice(), &[0; 16]].concat();
    bytes.splice(end..end, locator);
    assert!(read(&bytes, Limits::DEFAULT).is_ok());
    let offset = bytes.len() - 6;
    bytes[offset..offset + 4].fill(0xFF);
    assert!(matches!(read(&bytes, Limits::DEFAULT), Err(Error::Zip64)));
}

/// The Info-ZIP Unicode path field (APPNOTE.TXT 4.6.9): one name for the client, another one for other tools.
#[test]
fn a_second_name_is_found_in_the_directory_and_in_the_local_header() {
    let field = [0x75, 0x70, 6, 0, 1, 0, 0, 0, 0, b'b'];
    let plain = archive(&["a"]);
    let directory = plain.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
    let in_local = |bytes: &mut Vec<u8>| {
        bytes[28] = 10;
        bytes.splice(31..31, field);
        let end = bytes.len() - 22;
        bytes[end + 16] += 10;
    };
    let in_directory = |bytes: &mut Vec<u8>| {
        bytes[directory + 30] = 10;
        bytes.splice(directory + 47..directory + 47, field);
        let end = bytes.len() - 22;
        bytes[end + 12] += 10;
    };
    for change in [&in_local as &dyn Fn(&mut Vec<u8>), &in_directory] {
        let mut bytes = plain.clone();
        change(&mut bytes);
        let findings = read(&bytes, Limits::DEFAULT).unwrap().check_strict(&mut Cursor::new(&bytes)).unwrap();
        assert_eq!(findings, [Finding::SecondName { name: "a".into() }]);
    }
}

#[test]
fn disks_and_comments_that_are_not_there_are_named() {
    let mut split = archive(&["a"]);
    let end = split.len() - 22;
    split[end + 4] = 1;
    assert!(matches!(read(&split, Limits::DEFAULT), Err(Error::Split)));
    let mut comment = archive(&["a"]);
    comment[end + 20] = 1;
    assert!(matches!(read(&comment, Limits::DEFAULT), Err(Error::Comment { expected: 1, found: 0 })));
}
