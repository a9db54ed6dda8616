//! *Register this certificate for …*, on the page of a verdict.

use super::{administrator, database, number, signed_in};
use crate::support::{Feed, golden, package};

const SIGNED: &str = "good-author-rsa3072-sha384.nupkg";
const ID: &str = "golden.good-author-rsa3072-sha384";

#[test]
fn a_certificate_is_registered_from_its_verdict_and_then_the_push_goes_through() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut visitor = signed_in(&feed, "alice");
    visitor.enrol("alice");
    let number = number(&alice.push(golden::read(SIGNED)).refused(400));
    let page = visitor.get(&format!("verdicts/{number}"));
    let text = page.text();
    for said in [
        "Register this certificate for alice",
        "compare the fingerprint",
        "Issued by",
        "Thumbprint",
        "Only golden.good",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(text.replace(' ', "").contains(&golden::fingerprint("leaf-3072")), "{text}");
    let form = [("account", "alice"), ("limit", "id")];
    let done = visitor.submit(&format!("verdicts/{number}/register"), &form);
    assert!(done.text().contains("is registered for alice. Push the package again."), "{}", done.text());
    assert!(done.text().contains("This is settled") && !done.text().contains("For which packages"), "{}", done.text());
    let patterns: String =
        database(&feed).query_row("SELECT patterns FROM certificate_registration", [], |row| row.get(0)).unwrap();
    assert_eq!(patterns, ID);
    alice.push(golden::read(SIGNED)).accepted();
    let audit = feed.assay(&["audit"]).succeeded();
    assert!(audit.contains("certificate.register"), "{audit}");
}

#[test]
fn certificates_that_would_do_are_named_and_counted_as_they_are_now() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-2048");
    let mut visitor = signed_in(&feed, "alice");
    visitor.enrol("alice");
    let number = number(&alice.push(golden::read(SIGNED)).refused(400));
    assert!(visitor.get(&format!("verdicts/{number}")).text().contains("alice 1 certificate "));
    let form = [("account", "alice"), ("limit", "id")];
    let done = visitor.submit(&format!("verdicts/{number}/register"), &form);
    assert!(done.text().contains("alice 2 certificates "), "{}", done.text());
}

#[test]
fn it_can_count_for_all_ids_or_for_a_prefix() {
    for (limit, expected) in [("all", ""), ("prefix", "golden.*")] {
        let feed = Feed::start();
        let alice = feed.account("alice");
        let mut visitor = signed_in(&feed, "alice");
        visitor.enrol("alice");
        let number = number(&alice.push(golden::read(SIGNED)).refused(400));
        visitor.submit(&format!("verdicts/{number}/register"), &[("account", "alice"), ("limit", limit)]);
        let sql = "SELECT patterns FROM certificate_registration";
        assert_eq!(database(&feed).query_row(sql, [], |row| row.get::<_, String>(0)).unwrap(), expected);
    }
}

#[test]
fn without_a_second_factor_nothing_is_registered_and_the_way_there_is_shown() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut visitor = signed_in(&feed, "alice");
    let number = number(&alice.push(golden::read(SIGNED)).refused(400));
    let asked = visitor.post(&format!("verdicts/{number}/register"), &[("account", "alice"), ("limit", "all")]);
    assert_eq!(asked.status, 403);
    assert!(asked.text().contains("Enrol a second factor"), "{}", asked.text());
    assert_eq!(feed.rows("certificate_registration"), 0);
}

#[test]
fn only_those_who_manage_an_owner_are_offered_it() {
    let feed = Feed::start();
    let mut root = administrator(&feed, "root");
    root.enrol("root");
    let alice = feed.account("alice");
    feed.account("bob");
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "alice", "--administrator"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "bob"]).succeeded();
    let key = feed.assay(&["key", "create", "--account", "Contoso", "--service", "--scope", "push"]).succeeded();
    let number = number(&alice.push_with_key(&key, golden::read(SIGNED)).refused(400));
    let path = format!("verdicts/{number}");
    let mut manager = signed_in(&feed, "alice");
    assert!(manager.get(&path).text().contains("Register this certificate for Contoso"));
    let mut collaborator = signed_in(&feed, "bob");
    collaborator.enrol("bob");
    assert!(!collaborator.get(&path).text().contains("Register this certificate for"));
    let form = [("account", "Contoso"), ("limit", "all")];
    assert_eq!(collaborator.post(&format!("{path}/register"), &form).status, 403);
    // An administrator of the server reads it, manages no owner, and is shown the list of foreign IDs.
    let page = root.get(&path);
    assert!(!page.text().contains("Register this certificate for"), "{}", page.text());
    assert!(page.targets().iter().any(|target| target.starts_with("admin/policy")), "{:?}", page.targets());
    // Somebody else's account would not help.
    manager.enrol("alice");
    let other = manager.post(&format!("{path}/register"), &[("account", "alice"), ("limit", "all")]);
    assert!(manager.follow(&other).text().contains("would not let this package in"));
    let mallory = feed.account("mallory");
    let mut stranger = signed_in(&feed, &mallory.name);
    stranger.enrol("mallory");
    assert_eq!(stranger.post(&format!("{path}/register"), &form).status, 404);
    assert_eq!(feed.rows("certificate_registration"), 0);
}

