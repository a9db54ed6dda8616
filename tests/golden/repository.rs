//! The feed's own signature on every golden package that may be pushed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::sync::LazyLock;

use assay::archive::{Archive, Limits};
use assay::signature::repository::{Error, RepositorySigner, generate, sign, without_marks};
use assay::signature::{
    Certificate, Evidence, Kind, Policy, PushOptions, Report, RepositoryAttributes, Signed, TrustAnchors, judge,
    verify_for_push,
};
use base64::Engine;

use crate::manifest::{NOW, anchors, cases, folder};
use crate::rewrite::apply;

fn attributes() -> RepositoryAttributes {
    RepositoryAttributes {
        service_index: "https://feed.example/v3/index.json".into(),
        owners: vec!["bob".into(), "Alice".into(), "carol".into()],
    }
}

/// A signer with a certificate of its own, as a new feed has.
pub static SELF_SIGNED: LazyLock<RepositorySigner> = LazyLock::new(|| {
    let generated = generate("Feed of the tests", NOW).unwrap();
    RepositorySigner::new(&generated.certificate, &[], &generated.pkcs8).unwrap()
});

/// A signer under a certification authority, from the golden world.
pub fn issued() -> RepositorySigner {
    let certificate = |name: &str| fs::read(folder().join(format!("trust/certs/{name}.der"))).unwrap();
    let pem = fs::read_to_string(folder().join("trust/keys/repo-leaf.key.pem")).unwrap();
    let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
    let key = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    let chain = fs::read_dir(folder().join("trust/certs")).unwrap();
    let chain: Vec<Vec<u8>> = chain.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    let readable = chain.into_iter().filter(|der| Certificate::from_der(der).is_ok()).collect::<Vec<_>>();
    RepositorySigner::new(&certificate("repo-leaf"), &readable, &key).unwrap()
}

fn anchors_with(signer: &RepositorySigner) -> TrustAnchors {
    let mut anchors = anchors();
    anchors.signing.add(signer.chain().last().unwrap().clone());
    anchors
}

fn open(bytes: &[u8]) -> Archive {
    Archive::read(&mut Cursor::new(bytes), &Limits::DEFAULT).unwrap()
}

fn judged(bytes: &[u8], anchors: &TrustAnchors) -> Report {
    judge(&mut Cursor::new(bytes), &open(bytes), &Policy::verify(), Evidence::without_answers(anchors, NOW)).unwrap()
}

/// The golden packages that a push accepts under the mildest options.
pub fn pushable() -> BTreeMap<String, Vec<u8>> {
    let options = PushOptions { foreign: true, timestamp_required: false, ..PushOptions::default() };
    let anchors = anchors();
    let mut found = BTreeMap::new();
    for case in cases() {
        let bytes = fs::read(case.path()).unwrap();
        let mut reader = Cursor::new(&bytes);
        let Ok(archive) = Archive::read(&mut reader, &Limits::DEFAULT) else {
            continue;
        };
        if verify_for_push(&mut reader, &archive, &options, Evidence::without_answers(&anchors, NOW)).unwrap().is_ok() {
            found.insert(case.file, bytes);
        }
    }
    found
}

fn content_hash(bytes: &[u8]) -> String {
    open(bytes).content_hash(Cursor::new(bytes)).unwrap().unwrap()
}

#[test]
fn what_may_be_pushed_verifies_after_signing() {
    let packages = pushable();
    assert!(packages.len() > 250, "{}", packages.len());
    for signer in [&*SELF_SIGNED, &issued()] {
        let anchors = anchors_with(signer);
        for (file, bytes) in &packages {
            let before = judged(bytes, &anchors);
            let rewrite = sign(&mut Cursor::new(bytes), &open(bytes), signer, &attributes(), NOW);
            let rewrite = rewrite.unwrap_or_else(|error| panic!("{file}: {error}"));
            let signed = apply(&rewrite, bytes);
            let after = judged(&signed, &anchors);
            assert!(after.accepted, "{file}: {:?}", after.issues);
            assert_eq!(content_hash(bytes), content_hash(&signed), "{file}");
            let by_author = before.kind == Kind::Author;
            assert_eq!(after.kind, if by_author { Kind::Author } else { Kind::Repository }, "{file}");
            let mark = if by_author { after.countersigner } else { after.signer.clone() }.unwrap();
            assert_eq!(mark.certificate.as_ref(), Some(signer.certificate()), "{file}");
            assert_eq!(mark.repository.unwrap().owners, ["Alice", "bob", "carol"], "{file}");
            if by_author {
                let author = |report: &Report| report.signer.as_ref().unwrap().certificate.clone();
                assert_eq!(author(&before), after.signer.as_ref().unwrap().certificate, "{file}");
            }
            let back = rewrite.inverse(&mut Cursor::new(bytes)).unwrap();
            assert_eq!(&apply(&back, &signed), bytes, "{file}");
        }
    }
}

