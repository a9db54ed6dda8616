//! The client's tables, as this server computes them from packages: how a signature and its countersignature stand to each
//! other, and what every condition comes to under every policy.
//!
//! Each cell is `pass` or `FAIL` with the codes, errors in capitals (`E3008`) and warnings not (`w3027`).

use std::collections::BTreeSet;
use std::fmt::Write;

use assay::signature::{
    ClientPolicy, Kind, Policy, PushOptions, Report, RevocationMode, SignerFacts, SignerKind, Source, TrustedSigner,
    WrittenFingerprint,
};

use crate::manifest::{Case, anchors, cases, report, scenarios};

fn case(file: &str) -> Case {
    cases().into_iter().find(|case| case.file == format!("{file}.nupkg")).unwrap_or_else(|| panic!("no {file}"))
}

fn cell(report: Option<&Report>) -> String {
    let Some(report) = report else { return "FAIL unreadable".into() };
    let codes: BTreeSet<String> = report
        .issues
        .iter()
        .map(|issue| {
            let mark = if issue.is_error() { "E" } else { "w" };
            issue.code.map_or_else(|| format!("{mark}:{}", issue.name()), |code| code.to_string().replace("NU", mark))
        })
        .collect();
    let verdict = if report.accepted { "pass" } else { "FAIL" };
    [verdict.to_owned()].into_iter().chain(codes).collect::<Vec<_>>().join(" ")
}

/// A table with aligned columns.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(ToString::to_string).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&head).chain(rows).collect();
    let width = |column: usize| all.iter().map(|row| row[column].len()).max().unwrap_or_default();
    let mut text = String::new();
    for row in &all {
        let cells: Vec<String> =
            row.iter().enumerate().map(|(i, it)| format!("{it:width$}", width = width(i))).collect();
        writeln!(text, "{}", cells.join(" | ").trim_end()).unwrap();
    }
    text
}

fn fingerprint(signer: &SignerFacts) -> Option<WrittenFingerprint> {
    let certificate = signer.certificate.as_ref()?;
    Some(WrittenFingerprint::sha256(certificate.fingerprint().to_string().to_uppercase()))
}

/// An entry for everybody who signed the package, the author first.
fn own_signers(package: Option<&Report>, allow_untrusted_root: bool) -> Vec<TrustedSigner> {
    let Some(package) = package else { return stranger() };
    let repository = || SignerKind::Repository { owners: Vec::new() };
    let kind = if package.kind == Kind::Repository { repository() } else { SignerKind::Author };
    let signers = [(package.signer.as_ref(), kind), (package.countersigner.as_ref(), repository())];
    let entries: Vec<TrustedSigner> = signers
        .into_iter()
        .filter_map(|(signer, kind)| {
            Some(TrustedSigner { kind, certificate: fingerprint(signer?)?, allow_untrusted_root })
        })
        .collect();
    if entries.is_empty() { stranger() } else { entries }
}

fn stranger() -> Vec<TrustedSigner> {
    let certificate = WrittenFingerprint::sha256("AB".repeat(32));
    vec![TrustedSigner { kind: SignerKind::Author, certificate, allow_untrusted_root: false }]
}

/// A source that says that all of its packages are signed, with the certificate of whoever signed this one as repository.
fn own_source(package: Option<&Report>) -> Source {
    let signer = package.and_then(|package| match package.kind {
        Kind::Repository => package.signer.as_ref(),
        _ => package.countersigner.as_ref(),
    });
    let certificates = signer.and_then(fingerprint).unwrap_or_else(|| WrittenFingerprint::sha256("AB".repeat(32)));
    Source { all_repository_signed: true, certificates: vec![certificates] }
}

