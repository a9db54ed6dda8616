//! Backups: what has to be kept, and what a server does without it.

use std::fs;
use std::os::unix::fs::DirBuilderExt;

use crate::restore::repository_certificate;
use crate::support::environment;
use crate::support::{Feed, golden, package};

#[test]
fn a_copy_of_the_folder_of_a_stopped_server_is_a_backup() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let served = feed.download("Contoso.Core", "1.0.0");
    let fingerprint = repository_certificate(&feed).fingerprint;
    assert!(feed.stop().success());

    let copy = feed.scratch().join("copy");
    environment::output(std::process::Command::new("cp").arg("-a").arg(feed.data()).arg(&copy));
    let restored = Feed::with().data(&copy).without_trust().start();
    assert_eq!(restored.download("Contoso.Core", "1.0.0"), served);
    assert_eq!(repository_certificate(&restored).fingerprint, fingerprint);
}

#[test]
fn a_database_without_its_key_serves_and_takes_nothing() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    assert!(feed.stop().success());

    let folder = feed.scratch().join("restored");
    fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
    fs::copy(feed.data().join("assay.db"), folder.join("assay.db")).unwrap();
    let restored = Feed::with().data(&folder).without_trust().start();
    assert_eq!(restored.versions("Contoso.Core"), ["1.0.0"]);
    let mut restored_alice = restored.account("another-alice");
    restored_alice.key.clone_from(&alice.key);
    restored_alice.push(package("Contoso.Core", "1.1.0").bytes()).refused(403).saying("assay.key");
    assert!(restored.stop().success());

    fs::copy(feed.data().join("assay.key"), folder.join("assay.key")).unwrap();
    restored.restart();
    restored_alice.push(package("Contoso.Core", "1.1.0").bytes()).accepted();
}

#[test]
fn a_passphrase_can_take_the_place_of_the_key_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let (right, wrong) = (folder.path().join("right"), folder.path().join("wrong"));
    fs::write(&right, "correct horse battery staple\n").unwrap();
    fs::write(&wrong, "something else\n").unwrap();
    let feed = Feed::with().argument("--key-passphrase-file").argument(right.to_str().unwrap()).start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    assert!(!feed.data().join("assay.key").exists());
    assert!(feed.stop().success());

    let other = Feed::with().argument("--key-passphrase-file").argument(wrong.to_str().unwrap());
    let other = other.data(feed.data()).without_trust().start();
    let mut bob = other.account("bob");
    bob.key.clone_from(&alice.key);
    bob.push(package("Contoso.Core", "1.1.0").bytes()).refused(403);
    assert!(other.stop().success());
    feed.restart();
    alice.push(package("Contoso.Core", "1.1.0").bytes()).accepted();
}

#[test]
fn what_was_pushed_can_be_had_back_byte_for_byte() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    feed.assay(&["policy", "set", "enforcement", "report"]).succeeded();
    let plain = package("Contoso.Plain", "1.0.0").size(100_000).bytes();
    alice.push(&plain).accepted();
    assert_eq!(original(&feed, "contoso.plain"), plain);
    for name in ["good-author-rsa3072-sha384", "good-both-ts-ts", "good-zip-sig-first-last"] {
        let pushed = golden::read(&format!("{name}.nupkg"));
        alice.push(&pushed).accepted();
        assert_eq!(original(&feed, &format!("golden.{name}")), pushed, "{name}");
        assert_ne!(feed.download(&format!("golden.{name}"), "1.0.0"), pushed, "{name}");
    }
}

fn original(feed: &Feed, id: &str) -> Vec<u8> {
    let answer = feed.get(&format!("/api/v1/packages/{id}/1.0.0/original"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.body
}