#[test]
fn a_form_that_names_no_account_or_no_limit_says_so() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut visitor = signed_in(&feed, "alice");
    visitor.enrol("alice");
    let number = number(&alice.push(golden::read(SIGNED)).refused(400));
    for (form, said) in [
        (&[("limit", "all")][..], "choose the account"),
        (&[("account", "alice")][..], "choose for which packages"),
        (&[("account", "alice"), ("limit", "everything")][..], "choose for which packages"),
    ] {
        let page = visitor.post(&format!("verdicts/{number}/register"), form);
        let page = if page.status == 303 { visitor.follow(&page) } else { page };
        assert!(page.text().to_lowercase().contains(said), "{said}: {}", page.text());
    }
}

#[test]
fn a_certificate_that_counts_for_other_ids_is_not_registered_again_but_changed() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let file = golden::certificate("leaf-3072");
    let add = ["certificate", "add", "--account", "alice", "--pattern", "Fabrikam.*", file.to_str().unwrap()];
    feed.assay(&add).succeeded();
    let number = number(&alice.push(golden::read(SIGNED)).refused(400));
    let page = signed_in(&feed, "alice").get(&format!("verdicts/{number}"));
    assert!(
        page.text().contains("alice has registered this certificate, but not for this package ID"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("Register this certificate for alice"), "{}", page.text());
    assert!(page.targets().contains(&"accounts/alice/certificates".to_owned()), "{:?}", page.targets());
}

#[test]
fn what_needs_a_signature_from_then_on_is_named() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Alices.Unsigned", "1.0.0").bytes()).accepted();
    let mut visitor = signed_in(&feed, "alice");
    visitor.enrol("alice");
    let number = number(&alice.push(golden::read(SIGNED)).refused(400));
    let form = [("account", "alice"), ("limit", "all")];
    let done = visitor.submit(&format!("verdicts/{number}/register"), &form);
    let text = done.text();
    assert!(text.contains("From now on packages must be signed for Alices.Unsigned."), "{text}");
}

/// Once every owner has certificates, *no signature needed* is no choice any more.
#[test]
fn a_choice_of_required_signer_that_lapses_by_it_is_named_too() {
    let feed = Feed::start();
    let bob = feed.account("bob").with_certificate("leaf-2048");
    let alice = feed.account("alice");
    feed.assay(&["policy", "set", "enforcement", "report"]).succeeded();
    bob.push(package("Shared.Tools", "1.0.0").bytes()).accepted();
    feed.assay(&["policy", "set", "enforcement", "enforce"]).succeeded();
    let owner =
        "INSERT INTO registration_owner SELECT r.id, a.id FROM registration r, account a WHERE a.name = 'alice'";
    assert_eq!(database(&feed).execute(owner, []).unwrap(), 1);
    feed.assay(&["package", "required-signer", "Shared.Tools", "--none"]).succeeded();
    let mut visitor = signed_in(&feed, "alice");
    visitor.enrol("alice");
    let number = number(&alice.push(golden::read(SIGNED)).refused(400));
    let form = [("account", "alice"), ("limit", "all")];
    let done = visitor.submit(&format!("verdicts/{number}/register"), &form);
    let text = done.text();
    assert!(text.contains("The choice of the required signer is forgotten for Shared.Tools."), "{text}");
}

#[test]
fn a_root_that_is_trusted_by_now_is_told_on_the_verdict() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let number = number(&alice.push(golden::read("cert-untrusted-root.nupkg")).refused(400));
    let mut visitor = signed_in(&feed, "alice");
    let mut said = || visitor.get(&format!("verdicts/{number}")).text().contains("is trusted by now");
    assert!(!said());
    let root = golden::certificate("stranger-root");
    feed.assay(&["trust", "add", "--for", "signing", root.to_str().unwrap()]).succeeded();
    assert!(said());
}
