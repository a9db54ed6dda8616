//! Creating and disabling accounts. Organizations are made, and joined, in [`organizations`](super::organizations).

mod disabling;
mod new_account;

use thiserror::Error;
use time::OffsetDateTime;

use super::authority::{self, Actor, authorize};
use super::notices::tell_security;
use crate::domain::account::{Account, AccountId, AccountKind, AccountName};
use crate::domain::permission::Action;
use crate::password::NewPassword;
use crate::store::one_time_links::Purpose;
use crate::store::{self, Reads, Store, Writes};

pub use disabling::{Consequences, consequences};
pub use new_account::{NewUser, create_user};

/// Why an account can't be made or changed.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such account.
    #[error("there is no account `{0}`")]
    Unknown(AccountName),
    /// No new account gets this name.
    #[error(transparent)]
    Name(#[from] NoName),
    /// The wrong kind of account.
    #[error("`{name}` is not {expected}")]
    Kind {
        /// Which account.
        name: AccountName,
        /// What is needed.
        expected: &'static str,
    },
    /// The last administrator of the server.
    #[error("`{0}` is the last administrator; make another one first")]
    LastAdministrator(AccountName),
    /// A disabled account can't sign in.
    #[error("`{0}` is disabled; enable it first")]
    Disabled(AccountName),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Why no new account gets a name.
#[derive(Debug, Error)]
pub enum NoName {
    /// There is one already.
    #[error(
        "an account `{0}` exists; users and organizations share their names, without regard to case, and none is ever used again"
    )]
    Exists(AccountName),
    /// It reads as something else where people look for who signed.
    #[error(
        "`{0}` reads as the beginning of a certificate's fingerprint, or as nobody; choose a name with another letter in it"
    )]
    Misleading(AccountName),
}

/// The account of that name.
///
/// # Errors
/// [`Error::Unknown`].
pub fn existing(store: &Store, name: &AccountName) -> Result<Account, Error> {
    store.read(|r| r.account(name)?.ok_or_else(|| Error::Unknown(name.clone())))
}

/// Checks that a new account may have that name, before anybody is asked for a password.
///
/// # Errors
/// [`Error::Name`].
pub fn check_new(store: &Store, name: &AccountName) -> Result<(), Error> {
    if name.is_misleading() {
        return Err(NoName::Misleading(name.clone()).into());
    }
    store.read(|r| r.account(name)?.map_or(Ok(()), |account| Err(NoName::Exists(account.name).into())))
}

/// Creates a user; `password` was hashed for that name.
///
/// # Errors
/// A taken name.
pub fn create(
    store: &Store,
    name: &AccountName,
    administrator: bool,
    password: Option<&NewPassword>,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Account, Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let id: AccountId =
            insert::<Error>(w, name, AccountKind::User, administrator, password.map(NewPassword::hash), now)?;
        let detail = if administrator { "administrator" } else { "" };
        by.audit(w, now, "account.create", name.as_str(), detail)?;
        Ok(Account { id, name: name.clone(), kind: AccountKind::User, administrator, disabled: false })
    })
}

/// Sets the password of the user that it was hashed for. All sessions of that user end, and links that would set another one
/// are dead.
///
/// # Errors
/// An unknown user, or an organization.
pub fn set_password(store: &Store, new: &NewPassword, actor: &Actor, now: OffsetDateTime) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let account = existing_user(w, new.account())?;
        w.set_password_hash(account.id, new.hash())?;
        w.end_sessions(account.id, None)?;
        for purpose in [Purpose::NewAccount, Purpose::Password] {
            w.drop_one_time_links(purpose, Some(account.id))?;
        }
        let text = format!("The password of your account was set ({}).", by.name());
        tell_security(w, &account, &text, "account/security", now)?;
        Ok(by.audit(w, now, "account.password", account.name.as_str(), "")?)
    })
}

/// Disables an account, or enables it; where it is so already, nothing happens. Its keys die, and live again, at once; its sessions and links end for good.
///
/// # Errors
/// An unknown account, or the last administrator.
pub fn set_disabled(
    store: &Store,
    name: &AccountName,
    disabled: bool,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let account = w.account(name)?.ok_or_else(|| Error::Unknown(name.clone()))?;
        if account.disabled == disabled {
            return Ok(());
        }
        w.set_disabled(account.id, disabled)?;
        if disabled && account.administrator && !w.has_administrator()? {
            return Err(Error::LastAdministrator(account.name));
        }
        if disabled {
            w.end_sessions(account.id, None)?;
            end_links(w, account.id)?;
        }
        let action = if disabled { "account.disable" } else { "account.enable" };
        Ok(by.audit(w, now, action, account.name.as_str(), "")?)
    })
}

