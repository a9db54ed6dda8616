//! Accounts with many certificates, patterns and package IDs, and certificates with long names.

use super::foreseen::Foreseen;
use super::*;
use crate::domain::certificate::{CertificateStatus, MAX_REGISTRATIONS};
use crate::domain::push_rule::RequiredSigner;
use crate::domain::visible::MAX_BRIEF;
use crate::feed::authority::Actor;
use crate::feed::revocation::CERTIFICATES;
use crate::feed::test_house::{House, NOW, id, name};
use crate::store::certificates::NewCertificate;

/// Registers certificates that there are only the rows of, with these patterns, `SUBJECT` and a number each.
fn fill(house: &House, account: &str, limits: &[Vec<Pattern>]) -> Vec<Fingerprint> {
    let account = house.account(account).id;
    let register = |w: &mut store::Writes<'_>| {
        let each = limits.iter().enumerate().map(|(number, patterns)| {
            let der = number.to_be_bytes().to_vec();
            let row = NewCertificate {
                fingerprint: Fingerprint::of(&der),
                der,
                subject: format!("CN={number}{}", "x".repeat(9000)),
                issuer: String::new(),
                not_before: NOW,
                not_after: NOW,
            };
            w.register_certificate(account, &row, patterns.clone(), NOW)?;
            Ok::<_, store::Error>(row.fingerprint)
        });
        each.collect()
    };
    house.app.store.write(register).unwrap()
}

fn patterns(texts: impl IntoIterator<Item = String>) -> Vec<Pattern> {
    texts.into_iter().map(|text| Pattern::kept(&text).unwrap()).collect()
}

fn foreseen(house: &House, after: &[RegisteredCertificate]) -> Foreseen {
    let account = house.account("ann");
    let read = |r: &Reads<'_>| {
        let before = r.registered_certificates(account.id, NOW)?;
        Foreseen::between(r, &house.app.config, &account, &before, after, NOW)
    };
    house.app.store.read(read).unwrap()
}

fn holds(house: &House, foreseen: &Foreseen, account: &str) -> bool {
    house.app.store.read(|r| foreseen.holds(r, &house.app.config, &house.account(account))).unwrap()
}

#[test]
fn what_is_foreseen_holds_until_certificates_owners_or_choices_change() {
    let house = House::new();
    let (_, bob) = (house.person("ann"), house.person("bob"));
    let (package, other) = (house.package("A.Core", &["ann"]), house.package("B.Core", &["bob"]));
    let certificates = fill(&house, "ann", &[patterns(["A.*".to_owned()])]);
    let read = || {
        let foreseen = foreseen(&house, &[]);
        assert!(holds(&house, &foreseen, "ann") && !holds(&house, &foreseen, "bob"));
        foreseen
    };
    let (store, bobs) = (&house.app.store, house.account("bob").id);
    assert_eq!(read().effects.opened, [id("A.Core")]);
    let before = read();
    store.write(|w| w.add_owner(other.id, house.account("bob").id)).unwrap();
    store.write(|w| w.set_required_signer(other.id, &RequiredSigner::OneOwner(name("bob")))).unwrap();
    assert!(holds(&house, &before, "ann"), "what others own plays no part");
    store.write(|w| w.advance(CERTIFICATES, NOW)).unwrap();
    house.person("carol");
    fill(&house, "carol", &[vec![]]);
    assert!(holds(&house, &before, "ann"), "what others register plays no part");
    store.write(|w| w.add_owner(package.id, bobs)).unwrap();
    assert!(!holds(&house, &before, "ann"), "another owner");
    let before = read();
    store.write(|w| w.set_required_signer(package.id, &RequiredSigner::NoSignatureNeeded)).unwrap();
    assert!(!holds(&house, &before, "ann"), "another choice");
    let before = read();
    assert_eq!(before.effects.lapsed, [(id("A.Core"), RequiredSigner::NoSignatureNeeded)]);
    house.package("A.Tools", &["ann"]);
    assert!(!holds(&house, &before, "ann"), "another package");
    let before = read();
    store.write(|w| w.set_policy("anonymous_read", "true")).unwrap();
    assert!(holds(&house, &before, "ann"), "who may read plays no part");
    store.write(|w| w.set_policy("foreign_ids", "A.*")).unwrap();
    assert!(!holds(&house, &before, "ann"), "whose packages they are");
    assert!(read().effects.opened.is_empty());
    store.write(|w| w.set_policy("foreign_ids", "")).unwrap();
    let before = read();
    let limited =
        limit(store, &house.app.config, &name("ann"), &certificates[0], &[], Meant::Whatever, &Actor::CommandLine, NOW)
            .unwrap();
    assert!(limited.changed && !holds(&house, &before, "ann"), "another certificate");
    assert!(matches!(
        remove(store, &house.app.config, &name("ann"), &certificates[0], Meant::Whatever, &bob, NOW),
        Err(Error::Refused(_))
    ));
}

