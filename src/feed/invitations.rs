//! Invitations, to join an organization or to own a package ID: accepting, declining, withdrawing.
//!
//! An invitation is worth what whoever made it may still do when it is accepted: an administrator who was removed can't come
//! back by a second account that they invited before.

use std::fmt;

use thiserror::Error;
use time::OffsetDateTime;

use super::authority::{self, Actor, Authorized, Refused, authorize, authorize_for_any, relation};
use super::organizations::{self, as_role, members_page};
use super::owners::{self, manage_page};
use super::{audience, notices};
use crate::app::App;
use crate::domain::account::{Account, AccountName};
use crate::domain::membership::in_words;
use crate::domain::ownership::{self, Candidate};
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Denied};
use crate::store::invitations::{Invitation, InvitationId, Offer};
use crate::store::{self, Reads, Store};

/// Why an invitation is not accepted, declined or withdrawn.
#[derive(Debug, Error)]
pub enum Error {
    /// There is none of that number, or none for this account.
    #[error("this invitation is not there any more; it ended, or was withdrawn")]
    Gone,
    /// Whoever made it may not any more.
    #[error("`{0}`, who made this invitation, may not make it any more; ask for a new one")]
    InviterMayNot(String),
    /// The account can't become an owner.
    #[error("the invitation can’t be accepted: {0}")]
    NotAdded(#[from] ownership::NotAdded),
    /// The owner can't be added.
    #[error(transparent)]
    Owner(#[from] owners::Error),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What somebody was asked to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// An organization, as a member.
    Organization(AccountName),
    /// A package ID, as an owner.
    Package(PackageId),
}

impl Asked {
    fn of(offer: &Offer) -> Self {
        match offer {
            Offer::Membership { organization: (_, name), .. } => Self::Organization(name.clone()),
            Offer::Ownership { package_id, .. } => Self::Package(package_id.clone()),
        }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Organization(name) => name.fmt(f),
            Self::Package(id) => id.fmt(f),
        }
    }
}

/// Accepts an invitation: the account becomes a member, or an owner. What of.
///
/// # Errors
/// No such invitation, one that does not count any more, or too many owners by now.
pub fn accept(app: &App, id: InvitationId, actor: &Actor, now: OffsetDateTime) -> Result<Asked, Error> {
    app.store.write(|w| {
        let (invitation, invitee, by) = own(w, id, Action::AcceptInvitation, actor, now)?;
        if !inviter_may(w, &invitation)? {
            return Err(Error::InviterMayNot(invitation.invited_by));
        }
        match &invitation.offer {
            Offer::Membership { organization: (organization, name), role } => {
                let group = w.account_by_id(*organization)?;
                if group.disabled {
                    return Err(Error::Gone);
                }
                w.set_role(group.id, invitee.id, *role)?;
                w.remove_invitation(id)?;
                let detail = format!("{}, invited by {}", as_role(&invitee, *role), invitation.invited_by);
                by.audit(w, now, "organization.member", name.as_str(), &detail)?;
                let text = format!("{} is {} of {} now.", invitee.name, in_words(*role), organizations::named(name));
                audience::tell(w, &[group], &by, &text, &members_page(name), now)?;
                Ok(Asked::of(&invitation.offer))
            }
            Offer::Ownership { registration, .. } => {
                let package = w.registration_by_row(*registration)?;
                let owners = w.owners(package.id)?;
                let owner = owners.iter().any(|(owner, _)| *owner == invitee.id);
                let candidate = Candidate { disabled: invitee.disabled, owner, invited: true, own: true };
                ownership::adding(candidate, owners.len(), 0)?;
                owners::join(w, app, &package, &invitee, &by, now)?;
                Ok(Asked::of(&invitation.offer))
            }
        }
    })
}

/// Declines an invitation. What to.
///
/// # Errors
/// No such invitation.
pub fn decline(store: &Store, id: InvitationId, actor: &Actor, now: OffsetDateTime) -> Result<Asked, Error> {
    store.write(|w| {
        let (invitation, invitee, by) = own(w, id, Action::DeclineInvitation, actor, now)?;
        w.remove_invitation(id)?;
        let About { name, what, keepers, link } = About::of(w, &invitation)?;
        let action = match invitation.offer {
            Offer::Membership { .. } => "organization.decline",
            Offer::Ownership { .. } => "package.decline-owner",
        };
        by.audit(w, now, action, &name, invitee.name.as_str())?;
        let text = format!("{} declined the invitation to {what}.", invitee.name);
        audience::tell(w, &keepers, &by, &text, &link, now)?;
        Ok(Asked::of(&invitation.offer))
    })
}

/// Withdraws an invitation. Whom it was for. Whoever has not read of it, and was not mailed, never hears of it: inviting and
/// withdrawing without end would else fill pages and mailboxes.
///
/// # Errors
/// No such invitation, or somebody else's.
pub fn withdraw(store: &Store, id: InvitationId, actor: &Actor, now: OffsetDateTime) -> Result<AccountName, Error> {
    store.write(|w| {
        let invitation = w.invitation(id, now)?.ok_or(Error::Gone)?;
        let About { name, what, keepers, .. } = About::of(w, &invitation)?;
        let (action, record) = match &invitation.offer {
            Offer::Membership { .. } => (Action::ManageMembers, "organization.withdraw"),
            Offer::Ownership { .. } => (Action::ManageOwners, "package.withdraw-owner"),
        };
        let by = authorize_for_any(w, actor, action, &keepers.iter().collect::<Vec<_>>(), now).map_err(hidden)?;
        w.remove_invitation(id)?;
        by.audit(w, now, record, &name, invitation.invitee.1.as_str())?;
        let knowing = notices::take_back(w, id)?;
        let text = format!("{} withdrew the invitation to {what}.", by.name());
        audience::tell(w, &knowing, &by, &text, "", now)?;
        Ok(invitation.invitee.1)
    })
}

/// The invitation, for somebody who may speak for whom it is for.
fn own(
    reads: &Reads<'_>,
    id: InvitationId,
    action: Action,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(Invitation, Account, Authorized), Error> {
    let invitation = reads.invitation(id, now)?.ok_or(Error::Gone)?;
    let invitee = reads.account_by_id(invitation.invitee.0)?;
    let by = authorize(reads, actor, action, Some(&invitee), now).map_err(hidden)?;
    Ok((invitation, invitee, by))
}

/// Whose invitation a number is, nobody else finds out.
fn hidden(refused: Refused) -> Error {
    match refused {
        Refused::Denied(Denied::NotYours(_)) => Error::Gone,
        other => other.into(),
    }
}

/// Whether whoever invited might still do so. The second factor that they had then is enough.
pub(super) fn inviter_may(reads: &Reads<'_>, invitation: &Invitation) -> Result<bool, store::Error> {
    // The command line's name is no account's: whoever runs the server may everything.
    let Ok(name) = invitation.invited_by.parse::<AccountName>() else { return Ok(true) };
    let Some(inviter) = reads.account(&name)?.filter(|inviter| !inviter.disabled) else { return Ok(false) };
    if inviter.administrator {
        return Ok(true);
    }
    for keeper in About::of(reads, invitation)?.keepers {
        if relation(reads, &inviter, &keeper)?.manages() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What an invitation is about.
struct About {
    /// The organization, or the package ID, as records name it.
    name: String,
    /// The same in a sentence.
    what: String,
    /// Who may invite to it: the organization, or the owners.
    keepers: Vec<Account>,
    /// Where they see it.
    link: String,
}

impl About {
    fn of(reads: &Reads<'_>, invitation: &Invitation) -> Result<Self, store::Error> {
        match &invitation.offer {
            Offer::Membership { organization: (organization, name), .. } => {
                let keepers = vec![reads.account_by_id(*organization)?];
                let (what, link) = (organizations::named(name), members_page(name));
                Ok(Self { name: name.to_string(), what, keepers, link })
            }
            Offer::Ownership { registration, package_id } => {
                let package = reads.registration_by_row(*registration)?;
                let keepers = owners::accounts(reads, &package)?;
                let (what, link) = (owners::named(package_id), manage_page(&package));
                Ok(Self { name: package_id.to_string(), what, keepers, link })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::account::Role::{Administrator, Collaborator};
    use crate::domain::invitation::{INVITATIONS_A_DAY, TooOften};
    use crate::domain::membership::INVITATION_LASTS;
    use crate::domain::notice::Topic;
    use crate::domain::ownership::{Adding, MAX_OWNERS};
    use crate::feed::invited;
    use crate::feed::test_house::{House, NOW, id, name};

    /// Contoso of ann and carl, who asked eve to join; Contoso.Core of contoso, whose ann asked eve to own it.
    struct Invited {
        house: House,
        ann: Actor,
        carl: Actor,
        eve: Actor,
        member: InvitationId,
        owner: InvitationId,
    }

    fn asked() -> Invited {
        let house = House::new();
        let (ann, carl, eve) = (house.person("ann"), house.person("carl"), house.person("eve"));
        house.organization("Contoso", &[("ann", Administrator), ("carl", Administrator)]);
        house.package("Contoso.Core", &["Contoso"]);
        organizations::invite(&house.app.store, &name("contoso"), &name("eve"), Collaborator, &ann, NOW).unwrap();
        let adding = owners::add(&house.app, &id("contoso.core"), &name("eve"), &ann, NOW).unwrap();
        assert_eq!(adding.adding, Adding::ByInvitation);
        let waiting = house.app.store.read(|r| r.invitations_of(house.account("eve").id, NOW)).unwrap();
        let (member, owner) = (waiting[0].id, waiting[1].id);
        Invited { house, ann, carl, eve, member, owner }
    }

    #[test]
    fn whoever_accepts_is_a_member_and_the_administrators_are_told() {
        let Invited { house, eve, member, .. } = asked();
        assert_eq!(accept(&house.app, member, &eve, NOW).unwrap(), Asked::Organization(name("Contoso")));
        assert_eq!(house.members("contoso"), "ann administrator, carl administrator, eve collaborator");
        assert_eq!(house.told("carl"), "eve is a collaborator of the organization \"Contoso\" now.");
        assert_eq!(house.audited(), "eve organization.member Contoso eve as collaborator, invited by ann");
        assert!(matches!(accept(&house.app, member, &eve, NOW), Err(Error::Gone)), "it is used up");
    }

    #[test]
    fn whoever_accepts_to_own_is_an_owner() {
        let Invited { house, eve, owner, .. } = asked();
        assert_eq!(house.owners("contoso.core"), "Contoso");
        assert_eq!(accept(&house.app, owner, &eve, NOW).unwrap(), Asked::Package(id("Contoso.Core")));
        assert_eq!(house.owners("contoso.core"), "Contoso, eve");
        assert_eq!(house.told("carl"), "eve is an owner of the package \"Contoso.Core\" now.");
        assert!(matches!(accept(&house.app, owner, &eve, NOW), Err(Error::Gone)));
    }

    #[test]
    fn an_invitation_is_its_receivers_alone() {
        let Invited { house, ann, carl, member, owner, .. } = asked();
        let mallory = house.person("mallory");
        for actor in [&ann, &carl, &mallory] {
            for invitation in [member, owner] {
                assert!(matches!(accept(&house.app, invitation, actor, NOW), Err(Error::Gone)));
                assert!(matches!(decline(&house.app.store, invitation, actor, NOW), Err(Error::Gone)));
            }
        }
        for invitation in [member, owner] {
            assert!(matches!(withdraw(&house.app.store, invitation, &mallory, NOW), Err(Error::Gone)));
        }
    }

    #[test]
    fn accepting_needs_a_code_and_declining_none() {
        let Invited { house, ann, .. } = asked();
        let zoe = house.person_without_code("zoe");
        organizations::invite(&house.app.store, &name("contoso"), &name("zoe"), Administrator, &ann, NOW).unwrap();
        let waiting = house.app.store.read(|r| r.invitations_of(house.account("zoe").id, NOW)).unwrap();
        let refused = accept(&house.app, waiting[0].id, &zoe, NOW);
        assert!(matches!(refused, Err(Error::Refused(Refused::Denied(Denied::GiveCode)))));
        decline(&house.app.store, waiting[0].id, &zoe, NOW).unwrap();
        assert_eq!(house.told("ann"), "zoe declined the invitation to the organization \"Contoso\".");
    }

    #[test]
    fn what_was_answered_or_withdrawn_is_unread_no_more_and_stays_in_the_list() {
        let Invited { house, ann, eve, member, owner, .. } = asked();
        let unread = || house.app.store.read(|r| r.notices(house.account("eve").id, 0, 9)).unwrap().len();
        let listed = || {
            let listed = house.app.store.read(|r| r.notices_about(house.account("eve").id, Topic::Other, 9)).unwrap();
            listed.into_iter().filter(|notice| notice.settled).count()
        };
        assert_eq!((unread(), listed()), (2, 0));
        accept(&house.app, member, &eve, NOW).unwrap();
        assert_eq!((unread(), listed()), (1, 1));
        decline(&house.app.store, owner, &eve, NOW).unwrap();
        assert_eq!((unread(), listed()), (0, 2));
        // The next one is another one.
        owners::add(&house.app, &id("contoso.core"), &name("eve"), &ann, NOW).unwrap();
        assert_eq!((unread(), listed()), (1, 2));
    }

    #[test]
    fn an_invitation_ends_after_fourteen_days() {
        let Invited { house, member, owner, .. } = asked();
        let almost = NOW + INVITATION_LASTS - Duration::SECOND;
        let read = |id, at| house.app.store.read(|r| r.invitation(id, at)).unwrap();
        for invitation in [member, owner] {
            assert!(read(invitation, almost).is_some() && read(invitation, NOW + INVITATION_LASTS).is_none());
        }
        assert_eq!(INVITATION_LASTS, Duration::days(14));
    }

    /// What stands on the pages of eve, and how many mails are still to leave.
    fn told_of(house: &House) -> (Vec<String>, usize) {
        let notices = house.app.store.read(|r| r.notices_about(house.account("eve").id, Topic::Other, 99)).unwrap();
        let unmailed = house.app.store.read(|r| r.unmailed_notices(99)).unwrap().len();
        (notices.into_iter().map(|notice| notice.text).collect(), unmailed)
    }

    #[test]
    fn a_withdrawn_invitation_is_gone_and_so_is_the_notice_that_nobody_read() {
        let Invited { house, carl, eve, member, owner, .. } = asked();
        for (invitation, left) in [(member, 1), (owner, 0)] {
            assert_eq!(withdraw(&house.app.store, invitation, &carl, NOW).unwrap(), name("eve"));
            assert_eq!(told_of(&house).0.len(), left);
            assert!(matches!(accept(&house.app, invitation, &eve, NOW), Err(Error::Gone)));
        }
    }

    #[test]
    fn whoever_read_of_a_withdrawn_invitation_or_was_mailed_is_told() {
        let Invited { house, ann, carl, eve, member, owner } = asked();
        let store = &house.app.store;
        let Actor::Session(session) = &eve else { panic!("eve is signed in") };
        notices::mark_read(store, session, crate::domain::notice::Seen { security: i64::MAX, others: i64::MAX }, NOW)
            .unwrap();
        for (invitation, what) in [(member, "the organization \"Contoso\""), (owner, "the package \"Contoso.Core\"")] {
            withdraw(store, invitation, &carl, NOW).unwrap();
            assert_eq!(house.told("eve"), format!("carl withdrew the invitation to {what}."));
        }
        assert_eq!(told_of(&house).0.len(), 4, "what was read stays");
        // With an address, one whose mail has not left and one whose mail has.
        store.write(|w| w.set_email(house.account("eve").id, Some("eve@example.com"), true)).unwrap();
        for (mail_leaves, more) in [(false, 0), (true, 1)] {
            let later = NOW + Duration::hours(if mail_leaves { 1 } else { 2 });
            store.write(|w| w.set_code_given(session_of(&ann), later)).unwrap();
            organizations::invite(store, &name("contoso"), &name("eve"), Collaborator, &ann, later).unwrap();
            let waiting = store.read(|r| r.unmailed_notices(9)).unwrap();
            assert_eq!(waiting.len(), 1);
            if mail_leaves {
                store.write(|w| w.notice_is_mailed(waiting[0].id)).unwrap();
            }
            let id = store.read(|r| r.invitations_of(house.account("eve").id, later)).unwrap()[0].id;
            withdraw(store, id, &ann, later).unwrap();
            assert_eq!((told_of(&house).0.len(), told_of(&house).1), (4 + more, more), "{mail_leaves}");
        }
    }

    fn session_of(actor: &Actor) -> crate::domain::session::SessionId {
        let Actor::Session(session) = actor else { panic!("no session") };
        session.id
    }

    #[test]
    fn inviting_and_withdrawing_without_end_is_told_twice_an_hour() {
        let Invited { house, ann, member, owner, .. } = asked();
        let store = &house.app.store;
        for invitation in [member, owner] {
            withdraw(store, invitation, &ann, NOW).unwrap();
        }
        let again = |now| {
            store.write(|w| w.set_code_given(session_of(&ann), now)).unwrap();
            organizations::invite(store, &name("contoso"), &name("eve"), Collaborator, &ann, now)?;
            let id = store.read(|r| r.invitations_of(house.account("eve").id, now)).unwrap()[0].id;
            withdraw(store, id, &ann, now).unwrap();
            Ok::<_, organizations::Error>(())
        };
        let to_own = |now| owners::add(&house.app, &id("contoso.core"), &name("eve"), &ann, now).map(drop);
        again(NOW).unwrap();
        to_own(NOW).unwrap();
        let lines = house.audit_lines();
        let refused = again(NOW + Duration::minutes(59)).unwrap_err();
        assert!(matches!(refused, organizations::Error::Invited(invited::Error::TooOften(TooOften::Invitee))));
        assert_eq!(house.audit_lines(), lines, "nothing is left of it");
        let owner = store.read(|r| r.invitations_of(house.account("eve").id, NOW)).unwrap()[0].id;
        withdraw(store, owner, &ann, NOW).unwrap();
        let refused = to_own(NOW + Duration::minutes(59)).unwrap_err();
        assert!(matches!(refused, owners::Error::Invited(invited::Error::TooOften(TooOften::Invitee))));
        house.person("zoe");
        organizations::invite(store, &name("contoso"), &name("zoe"), Collaborator, &ann, NOW).unwrap();
        again(NOW + Duration::HOUR).unwrap();
        assert!(told_of(&house).0.is_empty());
    }

    #[test]
    fn an_account_makes_twenty_invitations_a_day_to_all_that_it_manages() {
        let house = House::new();
        let ann = house.person("ann");
        house.package("Ann.Tools", &["ann"]);
        for number in 0..=INVITATIONS_A_DAY {
            let (group, whom) = (format!("group{number}"), format!("asked{number}"));
            house.organization(&group, &[("ann", Administrator)]);
            house.person(&whom);
            let invite = |actor: &Actor| {
                organizations::invite(&house.app.store, &name(&group), &name(&whom), Collaborator, actor, NOW)
            };
            if number < INVITATIONS_A_DAY {
                invite(&ann).unwrap();
                continue;
            }
            let refused = invite(&ann).unwrap_err();
            assert!(matches!(refused, organizations::Error::Invited(invited::Error::TooOften(TooOften::Inviter))));
            let refused = owners::add(&house.app, &id("Ann.Tools"), &name(&whom), &ann, NOW).unwrap_err();
            assert!(matches!(refused, owners::Error::Invited(invited::Error::TooOften(TooOften::Inviter))));
            invite(&Actor::CommandLine).unwrap();
        }
        let made =
            |now: OffsetDateTime| house.app.store.read(|r| r.invitations_by("ann", now - Duration::DAY)).unwrap();
        assert_eq!((made(NOW), made(NOW + Duration::DAY)), (INVITATIONS_A_DAY, 0));
    }

    #[test]
    fn an_invitation_by_somebody_who_was_removed_since_counts_no_more() {
        let Invited { house, carl, eve, member, owner, .. } = asked();
        organizations::set_role(&house.app.store, &name("contoso"), &name("ann"), None, &carl, NOW).unwrap();
        for invitation in [member, owner] {
            assert!(
                matches!(accept(&house.app, invitation, &eve, NOW), Err(Error::InviterMayNot(who)) if who == "ann")
            );
        }
    }

    #[test]
    fn an_invitation_by_somebody_who_was_demoted_or_disabled_since_counts_no_more() {
        let Invited { house, carl, eve, member, .. } = asked();
        organizations::set_role(&house.app.store, &name("contoso"), &name("ann"), Some(Collaborator), &carl, NOW)
            .unwrap();
        assert!(matches!(accept(&house.app, member, &eve, NOW), Err(Error::InviterMayNot(_))));
        organizations::set_role(&house.app.store, &name("contoso"), &name("ann"), Some(Administrator), &carl, NOW)
            .unwrap();
        house.disable("ann");
        assert!(matches!(accept(&house.app, member, &eve, NOW), Err(Error::InviterMayNot(_))));
    }

    #[test]
    fn an_invitation_into_a_disabled_organization_counts_no_more() {
        let house = House::new();
        let (root, eve) = (house.administrator("root"), house.person("eve"));
        house.organization("Contoso", &[]);
        organizations::invite(&house.app.store, &name("contoso"), &name("eve"), Administrator, &root, NOW).unwrap();
        let waiting = house.app.store.read(|r| r.invitations_of(house.account("eve").id, NOW)).unwrap();
        house.disable("contoso");
        assert!(matches!(accept(&house.app, waiting[0].id, &eve, NOW), Err(Error::Gone)));
    }

    #[test]
    fn the_sixteenth_owner_is_refused_though_it_was_asked_before() {
        let Invited { house, eve, owner, .. } = asked();
        for number in 1..MAX_OWNERS {
            house.person(&format!("owner{number}"));
            let account = house.account(&format!("owner{number}"));
            house
                .app
                .store
                .write(|w| w.add_owner(w.registration(&id("contoso.core"))?.unwrap().id, account.id))
                .unwrap();
        }
        let refused = accept(&house.app, owner, &eve, NOW);
        assert!(matches!(refused, Err(Error::NotAdded(ownership::NotAdded::TooManyOwners))));
    }

    #[test]
    fn an_organization_is_asked_by_its_administrators() {
        let Invited { house, carl, eve, .. } = asked();
        house.package("Eve.Tools", &["eve"]);
        assert_eq!(
            owners::add(&house.app, &id("Eve.Tools"), &name("contoso"), &eve, NOW).unwrap().adding,
            Adding::ByInvitation
        );
        assert_eq!(
            house.told("carl"),
            "eve asks the organization \"Contoso\" to become an owner of the package \"Eve.Tools\"."
        );
        let waiting = house.app.store.read(|r| r.invitations_of(house.account("contoso").id, NOW)).unwrap();
        accept(&house.app, waiting[0].id, &carl, NOW).unwrap();
        assert_eq!(
            (house.owners("eve.tools").as_str(), house.told("eve").as_str()),
            ("Contoso, eve", "Contoso is an owner of the package \"Eve.Tools\" now.")
        );
    }
}
