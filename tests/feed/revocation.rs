//! Revocation, with a certification authority of the test's own: lists and OCSP on this machine, honest and not.

use std::time::{Duration, Instant};

use serde_json::Value;
use time::OffsetDateTime;

use crate::support::issuer::{Behaviour, Issuer};
use crate::support::person::Person;
use crate::support::pki::{Issued, Pki};
use crate::support::{Feed, OfficialClient, golden, package};

pub(super) const CRL: &str = "/authority.crl";
pub(super) const OCSP: &str = "/ocsp";
/// Longer than anything that is waited for takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A feed that trusts the root of an authority, which publishes on this machine.
pub(super) struct Stage {
    pub feed: Feed,
    pub issuer: Issuer,
    pub pki: Pki,
}

impl Stage {
    /// The feed may ask the authority.
    pub fn new() -> Self {
        let stage = Self::closed();
        stage.allow();
        stage
    }

    /// The feed may ask nobody.
    pub fn closed() -> Self {
        let stage = Self { feed: Feed::start(), issuer: Issuer::start(), pki: Pki::new("Acme", None) };
        stage.feed.assay(&["trust", "add", stage.pki.root().to_str().unwrap()]).succeeded();
        stage.publish();
        stage
    }

    pub fn allow(&self) {
        self.feed.assay(&["policy", "set", "revocation_hosts", &self.issuer.host()]).succeeded();
    }

    /// Puts a new list where the old one was.
    pub fn publish(&self) {
        self.issuer.serve(CRL, Behaviour::Bytes(self.pki.crl()));
    }

    pub fn signer_with_list(&self, name: &str) -> Issued {
        self.pki.issue(name, Some(&self.issuer.url(CRL)), None)
    }

    pub fn signer_with_ocsp(&self, name: &str) -> Issued {
        self.pki.issue(name, None, Some(&self.issuer.url(OCSP)))
    }

