//! Every case of an explanation, as one table that is read like a page.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Cursor;

use time::OffsetDateTime;
use time::macros::datetime;

use super::Error;
use super::explain::{Case, explain};
use super::ground::{Ground, Unheeded};
use super::verdict::Verdict;
use crate::domain::account::AccountId;
use crate::domain::api_key::{Dead, Denied};
use crate::domain::certificate::{CertificateStatus, RegisteredCertificate};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::policy::Enforcement;
use crate::domain::push_rule::{Accepted, AnotherOwner, Owner, Refused, RequiredSigner};
use crate::domain::required_signer;
use crate::domain::reserved_prefix::Reserved;
use crate::domain::verdict::{Explained, Found, RuleName, VerdictKind};
use crate::feed::{accounts, authority, timestamping};
use crate::nupkg::{self, Nupkg};
use crate::signature::{ChainProblem, Code, Issue, Kind, Level, Part, Problem, Refusal, Report, Rule};
use crate::{archive, store};

const AT: OffsetDateTime = datetime!(2026-11-28 16:20 UTC);

fn fingerprint(byte: u8) -> Fingerprint {
    Fingerprint::from_bytes([byte; 32])
}

fn package() -> Nupkg {
    let bytes = nupkg::builder::NupkgBuilder::new("Contoso.Core", "1.0.0").build();
    nupkg::read(&mut Cursor::new(bytes), &nupkg::Limits::default()).unwrap()
}

fn owner(name: &str, certificates: &[CertificateStatus]) -> Owner {
    let registered = certificates.iter().zip(0xa0..).map(|(status, byte)| RegisteredCertificate {
        fingerprint: fingerprint(byte),
        status: *status,
        patterns: [].into(),
    });
    Owner { account: name.parse().unwrap(), certificates: registered.collect() }
}

/// ann with two certificates, one of them expired, and bob with none.
fn ground() -> Ground {
    Ground {
        pusher: AccountId(1),
        owner: AccountId(1),
        owner_name: "ann".parse().unwrap(),
        stage: Enforcement::Enforce,
        foreign: false,
        new_id: false,
        owners: vec![owner("ann", &[CertificateStatus::Active, CertificateStatus::Expired]), owner("bob", &[])],
        choice: RequiredSigner::AnyOwner,
        accept_untrusted_roots: false,
        has_administrator: true,
        signs: true,
        unheeded: None,
        held_since: None,
    }
}

fn refusal(problems: Vec<(Option<u16>, Option<Rule>, bool, Problem)>) -> Error {
    let mut report = Report::new(Kind::Author);
    report.issues = problems
        .into_iter()
        .map(|(code, rule, timestamp, problem)| Issue {
            code: code.map(Code),
            rule,
            level: Level::Error,
            part: Part::Author,
            timestamp,
            problem,
        })
        .collect();
    Error::Signature(Box::new(Refusal { report: Box::new(report) }))
}

fn unknown_root(timestamp: bool) -> (Option<u16>, Option<Rule>, bool, Problem) {
    let problem = Problem::UntrustedRoot {
        subject: "CN=Stranger Root".to_owned(),
        root: fingerprint(0xee),
        der: Vec::new(),
        way_round: false,
        by_client: false,
    };
    (Some(if timestamp { 3028 } else { 3018 }), None, timestamp, problem)
}