#[test]
fn what_changes_again_and_again_is_given_up_and_what_settles_is_done() {
    let tries = |settles_at: usize| {
        let mut tried = 0;
        let result = settled(|| {
            tried += 1;
            Ok((tried == settles_at).then_some(tried))
        });
        (result.ok(), tried)
    };
    assert_eq!(tries(1), (Some(1), 1));
    assert_eq!(tries(ATTEMPTS), (Some(ATTEMPTS), ATTEMPTS));
    assert_eq!(tries(ATTEMPTS + 1), (None, ATTEMPTS));
}

#[test]
fn what_was_foreseen_is_not_done_when_it_holds_no_more() {
    let house = House::new();
    let ann = house.person("ann");
    house.package("A.Core", &["ann"]);
    let (account, store) = (house.account("ann"), &house.app.store);
    let one = fill(&house, "ann", &[vec![]])[0];
    let foresee = || store.read(|r| removing::foresee(r, &house.app.config, &account, &one, NOW)).unwrap();
    let (early, order) = (foresee(), patterns(["B.*".to_owned()]));
    let order = limiting::Order {
        config: &house.app.config,
        account: &account.name,
        fingerprint: &one,
        patterns: &order,
        meant: Meant::Whatever,
        actor: &ann,
        now: NOW,
    };
    house.package("A.Tools", &["ann"]);
    let removal = |foreseen: &Foreseen| {
        let order = removing::Order {
            config: &house.app.config,
            account: &account.name,
            fingerprint: &one,
            meant: Meant::Whatever,
            actor: &ann,
            now: NOW,
        };
        store.write(|w| order.carry_out(w, foreseen))
    };
    assert!(store.write(|w| order.carry_out(w, &early)).unwrap().is_none());
    assert!(removal(&early).unwrap().is_none());
    assert_eq!(house.audit_lines(), 0);
    assert_eq!(removal(&foresee()).unwrap().unwrap().effects.opened, [id("A.Core"), id("A.Tools")]);
}

#[test]
fn an_upload_that_would_make_too_many_different_patterns_registers_nothing() {
    let house = tests::house();
    let ann = house.person("ann");
    let numbered = |from: usize| patterns((from..from + 50).map(|number| format!("A{number}")));
    fill(&house, "ann", &(0..MAX_ACCOUNT_PATTERNS / 50).map(|number| numbered(number * 50)).collect::<Vec<_>>());
    let upload = |limit| tests::upload(&house, "ann", &[("a.cer", tests::der("leaf-3072"))], &[], &[limit], &ann);
    assert!(matches!(upload("Other.*"), Err(Error::TooManyAccountPatterns(501))));
    assert!(upload("A7").unwrap().verdicts[0].result.is_ok());
}

#[test]
fn a_choice_that_lapses_is_forgotten_with_the_rule_that_takes_its_place() {
    let house = House::new();
    let (ann, _) = (house.person("ann"), house.person("bob"));
    let package = house.package("A.Core", &["ann", "bob"]);
    let all = fill(&house, "ann", &[vec![], patterns(["A.*".to_owned()])]);
    house.app.store.write(|w| w.set_required_signer(package.id, &RequiredSigner::OneOwner(name("ann")))).unwrap();
    for one in &all {
        remove(&house.app.store, &house.app.config, &name("ann"), one, Meant::Whatever, &ann, NOW).unwrap();
    }
    let told = house.app.store.read(|r| r.notices(house.account("bob").id, 0, 9)).unwrap();
    let lapse = told.iter().find(|notice| notice.text.contains("no longer possible")).unwrap();
    assert!(lapse.text.contains("(only ann)") && lapse.text.contains("unsigned packages are accepted"), "{lapse:?}");
}

