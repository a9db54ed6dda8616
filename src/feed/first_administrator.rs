//! The first administrator of a server, made through a one-time link that only whoever started the server can read.

use time::{Duration, OffsetDateTime};

use super::accounts;
use super::authority::{Actor, authorize};
use super::one_time_links::{Error, Issued, look_up};
use super::sign_in::{self, Arrival};
use crate::app::App;
use crate::domain::account::{AccountKind, AccountName};
use crate::domain::email_address::EmailAddress;
use crate::domain::permission::Action;
use crate::domain::secret_token::SecretToken;
use crate::store::audit::By;
use crate::store::one_time_links::Purpose;
use crate::store::{self, Store};

/// How long the link is good.
pub const SETUP_LINK_LASTS: Duration = Duration::hours(24);

/// Makes the set-up link, in place of an earlier one. `None` when there is an administrator: then nobody needs it.
///
/// # Errors
/// No random bytes, or what the store says.
pub fn setup_link(store: &Store, actor: &Actor, now: OffsetDateTime) -> Result<Option<Issued>, Error> {
    let link = Issued::new(Purpose::FirstAdministrator)?;
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        if w.has_administrator()? {
            w.drop_one_time_links(Purpose::FirstAdministrator, None)?;
            return Ok(None);
        }
        link.store(w, None, "", by.name(), SETUP_LINK_LASTS, now)?;
        by.audit(w, now, "server.setup-link", "", "")?;
        Ok(Some(link))
    })
}

/// What the first administrator chooses.
#[derive(Debug, Clone)]
pub struct FirstAdministrator<'a> {
    /// The account's name.
    pub name: AccountName,
    /// Its password.
    pub password: &'a str,
    /// Where its mail goes; not confirmed.
    pub email: Option<EmailAddress>,
}

/// Creates the first administrator and signs them in, without a second factor. The link is used up, and its file removed.
/// Returns what the session's cookie holds.
///
/// # Errors
/// A dead link, a taken name, or a password that can't be used; in the last two cases the link stays good.
pub fn create(
    app: &App,
    token: &str,
    new: &FirstAdministrator<'_>,
    from: Arrival<'_>,
    now: OffsetDateTime,
) -> Result<SecretToken, Error> {
    let purposes = [Purpose::FirstAdministrator];
    app.store.read(|r| look_up(r, token, &purposes, now))?;
    let hash = accounts::hash_of_new(new.password, &new.name)?;
    let session = sign_in::new_token()?;
    app.store.write(|w| {
        // Two browsers with the same link: the second finds an administrator, and a dead link.
        look_up(w, token, &purposes, now)?;
        let id = match w.create_account(&new.name, AccountKind::User, true, Some(&hash), now) {
            Err(store::Error::Conflict(_)) => return Err(accounts::Error::Exists(new.name.clone()).into()),
            created => created?,
        };
        w.set_email(id, new.email.as_ref().map(EmailAddress::as_str), false)?;
        w.drop_one_time_links(Purpose::FirstAdministrator, None)?;
        let by = By { name: new.name.to_string(), address: from.address.to_owned() };
        w.audit(now, &by, "account.create", new.name.as_str(), "administrator, by the set-up link")?;
        w.add_session(&sign_in::new_session(&session, id, true, None, from, now), now)?;
        Ok::<_, Error>(())
    })?;
    if let Err(error) = app.folder.remove_setup_link() {
        tracing::warn!(%error, "the file with the set-up link could not be removed; the link in it is dead");
    }
    Ok(session)
}
