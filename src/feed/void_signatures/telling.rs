//! Who is told that signatures count no more, or again: the owners and the administrators of the server, each person once for a
//! cause. A revoked authority may concern thousands of versions of hundreds of packages; nobody is told of each.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::news::{Item, Packages, news, versions_of};
use crate::domain::account::{Account, AccountId};
use crate::domain::void_signature::Cause;
use crate::feed::{audience, notices};
use crate::store::audit::By;
use crate::store::signed_versions::SignedVersion;
use crate::store::void_signatures::Voided;
use crate::store::{self, Reads, Writes};

/// Where an administrator decides.
const OVERVIEW: &str = "admin/revocation";
/// Where owners see their packages.
const THEIR_PACKAGES: &str = "account/packages";

/// What is told.
pub(super) enum Told<'a> {
    /// That signatures do not count any more.
    Void(Vec<Group<'a>>),
    /// That signatures count again.
    Counting(Vec<Group<'a>>),
}

/// Versions that have the same to be told, by package ID.
pub(super) struct Group<'a>(BTreeMap<String, Vec<Item<'a>>>);

impl<'a> Group<'a> {
    /// One for each cause, whatever the number of certificates: a removed anchor may stand above many signers.
    pub fn by_cause(void: &[(&'a SignedVersion, &'a Voided)]) -> Vec<Self> {
        let mut groups: BTreeMap<(Cause, bool), Self> = BTreeMap::new();
        for (version, voided) in void {
            let group = groups.entry((voided.cause, voided.for_good)).or_insert_with(|| Self(BTreeMap::new()));
            group.add((version, Some(voided)));
        }
        groups.into_values().collect()
    }

    /// One for all.
    pub fn by_package(versions: &[&'a SignedVersion]) -> Vec<Self> {
        let mut group = Self(BTreeMap::new());
        versions.iter().for_each(|version| group.add((version, None)));
        if group.0.is_empty() { Vec::new() } else { vec![group] }
    }

    fn add(&mut self, item: Item<'a>) {
        self.0.entry(item.0.package_id.to_string()).or_default().push(item);
    }

    fn packages(&self) -> Packages<'_> {
        self.0.iter().map(|(id, items)| (id.as_str(), items.as_slice())).collect()
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
        record(w, group, action, now)?;
        for (person, packages) in people(w, group)? {
            let link = match packages.keys().collect::<Vec<_>>().as_slice() {
                [id] => format!("packages/{id}/manage"),
                _ => THEIR_PACKAGES.to_owned(),
            };
            notices::tell(w, &person, &news(&packages), &link, now)?;
        }
        for administrator in w.server_administrators()? {
            notices::tell(w, &administrator, &news(&group.packages()), OVERVIEW, now)?;
        }
    }
    Ok(())
}

/// A record for each package, and each reason where there are several.
fn record(w: &mut Writes<'_>, group: &Group<'_>, action: &str, now: OffsetDateTime) -> Result<(), store::Error> {
    for (id, items) in &group.0 {
        let mut by_reason: BTreeMap<&str, Vec<Item<'_>>> = BTreeMap::new();
        for item in items {
            by_reason.entry(item.1.map(|voided| voided.why.as_str()).unwrap_or_default()).or_default().push(*item);
        }
        for (why, items) in by_reason {
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            w.audit(now, &By::server(), action, id, &format!("{}{why}", versions_of(&items)))?;
        }
    }
    Ok(())
}

/// The people who own some of the packages, each with theirs. The administrators of the server are told for all packages, for
/// themselves and for organizations of theirs.
fn people<'a>(reads: &Reads<'_>, group: &'a Group<'_>) -> Result<Vec<(Account, Packages<'a>)>, store::Error> {
    let mut of_owner: BTreeMap<AccountId, Vec<&'a str>> = BTreeMap::new();
    let packages = group.packages();
    for (id, items) in &packages {
        let Some((version, _)) = items.first() else { continue };
        for (owner, _) in reads.owners(version.registration)? {
            of_owner.entry(owner).or_default().push(id);
        }
    }
    let mut of_person: BTreeMap<AccountId, (Account, Packages<'a>)> = BTreeMap::new();
    for (owner, ids) in of_owner {
        let owner = reads.account_by_id(owner)?;
        for person in audience::people(reads, std::slice::from_ref(&owner))? {
            let (_, theirs) = of_person.entry(person.id).or_insert_with(|| (person, Packages::new()));
            theirs.extend(ids.iter().filter_map(|id| packages.get(id).map(|items| (*id, *items))));
        }
    }
    Ok(of_person.into_values().filter(|(person, _)| !person.administrator).collect())
}

#[cfg(test)]
mod tests;
