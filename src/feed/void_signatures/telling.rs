//! Who is told that signatures count no more, or again: the owners, once for a package and a cause, and the administrators of the
//! server, once for a cause. A revoked authority may concern thousands of versions; nobody is told of each.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use crate::domain::fingerprint::Fingerprint;
use crate::domain::void_signature::Cause;
use crate::feed::{audience, notices, owners};
use crate::store::audit::By;
use crate::store::registrations::RegistrationId;
use crate::store::signed_versions::SignedVersion;
use crate::store::void_signatures::Voided;
use crate::store::{self, Writes};

/// So many versions are named; further ones are counted.
const NAMED: usize = 5;
/// Where an administrator decides.
const OVERVIEW: &str = "admin/revocation";

/// What is told.
pub(super) enum Told<'a> {
    /// That signatures do not count any more.
    Void(Vec<Group<'a>>),
    /// That signatures count again.
    Counting(Vec<Group<'a>>),
}

/// Versions that have the same to be told.
pub(super) struct Group<'a> {
    /// Why; `None` where they count again.
    voided: Option<&'a Voided>,
    /// By package ID.
    packages: BTreeMap<String, Vec<&'a SignedVersion>>,
}

impl<'a> Group<'a> {
    /// One for each cause and certificate.
    pub fn by_cause(void: &[(&'a SignedVersion, &'a Voided)]) -> Vec<Self> {
        let mut groups: BTreeMap<(Cause, Fingerprint, bool), Group<'a>> = BTreeMap::new();
        for (version, voided) in void {
            let group = groups.entry((voided.cause, voided.certificate, voided.for_good));
            let group = group.or_insert_with(|| Group { voided: Some(voided), packages: BTreeMap::new() });
            group.add(version);
        }
        groups.into_values().collect()
    }

