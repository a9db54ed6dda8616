//! What was decided about a void signature ends with what undoes it, whoever does it and by whatever way.

use super::*;
use crate::domain::api_key::ApiKeyId;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::void_signature::Cause;
use crate::feed::api_keys::{self, Holder, KeyActor, Wanted};
use crate::feed::test_house::{House, NOW, id, name};
use crate::feed::void_signatures::{self, Wish};
use crate::feed::{unlist, withdrawals};
use crate::store::void_signatures::{VoidFilter, Voided};

fn number() -> NuGetVersion {
    NuGetVersion::parse("1.0.0").unwrap()
}

/// A version of ann whose signature does not count, and the administrator of the server.
fn house() -> (House, Actor) {
    let house = House::new();
    let root = house.administrator("root");
    house.person("ann");
    house.package("Contoso.Core", &["ann"]);
    house.version("Contoso.Core", "1.0.0", Some("ann"));
    let (cause, certificate) = (Cause::Signer, Fingerprint::of(b"ann"));
    let voided = Voided { cause, certificate, since: Some(NOW), why: "x".to_owned(), for_good: true };
    let put = |w: &mut Writes<'_>| {
        let package = w.registration(&id("Contoso.Core"))?.unwrap();
        w.set_void_signature(w.versions(package.id)?[0].id, &voided, NOW)
    };
    assert!(house.app.store.write(put).unwrap());
    (house, root)
}

impl House {
    fn decide_about_it(&self, choice: Choice, actor: &Actor) {
        let reason = (choice == Choice::Hide).then(|| "nobody knows who signed it".parse().unwrap());
        let wish = Wish { package: id("Contoso.Core"), versions: vec![number()], choice, reason };
        assert_eq!(void_signatures::decide(&self.app, &[wish], actor, NOW).unwrap().done, 1);
    }

    /// How many versions somebody has to decide about.
    fn undecided(&self) -> u64 {
        let filter = VoidFilter { undecided: true, ..VoidFilter::default() };
        self.app.store.read(|r| r.count_void_versions(&filter)).unwrap()
    }

    fn shows(&self, actor: &Actor) {
        withdrawals::show(&self.app, actor, &id("Contoso.Core"), &number(), NOW).unwrap();
    }
}

#[test]
fn a_version_that_was_hidden_for_its_signature_is_to_be_decided_about_again_when_it_is_shown() {
    let (house, root) = house();
    assert_eq!(house.undecided(), 1);
    house.decide_about_it(Choice::Hide, &root);
    assert_eq!(house.undecided(), 0);
    house.shows(&root);
    assert_eq!(house.undecided(), 1);
    assert_eq!(
        house.audited(),
        "root package.show Contoso.Core 1.0.0 was hidden: nobody knows who signed it; \
         its signature does not count: what root decided (hide) is open again"
    );
}

#[test]
fn deciding_to_unlist_what_is_hidden_does_not_outlive_that_it_is_shown() {
    let (house, root) = house();
    house.decide_about_it(Choice::Hide, &root);
    house.decide_about_it(Choice::Unlist, &root);
    house.shows(&root);
    assert_eq!(house.undecided(), 1, "everybody gets it and search shows it");
}

#[test]
fn a_version_that_was_unlisted_for_its_signature_is_to_be_decided_about_again_when_it_is_listed() {
    let (house, root) = house();
    house.decide_about_it(Choice::Unlist, &root);
    assert_eq!(house.undecided(), 0);
    set_listed(&house.app, &root, &id("contoso.core"), &number(), true, NOW).unwrap();
    assert_eq!(house.undecided(), 1);
    assert_eq!(
        house.audited(),
        "root package.relist Contoso.Core 1.0.0 its signature does not count: what root decided (unlist) is open again"
    );
}

#[test]
fn a_key_lists_as_a_page_does_and_its_record_has_the_id_as_the_package_spells_it() {
    let (house, root) = house();
    let holder = Holder::User(name("ann"), None);
    let (name, lasts) = ("ci".parse().unwrap(), "1d".parse().unwrap());
    let wanted = Wanted { name, holder, scopes: "unlist".parse().unwrap(), patterns: Vec::new(), lasts };
    api_keys::create(&house.app.store, &wanted, &Actor::CommandLine, NOW).unwrap();
    let key = ApiKeyId(house.app.store.read(|r| r.keys(None)).unwrap()[0].id);
    let key = KeyActor { id: key, address: "192.0.2.1".to_owned() };
    let list = |listed| unlist::set_listed(&house.app, &key, &id("CONTOSO.core"), &number(), listed, NOW).unwrap();
    list(false);
    assert_eq!(house.audited(), format!("ann package.unlist Contoso.Core 1.0.0 key {}", key.id.0));
    list(true);
    house.decide_about_it(Choice::Unlist, &root);
    let lines = house.audit_lines();
    list(false);
    assert_eq!(house.audit_lines(), lines, "it was so before");
    list(true);
    assert_eq!(house.undecided(), 1);
    assert_eq!(
        house.audited(),
        format!(
            "ann package.relist Contoso.Core 1.0.0 key {}; its signature does not count: what root decided (unlist) is open again",
            key.id.0
        )
    );
}

#[test]
fn what_is_kept_stays_decided_whether_search_shows_it_or_not() {
    let (house, root) = house();
    house.decide_about_it(Choice::Keep, &root);
    for listed in [false, true] {
        set_listed(&house.app, &root, &id("Contoso.Core"), &number(), listed, NOW).unwrap();
    }
    assert_eq!(house.undecided(), 0);
    assert_eq!(house.audited(), "root package.relist Contoso.Core 1.0.0");
}
