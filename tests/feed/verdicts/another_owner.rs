//! Refusals whose cure is not a registration: another owner is required, or a certificate was removed.

use super::{number, signed_in};
use crate::support::person::Person;
use crate::support::{Feed, Request, Visitor, golden, package};

const SIGNED: &str = "good-author-rsa3072-sha384.nupkg";
const ID: &str = "golden.good-author-rsa3072-sha384";

/// alice and bob own the package and have a certificate each; only alice's may sign it. Bob, who pushes, and the browsers of both.
fn only_alice(feed: &Feed) -> (Person<'_>, [Visitor<'_>; 2]) {
    let alice = feed.account("alice").with_certificate("leaf-2048");
    let bob = feed.account("bob");
    feed.assay(&["policy", "set", "enforcement", "report"]).succeeded();
    alice.push(package(ID, "0.0.1").bytes()).accepted();
    let mut visitors = ["alice", "bob"].map(|name| {
        let mut visitor = signed_in(feed, name);
        visitor.enrol(name);
        visitor
    });
    let [owner, invited] = &mut visitors;
    owner.share(ID, invited, "bob");
    feed.assay(&["package", "required-signer", ID, "--owner", "alice"]).succeeded();
    (bob.with_certificate("leaf-3072"), visitors)
}

#[test]
fn a_co_owner_who_signed_is_told_that_another_owner_must_and_who_can_change_that() {
    let feed = Feed::start();
    let (bob, [mut alice, mut visitor]) = only_alice(&feed);
    feed.assay(&["policy", "set", "enforcement", "enforce"]).succeeded();
    let refused = bob.push(golden::read(SIGNED)).refused(400);
    assert_eq!(refused.phrase, "NU3034 signed by another owner than the required signer");
    let wire = refused.warnings.join("\n");
    assert!(wire.contains("is registered by bob, but this package must be signed by alice"), "{wire}");
    assert!(wire.contains("(`Assay Golden Author 3072`)"), "the subject stands beside the fingerprint: {wire}");
    assert!(!wire.contains("register this certificate") && wire.contains("let bob sign too"), "{wire}");
    let number = number(&refused);
    let told = bob.get(&format!("/api/v1/verdicts/{number}")).json();
    assert_eq!((told["signer"]["registeredBy"].as_str(), told["register"].as_bool()), (Some("bob"), Some(false)));
    let page = visitor.get(&format!("verdicts/{number}"));
    let text = page.text();
    assert!(text.contains("Registered by bob") && !text.contains("Register this certificate"), "{text}");
    assert!(!text.contains("other people"), "{text}");
    let targets = page.targets();
    assert!(targets.iter().any(|target| target == &format!("packages/{ID}/manage")), "{targets:?}");
    // bob may not see alice's certificates, so no link leads him to a page that refuses him.
    assert!(!targets.iter().any(|target| target == "accounts/alice/certificates"), "{targets:?}");
    let page = alice.get(&format!("verdicts/{number}"));
    assert!(page.targets().iter().any(|target| target == "accounts/alice/certificates"), "{:?}", page.targets());
    assert!(page.text().contains("Assay Golden Author 2048"), "which would do is listed: {}", page.text());
}

#[test]
fn a_version_that_a_stage_let_in_says_who_has_registered_its_certificate() {
    let feed = Feed::start();
    let (bob, [_, mut visitor]) = only_alice(&feed);
    bob.push(golden::read(SIGNED)).accepted();
    let page = visitor.get(&format!("packages/{ID}"));
    let text = page.text();
    assert!(text.contains("certificate registered by bob Rule not kept"), "{text}");
    assert!(!text.contains("no account of this feed"), "{text}");
}

#[test]
fn only_who_may_register_is_sent_to_do_it() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    feed.account("bob");
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "alice", "--administrator"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "bob"]).succeeded();
    let dry_run = |key: &str| {
        let request = Request::new("POST", "/api/v1/verdicts").api_key(key).body(golden::read(SIGNED));
        feed.ask(&request).json()["register"].as_bool()
    };
    assert_eq!(dry_run(&alice.key), Some(true));
    let service = feed.assay(&["key", "create", "--account", "Contoso", "--service", "--scope", "push"]).succeeded();
    assert_eq!(dry_run(service.trim()), Some(false), "a key of an organization registers nothing");
}

#[test]
fn a_certificate_that_was_removed_is_not_called_unknown_and_is_offered_as_it_was() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    // A version is signed with it, so it is remembered.
    alice.push(golden::read("good-author-sha256WithRSA.nupkg")).accepted();
    let alice = alice.without_certificate("leaf-3072");
    let refused = alice.push(golden::read(SIGNED)).refused(400);
    assert!(refused.warnings.join("\n").contains("was removed by alice on "), "{refused:#?}");
    let mut visitor = signed_in(&feed, "alice");
    visitor.enrol("alice");
    let page = visitor.get(&format!("verdicts/{}", number(&refused)));
    assert!(page.text().contains("alice had registered it for all its packages, and removed it on"), "{}", page.text());
}
