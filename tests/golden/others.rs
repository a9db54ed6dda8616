//! Packages by others, under every configuration in which the client was asked about them: real ones from nuget.org, the
//! signed ones of the client's own tests, and archives of unusual structure.
//!
//! Runs when `ASSAY_SHARED` names the folder that has them; else it says so and passes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use assay::archive::{Archive, Limits};
use assay::signature::revocation::Answers;
use assay::signature::{
    Certificate, ClientPolicy, Evidence, Kind, Policy, Report, RevocationMode, SignerFacts, SignerKind, Source,
    TrustAnchors, TrustedSigner, WrittenFingerprint, judge,
};
use serde_json::Value;

use crate::manifest::{NOW, Verdict, verdict};
use crate::shared::{lines, sdk_anchors, shared};

/// Where this server and the client differ: package, mode and policy, and the rule that explains it.
const EXCEPTIONS: &[(&str, &str, &str, &str)] =
    &[("gallery/Zip64Package.1.0.0.nupkg", "offline", "*", ZIP64), ("zip/EmptyZip64.zip", "offline", "*", ZIP64)];

const ZIP64: &str = "rule archive: Zip64 is not read at all, since what has it cannot be signed (NU3006)";

const NUGET_ORG: [&str; 3] = [
    "0E5F38F57DC1BCC806D8494F4F90FBCEDD988B46760709CBEEC6F4219AA6157D",
    "5A2901D6ADA3D18260B9C6DFE2133C95D74B9EEF6AE0E5DC334C8454D1477DF4",
    "1F4B311D9ACC115C8DC8018B5A49E00FCE6DA8E2855F9F014CA6F34570BC482D",
];

fn judged(path: &Path, policy: ClientPolicy, anchors: &TrustAnchors) -> Option<Report> {
    let mut reader = BufReader::new(File::open(path).unwrap());
    let archive = Archive::read(&mut reader, &Limits::DEFAULT).ok()?;
    let evidence = Evidence { anchors, answers: Answers::NONE, now: NOW };
    Some(judge(&mut reader, &archive, &Policy::from(policy), evidence).unwrap())
}

/// What the client said: codes in a list of their own, or before the messages.
fn expected(told: &Value) -> Verdict {
    let issues = told["issues"].as_array().or_else(|| told["codes"].as_array()).into_iter().flatten();
    let codes = issues.filter_map(Value::as_str).filter_map(|text| {
        let code = text.split(':').next()?;
        code.contains(" NU").then(|| code.to_owned())
    });
    Verdict { accepted: told["accepted"] == true, codes: codes.collect() }
}

/// The policy under a name of the manifests, for a package with this report.
fn policy(name: &str, package: &Report) -> ClientPolicy {
    let source = |fingerprints: Vec<String>| Source {
        all_repository_signed: true,
        certificates: fingerprints.into_iter().map(WrittenFingerprint::sha256).collect(),
    };
    let entry = |kind, fingerprint: String, allow_untrusted_root| TrustedSigner {
        kind,
        certificate: WrittenFingerprint::sha256(fingerprint),
        allow_untrusted_root,
    };
    let repository = || SignerKind::Repository { owners: Vec::new() };
    let own_kind = || if package.kind == Kind::Repository { repository() } else { SignerKind::Author };
    let own = |allow| vec![entry(own_kind(), fingerprint(package.signer.as_ref()), allow)];
    match name {
        "verify" => ClientPolicy::verify(),
        "accept" => ClientPolicy::accept(),
        "accept, index of nuget.org" => ClientPolicy::accept().from_source(source(NUGET_ORG.map(String::from).into())),
        "accept, index with its repository certificate" => {
            let signer = if package.kind == Kind::Repository { &package.signer } else { &package.countersigner };
            ClientPolicy::accept().from_source(source(vec![fingerprint(signer.as_ref())]))
        }
        "accept, index with another certificate" => ClientPolicy::accept().from_source(source(vec!["AB".repeat(32)])),
        "require, no signers" => ClientPolicy::require(Vec::new()),
        "require, nuget.org" => {
            let entries = NUGET_ORG.map(|fingerprint| entry(repository(), fingerprint.into(), false));
            ClientPolicy::require(entries.into())
        }
        "require, its author" | "require, its signer" => ClientPolicy::require(own(false)),
        "require, its signer with allowUntrustedRoot" => ClientPolicy::require(own(true)),
        "require, another author" => ClientPolicy::require(vec![entry(SignerKind::Author, "AB".repeat(32), false)]),
        other => panic!("unknown policy {other}"),
    }
}

