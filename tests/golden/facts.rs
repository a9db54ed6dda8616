//! What is read out of a package: kind, hashes, signers and timestamps, as the client reads them.

use assay::archive::{Archive, Limits};
use assay::signature::{Kind, Policy, Report};

use crate::manifest::{Case, anchors, cases, report};

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

fn content_hash(case: &Case) -> Option<String> {
    let mut reader = case.open();
    let archive = Archive::read(&mut reader, &Limits::DEFAULT).unwrap();
    archive.content_hash(&mut reader).unwrap()
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
        compare("content hash", &line["contentHash"], content_hash(case));
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
        match report(&case, &Policy::verify(), &anchors) {
            Some(report) => wrong.extend(facts(&case, &report)),
            None if case.line["kind"] == "unreadable" => {}
            None => wrong.push(format!("{} is readable for the client", case.file)),
        }
    }
    assert!(wrong.is_empty(), "{} facts differ: {wrong:#?}", wrong.len());
}
