//! Who is told about a change: everybody whom it concerns, but not whoever made it.

use std::collections::BTreeMap;

use time::OffsetDateTime;

use super::authority::Authorized;
use super::notices;
use crate::domain::account::{Account, AccountId, AccountKind, Role};
use crate::store::{self, Reads, Writes};

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
    let people = people(w, accounts)?;
    let oneself = by.account().map(|account| account.id);
    let mut others = people.into_iter().filter(|person| Some(person.id) != oneself);
    others.try_for_each(|person| notices::tell(w, &person, text, link, now))
}

/// Who is told what `accounts` are told: the users among them and the organizations' administrators, each once.
///
/// # Errors
/// What the store says.
pub(super) fn people(reads: &Reads<'_>, accounts: &[Account]) -> Result<Vec<Account>, store::Error> {
    let mut people: BTreeMap<AccountId, Account> = BTreeMap::new();
    for account in accounts {
        let members = match account.kind {
            AccountKind::User => vec![account.clone()],
            AccountKind::Organization => administrators(reads, account)?,
        };
        people.extend(members.into_iter().map(|member| (member.id, member)));
    }
    Ok(people.into_values().collect())
}

fn administrators(reads: &Reads<'_>, organization: &Account) -> Result<Vec<Account>, store::Error> {
    let members = reads.members(organization.id)?.into_iter();
    Ok(members.filter(|(_, role)| *role == Role::Administrator).map(|(member, _)| member).collect())
}
