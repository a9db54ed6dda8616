//! Who belongs to an organization: the rules for inviting, for changing roles, and for the last administrator.
//!
//! Who may make such a change at all is [`permission`](super::permission)'s. A disabled account counts as no administrator:
//! nobody can sign in to it.

use thiserror::Error;
use time::Duration;

use super::account::{AccountKind, Role};

/// For how long an invitation can be accepted. Long enough for a holiday, short enough that a forgotten one is no open door.
pub const INVITATION_LASTS: Duration = Duration::days(14);
/// Invitations of one organization that may wait at the same time.
pub const MAX_INVITATIONS: usize = 100;
/// Organizations that one user may administer: names are never reused, so nobody may take them by the thousand.
pub const MAX_ORGANIZATIONS: usize = 50;

/// A member, as the rule for the last administrator needs it. `user` is anything that tells members apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member<U> {
    /// Who.
    pub user: U,
    /// In which role.
    pub role: Role,
    /// Whether the account is disabled.
    pub disabled: bool,
}

/// Why a membership is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refused {
    /// There would be nobody left to manage the organization.
    #[error(
        "an organization keeps at least one administrator who can sign in; make another member an administrator first"
    )]
    LastAdministrator,
    /// Not a member.
    #[error("that account is no member of the organization")]
    NoMember,
}

/// Whether the member `user` may get the role `to`, or with `None` be no member any more.
///
/// # Errors
/// [`Refused`]. An organization that has no administrator already, because the last one was disabled, may be changed in
/// any way.
pub fn may_change<U: Copy + PartialEq>(members: &[Member<U>], user: U, to: Option<Role>) -> Result<(), Refused> {
    let member = members.iter().find(|member| member.user == user).ok_or(Refused::NoMember)?;
    let counts = |member: &Member<U>| member.role == Role::Administrator && !member.disabled;
    let others = members.iter().any(|other| other.user != user && counts(other));
    if counts(member) && to != Some(Role::Administrator) && !others { Err(Refused::LastAdministrator) } else { Ok(()) }
}

/// What is known of somebody who shall be invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invitee {
    /// User or organization.
    pub kind: AccountKind,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// Whether it belongs to the organization already.
    pub member: bool,
    /// The role of an invitation that waits for it already and can be accepted.
    pub invited: Option<Role>,
}

/// Why somebody is not invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotInvited {
    /// An organization.
    #[error("an organization can’t be a member; invite its people one by one")]
    Organization,
    /// A disabled account.
    #[error("that account is disabled")]
    Disabled,
    /// A member.
    #[error("that account is a member already; its role is changed in the list")]
    Member,
    /// An invitation that offers as much, or more, waits already.
    #[error("that account is invited already as {}, and has to accept; to invite it anew, withdraw that invitation first", in_words(*.0))]
    Waiting(Role),
    /// Too many are waiting.
    #[error("{MAX_INVITATIONS} invitations are waiting already; withdraw some first")]
    TooMany,
}

/// Whether `invitee` may be invited as `role` when so many invitations are `waiting`. One that waits for the account is raised by
/// it, takes no further place, and is never lowered.
///
/// # Errors
/// [`NotInvited`].
pub fn may_invite(invitee: Invitee, role: Role, waiting: usize) -> Result<(), NotInvited> {
    if invitee.kind == AccountKind::Organization {
        return Err(NotInvited::Organization);
    }
    if invitee.disabled {
        return Err(NotInvited::Disabled);
    }
    if invitee.member {
        return Err(NotInvited::Member);
    }
    match invitee.invited {
        None if waiting >= MAX_INVITATIONS => Err(NotInvited::TooMany),
        Some(Role::Administrator) => Err(NotInvited::Waiting(Role::Administrator)),
        Some(Role::Collaborator) if role == Role::Collaborator => Err(NotInvited::Waiting(role)),
        Some(Role::Collaborator) | None => Ok(()),
    }
}

