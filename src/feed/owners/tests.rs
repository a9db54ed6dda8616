//! Who may add and remove owners, what becomes of choices then, and what everybody is told.

use super::*;
use crate::domain::account::Role::{Administrator, Collaborator};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::ownership::{MAX_OWNERS, MAX_PENDING_OWNERS, NotAdded};
use crate::domain::push_rule::RequiredSigner;
use crate::feed::reserved_prefixes;
use crate::feed::test_house::{House, NOW, id, name};

fn give(house: &House, actor: &Actor, whom: &str) -> Result<Adding, Error> {
    add(&house.app, &id("Contoso.Core"), &name(whom), actor, NOW).map(|added| added.adding)
}

fn take(house: &House, actor: &Actor, whom: &str) -> Result<SignatureChange, Error> {
    remove(&house.app, &id("Contoso.Core"), &name(whom), false, actor, NOW)
}

fn anns() -> (House, Actor) {
    let house = House::new();
    let ann = house.person("ann");
    house.package("Contoso.Core", &["ann"]);
    (house, ann)
}

#[test]
fn an_organization_that_one_administers_is_an_owner_at_once() {
    let (house, ann) = anns();
    house.organization("Contoso", &[("ann", Administrator)]);
    house.organization("Fabrikam", &[("ann", Collaborator)]);
    assert_eq!(give(&house, &ann, "contoso").unwrap(), Adding::AtOnce);
    assert_eq!(house.audited(), "ann package.add-owner Contoso.Core Contoso");
    assert_eq!(give(&house, &ann, "fabrikam").unwrap(), Adding::ByInvitation, "a collaborator can't accept for it");
    assert_eq!(house.owners("contoso.core"), "ann, Contoso");
}

#[test]
fn an_administrator_of_an_owning_organization_may_add_themselves_at_once() {
    let house = House::new();
    let ann = house.person("ann");
    house.organization("Contoso", &[("ann", Administrator)]);
    house.package("Contoso.Core", &["Contoso"]);
    assert_eq!(give(&house, &ann, "ann").unwrap(), Adding::AtOnce);
}

#[test]
fn an_owner_already_one_asked_already_a_disabled_and_an_unknown_account_are_refused() {
    let (house, ann) = anns();
    house.person("bob");
    house.person("eve");
    house.disable("eve");
    give(&house, &ann, "bob").unwrap();
    for (whom, expected) in [("ann", NotAdded::Owner), ("bob", NotAdded::Invited), ("eve", NotAdded::Disabled)] {
        assert!(matches!(give(&house, &ann, whom), Err(Error::NotAdded { why, .. }) if why == expected), "{whom}");
    }
    assert!(matches!(give(&house, &ann, "nobody"), Err(Error::UnknownAccount(_))));
    let unknown = add(&house.app, &id("Other"), &name("bob"), &ann, NOW);
    assert!(matches!(unknown, Err(Error::UnknownPackage(_))));
}

#[test]
fn the_fourth_invitation_and_the_sixteenth_owner_are_refused() {
    let (house, ann) = anns();
    for number in 0..=MAX_PENDING_OWNERS {
        house.person(&format!("asked{number}"));
        let asked = give(&house, &ann, &format!("asked{number}"));
        assert_eq!(asked.is_ok(), number < MAX_PENDING_OWNERS, "{number}");
    }
    for number in 1..=MAX_OWNERS {
        house.organization(&format!("group{number}"), &[("ann", Administrator)]);
        let added = give(&house, &ann, &format!("group{number}"));
        assert_eq!(added.is_ok(), number < MAX_OWNERS, "{number}");
    }
}

