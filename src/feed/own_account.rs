//! What people change about their own account: the password, and where their mail goes.

use subtle::ConstantTimeEq;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::authority::{Actor, Authorized, Refused, authorize};
use super::notices::tell_security;
use super::one_time_links::{self, Issued, look_up};
use super::sign_in::{self, TestedPassword};
use crate::domain::account::{Account, AccountName};
use crate::domain::email_address::EmailAddress;
use crate::domain::permission::Action;
use crate::password::NewPassword;
use crate::store::audit::By;
use crate::store::one_time_links::Purpose;
use crate::store::{self, Reads, Store, Writes};
use crate::vault;

/// How long a link that confirms an address is good.
pub const CONFIRMATION_LASTS: Duration = Duration::hours(72);

/// Why nothing was changed.
#[derive(Debug, Error)]
pub enum Error {
    /// It is the one that they have.
    #[error("that is the password you have; choose another")]
    SamePassword,
    /// There is no address that waits to be confirmed.
    #[error("no e-mail address of `{0}` waits to be confirmed")]
    NothingToConfirm(AccountName),
    /// The password that was given.
    #[error(transparent)]
    SignIn(#[from] sign_in::Error),
    /// The link that confirms an address.
    #[error(transparent)]
    Link(#[from] one_time_links::Error),
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

/// Whether a new password is another one than the current, which was tested: the same texts make the same password. In constant
/// time, and without the work of a hash.
///
/// # Errors
/// [`Error::SamePassword`].
pub fn expect_another(current: &str, new: &str) -> Result<(), Error> {
    let same = current.as_bytes().ct_eq(new.as_bytes());
    if same.into() { Err(Error::SamePassword) } else { Ok(()) }
}

/// Changes one's password. All other sessions end, and links that would set another one are dead: whoever changes a password
/// may do so because somebody else knows it.
///
/// # Errors
/// The current one not being current any more, or a new one for another account.
pub fn change_password(
    store: &Store,
    actor: &Actor,
    current: &TestedPassword,
    new: &NewPassword,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let (account, by) = holder(w, actor, current, now)?;
        if new.account().key() != account.name.key() {
            return Err(sign_in::Error::PasswordChanged.into());
        }
        w.set_password_hash(account.id, new.hash())?;
        w.end_sessions(account.id, by.session())?;
        w.drop_one_time_links(Purpose::Password, Some(account.id))?;
        tell_security(w, &account, "The password of your account was changed.", "account/security", now)?;
        Ok(by.audit(w, now, "account.password", account.name.as_str(), "")?)
    })
}

/// Sets where one's mail goes, or with `None` that there is none. A new address is not confirmed; the old one is told.
///
/// # Errors
/// The password not being current any more.
pub fn set_email(
    store: &Store,
    actor: &Actor,
    password: &TestedPassword,
    email: Option<&EmailAddress>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let (account, by) = holder(w, actor, password, now)?;
        let (old, new) = (w.email(account.id)?.map(|email| email.address), email.map(EmailAddress::as_str));
        if old.as_deref() == new {
            return Ok(());
        }
        tell_security(w, &account, "The e-mail address of your account was changed.", "account", now)?;
        w.set_email(account.id, new, false)?;
        // A link to a forgotten password lies in the old mailbox, which somebody else may read by now.
        w.drop_one_time_links_by(Purpose::Password, Some(account.id), account.name.as_str())?;
        w.drop_one_time_links(Purpose::Email, Some(account.id))?;
        let detail = if new.is_some() { "set" } else { "removed" };
        Ok(by.audit(w, now, "account.email", account.name.as_str(), detail)?)
    })
}

/// Makes the link that confirms the address of an account. It must be sent there, and shown nowhere else: that it arrived is
/// what it proves.
///
/// # Errors
/// An account without an address, or with one that is confirmed.
pub(super) fn confirmation(
    w: &mut Writes<'_>,
    account: &Account,
    now: OffsetDateTime,
) -> Result<(Issued, EmailAddress), Error> {
    let waiting = w.email(account.id)?.filter(|email| !email.confirmed).and_then(|email| email.address.parse().ok());
    let email: EmailAddress = waiting.ok_or_else(|| Error::NothingToConfirm(account.name.clone()))?;
    let link = Issued::new(Purpose::Email)?;
    link.store(w, Some(account.id), email.as_str(), account.name.as_str(), CONFIRMATION_LASTS, now)?;
    Ok((link, email))
}

/// Confirms an address by the link that was sent there. Nobody needs to be signed in: mail is read on another machine.
///
/// # Errors
/// A dead link, also when the address was changed since.
pub fn confirm_email(
    store: &Store,
    token: &str,
    address: &str,
    now: OffsetDateTime,
) -> Result<(AccountName, String), Error> {
    store.write(|w| {
        let link = look_up(w, token, &[Purpose::Email], now)?;
        let (id, name) = link.account.ok_or(one_time_links::Error::Dead)?;
        if w.email(id)?.is_none_or(|email| email.address != link.detail) {
            return Err(one_time_links::Error::Dead.into());
        }
        w.set_email(id, Some(&link.detail), true)?;
        w.drop_one_time_links(Purpose::Email, Some(id))?;
        let by = By { name: name.to_string(), address: address.to_owned() };
        w.audit(now, &by, "account.email", name.as_str(), "confirmed")?;
        Ok((name, link.detail))
    })
}