    /// One for all.
    pub fn by_package(versions: &[&'a SignedVersion]) -> Vec<Self> {
        let mut group = Group { voided: None, packages: BTreeMap::new() };
        versions.iter().for_each(|version| group.add(version));
        if group.packages.is_empty() { Vec::new() } else { vec![group] }
    }

    fn add(&mut self, version: &'a SignedVersion) {
        self.packages.entry(version.package_id.to_string()).or_default().push(version);
    }

    /// What became of some versions of a package, for its owners.
    fn of_package(&self, id: &str, versions: &[&SignedVersion]) -> String {
        let names = named(versions);
        let (what, count) = match versions {
            [_] => (format!("The signature of {id} {names}"), 1),
            versions => (format!("The signatures of {} versions of {id} ({names})", versions.len()), versions.len()),
        };
        format!("{what} {}", self.became(count))
    }

    /// The same for all packages, for administrators.
    fn of_all(&self) -> String {
        if let [(id, versions)] = self.packages.iter().collect::<Vec<_>>().as_slice() {
            return self.of_package(id, versions);
        }
        let count = self.packages.values().map(Vec::len).sum();
        format!("The signatures of {count} versions of {} packages {}", self.packages.len(), self.became(count))
    }

    fn became(&self, count: usize) -> String {
        let one = count == 1;
        match self.voided {
            None if one => "counts again.".to_owned(),
            None => "count again.".to_owned(),
            Some(voided) => {
                let (counts, it) = if one { ("does not count", "it is") } else { ("do not count", "they are") };
                let for_now = if voided.for_good { "any more" } else { "for now" };
                format!(
                    "{counts} {for_now}: {}. Nothing was done by itself: decide what becomes of {}.",
                    because(voided, it),
                    if one { "it" } else { "them" }
                )
            }
        }
    }
}

/// Why, in a sentence for people. `it_is` is "it is" or "they are".
#[must_use]
pub fn because(voided: &Voided, it_is: &str) -> String {
    let since = voided.since.map(|at| format!(" since {}", at.date())).unwrap_or_default();
    let revoked = if voided.for_good { format!("is revoked{since}") } else { format!("is on hold{since}") };
    match voided.cause {
        Cause::Signer => format!("the signer’s certificate {revoked}, and no timestamp proves that {it_is} older"),
        Cause::Issuer => format!("a certificate above the signer’s {revoked}"),
        Cause::Authority => format!("the certificate of the timestamping authority {revoked}"),
        Cause::AuthorityIssuer => format!("a certificate above the timestamping authority’s {revoked}"),
        Cause::Path => "the signer’s certificate leads to no trust anchor any more".to_owned(),
        Cause::AuthorityPath => "the timestamp leads to no trust anchor any more".to_owned(),
    }
}

fn named(versions: &[&SignedVersion]) -> String {
    let names: Vec<String> = versions.iter().take(NAMED).map(|version| version.version.to_string()).collect();
    match versions.len().saturating_sub(NAMED) {
        0 => names.join(", "),
        further => format!("{} and {further} more", names.join(", ")),
    }
}

/// Writes the audit records and the notices.
///
/// # Errors
/// What the store says.
pub(super) fn tell(w: &mut Writes<'_>, told: &Told<'_>, now: OffsetDateTime) -> Result<(), store::Error> {
    let (groups, action) = match told {
        Told::Void(groups) => (groups, "signature.void"),
        Told::Counting(groups) => (groups, "signature.counts-again"),
    };
    for group in groups {
        for (id, versions) in &group.packages {
            let why = group.voided.map(|voided| format!(": {}", voided.why)).unwrap_or_default();
            w.audit(now, &By::server(), action, id, &format!("{}{why}", named(versions)))?;
            if let Some(first) = versions.first() {
                tell_owners(w, first.registration, &group.of_package(id, versions), id, now)?;
            }
        }
        for administrator in w.server_administrators()? {
            notices::tell(w, &administrator, &group.of_all(), OVERVIEW, now)?;
        }
    }
    Ok(())
}

fn tell_owners(
    w: &mut Writes<'_>,
    package: RegistrationId,
    text: &str,
    id: &str,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    let owners = owners::accounts(w, &w.registration_by_row(package)?)?;
    // The administrators of the server are told once for all packages, for themselves and for organizations of theirs.
    let people = audience::people(w, &owners)?.into_iter().filter(|person| !person.administrator);
    people.into_iter().try_for_each(|person| notices::tell(w, &person, text, &format!("packages/{id}/manage"), now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Role;
    use crate::feed::test_house::{House, NOW};
    use crate::store::packages::VersionId;

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

    #[test]
    fn whoever_owns_a_package_twice_or_runs_the_server_too_is_told_once() {
        let house = House::new();
        for person in ["ann", "bob"] {
            house.person(person);
        }
        house.administrator("root");
        let administrators = [("ann", Role::Administrator), ("root", Role::Administrator), ("bob", Role::Collaborator)];
        house.organization("contoso", &administrators);
        let package = house.package("Contoso.Core", &["ann", "contoso"]);
        let version = SignedVersion { registration: package.id, ..version(1, "Contoso.Core") };
        let signer = voided(Cause::Signer, true);
        let told = Told::Void(Group::by_cause(&[(&version, &signer)]));
        house.app.store.write(|w| tell(w, &told, NOW)).unwrap();
        let notices = |name: &str| {
            let notices = house.app.store.read(|r| r.notices(house.account(name).id, 0, 9)).unwrap();
            notices.into_iter().map(|notice| notice.link).collect::<Vec<_>>()
        };
        assert_eq!(notices("ann"), ["packages/Contoso.Core/manage"], "as owner and for the organization");
        assert_eq!(notices("root"), [OVERVIEW], "as administrator of the server and of the organization");
        assert!(notices("bob").is_empty(), "a collaborator decides nothing");
    }

    fn voided(cause: Cause, for_good: bool) -> Voided {
        let since = Some(OffsetDateTime::UNIX_EPOCH);
        Voided { cause, certificate: Fingerprint::of(b"author"), since, why: "x".to_owned(), for_good }
    }

    #[test]
    fn owners_are_told_of_a_package_and_administrators_of_all_at_once() {
        let versions: Vec<_> =
            (0..7).map(|number| version(number, "Contoso.Core")).chain([version(9, "Fabrikam")]).collect();
        let (signer, hold) = (voided(Cause::Signer, true), voided(Cause::Authority, false));
        let mut void: Vec<(&SignedVersion, &Voided)> = versions.iter().map(|version| (version, &signer)).collect();
        void[0].1 = &hold;
        let groups = Group::by_cause(&void);
        let told: Vec<String> = groups
            .iter()
            .flat_map(|group| {
                let owners =
                    group.packages.iter().map(|(id, versions)| format!("owners: {}", group.of_package(id, versions)));
                owners.chain([format!("administrators: {}", group.of_all())]).collect::<Vec<_>>()
            })
            .collect();
        insta::assert_snapshot!("told", told.join("\n"));
        let counting = Group::by_package(&[&versions[0], &versions[7]]);
        assert_eq!(counting.len(), 1);
        assert_eq!(counting[0].of_all(), "The signatures of 2 versions of 2 packages count again.");
        assert!(Group::by_package(&[]).is_empty());
    }
}