#[test]
fn a_signature_and_its_countersignature() {
    let anchors = anchors();
    let rows = [
        ("good", "timestamped", "good-both-ts-ts"),
        ("good", "untrusted", "counter-author-trusted-repo-untrusted"),
        ("good", "over other bytes", "counter-wrong-bytes"),
        ("good", "bad value", "counter-bad-signature"),
        ("good", "without its certificate", "counter-missing-certificate"),
        ("good", "for another purpose", "counter-wrong-eku"),
        ("good", "revoked", "revoked-counter"),
        ("good", "two of them", "counter-two-repo"),
        ("good", "without signing time", "counter-no-signing-time"),
        ("good", "timestamp of strangers", "counter-untrusted-timestamp"),
        ("untrusted", "timestamped", "counter-author-untrusted-repo-trusted"),
        ("untrusted", "untrusted", "counter-author-untrusted-repo-untrusted"),
        ("expired", "timestamped in time", "counter-author-expired-repo-ts-inside"),
        ("expired", "timestamped too late", "counter-author-expired-repo-ts-after"),
        ("expired", "not timestamped", "counter-author-expired-repo-no-ts"),
        ("expired", "expired, timestamped", "counter-author-expired-repo-expired-ts"),
        ("expired", "untrusted", "counter-author-expired-repo-untrusted"),
        ("untrusted, expired", "timestamped in time", "counter-author-untrusted-expired-repo-ts"),
        ("untrusted, expired", "not timestamped", "counter-author-untrusted-expired-repo-no-ts"),
        ("of unknown kind", "good", "counter-on-unknown-primary"),
        ("of a repository", "of another", "counter-on-repo-primary"),
    ];
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|(primary, counter, file)| {
            let case = case(file);
            let package = report(&case, &Policy::verify(), &anchors);
            let mut row = vec![(*primary).to_owned(), (*counter).to_owned()];
            let require = ClientPolicy::require(own_signers(package.as_ref(), false));
            let push = PushOptions { foreign: true, timestamp_required: false, ..PushOptions::default() };
            for policy in [Policy::accept(), require.into(), Policy::verify(), Policy::from(push)] {
                let report = report(&case, &policy, &anchors);
                let looked =
                    report.as_ref().and_then(|it| it.countersigner.as_ref()).is_some_and(|it| !it.chain.is_empty());
                let looked = if looked { ", looked" } else { "" };
                row.push(format!("{}{looked}", cell(report.as_ref())));
            }
            row
        })
        .collect();
    insta::assert_snapshot!(table(&["primary", "countersignature", "accept", "require", "verify", "push"], &rows));
}

/// What the client has beside the package, where a condition needs more than the package.
#[derive(Clone, Copy, PartialEq)]
enum With {
    Nothing,
    /// It asks online.
    Online,
    /// A list of others.
    Others,
    /// A list that allows the roots of the signers to be unknown.
    UntrustedRoots,
    /// A list without entries, and a source without certificates.
    EmptyLists,
}

fn policies(with: With, package: Option<&Report>) -> Vec<ClientPolicy> {
    let own = own_signers(package, with == With::UntrustedRoots);
    let listed = match with {
        With::Others => stranger(),
        With::EmptyLists | With::Nothing | With::Online => Vec::new(),
        With::UntrustedRoots => own.clone(),
    };
    let required = match with {
        With::Others => stranger(),
        With::EmptyLists => Vec::new(),
        With::Nothing | With::Online | With::UntrustedRoots => own,
    };
    let source = match with {
        With::EmptyLists => Source { certificates: Vec::new(), ..own_source(package) },
        _ => own_source(package),
    };
    let accept = ClientPolicy { trusted_signers: listed.clone(), ..ClientPolicy::accept() };
    let revocation = if with == With::Online { RevocationMode::Online } else { RevocationMode::Cached };
    let all = [
        accept.clone(),
        accept.from_source(source),
        ClientPolicy::require(required),
        ClientPolicy { trusted_signers: listed, ..ClientPolicy::verify() },
    ];
    all.into_iter().map(|policy| policy.with_revocation(revocation)).collect()
}

