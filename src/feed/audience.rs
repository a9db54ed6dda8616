//! Who is told about a change: everybody whom it concerns, but not whoever made it.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::authority::Authorized;
use super::notices;
use crate::domain::account::{Account, AccountId, AccountKind, Role};
use crate::store::{self, Writes};

/// Tells `accounts` (an organization by its administrators) what `by` did, each person once.
///
/// # Errors
/// What the store says.
pub(super) fn tell(
    w: &mut Writes<'_>,
    accounts: &[Account],
    by: &Authorized,
    text: &str,
    link: &str,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    let mut people: BTreeMap<AccountId, Account> = BTreeMap::new();
    for account in accounts {
        people.extend(self::people(w, account)?.into_iter().map(|person| (person.id, person)));
    }
    let oneself = by.account().map(|account| account.id);
    let others = people.into_values().filter(|person| Some(person.id) != oneself);
    others.into_iter().try_for_each(|person| notices::tell(w, &person, text, link, now))
}

/// Who reads what an account is told: its user, or its administrators.
///
/// # Errors
/// What the store says.
pub(super) fn people(w: &Writes<'_>, account: &Account) -> Result<Vec<Account>, store::Error> {
    match account.kind {
        AccountKind::User => Ok(vec![account.clone()]),
        AccountKind::Organization => administrators(w, account),
    }
}

fn administrators(w: &Writes<'_>, organization: &Account) -> Result<Vec<Account>, store::Error> {
    let members = w.members(organization.id)?.into_iter();
    Ok(members.filter(|(_, role)| *role == Role::Administrator).map(|(member, _)| member).collect())
}
