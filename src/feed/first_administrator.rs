//! The first administrator of a server, made through a one-time link that only whoever started the server can read.

use time::{Duration, OffsetDateTime};

use super::accounts;
use super::authority::{Actor, authorize};
use super::one_time_links::{Error, Issued, look_up};
use super::sign_in::{self, Arrival};
use crate::app::App;
use crate::domain::account::AccountKind;
use crate::domain::email_address::EmailAddress;
use crate::domain::permission::Action;
use crate::domain::secret_token::SecretToken;
use crate::password::NewPassword;
use crate::store::Store;
use crate::store::audit::By;
use crate::store::one_time_links::Purpose;

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
pub struct FirstAdministrator {
    /// The password, hashed for the name that was chosen.
    pub password: NewPassword,
    /// Where its mail goes; not confirmed.
    pub email: Option<EmailAddress>,
}

/// Creates the first administrator and signs them in, without a second factor. The link is used up, and its file removed.
/// Returns what the session's cookie holds.
///
/// # Errors
/// A dead link, or a taken name; then the link stays good.
pub fn create(
    app: &App,
    token: &str,
    new: &FirstAdministrator,
    from: Arrival<'_>,
    now: OffsetDateTime,
) -> Result<SecretToken, Error> {
    let (name, hash) = (new.password.account(), new.password.hash());
    let session = sign_in::new_token()?;
    app.store.write(|w| {
        // Two browsers with the same link: the second finds an administrator, and a dead link.
        look_up(w, token, &[Purpose::FirstAdministrator], now)?;
        let id = accounts::insert::<accounts::Error>(w, name, AccountKind::User, true, Some(hash), now)?;
        w.set_email(id, new.email.as_ref().map(EmailAddress::as_str), false)?;
        w.drop_one_time_links(Purpose::FirstAdministrator, None)?;
        let by = By { name: name.to_string(), address: from.address.to_owned() };
        w.audit(now, &by, "account.create", name.as_str(), "administrator, by the set-up link")?;
        w.add_session(&sign_in::new_session(&session, id, true, None, from, now), now)?;
        Ok::<_, Error>(())
    })?;
    if let Err(error) = app.folder.remove_setup_link() {
        tracing::warn!(%error, "the file with the set-up link could not be removed; the link in it is dead");
    }
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::test_server::{HERE, NOW, PASSWORD, TestServer, new_password};
    use Actor::{CommandLine, Server};

    fn new(name: &str) -> FirstAdministrator {
        FirstAdministrator { password: new_password(name, PASSWORD), email: None }
    }

    fn token(server: &TestServer, actor: &Actor) -> String {
        setup_link(&server.app.store, actor, NOW).unwrap().unwrap().token().reveal().to_owned()
    }

    #[test]
    fn the_link_makes_one_administrator_who_is_signed_in_without_a_second_factor() {
        let server = TestServer::new();
        let first = token(&server, &Server);
        server.app.folder.write_setup_link("a link").unwrap();
        let email = Some("grace@example.com".parse().unwrap());
        let session = create(&server.app, &first, &FirstAdministrator { email, ..new("grace") }, HERE, NOW).unwrap();
        let session = server.session(&session).unwrap();
        assert!(session.complete && session.account.administrator && session.times.second_factor_at.is_none());
        let email = server.app.store.read(|r| r.email(session.account.id)).unwrap().unwrap();
        assert_eq!((email.address.as_str(), email.confirmed), ("grace@example.com", false));
        assert!(!server.app.folder.setup_link().exists());
        let done = ("account.create".to_owned(), "administrator, by the set-up link".to_owned());
        assert_eq!(server.audited()[0], done);
        assert!(matches!(create(&server.app, &first, &new("mallory"), HERE, NOW), Err(Error::Dead)));
        assert!(setup_link(&server.app.store, &Server, NOW).unwrap().is_none());
    }

    #[test]
    fn it_is_good_for_a_day_and_until_a_newer_one() {
        let server = TestServer::new();
        let first = token(&server, &Server);
        let second = token(&server, &CommandLine);
        assert!(matches!(create(&server.app, &first, &new("grace"), HERE, NOW), Err(Error::Dead)));
        let late = NOW + SETUP_LINK_LASTS;
        assert!(matches!(create(&server.app, &second, &new("grace"), HERE, late), Err(Error::Dead)));
        create(&server.app, &second, &new("grace"), HERE, late - Duration::SECOND).unwrap();
    }

    #[test]
    fn an_administrator_from_the_command_line_kills_it() {
        let server = TestServer::new();
        let first = token(&server, &Server);
        server.administrator("root");
        assert!(matches!(create(&server.app, &first, &new("mallory"), HERE, NOW), Err(Error::Dead)));
    }

    #[test]
    fn a_taken_name_leaves_it_good() {
        let server = TestServer::new();
        server.user("ann");
        let first = token(&server, &Server);
        let taken = create(&server.app, &first, &new("Ann"), HERE, NOW);
        assert!(matches!(taken, Err(Error::Account(accounts::Error::Name(_)))));
        create(&server.app, &first, &new("grace"), HERE, NOW).unwrap();
    }
}
