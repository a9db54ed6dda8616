//! Who is told that certificates came and went, and what that means for packages.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::{named, page_of};
use crate::domain::account::{Account, AccountId, AccountKind};
use crate::domain::package_id::PackageId;
use crate::feed::audience;
use crate::feed::authority::Authorized;
use crate::feed::notices::{tell, tell_security};
use crate::store::{self, Writes};

/// Certificates that are named in one sentence; of more only the number is told.
const NAMED_CERTIFICATES: usize = 3;

/// Subjects in a sentence: `CN=A; CN=B; CN=C and 2 more`.
pub(super) fn listed(subjects: &[String]) -> String {
    let some = subjects.iter().take(NAMED_CERTIFICATES).map(String::as_str).collect::<Vec<_>>().join("; ");
    match subjects.len().saturating_sub(NAMED_CERTIFICATES) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}

/// Tells the account what was done to its certificates. An organization's administrators are told but for whoever did it. A user
/// is told in any case: somebody else may sit in front of their session.
pub(super) fn account(
    w: &mut Writes<'_>,
    account: &Account,
    by: &Authorized,
    text: &str,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    let page = page_of(&account.name);
    match account.kind {
        AccountKind::User => tell_security(w, account, text, &page, now),
        AccountKind::Organization => audience::tell(w, std::slice::from_ref(account), by, text, &page, now),
    }
}

/// Tells everybody who owns some of `ids`, each person once with their own IDs, but for `but`.
pub(super) fn owners(
    w: &mut Writes<'_>,
    ids: &[PackageId],
    but: Option<AccountId>,
    now: OffsetDateTime,
    text: impl Fn(&str) -> String,
) -> Result<(), store::Error> {
    let mut of_owner: BTreeMap<AccountId, Vec<PackageId>> = BTreeMap::new();
    for id in ids {
        let Some(registration) = w.registration(id)? else { continue };
        for (owner, _) in w.owners(registration.id)? {
            of_owner.entry(owner).or_default().push(id.clone());
        }
    }
    let mut of_person: BTreeMap<AccountId, (Account, Vec<PackageId>)> = BTreeMap::new();
    for (owner, ids) in of_owner {
        let owner = w.account_by_id(owner)?;
        for person in audience::people(w, std::slice::from_ref(&owner))? {
            let (_, known) = of_person.entry(person.id).or_insert_with(|| (person, Vec::new()));
            known.extend(ids.iter().cloned());
        }
    }
    for (person, mut ids) in of_person.into_values().filter(|(person, _)| Some(person.id) != but) {
        ids.sort_unstable_by(|one, other| one.key().cmp(other.key()));
        ids.dedup();
        let link = match ids.as_slice() {
            [id] => format!("packages/{id}/manage"),
            _ => "account/packages".to_owned(),
        };
        tell(w, &person, &text(&named(&ids)), &link, now)?;
    }
    Ok(())
}
