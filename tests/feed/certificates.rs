//! Registered certificates: who may register what, and what counts from when on.

use crate::support::{Feed, golden, package};

#[test]
fn a_registration_counts_from_the_next_push_and_its_removal_too() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let signed = golden::read("good-author-rsa3072-sha384.nupkg");
    alice.push(&signed).refused(400);
    let alice = alice.with_certificate("leaf-3072");
    alice.push(&signed).accepted();

    let alice = alice.with_certificate("leaf-2048").without_certificate("leaf-3072");
    alice.push(golden::read("good-author-sha256WithRSA.nupkg")).refused(400).warning(&golden::fingerprint("leaf-3072"));
    assert_eq!(feed.rows("version"), 1, "what is there already stays");
}

#[test]
fn the_phrase_of_a_refusal_knows_a_registration_that_was_removed_or_is_for_other_ids() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072").with_certificate("leaf-2048");
    let signed = golden::read("good-author-rsa3072-sha384.nupkg");
    alice.push(&signed).accepted();
    let fingerprint = golden::fingerprint("leaf-3072");
    let next = golden::read("good-author-sha256WithRSA.nupkg");
    let limit =
        ["certificate", "limit", "--account", "alice", "--pattern", "Golden.Other", "--accept-unsigned", &fingerprint];
    feed.assay(&limit).succeeded();
    let limited = alice.push(&next).refused(400);
    limited.saying("registered for other package IDs");
    let alice = alice.without_certificate("leaf-3072");
    let removed = alice.push(&next).refused(400);
    removed.saying("signed with a certificate whose registration was removed");
}

#[test]
fn a_list_shows_the_registrations_with_their_fingerprints() {
    let feed = Feed::start();
    feed.account("alice").with_certificate("leaf-3072");
    feed.account("bob").with_certificate("leaf-2048");
    let all = feed.assay(&["certificate", "list"]).succeeded();
    let alices = feed.assay(&["certificate", "list", "--account", "alice"]).succeeded();
    let (hers, his) = (golden::fingerprint("leaf-3072"), golden::fingerprint("leaf-2048"));
    assert!(all.contains(&hers) && all.contains(&his), "{all}");
    assert!(alices.contains(&hers) && !alices.contains(&his), "{alices}");
}

#[test]
fn the_same_certificate_may_be_registered_by_two_accounts() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let bob = feed.account("bob").with_certificate("leaf-3072");
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    bob.push(golden::read("good-author-rsa3072-sha384.nupkg")).refused(403).saying("belongs to other accounts");
    bob.push(golden::read("good-author-sha256WithRSA.nupkg")).accepted();
}

#[test]
fn what_is_no_certificate_to_sign_with_is_refused_by_its_name() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let trust = golden::trust();
    let cases = [
        ("pfx/leaf-3072.pfx", "PFX"),
        ("keys/leaf-3072.key.pem", "private key"),
        ("crl/ca.crl", "revocation list"),
        ("certs/rsa1024.der", "2048"),
        ("certs/ecdsa.der", "RSA"),
        ("certs/wrong-eku.der", "code signing"),
        ("certs/lifetime-eku.der", "lifetime"),
        ("certs/leaf-expired.der", "expired"),
        ("certs/sha1-signed.der", "SHA-1"),
        ("certs/stranger-self.der", "root"),
        ("keys/README", "certificate"),
    ];
    for (file, reason) in cases {
        let path = trust.join(file);
        let run = feed.assay(&["certificate", "add", "--account", &alice.name, path.to_str().unwrap()]);
        assert_eq!(run.code, 1, "{file}: {run:?}");
        assert!(
            run.stderr.to_lowercase().contains(&reason.to_lowercase()),
            "{file} should say `{reason}`: {}",
            run.stderr
        );
    }
    assert_eq!(feed.rows("certificate_registration"), 0);
}

#[test]
fn a_self_signed_certificate_is_accepted_when_it_is_an_anchor_or_the_policy_says_so() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("self-trusted");
    alice.push(golden::read("good-author-self-signed-trusted.nupkg")).accepted();

    feed.assay(&["policy", "set", "accept_untrusted_roots", "true"]).succeeded();
    let bob = feed.account("bob").with_certificate("stranger-self");
    bob.push(golden::read("cert-self-signed.nupkg")).accepted();
}

#[test]
fn the_certificates_of_an_organization_count_for_what_is_pushed_in_its_name() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    let key = ["key", "create", "--account", "alice", "--owner", "Contoso", "--scope", "push"];
    feed.assay(&key).failed_saying("Contoso");
    let certificate = golden::certificate("leaf-3072");
    feed.assay(&["certificate", "add", "--account", "Contoso", certificate.to_str().unwrap()]).succeeded();
    let signed = golden::read("good-author-rsa3072-sha384.nupkg");
    alice.push(&signed).refused(400);

    feed.assay(&["account", "add-member", "Contoso", "alice", "--administrator"]).succeeded();
    let key = feed.assay(&key).succeeded();
    alice.push_with_key(&key, &signed).accepted();
    alice.push(golden::read("good-author-sha256WithRSA.nupkg")).refused(400);

    feed.assay(&["account", "remove-member", "Contoso", "alice"]).failed_saying("administrator");
    feed.account("bob");
    feed.assay(&["account", "add-member", "Contoso", "bob", "--administrator"]).succeeded();
    feed.assay(&["account", "remove-member", "Contoso", "alice"]).succeeded();
    alice.push_with_key(&key, package("Contoso.New", "1.0.0").bytes()).refused(403);
}
