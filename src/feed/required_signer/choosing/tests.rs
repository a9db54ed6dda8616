//! Choosing who must sign: what changes, what is refused, what is told.

use super::*;
use crate::domain::account::Role::{Administrator, Collaborator};
use crate::feed::test_house::{House, NOW, id, name};
use RequiredSigner::{AnyOwner, NoSignatureNeeded};

fn only(text: &str) -> RequiredSigner {
    RequiredSigner::OneOwner(name(text))
}

fn choosing(ids: &[&str], choice: RequiredSigner) -> Choosing {
    Choosing { ids: ids.iter().map(|text| id(text)).collect(), choice, told: None }
}

fn pick(house: &House, ids: &[&str], choice: RequiredSigner, actor: &Actor) -> Result<Vec<PackageId>, Error> {
    choose(&house.app.store, &house.app.config, &choosing(ids, choice), actor, NOW)
}

fn stored(house: &House, package: &str) -> RequiredSigner {
    house.app.store.read(|r| r.registration(&id(package))).unwrap().unwrap().required_signer
}

/// ann and bob own `Contoso.Core`, ann and the organization `Contoso.App`; ann and the organization have certificates.
fn contoso() -> (House, Actor, Actor) {
    let house = House::new();
    let (ann, bob) = (house.person("ann"), house.person("bob"));
    house.person("carl");
    house.organization("Contoso", &[("bob", Administrator), ("carl", Collaborator)]);
    house.package("Contoso.Core", &["ann", "bob"]);
    house.package("Contoso.App", &["ann", "Contoso"]);
    house.certificate("ann");
    house.certificate("contoso");
    (house, ann, bob)
}

#[test]
fn a_choice_is_on_record_with_the_one_before_and_the_other_owners_are_told() {
    let (house, ann, _) = contoso();
    assert_eq!(pick(&house, &["contoso.core"], only("ann"), &ann).unwrap(), [id("Contoso.Core")]);
    assert_eq!(stored(&house, "Contoso.Core"), only("ann"));
    assert_eq!(house.audited(), "ann package.required-signer Contoso.Core any owner -> only ann");
    assert_eq!(house.told("bob"), "ann chose who must sign the package \"Contoso.Core\": only ann; it was: any owner.");
    assert_eq!(house.told("ann"), "", "whoever chose knows it");
    pick(&house, &["contoso.core"], NoSignatureNeeded, &ann).unwrap();
    assert_eq!(house.audited(), "ann package.required-signer Contoso.Core only ann -> no signature needed");
    assert!(house.told("bob").ends_with("Packages without a signature are accepted from now on."));
    pick(&house, &["contoso.core"], AnyOwner, &ann).unwrap();
    assert_eq!(house.audited(), "ann package.required-signer Contoso.Core no signature needed -> any owner");
    assert!(house.told("bob").ends_with("Packages without a signature are refused from now on."));
}

#[test]
fn of_other_peoples_packages_nobody_is_told_that_unsigned_ones_are_accepted_or_refused_from_now_on() {
    let (house, ann, _) = contoso();
    house.app.store.write(|w| w.set_policy("foreign_ids", "Contoso.*")).unwrap();
    for choice in [NoSignatureNeeded, AnyOwner] {
        pick(&house, &["Contoso.Core"], choice, &ann).unwrap();
        assert!(!house.told("bob").contains("from now on"), "{}", house.told("bob"));
    }
    house.package("Contoso.Web", &["ann", "bob"]);
    pick(&house, &["Contoso.Core", "Contoso.Web"], NoSignatureNeeded, &ann).unwrap();
    assert!(!house.told("bob").contains("from now on"), "{}", house.told("bob"));
}

#[test]
fn a_choice_of_an_owner_whose_certificate_is_not_active_is_told_as_one_after_which_nobody_can_push() {
    let (house, ann, _) = contoso();
    house.app.store.write(|w| w.set_certificate_revoked(&Fingerprint::of(b"ann"), Some(NOW))).unwrap();
    pick(&house, &["Contoso.App"], only("ann"), &ann).unwrap();
    assert!(house.told("bob").ends_with("nobody can push."), "{}", house.told("bob"));
}

#[test]
fn the_same_choice_again_writes_nothing() {
    let (house, ann, _) = contoso();
    pick(&house, &["Contoso.Core"], only("ann"), &ann).unwrap();
    let lines = house.audit_lines();
    assert!(pick(&house, &["Contoso.Core"], only("ANN"), &ann).unwrap().is_empty());
    assert_eq!(house.audit_lines(), lines);
}