/// The account whose password was given, which is that of the session.
fn holder(
    reads: &Reads<'_>,
    actor: &Actor,
    password: &TestedPassword,
    now: OffsetDateTime,
) -> Result<(Account, Authorized), Error> {
    let account = password.holder(reads)?;
    let by = authorize(reads, actor, Action::SecureOneself, Some(&account), now)?;
    Ok((account, by))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::Denied;
    use crate::feed::test_server::{NOW, PASSWORD, TestServer, new_password};

    const NEW: &str = "five other words for a lock";
    const FROM: &str = "192.0.2.7";

    fn address(text: &str) -> EmailAddress {
        text.parse().unwrap()
    }

    #[test]
    fn a_changed_password_ends_the_other_sessions_and_kills_reset_links() {
        let server = TestServer::new();
        let (store, ann) = (&server.app.store, server.user("ann"));
        let (here, there) = (server.sign_in(&ann, NOW), server.sign_in(&ann, NOW));
        let link = one_time_links::create(store, Purpose::Password, &ann.name, &Actor::CommandLine, NOW).unwrap();
        let actor = Actor::Session(server.actor_of(&here.token));
        let tested = server.tested(&ann.name);
        let of_another = change_password(store, &actor, &tested, &new_password("bob", NEW), NOW);
        assert!(matches!(of_another, Err(Error::SignIn(sign_in::Error::PasswordChanged))));
        change_password(store, &actor, &tested, &new_password("ann", NEW), NOW).unwrap();
        assert!(server.session(&here.token).is_some() && server.session(&there.token).is_none());
        let token = link.token().reveal();
        assert!(store.read(|r| look_up(r, token, &[Purpose::Password], NOW)).is_err());
        assert_eq!(server.told(&ann)[0], "The password of your account was changed.");
        let again = change_password(store, &actor, &tested, &new_password("ann", "six more words for a lock"), NOW);
        assert!(matches!(again, Err(Error::SignIn(sign_in::Error::PasswordChanged))));
    }

    #[test]
    fn the_password_that_one_has_is_not_a_new_one() {
        assert!(matches!(expect_another(PASSWORD, PASSWORD), Err(Error::SamePassword)));
        for new in [NEW, "", &PASSWORD.to_uppercase(), &format!("{PASSWORD} ")] {
            assert!(expect_another(PASSWORD, new).is_ok(), "{new}");
        }
    }

    #[test]
    fn nobody_changes_the_password_of_somebody_else_even_with_it() {
        let server = TestServer::new();
        let (ann, root) = (server.user("ann"), server.administrator("root"));
        let actor = server.actor(&root, NOW);
        let new = new_password("ann", NEW);
        let changed = change_password(&server.app.store, &actor, &server.tested(&ann.name), &new, NOW);
        assert!(matches!(changed, Err(Error::Refused(Refused::Denied(Denied::NotYours(_))))));
    }

    #[test]
    fn an_address_is_confirmed_by_the_link_that_was_sent_there_and_by_no_older_one() {
        let server = TestServer::new();
        let (store, ann) = (&server.app.store, server.user("ann"));
        let (actor, tested) = (server.actor(&ann, NOW), server.tested(&ann.name));
        let email = || store.read(|r| r.email(ann.id)).unwrap();
        assert!(matches!(store.write(|w| confirmation(w, &ann, NOW)), Err(Error::NothingToConfirm(_))));
        set_email(store, &actor, &tested, Some(&address("ann@example.com")), NOW).unwrap();
        let first = store.write(|w| confirmation(w, &ann, NOW)).unwrap();
        set_email(store, &actor, &tested, Some(&address("mallory@example.com")), NOW).unwrap();
        let late = confirm_email(store, first.0.token().reveal(), FROM, NOW);
        assert!(matches!(late, Err(Error::Link(one_time_links::Error::Dead))));
        set_email(store, &actor, &tested, Some(&address("ann@example.com")), NOW).unwrap();
        let late = confirm_email(store, first.0.token().reveal(), FROM, NOW);
        assert!(matches!(late, Err(Error::Link(one_time_links::Error::Dead))), "nor does it come alive again");
        set_email(store, &actor, &tested, Some(&address("mallory@example.com")), NOW).unwrap();
        let second = store.write(|w| confirmation(w, &ann, NOW)).unwrap();
        confirm_email(store, second.0.token().reveal(), FROM, NOW).unwrap();
        assert_eq!(email().map(|email| email.confirmed), Some(true));
        assert!(matches!(store.write(|w| confirmation(w, &ann, NOW)), Err(Error::NothingToConfirm(_))));
        set_email(store, &actor, &tested, Some(&address("mallory@example.com")), NOW).unwrap();
        assert_eq!(email().map(|email| email.confirmed), Some(true), "the same address stays confirmed");
        set_email(store, &actor, &tested, None, NOW).unwrap();
        assert_eq!(email(), None);
    }
}