#[test]
fn owners_are_managed_by_owners_with_a_code() {
    let (house, _) = anns();
    let (bob, carl) = (house.person("bob"), house.person("carl"));
    house.organization("Contoso", &[("bob", Collaborator)]);
    house
        .app
        .store
        .write(|w| w.add_owner(w.registration(&id("Contoso.Core"))?.unwrap().id, house.account("contoso").id))
        .unwrap();
    for actor in [&bob, &carl] {
        assert!(matches!(give(&house, actor, "carl"), Err(Error::Refused(Refused::Denied(Denied::NotYours(_))))));
        assert!(matches!(take(&house, actor, "ann"), Err(Error::Refused(Refused::Denied(Denied::NotYours(_))))));
    }
    let zoe = house.person_without_code("zoe");
    house.package("Zoe.Tools", &["zoe", "ann"]);
    let refused = remove(&house.app, &id("Zoe.Tools"), &name("ann"), false, &zoe, NOW);
    assert!(matches!(refused, Err(Error::Refused(Refused::Denied(Denied::GiveCode)))));
    let root = house.administrator("root");
    assert_eq!(give(&house, &root, "carl").unwrap(), Adding::ByInvitation, "even the server's administrator asks");
}

#[test]
fn the_last_owner_stays_and_an_owner_may_remove_themselves() {
    let house = House::new();
    let (ann, bob) = (house.person("ann"), house.person("bob"));
    house.package("Contoso.Core", &["ann", "bob"]);
    take(&house, &ann, "ann").unwrap();
    assert_eq!(house.told("bob"), "ann is no owner of the package \"Contoso.Core\" any more; ann removed it.");
    assert_eq!(house.audited(), "ann package.remove-owner Contoso.Core ann");
    assert!(matches!(take(&house, &bob, "bob"), Err(Error::NotRemoved { why: NotRemoved::LastOwner, .. })));
    assert!(matches!(take(&house, &bob, "ann"), Err(Error::NoOwner(_))));
    assert_eq!(house.owners("contoso.core"), "bob");
}

#[test]
fn a_holder_of_the_prefix_is_not_removed_by_a_plain_owner() {
    let house = House::new();
    let (ann, bob, root) = (house.person("ann"), house.person("bob"), house.administrator("root"));
    let carl = house.person("carl");
    house.organization("Contoso", &[("carl", Administrator)]);
    house.package("Contoso.Core", &["ann", "bob", "Contoso"]);
    let reserve = |holder| {
        let prefix = "Contoso.*".parse().unwrap();
        reserved_prefixes::reserve(&house.app.store, &prefix, &name(holder), &Actor::CommandLine, NOW).unwrap();
    };
    reserve("contoso");
    let holds = |result| matches!(result, Err(Error::NotRemoved { why: NotRemoved::HoldsPrefix, .. }));
    assert!(holds(take(&house, &ann, "contoso")));
    assert!(holds(take(&house, &root, "contoso")), "the server's administrator releases the prefix first");
    reserve("ann");
    assert!(holds(take(&house, &bob, "ann")));
    take(&house, &carl, "ann").unwrap();
    take(&house, &carl, "contoso").unwrap();
    assert_eq!(house.owners("contoso.core"), "bob");
}

#[test]
fn removing_the_only_owner_with_certificates_has_to_be_confirmed() {
    let house = House::new();
    let ann = house.person("ann");
    house.person("bob");
    house.package("Contoso.Core", &["ann", "bob"]);
    house.certificate("ann");
    let told = house.app.store.read(|r| removal(r, &house.app, &id("Contoso.Core"), &name("ann"), NOW)).unwrap();
    assert!(told.opens_to_unsigned);
    assert!(matches!(take(&house, &ann, "ann"), Err(Error::OpensToUnsigned)));
    assert_eq!(house.owners("contoso.core"), "ann, bob", "nothing was changed");
    remove(&house.app, &id("Contoso.Core"), &name("ann"), true, &ann, NOW).unwrap();
    assert_eq!(house.owners("contoso.core"), "bob");
    for owner in ["ann", "bob"] {
        let told = house.told(owner);
        assert!(told.ends_with("ann removed it. Packages without a signature are accepted from now on."), "{told}");
    }
}

