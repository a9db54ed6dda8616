//! Who may do what on the pages: one pure function, whose whole table is one reviewed snapshot.
//!
//! Facts come from the deciding transaction. What a key may do is [`api_key`](super::api_key)'s; whose signature counts is
//! [`push_rule`](super::push_rule)'s.

use serde::Serialize;
use thiserror::Error;

use super::policy::SecondFactor;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Action {
    /// Change one's own password, address or sessions, or enrol a first second factor. Each form asks for the password.
    SecureOneself,
    /// Remove or replace one's second factor, or make new recovery codes.
    ChangeSecondFactor,
    /// Make a key for oneself, or one that acts for an organization.
    CreateKey,
    /// Make a key of an organization, which stays when its maker leaves.
    CreateServiceKey,
    /// Revoke a key of an account, and see the keys that act for it.
    RevokeKey,
    /// Publish a package on the upload page, for oneself or an organization.
    Push,
    /// List and unlist versions of a package ID.
    List,
    /// Create an organization.
    CreateOrganization,
    /// See who belongs to an organization.
    SeeOrganization,
    /// Invite members, remove them, change roles.
    ManageMembers,
    /// Leave an organization.
    Leave,
    /// Become a member or an owner, as one was asked to.
    AcceptInvitation,
    /// Refuse what one was asked.
    DeclineInvitation,
    /// Add and remove owners of a package ID.
    ManageOwners,
    /// Decide what becomes of versions whose signature no longer counts: to keep or to unlist them.
    DecideAboutSignatures,
    /// See the certificates of an account.
    SeeCertificates,
    /// Register and remove certificates of an account.
    ManageCertificates,
    /// Choose whose signature a package ID needs.
    ChooseRequiredSigner,
    /// See the administrators' pages.
    SeeServer,
    /// Change accounts, prefixes, trust anchors, policy or the feed's own certificates.
    ChangeServer,
}

impl Action {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::SecureOneself,
        Self::ChangeSecondFactor,
        Self::CreateKey,
        Self::CreateServiceKey,
        Self::RevokeKey,
        Self::Push,
        Self::List,
        Self::CreateOrganization,
        Self::SeeOrganization,
        Self::ManageMembers,
        Self::Leave,
        Self::AcceptInvitation,
        Self::DeclineInvitation,
        Self::ManageOwners,
        Self::DecideAboutSignatures,
        Self::SeeCertificates,
        Self::ManageCertificates,
        Self::ChooseRequiredSigner,
        Self::SeeServer,
        Self::ChangeServer,
    ];

    const fn needs(self) -> Needs {
        match self {
            Self::SecureOneself => Needs::new(Who::Oneself),
            Self::DeclineInvitation | Self::RevokeKey => Needs::new(Who::Manager),
            Self::ChangeSecondFactor => Needs::new(Who::Oneself).second_factor(),
            // A key would push as well, so neither is for a session that was left open.
            Self::CreateKey | Self::Push => Needs::new(Who::Member).fresh_sign_in(),
            // It takes nothing away: whoever names the version still gets it, and the next click brings it back.
            Self::List => Needs::new(Who::Member),
            Self::CreateServiceKey => Needs::new(Who::Manager).fresh_sign_in(),
            Self::CreateOrganization => Needs::new(Who::Anybody),
            Self::SeeOrganization => Needs::new(Who::MemberOrServer),
            Self::Leave => Needs::new(Who::Member).second_factor(),
            // Who keeps a version says that it is genuine though its signature does not prove it any more: that is not for a
            // password alone.
            Self::ManageMembers | Self::ManageOwners | Self::DecideAboutSignatures => {
                Needs::new(Who::ManagerOrServer).second_factor()
            }
            Self::AcceptInvitation | Self::ManageCertificates | Self::ChooseRequiredSigner => {
                Needs::new(Who::Manager).second_factor()
            }
            Self::SeeCertificates => Needs::new(Who::MemberOrServer).second_factor(),
            Self::SeeServer => Needs::new(Who::Server),
            Self::ChangeServer => Needs::new(Who::Server).second_factor(),
        }
    }
}

#[derive(Clone, Copy)]
struct Needs {
    who: Who,
    second_factor: bool,
    fresh_sign_in: bool,
}

