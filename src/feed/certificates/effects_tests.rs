//! What a change does where the rule is not enforced, where a certificate is registered by several, and where no other is active.

use super::*;
use crate::domain::push_rule::RequiredSigner;
use crate::domain::regime::Regime;
use crate::feed::authority::Actor;
use crate::feed::test_house::{House, NOW, id, name};
use crate::store::certificates::NewCertificate;

/// Registers a certificate that there is only the row of.
fn register(house: &House, account: &str, text: &str, revoked: bool) -> Fingerprint {
    let account = house.account(account).id;
    let certificate = NewCertificate {
        fingerprint: Fingerprint::of(text.as_bytes()),
        der: Vec::new(),
        subject: text.to_owned(),
        issuer: text.to_owned(),
        not_before: NOW,
        not_after: NOW,
    };
    let one = certificate.fingerprint;
    house
        .app
        .store
        .write(|w| {
            w.register_certificate(account, &certificate, Vec::new(), NOW)?;
            w.set_certificate_revoked(&one, revoked.then_some(NOW))
        })
        .unwrap();
    one
}

fn policy(house: &House, key: &str, value: &str) {
    house.app.store.write(|w| w.set_policy(key, value)).unwrap();
}

fn asked(house: &House, account: &str, one: &Fingerprint) -> Effects {
    let read = |r: &Reads<'_>| removing(r, &house.app.config, &name(account), one, &Actor::CommandLine, NOW);
    house.app.store.read(read).unwrap().1
}

fn take(house: &House, account: &str, one: &Fingerprint, meant: Meant<'_>) -> Result<Effects, Error> {
    let (store, config) = (&house.app.store, &house.app.config);
    Ok(remove(store, config, &name(account), one, meant, &Actor::CommandLine, NOW)?.effects)
}

/// ann and bob own `A.Core`, and ann `A.Tools`.
fn two() -> House {
    let house = House::new();
    house.person("ann");
    house.person("bob");
    house.package("A.Core", &["ann", "bob"]);
    house.package("A.Tools", &["ann"]);
    house
}

#[test]
fn where_the_rule_is_not_enforced_nothing_opens_and_nobody_is_asked_or_told_so() {
    for (key, value, regime) in [
        ("foreign_ids", "a.*", Regime::Foreign),
        ("enforcement_patterns", "A.*=warn", Regime::Warned),
        ("enforcement", "report", Regime::Reported),
    ] {
        let house = two();
        policy(&house, key, value);
        let one = register(&house, "ann", "anns", false);
        let effects = take(&house, "ann", &one, Meant::Nothing).unwrap();
        assert!(effects.is_nothing() && !effects.are_asked_about(), "{effects:?}");
        assert_eq!(effects.unenforced, [(id("A.Core"), regime), (id("A.Tools"), regime)]);
        let because = || StillAccepted::Unenforced(regime);
        assert_eq!(effects.still_accepted, [(id("A.Core"), because()), (id("A.Tools"), because())]);
        assert_eq!(effects.lenient_server, key == "enforcement");
        assert_eq!(house.told("bob"), "");
    }
}

#[test]
fn a_package_that_is_enforced_beside_one_that_is_not_opens_alone() {
    let house = two();
    policy(&house, "foreign_ids", "A.Core");
    let one = register(&house, "ann", "anns", false);
    let refused = take(&house, "ann", &one, Meant::Nothing).unwrap_err().to_string();
    assert!(refused.contains("accepted from then on for A.Tools;"), "{refused}");
    assert_eq!(house.told("bob"), "");
}

#[test]
fn a_choice_that_lapses_for_other_peoples_packages_is_told_with_what_counts_there() {
    let house = two();
    let package = house.app.store.read(|r| r.registration(&id("A.Core"))).unwrap().unwrap();
    policy(&house, "foreign_ids", "A.*");
    let one = register(&house, "ann", "anns", false);
    register(&house, "bob", "bobs", false);
    house.app.store.write(|w| w.set_required_signer(package.id, &RequiredSigner::OneOwner(name("ann")))).unwrap();
    take(&house, "ann", &one, Meant::Nothing).unwrap();
    let told = house.told("bob");
    assert!(
        told.contains("(only ann) is no longer possible") && told.contains(", but this ID is listed as other"),
        "{told}"
    );
}

#[test]
fn packages_signed_with_it_are_still_accepted_where_another_owner_has_registered_it() {
    let house = two();
    let one = register(&house, "ann", "both", false);
    register(&house, "bob", "both", false);
    register(&house, "ann", "anns", false);
    let effects = asked(&house, "ann", &one);
    assert_eq!(effects.still_accepted, [(id("A.Core"), StillAccepted::RegisteredBy(name("bob")))]);
    assert!(effects.is_nothing() && !effects.lenient_server, "{effects:?}");
    let package = house.app.store.read(|r| r.registration(&id("A.Core"))).unwrap().unwrap();
    house.app.store.write(|w| w.set_required_signer(package.id, &RequiredSigner::OneOwner(name("ann")))).unwrap();
    assert_eq!(asked(&house, "ann", &one).still_accepted, [], "bob's do not count");
}

#[test]
fn where_the_last_active_certificate_goes_and_another_stays_it_is_asked_about_and_told() {
    let house = two();
    let one = register(&house, "ann", "anns", false);
    register(&house, "ann", "old", true);
    let effects = asked(&house, "ann", &one);
    assert_eq!((effects.opened.len(), &effects.unsignable[..]), (0, &[id("A.Core"), id("A.Tools")][..]));
    let unread = take(&house, "ann", &one, Meant::Shown("")).unwrap_err();
    assert!(matches!(&unread, Error::Unsignable(ids) if ids.len() == 2), "{unread}");
    take(&house, "ann", &one, Meant::Shown(&effects.mark())).unwrap();
    assert!(house.told("bob").starts_with("Nobody can push packages of A.Core now"), "{}", house.told("bob"));
    // bob's certificate mends it for the one.
    let one = register(&house, "ann", "anns", false);
    register(&house, "bob", "bobs", false);
    assert_eq!(asked(&house, "ann", &one).unsignable, [id("A.Tools")]);
    take(&house, "ann", &one, Meant::Nothing).unwrap();
}

#[test]
fn limiting_the_last_active_certificate_to_other_ids_is_asked_about_too() {
    let house = two();
    let one = register(&house, "ann", "anns", false);
    register(&house, "ann", "old", true);
    let (store, config, to) = (&house.app.store, &house.app.config, ["A.Core".parse().unwrap()]);
    let to = |meant| limit(store, config, &name("ann"), &one, &to, meant, &Actor::CommandLine, NOW);
    assert!(matches!(to(Meant::Shown("")), Err(Error::Unsignable(ids)) if ids == [id("A.Tools")]));
    policy(&house, "enforcement_patterns", "A.Tools=warn");
    let effects = to(Meant::Shown("")).unwrap().effects;
    assert_eq!(effects.unsignable, []);
    assert_eq!(effects.still_accepted, [(id("A.Tools"), StillAccepted::Unenforced(Regime::Warned))]);
}
