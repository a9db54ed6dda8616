//! API keys: each does what it was made for, and nothing else.

use crate::support::{Feed, Request, package};

#[test]
fn a_key_is_shown_alone_and_looks_like_one_of_ours() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    assert!(alice.key.starts_with("assay_"), "{}", alice.key);
    let database = std::fs::read(feed.data().join("assay.db")).unwrap();
    let wal = std::fs::read(feed.data().join("assay.db-wal")).unwrap_or_default();
    let secret = alice.key.as_bytes();
    let stored = [database, wal].iter().any(|file| file.windows(secret.len()).any(|bytes| bytes == secret));
    assert!(!stored, "only a key's hash is stored");
}

#[test]
fn a_key_for_new_versions_creates_no_new_ids() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let versions_only = alice.new_key(&["--scope", "push-version"]);
    alice.push_with_key(&versions_only, package("Contoso.Core", "1.0.0").bytes()).refused(403);
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    alice.push_with_key(&versions_only, package("Contoso.Core", "1.1.0").bytes()).accepted();
}

#[test]
fn a_key_with_a_pattern_pushes_only_what_matches() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let key = alice.new_key(&["--scope", "push", "--pattern", "Contoso.*"]);
    alice.push_with_key(&key, package("Fabrikam.Core", "1.0.0").bytes()).refused(403);
    alice.push_with_key(&key, package("CONTOSO.Core", "1.0.0").bytes()).accepted();
}

#[test]
fn a_key_without_the_scope_neither_pushes_nor_reads() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let read = alice.new_key(&["--scope", "read"]);
    let push = alice.new_key(&["--scope", "push"]);
    alice.push_with_key(&read, package("Contoso.Core", "1.0.0").bytes()).refused(403);
    assert_eq!(feed.ask(&Request::get("/v3/search").basic("alice", &read)).status, 200);
    assert_eq!(feed.ask(&Request::get("/v3/search").basic("alice", &push)).status, 401);
}

#[test]
fn a_key_dies_with_its_account() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    feed.assay(&["account", "disable", "alice"]).succeeded();
    alice.push(package("Contoso.Core", "1.1.0").bytes()).refused(403);
    assert_eq!(alice.get("/v3/search").status, 401);
}

#[test]
fn somebody_elses_id_is_refused_and_named() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let bob = feed.account("bob");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    bob.push(package("contoso.CORE", "1.1.0").bytes()).refused(403).saying("own");
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"]);
}