#[derive(Clone, Copy)]
enum Who {
    Anybody,
    Oneself,
    Member,
    Manager,
    MemberOrServer,
    ManagerOrServer,
    Server,
}

impl Needs {
    const fn new(who: Who) -> Self {
        Self { who, second_factor: false, fresh_sign_in: false }
    }

    const fn second_factor(self) -> Self {
        Self { second_factor: true, ..self }
    }

    const fn fresh_sign_in(self) -> Self {
        Self { fresh_sign_in: true, ..self }
    }
}

/// What somebody is to the account that an action is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Relation {
    /// Nothing.
    Stranger,
    /// A collaborator of the organization.
    Collaborator,
    /// An administrator of the organization.
    Administrator,
    /// The same.
    Oneself,
}

impl Relation {
    /// Whether they speak for the account: it is theirs, or they administer it.
    #[must_use]
    pub const fn manages(self) -> bool {
        matches!(self, Self::Administrator | Self::Oneself)
    }
}

/// What is known of somebody's second factor in this session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Factor {
    /// None is enrolled.
    NotEnrolled,
    /// One is enrolled; no code was given lately.
    Stale,
    /// A code was given lately: a second-factor session.
    Fresh,
}

/// Somebody, as the deciding transaction sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// To the account that the action is about.
    pub relation: Relation,
    /// Whether the account runs the server.
    pub server_administrator: bool,
    /// The second factor.
    pub factor: Factor,
    /// Whether the password was given lately.
    pub fresh: bool,
    /// Whom the policy makes enrol.
    pub required: SecondFactor,
}

/// Why somebody may not. The last three can be mended in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error, Serialize)]
pub enum Denied {
    /// It is not theirs.
    #[error("your account may not do that; {0}")]
    NotYours(&'static str),
    /// A second factor must be enrolled first.
    #[error("this needs a second factor: enrol one under Security first")]
    Enrol,
    /// The code must be given again.
    #[error("this needs a code of your second factor")]
    GiveCode,
    /// The password must be given again.
    #[error("this needs your password once more")]
    GivePassword,
}

/// What the policy closes to an account until it has a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Demand {
    /// Nothing: what needs a second factor by itself asks for it.
    Nothing,
    /// What the account does as an administrator of the server.
    ToAdminister,
    /// Everything but reading, and securing oneself.
    ToDoAnything,
}

/// What `policy` demands of an account that may run the server (`administrator`) and has a second factor (`enrolled`).
#[must_use]
pub const fn demand(policy: SecondFactor, administrator: bool, enrolled: bool) -> Demand {
    match policy {
        _ if enrolled => Demand::Nothing,
        SecondFactor::Everyone => Demand::ToDoAnything,
        SecondFactor::Administrators if administrator => Demand::ToAdminister,
        SecondFactor::Administrators | SecondFactor::Optional => Demand::Nothing,
    }
}

/// Whether somebody may do `action`.
///
/// # Errors
/// The first of: it is not theirs; the policy makes them enrol; the action needs a second factor; it needs a fresh sign-in.
pub fn may(standing: &Standing, action: Action) -> Result<(), Denied> {
    let needs = action.needs();
    let oneself = standing.relation == Relation::Oneself;
    let manager = oneself || standing.relation == Relation::Administrator;
    let member = standing.relation != Relation::Stranger;
    let server = standing.server_administrator;
    let (theirs, who) = match needs.who {
        Who::Anybody => (true, ""),
        Who::Oneself => (oneself, "only its holder may"),
        Who::Member => (member, "only a member of the organization may"),
        Who::Manager => (manager, "only its administrators may"),
        Who::MemberOrServer => (member || server, "only its members and the server's administrators may"),
        Who::ManagerOrServer => (manager || server, "only its administrators and the server's may"),
        Who::Server => (server, "only an administrator of the server may"),
    };
    if !theirs {
        return Err(Denied::NotYours(who));
    }
    if must_enrol(standing, action, manager || member) {
        return Err(Denied::Enrol);
    }
    match standing.factor {
        Factor::NotEnrolled if needs.second_factor => Err(Denied::Enrol),
        Factor::Stale if needs.second_factor => Err(Denied::GiveCode),
        _ if needs.fresh_sign_in && !standing.fresh => Err(Denied::GivePassword),
        _ => Ok(()),
    }
}

