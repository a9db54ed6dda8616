//! Cases 83 to 91, 99, 101 and 102: the registered certificates of the owners and the signature of the package.

use super::{ANNS, feed, golden_of, house, owned};
use crate::restore::repository_certificate;
use crate::support::{golden, package};

#[test]
fn case_83_an_unsigned_package_is_refused_where_a_signature_is_required() {
    let id = owned("Case83", &["ann"]);
    house().ann.push(package(&id, "1.0.0").bytes()).refused(400).saying("NU3004").warning("ann (1 active)");
}

#[test]
fn case_84_a_sole_owner_without_certificates_is_told_to_register_the_one_that_signed() {
    let file = "good-author-rsa4096-sha512-chain4.nupkg";
    let refused = house().bob.push(golden_of(file, &["bob"])).refused(400);
    refused.warning("register it first").warning("Have bob register this certificate");
}

#[test]
fn case_85_unlike_nuget_org_an_owner_without_certificates_is_never_the_required_signer() {
    let id = owned("Case85", &["ann", "bob"]);
    feed().assay(&["package", "required-signer", &id, "--owner", "bob"]).failed_saying("bob");
    let rule = feed().assay(&["package", "rule", &id, "--json"]).succeeded();
    assert!(rule.contains("any-owner"), "{rule}");
}

#[test]
fn case_89_without_a_required_signature_unlike_nuget_org_only_a_signature_of_an_owner_or_none_will_do() {
    let stranger = golden_of("good-author-rsa2048-sha256.nupkg", &["ann", "bob"]);
    let id = golden::identity("good-author-rsa2048-sha256.nupkg");
    feed().assay(&["package", "required-signer", &id, "--none"]).succeeded();
    house().bob.push(stranger).refused(400).saying("NU3034");
    house().bob.push(package(&id, "2.0.0").bytes()).accepted();
}

#[test]
fn cases_90_and_91_an_unsigned_package_after_a_signed_one_unlike_nuget_org_is_refused_unless_the_owners_opened_the_id()
{
    let signed = golden_of(ANNS, &["ann", "bob"]);
    let id = golden::identity(ANNS);
    house().ann.push(signed).accepted();
    for version in ["0.9.0", "1.1.0"] {
        house().bob.push(package(&id, version).bytes()).refused(400).saying("NU3004");
    }
    feed().assay(&["package", "required-signer", &id, "--none"]).succeeded();
    for version in ["0.9.0", "1.1.0"] {
        house().bob.push(package(&id, version).bytes()).accepted();
    }
}

#[test]
fn case_99_an_unknown_certificate_is_refused_whatever_became_of_the_version_before() {
    let file = "good-official-author-ts.nupkg";
    let signed = golden_of(file, &["bob"]);
    let id = golden::identity(file);
    house().bob.push(&signed).refused(400).warning("register it first");
    house().bob.push(package(&id, "1.0.0").bytes()).accepted();
    feed().assay(&["package", "remove", &id, "1.0.0", "--reason", "a test"]).succeeded();
    house().bob.push(&signed).refused(409);
    feed().assay(&["package", "free", &id, "1.0.0"]).succeeded();
    house().bob.push(&signed).refused(400).warning("register it first");
}

#[test]
fn case_101_a_repositorys_signature_is_none_where_an_authors_is_required() {
    let file = "good-official-repo.nupkg";
    house().ann.push(golden_of(file, &["ann"])).refused(400).saying("NU3004");
}

#[test]
fn case_102_a_foreign_repositorys_countersignature_gives_way_to_ours_and_the_author_is_judged() {
    let file = "good-official-both-ts.nupkg";
    house().ann.push(golden_of(file, &["ann"])).accepted();
    let served = feed().scratch().join("case-102.nupkg");
    std::fs::write(&served, feed().download(&golden::identity(file), "1.0.0")).unwrap();
    let told = feed().assay(&["verify", "--json", served.to_str().unwrap()]).stdout;
    let told: serde_json::Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    let ours = repository_certificate(feed()).fingerprint.to_lowercase();
    assert_eq!((&told["signer"], &told["countersigner"]), (&golden::fingerprint("leaf-3072").into(), &ours.into()));
}
