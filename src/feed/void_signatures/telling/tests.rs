//! Who is told what, once.

use super::*;
use crate::domain::account::Role;
use crate::domain::fingerprint::Fingerprint;
use crate::feed::test_house::{House, NOW};
use crate::store::notices::Notice;
use crate::store::packages::VersionId;
use crate::store::registrations::RegistrationId;

fn version(number: i64, id: &str) -> SignedVersion {
    SignedVersion {
        id: VersionId(number),
        registration: RegistrationId(1),
        package_id: id.parse().unwrap(),
        version: format!("1.{number}.0").parse().unwrap(),
        listed: true,
        published_at: OffsetDateTime::UNIX_EPOCH,
        author: Fingerprint::of(b"author"),
        timestamp: None,
        tsa: None,
    }
}

fn voided(cause: Cause, for_good: bool) -> Voided {
    let since = cause.is_revocation().then_some(OffsetDateTime::UNIX_EPOCH);
    Voided { cause, certificate: Fingerprint::of(b"author"), since, why: "x".to_owned(), for_good }
}

impl House {
    /// A version of a new package, which is not in the database itself.
    fn version_of(&self, number: i64, id: &str, owners: &[&str]) -> SignedVersion {
        SignedVersion { registration: self.package(id, owners).id, ..version(number, id) }
    }

    fn tell_all(&self, void: &[(&SignedVersion, &Voided)]) {
        self.app.store.write(|w| tell(w, &Told::Void(Group::by_cause(void)), NOW)).unwrap();
    }

    fn notices(&self, name: &str) -> Vec<Notice> {
        self.app.store.read(|r| r.notices(self.account(name).id, 0, 999)).unwrap()
    }

    fn links(&self, name: &str) -> Vec<String> {
        self.notices(name).into_iter().map(|notice| notice.link).collect()
    }
}

#[test]
fn whoever_owns_a_package_twice_or_runs_the_server_too_is_told_once() {
    let house = House::new();
    for person in ["ann", "bob"] {
        house.person(person);
    }
    house.administrator("root");
    let administrators = [("ann", Role::Administrator), ("root", Role::Administrator), ("bob", Role::Collaborator)];
    house.organization("contoso", &administrators);
    let version = house.version_of(1, "Contoso.Core", &["ann", "contoso"]);
    house.tell_all(&[(&version, &voided(Cause::Signer, true))]);
    assert_eq!(house.links("ann"), ["packages/Contoso.Core/manage"], "as owner and for the organization");
    assert_eq!(house.links("root"), [OVERVIEW], "as administrator of the server and of the organization");
    assert!(house.links("bob").is_empty(), "a collaborator decides nothing");
}

#[test]
fn whoever_owns_hundreds_of_packages_is_told_once_of_a_revoked_authority_and_loses_no_other_notice() {
    let house = House::new();
    house.person("ann");
    house.person("bob");
    house.administrator("root");
    house.app.store.write(|w| notices::tell(w, &house.account("ann"), "You are invited.", "", NOW)).unwrap();
    let versions: Vec<SignedVersion> = (0..60)
        .map(|number| {
            let owners: &[&str] = if number == 7 { &["ann", "bob"] } else { &["ann"] };
            house.version_of(number, &format!("Contoso.P{number:03}"), owners)
        })
        .collect();
    let authority = voided(Cause::Authority, true);
    let lines = house.audit_lines();
    house.tell_all(&versions.iter().map(|version| (version, &authority)).collect::<Vec<_>>());
    assert_eq!(house.links("ann"), [THEIR_PACKAGES, ""]);
    assert!(
        house.told("ann").starts_with(
            "The signatures of 60 versions of 60 packages (\"Contoso.P000\", \"Contoso.P001\", \"Contoso.P002\", \
             \"Contoso.P003\", \"Contoso.P004\" and 55 more) do not count any more: the certificate of the timestamping authority"
        ),
        "{}",
        house.told("ann")
    );
    assert_eq!(house.links("bob"), ["packages/Contoso.P007/manage"], "only theirs");
    assert!(
        house.told("bob").starts_with("The signature of Contoso.P007 1.7.0 does not count"),
        "{}",
        house.told("bob")
    );
    assert_eq!(house.links("root"), [OVERVIEW]);
    assert_eq!(house.audit_lines(), lines + 60, "each package has its record");
}

#[test]
fn an_anchor_that_is_removed_is_told_once_whatever_the_number_of_signers_below_it() {
    let house = House::new();
    house.person("ann");
    house.administrator("root");
    let versions: Vec<SignedVersion> =
        (0..9).map(|number| house.version_of(number, &format!("Contoso.P{number}"), &["ann"])).collect();
    let signer = |number: u8| Voided { certificate: Fingerprint::of(&[number]), ..voided(Cause::Path, false) };
    let paths: Vec<Voided> = (0..9).map(signer).collect();
    house.tell_all(&versions.iter().zip(&paths).collect::<Vec<_>>());
    for person in ["ann", "root"] {
        assert_eq!(house.notices(person).len(), 1, "{person}");
        let told = "do not count for now: the certificates of 9 signers lead to no trust anchor any more.";
        assert!(house.told(person).contains(told), "{}", house.told(person));
    }
}

#[test]
fn owners_are_told_of_their_packages_and_administrators_of_all_at_once() {
    let versions: Vec<_> =
        (0..7).map(|number| version(number, "Contoso.Core")).chain([version(9, "Fabrikam")]).collect();
    let (signer, hold) = (voided(Cause::Signer, true), voided(Cause::Authority, false));
    let mut void: Vec<(&SignedVersion, &Voided)> = versions.iter().map(|version| (version, &signer)).collect();
    void[0].1 = &hold;
    let mut told = Vec::new();
    for group in Group::by_cause(&void) {
        let all = group.packages();
        told.extend(all.iter().map(|(id, items)| format!("owners: {}", news(&Packages::from([(*id, *items)])))));
        told.push(format!("administrators: {}", news(&all)));
    }
    for cause in Cause::ALL {
        let other = Voided { certificate: Fingerprint::of(b"other"), ..voided(cause, true) };
        let void = [(&versions[0], &voided(cause, true)), (&versions[7], &other)];
        told.extend(Group::by_cause(&void).iter().map(|group| format!("several: {}", news(&group.packages()))));
    }
    insta::assert_snapshot!("told", told.join("\n"));
    let counting = Group::by_package(&[&versions[0], &versions[7]]);
    assert_eq!(counting.len(), 1);
    assert_eq!(
        news(&counting[0].packages()),
        "The signatures of 2 versions of 2 packages (\"Contoso.Core\", \"Fabrikam\") count again."
    );
    assert!(Group::by_package(&[]).is_empty());
}
