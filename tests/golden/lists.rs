//! Lists of trusted signers, as a client configures them: what matches, what does not, and how entries come together.

use assay::archive::HashAlgorithm;
use assay::signature::{
    Certificate, ClientPolicy, Command, Policy, SignerKind, Source, TrustedSigner, WrittenFingerprint,
};
use sha2::{Digest, Sha384, Sha512};

use crate::manifest::{anchors, cases, folder, report};

const AUTHOR: &str = "good-author-rsa3072-sha384.nupkg";
const REPOSITORY: &str = "good-repo-one-owner.nupkg";
const BOTH: &str = "good-both-ts-ts.nupkg";
const STRANGER: &str = "cert-untrusted-root.nupkg";

/// `ok`, or the errors.
fn says(file: &str, policy: impl Into<Policy>) -> String {
    let case = cases().into_iter().find(|case| case.file == file).unwrap();
    let report = report(&case, &policy.into(), &anchors()).unwrap();
    let errors: Vec<String> = report.errors().map(|issue| issue.name()).collect();
    assert_eq!(report.accepted, errors.is_empty(), "{errors:?}");
    if report.accepted { "ok".into() } else { errors.join(" ") }
}

fn warns(file: &str, policy: impl Into<Policy>) -> Vec<String> {
    let case = cases().into_iter().find(|case| case.file == file).unwrap();
    let report = report(&case, &policy.into(), &anchors()).unwrap();
    assert!(report.accepted);
    report.warnings().map(|issue| issue.name()).collect()
}

fn require(signers: &[TrustedSigner]) -> ClientPolicy {
    ClientPolicy::require(signers.to_vec())
}

fn sha256(name: &str) -> WrittenFingerprint {
    WrittenFingerprint::sha256(certificate(name).fingerprint().to_string().to_uppercase())
}

fn certificate(name: &str) -> Certificate {
    let der = std::fs::read(folder().join(format!("trust/certs/{name}.der"))).unwrap();
    Certificate::from_der(&der).unwrap()
}

fn author(certificate: WrittenFingerprint) -> TrustedSigner {
    TrustedSigner { kind: SignerKind::Author, certificate, allow_untrusted_root: false }
}

fn repository(certificate: WrittenFingerprint, owners: &[&str]) -> TrustedSigner {
    let owners = owners.iter().map(ToString::to_string).collect();
    TrustedSigner { kind: SignerKind::Repository { owners }, certificate, allow_untrusted_root: false }
}

fn any_root(signer: TrustedSigner) -> TrustedSigner {
    TrustedSigner { allow_untrusted_root: true, ..signer }
}

fn lower(fingerprint: WrittenFingerprint) -> WrittenFingerprint {
    WrittenFingerprint { text: fingerprint.text.to_lowercase(), ..fingerprint }
}

#[test]
fn a_required_list_must_name_somebody_who_signed() {
    assert_eq!(says(AUTHOR, require(&[])), "NU3034");
    assert_eq!(says(AUTHOR, require(&[author(sha256("leaf-2048"))])), "NU3034");
    assert_eq!(says(AUTHOR, require(&[author(sha256("leaf-3072"))])), "ok");
    assert_eq!(says(BOTH, require(&[author(sha256("leaf-3072"))])), "ok");
    assert_eq!(says(BOTH, require(&[repository(sha256("repo-leaf"), &[])])), "ok");
    assert_eq!(says(REPOSITORY, require(&[repository(sha256("repo-leaf"), &[])])), "ok");
    assert_eq!(says("unsigned.nupkg", require(&[author(sha256("leaf-3072"))])), "NU3004");
}

#[test]
fn a_list_that_is_not_required_only_warns() {
    let policy = ClientPolicy { trusted_signers: vec![author(sha256("leaf-2048"))], ..ClientPolicy::accept() };
    assert_eq!(warns(AUTHOR, policy), ["NU3034"]);
    assert_eq!(warns("unsigned.nupkg", ClientPolicy::accept()), Vec::<String>::new());
}

#[test]
fn an_entry_is_about_signers_of_its_kind() {
    assert_eq!(says(REPOSITORY, require(&[author(sha256("repo-leaf"))])), "NU3034");
    assert_eq!(says(BOTH, require(&[author(sha256("repo-leaf"))])), "NU3034");
    assert_eq!(says(AUTHOR, require(&[repository(sha256("leaf-3072"), &[])])), "NU3034");
}

