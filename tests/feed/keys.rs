//! API keys: each does what it was made for, and nothing else.

use std::time::Duration;

use crate::support::person::push_request;
use crate::support::{Feed, Request, Visitor, package};

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

/// A push of which the server has the head and a part of the body: the key counts, and the decision is still to come.
struct SlowPush {
    connection: crate::support::http::Connection,
    rest: Vec<u8>,
}

impl SlowPush {
    fn begin(feed: &Feed, key: &str, id: &str) -> Self {
        let mut connection = feed.connect();
        let request = push_request(&package(id, "1.0.0").bytes()).api_key(key).bytes(feed.endpoint().port());
        let head = request.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap() + 200;
        connection.send(&request[..head]).unwrap();
        // Until a file of the spool has it, the key may not have been looked at.
        let began = std::time::Instant::now();
        while feed.spooled().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(20), "the push does not arrive");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { connection, rest: request[head..].to_vec() }
    }

    fn finish(mut self) -> crate::support::verdict::Verdict {
        self.connection.send(&self.rest).unwrap();
        crate::support::verdict::Verdict::of(&self.connection.answer(false).unwrap())
    }
}

#[test]
fn a_push_on_its_way_is_judged_by_what_holds_when_it_is_decided() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "alice"]).succeeded();
    let acting = alice.new_key(&["--owner", "contoso", "--scope", "push"]);
    SlowPush::begin(&feed, &acting, "Contoso.Allowed").finish().accepted();

    let left = SlowPush::begin(&feed, &acting, "Contoso.Left");
    feed.assay(&["account", "remove-member", "contoso", "alice"]).succeeded();
    left.finish().refused(403).warning("no member of the organization");

    let revoked = SlowPush::begin(&feed, &alice.key, "Contoso.Revoked");
    feed.assay(&["key", "revoke", "1"]).succeeded();
    revoked.finish().refused(403).warning("the API key was revoked");

    let key = alice.new_key(&["--scope", "push"]);
    let disabled = SlowPush::begin(&feed, &key, "Contoso.Disabled");
    feed.assay(&["account", "disable", "alice"]).succeeded();
    disabled.finish().refused(403).warning("the account of the API key is disabled");
    assert_eq!(feed.rows("version"), 1);
}

#[test]
fn keys_sessions_and_the_password_of_a_disabled_account_die_at_once() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut browser = Visitor::of(&feed);
    browser.sign_in("alice");
    assert_eq!(browser.get("account/keys").status, 200);
    assert_eq!(feed.ask(&Request::get("/v3/index.json").basic("alice", &alice.password)).status, 200);
    feed.assay(&["account", "disable", "alice"]).succeeded();
    assert_eq!(browser.get("account/keys").status, 303);
    assert_eq!(browser.post("account/keys/new", &[("name", "x")]).status, 303);
    assert_eq!(alice.get("/v3/index.json").status, 401);
    assert_eq!(
        feed.ask(&Request::get("/v3/index.json").basic("alice", &alice.password)).status,
        401,
        "although the answer about the password is remembered"
    );
    alice.push(package("Contoso.Core", "1.0.0").bytes()).refused(403).warning("the account of the API key is disabled");
    assert_eq!(feed.rows("api_key"), 1);
}

#[test]
fn an_expired_key_says_so_and_a_made_up_one_says_nothing() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database.execute("UPDATE api_key SET expires_at = unixepoch() - 1", []).unwrap();
    alice.push(package("Contoso.Core", "1.0.0").bytes()).refused(403).warning("the API key has expired");
    let made_up = format!("assay_{}", "0".repeat(43));
    alice.push_with_key(&made_up, package("A", "1.0.0").bytes()).refused(403).warning("no such API key");
}

#[test]
fn a_key_that_ends_soon_is_warned_about_at_each_push() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let soon = alice.new_key(&["--scope", "push", "--expires", "10d"]);
    alice.push_with_key(&soon, package("Contoso.Core", "1.0.0").bytes()).accepted().warning("the API key expires on 2");
    let later = alice.new_key(&["--scope", "push", "--expires", "12d"]);
    let answer = feed.ask(&push_request(&package("Contoso.Core", "1.1.0").bytes()).api_key(&later));
    assert!(answer.headers_named("x-nuget-warning").iter().all(|line| !line.contains("expires")));
}

#[test]
fn audit_records_of_pushes_and_unlists_say_from_where() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    _ = alice.unlist("Contoso.Core", "1.0.0");
    let rows = "audit WHERE address = '127.0.0.1' AND actor = 'alice' AND action IN ('package.push', 'package.unlist')";
    assert_eq!(feed.rows(rows), 2);
}

#[test]
fn service_keys_are_made_for_organizations_by_saying_so() {
    let feed = Feed::start();
    feed.account("alice");
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["key", "create", "--account", "contoso"]).failed_saying("`--service`");
    feed.assay(&["key", "create", "--account", "alice", "--service"]).failed_saying("is not an organization");
    feed.assay(&["key", "create", "--account", "contoso", "--service", "--name", "build server"]).succeeded();
    let long = feed.assay(&["key", "create", "--account", "contoso", "--service", "--name", &"x".repeat(61)]);
    assert!(long.code == 2 && long.stderr.contains("at most 60 characters"), "{long:?}");
    let list = feed.assay(&["key", "list", "--account", "contoso"]).succeeded();
    for cell in ["build server", "command line", "never"] {
        assert!(list.contains(cell), "{cell} in {list}");
    }
    let json: serde_json::Value =
        serde_json::from_str(&feed.assay(&["key", "list", "--account", "contoso", "--json"]).succeeded()).unwrap();
    assert_eq!((&json[0]["service"], &json[0]["name"]), (&true.into(), &"build server".into()));
    assert!(json[0]["last_used_at"].is_null() && json[0]["revoked_at"].is_null(), "{json}");
}