fn fingerprint(signer: Option<&SignerFacts>) -> String {
    let certificate = signer.and_then(|signer| signer.certificate.as_ref());
    certificate.map(|certificate| certificate.fingerprint().to_string().to_uppercase()).unwrap_or_default()
}

/// With the self-signed certificates in the package as anchors too.
fn trusting_itself(anchors: &TrustAnchors, package: &Report) -> TrustAnchors {
    let mut anchors = anchors.clone();
    let signers = [&package.signer, &package.countersigner].into_iter().flatten();
    for signer in signers {
        let of_timestamps = signer.timestamps.iter().flat_map(|timestamp| &timestamp.chain);
        let chain: Vec<&Certificate> = signer.chain.iter().chain(of_timestamps).collect();
        for root in chain.into_iter().filter(|certificate| certificate.is_self_issued()) {
            anchors.signing.add(root.clone());
            anchors.timestamping.add(root.clone());
        }
    }
    anchors
}

#[test]
fn the_client_says_the_same_about_packages_by_others() {
    let Some(folder) = shared() else { return };
    let anchors = sdk_anchors(&folder);
    let mut agree: BTreeMap<String, usize> = BTreeMap::new();
    let mut used = BTreeSet::new();
    let mut wrong = Vec::new();
    for set in ["real", "signed", "structural"] {
        let set = folder.join("testdata").join(set);
        for line in lines(&set) {
            let file = line["file"].as_str().unwrap();
            let path = set.join(file);
            if path.extension().is_none_or(|extension| extension != "nupkg" && extension != "zip") {
                continue;
            }
            let package = judged(&path, ClientPolicy::verify(), &anchors);
            for (mode, policies) in line["verdicts"].as_object().into_iter().flatten() {
                if mode.starts_with("dotnet nuget") {
                    continue;
                }
                for (name, told) in policies.as_object().unwrap() {
                    let expected = expected(told);
                    let found = package.as_ref().map(|package| {
                        let revocation =
                            if mode.starts_with("online") { RevocationMode::Online } else { RevocationMode::Cached };
                        let policy = policy(name, package).with_revocation(revocation);
                        let itself = mode.contains("self-signed").then(|| trusting_itself(&anchors, package));
                        verdict(judged(&path, policy, itself.as_ref().unwrap_or(&anchors)).as_ref())
                    });
                    let found = found.unwrap_or_else(|| verdict(None));
                    let threw = !told["exception"].is_null();
                    if found.accepted == expected.accepted && (threw || found.codes == expected.codes) {
                        *agree.entry(format!("{mode}: {name}")).or_default() += 1;
                        continue;
                    }
                    let excused = EXCEPTIONS.iter().position(|(of, in_mode, under, _)| {
                        *of == file && (*in_mode == mode || *in_mode == "*") && (*under == name || *under == "*")
                    });
                    match excused {
                        Some(line) => _ = used.insert(line),
                        None => wrong.push(format!("{mode}: {name}: {file}: client {expected:?}, we {found:?}")),
                    }
                }
            }
        }
    }
    for (question, count) in &agree {
        println!("{question}: {count} agree");
    }
    assert!(wrong.is_empty(), "{} differ: {wrong:#?}", wrong.len());
    assert_eq!(used.len(), EXCEPTIONS.len(), "take those off the list that agree now");
    assert!(agree.values().sum::<usize>() >= 835, "{agree:?}");
}
