//! What a verdict says once somebody did what it advised, or once that would help nobody any more.

use super::{database, number, signed_in};
use crate::support::{Feed, golden, package};

const SIGNED: &str = "good-author-rsa3072-sha384.nupkg";
const ID: &str = "golden.good-author-rsa3072-sha384";
const UNKNOWN_ROOT: &str = "cert-untrusted-root.nupkg";

#[test]
fn an_id_that_is_listed_as_foreign_and_a_stage_that_lets_it_in_are_noticed() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-2048");
    let signed = number(&alice.push(golden::read(SIGNED)).refused(400));
    let unsigned = number(&alice.push(package("Contoso.Core", "1.0.0").bytes()).refused(400));
    let mut visitor = signed_in(&feed, "alice");
    visitor.enrol("alice");
    let mut says = |number: &str, said: &str| {
        let text = visitor.get(&format!("verdicts/{number}")).text();
        assert_eq!(text.contains("This is settled"), !said.is_empty(), "{said}: {text}");
        assert_eq!(text.contains("What to do next"), said.is_empty(), "{said}: {text}");
        assert!(text.contains(said), "{said}: {text}");
        assert!(said.is_empty() || !text.contains("Register this certificate"), "{text}");
    };
    let set = |key: &str, value: &str| _ = feed.assay(&["policy", "set", key, value]).succeeded();
    for number in [&signed, &unsigned] {
        says(number, "");
    }
    for (key, value, back, said) in [
        ("foreign_ids", "golden.*,Contoso.*", "", "The ID counts as other people’s package by now"),
        ("enforcement", "warn", "enforce", "the package is accepted with a warning. Push the package again."),
        ("enforcement_patterns", "golden.*=report,Contoso.*=report", "", "the package is accepted, and counted."),
    ] {
        set(key, value);
        for number in [&signed, &unsigned] {
            says(number, said);
        }
        set(key, back);
    }
    for number in [&signed, &unsigned] {
        says(number, "");
    }
    set("foreign_ids", "golden.*");
    let form = [("account", "alice"), ("limit", "id")];
    let late = visitor.post(&format!("verdicts/{signed}/register"), &form);
    assert!(
        visitor.follow(&late).text().contains("would not let this package in"),
        "nothing is registered for nothing"
    );
    assert_eq!(feed.rows("certificate_registration"), 1);
    alice.push(golden::read(SIGNED)).accepted();
}

/// Without an administrator's list, each stage and each choice of owners that lets it in counts too.
#[test]
fn a_choice_of_the_owners_that_lets_it_in_is_noticed() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    feed.account("bob");
    alice.push(golden::read(SIGNED)).accepted();
    let owner = "INSERT INTO registration_owner SELECT r.id, a.id FROM registration r, account a WHERE a.name = 'bob'";
    assert_eq!(database(&feed).execute(owner, []).unwrap(), 1);
    let unsigned = package(ID, "2.0.0").bytes();
    let number = number(&alice.push(&unsigned).refused(400));
    let mut visitor = signed_in(&feed, "alice");
    let path = format!("verdicts/{number}");
    assert!(!visitor.get(&path).text().contains("This is settled"));
    feed.assay(&["package", "required-signer", ID, "--none"]).succeeded();
    let text = visitor.get(&path).text();
    assert!(text.contains("The rule about who must have signed accepts the package by now."), "{text}");
    alice.push(&unsigned).accepted();
}

#[test]
fn whoever_was_refused_a_new_id_is_told_when_somebody_else_has_created_it_and_not_to_push_again() {
    let feed = Feed::start();
    let (alice, bob) = (feed.account("alice"), feed.account("bob"));
    let hers = number(&alice.push(golden::read(SIGNED)).refused(400));
    let rooted = number(&alice.push(golden::read(UNKNOWN_ROOT)).refused(400));
    for id in [ID, &golden::identity(UNKNOWN_ROOT)] {
        bob.push(package(id, "9.0.0").bytes()).accepted();
    }
    let _bob = bob.with_certificate("leaf-3072");
    let root = golden::certificate("stranger-root");
    feed.assay(&["trust", "add", "--for", "signing", root.to_str().unwrap()]).succeeded();
    let mut visitor = signed_in(&feed, "alice");
    visitor.enrol("alice");
    for number in [&hers, &rooted] {
        let text = visitor.get(&format!("verdicts/{number}")).text();
        assert!(text.contains("The ID belongs to others by now"), "{text}");
        assert!(text.contains("Somebody else has created it since then, and alice is none of its owners."), "{text}");
        for said in ["This is settled", "trusted by now", "Push the package again", "Register this", "What to do next"]
        {
            assert!(!text.contains(said), "{said}: {text}");
        }
    }
    alice.push(golden::read(SIGNED)).refused(403);
    let form = [("account", "alice"), ("limit", "all")];
    let late = visitor.post(&format!("verdicts/{hers}/register"), &form);
    assert!(visitor.follow(&late).text().contains("would not let this package in"));
}

/// Where the policy says so, a registration is the anchor of a chain that ends in an unknown root.
#[test]
fn a_certificate_of_an_unknown_root_is_registered_from_its_verdict_where_that_makes_up_for_the_root() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let set = |key: &str, value: &str| _ = feed.assay(&["policy", "set", key, value]).succeeded();
    let strict = number(&alice.push(golden::read(UNKNOWN_ROOT)).refused(400));
    set("accept_untrusted_roots", "true");
    let refused = alice.push(golden::read(UNKNOWN_ROOT)).refused(400);
    assert!(refused.warnings.join("\n").contains("Have alice register this certificate"), "{refused:#?}");
    let number = number(&refused);
    let path = format!("verdicts/{number}");
    let mut visitor = signed_in(&feed, "alice");
    visitor.enrol("alice");
    let mut offered = |number: &str| {
        let text = visitor.get(&format!("verdicts/{number}")).text();
        assert!(!text.contains("This is settled"), "{text}");
        text.contains("Register this certificate for alice")
    };
    assert!(offered(&number) && !offered(&strict), "a registration was no way in when the other one was made");
    // The stage is about who signed, and other people's packages need a root that is trusted.
    for (key, value, back, offers) in [
        ("accept_untrusted_roots", "false", "true", false),
        ("foreign_ids", "golden.*", "", false),
        ("enforcement", "report", "enforce", true),
    ] {
        set(key, value);
        assert_eq!(offered(&number), offers, "{key}");
        set(key, back);
    }
    let done = visitor.submit(&format!("{path}/register"), &[("account", "alice"), ("limit", "id")]);
    assert!(done.text().contains("is registered for alice. Push the package again."), "{}", done.text());
    assert!(done.text().contains("This is settled"), "{}", done.text());
    alice.push(golden::read(UNKNOWN_ROOT)).accepted();
}
