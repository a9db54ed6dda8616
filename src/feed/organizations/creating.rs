//! A new organization: by a user, who becomes its administrator; by an administrator of the server, who names one; or on the
//! command line.

use time::OffsetDateTime;

use super::{Error, enabled_user, named};
use crate::domain::account::{Account, AccountKind, AccountName, Role};
use crate::domain::membership::MAX_ORGANIZATIONS;
use crate::domain::permission::Action;
use crate::feed::authority::{Actor, Authorized, authorize};
use crate::feed::{accounts, audience};
use crate::store::{Reads, Store};

/// Who administers a new organization.
#[derive(Debug, Clone, Copy)]
pub enum FirstAdministrator<'a> {
    /// Whoever is signed in; nobody yet, when it is made on the command line.
    Creator,
    /// This user, who is told. Only administrators of the server choose somebody else.
    Named(&'a AccountName),
}

/// Creates an organization.
///
/// # Errors
/// A taken name, too many organizations of the creator, or an administrator who is no enabled user.
pub fn create(
    store: &Store,
    name: &AccountName,
    first: FirstAdministrator<'_>,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Account, Error> {
    store.write(|w| {
        let action = match first {
            FirstAdministrator::Creator => Action::CreateOrganization,
            FirstAdministrator::Named(_) => Action::ChangeServer,
        };
        let by = authorize(w, actor, action, None, now)?;
        let administrator = match first {
            FirstAdministrator::Creator => creator(w, &by)?,
            FirstAdministrator::Named(name) => Some(enabled_user(w, name)?),
        };
        let kind = AccountKind::Organization;
        let id = accounts::insert::<Error>(w, name, kind, false, None, now)?;
        let detail = administrator.as_ref().map(|first| format!("administrator {}", first.name)).unwrap_or_default();
        by.audit(w, now, "organization.create", name.as_str(), &detail)?;
        if let Some(first) = administrator {
            w.set_role(id, first.id, Role::Administrator)?;
            let text = format!("You were made the administrator of {} ({}).", named(name), by.name());
            audience::tell(w, &[first], &by, &text, &format!("accounts/{name}"), now)?;
        }
        Ok(Account { id, name: name.clone(), kind, administrator: false, disabled: false })
    })
}

/// Whoever is signed in, unless they administer enough already.
fn creator(reads: &Reads<'_>, by: &Authorized) -> Result<Option<Account>, Error> {
    let Some(creator) = by.account().cloned() else { return Ok(None) };
    let administered = reads.organizations_of(creator.id)?.into_iter();
    let administered = administered.filter(|(_, role)| *role == Role::Administrator).count();
    if administered >= MAX_ORGANIZATIONS { Err(Error::TooMany) } else { Ok(Some(creator)) }
}

#[cfg(test)]
mod tests {
    use Role::Administrator;

    use super::*;
    use crate::domain::permission::Denied;
    use crate::feed::accounts::NoName;
    use crate::feed::authority;
    use crate::feed::test_house::{House, NOW, name};

    #[test]
    fn whoever_creates_an_organization_is_its_administrator() {
        let house = House::new();
        let ann = house.person("ann");
        let made = create(&house.app.store, &name("Contoso"), FirstAdministrator::Creator, &ann, NOW).unwrap();
        assert_eq!(house.members("contoso"), "ann administrator");
        assert_eq!(
            (made.kind, house.audited().as_str()),
            (AccountKind::Organization, "ann organization.create Contoso administrator ann")
        );
        for misleading in ["none", "BDD90121", "bdd90121bac635b43b0b9ea669efad2e4de94bff"] {
            let made = create(&house.app.store, &name(misleading), FirstAdministrator::Creator, &ann, NOW);
            assert!(matches!(made, Err(Error::Name(NoName::Misleading(_)))), "{misleading}");
        }
        for taken in ["CONTOSO", "Ann"] {
            assert!(
                matches!(
                    create(&house.app.store, &name(taken), FirstAdministrator::Creator, &ann, NOW),
                    Err(Error::Name(NoName::Exists(_)))
                ),
                "{taken}"
            );
        }
    }

    #[test]
    fn a_user_administers_fifty_organizations_at_most() {
        let house = House::new();
        let ann = house.person("ann");
        for number in 1..MAX_ORGANIZATIONS {
            house.organization(&format!("group{number}"), &[("ann", Administrator)]);
        }
        create(&house.app.store, &name("last"), FirstAdministrator::Creator, &ann, NOW).unwrap();
        assert!(matches!(
            create(&house.app.store, &name("one-more"), FirstAdministrator::Creator, &ann, NOW),
            Err(Error::TooMany)
        ));
    }

    #[test]
    fn an_administrator_of_the_server_names_another_who_is_told() {
        let house = House::new();
        let (ann, root) = (house.person("ann"), house.administrator("root"));
        let make = |group: &str, first: &str, actor: &Actor| {
            create(&house.app.store, &name(group), FirstAdministrator::Named(&name(first)), actor, NOW)
        };
        make("contoso", "Ann", &root).unwrap();
        assert_eq!(house.members("contoso"), "ann administrator");
        assert_eq!(house.audited(), "root organization.create contoso administrator ann");
        assert_eq!(house.told("ann"), "You were made the administrator of the organization \"contoso\" (root).");
        assert!(matches!(make("fabrikam", "nobody", &root), Err(Error::Unknown(_))));
        house.person("zoe");
        house.disable("zoe");
        for nobody in ["contoso", "zoe"] {
            assert!(matches!(make("fabrikam", nobody, &root), Err(Error::NoUser(_))), "{nobody}");
        }
        assert!(house.app.store.read(|r| r.account(&name("fabrikam"))).unwrap().is_none());
        let denied = make("fabrikam", "ann", &ann);
        assert!(matches!(denied, Err(Error::Refused(authority::Refused::Denied(Denied::NotYours(_))))));
    }

    #[test]
    fn on_the_command_line_an_organization_has_no_members_yet() {
        let house = House::new();
        create(&house.app.store, &name("contoso"), FirstAdministrator::Creator, &Actor::CommandLine, NOW).unwrap();
        assert_eq!(
            (house.members("contoso").as_str(), house.audited().as_str()),
            ("", "command line organization.create contoso")
        );
    }
}
