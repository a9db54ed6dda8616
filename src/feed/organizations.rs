//! Organizations: creating one, inviting people, changing roles, removing members, leaving.

mod creating;

use thiserror::Error;
use time::OffsetDateTime;

use super::accounts::NoName;
use super::authority::{self, Actor, Authorized, authorize};
use super::{audience, invitations, invited};
use crate::domain::account::{Account, AccountId, AccountKind, AccountName, Role};
use crate::domain::membership::{self, INVITATION_LASTS, Invitee, MAX_ORGANIZATIONS, Member, in_words};
use crate::domain::permission::Action;
use crate::store::invitations::{Invitation, InvitedTo, Offer, Terms};
use crate::store::{self, Reads, Store, Writes};

pub use creating::{FirstAdministrator, create};

/// Where members are shown.
pub(super) fn members_page(organization: &AccountName) -> String {
    format!("accounts/{organization}/members")
}

/// Why an organization is not made or changed.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such account.
    #[error("there is no account `{0}`")]
    Unknown(AccountName),
    /// No new account gets this name.
    #[error(transparent)]
    Name(#[from] NoName),
    /// It is a user.
    #[error("`{0}` is no organization")]
    NoOrganization(AccountName),
    /// It can't belong to an organization.
    #[error("`{0}` is not an enabled user")]
    NoUser(AccountName),
    /// Too many organizations.
    #[error("you administer {MAX_ORGANIZATIONS} organizations already, which is the most")]
    TooMany,
    /// The membership can't be changed so.
    #[error(transparent)]
    Membership(#[from] membership::Refused),
    /// The account can't be invited.
    #[error("`{name}` was not invited: {why}")]
    NotInvited {
        /// Which account.
        name: AccountName,
        /// Why.
        why: membership::NotInvited,
    },
    /// Nobody more can be invited now.
    #[error(transparent)]
    Invited(#[from] invited::Error),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Asks a user to join an organization. One who was asked already may be offered more.
///
/// # Errors
/// An unknown account, one that can't be asked or was asked already, or too many invitations.
pub fn invite(
    store: &Store,
    organization: &AccountName,
    user: &AccountName,
    role: Role,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let group = existing_organization(w, organization)?;
        let by = authorize(w, actor, Action::ManageMembers, Some(&group), now)?;
        let person = w.account(user)?.ok_or_else(|| Error::Unknown(user.clone()))?;
        let waiting = invitations_that_count(w, &group, now)?;
        let invited = waiting.iter().find(|invitation| invitation.invitee.0 == person.id);
        let invited = invited.and_then(|invitation| match &invitation.offer {
            Offer::Membership { role, .. } => Some(*role),
            Offer::Ownership { .. } => None,
        });
        let member = w.role(group.id, person.id)?.is_some();
        let invitee = Invitee { kind: person.kind, disabled: person.disabled, member, invited };
        membership::may_invite(invitee, role, waiting.len())
            .map_err(|why| Error::NotInvited { name: person.name.clone(), why })?;
        let terms = Terms { by: by.name(), at: now, until: now + INVITATION_LASTS };
        let id = w.invite_member(group.id, person.id, role, terms)?;
        by.audit(w, now, "organization.invite", group.name.as_str(), &as_role(&person, role))?;
        let text = format!("{} invites you to join {} as {}.", by.name(), named(&group.name), in_words(role));
        Ok(invited::tell(w, (id, InvitedTo::Organization(group.id)), &person, &by, &text, now)?)
    })
}

/// The invitations that can be accepted. One of somebody who may not invite any more is as good as none: it would else keep its
/// receiver from being invited by anybody else.
fn invitations_that_count(
    reads: &Reads<'_>,
    group: &Account,
    now: OffsetDateTime,
) -> Result<Vec<Invitation>, store::Error> {
    let mut counting = Vec::new();
    for invitation in reads.invitations_into(group.id, now)? {
        if invitations::inviter_may(reads, &invitation)? {
            counting.push(invitation);
        }
    }
    Ok(counting)
}

/// Gives a member another role, or with `None` ends the membership. The member and the organization's administrators are told.
/// Only the command line makes a member of somebody who is none: on the pages nobody becomes one without having accepted.
///
/// # Errors
/// No member, the last administrator, or on the command line an account that is no enabled user.
pub fn set_role(
    store: &Store,
    organization: &AccountName,
    user: &AccountName,
    role: Option<Role>,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), Error> {
    store.write(|w| {
        let group = existing_organization(w, organization)?;
        let by = authorize(w, actor, Action::ManageMembers, Some(&group), now)?;
        let person = w.account(user)?.ok_or_else(|| Error::Unknown(user.clone()))?;
        let before = w.role(group.id, person.id)?;
        match role {
            Some(_) if before == role => return Ok(()),
            Some(role) if before.is_none() && matches!(actor, Actor::CommandLine) => {
                let person = enabled_user(w, user)?;
                // What was offered before is settled by it; accepted later, it would change the role again.
                w.remove_member_invitation(group.id, person.id)?;
                record(w, &group, &person, Some(role), &by, now)?;
            }
            _ => set_member(w, &group, &person, role, &by, now)?,
        }
        let what = match role {
            Some(role) => format!("is {} of {} now", in_words(role), named(&group.name)),
            None => format!("was removed from {}", named(&group.name)),
        };
        let text = format!("{} {what}, by {}.", person.name, by.name());
        Ok(audience::tell(w, &[group.clone(), person], &by, &text, &members_page(&group.name), now)?)
    })
}

/// Leaves an organization.
///
/// # Errors
/// No member, or the last administrator.
pub fn leave(store: &Store, organization: &AccountName, actor: &Actor, now: OffsetDateTime) -> Result<(), Error> {
    store.write(|w| {
        let group = existing_organization(w, organization)?;
        let by = authorize(w, actor, Action::Leave, Some(&group), now)?;
        let person = by.account().cloned().ok_or(membership::Refused::NoMember)?;
        set_member(w, &group, &person, None, &by, now)?;
        let text = format!("{} left {}.", person.name, named(&group.name));
        Ok(audience::tell(w, std::slice::from_ref(&group), &by, &text, &members_page(&group.name), now)?)
    })
}

/// Changes or ends a membership that is there, unless it is the last administrator's, with its audit record.
fn set_member(
    w: &mut Writes<'_>,
    group: &Account,
    person: &Account,
    role: Option<Role>,
    by: &Authorized,
    now: OffsetDateTime,
) -> Result<(), Error> {
    membership::may_change(&members(w, group)?, person.id, role)?;
    Ok(record(w, group, person, role, by, now)?)
}

/// Makes a membership what it shall be, with the audit record.
fn record(
    w: &mut Writes<'_>,
    group: &Account,
    person: &Account,
    role: Option<Role>,
    by: &Authorized,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    match role {
        Some(role) => w.set_role(group.id, person.id, role)?,
        None => w.remove_member(group.id, person.id)?,
    }
    let (action, detail) = match role {
        Some(role) => ("organization.member", as_role(person, role)),
        None => ("organization.remove-member", person.name.to_string()),
    };
    by.audit(w, now, action, group.name.as_str(), &detail)
}

/// The account of that name, if it can belong to an organization.
fn enabled_user(reads: &Reads<'_>, name: &AccountName) -> Result<Account, Error> {
    let account = reads.account(name)?.ok_or_else(|| Error::Unknown(name.clone()))?;
    let fits = account.kind == AccountKind::User && !account.disabled;
    if fits { Ok(account) } else { Err(Error::NoUser(account.name)) }
}

/// The members of an organization, as the rule for the last administrator needs them.
pub(super) fn members(reads: &Reads<'_>, organization: &Account) -> Result<Vec<Member<AccountId>>, store::Error> {
    Ok(as_members(&reads.members(organization.id)?))
}

/// The same of members that were read before.
#[must_use]
pub fn as_members(members: &[(Account, Role)]) -> Vec<Member<AccountId>> {
    members.iter().map(|(member, role)| Member { user: member.id, role: *role, disabled: member.disabled }).collect()
}

pub(super) fn existing_organization(reads: &Reads<'_>, name: &AccountName) -> Result<Account, Error> {
    let account = reads.account(name)?.ok_or_else(|| Error::Unknown(name.clone()))?;
    if account.kind == AccountKind::Organization { Ok(account) } else { Err(Error::NoOrganization(account.name)) }
}

/// An organization in a sentence. Anybody may make one that is called like a host, and mail programs make links of hosts: in
/// quotes, and with what it is, nobody takes it for a place to go to.
pub(super) fn named(organization: &AccountName) -> String {
    format!("the organization \"{organization}\"")
}

/// `ann as administrator`, for records.
pub(super) fn as_role(person: &Account, role: Role) -> String {
    let role = if role == Role::Administrator { "administrator" } else { "collaborator" };
    format!("{} as {role}", person.name)
}

#[cfg(test)]
mod tests {
    use Role::{Administrator, Collaborator};
    use membership::NotInvited;

    use super::*;
    use crate::domain::permission::Denied;
    use crate::feed::test_house::{House, NOW, name};

    fn contoso() -> (House, Actor, Actor) {
        let house = House::new();
        let (ann, bob) = (house.person("ann"), house.person("bob"));
        house.organization("Contoso", &[("ann", Administrator), ("bob", Collaborator)]);
        (house, ann, bob)
    }

    fn ask(house: &House, actor: &Actor, whom: &str, role: Role) -> Result<(), Error> {
        invite(&house.app.store, &name("contoso"), &name(whom), role, actor, NOW)
    }

    #[test]
    fn an_invitation_changes_nothing_and_is_told_to_whom_it_is_for() {
        let (house, ann, _) = contoso();
        house.person("eve");
        ask(&house, &ann, "EVE", Collaborator).unwrap();
        assert_eq!(house.members("contoso"), "ann administrator, bob collaborator");
        assert_eq!(house.told("eve"), "ann invites you to join the organization \"Contoso\" as a collaborator.");
        assert_eq!(house.audited(), "ann organization.invite Contoso eve as collaborator");
    }

    #[test]
    fn an_invitation_of_an_unknown_a_disabled_an_organization_and_a_member_is_refused() {
        let (house, ann, _) = contoso();
        house.person("eve");
        house.disable("eve");
        house.organization("Fabrikam", &[]);
        let lines = house.audit_lines();
        assert!(matches!(ask(&house, &ann, "nobody", Collaborator), Err(Error::Unknown(_))));
        for (whom, expected) in
            [("eve", NotInvited::Disabled), ("fabrikam", NotInvited::Organization), ("bob", NotInvited::Member)]
        {
            let refused = ask(&house, &ann, whom, Administrator);
            assert!(matches!(refused, Err(Error::NotInvited { why, .. }) if why == expected), "{whom}");
        }
        assert_eq!(house.audit_lines(), lines);
        // What looks like an address of e-mail is no account's name.
        assert!("eve@example.com".parse::<AccountName>().is_err());
    }

    #[test]
    fn an_invitation_that_waits_may_be_raised_and_the_same_again_leaves_nothing() {
        let (house, ann, _) = contoso();
        house.person("eve");
        let notices = || house.app.store.read(|r| r.notices(house.account("eve").id, 0, 9)).unwrap().len();
        let waits = |asked: Result<(), Error>| match asked {
            Err(Error::NotInvited { why: NotInvited::Waiting(role), .. }) => role,
            other => panic!("{other:?}"),
        };
        ask(&house, &ann, "eve", Collaborator).unwrap();
        let lines = house.audit_lines();
        assert_eq!(waits(ask(&house, &ann, "eve", Collaborator)), Collaborator);
        assert_eq!((house.audit_lines(), notices()), (lines, 1));
        ask(&house, &ann, "eve", Administrator).unwrap();
        assert_eq!(notices(), 2);
        assert_eq!(waits(ask(&house, &ann, "eve", Collaborator)), Administrator, "it is not lowered");
        assert_eq!(invited_into_contoso(&house), [("eve".to_owned(), "ann".to_owned())]);
    }

    #[test]
    fn an_invitation_of_somebody_who_may_invite_no_more_keeps_nobody_from_inviting() {
        let (house, ann, bob) = contoso();
        let root = house.administrator("root");
        house.person("eve");
        ask(&house, &ann, "eve", Administrator).unwrap();
        set_role(&house.app.store, &name("contoso"), &name("bob"), Some(Administrator), &root, NOW).unwrap();
        set_role(&house.app.store, &name("contoso"), &name("ann"), None, &root, NOW).unwrap();
        ask(&house, &bob, "eve", Collaborator).unwrap();
        assert_eq!(house.told("eve"), "bob invites you to join the organization \"Contoso\" as a collaborator.");
        assert_eq!(invited_into_contoso(&house), [("eve".to_owned(), "bob".to_owned())]);
    }

    /// Who was asked, and by whom.
    fn invited_into_contoso(house: &House) -> Vec<(String, String)> {
        let waiting = house.app.store.read(|r| r.invitations_into(house.account("contoso").id, NOW)).unwrap();
        waiting.into_iter().map(|invitation| (invitation.invitee.1.to_string(), invitation.invited_by)).collect()
    }

    #[test]
    fn members_are_managed_by_administrators_with_a_code_and_by_the_servers() {
        let (house, _, bob) = contoso();
        let (eve, root) = (house.person("eve"), house.administrator("root"));
        let without = house.person_without_code("zoe");
        house
            .app
            .store
            .write(|w| w.set_role(house.account("contoso").id, house.account("zoe").id, Administrator))
            .unwrap();
        let role =
            |actor: &Actor| set_role(&house.app.store, &name("contoso"), &name("bob"), Some(Administrator), actor, NOW);
        let denied = |result: Result<(), Error>| match result {
            Err(Error::Refused(authority::Refused::Denied(denied))) => denied,
            other => panic!("{other:?}"),
        };
        assert!(matches!(denied(role(&bob)), Denied::NotYours(_)), "a collaborator");
        assert!(matches!(denied(role(&eve)), Denied::NotYours(_)), "a stranger");
        assert_eq!(denied(role(&without)), Denied::GiveCode);
        assert!(role(&root).is_ok());
        assert_eq!(house.members("contoso"), "ann administrator, bob administrator, zoe administrator");
    }

    #[test]
    fn the_last_administrator_is_neither_demoted_nor_removed_nor_leaves() {
        let (house, ann, bob) = contoso();
        let store = &house.app.store;
        let last = |result| matches!(result, Err(Error::Membership(membership::Refused::LastAdministrator)));
        assert!(last(set_role(store, &name("contoso"), &name("ann"), Some(Collaborator), &ann, NOW)));
        assert!(last(set_role(store, &name("contoso"), &name("ann"), None, &ann, NOW)));
        assert!(last(leave(store, &name("contoso"), &ann, NOW)));
        set_role(store, &name("contoso"), &name("bob"), Some(Administrator), &ann, NOW).unwrap();
        assert_eq!(house.told("bob"), "bob is an administrator of the organization \"Contoso\" now, by ann.");
        assert_eq!(house.told("ann"), "", "whoever does it knows it");
        leave(store, &name("contoso"), &ann, NOW).unwrap();
        assert_eq!(
            (house.members("contoso").as_str(), house.told("bob").as_str()),
            ("bob administrator", "ann left the organization \"Contoso\".")
        );
        assert!(last(leave(store, &name("contoso"), &bob, NOW)));
    }

    #[test]
    fn an_administrator_whose_account_is_disabled_does_not_count_as_one_who_is_left() {
        let (house, ann, _) = contoso();
        let store = &house.app.store;
        set_role(store, &name("contoso"), &name("bob"), Some(Administrator), &ann, NOW).unwrap();
        house.disable("bob");
        assert!(matches!(
            leave(store, &name("contoso"), &ann, NOW),
            Err(Error::Membership(membership::Refused::LastAdministrator))
        ));
    }

    #[test]
    fn a_collaborator_may_leave_and_is_removed_with_a_word() {
        let (house, ann, bob) = contoso();
        let store = &house.app.store;
        leave(store, &name("contoso"), &bob, NOW).unwrap();
        assert_eq!(house.audited(), "bob organization.remove-member Contoso bob");
        assert_eq!(house.told("ann"), "bob left the organization \"Contoso\".");
        assert!(matches!(leave(store, &name("contoso"), &bob, NOW), Err(Error::Refused(_))), "no member any more");
        house.person("eve");
        store.write(|w| w.set_role(house.account("contoso").id, house.account("eve").id, Collaborator)).unwrap();
        set_role(store, &name("contoso"), &name("eve"), None, &ann, NOW).unwrap();
        assert_eq!(house.told("eve"), "eve was removed from the organization \"Contoso\", by ann.");
    }

    #[test]
    fn the_command_line_makes_members_who_are_told_and_the_pages_do_not() {
        let (house, ann, _) = contoso();
        house.person("eve");
        let set = |whom: &str, actor: &Actor| {
            set_role(&house.app.store, &name("contoso"), &name(whom), Some(Administrator), actor, NOW)
        };
        ask(&house, &ann, "eve", Collaborator).unwrap();
        assert!(matches!(set("eve", &ann), Err(Error::Membership(membership::Refused::NoMember))));
        set("eve", &Actor::CommandLine).unwrap();
        assert_eq!(house.audited(), "command line organization.member Contoso eve as administrator");
        for told in ["eve", "ann"] {
            assert_eq!(
                house.told(told),
                "eve is an administrator of the organization \"Contoso\" now, by command line."
            );
        }
        assert!(house.app.store.read(|r| r.invitations_into(house.account("contoso").id, NOW)).unwrap().is_empty());
        let lines = house.audit_lines();
        set("eve", &Actor::CommandLine).unwrap();
        house.person("zoe");
        house.disable("zoe");
        house.organization("fabrikam", &[]);
        for whom in ["zoe", "fabrikam"] {
            assert!(matches!(set(whom, &Actor::CommandLine), Err(Error::NoUser(_))), "{whom}");
        }
        assert_eq!(house.audit_lines(), lines, "no change leaves no record");
    }

    #[test]
    fn a_user_has_no_members() {
        let (house, ann, _) = contoso();
        assert!(matches!(
            invite(&house.app.store, &name("ann"), &name("bob"), Collaborator, &ann, NOW),
            Err(Error::NoOrganization(_))
        ));
    }
}
