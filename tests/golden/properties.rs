//! What holds for every package, whatever is in it.

use std::io::{Cursor, Write};

use assay::archive::{Archive, Limits, Rewrite};
use assay::signature::repository::{sign, without_marks};
use assay::signature::{Evidence, Policy, PushOptions, RepositoryAttributes, TrustAnchors, judge};
use proptest::prelude::*;
use time::Duration;

use crate::manifest::{NOW, anchors};
use crate::repository::{SELF_SIGNED, pushable};
use crate::rewrite::apply;

/// A package of these files.
fn packed(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    let nuspec = (String::from("a.nuspec"), b"<package/>".to_vec());
    for (name, content) in std::iter::once(&nuspec).chain(files) {
        let method =
            if content.len() % 2 == 0 { zip::CompressionMethod::Stored } else { zip::CompressionMethod::Deflated };
        zip.start_file(name, options.compression_method(method)).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn files() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let name = "[a-z]{1,8}(/[a-z0-9._-]{1,8}[a-z0-9]){0,2}";
    prop::collection::btree_map(name, prop::collection::vec(any::<u8>(), 0..200), 0..6)
        .prop_map(|files| files.into_iter().collect::<Vec<_>>())
        .prop_filter("a folder and a file of one name", |files: &Vec<(String, Vec<u8>)>| {
            let inside = |one: &str, other: &str| other.starts_with(&format!("{one}/"));
            !files.iter().any(|(one, _)| files.iter().any(|(other, _)| inside(one, other)))
                && files.iter().all(|(name, _)| !matches!(name.split('/').next(), Some("con" | "aux" | "nul" | "prn")))
        })
}

fn attributes(owners: Vec<String>) -> RepositoryAttributes {
    RepositoryAttributes { service_index: "https://feed.example/v3/index.json".into(), owners }
}

fn open(bytes: &[u8]) -> Archive {
    Archive::read(&mut Cursor::new(bytes), &Limits::DEFAULT).unwrap()
}

fn signed(bytes: &[u8], owners: Vec<String>) -> (Rewrite, Vec<u8>) {
    let rewrite = sign(&mut Cursor::new(bytes), &open(bytes), &SELF_SIGNED, &attributes(owners), NOW).unwrap();
    let result = apply(&rewrite, bytes);
    (rewrite, result)
}

fn content_hash(bytes: &[u8]) -> String {
    open(bytes).content_hash(Cursor::new(bytes)).unwrap().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_mark_that_is_put_on_comes_off_to_the_byte(files in files(), owners in prop::collection::vec("[A-Za-z]{1,10}", 0..4)) {
        let bytes = packed(&files);
        let (rewrite, marked) = signed(&bytes, owners);
        let bare = without_marks(&mut Cursor::new(&marked), &open(&marked), NOW).unwrap().unwrap();
        prop_assert!(apply(&bare, &marked) == bytes);
        let back = rewrite.inverse(&mut Cursor::new(&bytes)).unwrap();
        prop_assert!(apply(&back, &marked) == bytes);
    }

    #[test]
    fn no_mark_changes_the_content_hash(files in files()) {
        let bytes = packed(&files);
        let before = content_hash(&bytes);
        let (_, once) = signed(&bytes, vec!["alice".into()]);
        let (_, twice) = signed(&once, vec!["alice".into(), "bob".into()]);
        prop_assert_eq!(&content_hash(&once), &before);
        prop_assert_eq!(&content_hash(&twice), &before);
    }
}

#[test]
fn the_content_hash_stays_the_same_whatever_is_signed() {
    let mut count = 0;
    for (file, bytes) in pushable() {
        let before = content_hash(&bytes);
        let (_, marked) = signed(&bytes, vec!["alice".into()]);
        let bare = without_marks(&mut Cursor::new(&marked), &open(&marked), NOW).unwrap().unwrap();
        for after in [&marked, &apply(&bare, &marked), &signed(&marked, vec![]).1] {
            assert_eq!(content_hash(after), before, "{file}");
        }
        count += 1;
    }
    assert!(count > 100, "{count}");
}

#[test]
fn a_verdict_depends_on_nothing_but_its_arguments() {
    let anchors = anchors();
    let say = |bytes: &[u8], policy: &Policy, anchors: &TrustAnchors, now| {
        let evidence = Evidence::without_answers(anchors, now);
        format!("{:?}", judge(&mut Cursor::new(bytes), &open(bytes), policy, evidence).unwrap())
    };
    let policies = [Policy::verify(), Policy::accept(), Policy::Push(PushOptions::default())];
    let packages: Vec<Vec<u8>> = pushable().into_values().take(40).collect();
    for bytes in &packages {
        for policy in &policies {
            let first = say(bytes, policy, &anchors, NOW);
            // Other packages, another time and other anchors in between leave no trace.
            say(&packages[0], policy, &anchors, NOW + Duration::days(30 * 365));
            say(bytes, policy, &TrustAnchors::default(), NOW);
            assert_eq!(say(bytes, policy, &anchors, NOW), first);
        }
    }
}
