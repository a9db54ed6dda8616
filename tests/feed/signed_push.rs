//! What the feed is for: it tests who signed each package, and tells the person who pushed it in that person's own client.

use crate::support::{Feed, OfficialClient, golden, package};

#[test]
fn a_package_signed_with_a_registered_certificate_is_accepted_and_shown() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&alice) else { return };

    let signed = package("Contoso.Core", "1.0.0").signed_by("leaf-3072");
    client.push(signed, &[]).succeeded().saying("Your package was pushed.");

    assert_eq!(client.search("Contoso"), [("Contoso.Core".to_owned(), "1.0.0".to_owned())]);
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"]);
}

#[test]
fn an_unsigned_package_is_refused_once_the_account_has_a_certificate() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&alice) else { return };

    let said = client.push(package("Contoso.Core", "1.0.0").bytes(), &[]).failed();
    said.saying("error: Response status code does not indicate success: 4").saying("sign").saying("warn :");

    assert!(feed.versions("Contoso.Core").is_empty());
    assert!(client.search("Contoso").is_empty());
}

#[test]
fn an_unsigned_package_is_accepted_while_nobody_has_certificates() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let Some(client) = OfficialClient::of(&alice) else { return };

    client.push(package("Contoso.Core", "1.0.0").bytes(), &[]).succeeded();

    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"]);
}

#[test]
fn a_signed_package_is_refused_while_nobody_has_certificates() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let signed = golden::read("good-author-rsa3072-sha384.nupkg");
    alice.push(signed).refused(400).warning(&golden::fingerprint("leaf-3072")).saying("register");
}

#[test]
fn a_package_signed_with_a_certificate_that_is_not_registered_is_refused_with_its_fingerprint() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-2048");
    let Some(client) = OfficialClient::of(&alice) else { return };

    let said = client.push(package("Contoso.Core", "1.0.0").signed_by("leaf-3072"), &[]).failed();
    said.saying(&golden::fingerprint("leaf-3072")).saying("regist");

    assert!(feed.versions("Contoso.Core").is_empty());
}

#[test]
fn a_tampered_package_is_refused_with_the_clients_own_code() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&alice) else { return };

    let mut signed = package("Contoso.Core", "1.0.0").file("lib/net10.0/_._", b"before").signed_by("leaf-3072");
    // The host byte of the first entry's central record: no reader minds it, only the package hash does.
    let record = signed.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    signed[record + 38] ^= 1;
    client.push(signed, &[]).failed().saying("NU3008");

    assert!(feed.versions("Contoso.Core").is_empty());
}

#[test]
fn a_package_without_a_timestamp_is_refused_unless_the_policy_makes_it_optional() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let Some(_) = OfficialClient::of(&alice) else { return };
    let signed = crate::support::signing::sign_with(&package("Contoso.Core", "1.0.0").bytes(), "leaf-3072", &[]);

    alice.push(&signed).refused(400).saying("timestamp");
    feed.assay(&["policy", "set", "timestamp_required", "false"]).succeeded();
    alice.push(&signed).accepted();
}

#[test]
fn a_package_that_ends_in_an_unknown_root_is_refused_with_the_roots_name() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let refused = alice.push(golden::read("cert-untrusted-root.nupkg")).refused(400);
    refused.warning("Stranger Root").warning(&golden::fingerprint("stranger-root")).saying("NU3018");
}

#[test]
fn the_same_bytes_again_are_no_mistake_and_other_bytes_are() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let Some(client) = OfficialClient::of(&alice) else { return };
    let first = package("Contoso.Core", "1.0.0").bytes();
    let other = package("Contoso.Core", "1.0.0").description("another build").bytes();

    client.push(&first, &[]).succeeded();
    client.push(&first, &[]).succeeded().saying("Your package was pushed.");
    client.push(&other, &[]).failed().saying("409").saying("--skip-duplicate");
    client.push(&other, &["--skip-duplicate"]).succeeded().saying("already exists");
    let another_key = alice.new_key(&["--scope", "push"]);
    client.push_with_key(&another_key, &first, &[]).failed().saying("409");

    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"]);
}

#[test]
fn warnings_of_an_accepted_push_reach_the_user() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "enforcement", "warn"]).succeeded();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&alice) else { return };

    client.push(package("Contoso.Core", "1.0.0").bytes(), &[]).succeeded().saying("warn :").saying("sign");
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"]);
}

#[test]
fn an_invalid_signature_is_refused_in_every_stage() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    for stage in ["enforce", "warn", "report"] {
        feed.assay(&["policy", "set", "enforcement", stage]).succeeded();
        alice.push(golden::read("cms-bad-signature.nupkg")).refused(400);
    }
    assert_eq!(feed.rows("version"), 0);
}

#[test]
fn foreign_packages_are_judged_by_their_signature_alone() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "foreign_ids", "golden.*"]).succeeded();
    let alice = feed.account("alice").with_certificate("leaf-2048");
    alice.push(golden::read("good-author-rsa4096-sha512-chain4.nupkg")).accepted();
    alice.push(golden::read("cms-bad-signature.nupkg")).refused(400);
}

/// What other people signed stays good when their certificate has expired, as their timestamp is: only one's own must be valid
/// now, and a package without a timestamp proves nothing.
#[test]
fn a_signer_who_has_expired_since_the_timestamp_is_let_in_for_foreign_ids_alone() {
    let expired = "good-author-and-tsa-expired.nupkg";
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-2048");
    let refused = alice.push(golden::read(expired)).refused(400);
    assert_eq!(refused.phrase, "signing certificate is not valid any more");
    feed.assay(&["policy", "set", "foreign_ids", "golden.*"]).succeeded();
    alice.push(golden::read(expired)).accepted();
    assert_eq!(feed.versions(&golden::identity(expired)), ["1.0.0"]);
    alice.push(golden::read("cert-expired.nupkg")).refused(400);
}

#[test]
fn a_foreign_repository_signature_is_taken_off_and_ours_put_on() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let Some(client) = OfficialClient::of(&alice) else { return };
    alice.push(golden::read("good-official-repo-owners-ts.nupkg")).accepted();

    let served = feed.download("golden.good-official-repo-owners-ts", "1.0.0");
    let root = crate::restore::repository_certificate(&feed);
    let said = client.trusting_root(&root.pem).verify(&served).succeeded();
    said.saying("Signature type: Repository").saying(&root.fingerprint).saying(&feed.source());
}
