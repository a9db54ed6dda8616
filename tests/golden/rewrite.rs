//! Signatures taken out, put in and taken back, over every golden package; and hostile signature files.

use std::fs;
use std::io::{Cursor, Read};

use assay::archive::{Archive, Limits, Rewrite, dos_time};
use assay::signature::{Evidence, Policy, judge};
use proptest::prelude::*;

use crate::manifest::{NOW, anchors, cases, folder};

pub fn apply(rewrite: &Rewrite, source: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    rewrite.reader(Cursor::new(source)).read_to_end(&mut out).unwrap();
    out
}

/// Packages that keep every rule of an archive.
fn strict_packages() -> Vec<(String, Vec<u8>, Archive)> {
    let packages = cases().into_iter().filter_map(|case| {
        let bytes = fs::read(case.path()).unwrap();
        let mut reader = Cursor::new(&bytes);
        let archive = Archive::read(&mut reader, &Limits::DEFAULT).ok()?;
        archive.check_strict(&mut reader).unwrap().is_empty().then_some((case.file, bytes, archive))
    });
    packages.collect()
}

#[test]
fn a_signature_that_is_put_in_comes_out_without_a_trace() {
    let mut count = 0;
    for (file, bytes, archive) in strict_packages() {
        let unsigned = match archive.is_signed() {
            true if archive.without_signature().is_ok() => apply(&archive.without_signature().unwrap(), &bytes),
            true => continue,
            false => bytes,
        };
        let read = |bytes: &[u8]| Archive::read(&mut Cursor::new(bytes), &Limits::DEFAULT).unwrap();
        let signed = apply(&read(&unsigned).with_signature(b"some signature", dos_time(NOW)).unwrap(), &unsigned);
        let archive = read(&signed);
        assert_eq!(archive.read_signature(&mut Cursor::new(&signed)).unwrap(), b"some signature", "{file}");
        assert_eq!(archive.check_strict(&mut Cursor::new(&signed)).unwrap(), [], "{file}");
        assert_eq!(apply(&archive.without_signature().unwrap(), &signed), unsigned, "{file}");
        let again = archive.with_signature(b"another, longer signature", dos_time(NOW)).unwrap();
        let expected = read(&unsigned).with_signature(b"another, longer signature", dos_time(NOW)).unwrap();
        assert_eq!(apply(&again, &signed), apply(&expected, &unsigned), "{file}");
        count += 1;
    }
    assert!(count > 500, "{count}");
}

#[test]
fn what_was_pushed_can_be_rebuilt() {
    for (file, bytes, archive) in strict_packages() {
        let Ok(rewrite) = archive.with_signature(b"some signature", dos_time(NOW)) else {
            continue;
        };
        let result = apply(&rewrite, &bytes);
        assert_eq!(rewrite.len(), result.len() as u64, "{file}");
        let back = rewrite.inverse(&mut Cursor::new(&bytes)).unwrap();
        let back = Rewrite::from_bytes(&back.to_bytes()).unwrap();
        assert_eq!(apply(&back, &result), bytes, "{file}");
    }
}

#[test]
fn the_official_signer_puts_the_entry_at_the_same_place() {
    let bytes = fs::read(folder().join("good-official-author-ts.nupkg")).unwrap();
    let mut reader = Cursor::new(&bytes);
    let archive = Archive::read(&mut reader, &Limits::DEFAULT).unwrap();
    let signature = archive.read_signature(&mut reader).unwrap();
    let date = u32::from_le_bytes(
        bytes[archive.records().last().unwrap().local_offset as usize + 10..][..4].try_into().unwrap(),
    );
    let again = archive.with_signature(&signature, date).unwrap();
    assert_eq!(apply(&again, &bytes), bytes);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Single octets of real structures are the best way into every branch of a decoder.
    #[test]
    fn changed_signatures_never_panic(
        file in prop::sample::select(vec![
            "good-both-ts-ts.nupkg", "cms-ber-indefinite.nupkg", "good-repo-many-owners.nupkg",
            "cert-ca-name-constraints-dns.nupkg", "good-ts-accuracy-all.nupkg", "cms-pss.nupkg",
        ]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let bytes = fs::read(folder().join(file)).unwrap();
        let mut reader = Cursor::new(&bytes);
        let archive = Archive::read(&mut reader, &Limits::DEFAULT).unwrap();
        let mut signature = archive.read_signature(&mut reader).unwrap();
        for (index, value) in changes {
            *index.get_mut(&mut signature) = value;
        }
        let changed = apply(&archive.with_signature(&signature, 0).unwrap(), &bytes);
        let mut reader = Cursor::new(&changed);
        let archive = Archive::read(&mut reader, &Limits::DEFAULT).unwrap();
        judge(&mut reader, &archive, &Policy::Push(Default::default()), Evidence::without_answers(&anchors(), NOW)).unwrap();
    }

    #[test]
    fn changed_archives_never_panic(
        file in prop::sample::select(vec!["good-zip-sig-middle-middle.nupkg", "good-zip-directories.nupkg", "zip-zip64-eocd.nupkg"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        near_end in any::<bool>(),
    ) {
        let mut bytes = fs::read(folder().join(file)).unwrap();
        for (index, value) in changes {
            // Most of the file is compressed data; its end is all records.
            let start = if near_end { bytes.len().saturating_sub(700) } else { 0 };
            *index.get_mut(&mut bytes[start..]) = value;
        }
        let mut reader = Cursor::new(&bytes);
        if let Ok(archive) = Archive::read(&mut reader, &Limits::DEFAULT) {
            judge(&mut reader, &archive, &Policy::Push(Default::default()), Evidence::without_answers(&anchors(), NOW)).unwrap();
            let _ = archive.with_signature(b"x", 0).map(|rewrite| apply(&rewrite, &bytes));
        }
    }
}
