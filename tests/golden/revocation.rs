//! What becomes of a package when its issuers say that a certificate is revoked, say so no longer, or say nothing.

use assay::signature::revocation::{Status, Unknown};
use assay::signature::{ClientPolicy, Evidence, Policy, PushOptions, Report, Revocation, RevocationMode, SignerFacts};
use time::OffsetDateTime;
use time::macros::datetime;

use crate::manifest::{Case, NOW, anchors, answers, cases, report_with};

/// All golden lists have ended by then, and all golden certificates are still valid.
const LISTS_ARE_OLD: OffsetDateTime = datetime!(2051-01-01 00:00 UTC);

fn case(file: &str) -> Case {
    cases().into_iter().find(|case| case.file == format!("{file}.nupkg")).unwrap()
}

fn judged(file: &str, policy: &Policy, now: OffsetDateTime) -> Report {
    let (case, anchors) = (case(file), anchors());
    let answers = answers(&case, &anchors);
    report_with(&case, policy, Evidence { anchors: &anchors, answers: &answers, now }).unwrap()
}

fn push() -> Policy {
    PushOptions { timestamp_required: false, ..PushOptions::default() }.into()
}

fn refusals(report: &Report) -> Vec<String> {
    assert_eq!(report.accepted, report.errors().next().is_none());
    report.errors().map(|issue| issue.name()).collect()
}

/// One word for each certificate that somebody issued.
fn words(revocation: &Revocation) -> Vec<String> {
    let word = |status: &Status| match status {
        Status::Good { .. } => "good".to_owned(),
        Status::Revoked { in_date: true, .. } => "revoked".to_owned(),
        Status::Revoked { .. } => "revoked once".to_owned(),
        Status::Unknown(why) => format!("{why:?}"),
    };
    revocation.statuses().iter().map(|one| word(&one.status)).collect()
}

#[test]
fn a_push_refuses_what_is_revoked_whenever_that_was() {
    for file in ["revoked-before-timestamp", "revoked-after-timestamp", "revoked-on-hold", "revoked-issuer"] {
        assert_eq!(refusals(&judged(file, &push(), NOW)), ["NU3012"], "{file}");
    }
    assert_eq!(refusals(&judged("revoked-tsa", &push(), NOW)), ["NU3028"]);
    assert_eq!(refusals(&judged("revoked-counter", &push(), NOW)), ["NU3012"]);
}

#[test]
fn an_answer_that_has_grown_old_still_refuses() {
    let online = ClientPolicy::verify().with_revocation(RevocationMode::Online);
    for (file, code) in
        [("revoked-before-timestamp", "NU3012"), ("revoked-issuer", "NU3012"), ("revoked-tsa", "NU3028")]
    {
        assert_eq!(refusals(&judged(file, &push(), LISTS_ARE_OLD)), [code], "{file}");
        assert_eq!(refusals(&judged(file, &online.clone().into(), LISTS_ARE_OLD)), [code], "{file}");
    }
}

#[test]
fn an_answer_that_has_grown_old_acquits_a_signer_as_of_its_timestamp_for_a_client_and_nobody_here() {
    let online = ClientPolicy::verify().with_revocation(RevocationMode::Online);
    let signer = |policy: Policy| words(&judged("good-crl-fresh", &policy, LISTS_ARE_OLD).signer.unwrap().revocation);
    assert_eq!(signer(online.into()), ["good", "good"]);
    assert_eq!(signer(push()), ["OutOfDate", "OutOfDate"]);
}

#[test]
fn what_is_unknown_passes_a_push_and_is_shown() {
    let report = judged("good-author-rsa4096-sha512-chain4", &push(), NOW);
    let signer = report.signer.as_ref().unwrap();
    assert_eq!(refusals(&report), Vec::<String>::new());
    assert_eq!(words(&signer.revocation), ["NoAnswer", "NoAnswer", "NoAnswer"]);
    assert_eq!(signer.revocation.statuses().len() + 1, signer.chain.len());
    let named: Vec<_> = signer.revocation.statuses().iter().map(|one| one.certificate).collect();
    assert_eq!(named, signer.chain.iter().take(3).map(|one| one.fingerprint()).collect::<Vec<_>>());
    assert!(matches!(signer.revocation.statuses()[0].status, Status::Unknown(Unknown::NoAnswer)));
}

#[test]
fn every_certificate_of_a_chain_has_its_own_status() {
    let of = |file: &str| judged(file, &push(), NOW).signer.unwrap();
    let timestamp = |signer: &SignerFacts| words(&signer.timestamps[0].revocation);
    assert_eq!(words(&of("good-crl-fresh").revocation), ["good", "good"]);
    assert_eq!(timestamp(&of("good-crl-fresh")), ["good"]);
    assert_eq!(words(&of("revoked-issuer").revocation), ["good", "revoked"]);
    assert_eq!(words(&of("crl-stale").revocation), ["OutOfDate", "good"]);
    assert_eq!(words(&of("crl-forged").revocation), ["NotGenuine", "good"]);
    assert_eq!(timestamp(&of("revoked-tsa")), ["revoked"]);
}

#[test]
fn a_certificate_that_nobody_issued_has_no_status() {
    let report = judged("good-author-self-signed-trusted", &push(), NOW);
    assert_eq!(report.signer.unwrap().revocation, Revocation::Asked(Vec::new()));
}

#[test]
fn who_does_not_ask_learns_nothing() {
    let policy = ClientPolicy::verify().with_revocation(RevocationMode::NotAsked);
    let report = judged("revoked-before-timestamp", &policy.into(), NOW);
    assert!(report.accepted);
    let signer = report.signer.unwrap();
    assert_eq!((signer.revocation, &signer.timestamps[0].revocation), (Revocation::NotAsked, &Revocation::NotAsked));
}

#[test]
fn timestamps_of_both_signatures_are_told_with_what_is_known() {
    let report = judged("good-both-ts-ts", &Policy::verify(), NOW);
    for signer in [report.signer, report.countersigner] {
        let [timestamp] = signer.unwrap().timestamps.try_into().unwrap();
        assert_eq!(words(&timestamp.revocation), ["NoAnswer"]);
    }
}
