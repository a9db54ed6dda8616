//! Making and revoking API keys.

use aws_lc_rs::rand;
use thiserror::Error;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::accounts;
use super::authority::{self, Actor, authorize, authorize_for_any};
use super::notices::tell_security;
use crate::domain::account::{Account, AccountKind, AccountName};
use crate::domain::api_key::{ApiKey, ApiKeyId, KeyLifetime, KeyName, MAX_KEY_PATTERNS, MAX_KEYS, Scopes};
use crate::domain::pattern::Pattern;
use crate::domain::permission::{Action, Denied};
use crate::store::api_keys::{ListedKey, NewKey};
use crate::store::{self, Reads, Store};

/// The key that a request was sent with. Whether it still counts is asked again in each transaction.
#[derive(Debug, Clone)]
pub struct KeyActor {
    /// The key.
    pub id: ApiKeyId,
    /// From where the request came: an IP address.
    pub address: String,
}

/// Whose key it will be.
#[derive(Debug, Clone)]
pub enum Holder {
    /// A user's, which acts for the user or, with an organization, for that. It dies when the user leaves.
    User(AccountName, Option<AccountName>),
    /// An organization's own: a service key, which stays when its maker leaves.
    Organization(AccountName),
}

/// The key that somebody wants.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What its owner calls it.
    pub name: KeyName,
    /// Whose key it is.
    pub holder: Holder,
    /// What it may do.
    pub scopes: Scopes,
    /// For which package IDs; empty means all.
    pub patterns: Vec<Pattern>,
    /// How long it lasts.
    pub lasts: KeyLifetime,
}

/// A key that was made.
#[derive(Debug)]
pub struct Made {
    /// The only copy.
    pub key: ApiKey,
    /// Whose it is.
    pub holder: AccountName,
    /// Which account it acts for.
    pub owner: AccountName,
    /// Whether it belongs to an organization itself.
    pub service: bool,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// Why there is no key.
#[derive(Debug, Error)]
pub enum Error {
    /// An account is unknown or of the wrong kind.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// The account can't act for the owner.
    #[error("`{account}` is no member of `{owner}`")]
    NoMember {
        /// Whose key it would be.
        account: AccountName,
        /// The owner that it would act for.
        owner: AccountName,
    },
    /// The account is disabled: the key would be dead.
    #[error("`{0}` is disabled")]
    Disabled(AccountName),
    /// An organization has service keys only.
    #[error(
        "`{0}` is an organization, so its keys are service keys; say that you want one, on the command line by `--service`"
    )]
    NotAPerson(AccountName),
    /// Too many patterns.
    #[error("a key has at most {MAX_KEY_PATTERNS} patterns, not {0}; join some of them by a `*`")]
    TooManyPatterns(usize),
    /// Too many keys.
    #[error("`{0}` has {MAX_KEYS} keys that count, and that is the most; revoke one that is not used any more")]
    TooManyKeys(AccountName),
    /// The key is revoked already.
    #[error("the key {key} was revoked already, on {at}", at = at.date())]
    RevokedAlready {
        /// How it is called.
        key: String,
        /// When it was.
        at: OffsetDateTime,
    },
    /// There is no such key, or nobody may tell this actor about it.
    #[error("there is no key {0} that could be revoked")]
    Unknown(i64),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Makes a key. What it returns is the only copy.
///
/// # Errors
/// An unknown or disabled account, one that does not belong to the owner, or one that has too many keys.
pub fn create(store: &Store, wanted: &Wanted, actor: &Actor, now: OffsetDateTime) -> Result<Made, Error> {
    if wanted.patterns.len() > MAX_KEY_PATTERNS {
        return Err(Error::TooManyPatterns(wanted.patterns.len()));
    }
    let key = random_key()?;
    store.write(|w| {
        let (by, holder, owner) = match &wanted.holder {
            Holder::User(name, acts_for) => {
                let holder = found(w, name)?;
                let by = authorize(w, actor, Action::CreateKey, Some(&holder), now)?;
                let owner = acts_for.as_ref().map_or_else(|| Ok(holder.clone()), |name| found(w, name))?;
                expect_member(w, &holder, &owner)?;
                (by, holder, owner)
            }
            Holder::Organization(name) => {
                let organization = found(w, name)?;
                let by = authorize(w, actor, Action::CreateServiceKey, Some(&organization), now)?;
                if organization.kind != AccountKind::Organization {
                    let kind = accounts::Error::Kind { name: organization.name, expected: "an organization" };
                    return Err(kind.into());
                }
                if organization.disabled {
                    return Err(Error::Disabled(organization.name));
                }
                (by, organization.clone(), organization)
            }
        };
        if w.count_keys(holder.id, now)? >= MAX_KEYS {
            return Err(Error::TooManyKeys(holder.name));
        }
        let expires_at = now + wanted.lasts.duration();
        let new = NewKey {
            hash: key.hash(),
            name: wanted.name.clone(),
            hint: key.hint(),
            account: holder.id,
            owner: owner.id,
            scopes: wanted.scopes.clone(),
            patterns: wanted.patterns.clone(),
            created_by: by.name().to_owned(),
            expires_at,
        };
        w.add_key(new, now)?;
        by.audit(w, now, "key.create", holder.name.as_str(), &described(wanted, &key.hint(), &owner, expires_at))?;
        let service = holder.kind == AccountKind::Organization;
        Ok(Made { key, holder: holder.name, owner: owner.name, service, expires_at })
    })
}

