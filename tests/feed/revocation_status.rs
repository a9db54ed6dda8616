//! What follows for versions that are on the feed when a certificate is revoked, put on hold, marked, or not trusted any more: who
//! is told, what the pages say, and what people may do about it.

use serde_json::Value;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::revocation::{CRL, OCSP, Stage, after_every_timestamp, signed};
use crate::support::Visitor;
use crate::support::issuer::Behaviour;
use crate::support::pages::password_of;
use crate::support::pki::{Issued, Pki};

/// How the versions stand whose signature does not count: `cause decision`, by version.
fn void(stage: &Stage) -> Vec<String> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    stage
        .affected()
        .iter()
        .map(|row| format!("{} {} {}", word(&row["version"]), word(&row["cause"]), word(&row["decision"])))
        .collect()
}

/// What the table of the server has, which pages are made of.
fn kept(stage: &Stage) -> i64 {
    stage.feed.rows("void_signature")
}

fn ago(days: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc() - Duration::days(days)
}

/// The server has an administrator called root, with a second factor that was given a moment ago.
fn root(stage: &Stage) -> Visitor<'_> {
    let password = format!("{}\n", password_of("root"));
    stage.feed.assay_with_input(&["account", "create", "root", "--admin", "--password-stdin"], &password).succeeded();
    let mut root = Visitor::of(&stage.feed);
    root.sign_in("root");
    root.enrol("root");
    root
}