#[test]
fn fingerprints_match_in_any_case_and_by_three_hashes_and_not_with_colons() {
    let der = certificate("leaf-3072").as_der().to_vec();
    let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
    let sha384 = WrittenFingerprint { algorithm: HashAlgorithm::Sha384, text: hex(&Sha384::digest(&der)) };
    let sha512 = WrittenFingerprint { algorithm: HashAlgorithm::Sha512, text: hex(&Sha512::digest(&der)) };
    for matching in [lower(sha256("leaf-3072")), sha384.clone(), sha512] {
        assert_eq!(says(AUTHOR, require(&[author(matching)])), "ok");
    }
    let other_hash = WrittenFingerprint { algorithm: HashAlgorithm::Sha512, ..sha384 };
    let mut colons = sha256("leaf-3072");
    colons.text.insert(2, ':');
    for other in [other_hash, colons] {
        assert_eq!(says(AUTHOR, require(&[author(other)])), "NU3034");
    }
}

#[test]
fn one_owner_must_be_named_letter_by_letter() {
    let of = |owners: &[&str]| says(REPOSITORY, require(&[repository(sha256("repo-leaf"), owners)]));
    assert_eq!(of(&["bob", "alice"]), "ok");
    assert_eq!(of(&["ALICE"]), "NU3034");
    let none = says("good-repo-no-owners.nupkg", require(&[repository(sha256("repo-leaf"), &["alice"])]));
    assert_eq!(none, "NU3034");
}

#[test]
fn entries_of_one_certificate_become_one() {
    let feed = |owners: &[&str]| repository(sha256("repo-leaf"), owners);
    // Owners add up, and an entry for anybody is lost in one for somebody.
    assert_eq!(says(REPOSITORY, require(&[feed(&["nobody"]), feed(&["alice"])])), "ok");
    assert_eq!(says(REPOSITORY, require(&[feed(&["nobody"]), feed(&[])])), "NU3034");
    // What is written in another case is another entry.
    let elsewhere = repository(lower(sha256("repo-leaf")), &[]);
    assert_eq!(says(REPOSITORY, require(&[feed(&["nobody"]), elsewhere])), "ok");
    // An author's signature has no owners.
    let as_both = [repository(sha256("leaf-3072"), &["nobody"]), author(sha256("leaf-3072"))];
    assert_eq!(says(AUTHOR, require(&as_both)), "ok");
}

#[test]
fn an_unknown_root_is_allowed_in_upper_case_and_when_all_entries_agree() {
    let stranger = || author(sha256("stranger-leaf"));
    assert_eq!(says(STRANGER, require(&[stranger()])), "NU3018");
    assert_eq!(says(STRANGER, require(&[any_root(stranger())])), "ok");
    assert_eq!(warns(STRANGER, require(&[any_root(stranger())])), Vec::<String>::new());
    assert_eq!(says(STRANGER, require(&[any_root(author(lower(sha256("stranger-leaf"))))])), "NU3018");
    assert_eq!(says(STRANGER, require(&[any_root(stranger()), stranger()])), "NU3018");
    assert_eq!(says(STRANGER, require(&[stranger(), any_root(stranger())])), "NU3018");
}

#[test]
fn fingerprints_of_the_verify_command_are_about_primary_signatures() {
    let verify = |name: &str| ClientPolicy {
        command: Command::Verify { certificate_fingerprints: vec![lower(sha256(name))] },
        ..ClientPolicy::verify()
    };
    assert_eq!(says(AUTHOR, verify("leaf-3072")), "ok");
    assert_eq!(says(BOTH, verify("repo-leaf")), "NU3034");
    assert_eq!(says(REPOSITORY, verify("repo-leaf")), "ok");
}

#[test]
fn a_source_that_has_signed_everything_takes_the_lenience_away() {
    let source = |all_repository_signed, names: &[&str]| {
        let certificates = names.iter().map(|name| lower(sha256(name))).collect();
        ClientPolicy::accept().from_source(Source { all_repository_signed, certificates })
    };
    assert_eq!(says("unsigned.nupkg", source(true, &["repo-leaf"])), "NU3004");
    assert_eq!(says(REPOSITORY, source(true, &["repo-leaf"])), "ok");
    assert_eq!(says(BOTH, source(true, &["repo-leaf"])), "ok");
    assert_eq!(says(AUTHOR, source(true, &["repo-leaf"])), "NU3034");
    assert_eq!(says(REPOSITORY, source(true, &[])), "NU3034");
    assert_eq!(says("repo-stranger.nupkg", source(true, &["stranger-repo"])), "NU3018");
    assert_eq!(warns("unsigned.nupkg", source(false, &["repo-leaf"])), Vec::<String>::new());
    assert_eq!(warns(AUTHOR, source(false, &["repo-leaf"])), ["NU3034"]);
    assert_eq!(warns(AUTHOR, source(false, &[])), Vec::<String>::new());
}