/// The signature's refusals: one for each rule that a signature can break.
fn signatures() -> Vec<(&'static str, Error)> {
    let certificate = fingerprint(0xff);
    let changed = Problem::Changed { expected: "aaa".to_owned(), found: "bbb".to_owned() };
    let missing = Problem::Chain(ChainProblem::MissingIssuer { certificate, issuer: "CN=Between".to_owned() });
    let rules: Vec<(&'static str, Vec<_>)> = vec![
        ("changed after it was signed", vec![(Some(3008), None, false, changed)]),
        ("unknown root", vec![unknown_root(false)]),
        ("unknown root of the timestamp", vec![unknown_root(true)]),
        ("issuer missing", vec![(Some(3018), None, false, missing)]),
        ("no timestamp", vec![(None, Some(Rule::Timestamp), false, Problem::TimestampCount { found: 0 })]),
        ("revoked", vec![(Some(3012), None, false, Problem::Revoked { certificate, at: AT, hold: false })]),
        ("revoked authority", vec![(Some(3028), None, true, Problem::Revoked { certificate, at: AT, hold: false })]),
        ("expired", vec![(None, Some(Rule::ValidNow), false, Problem::ExpiredNow { certificate, not_after: AT })]),
        ("weak key", vec![(Some(3014), None, false, Problem::Key { certificate, found: "RSA 1024".to_owned() })]),
        ("countersigned by an author", vec![(None, Some(Rule::Kind), false, Problem::ForeignCountersignature)]),
        ("two nuspecs", vec![(None, Some(Rule::Manifest), false, Problem::Manifests { found: 2 })]),
        (
            "too many attributes",
            vec![(None, Some(Rule::Limit), false, Problem::TooMany { what: "attributes", limit: 9 })],
        ),
        (
            "several at once",
            vec![unknown_root(false), (None, Some(Rule::Timestamp), false, Problem::TimestampCount { found: 2 })],
        ),
    ];
    rules.into_iter().map(|(name, problems)| (name, refusal(problems))).collect()
}

/// The other refusals.
fn refusals() -> Vec<(&'static str, Error)> {
    let ann = || "ann".parse().unwrap();
    let stranger = fingerprint(0xff);
    let not_active =
        |status| Error::Rule(Refused::CertificateNotActive { fingerprint: stranger, owner: ann(), status });
    vec![
        ("no ZIP", Error::Package(nupkg::Error::NoNuspec)),
        ("archive", Error::Archive(archive::Error::Zip64)),
        ("key without the scope", Error::Denied(Denied::Scope("push"))),
        ("key for other IDs", Error::Denied(Denied::Pattern("Contoso.Core".to_owned()))),
        ("others' package", Error::Denied(Denied::Owner("Contoso.Core".to_owned()))),
        ("account disabled", Error::Disabled(ann())),
        ("account unknown", Error::Account(accounts::Error::Unknown(ann()))),
        ("reserved", Error::Reserved(Reserved { pattern: "Contoso.*".to_owned(), holders: vec![ann()] })),
        ("removed", Error::Removed { id: "Contoso.Core".to_owned(), version: "1.0.0".to_owned() }),
        ("exists", Error::Exists { id: "Contoso.Core".to_owned(), version: "1.0.0".to_owned() }),
        ("unsigned", Error::Rule(Refused::SignatureRequired { signers: vec![ann()] })),
        ("nothing registered", Error::Rule(Refused::NothingRegistered(stranger))),
        (
            "not registered",
            Error::Rule(Refused::CertificateNotRegistered { fingerprint: stranger, signers: vec![ann()] }),
        ),
        (
            "of another owner",
            Error::Rule(Refused::SignedByAnotherOwner(Box::new(AnotherOwner {
                fingerprint: stranger,
                owner: "bob".parse().unwrap(),
                signers: vec![ann()],
            }))),
        ),
        ("registered, expired", not_active(CertificateStatus::Expired)),
        ("registered, revoked", not_active(CertificateStatus::Revoked)),
        ("registered, not yet valid", not_active(CertificateStatus::NotYetValid)),
        ("registered, account disabled", not_active(CertificateStatus::AccountDisabled)),
        ("no owner", Error::Rule(Refused::NoOwner)),
        ("no signing key", Error::NoKey),
    ]
}