/// The keys that belong to whoever is signed in.
///
/// # Errors
/// What the store says.
pub fn of_user(reads: &Reads<'_>, user: &Account) -> Result<Vec<ListedKey>, store::Error> {
    reads.keys_of(user.id)
}

/// The keys that act for an organization, its own and its members': for those who may revoke them.
///
/// # Errors
/// An unknown organization; a stranger is told the same.
pub fn acting_for(
    store: &Store,
    organization: &AccountName,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(Account, Vec<ListedKey>), Error> {
    store.read(|r| {
        let organization = found(r, organization)?;
        if organization.kind != AccountKind::Organization {
            return Err(accounts::Error::Kind { name: organization.name, expected: "an organization" }.into());
        }
        authorize(r, actor, Action::RevokeKey, Some(&organization), now)?;
        let keys = r.keys_acting_for(organization.id)?;
        Ok((organization, keys))
    })
}

/// The key with that number, if it is not revoked, for those who may revoke it.
///
/// # Errors
/// [`Error::RevokedAlready`], [`Error::Unknown`].
pub fn to_revoke(store: &Store, id: ApiKeyId, actor: &Actor, now: OffsetDateTime) -> Result<ListedKey, Error> {
    store.read(|r| revocable(r, id, actor, now).map(|(key, ..)| key))
}

/// Revokes a key for ever. May whoever holds it, and the administrators of the organization that it acts for. A holder whose key
/// somebody else revoked is told.
///
/// # Errors
/// [`Error::RevokedAlready`], [`Error::Unknown`].
pub fn revoke(store: &Store, id: ApiKeyId, actor: &Actor, now: OffsetDateTime) -> Result<ListedKey, Error> {
    store.write(|w| {
        let (key, by, holder) = revocable(w, id, actor, now)?;
        if !w.revoke_key(id, now)? {
            return Err(Error::Unknown(id.0));
        }
        let named = named(&key.name, &key.hint);
        if by.account().is_none_or(|account| account.id != holder.id) && !key.service {
            let text = format!("{} revoked your key {named}, which acted for `{}`.", by.name(), key.owner);
            tell_security(w, &holder, &text, "account/keys", now)?;
        }
        by.audit(
            w,
            now,
            "key.revoke",
            holder.name.as_str(),
            &format!("key {id}: {named} for {}", key.owner, id = id.0),
        )?;
        Ok(key)
    })
}

/// Keys that are not there and keys that are none of the actor's business look the same: their numbers tell nothing.
fn revocable(
    reads: &Reads<'_>,
    id: ApiKeyId,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(ListedKey, authority::Authorized, Account), Error> {
    let key = reads.key(id)?.ok_or(Error::Unknown(id.0))?;
    let (holder, owner) = (found(reads, &key.account)?, found(reads, &key.owner)?);
    let by = match authorize_for_any(reads, actor, Action::RevokeKey, &[&holder, &owner], now) {
        Err(authority::Refused::Denied(Denied::NotYours(_))) => return Err(Error::Unknown(id.0)),
        by => by?,
    };
    match key.revoked_at {
        Some(at) => Err(Error::RevokedAlready { key: named(&key.name, &key.hint), at }),
        None => Ok((key, by, holder)),
    }
}

fn found(reads: &Reads<'_>, name: &AccountName) -> Result<Account, Error> {
    reads.account(name)?.ok_or_else(|| accounts::Error::Unknown(name.clone()).into())
}

/// Both must be enabled, the holder a user, and the owner the same or an organization that the user belongs to.
fn expect_member(reads: &Reads<'_>, holder: &Account, owner: &Account) -> Result<(), Error> {
    if holder.kind != AccountKind::User {
        return Err(Error::NotAPerson(holder.name.clone()));
    }
    if let Some(disabled) = [holder, owner].into_iter().find(|account| account.disabled) {
        return Err(Error::Disabled(disabled.name.clone()));
    }
    let member = holder.id == owner.id
        || (owner.kind == AccountKind::Organization && reads.role(owner.id, holder.id)?.is_some());
    let no_member = || Error::NoMember { account: holder.name.clone(), owner: owner.name.clone() };
    if member { Ok(()) } else { Err(no_member()) }
}

/// What the audit log says of a new key: everything that says what it is good for, and nothing of the secret but its hint.
fn described(wanted: &Wanted, hint: &str, owner: &Account, expires_at: OffsetDateTime) -> String {
    let patterns: Vec<&str> = wanted.patterns.iter().map(Pattern::as_str).collect();
    let ids = if patterns.is_empty() { String::new() } else { format!(" of {}", patterns.join(",")) };
    let named = named(&wanted.name, hint);
    format!("{named} for {}: {}{ids}, until {}", owner.name, wanted.scopes, expires_at.date())
}

/// How a key is called: by its name, if it has one, and the first letters.
pub(super) fn named(name: &KeyName, hint: &str) -> String {
    if name.is_empty() { format!("{hint}...") } else { format!("`{name}` ({hint}...)") }
}

fn random_key() -> Result<ApiKey, Error> {
    let mut random = Zeroizing::new([0u8; 64]);
    for _ in 0..8 {
        rand::fill(random.as_mut()).map_err(|_| Error::Random)?;
        if let Some(key) = ApiKey::from_random(&random) {
            return Ok(key);
        }
    }
    Err(Error::Random)
}

#[cfg(test)]
mod tests;