#[test]
fn an_account_has_only_so_many_different_patterns_and_where_it_has_more_they_may_become_fewer() {
    let house = House::new();
    let ann = house.person("ann");
    let numbered = |from: usize, count: usize| patterns((from..from + count).map(|number| format!("A{number}")));
    let step = MAX_REGISTRATION_PATTERNS;
    let mut limits: Vec<_> = (0..MAX_ACCOUNT_PATTERNS / step).map(|number| numbered(number * step, step)).collect();
    // Those that were there already are counted once.
    limits.push(numbered(0, step));
    let all = fill(&house, "ann", &limits);
    let last = all[all.len() - 1];
    let to = |patterns: &[Pattern]| {
        limit(&house.app.store, &house.app.config, &name("ann"), &last, patterns, Meant::Whatever, &ann, NOW)
            .map(|limited| limited.changed)
    };
    let refused = to(&numbered(MAX_ACCOUNT_PATTERNS, 1)).unwrap_err();
    assert!(matches!(refused, Error::TooManyAccountPatterns(501)), "{refused}");
    assert!(refused.to_string().contains("at most 500 different patterns"), "{refused}");
    assert!(to(&numbered(7, 1)).unwrap());
    // As it was before there was a limit.
    limits.push(numbered(MAX_ACCOUNT_PATTERNS, step));
    limits.push(numbered(MAX_ACCOUNT_PATTERNS + step, step));
    fill(&house, "ann", &limits);
    assert!(to(&numbered(8, 1)).unwrap());
    assert!(matches!(to(&numbered(2 * MAX_ACCOUNT_PATTERNS, 1)), Err(Error::TooManyAccountPatterns(601))));
}

#[test]
fn a_long_name_is_shortened_in_records_and_notices() {
    let house = House::new();
    let ann = house.person("ann");
    let all = fill(&house, "ann", &[vec![]]);
    let to = patterns(["A.*".to_owned()]);
    limit(&house.app.store, &house.app.config, &name("ann"), &all[0], &to, Meant::Whatever, &ann, NOW).unwrap();
    assert!(
        house.audited().contains("x…; only for A.*") && house.audited().len() < 2 * MAX_BRIEF,
        "{}",
        house.audited()
    );
    remove(&house.app.store, &house.app.config, &name("ann"), &all[0], Meant::Whatever, &ann, NOW).unwrap();
    assert!(house.audited().ends_with("x…") && house.audited().len() < 2 * MAX_BRIEF, "{}", house.audited());
    let notices = house.app.store.read(|r| r.notices(house.account("ann").id, 0, 9)).unwrap();
    assert_eq!(notices.len(), 2);
    for notice in notices {
        assert!(notice.text.ends_with("x….") && notice.text.len() < 2 * MAX_BRIEF, "{}", notice.text);
    }
}

#[test]
fn three_certificates_are_named_in_a_sentence_and_the_others_counted() {
    let subjects: Vec<String> = ["CN=A", "CN=B", "CN=C", "CN=D", "CN=E"].map(str::to_owned).into();
    assert_eq!(told::listed(&subjects[..1]), "CN=A");
    assert_eq!(told::listed(&subjects[..3]), "CN=A; CN=B; CN=C");
    assert_eq!(told::listed(&subjects), "CN=A; CN=B; CN=C and 2 more");
}

/// Four million comparisons, each of them with 48 stars, took minutes while everybody else waited.
#[test]
fn hostile_patterns_of_every_certificate_are_compared_once_with_each_id() {
    let house = House::new();
    house.person("ann");
    house.person("bob");
    for number in 0..20 {
        house.package(&format!("{}.{number:04}", "a".repeat(94)), &["ann", "bob"]);
    }
    let hostile = patterns((0..MAX_REGISTRATION_PATTERNS).map(|number| format!("{}b{number:03}", "a*".repeat(48))));
    let certificate = |number: usize| RegisteredCertificate {
        fingerprint: Fingerprint::of(&number.to_be_bytes()),
        status: CertificateStatus::Active,
        patterns: hostile.clone().into(),
    };
    let all: Vec<_> = (0..MAX_REGISTRATIONS).map(certificate).collect();
    assert_eq!(Coverage::of(&all).patterns(), MAX_REGISTRATION_PATTERNS);
    let begun = std::time::Instant::now();
    let foreseen = foreseen(&house, &all);
    assert!(foreseen.effects.is_nothing() && holds(&house, &foreseen, "ann"));
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
}