#[test]
fn every_condition_under_every_policy() {
    use With::*;
    let anchors = anchors();
    let rows = [
        ("unsigned", Nothing, "unsigned"),
        ("signature entry malformed", Nothing, "zip-sig-deflated"),
        ("undecodable", Nothing, "cms-garbage"),
        ("two signers", Nothing, "cms-two-signers"),
        ("certificate missing", Nothing, "cert-missing-leaf"),
        ("signing-certificate-v2 missing", Nothing, "cms-no-scv2"),
        ("signing time missing", Nothing, "cms-no-signing-time"),
        ("countersignature without signing time", Nothing, "counter-no-signing-time"),
        ("two repository countersignatures", Nothing, "counter-two-repo"),
        ("countersigned repository signature", Nothing, "counter-on-repo-primary"),
        ("content version", Nothing, "content-version-2"),
        ("both kinds at once", Nothing, "cms-commitment-both"),
        ("package changed", Nothing, "zip-changed-content"),
        ("bad base64", Nothing, "content-bad-base64"),
        ("bad signature value", Nothing, "cms-bad-signature"),
        ("certificate signed with SHA-1", Nothing, "cert-sha1-signed"),
        ("RSA 1024", Nothing, "cert-rsa1024"),
        ("lifetime signing", Nothing, "cert-lifetime-eku"),
        ("not yet valid", Nothing, "cert-not-yet-valid"),
        ("not for code signing", Nothing, "cert-wrong-eku"),
        ("issuer missing", Nothing, "cert-missing-intermediate"),
        ("revoked before the timestamp", Nothing, "revoked-before-timestamp"),
        ("revoked after the timestamp", Nothing, "revoked-after-timestamp"),
        ("issuer revoked", Nothing, "revoked-issuer"),
        ("unknown root", Nothing, "cert-untrusted-root"),
        ("unknown root, of a repository", Nothing, "repo-stranger"),
        ("the same, allowed", UntrustedRoots, "cert-untrusted-root"),
        ("the same, allowed", UntrustedRoots, "repo-stranger"),
        ("revocation unknown, online", Online, "good-author-rsa2048-sha256"),
        ("revocation unknown, offline", Nothing, "good-author-rsa2048-sha256"),
        ("answer out of date, online", Online, "crl-stale"),
        ("answer forged, online", Online, "crl-forged"),
        ("good by its answers, online", Online, "good-crl-fresh"),
        ("expired", Nothing, "cert-expired"),
        ("expired, of a repository", Nothing, "repo-expired-no-timestamp"),
        ("the same, root allowed to be unknown", UntrustedRoots, "cert-expired"),
        ("no timestamp", Nothing, "good-author-no-timestamp"),
        ("no timestamp, of a repository", Nothing, "good-repo-no-timestamp"),
        ("token without certificate", Nothing, "ts-no-certificate"),
        ("bad token", Nothing, "ts-bad-signature"),
        ("timestamp of something else", Nothing, "ts-wrong-imprint"),
        ("authority's certificate with SHA-1", Nothing, "ts-sha1-cert"),
        ("authority with RSA 1024", Nothing, "ts-rsa1024"),
        ("token signed with SHA-1", Nothing, "ts-signed-sha1"),
        ("authority not yet valid", Nothing, "ts-not-yet-valid"),
        ("imprint with SHA-1", Nothing, "ts-imprint-sha1"),
        ("authority expired then", Nothing, "ts-expired-at-gentime"),
        ("authority unknown", Nothing, "ts-untrusted"),
        ("authority unknown, signer expired", Nothing, "ts-untrusted-expired-signer"),
        ("authority revoked", Nothing, "revoked-tsa"),
        ("authority for another purpose", Nothing, "ts-eku-wrong"),
        ("authority's issuer missing", Nothing, "ts-missing-intermediate"),
        ("in no list", Others, "good-author-rsa2048-sha256"),
        ("in no list, of a repository", Others, "good-repo-one-owner"),
        ("empty lists", EmptyLists, "good-author-rsa2048-sha256"),
        ("empty lists, of a repository", EmptyLists, "good-repo-one-owner"),
    ];
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|(condition, with, file)| {
            let case = case(file);
            let package = report(&case, &Policy::verify(), &anchors);
            let cells = policies(*with, package.as_ref())
                .into_iter()
                .map(|policy| cell(report(&case, &Policy::from(policy), &anchors).as_ref()));
            std::iter::once((*condition).to_owned()).chain(cells).collect()
        })
        .collect();
    insta::assert_snapshot!(table(&["condition", "accept", "accept, all signed", "require", "verify"], &rows));
}

/// Codes that this client cannot say when it judges: they belong to signing, to configuration, or to rules that no built-in
/// policy asks for.
#[test]
fn every_code_of_a_judgement_occurs() {
    let anchors = anchors();
    let mut found = BTreeSet::new();
    for (_, policy) in scenarios() {
        let policy = Policy::from(policy);
        for case in cases() {
            let issues = report(&case, &policy, &anchors).into_iter().flat_map(|report| report.issues);
            found.extend(issues.filter_map(|issue| Some(issue.code?.to_string())));
        }
    }
    let expected = [
        3000, 3003, 3004, 3005, 3007, 3008, 3009, 3010, 3011, 3012, 3013, 3014, 3015, 3017, 3018, 3019, 3020, 3021,
        3022, 3023, 3024, 3025, 3027, 3028, 3030, 3031, 3032, 3033, 3034, 3036, 3037, 3042,
    ];
    assert_eq!(found, expected.iter().map(|code| format!("NU{code}")).collect());
}