#[test]
fn removing_the_only_owner_whose_certificate_is_active_says_that_nobody_can_push() {
    let house = House::new();
    let ann = house.person("ann");
    house.person("bob");
    house.package("Contoso.Core", &["ann", "bob"]);
    for owner in ["ann", "bob"] {
        house.certificate(owner);
    }
    house.app.store.write(|w| w.set_certificate_revoked(&Fingerprint::of(b"bob"), Some(NOW))).unwrap();
    let change = take(&house, &ann, "ann").unwrap();
    assert!(change.unsignable && !change.opens_to_unsigned);
    assert!(house.told("bob").ends_with("No certificate that counts is active any more: nobody can push."));
}

#[test]
fn an_owner_at_once_with_certificates_makes_signatures_needed_and_the_others_are_told() {
    let (house, ann) = anns();
    house.person("bob");
    house.organization("Contoso", &[("ann", Administrator), ("bob", Administrator)]);
    house.certificate("contoso");
    let added = add(&house.app, &id("Contoso.Core"), &name("contoso"), &ann, NOW).unwrap();
    assert!(added.change.unwrap().demands_signature);
    assert_eq!(
        house.told("bob"),
        "Contoso is an owner of the package \"Contoso.Core\" now. Packages without a signature are refused from now on."
    );
}

#[test]
fn a_choice_that_becomes_impossible_is_deleted_with_a_record_and_a_notice() {
    let house = House::new();
    let ann = house.person("ann");
    for person in ["bob", "carl"] {
        house.person(person);
        house.certificate(person);
    }
    let package = house.package("Contoso.Core", &["ann", "bob", "carl"]);
    house.app.store.write(|w| w.set_required_signer(package.id, &RequiredSigner::OneOwner(name("bob")))).unwrap();
    take(&house, &ann, "bob").unwrap();
    let now = house.app.store.read(|r| r.registration_by_row(package.id)).unwrap();
    assert_eq!(now.required_signer, RequiredSigner::AnyOwner);
    let records = house.app.store.read(|r| r.audit_records(9)).unwrap();
    let lapsed = records.iter().find(|record| record.action == "package.required-signer-lapsed").unwrap();
    assert_eq!((lapsed.actor.as_str(), lapsed.detail.as_str()), ("the server", "only bob; back to any owner"));
    let notices = house.app.store.read(|r| r.notices(house.account("carl").id, 0, 9)).unwrap();
    assert!(notices.iter().any(|notice| notice.text.contains("(only bob) is no longer possible")), "{notices:?}");
}

#[test]
fn a_choice_that_stays_possible_stays() {
    let house = House::new();
    let ann = house.person("ann");
    house.person("bob");
    house.certificate("ann");
    let package = house.package("Contoso.Core", &["ann", "bob"]);
    house.app.store.write(|w| w.set_required_signer(package.id, &RequiredSigner::OneOwner(name("ann")))).unwrap();
    take(&house, &ann, "bob").unwrap();
    let now = house.app.store.read(|r| r.registration_by_row(package.id)).unwrap();
    assert_eq!(now.required_signer, RequiredSigner::OneOwner(name("ann")));
}

#[test]
fn where_the_rule_is_not_enforced_a_removal_opens_nothing_and_says_so() {
    for (key, value, regime) in [
        ("foreign_ids", "Contoso.*", Regime::Foreign),
        ("enforcement_patterns", "Contoso.*=warn", Regime::Warned),
        ("enforcement", "report", Regime::Reported),
    ] {
        let house = House::new();
        let ann = house.person("ann");
        house.person("bob");
        house.certificate("ann");
        house.package("Contoso.Core", &["ann", "bob"]);
        house.app.store.write(|w| w.set_policy(key, value)).unwrap();
        let change = take(&house, &ann, "ann").unwrap();
        assert_eq!((change.opens_to_unsigned, change.unenforced), (false, Some(regime)));
        assert!(house.told("bob").ends_with("ann removed it."), "{}", house.told("bob"));
    }
}