/// Makes a user an administrator of the server, or one no longer. The user is told, unless it is so already.
///
/// # Errors
/// An unknown user, a disabled one, an organization, or the last administrator.
pub fn set_administrator(
    store: &Store,
    name: &AccountName,
    administrator: bool,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let account = existing_user(w, name)?;
        if administrator && account.disabled {
            return Err(Error::Disabled(account.name));
        }
        if account.administrator == administrator {
            return Ok(());
        }
        w.set_administrator(account.id, administrator)?;
        if account.administrator && !w.has_administrator()? {
            return Err(Error::LastAdministrator(account.name));
        }
        let (action, text) = if administrator {
            ("account.make-administrator", "You were made an administrator of this server")
        } else {
            ("account.take-administrator", "You are an administrator of this server no longer")
        };
        tell_security(w, &account, &format!("{text} ({}).", by.name()), "account", now)?;
        Ok(by.audit(w, now, action, account.name.as_str(), "")?)
    })
}

/// Ends all sessions of a user. How many.
///
/// # Errors
/// An unknown user, or an organization.
pub fn end_sessions(store: &Store, name: &AccountName, actor: &Actor, now: OffsetDateTime) -> Result<usize, Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let account = existing_user(w, name)?;
        let ended = w.end_sessions(account.id, None)?;
        by.audit(w, now, "session.end-all", account.name.as_str(), &ended.to_string())?;
        Ok(ended)
    })
}

/// Revokes all keys that belong to an account or act for it. How many. Whoever is concerned is told.
///
/// # Errors
/// An unknown account.
pub fn revoke_keys(store: &Store, name: &AccountName, actor: &Actor, now: OffsetDateTime) -> Result<usize, Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let account = w.account(name)?.ok_or_else(|| Error::Unknown(name.clone()))?;
        let revoked = w.revoke_keys_of(account.id, now)?;
        if revoked > 0 {
            let text = format!("All keys that belong to {} or act for it were revoked ({}).", account.name, by.name());
            tell_security(w, &account, &text, "account/keys", now)?;
        }
        by.audit(w, now, "key.revoke-all", account.name.as_str(), &revoked.to_string())?;
        Ok(revoked)
    })
}

/// A new account, unless the name is taken or misleads.
pub(super) fn insert<E: From<NoName> + From<store::Error>>(
    w: &mut Writes<'_>,
    name: &AccountName,
    kind: AccountKind,
    administrator: bool,
    hash: Option<&str>,
    now: OffsetDateTime,
) -> Result<AccountId, E> {
    if name.is_misleading() {
        return Err(NoName::Misleading(name.clone()).into());
    }
    match w.create_account(name, kind, administrator, hash, now) {
        Err(store::Error::Conflict(_)) => Err(NoName::Exists(name.clone()).into()),
        created => Ok(created?),
    }
}

fn existing_user(reads: &Reads<'_>, name: &AccountName) -> Result<Account, Error> {
    match reads.account(name)? {
        None => Err(Error::Unknown(name.clone())),
        Some(account) if account.kind != AccountKind::User => {
            Err(Error::Kind { name: account.name, expected: "a user" })
        }
        Some(account) => Ok(account),
    }
}