/// A role in a sentence.
#[must_use]
pub const fn in_words(role: Role) -> &'static str {
    match role {
        Role::Administrator => "an administrator",
        Role::Collaborator => "a collaborator",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Role::{Administrator, Collaborator};

    const fn member(user: char, role: Role) -> Member<char> {
        Member { user, role, disabled: false }
    }

    const fn disabled(user: char, role: Role) -> Member<char> {
        Member { user, role, disabled: true }
    }

    #[test]
    fn the_last_administrator_is_neither_demoted_nor_removed() {
        let alone = [member('a', Administrator), member('b', Collaborator)];
        let two = [member('a', Administrator), member('b', Administrator)];
        let other_disabled = [member('a', Administrator), disabled('b', Administrator)];
        let nobody = [disabled('a', Administrator), member('b', Collaborator)];
        let refused = Err(Refused::LastAdministrator);
        for (members, user, to, expected) in [
            (&alone, 'a', None, refused),
            (&alone, 'a', Some(Collaborator), refused),
            (&alone, 'a', Some(Administrator), Ok(())),
            (&alone, 'b', None, Ok(())),
            (&alone, 'b', Some(Administrator), Ok(())),
            (&alone, 'c', None, Err(Refused::NoMember)),
            (&two, 'a', None, Ok(())),
            (&two, 'b', Some(Collaborator), Ok(())),
            // A disabled account counts as no administrator.
            (&other_disabled, 'a', None, refused),
            (&other_disabled, 'a', Some(Collaborator), refused),
            (&other_disabled, 'b', None, Ok(())),
            (&nobody, 'a', None, Ok(())),
            (&nobody, 'b', None, Ok(())),
        ] {
            assert_eq!(may_change(members, user, to), expected, "{user} to {to:?} of {members:?}");
        }
    }

    #[test]
    fn only_an_enabled_user_who_is_no_member_is_invited() {
        let free = Invitee { kind: AccountKind::User, disabled: false, member: false, invited: None };
        assert_eq!(may_invite(free, Collaborator, 0), Ok(()));
        let organization = Invitee { kind: AccountKind::Organization, ..free };
        assert_eq!(may_invite(organization, Collaborator, 0), Err(NotInvited::Organization));
        assert_eq!(may_invite(Invitee { disabled: true, ..free }, Collaborator, 0), Err(NotInvited::Disabled));
        assert_eq!(may_invite(Invitee { member: true, ..free }, Administrator, 0), Err(NotInvited::Member));
    }

    #[test]
    fn an_invitation_that_waits_may_be_raised_and_is_neither_lowered_nor_made_twice() {
        let free = Invitee { kind: AccountKind::User, disabled: false, member: false, invited: None };
        for (waiting, wanted, expected) in [
            (None, Collaborator, Ok(())),
            (None, Administrator, Ok(())),
            (Some(Collaborator), Collaborator, Err(NotInvited::Waiting(Collaborator))),
            (Some(Collaborator), Administrator, Ok(())),
            (Some(Administrator), Collaborator, Err(NotInvited::Waiting(Administrator))),
            (Some(Administrator), Administrator, Err(NotInvited::Waiting(Administrator))),
        ] {
            let invitee = Invitee { invited: waiting, ..free };
            assert_eq!(may_invite(invitee, wanted, 1), expected, "{waiting:?} and then {wanted:?}");
        }
    }

    #[test]
    fn an_organization_has_at_most_a_hundred_invitations_waiting() {
        let free = Invitee { kind: AccountKind::User, disabled: false, member: false, invited: None };
        assert!(may_invite(free, Collaborator, MAX_INVITATIONS - 1).is_ok());
        assert_eq!(may_invite(free, Collaborator, MAX_INVITATIONS), Err(NotInvited::TooMany));
        let waiting = Invitee { invited: Some(Collaborator), ..free };
        assert!(may_invite(waiting, Administrator, MAX_INVITATIONS).is_ok(), "it takes no place of its own");
    }
}