    pub fn person(&self, name: &str, issued: &Issued) -> Person<'_> {
        let person = self.feed.account(name);
        self.register(name, issued);
        person
    }

    pub fn register(&self, name: &str, issued: &Issued) -> String {
        self.feed.assay(&["certificate", "add", "--account", name, issued.pem.to_str().unwrap()]).succeeded()
    }

    pub fn check(&self) -> String {
        let ran = self.feed.assay(&["revocation", "check"]);
        assert_eq!(ran.stderr, "");
        ran.stdout
    }

    /// What `assay revocation list` says about a certificate; `None` while it does not matter.
    pub fn listed(&self, issued: &Issued) -> Option<Value> {
        let text = self.feed.assay(&["revocation", "list", "--json"]).succeeded();
        let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
        rows.into_iter().find(|row| row["fingerprint"] == issued.fingerprint.as_str())
    }

    pub fn status(&self, issued: &Issued) -> String {
        self.listed(issued).map_or_else(|| "not listed".to_owned(), |row| row["status"].as_str().unwrap().to_owned())
    }

    /// Waits until the server has found out.
    pub fn await_status(&self, issued: &Issued, status: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.listed(issued) {
                Some(row) if row["status"] == status => return row,
                row => assert!(Instant::now() < until, "should become {status}: {row:?}\n{}", self.feed.log()),
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Waits until an attempt has failed; why.
    pub fn await_failure(&self, issued: &Issued) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let failures = self.listed(issued).map(|row| row["failures"].clone()).unwrap_or_default();
            if let Some(first) = failures.get(0) {
                return first.as_str().unwrap().to_owned();
            }
            assert!(Instant::now() < until, "no attempt failed\n{}", self.feed.log());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    pub fn affected(&self) -> Vec<Value> {
        serde_json::from_str(&self.feed.assay(&["revocation", "affected", "--json"]).succeeded()).unwrap()
    }

    pub fn audited(&self, action: &str) -> bool {
        let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
        let database = rusqlite::Connection::open_with_flags(self.feed.data().join("assay.db"), flags).unwrap();
        let sql = "SELECT count(*) FROM audit WHERE action = ?1";
        database.query_row(sql, [action], |row| row.get::<_, i64>(0)).unwrap() > 0
    }
}

/// A moment after every timestamp so far that is no more to come when anybody looks: timestamps are exact to a second, and dates of
/// revocations have no fractions.
pub(super) fn after_every_timestamp() -> OffsetDateTime {
    std::thread::sleep(Duration::from_secs(3));
    OffsetDateTime::now_utc()
}

pub(super) fn signed(stage: &mut Stage, version: &str, issued: &Issued) -> Option<Vec<u8>> {
    stage.pki.sign(&package("Contoso.Core", version).bytes(), issued)
}

#[test]
fn a_push_is_accepted_while_nothing_is_known_and_refused_once_the_signer_is_known_to_be_revoked() {
    let mut stage = Stage::new();
    let signer = stage.signer_with_list("Alice");
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let second = signed(&mut stage, "2.0.0", &signer).unwrap();
    let alice = stage.person("alice", &signer);
    let client = OfficialClient::of(&alice).unwrap();
    assert_eq!(stage.issuer.asked(), Vec::<String>::new(), "no chain is proven yet, so nobody is asked");

    client.push(&first, &[]).succeeded().saying("Your package was pushed.");
    let row = stage.await_status(&signer, "good");
    assert_eq!((&row["source"], stage.issuer.asked().len()), (&Value::from(stage.issuer.url(CRL)), 1));
    assert!(stage.affected().is_empty());

    let since = OffsetDateTime::now_utc() - time::Duration::days(1);
    stage.pki.revoke(&signer, since, "keyCompromise");
    stage.publish();
    assert!(stage.check().contains("ok"));
    let row = stage.listed(&signer).unwrap();
    assert_eq!((row["status"].as_str(), row["reason"].as_str()), (Some("revoked"), Some("key compromise")));
    assert!(stage.feed.assay(&["certificate", "list"]).succeeded().contains("revoked"));
    assert!(stage.audited("certificate.revoked"));

    let said = client.push(&second, &[]).failed();
    said.saying("NU3012 signature has a revoked certificate in its chain").saying(&signer.fingerprint).saying("warn :");
    assert_eq!(stage.feed.versions("Contoso.Core"), ["1.0.0"]);

    // Revoked since a day before the timestamp: what is there does not count any more, and stays.
    let affected = stage.affected();
    assert_eq!(affected.len(), 1, "{affected:?}");
    assert_eq!((&affected[0]["id"], &affected[0]["version"]), (&Value::from("Contoso.Core"), &Value::from("1.0.0")));
    let text = stage.feed.assay(&["revocation", "affected"]).succeeded();
    assert!(text.contains("Contoso.Core") && text.contains(&signer.fingerprint), "{text}");
}

#[test]
fn a_version_that_was_timestamped_before_the_revocation_still_counts() {
    let mut stage = Stage::new();
    let signer = stage.signer_with_list("Alice");
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let alice = stage.person("alice", &signer);
    alice.push(&first).accepted();
    let since = after_every_timestamp();
    stage.pki.revoke(&signer, since, "superseded");
    stage.publish();
    stage.check();
    assert_eq!(stage.status(&signer), "revoked");
    assert!(since < OffsetDateTime::now_utc(), "it is revoked by now");
    assert!(stage.affected().is_empty(), "{:?}", stage.affected());
}

#[test]
fn ocsp_is_asked_where_there_is_no_list() {
    let mut stage = Stage::new();
    let signer = stage.signer_with_ocsp("Alice");
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let second = signed(&mut stage, "2.0.0", &signer).unwrap();
    let responder = stage.pki.responder(&[&signer]);
    stage.issuer.serve(OCSP, Behaviour::ask(responder));
    let alice = stage.person("alice", &signer);
    alice.push(&first).accepted();
    stage.await_status(&signer, "good");
    assert_eq!(stage.issuer.asked(), [OCSP]);

    stage.pki.revoke(&signer, OffsetDateTime::now_utc() - time::Duration::hours(1), "keyCompromise");
    stage.check();
    assert_eq!(stage.status(&signer), "revoked");
    alice.push(&second).refused(400).saying("NU3012").saying("revoked");
}

#[test]
fn a_responder_that_is_down_blocks_no_push_and_is_asked_again_later() {
    let mut stage = Stage::new();
    let signer = stage.pki.issue("Alice", Some(&stage.issuer.url(CRL)), Some(&stage.issuer.url(OCSP)));
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let second = signed(&mut stage, "2.0.0", &signer).unwrap();
    stage.issuer.serve(CRL, Behaviour::Down);
    stage.issuer.serve(OCSP, Behaviour::Down);
    let alice = stage.person("alice", &signer);
    alice.push(&first).accepted();
    assert!(stage.await_failure(&signer).contains("500"));
    let row = stage.await_status(&signer, "unknown");
    let again =
        OffsetDateTime::parse(row["next_check"].as_str().unwrap(), &time::format_description::well_known::Rfc3339);
    let wait = again.unwrap() - OffsetDateTime::now_utc();
    assert!((time::Duration::seconds(1)..=time::Duration::minutes(1)).contains(&wait), "{wait}");
    // The list first, then OCSP, and neither again at once, whatever is pushed.
    alice.push(&second).accepted();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(stage.issuer.asked(), [CRL, OCSP]);

    stage.publish();
    let said = stage.check();
    assert!(said.contains("ok"), "{said}");
    assert_eq!(stage.status(&signer), "good");
    assert_eq!(stage.issuer.asked(), [CRL, OCSP, CRL], "the list says it, so OCSP is not asked");
}

#[test]
fn what_liars_say_does_not_count() {
    let mut stage = Stage::new();
    let signer = stage.pki.issue("Alice", Some(&stage.issuer.url(CRL)), Some(&stage.issuer.url(OCSP)));
    let other = stage.signer_with_ocsp("Bob");
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let alice = stage.person("alice", &signer);
    stage.issuer.serve(CRL, Behaviour::Down);
    stage.issuer.serve(OCSP, Behaviour::Down);
    alice.push(&first).accepted();
    stage.await_failure(&signer);

    // Another authority of the same name revokes her; a responder answers about somebody else.
    let namesake = Pki::new("Acme", None);
    namesake.revoke(&signer, OffsetDateTime::now_utc() - time::Duration::days(1), "keyCompromise");
    stage.issuer.serve(CRL, Behaviour::Bytes(namesake.crl()));
    stage.issuer.serve(OCSP, Behaviour::ask(namesake.responder(&[&signer])));
    let said = stage.check();
    assert_eq!(said.matches("FAILED").count(), 2, "{said}");
    assert!(said.contains("not signed by its issuer"), "{said}");

    let (about_other, request) = (stage.pki.responder(&[&other]), stage.pki.ocsp_request(&other));
    stage.issuer.serve(OCSP, Behaviour::ask(move |_: &[u8]| about_other(&request)));
    // A redirect, also to the right place, is not followed.
    stage.issuer.serve("/elsewhere", Behaviour::Bytes(stage.pki.crl()));
    stage.issuer.serve(CRL, Behaviour::Redirect(stage.issuer.url("/elsewhere")));
    let said = stage.check();
    assert_eq!(said.matches("FAILED").count(), 2, "{said}");
    assert!(said.contains("redirect"), "{said}");
    assert!(!stage.issuer.asked().contains(&"/elsewhere".to_owned()));
    assert_eq!(stage.status(&signer), "unknown");
}

#[test]
fn an_old_list_does_not_take_the_place_of_a_newer_one() {
    let mut stage = Stage::new();
    let signer = stage.signer_with_list("Alice");
    let old = stage.pki.crl();
    // Lists are dated to the second.
    std::thread::sleep(Duration::from_millis(1100));
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let alice = stage.person("alice", &signer);
    stage.pki.revoke(&signer, OffsetDateTime::now_utc() - time::Duration::days(1), "certificateHold");
    stage.publish();
    alice.push(&first).accepted();
    stage.await_status(&signer, "hold");
    stage.issuer.serve(CRL, Behaviour::Bytes(old));
    let said = stage.check();
    assert!(said.contains("older than the one at hand"), "{said}");
    assert_eq!(stage.status(&signer), "hold");

    // The issuer lifts the hold: pushes go in again.
    std::thread::sleep(Duration::from_secs(1));
    stage.pki.release(&signer);
    stage.publish();
    stage.check();
    assert_eq!(stage.status(&signer), "good");
    assert!(stage.audited("certificate.hold-lifted"));
    let second = signed(&mut stage, "2.0.0", &signer).unwrap();
    stage.feed.account("bob");
    let key = stage.feed.assay(&["key", "create", "--account", "alice", "--scope", "push-version"]).succeeded();
    let answer = stage.feed.ask(&crate::support::person::push_request(&second).api_key(&key));
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[test]
fn a_revocation_that_was_told_once_stays_known_when_the_list_forgets_it() {
    let mut stage = Stage::new();
    let signer = stage.signer_with_list("Alice");
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let second = signed(&mut stage, "2.0.0", &signer).unwrap();
    stage.feed.assay(&["policy", "set", "foreign_ids", "Contoso.*"]).succeeded();
    let alice = stage.feed.account("alice");
    alice.push(&first).accepted();
    stage.await_status(&signer, "good");
    stage.pki.revoke(&signer, OffsetDateTime::now_utc() - time::Duration::days(1), "keyCompromise");
    stage.publish();
    stage.check();
    assert_eq!(stage.status(&signer), "revoked");
    std::thread::sleep(Duration::from_secs(1));
    stage.pki.release(&signer);
    stage.publish();
    stage.check();
    assert_eq!(stage.status(&signer), "revoked");
    // A foreign package's signer is registered by nobody: the answers alone refuse it.
    alice.push(&second).refused(400).saying("revoked");
}

#[test]
fn a_slow_issuer_is_given_up_and_keeps_nobody_waiting() {
    let mut stage = Stage::new();
    let signer = stage.signer_with_list("Alice");
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let second = signed(&mut stage, "2.0.0", &signer).unwrap();
    stage.issuer.serve(CRL, Behaviour::Slow(Duration::from_secs(40)));
    let alice = stage.person("alice", &signer);
    alice.push(&first).accepted();
    // The request runs, and this push does not wait for it.
    alice.push(&second).accepted();
    assert!(stage.listed(&signer).unwrap()["failures"].as_array().unwrap().is_empty());
    assert!(stage.await_failure(&signer).contains("did not answer within"));
    assert_eq!(stage.status(&signer), "unknown");
}

#[test]
fn a_certificate_can_not_make_the_server_call_into_its_network() {
    let mut stage = Stage::closed();
    let signer = stage.signer_with_list("Alice");
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let alice = stage.person("alice", &signer);
    // The host is not on the list.
    alice.push(&first).accepted();
    assert!(stage.await_failure(&signer).contains("revocation_hosts"));
    assert_eq!(stage.issuer.asked(), Vec::<String>::new());

    // It is on the list, but the chain of a refused package ends nowhere.
    stage.allow();
    let mut stranger = Pki::new("Stranger", None);
    let strange = stranger.issue("Mallory", Some(&stage.issuer.url("/strange.crl")), None);
    stage.issuer.serve("/strange.crl", Behaviour::Bytes(stranger.crl()));
    let refused = stranger.sign(&package("Contoso.Core", "3.0.0").bytes(), &strange).unwrap();
    alice.push(&refused).refused(400).saying("NU3018");
    stage.check();
    assert_eq!(stage.issuer.asked(), [CRL]);
}

#[test]
fn a_list_from_a_file_works_without_any_network() {
    let mut stage = Stage::closed();
    let (signer, other) = (stage.pki.issue("Alice", None, None), stage.pki.issue("Bob", None, None));
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let second = signed(&mut stage, "2.0.0", &signer).unwrap();
    let alice = stage.person("alice", &signer);
    stage.pki.revoke(&signer, OffsetDateTime::now_utc() - time::Duration::days(1), "keyCompromise");
    stage.pki.revoke(&other, OffsetDateTime::now_utc() - time::Duration::days(1), "keyCompromise");
    let file = stage.feed.scratch().join("acme.crl");
    std::fs::write(&file, stage.pki.crl()).unwrap();
    let import = |file: &std::path::Path| stage.feed.assay(&["revocation", "import", file.to_str().unwrap()]);

    // Nobody knows the authority yet: only a package brings its certificate.
    import(&file).failed_saying("signed by no certificate that is known here");
    alice.push(&first).accepted();
    let said = import(&file).succeeded();
    assert!(said.contains("Acme Authority") && said.contains("2 revoked certificates"), "{said}");
    assert!(said.contains("REVOKED") && said.contains(&signer.fingerprint), "{said}");
    assert!(stage.audited("revocation.import"));

    let row = stage.listed(&signer).unwrap();
    assert_eq!((row["status"].as_str(), row["source"].as_str()), (Some("revoked"), Some("acme.crl")));
    alice.push(&second).refused(400).saying("NU3012").saying("revoked");
    assert_eq!(stage.affected().len(), 1);
    // A certificate that nobody used yet is known to be revoked when it is registered.
    let add = ["certificate", "add", "--account", "alice", other.pem.to_str().unwrap()];
    stage.feed.assay(&add).failed_saying("known to be revoked");

    let wrong = stage.feed.scratch().join("wrong.crl");
    std::fs::write(&wrong, "no list").unwrap();
    import(&wrong).failed_saying("neither a CRL nor an OCSP response");
    assert_eq!(stage.issuer.asked(), Vec::<String>::new());
}

#[test]
fn a_chain_is_proven_by_the_authority_that_a_package_has_shown() {
    let mut stage = Stage::new();
    let (signer, other) = (stage.signer_with_list("Alice"), stage.signer_with_list("Bob"));
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let alice = stage.feed.account("alice");
    assert!(stage.register("alice", &signer).contains("not yet proven"));
    alice.push(&first).accepted();
    assert!(!stage.register("alice", &other).contains("not yet proven"));
    // Registered and proven, so it is asked about, though nothing is signed with it.
    stage.await_status(&other, "good");
}

#[test]
fn an_authority_that_is_revoked_takes_its_signers_with_it() {
    let issuer = Issuer::start();
    let feed = Feed::start();
    feed.assay(&["policy", "set", "revocation_hosts", &issuer.host()]).succeeded();
    let pki = Pki::new("Acme", Some(&issuer.url("/root.crl")));
    feed.assay(&["trust", "add", pki.root().to_str().unwrap()]).succeeded();
    let mut stage = Stage { feed, issuer, pki };
    stage.issuer.serve("/root.crl", Behaviour::Bytes(stage.pki.root_crl()));
    stage.publish();
    let signer = stage.signer_with_list("Alice");
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    let second = signed(&mut stage, "2.0.0", &signer).unwrap();
    let alice = stage.person("alice", &signer);
    alice.push(&first).accepted();
    stage.await_status(&signer, "good");
    let list = stage.feed.assay(&["revocation", "list"]).succeeded();
    assert!(list.contains("Acme Authority") && !list.contains("Acme Root"), "the root is not asked about: {list}");

    let since = OffsetDateTime::now_utc() - time::Duration::days(1);
    stage.issuer.serve("/root.crl", Behaviour::Bytes(stage.pki.root_crl_that_revokes_the_authority(since)));
    stage.check();
    assert_eq!(stage.status(&signer), "good", "what the authority says about the signer is another matter");
    alice.push(&second).refused(400).saying("NU3012").saying("revoked");
    assert_eq!(stage.affected().len(), 1);
}

#[test]
fn imported_lists_say_of_each_golden_package_whether_its_signature_still_counts() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "foreign_ids", "golden.*"]).succeeded();
    feed.assay(&["policy", "set", "timestamp_required", "false"]).succeeded();
    let alice = feed.account("alice");
    let expected = [
        ("crl-missing", None),
        ("good-crl-fresh", None),
        ("revoked-after-timestamp", None),
        ("revoked-before-timestamp", Some("its signer was revoked at 2023-01-01")),
        ("revoked-issuer", Some("an issuer of its signer was revoked")),
        ("revoked-no-timestamp", Some("its signer was revoked at 2023-01-01")),
        ("revoked-on-hold", Some("its signer was revoked at 2023-01-01")),
        ("revoked-tsa", Some("the authority of its timestamp was revoked")),
    ];
    for (name, _) in expected {
        alice.push(golden::read(&format!("{name}.nupkg"))).accepted();
    }
    let affected = || -> Vec<Value> {
        serde_json::from_str(&feed.assay(&["revocation", "affected", "--json"]).succeeded()).unwrap()
    };
    assert!(affected().is_empty());

    let list = |name: &str| golden::trust().join(format!("crl/{name}.crl"));
    feed.assay(&["revocation", "import", list("forged").to_str().unwrap()]).failed_saying("signed by no certificate");
    let lists = ["stale", "ca", "ca2", "root-a", "ts"].map(list);
    let mut import = vec!["revocation", "import"];
    import.extend(lists.iter().map(|list| list.to_str().unwrap()));
    feed.assay(&import).succeeded();
    feed.assay(&["revocation", "import", list("stale").to_str().unwrap()]).failed_saying("older than the one at hand");

    let affected = affected();
    for (name, why) in expected {
        let id = golden::identity(&format!("{name}.nupkg"));
        let found = affected.iter().find(|row| row["id"].as_str().is_some_and(|found| found.eq_ignore_ascii_case(&id)));
        let found = found.map(|row| row["why"].as_str().unwrap());
        assert!(found.unwrap_or_default().starts_with(why.unwrap_or_default()), "{name}: {found:?}");
        assert_eq!(found.is_some(), why.is_some(), "{name}: {found:?}");
    }
    let for_now: Vec<&Value> = affected.iter().filter(|row| row["for_good"] == false).map(|row| &row["id"]).collect();
    assert_eq!(for_now, [&Value::from(golden::identity("revoked-on-hold.nupkg"))]);
    assert!(affected.iter().all(|row| row["listed"] == true), "nothing is unlisted behind anybody's back");
    assert_eq!(feed.versions(&golden::identity("revoked-tsa.nupkg")), ["1.0.0"]);
}

#[test]
fn the_lists_of_anchors_can_be_imported_before_anything_was_pushed() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "foreign_ids", "golden.*"]).succeeded();
    let alice = feed.account("alice");
    let list = |name: &str| golden::trust().join(format!("crl/{name}.crl"));
    for name in ["root-a", "ts"] {
        let said = feed.assay(&["revocation", "import", list(name).to_str().unwrap()]).succeeded();
        assert!(said.contains("no certificate that is known here yet"), "{said}");
    }
    let refused = alice.push(golden::read("revoked-tsa.nupkg")).refused(400);
    assert_eq!(refused.phrase, "NU3028 timestamp has a revoked certificate in its chain");
    let refused = alice.push(golden::read("revoked-issuer.nupkg")).refused(400);
    assert_eq!(refused.phrase, "NU3012 signature has a revoked certificate in its chain");
    alice.push(golden::read("good-crl-fresh.nupkg")).accepted();
    assert_eq!(feed.rows("version"), 1);
}