/// A link that an administrator sent out must not open the account when it is enabled again.
fn end_links(w: &mut Writes<'_>, account: AccountId) -> Result<(), store::Error> {
    let purposes = [Purpose::NewAccount, Purpose::Password, Purpose::SecondFactor, Purpose::Email];
    purposes.into_iter().try_for_each(|purpose| w.drop_one_time_links(purpose, Some(account)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::authority::Actor::CommandLine;
    use crate::feed::one_time_links;
    use crate::feed::organizations::{self, FirstAdministrator::Creator};

    pub(super) const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    pub(super) fn name(text: &str) -> AccountName {
        text.parse().unwrap()
    }

    pub(super) fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        (folder, store)
    }

    #[test]
    fn a_name_is_taken_in_every_spelling() {
        let (_folder, store) = store();
        create(&store, &name("Ann"), false, None, &CommandLine, NOW).unwrap();
        let again = create(&store, &name("ANN"), false, None, &CommandLine, NOW);
        assert!(matches!(again, Err(Error::Name(NoName::Exists(_)))));
    }

    #[test]
    fn the_last_administrator_cannot_be_disabled() {
        let (_folder, store) = store();
        for admin in ["ann", "bob"] {
            create(&store, &name(admin), true, None, &CommandLine, NOW).unwrap();
        }
        set_disabled(&store, &name("ann"), true, &CommandLine, NOW).unwrap();
        assert!(matches!(
            set_disabled(&store, &name("bob"), true, &CommandLine, NOW),
            Err(Error::LastAdministrator(_))
        ));
        assert!(!existing(&store, &name("bob")).unwrap().disabled);
    }

    #[test]
    fn the_last_administrator_stays_one_and_only_an_enabled_user_becomes_one() {
        let (_folder, store) = store();
        for account in ["ann", "bob"] {
            create(&store, &name(account), account == "ann", None, &CommandLine, NOW).unwrap();
        }
        organizations::create(&store, &name("contoso"), Creator, &CommandLine, NOW).unwrap();
        let set = |account: &str, on| set_administrator(&store, &name(account), on, &CommandLine, NOW);
        assert!(matches!(set("ann", false), Err(Error::LastAdministrator(_))));
        assert!(matches!(set("contoso", true), Err(Error::Kind { .. })));
        set_disabled(&store, &name("bob"), true, &CommandLine, NOW).unwrap();
        assert!(matches!(set("bob", true), Err(Error::Disabled(_))));
        set_disabled(&store, &name("bob"), false, &CommandLine, NOW).unwrap();
        set("bob", true).unwrap();
        set("ann", false).unwrap();
        assert!(!existing(&store, &name("ann")).unwrap().administrator);
        let told = store.read(|r| r.notices(existing(&store, &name("ann")).unwrap().id, 0, 5)).unwrap();
        assert_eq!(told.len(), 1);
    }

    #[test]
    fn what_changes_nothing_leaves_no_record_and_tells_nobody() {
        let (_folder, store) = store();
        for admin in ["ann", "bob"] {
            create(&store, &name(admin), true, None, &CommandLine, NOW).unwrap();
        }
        let ann = existing(&store, &name("ann")).unwrap();
        let seen =
            || store.read(|r| Ok::<_, Error>((r.audit_records(99)?.len(), r.notices(ann.id, 0, 99)?.len()))).unwrap();
        let before = seen();
        set_administrator(&store, &ann.name, true, &CommandLine, NOW).unwrap();
        set_disabled(&store, &ann.name, false, &CommandLine, NOW).unwrap();
        assert_eq!(seen(), before);
        set_administrator(&store, &ann.name, false, &CommandLine, NOW).unwrap();
        set_disabled(&store, &ann.name, true, &CommandLine, NOW).unwrap();
        let after = seen();
        assert_eq!(after, (before.0 + 2, before.1 + 1));
        set_administrator(&store, &ann.name, false, &CommandLine, NOW).unwrap();
        set_disabled(&store, &ann.name, true, &CommandLine, NOW).unwrap();
        assert_eq!(seen(), after);
    }

    #[test]
    fn an_account_that_was_disabled_comes_back_without_sessions_and_links() {
        let (_folder, store) = store();
        let ann = create(&store, &name("ann"), false, None, &CommandLine, NOW).unwrap();
        let link = one_time_links::create(&store, Purpose::Password, &ann.name, &CommandLine, NOW).unwrap();
        let session = crate::store::sessions::NewSession {
            hash: [1; 32],
            account: ann.id,
            complete: true,
            password_at: NOW,
            second_factor_at: None,
            address: "10.0.0.1",
            browser: "a browser",
            known: false,
        };
        let id = store.write(|w| w.add_session(&session, NOW)).unwrap();
        set_disabled(&store, &ann.name, true, &CommandLine, NOW).unwrap();
        set_disabled(&store, &ann.name, false, &CommandLine, NOW).unwrap();
        assert!(store.read(|r| r.session(id)).unwrap().is_none());
        let token = link.token().reveal();
        assert!(store.read(|r| one_time_links::look_up(r, token, &[Purpose::Password], NOW)).is_err());
        assert_eq!(store.read(|r| r.facts_of(ann.id, NOW)).unwrap().unwrap().last_sign_in_at, Some(NOW));
    }
}
