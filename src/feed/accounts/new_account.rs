//! New accounts, as administrators make them on the pages: a user gets a link to choose a password by, an organization its
//! first administrator.

use time::OffsetDateTime;

use super::Error;
use crate::domain::account::{Account, AccountId, AccountKind, AccountName, Role};
use crate::domain::email_address::EmailAddress;
use crate::domain::permission::Action;
use crate::feed::authority::{Actor, authorize};
use crate::feed::notices::tell;
use crate::feed::one_time_links::{self, Issued, LINK_LASTS};
use crate::store::one_time_links::Purpose;
use crate::store::{self, Store, Writes};

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
        let id = insert(w, &new.name, AccountKind::User, new.administrator, now)?;
        w.set_email(id, new.email.as_ref().map(EmailAddress::as_str), false)?;
        link.store(w, Some(id), "", by.name(), LINK_LASTS, now)?;
        let what = if new.administrator { "administrator, by a link" } else { "by a link" };
        by.audit(w, now, "account.create", new.name.as_str(), what)?;
        Ok(link)
    })
}

/// Creates an organization with its first administrator, who is told.
///
/// # Errors
/// A taken name, or an administrator who is no enabled user.
pub fn create_organization(
    store: &Store,
    name: &AccountName,
    administrator: &AccountName,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Account, Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let first = w.account(administrator)?.ok_or_else(|| Error::Unknown(administrator.clone()))?;
        if first.kind != AccountKind::User || first.disabled {
            return Err(Error::Kind { name: first.name, expected: "an enabled user" });
        }
        let id = insert(w, name, AccountKind::Organization, false, now)?;
        w.set_role(id, first.id, Role::Administrator)?;
        let text = format!("You were made the administrator of the new organization {name} ({}).", by.name());
        tell(w, &first, &text, &format!("accounts/{name}"), now)?;
        by.audit(w, now, "organization.create", name.as_str(), &format!("administrator {}", first.name))?;
        Ok(Account { id, name: name.clone(), kind: AccountKind::Organization, administrator: false, disabled: false })
    })
}

fn insert(
    w: &mut Writes<'_>,
    name: &AccountName,
    kind: AccountKind,
    administrator: bool,
    now: OffsetDateTime,
) -> Result<AccountId, Error> {
    match w.create_account(name, kind, administrator, None, now) {
        Err(store::Error::Conflict(_)) => Err(Error::Exists(name.clone())),
        created => Ok(created?),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{NOW, name, store};
    use super::*;
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
        assert!(matches!(again, one_time_links::Error::Account(Error::Exists(_))));
    }

    #[test]
    fn a_new_organization_has_an_administrator_who_is_told() {
        let (_folder, store) = store();
        create_user(&store, &user("ann"), &CommandLine, NOW).unwrap();
        let contoso = create_organization(&store, &name("contoso"), &name("Ann"), &CommandLine, NOW).unwrap();
        let ann = super::super::existing(&store, &name("ann")).unwrap();
        assert_eq!(store.read(|r| r.role(contoso.id, ann.id)).unwrap(), Some(Role::Administrator));
        assert_eq!(store.read(|r| r.notices(ann.id, 0, 5)).unwrap().len(), 1);
        for nobody in ["bob", "contoso"] {
            let made = create_organization(&store, &name("fabrikam"), &name(nobody), &CommandLine, NOW);
            assert!(made.is_err(), "{nobody}");
        }
        super::super::set_administrator(&store, &name("ann"), false, &CommandLine, NOW).unwrap_err();
        assert!(store.read(|r| r.account(&name("fabrikam"))).unwrap().is_none());
    }
}
