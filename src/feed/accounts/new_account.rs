//! A new user, as administrators make one on the pages: with a link to choose a password by.

use time::OffsetDateTime;

use super::insert;
use crate::domain::account::{AccountKind, AccountName};
use crate::domain::email_address::EmailAddress;
use crate::domain::permission::Action;
use crate::feed::accounts;
use crate::feed::authority::{Actor, authorize};
use crate::feed::one_time_links::{self, Issued, LINK_LASTS};
use crate::store::Store;
use crate::store::one_time_links::Purpose;

/// A user who does not exist yet.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The name.
    pub name: AccountName,
    /// Where mail goes; not confirmed.
    pub email: Option<EmailAddress>,
    /// Whether the user runs the server.
    pub administrator: bool,
}

/// Creates a user without a password, and the link to choose one by.
///
/// # Errors
/// A taken name.
pub fn create_user(
    store: &Store,
    new: &NewUser,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Issued, one_time_links::Error> {
    let link = Issued::new(Purpose::NewAccount)?;
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let id = insert::<accounts::Error>(w, &new.name, AccountKind::User, new.administrator, None, now)?;
        w.set_email(id, new.email.as_ref().map(EmailAddress::as_str), false)?;
        link.store(w, Some(id), "", by.name(), LINK_LASTS, now)?;
        let what = if new.administrator { "administrator, by a link" } else { "by a link" };
        by.audit(w, now, "account.create", new.name.as_str(), what)?;
        Ok(link)
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, name, store};
    use super::*;
    use crate::feed::accounts::{Error, NoName};
    use crate::feed::authority::Actor::CommandLine;
    use crate::feed::test_server::new_password;

    fn user(text: &str) -> NewUser {
        NewUser { name: name(text), email: Some("ann@example.com".parse().unwrap()), administrator: true }
    }

    #[test]
    fn a_new_user_has_a_link_and_no_password() {
        let (_folder, store) = store();
        let link = create_user(&store, &user("ann"), &CommandLine, NOW).unwrap();
        let ann = super::super::existing(&store, &name("ann")).unwrap();
        assert!(ann.administrator);
        assert_eq!(store.read(|r| r.password_hash(&ann.name)).unwrap(), None);
        assert_eq!(store.read(|r| r.email(ann.id)).unwrap().unwrap().address, "ann@example.com");
        let token = link.token().reveal();
        let password = new_password("ann", "a long enough one");
        one_time_links::choose_password(&store, token, &password, "10.0.0.1", NOW).unwrap();
        assert!(store.read(|r| r.password_hash(&ann.name)).unwrap().is_some());
        let again = create_user(&store, &user("ANN"), &CommandLine, NOW).unwrap_err();
        assert!(matches!(again, one_time_links::Error::Account(Error::Name(NoName::Exists(_)))));
    }
}