fn line(table: &mut String, name: &str, explained: Option<&Explained>) {
    let Some(it) = explained else {
        writeln!(table, "{name}\n    (nothing is explained)").unwrap();
        return;
    };
    writeln!(table, "{name}\n    {}", it.sentence).unwrap();
    for failed in &it.failed {
        writeln!(table, "    {} {}", failed.rule.word(), failed.code.as_deref().unwrap_or("-")).unwrap();
    }
    for step in &it.next {
        writeln!(table, "    > {step}").unwrap();
    }
    for way in &it.otherwise {
        writeln!(table, "    ~ {way}").unwrap();
    }
    let names = |names: &[crate::domain::account::AccountName]| {
        names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    let administrators = if it.can_change.administrators { "administrators" } else { "" };
    let who = [&names(&it.can_change.owners), administrators].join(" / ");
    writeln!(table, "    can change: {who}{}", if it.register { "; registering helps" } else { "" }).unwrap();
    let unjudged = it.rules.iter().filter(|named| named.found == Found::NotJudged).count();
    let passed = it.rules.iter().filter(|named| named.found == Found::Passed).count();
    writeln!(
        table,
        "    rules: {passed} kept, {} broken, {unjudged} not judged",
        it.rules.len() - passed - unjudged - not_needed(it)
    )
    .unwrap();
}

fn not_needed(it: &Explained) -> usize {
    it.rules.iter().filter(|named| named.found == Found::NotNeeded).count()
}

#[test]
fn the_table_of_refusals() {
    let (package, ground, mut table) = (package(), ground(), String::new());
    let mut named = BTreeSet::new();
    for (name, error) in refusals().into_iter().chain(signatures()) {
        let report = match &error {
            Error::Signature(refusal) => Some(&*refusal.report),
            _ => None,
        };
        let nupkg = (!matches!(error, Error::Package(_))).then_some(&package);
        let explained = explain(VerdictKind::Push, &Case::Refused(&error), nupkg, report, &ground);
        named.extend(explained.iter().flat_map(|it| &it.failed).map(|failed| failed.rule));
        line(&mut table, name, explained.as_ref());
    }
    for rule in RuleName::ALL.into_iter().filter(|rule| !named.contains(rule)) {
        assert_eq!(rule, RuleName::Algorithm, "no case of the table breaks it");
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_table_of_what_is_let_in_and_of_dry_runs() {
    let (package, report, mut table) = (package(), Report::new(Kind::Unsigned), String::new());
    let refused = Refused::SignatureRequired { signers: vec!["ann".parse().unwrap()] };
    let verdicts = [
        ("signed", Verdict::InOrder(Accepted::SignedBy("ann".parse().unwrap()))),
        ("unsigned", Verdict::InOrder(Accepted::Unsigned)),
        ("foreign", Verdict::Foreign),
        ("not enforced", Verdict::NotEnforced { refused, warn: true }),
    ];
    for kind in [VerdictKind::Push, VerdictKind::DryRun] {
        writeln!(table, "-- {kind:?}").unwrap();
        for (name, verdict) in &verdicts {
            let ground = Ground { foreign: *verdict == Verdict::Foreign, ..ground() };
            line(
                &mut table,
                name,
                explain(kind, &Case::Decided(verdict), Some(&package), Some(&report), &ground).as_ref(),
            );
        }
        line(&mut table, "repeated", explain(kind, &Case::Repeated, Some(&package), None, &ground()).as_ref());
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_rule_and_the_way_out_follow_owners_choice_and_policy() {
    let package = package();
    let stranger = || Error::Rule(Refused::NothingRegistered(fingerprint(0xff)));
    let ground_with = |owners: Vec<Owner>, choice: RequiredSigner| Ground { owners, choice, ..ground() };
    let expired = || owner("ann", &[CertificateStatus::Expired]);
    let active = || owner("ann", &[CertificateStatus::Active]);
    let grounds = [
        ("nobody has certificates", ground_with(vec![owner("ann", &[]), owner("bob", &[])], RequiredSigner::AnyOwner)),
        ("new ID", Ground { new_id: true, ..ground_with(vec![owner("ann", &[])], RequiredSigner::AnyOwner) }),
        ("none is active", ground_with(vec![expired()], RequiredSigner::AnyOwner)),
        ("one owner", ground_with(vec![active(), owner("bob", &[])], RequiredSigner::OneOwner("ann".parse().unwrap()))),
        ("no signature", ground_with(vec![active(), owner("bob", &[])], RequiredSigner::NoSignatureNeeded)),
        ("without an owner", ground_with(Vec::new(), RequiredSigner::AnyOwner)),
    ];
    let mut table = String::new();
    for (name, ground) in grounds {
        let unsigned = Error::Rule(Refused::SignatureRequired { signers: vec!["ann".parse().unwrap()] });
        for (what, error) in [("unsigned", unsigned), ("stranger's", stranger())] {
            let it = explain(VerdictKind::Push, &Case::Refused(&error), Some(&package), None, &ground).unwrap();
            writeln!(table, "{name}, {what}: {}", it.rule).unwrap();
            it.next.iter().for_each(|step| writeln!(table, "    > {step}").unwrap());
            it.otherwise.iter().for_each(|way| writeln!(table, "    ~ {way}").unwrap());
        }
    }
    let error = refusal(vec![unknown_root(false)]);
    let ground = Ground { accept_untrusted_roots: true, ..ground() };
    let it = explain(VerdictKind::Push, &Case::Refused(&error), Some(&package), None, &ground).unwrap();
    assert!(it.register, "with that policy the registration is the anchor");
    writeln!(table, "untrusted roots accepted: {}", it.next.join(" ")).unwrap();
    insta::assert_snapshot!(table);
}

#[test]
fn a_hold_is_not_told_as_if_it_were_final() {
    let (package, stranger) = (package(), fingerprint(0xff));
    let ground = Ground { held_since: Some(AT), ..ground() };
    let told = |error: &Error| {
        let it = explain(VerdictKind::Push, &Case::Refused(error), Some(&package), None, &ground).unwrap();
        format!("{}: {}", it.sentence, it.next[0])
    };
    let owner: crate::domain::account::AccountName = "ann".parse().unwrap();
    let registered =
        |status| Error::Rule(Refused::CertificateNotActive { fingerprint: stranger, owner: owner.clone(), status });
    let held = told(&registered(CertificateStatus::Revoked));
    assert!(held.contains("of ann is on hold since 2026-11-28: Wait until its issuer lifts the hold"), "{held}");
    assert!(!told(&registered(CertificateStatus::Expired)).contains("hold"));
    let in_chain = |timestamp| {
        let code = if timestamp { 3028 } else { 3012 };
        let problem = Problem::Revoked { certificate: stranger, at: AT, hold: true };
        told(&refusal(vec![(Some(code), None, timestamp, problem)]))
    };
    for told in [held, in_chain(false), in_chain(true)] {
        assert!(told.contains("on hold since") && told.contains("lift"), "{told}");
        assert!(!told.contains("revoked"), "{told}");
    }
}

#[test]
fn a_certificate_that_an_owner_removed_is_not_called_unknown() {
    let (package, stranger) = (package(), fingerprint(0xff));
    let ground = Ground { unheeded: Some(("ann".parse().unwrap(), Unheeded::Removed(AT))), ..ground() };
    for refused in [
        Refused::NothingRegistered(stranger),
        Refused::CertificateNotRegistered { fingerprint: stranger, signers: vec!["ann".parse().unwrap()] },
    ] {
        let error = Error::Rule(refused);
        let it = explain(VerdictKind::Push, &Case::Refused(&error), Some(&package), None, &ground).unwrap();
        assert!(it.sentence.contains("was removed by ann on 2026-11-28"), "{}", it.sentence);
        assert!(it.next[0].contains("register this certificate again"), "{:?}", it.next);
    }
}

#[test]
fn a_certificate_that_an_owner_limited_to_other_ids_is_not_called_unknown() {
    let ground = Ground { unheeded: Some(("ann".parse().unwrap(), Unheeded::OtherIds)), ..ground() };
    let error = Error::Rule(Refused::NothingRegistered(fingerprint(0xff)));
    let it = explain(VerdictKind::Push, &Case::Refused(&error), Some(&package()), None, &ground).unwrap();
    assert!(it.sentence.contains("ann has registered the certificate"), "{}", it.sentence);
    assert!(it.sentence.contains("for other package IDs only"), "{}", it.sentence);
    assert!(it.next[0].contains("let it count for this package ID too"), "{:?}", it.next);
}

#[test]
fn who_signed_with_another_owners_certificate_is_named_and_nobody_is_asked_to_register_it() {
    let refused = Refused::SignedByAnotherOwner(Box::new(AnotherOwner {
        fingerprint: fingerprint(0xff),
        owner: "bob".parse().unwrap(),
        signers: vec!["ann".parse().unwrap()],
    }));
    let error = Error::Rule(refused);
    let it = explain(VerdictKind::Push, &Case::Refused(&error), Some(&package()), None, &ground()).unwrap();
    assert!(it.sentence.contains("is registered by bob"), "{}", it.sentence);
    assert!(!it.register && it.otherwise.is_empty() && !it.can_change.administrators);
    assert!(!it.next.iter().any(|step| step.contains("register this")), "{:?}", it.next);
}

/// What a verdict says is word for word what the page says where the owners choose it.
#[test]
fn who_must_sign_is_told_in_the_words_of_the_page_that_chooses_it() {
    let package = package();
    let error = Error::Rule(Refused::SignatureRequired { signers: vec!["ann".parse().unwrap()] });
    for choice in [
        RequiredSigner::AnyOwner,
        RequiredSigner::NoSignatureNeeded,
        RequiredSigner::OneOwner("ann".parse().unwrap()),
        RequiredSigner::OneOwner("bob".parse().unwrap()),
    ] {
        let ground = Ground { choice, ..ground() };
        let rule = required_signer::Rule::of(&ground.owners, &ground.choice);
        let it = explain(VerdictKind::Push, &Case::Refused(&error), Some(&package), None, &ground).unwrap();
        assert_eq!((it.rule, it.signers), (rule.sentence(), rule.signers));
    }
}

/// How many certificates others have is behind a session with a second factor; a key that pushes at random has none.
#[test]
fn whoever_may_not_push_the_package_learns_nothing_of_its_owners_certificates() {
    let package = package();
    let told = ["right-to-push", "reserved-prefix"];
    for (name, error) in refusals() {
        let nupkg = (!matches!(error, Error::Package(_))).then_some(&package);
        let it = explain(VerdictKind::Push, &Case::Refused(&error), nupkg, None, &ground()).unwrap();
        let rule = it.failed[0].rule.word();
        let may_not = told.contains(&rule) || rule == "package";
        assert_eq!((it.rule.is_empty(), it.signers.is_empty()), (may_not, may_not), "{name}");
        if may_not {
            assert!(!serde_json::to_string(&it).unwrap().contains("active"), "{name}");
        }
    }
}

#[test]
fn where_nobody_administers_nobody_is_sent_to_them() {
    for has_administrator in [true, false] {
        let ground = Ground { has_administrator, ..ground() };
        let it = explain(VerdictKind::Push, &Case::Refused(&Error::NoKey), Some(&package()), None, &ground).unwrap();
        assert_eq!(it.can_change.administrators, has_administrator);
    }
}

#[test]
fn a_feed_that_does_not_sign_is_not_said_to_be_able_to() {
    for (signs, found) in [(true, Found::Passed), (false, Found::NotNeeded)] {
        let verdict = Verdict::InOrder(Accepted::Unsigned);
        let ground = Ground { signs, ..ground() };
        let it = explain(VerdictKind::DryRun, &Case::Decided(&verdict), Some(&package()), None, &ground).unwrap();
        assert_eq!(it.rules.last().map(|named| (named.rule, named.found)), Some((RuleName::FeedSignature, found)));
    }
}

#[test]
fn what_says_nothing_about_the_package_is_not_explained() {
    let failures = [
        Error::KeyGone(Dead::Revoked),
        Error::Refused(authority::Refused::SignedOut),
        Error::Unsettled,
        Error::Timestamp(timestamping::Error::Random),
        Error::Store(store::Error::Conflict("x")),
        Error::Io(std::io::Error::other("x")),
    ];
    for error in failures {
        let explained = explain(VerdictKind::Push, &Case::Refused(&error), Some(&package()), None, &ground());
        assert!(explained.is_none(), "{error:?}");
    }
}

#[test]
fn everything_that_goes_onto_the_wire_is_ascii() {
    for (name, error) in refusals().into_iter().chain(signatures()) {
        let it = explain(VerdictKind::Push, &Case::Refused(&error), Some(&package()), None, &ground()).unwrap();
        for text in it.failed.iter().flat_map(|failed| [&failed.message, &failed.advice]) {
            assert!(text.is_ascii(), "{name}: {text}");
        }
    }
}