#[test]
fn our_own_mark_can_be_taken_off_and_renewed() {
    let signer = &*SELF_SIGNED;
    for (file, bytes) in pushable() {
        let once = apply(&sign(&mut Cursor::new(&bytes), &open(&bytes), signer, &attributes(), NOW).unwrap(), &bytes);
        let twice = apply(&sign(&mut Cursor::new(&once), &open(&once), signer, &attributes(), NOW).unwrap(), &once);
        assert_eq!(once.len(), twice.len(), "{file}");
        let report = judged(&twice, &anchors_with(signer));
        assert!(report.accepted && report.countersignatures <= 1, "{file}");
        let bare = apply(&without_marks(&mut Cursor::new(&twice), &open(&twice), NOW).unwrap().unwrap(), &twice);
        let left = judged(&bare, &anchors());
        let by_author = report.kind == Kind::Author;
        assert_eq!(left.kind, if by_author { Kind::Author } else { Kind::Unsigned }, "{file}");
        assert_eq!(left.countersignatures, 0, "{file}");
        assert_eq!(content_hash(&bare), content_hash(&twice), "{file}");
    }
}

#[test]
fn an_unsigned_package_comes_back_to_the_byte() {
    let signer = &*SELF_SIGNED;
    for file in ["unsigned.nupkg", "unsigned-dotnet-pack.nupkg", "unsigned-python-zipfile.nupkg"] {
        let bytes = fs::read(folder().join(file)).unwrap();
        let signed = apply(&sign(&mut Cursor::new(&bytes), &open(&bytes), signer, &attributes(), NOW).unwrap(), &bytes);
        let bare = without_marks(&mut Cursor::new(&signed), &open(&signed), NOW).unwrap().unwrap();
        assert_eq!(apply(&bare, &signed), bytes, "{file}");
        assert!(without_marks(&mut Cursor::new(&bytes), &open(&bytes), NOW).unwrap().is_none());
    }
}

#[test]
fn what_cannot_verify_is_not_signed() {
    let sign = |file: &str, attributes: &RepositoryAttributes, now| {
        let bytes = fs::read(folder().join(file)).unwrap();
        sign(&mut Cursor::new(&bytes), &open(&bytes), &SELF_SIGNED, attributes, now).unwrap_err()
    };
    let good = attributes();
    assert!(matches!(sign("zip-zip64-eocd.nupkg", &good, NOW), Error::Archive(_)));
    assert!(matches!(sign("zip-changed-content.nupkg", &good, NOW), Error::Changed));
    assert!(matches!(sign("cms-no-commitment.nupkg", &good, NOW), Error::Kind));
    assert!(matches!(sign("counter-author-type.nupkg", &good, NOW), Error::Kind));
    assert!(matches!(sign("cms-garbage.nupkg", &good, NOW), Error::Signature { .. }));
    let late = NOW + time::Duration::days(3653);
    assert!(matches!(sign("unsigned.nupkg", &good, late), Error::Signer(_)));
    for url in ["http://feed.example/v3/index.json", "https://", "https://f\u{e4}ed.example/", "feed", "HTTPS:/x"] {
        let bad = RepositoryAttributes { service_index: url.into(), ..good.clone() };
        assert!(matches!(sign("unsigned.nupkg", &bad, NOW), Error::ServiceIndex { .. }), "{url}");
    }
    let blank = RepositoryAttributes { owners: vec![" ".into()], ..good };
    assert!(matches!(sign("unsigned.nupkg", &blank, NOW), Error::Owner));
}

#[test]
fn a_generated_certificate_is_what_clients_want() {
    let certificate = SELF_SIGNED.certificate();
    assert_eq!(certificate.subject().to_string(), "CN=\"Feed of the tests\"".replace('"', ""));
    assert!(certificate.is_self_issued());
    assert_eq!(certificate.public_key().rsa_bits(), Some(3072));
    assert_eq!(certificate.extended_key_usages(), Some(vec!["1.3.6.1.5.5.7.3.3".into()]));
    assert_eq!(certificate.serial().len(), 32);
    assert!(certificate.subject_key_identifier().is_some_and(|identifier| identifier.len() == 20));
    assert_eq!(certificate.not_after() - NOW, time::Duration::days(3652));
}

#[test]
fn who_signed_is_told() {
    let options = PushOptions { foreign: true, timestamp_required: false, ..PushOptions::default() };
    let push = |file: &str| {
        let bytes = fs::read(folder().join(file)).unwrap();
        verify_for_push(&mut Cursor::new(&bytes), &open(&bytes), &options, Evidence::without_answers(&anchors(), NOW))
            .unwrap()
            .unwrap()
    };
    let both = push("good-both-ts-ts.nupkg");
    assert!(matches!(both.signed(), Signed::ByAuthor(_)));
    assert!(both.author_timestamp().is_some());
    let author = push("good-official-author-ts.nupkg");
    assert!(matches!(author.signed(), Signed::ByAuthor(_)));
    let repository = push("good-repo-one-owner.nupkg");
    assert_eq!(repository.signed(), Signed::RepositoryOnly);
    let unsigned = push("unsigned.nupkg");
    assert_eq!(unsigned.signed(), Signed::Unsigned);
}
