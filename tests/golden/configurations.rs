//! Configurations of the client beyond those in the manifest, asked of the official client itself: lists with all that can
//! be written into them, sources with and without certificates, and fingerprints given to the verify command.
//!
//! Runs when `ASSAY_SHARED` names the folder with the client and the oracle; else it says so and passes.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use assay::signature::Policy;
use serde_json::{Value, json};
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::manifest::{Case, anchors, cases, folder, policy, report, verdict};
use crate::official::{install, run};
use crate::shared::shared;

/// Fingerprints of the golden certificates as text in upper case.
struct Certificates(PathBuf);

impl Certificates {
    fn sha256(&self, name: &str) -> String {
        hex(&Sha256::digest(self.der(name)))
    }

    fn sha384(&self, name: &str) -> String {
        hex(&Sha384::digest(self.der(name)))
    }

    fn sha512(&self, name: &str) -> String {
        hex(&Sha512::digest(self.der(name)))
    }

    fn der(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.join(format!("{name}.der"))).unwrap()
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

fn author(fingerprint: String, untrusted: bool) -> Value {
    json!({ "kind": "author", "fingerprint": fingerprint, "allowUntrustedRoot": untrusted })
}

fn repository(fingerprint: String, untrusted: bool, owners: &[&str]) -> Value {
    json!({ "kind": "repository", "fingerprint": fingerprint, "allowUntrustedRoot": untrusted, "owners": owners })
}

/// The same entry with a fingerprint of another algorithm.
fn by(algorithm: &str, mut entry: Value) -> Value {
    entry["algorithm"] = algorithm.into();
    entry
}

/// The configurations by name.
fn configurations(of: &Certificates) -> Vec<Value> {
    let sha256 = |name: &str| of.sha256(name);
    let lower = |name: &str| of.sha256(name).to_lowercase();
    let feed = || repository(sha256("repo-leaf"), false, &[]);
    let authors = || vec![author(sha256("leaf-3072"), false), author(sha256("stranger-leaf"), true)];
    let lists: Vec<(&str, Vec<Value>)> = vec![
        ("authors", authors()),
        ("authors before the feed", [authors(), vec![feed()]].concat()),
        ("the feed before authors", [vec![feed()], authors()].concat()),
        ("in lower case", vec![author(lower("leaf-3072"), false), author(lower("stranger-leaf"), true)]),
        ("with colons", vec![author(sha256("leaf-3072").replace('A', "A:"), false)]),
        ("by SHA-384", vec![by("SHA384", author(of.sha384("leaf-3072"), false))]),
        ("by SHA-512", vec![by("sha512", author(of.sha512("stranger-leaf"), true))]),
        ("by the wrong algorithm", vec![by("SHA512", author(sha256("leaf-3072"), false))]),
        ("the feed as an author", vec![author(sha256("repo-leaf"), false)]),
        ("authors as repositories", vec![repository(sha256("leaf-3072"), false, &[])]),
        (
            "an author and a repository in one",
            vec![repository(sha256("leaf-3072"), false, &["nobody"]), author(sha256("leaf-3072"), false)],
        ),
        ("owners alice and bob", vec![repository(sha256("repo-leaf"), false, &["bob", "alice"])]),
        ("owner in another case", vec![repository(sha256("repo-leaf"), false, &["ALICE"])]),
        ("owners and anybody", vec![repository(sha256("repo-leaf"), false, &["nobody"]), feed()]),
        (
            "owners that add up",
            vec![
                repository(sha256("repo-leaf"), false, &["nobody"]),
                repository(sha256("repo-leaf"), false, &["alice"]),
            ],
        ),
        (
            "twice in different case",
            vec![repository(sha256("repo-leaf"), false, &["nobody"]), repository(lower("repo-leaf"), false, &[])],
        ),
        (
            "both about the root",
            vec![author(sha256("stranger-leaf"), true), author(sha256("stranger-leaf"), false), feed()],
        ),
        (
            "unknown roots of both",
            vec![
                author(sha256("stranger-leaf"), true),
                author(sha256("stranger-leaf-expired"), true),
                repository(sha256("repo-self"), true, &[]),
            ],
        ),
    ];
    let sources = [
        ("some signed, nothing published", json!({ "allRepositorySigned": false, "fingerprints": [] })),
        ("all signed, nothing published", json!({ "allRepositorySigned": true, "fingerprints": [] })),
        ("some signed", json!({ "allRepositorySigned": false, "fingerprints": [lower("repo-leaf")] })),
        (
            "all signed",
            json!({ "allRepositorySigned": true, "fingerprints": [sha256("repo-leaf"), lower("repo-self")] }),
        ),
    ];
    let options = [
        ("the author", vec![sha256("leaf-3072")]),
        ("the author in lower case", vec![lower("leaf-3072")]),
        ("the feed and a stranger", vec![sha256("repo-leaf"), sha256("stranger-leaf")]),
    ];
    let mut all = Vec::new();
    for (name, list) in &lists {
        for command in ["verify", "accept", "require"] {
            all.push(json!({ "name": format!("{command}: {name}"), "policy": command, "trustedSigners": list }));
        }
    }
    for (name, source) in &sources {
        for command in ["accept", "require"] {
            let name = format!("{command}: from a source with {name}");
            all.push(json!({ "name": name, "policy": command, "repository": source, "trustedSigners": lists[2].1 }));
            all.push(json!({ "name": format!("{name}, no list"), "policy": command, "repository": source }));
        }
    }
    for (name, fingerprints) in &options {
        let name = format!("verify: fingerprint of {name}");
        all.push(json!({ "name": name, "policy": "verify", "certificateFingerprints": fingerprints }));
    }
    all
}

/// Packages that no list or source could make a difference for, and such as need answers about revocation, are left out.
fn packages() -> Vec<Case> {
    let prefixes = [
        "counter-",
        "good-both-ts",
        "good-repo-",
        "repo-",
        "unsigned.",
        "cert-untrusted-root.",
        "cert-expired.",
        "ts-un",
    ];
    let mut cases = cases();
    cases.retain(|case| prefixes.iter().any(|prefix| case.file.starts_with(prefix)) && case.line["needs"].is_null());
    cases
}

#[test]
fn the_client_says_the_same_under_any_configuration() {
    let Some(shared) = shared() else { return };
    let target = tempfile::tempdir().unwrap();
    let (client, oracle) = install(&shared);
    let scenarios = configurations(&Certificates(folder().join("trust/certs")));
    let file = target.path().join("scenarios.json");
    fs::write(&file, serde_json::to_string(&scenarios).unwrap()).unwrap();
    let packages = packages();
    let answer = run(Command::new(client)
        .env("NUGET_CLIENT_HOME", target.path().join("home"))
        .env("NUGET_CERT_REVOCATION_MODE", "offline")
        .arg("exec")
        .arg(oracle)
        .args(["judge", "--no-facts", "--policy"])
        .arg(format!("@{}", file.display()))
        .arg("--code-roots")
        .arg(folder().join("trust/code-signing-roots.pem"))
        .arg("--timestamp-roots")
        .arg(folder().join("trust/timestamping-roots.pem"))
        .args(packages.iter().map(Case::path)));
    let anchors = anchors();
    let (mut compared, mut wrong) = (0, Vec::new());
    for (line, case) in answer.lines().zip(&packages) {
        let told: Value = serde_json::from_str(line).unwrap();
        for (told, scenario) in told["policies"].as_array().unwrap().iter().zip(&scenarios) {
            let expected = crate::manifest::read_verdict(told);
            let found = verdict(report(case, &Policy::from(policy(scenario)), &anchors).as_ref());
            let threw = !told["exception"].is_null();
            compared += 1;
            if found.accepted != expected.accepted || (!threw && found.codes != expected.codes) {
                wrong.push(format!("{}: {}: client {expected:?}, we {found:?}", scenario["name"], case.file));
            }
        }
    }
    println!("{compared} verdicts compared");
    assert!(wrong.is_empty(), "{} differ: {wrong:#?}", wrong.len());
    assert!(compared > 5_000, "{compared}");
}