#[test]
fn a_choice_that_is_not_possible_is_refused_and_says_what_would_be() {
    let (house, ann, _) = contoso();
    for (package, choice, why) in [
        (
            "Contoso.Core",
            only("bob"),
            "`bob` has no certificate that counts for this package ID (possible: any owner, only ann, no signature needed)",
        ),
        ("Contoso.Core", only("contoso"), "`contoso` is no owner"),
        ("Contoso.Core", only("nobody"), "`nobody` is no owner"),
        (
            "Contoso.App",
            NoSignatureNeeded,
            "every owner has certificates for this package ID, so its packages have to be signed (possible: any owner, only ann, only Contoso)",
        ),
        ("Nothing", AnyOwner, "there is no package `Nothing`"),
    ] {
        let error = pick(&house, &[package], choice.clone(), &ann).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    assert_eq!(stored(&house, "Contoso.Core"), AnyOwner);
}

#[test]
fn of_many_at_once_each_that_fails_is_named_and_nothing_is_changed() {
    let (house, ann, _) = contoso();
    house.package("Carls.Tools", &["carl"]);
    let all = ["Contoso.App", "Contoso.Core", "Carls.Tools", "Nothing"];
    let error = pick(&house, &all, NoSignatureNeeded, &ann).unwrap_err().to_string();
    assert!(error.starts_with("nothing was changed: `Contoso.App`: every owner has certificates"), "{error}");
    assert!(error.contains("`Carls.Tools`: your account may not do that") && error.contains("`Nothing`"), "{error}");
    assert_eq!(stored(&house, "Contoso.Core"), AnyOwner, "though it could have been chosen for this one");
}

#[test]
fn of_many_at_once_those_that_change_are_on_record_and_each_person_is_told_once() {
    let (house, ann, _) = contoso();
    pick(&house, &["Contoso.App"], only("ann"), &ann).unwrap();
    let lines = house.audit_lines();
    house.package("Contoso.Web", &["ann", "Contoso"]);
    let all = ["Contoso.App", "Contoso.Core", "Contoso.Web", "contoso.web"];
    let changed = pick(&house, &all, only("ann"), &ann).unwrap();
    assert_eq!(changed, [id("Contoso.Core"), id("Contoso.Web")]);
    assert_eq!(house.audit_lines(), lines + 2);
    assert_eq!(
        house.told("bob"),
        "ann chose who must sign 2 packages (\"Contoso.Core\", \"Contoso.Web\"): only ann.",
        "as an owner of the one, and for the organization of the other"
    );
}

#[test]
fn only_owners_choose_with_a_code_and_neither_collaborators_nor_the_servers_administrator() {
    let (house, _, bob) = contoso();
    let (eve, root) = (house.person("eve"), house.administrator("root"));
    let carl = house.person("cora");
    house.organization("Fabrikam", &[("cora", Collaborator)]);
    house.package("Fabrikam.Core", &["Fabrikam"]);
    house.certificate("fabrikam");
    for (package, actor) in [("Contoso.App", &eve), ("Contoso.App", &root), ("Fabrikam.Core", &carl)] {
        let refused = pick(&house, &[package], AnyOwner, actor);
        assert!(matches!(refused, Err(Error::Refused(Refused::Denied(Denied::NotYours(_))))), "{package}");
    }
    pick(&house, &["Contoso.App"], only("Contoso"), &bob).unwrap();
    let zoe = house.person_without_code("zoe");
    house.package("Zoes.Tools", &["zoe"]);
    let stale = pick(&house, &["Zoes.Tools", "Contoso.App"], AnyOwner, &zoe);
    assert!(matches!(stale, Err(Error::Refused(Refused::Denied(Denied::GiveCode)))), "{stale:?}");
}

#[test]
fn what_was_told_before_must_still_be_true() {
    let (house, ann, _) = contoso();
    let mut asked = choosing(&["Contoso.Core"], NoSignatureNeeded);
    let plan = |asked: &Choosing| {
        house
            .app
            .store
            .read(|r| {
                let step = Step::read(
                    r,
                    &house.app.policy(r.policy()?),
                    &r.registration(&asked.ids[0])?.unwrap(),
                    &asked.choice,
                    NOW,
                )?;
                Ok::<_, store::Error>(Plan { choice: asked.choice.clone(), steps: vec![step] })
            })
            .unwrap()
    };
    asked.told = Some(plan(&asked).mark());
    pick(&house, &["Contoso.Core"], only("ann"), &ann).unwrap();
    let refused = choose(&house.app.store, &house.app.config, &asked, &ann, NOW);
    assert!(matches!(refused, Err(Error::ToldOtherwise)), "somebody else was quicker");
    asked.told = Some(plan(&asked).mark());
    choose(&house.app.store, &house.app.config, &asked, &ann, NOW).unwrap();
}

#[test]
fn no_package_and_more_than_a_hundred_are_refused() {
    let (house, ann, _) = contoso();
    assert!(matches!(pick(&house, &[], AnyOwner, &ann), Err(Error::Nothing)));
    for (count, fits) in [(MAX_AT_ONCE, true), (MAX_AT_ONCE + 1, false)] {
        let ids = vec!["Contoso.Core"; count];
        assert_eq!(pick(&house, &ids, AnyOwner, &ann).is_ok(), fits, "{count}");
    }
}
