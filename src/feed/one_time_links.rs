//! Links that are good once: how people get in who have no password yet, or have lost what they had.
//!
//! A link holds 256 random bits, of which only the hash is stored. Loading its page changes nothing, because mail scanners
//! open links before people do; the form that succeeds uses it up.

use thiserror::Error;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::accounts;
use super::authority::{Actor, Refused, authorize};
use super::notices::tell;
use super::second_factor;
use super::sign_in::{self, TestedPassword};
use crate::documents::Urls;
use crate::domain::account::{Account, AccountId, AccountKind, AccountName};
use crate::domain::permission::Action;
use crate::domain::secret_token::SecretToken;
use crate::password;
use crate::store::audit::By;
use crate::store::one_time_links::{NewLink, OneTimeLink, Purpose};
use crate::store::{self, Reads, Store, Writes};
use crate::vault::{self, random};

/// How long a link of an administrator is good: over a weekend.
pub const LINK_LASTS: Duration = Duration::hours(72);

/// Why a link is not made, or does nothing.
#[derive(Debug, Error)]
pub enum Error {
    /// It never existed, or is good no longer. Nobody is told which.
    #[error("the link was used, was replaced by a newer one, or is too old")]
    Dead,
    /// The account.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// It can do nothing.
    #[error("`{0}` is disabled; enable it first")]
    Disabled(AccountName),
    /// A link for a new account would set the password of somebody who has one.
    #[error("`{0}` has a password; make a link that resets it")]
    HasPassword(AccountName),
    /// There is nothing to remove.
    #[error("`{0}` has no second factor")]
    NotEnrolled(AccountName),
    /// The new password.
    #[error(transparent)]
    Password(#[from] password::Unusable),
    /// The password that goes with the link.
    #[error(transparent)]
    SignIn(#[from] sign_in::Error),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] vault::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// A link that was made just now: the only time that it can be shown.
#[derive(Debug)]
pub struct Issued {
    token: SecretToken,
    purpose: Purpose,
}

impl Issued {
    /// A new link for `purpose`, not stored yet.
    pub(super) fn new(purpose: Purpose) -> Result<Self, vault::Error> {
        Ok(Self { token: SecretToken::from_random(&random()?), purpose })
    }

    /// The whole URL, below the public one (`home`, with or without a slash at its end).
    #[must_use]
    pub fn url(&self, home: &str) -> Zeroizing<String> {
        let page = match self.purpose {
            Purpose::FirstAdministrator | Purpose::NewAccount => "welcome",
            Purpose::Password | Purpose::SecondFactor => "reset",
            Purpose::Email => "account/email",
        };
        Zeroizing::new(format!("{}/{page}/{}", home.trim_end_matches('/'), self.token.reveal()))
    }

    /// The same for a server's own URLs.
    #[must_use]
    pub fn url_on(&self, urls: &Urls) -> Zeroizing<String> {
        self.url(&urls.home())
    }

    /// What the URL holds.
    #[must_use]
    pub fn token(&self) -> &SecretToken {
        &self.token
    }

    /// Stores it, in place of an earlier one of the same purpose for the same account.
    pub(super) fn store(
        &self,
        w: &mut Writes<'_>,
        account: Option<AccountId>,
        detail: &str,
        created_by: &str,
        lasts: Duration,
        now: OffsetDateTime,
    ) -> Result<(), store::Error> {
        let (hash, purpose, expires_at) = (self.token.hash(), self.purpose, now + lasts);
        w.put_one_time_link(&NewLink { hash, purpose, account, detail, created_by, expires_at }, now)
    }

    /// Stores it in place of those that `created_by` made for the account. What others made stays good: a stranger who says
    /// to have forgotten a password must not make the link of an administrator void.
    pub(super) fn store_beside_others(
        &self,
        w: &mut Writes<'_>,
        account: AccountId,
        created_by: &str,
        lasts: Duration,
        now: OffsetDateTime,
    ) -> Result<(), store::Error> {
        let (hash, purpose, expires_at) = (self.token.hash(), self.purpose, now + lasts);
        let link = NewLink { hash, purpose, account: Some(account), detail: "", created_by, expires_at };
        w.add_one_time_link(&link, now)
    }
}

/// Makes a link for a user: to choose the first password ([`Purpose::NewAccount`]), a new one ([`Purpose::Password`]), or to
/// remove a second factor that was lost ([`Purpose::SecondFactor`]). It is good for [`LINK_LASTS`], an earlier one of the same
/// purpose no longer, and the user is told.
///
/// # Errors
/// An unknown or disabled account, an organization, or a link that would do nothing.
pub fn create(
    store: &Store,
    purpose: Purpose,
    name: &AccountName,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Issued, Error> {
    let link = Issued::new(purpose)?;
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let account = w.account(name)?.ok_or_else(|| accounts::Error::Unknown(name.clone()))?;
        check_useful(w, purpose, &account)?;
        link.store(w, Some(account.id), "", by.name(), LINK_LASTS, now)?;
        if let Some(text) = told(purpose, by.name()) {
            tell(w, &account, &text, "account/security", now)?;
        }
        by.audit(w, now, "account.link", account.name.as_str(), word(purpose))?;
        Ok(link)
    })
}

fn check_useful(reads: &Reads<'_>, purpose: Purpose, account: &Account) -> Result<(), Error> {
    if account.kind != AccountKind::User {
        return Err(accounts::Error::Kind { name: account.name.clone(), expected: "a user" }.into());
    }
    if account.disabled {
        return Err(Error::Disabled(account.name.clone()));
    }
    match purpose {
        Purpose::NewAccount if reads.password_hash(&account.name)?.is_some() => {
            Err(Error::HasPassword(account.name.clone()))
        }
        Purpose::SecondFactor if reads.second_factor(account.id)?.is_none() => {
            Err(Error::NotEnrolled(account.name.clone()))
        }
        _ => Ok(()),
    }
}

fn told(purpose: Purpose, by: &str) -> Option<String> {
    let does = match purpose {
        Purpose::Password => "sets a new password for",
        Purpose::SecondFactor => "removes the second factor of",
        Purpose::FirstAdministrator | Purpose::NewAccount | Purpose::Email => return None,
    };
    Some(format!("A link that {does} your account was made ({by}). If you did not ask for it, ask an administrator."))
}

/// What a link is for, as records say it.
pub(super) const fn word(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::FirstAdministrator => "first administrator",
        Purpose::NewAccount => "first password",
        Purpose::Password => "new password",
        Purpose::SecondFactor => "remove the second factor",
        Purpose::Email => "confirm an address",
    }
}

/// The link that `token` (out of a URL) belongs to, if it is good for one of `purposes`. One that is dead, one that never was,
/// and one for something else are all the same.
///
/// # Errors
/// [`Error::Dead`].
pub fn look_up(
    reads: &Reads<'_>,
    token: &str,
    purposes: &[Purpose],
    now: OffsetDateTime,
) -> Result<OneTimeLink, Error> {
    let token: SecretToken = token.parse().map_err(|_| Error::Dead)?;
    let link = reads.one_time_link(&token.hash(), now)?.ok_or(Error::Dead)?;
    // A link that leads to the first administrator dies with the first administrator, whoever made that one.
    let superseded = link.purpose == Purpose::FirstAdministrator && reads.has_administrator()?;
    if purposes.contains(&link.purpose) && !superseded { Ok(link) } else { Err(Error::Dead) }
}

/// Sets the password of the account that a link is for: its first, or a new one. All its sessions end, and nobody is signed in
/// by it: a link is no second factor.
///
/// # Errors
/// A dead link, or a password that can't be used; then the link stays good.
pub fn choose_password(
    store: &Store,
    token: &str,
    new: &str,
    address: &str,
    now: OffsetDateTime,
) -> Result<AccountName, Error> {
    let purposes = [Purpose::NewAccount, Purpose::Password];
    // Hashing costs a processor for a while, so whoever has no good link gets none.
    let link = store.read(|r| look_up(r, token, &purposes, now))?;
    let (_, name) = link.account.ok_or(Error::Dead)?;
    let hash = accounts::hash_of_new(new, &name)?;
    store.write(|w| {
        let link = look_up(w, token, &purposes, now)?;
        let account = holder(w, &link)?;
        w.set_password_hash(account.id, &hash)?;
        w.end_sessions(account.id, None)?;
        purposes.iter().try_for_each(|purpose| w.drop_one_time_links(*purpose, Some(account.id)))?;
        if link.purpose == Purpose::Password {
            tell(w, &account, "The password of your account was set anew by a link.", "account/security", now)?;
        }
        audit(w, &account, "account.password", &link, address, now)?;
        Ok(account.name)
    })
}

/// Removes the second factor of the account that a link is for. The password is asked for too: whoever finds the link alone
/// gets nothing by it. All its sessions end.
///
/// # Errors
/// A dead link, or a password that is not the account's any more; then the link stays good.
pub fn remove_second_factor(
    store: &Store,
    token: &str,
    password: &TestedPassword,
    address: &str,
    now: OffsetDateTime,
) -> Result<AccountName, Error> {
    store.write(|w| {
        let link = look_up(w, token, &[Purpose::SecondFactor], now)?;
        let account = holder(w, &link)?;
        if password.holder(w)?.id != account.id {
            return Err(sign_in::Error::PasswordChanged.into());
        }
        second_factor::remove_in(w, &account, None, now)?;
        w.drop_one_time_links(Purpose::SecondFactor, Some(account.id))?;
        audit(w, &account, "second-factor.remove", &link, address, now)?;
        Ok(account.name)
    })
}

fn holder(reads: &Reads<'_>, link: &OneTimeLink) -> Result<Account, Error> {
    let (id, _) = link.account.as_ref().ok_or(Error::Dead)?;
    Ok(reads.account_by_id(*id)?)
}

/// The record of what a link did: the link is the proof that it was allowed.
fn audit(
    w: &mut Writes<'_>,
    account: &Account,
    action: &str,
    link: &OneTimeLink,
    address: &str,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    let by = By { name: account.name.to_string(), address: address.to_owned() };
    w.audit(now, &by, action, account.name.as_str(), &format!("by a link made by {}", link.created_by))
}