/// Whether the policy makes somebody without a second factor enrol before `action`. Securing oneself must stay possible, or
/// nobody could enrol.
fn must_enrol(standing: &Standing, action: Action, theirs_anyway: bool) -> bool {
    match demand(standing.required, standing.server_administrator, standing.factor != Factor::NotEnrolled) {
        Demand::Nothing => false,
        Demand::ToDoAnything => !matches!(action, Action::SecureOneself),
        Demand::ToAdminister => match action.needs().who {
            Who::Server => true,
            Who::MemberOrServer | Who::ManagerOrServer => !theirs_anyway,
            Who::Anybody | Who::Oneself | Who::Member | Who::Manager => false,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table() {
        let mut table = String::new();
        for action in Action::ALL {
            table += &format!("{action:?}\n");
            for server_administrator in [false, true] {
                for relation in [Relation::Stranger, Relation::Collaborator, Relation::Administrator, Relation::Oneself]
                {
                    let who = if server_administrator { "server administrator" } else { "user" };
                    table += &format!("  {who:<21}{:<14}", format!("{relation:?}"));
                    for factor in [Factor::NotEnrolled, Factor::Stale, Factor::Fresh] {
                        for fresh in [false, true] {
                            let required = SecondFactor::Administrators;
                            let standing = Standing { relation, server_administrator, factor, fresh, required };
                            let answer = match may(&standing, action) {
                                Ok(()) => "may",
                                Err(Denied::NotYours(_)) => "-",
                                Err(Denied::Enrol) => "enrol",
                                Err(Denied::GiveCode) => "code",
                                Err(Denied::GivePassword) => "password",
                            };
                            table += &format!("{answer:<10}");
                        }
                    }
                    table = table.trim_end().to_owned() + "\n";
                }
            }
        }
        let head =
            "columns: no factor, factor given long ago, factor given lately; each with an old and a fresh sign-in\n\n";
        insta::assert_snapshot!(format!("{head}{table}"));
    }

    #[test]
    fn the_policy_demands_a_factor_of_whom_it_names_and_only_until_there_is_one() {
        use SecondFactor::{Administrators, Everyone, Optional};
        for (policy, administrator, expected) in [
            (Optional, false, Demand::Nothing),
            (Optional, true, Demand::Nothing),
            (Administrators, false, Demand::Nothing),
            (Administrators, true, Demand::ToAdminister),
            (Everyone, false, Demand::ToDoAnything),
            (Everyone, true, Demand::ToDoAnything),
        ] {
            assert_eq!(demand(policy, administrator, false), expected, "{policy:?}, {administrator}");
            assert_eq!(demand(policy, administrator, true), Demand::Nothing, "{policy:?}, {administrator}");
        }
    }

    #[test]
    fn where_everyone_must_enrol_an_account_without_a_factor_can_only_secure_itself() {
        let standing = Standing {
            relation: Relation::Oneself,
            server_administrator: true,
            factor: Factor::NotEnrolled,
            fresh: true,
            required: SecondFactor::Everyone,
        };
        for action in Action::ALL {
            let expected = if action == Action::SecureOneself { Ok(()) } else { Err(Denied::Enrol) };
            assert_eq!(may(&standing, action), expected, "{action:?}");
        }
    }

    #[test]
    fn nothing_that_changes_whose_signature_counts_is_done_without_a_fresh_factor() {
        for action in [
            Action::ManageCertificates,
            Action::ChooseRequiredSigner,
            Action::ManageOwners,
            Action::DecideAboutSignatures,
            Action::ManageMembers,
            Action::AcceptInvitation,
            Action::Leave,
            Action::ChangeServer,
            Action::ChangeSecondFactor,
        ] {
            for factor in [Factor::NotEnrolled, Factor::Stale] {
                let standing = Standing {
                    relation: Relation::Oneself,
                    server_administrator: true,
                    factor,
                    fresh: true,
                    required: SecondFactor::Optional,
                };
                assert!(may(&standing, action).is_err(), "{action:?} with {factor:?}");
            }
        }
    }
}
