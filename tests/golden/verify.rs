//! `dotnet nuget verify` and restore in accept mode against the same packages.

use std::collections::BTreeMap;

use assay::signature::{Kind, Policy, Report};

use crate::manifest::{Case, anchors, cases, report, verdict};

/// Packages on which this server and the client differ under `verify`, with the reason. A line that is no longer true
/// fails the test as much as a missing one.
const KNOWN_GAPS: &[(&str, &str)] = &[
    ("cms-digest-md5.nupkg", "MD5 is not computed here, and a push refuses it anyway"),
    ("revoked-after-timestamp.nupkg", "revocation is not part of this judgement"),
    ("revoked-before-timestamp.nupkg", "revocation is not part of this judgement"),
    ("revoked-counter.nupkg", "revocation is not part of this judgement"),
    ("revoked-issuer.nupkg", "revocation is not part of this judgement"),
    ("revoked-no-timestamp.nupkg", "revocation is not part of this judgement"),
    ("revoked-on-hold.nupkg", "revocation is not part of this judgement"),
    ("revoked-tsa.nupkg", "revocation is not part of this judgement"),
];

fn differences(scenario: &str, policy: &Policy) -> BTreeMap<String, String> {
    let anchors = anchors();
    let mut different = BTreeMap::new();
    for case in cases() {
        let expected = case.verdict(scenario);
        let report = report(&case, policy, &anchors);
        let found = verdict(report.as_ref());
        let same_codes = case.threw(scenario) || found.codes == expected.codes;
        if found.accepted != expected.accepted || !same_codes {
            let own: Vec<String> = report.iter().flat_map(|r| &r.issues).map(|issue| issue.to_string()).collect();
            different.insert(case.file.clone(), format!("client {expected:?}, we {found:?}: {own:?}"));
        }
    }
    different
}

#[test]
fn verify_says_what_the_client_says() {
    let mut different = differences("verify-offline", &Policy::Verify);
    let healed: Vec<&str> =
        KNOWN_GAPS.iter().map(|(file, _)| *file).filter(|file| different.remove(*file).is_none()).collect();
    assert!(different.is_empty(), "{} differ: {different:#?}", different.len());
    assert!(healed.is_empty(), "these agree now, take them off the list: {healed:?}");
}

#[test]
fn accept_accepts_what_restore_accepts() {
    let anchors = anchors();
    let wrong: Vec<String> = cases()
        .into_iter()
        .filter(|case| !case.file.starts_with("revoked-") && case.file != "cms-digest-md5.nupkg")
        .filter_map(|case| {
            let found = report(&case, &Policy::Accept, &anchors).is_some_and(|report| report.accepted);
            let expected = case.line["verdicts"]["accept"]["accepted"] == true && !case.threw("accept");
            (found != expected).then(|| format!("{}: client {expected}, we {found}", case.file))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn kind(report: &Report) -> String {
    let kind = match report.kind {
        Kind::Unsigned => "unsigned",
        Kind::Author => "author",
        Kind::Repository => "repository",
        Kind::Unknown => "unknown",
        Kind::Unreadable => "unreadable",
    };
    let countersigned = if report.countersigner.is_some() { "+countersigned" } else { "" };
    format!("{kind}{countersigned}")
}

fn facts(case: &Case, report: &Report) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut compare = |name: &str, expected: &serde_json::Value, found: Option<String>| {
        if expected.as_str() != found.as_deref() {
            wrong.push(format!("{}: {name} is {expected} for the client, {found:?} for us", case.file));
        }
    };
    let line = &case.line;
    // The client reads countersignatures later than we do, and shows what it has when a timestamp is malformed.
    if report.kind == Kind::Unreadable
        && report.issues.iter().all(|issue| issue.timestamp || issue.part == assay::signature::Part::Countersignature)
    {
        return wrong;
    }
    let fingerprint =
        |signer: &assay::signature::SignerFacts| Some(signer.certificate.as_ref()?.fingerprint().to_string());
    compare("kind", &line["kind"], Some(kind(report)));
    // Of a changed package the client computes a hash of something that is not the package.
    let changed = case.verdict("verify-offline").codes.contains("error NU3008");
    if line["contentHash"].is_string() && !changed {
        compare("content hash", &line["contentHash"], report.content_hash.clone());
    }
    compare("signer", &line["signer"], report.signer.as_ref().and_then(fingerprint));
    if line["countersigner"].is_string() {
        compare("countersigner", &line["countersigner"], report.countersigner.as_ref().and_then(fingerprint));
    }
    let times = report.signer.iter().flat_map(|signer| &signer.timestamps);
    // .NET computes fractions with binary floating point; a microsecond of difference is its error.
    let shown = |time: time::OffsetDateTime| ((time.unix_timestamp_nanos() + 500) / 1000).to_string();
    let found: Vec<[String; 4]> = times
        .map(|t| [shown(t.time), shown(t.lower), shown(t.upper), t.certificate.fingerprint().to_string()])
        .collect();
    let read = |value: &serde_json::Value| {
        let format = &time::format_description::well_known::Rfc3339;
        time::OffsetDateTime::parse(value.as_str().unwrap(), format).map(shown).unwrap()
    };
    let expected: Vec<[String; 4]> = line["timestamps"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|t| t["of"].as_str().is_none_or(|of| of == "primary"))
        .map(|t| [read(&t["time"]), read(&t["lower"]), read(&t["upper"]), t["signer"].as_str().unwrap().to_owned()])
        .collect();
    if expected != found {
        wrong.push(format!("{}: timestamps {expected:?} for the client, {found:?} for us", case.file));
    }
    wrong
}

#[test]
fn facts_are_what_the_client_reads() {
    let anchors = anchors();
    let mut wrong = Vec::new();
    for case in cases() {
        match report(&case, &Policy::Verify, &anchors) {
            Some(report) => wrong.extend(facts(&case, &report)),
            None if case.line["kind"] == "unreadable" => {}
            None => wrong.push(format!("{} is readable for the client", case.file)),
        }
    }
    assert!(wrong.is_empty(), "{} facts differ: {wrong:#?}", wrong.len());
}