/// All that was told to somebody, newest first.
fn notices(stage: &Stage, name: &str) -> Vec<String> {
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let database = rusqlite::Connection::open_with_flags(stage.feed.data().join("assay.db"), flags).unwrap();
    let sql = "SELECT n.text FROM notice n JOIN account a ON a.id = n.account WHERE a.name = ?1 ORDER BY n.id DESC";
    let mut query = database.prepare(sql).unwrap();
    query.query_map([name], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

fn told(stage: &Stage, name: &str, text: &str) -> usize {
    notices(stage, name).iter().filter(|notice| notice.contains(text)).count()
}

/// A feed with version 1.0.0 of Contoso.Core by alice, whose owner runs nothing.
fn with_version() -> Option<(Stage, Issued)> {
    let mut stage = Stage::new();
    let signer = stage.signer_with_list("Alice");
    let first = signed(&mut stage, "1.0.0", &signer)?;
    stage.person("alice", &signer).push(&first).accepted();
    stage.await_status(&signer, "good");
    Some((stage, signer))
}

fn revoke(stage: &Stage, signer: &Issued, at: OffsetDateTime, reason: &'static str) {
    stage.pki.revoke(signer, at, reason);
    stage.publish();
    stage.check();
}

#[test]
fn a_signature_that_was_lost_is_marked_told_once_and_decided_by_its_owner_and_nothing_happens_by_itself() {
    let Some((mut stage, signer)) = with_version() else { return };
    let second = signed(&mut stage, "2.0.0", &signer).unwrap();
    let key = stage.feed.assay(&["key", "create", "--account", "alice", "--scope", "push-version"]).succeeded();
    assert_eq!(stage.feed.ask(&crate::support::person::push_request(&second).api_key(&key)).status, 201);
    let _root = root(&stage);
    revoke(&stage, &signer, ago(1), "keyCompromise");
    assert_eq!(void(&stage), ["1.0.0 signer -", "2.0.0 signer -"]);
    assert_eq!(kept(&stage), 2);
    assert_eq!(stage.feed.versions("Contoso.Core"), ["1.0.0", "2.0.0"], "everybody still gets them");
    // One notice for the certificate, one for the package with both versions, one for the administrator.
    assert_eq!(told(&stage, "alice", "is revoked since"), 2, "{:?}", notices(&stage, "alice"));
    assert_eq!(
        told(&stage, "alice", "The signatures of 2 versions of Contoso.Core (1.0.0, 2.0.0) do not count any more"),
        1
    );
    assert_eq!(told(&stage, "root", "The signatures of 2 versions of Contoso.Core"), 1);
    assert!(stage.audited("signature.void"));
    stage.check();
    assert_eq!(told(&stage, "alice", "do not count any more"), 1, "told once");

    let mut alice = Visitor::of(&stage.feed);
    alice.sign_in("alice");
    let shown = alice.get("packages/Contoso.Core/1.0.0").text();
    for part in ["does not count any more", "the signer’s certificate is revoked since", "NU3012", "its owners decide"]
    {
        assert!(shown.to_lowercase().contains(&part.to_lowercase()), "{part} in {shown}");
    }
    assert!(
        alice
            .get("packages/Contoso.Core/manage")
            .text()
            .contains("2 versions have a signature that does not count any more")
    );
    let page = "packages/Contoso.Core/manage/void-signatures";
    let fields = [("version", "Contoso.Core 1.0.0"), ("choice", "unlist")];
    let asked = alice.post(page, &fields);
    assert_eq!(asked.status, 403, "without a second factor: {}", asked.text());
    alice.enrol("alice");
    let done = alice.submit(page, &fields);
    assert!(done.text().contains("1 version unlisted."), "{}", done.text());
    let done = alice.submit(page, &[("version", "Contoso.Core 2.0.0"), ("choice", "keep")]);
    assert!(done.text().contains("1 version kept."), "{}", done.text());
    assert_eq!(void(&stage), ["1.0.0 signer unlist", "2.0.0 signer keep"]);
    assert!(stage.audited("signature.decide") && stage.audited("package.unlist"));
    assert!(alice.get("packages/Contoso.Core/manage").text().contains("You have decided about all of them."));
    assert!(alice.get("packages/Contoso.Core/1.0.0").text().contains("alice decided on"));
    // What breaks builds is not theirs, whatever they send.
    for choice in ["hide", "remove"] {
        let refused = alice
            .post(page, &[("version", "Contoso.Core 2.0.0"), ("choice", choice), ("reason", "x"), ("meant", "yes")]);
        assert_eq!(refused.status, 403, "{choice}: {}", refused.text());
    }
    assert_eq!(stage.feed.versions("Contoso.Core"), ["1.0.0", "2.0.0"]);
}

#[test]
fn who_owns_nothing_neither_sees_nor_decides() {
    let Some((stage, signer)) = with_version() else { return };
    stage.feed.account("mallory");
    revoke(&stage, &signer, ago(1), "keyCompromise");
    let mut mallory = Visitor::of(&stage.feed);
    mallory.sign_in("mallory");
    mallory.enrol("mallory");
    let page = "packages/Contoso.Core/manage/void-signatures";
    assert_eq!(mallory.get(page).status, 403);
    assert_eq!(mallory.post(page, &[("version", "Contoso.Core 1.0.0"), ("choice", "keep")]).status, 403);
    assert_eq!(mallory.get("admin/revocation").status, 403);
    assert_eq!(void(&stage), ["1.0.0 signer -"]);
}

#[test]
fn a_version_that_a_timestamp_proves_older_counts_and_its_page_tells_what_clients_on_linux_do() {
    let Some((stage, signer)) = with_version() else { return };
    revoke(&stage, &signer, after_every_timestamp(), "superseded");
    assert_eq!((void(&stage), kept(&stage)), (Vec::new(), 0));
    let mut alice = Visitor::of(&stage.feed);
    alice.sign_in("alice");
    let shown = alice.get("packages/Contoso.Core/1.0.0").text();
    assert!(
        shown.contains("its signature counts here") && shown.contains("Clients on Linux refuse it nevertheless"),
        "{shown}"
    );
    assert!(!shown.contains("does not count"), "{shown}");
    assert!(told(&stage, "alice", "is revoked since") == 1 && told(&stage, "alice", "not count") == 0);
}

#[test]
fn a_hold_is_for_now_and_its_end_makes_signatures_count_again() {
    let Some((stage, signer)) = with_version() else { return };
    revoke(&stage, &signer, ago(1), "certificateHold");
    assert_eq!(void(&stage), ["1.0.0 signer -"]);
    let mut alice = Visitor::of(&stage.feed);
    alice.sign_in("alice");
    assert!(alice.get("packages/Contoso.Core/1.0.0").text().contains("does not count for now"));
    assert_eq!(told(&stage, "alice", "is on hold since"), 2, "{:?}", notices(&stage, "alice"));
    // Lists are dated to the second, and only a newer one lifts a hold.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    stage.pki.release(&signer);
    stage.publish();
    stage.check();
    assert_eq!((void(&stage), kept(&stage)), (Vec::new(), 0));
    assert_eq!(told(&stage, "alice", "The signature of Contoso.Core 1.0.0 counts again."), 1);
    assert_eq!(told(&stage, "alice", "is not revoked any more"), 1);
    assert!(stage.audited("signature.counts-again"));
    assert!(!alice.get("packages/Contoso.Core/1.0.0").text().contains("The signature of this version"));
}

#[test]
fn who_kept_a_version_on_hold_is_asked_again_when_it_is_revoked_for_good() {
    let Some((stage, signer)) = with_version() else { return };
    revoke(&stage, &signer, ago(1), "certificateHold");
    let mut alice = Visitor::of(&stage.feed);
    alice.sign_in("alice");
    alice.enrol("alice");
    let keep = [("version", "Contoso.Core 1.0.0"), ("choice", "keep")];
    alice.submit("packages/Contoso.Core/manage/void-signatures", &keep);
    assert_eq!(void(&stage), ["1.0.0 signer keep"]);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    stage.pki.release(&signer);
    revoke(&stage, &signer, ago(1), "keyCompromise");
    assert_eq!(void(&stage), ["1.0.0 signer -"]);
    assert_eq!(told(&stage, "alice", "does not count any more"), 1, "{:?}", notices(&stage, "alice"));
}

#[test]
fn an_authority_that_is_revoked_voids_what_is_below_it() {
    let mut stage = Stage::new();
    let root_list = "/root.crl";
    let pki = Pki::new("Between", Some(&stage.issuer.url(root_list)));
    stage.feed.assay(&["trust", "add", pki.root().to_str().unwrap()]).succeeded();
    stage.pki = pki;
    stage.issuer.serve(root_list, Behaviour::Bytes(stage.pki.root_crl()));
    stage.publish();
    let signer = stage.signer_with_list("Alice");
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    stage.person("alice", &signer).push(&first).accepted();
    stage.await_status(&signer, "good");
    // However late: who vouched for the signer vouches for nobody.
    let revoked = stage.pki.root_crl_that_revokes_the_authority(after_every_timestamp());
    stage.issuer.serve(root_list, Behaviour::Bytes(revoked));
    stage.check();
    assert_eq!(void(&stage), ["1.0.0 issuer -"]);
    let row = &stage.affected()[0];
    assert_ne!(row["certificate"], signer.fingerprint.as_str(), "it is not the signer’s certificate: {row}");
    assert_eq!(told(&stage, "alice", "a certificate above the signer’s is revoked since"), 1);
}

#[test]
fn an_anchor_that_is_removed_voids_for_now_and_added_again_it_heals() {
    let Some((stage, _)) = with_version() else { return };
    let list = stage.feed.assay(&["trust", "list", "--json"]).succeeded();
    let anchors: Vec<Value> = serde_json::from_str(&list).unwrap();
    let anchor = anchors.iter().find(|row| row["subject"].as_str().unwrap().contains("Acme Root")).unwrap();
    stage.feed.assay(&["trust", "remove", anchor["fingerprint"].as_str().unwrap()]).succeeded();
    // The server itself sees that another process removed it.
    let until = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while kept(&stage) == 0 {
        assert!(std::time::Instant::now() < until, "{}", stage.feed.log());
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    assert_eq!(void(&stage), ["1.0.0 path -"]);
    let mut alice = Visitor::of(&stage.feed);
    alice.sign_in("alice");
    let shown = alice.get("packages/Contoso.Core/1.0.0").text();
    assert!(
        shown.contains("leads to no trust anchor any more")
            && shown.contains("Clients go by trusted roots of their own"),
        "{shown}"
    );
    stage.feed.assay(&["trust", "add", stage.pki.root().to_str().unwrap()]).succeeded();
    while kept(&stage) > 0 {
        assert!(std::time::Instant::now() < until, "{}", stage.feed.log());
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}

#[test]
fn a_mark_counts_like_the_issuers_word_and_can_always_be_taken_back_which_leaves_the_issuers_day() {
    let Some((mut stage, signer)) = with_version() else { return };
    let [second, third] = ["2.0.0", "3.0.0"].map(|version| signed(&mut stage, version, &signer).unwrap());
    let key = stage.feed.assay(&["key", "create", "--account", "alice", "--scope", "push-version"]).succeeded();
    let push = |package: &[u8]| stage.feed.ask(&crate::support::person::push_request(package).api_key(&key));
    let mark = |since: &str| {
        stage.feed.assay(&["revocation", "mark", &signer.fingerprint, "--since", since, "--reason", "stolen"])
    };
    let unmark = || stage.feed.assay(&["revocation", "unmark", &signer.fingerprint]);
    unmark().failed_saying("nobody has marked");
    mark("2999-01-01").failed_saying("has not come yet");
    stage
        .feed
        .assay(&["revocation", "mark", &"ab".repeat(32), "--since", "2024-01-01"])
        .failed_saying("is not known here");
    let said = mark("2024-06-01").succeeded();
    assert!(said.contains("revoked since 2024-06-01"), "{said}");

    let row = stage.listed(&signer).unwrap();
    assert_eq!((row["status"].as_str(), row["source"].as_str()), (Some("revoked"), Some("marked by command line")));
    assert_eq!(void(&stage), ["1.0.0 signer -"]);
    assert_eq!(told(&stage, "alice", "is revoked since 2024-06-01 (stolen)"), 1, "{:?}", notices(&stage, "alice"));
    assert!(stage.audited("certificate.mark-revoked"));
    let answer = push(&second);
    assert_eq!(answer.status, 400, "{}", answer.text());
    let mut alice = Visitor::of(&stage.feed);
    alice.sign_in("alice");
    let shown = alice.get("packages/Contoso.Core/1.0.0").text();
    assert!(shown.contains("Clients do not know of that"), "{shown}");
    // The issuer’s “good” does not outweigh it.
    stage.check();
    assert_eq!(stage.status(&signer), "revoked");

    unmark().succeeded();
    assert_eq!((stage.status(&signer), void(&stage), kept(&stage)), ("good".to_owned(), Vec::new(), 0));
    let answer = push(&second);
    assert_eq!(answer.status, 201, "{}", answer.text());

    mark("2024-06-01").succeeded();
    let issuers_day = after_every_timestamp();
    revoke(&stage, &signer, issuers_day, "keyCompromise");
    let row = stage.listed(&signer).unwrap();
    assert_eq!(row["source"].as_str(), Some(stage.issuer.url(CRL).as_str()), "the issuer says so too");
    assert!(row["revoked_at"].as_str().unwrap().starts_with("2024-06-01"), "the earlier day counts: {row}");
    assert_eq!(row["marked_by"].as_str(), Some("command line"));
    let later = OffsetDateTime::now_utc().format(&Rfc3339).unwrap();
    mark(&later).failed_saying("its issuer has revoked it already");
    // The mark was a mistake: what it voided is older than the issuer's day, as a timestamp proves.
    assert_eq!(void(&stage), ["1.0.0 signer -", "2.0.0 signer -"]);
    let mut root = root(&stage);
    let path = format!("admin/revocation/{}/unmark", signer.fingerprint);
    let shown = root.get("admin/revocation").text();
    assert!(shown.contains("also marked by command line") && shown.contains("Unmark"), "{shown}");
    assert!(root.get(&path).text().contains("and it stays so"), "{}", root.get(&path).text());
    root.submit(&path, &[]);
    let row = stage.listed(&signer).unwrap();
    assert_eq!((row["status"].as_str(), row["marked_by"].as_str()), (Some("revoked"), None));
    assert!(row["revoked_at"].as_str().unwrap().starts_with(&issuers_day.date().to_string()), "{row}");
    assert_eq!((void(&stage), kept(&stage)), (Vec::new(), 0));
    assert_eq!(push(&third).status, 400, "it stays revoked");
}

#[test]
fn a_timestamping_authority_that_is_marked_voids_what_it_stamped() {
    let Some((stage, _)) = with_version() else { return };
    let text = stage.feed.assay(&["revocation", "list", "--json"]).succeeded();
    let rows: Vec<Value> = serde_json::from_str(&text).unwrap();
    let stamps = rows.iter().find(|row| row["stamped"].as_u64() == Some(1)).unwrap_or_else(|| panic!("{text}"));
    let fingerprint = stamps["fingerprint"].as_str().unwrap();
    stage.feed.assay(&["revocation", "mark", fingerprint, "--since", "2026-01-01"]).succeeded();
    assert_eq!(void(&stage), ["1.0.0 authority -"]);
    assert_eq!(told(&stage, "alice", "the certificate of the timestamping authority is revoked"), 1);
}

#[test]
fn answers_that_are_huge_or_of_a_time_to_come_change_nothing() {
    let Some((stage, signer)) = with_version() else { return };
    // A list as an issuer would make it, with more bytes than any may have.
    let mut huge = stage.pki.crl();
    huge.resize(11 * 1024 * 1024, 0);
    stage.issuer.serve(CRL, Behaviour::Bytes(huge));
    let said = stage.check();
    assert!(said.contains("FAILED"), "{said}");
    assert_eq!((stage.status(&signer), kept(&stage)), ("good".to_owned(), 0));
    let failures = stage.listed(&signer).unwrap()["failures"].clone();
    assert_eq!(failures.as_array().map(Vec::len), Some(1), "{failures}");
}

#[test]
fn one_certificate_is_asked_about_at_once_and_not_without_end() {
    let Some((stage, signer)) = with_version() else { return };
    let mut root = root(&stage);
    stage.pki.revoke(&signer, ago(1), "keyCompromise");
    stage.publish();
    let path = format!("admin/revocation/{}/check", signer.fingerprint);
    let said = root.submit(&path, &[]).text();
    assert!(said.contains("Its issuers are asked now"), "{said}");
    stage.await_status(&signer, "revoked");
    let asked = stage.issuer.asked().len();
    let said = root.submit(&path, &[]).text();
    assert!(said.contains("Wait a minute"), "{said}");
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(stage.issuer.asked().len(), asked);
}

#[test]
fn a_responder_tells_of_a_revocation_as_a_list_does() {
    let mut stage = Stage::new();
    let signer = stage.signer_with_ocsp("Alice");
    let Some(first) = signed(&mut stage, "1.0.0", &signer) else { return };
    stage.issuer.serve(OCSP, Behaviour::ask(stage.pki.responder(&[&signer])));
    stage.person("alice", &signer).push(&first).accepted();
    stage.await_status(&signer, "good");
    stage.pki.revoke(&signer, ago(1), "keyCompromise");
    stage.check();
    assert_eq!(void(&stage), ["1.0.0 signer -"]);
    assert_eq!(told(&stage, "alice", "does not count any more"), 1);
}
