//! Who changes something, and the proof that they may, made in the transaction of the change itself.
//!
//! Every operation that changes who may do what takes an [`Actor`] and calls [`authorize`] first. What it returns writes
//! the audit record, so a change can't be on record without having been allowed.

use thiserror::Error;
use time::OffsetDateTime;

use crate::domain::account::{Account, AccountId, AccountKind, Role};
use crate::domain::permission::{self, Action, Denied, Factor, Relation, Standing};
use crate::domain::session::{SessionId, SessionRules};
use crate::store::audit::By;
use crate::store::sessions::Session;
use crate::store::{self, Reads, Writes};

/// Who wants to change something.
#[derive(Debug, Clone)]
pub enum Actor {
    /// Whoever runs commands on the server: the machine's owner may everything.
    CommandLine,
    /// The server itself, in a background job.
    Server,
    /// Somebody who is signed in.
    Session(SessionActor),
}

/// Somebody who is signed in. Whether they still are is asked again in each transaction.
#[derive(Debug, Clone)]
pub struct SessionActor {
    /// The session.
    pub id: SessionId,
    /// What the policy says about sessions.
    pub rules: SessionRules,
    /// From where the request came: an IP address.
    pub address: String,
}

/// Why something was not done.
#[derive(Debug, Error)]
pub enum Refused {
    /// It is not allowed, or not yet.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The session ended, or its account was disabled, since the request began.
    #[error("you are not signed in any more")]
    SignedOut,
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The proof that somebody may do something, good for the transaction that it was made in.
#[derive(Debug, Clone)]
pub struct Authorized {
    by: By,
    session: Option<Session>,
}

impl Authorized {
    /// Who, as records name them.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.by.name
    }

    /// Who, with the address, as records name them.
    pub(super) const fn by(&self) -> &By {
        &self.by
    }

    /// The account that is signed in; `None` on the command line.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        self.session.as_ref().map(|session| &session.account)
    }

    /// The session; `None` on the command line.
    #[must_use]
    pub fn session(&self) -> Option<SessionId> {
        self.session.as_ref().map(|session| session.id)
    }

    /// Writes the audit record of what was done: `action` as `noun.verb`.
    ///
    /// # Errors
    /// What the store says.
    pub fn audit(
        &self,
        writes: &mut Writes<'_>,
        now: OffsetDateTime,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<(), store::Error> {
        writes.audit(now, &self.by, action, subject, detail)
    }
}

/// Whether `actor` may do `action` to the account `on` (`None`: to no account in particular) in this snapshot.
///
/// # Errors
/// [`Refused`].
pub fn authorize(
    reads: &Reads<'_>,
    actor: &Actor,
    action: Action,
    on: Option<&Account>,
    now: OffsetDateTime,
) -> Result<Authorized, Refused> {
    let on: Vec<&Account> = on.into_iter().collect();
    authorize_for_any(reads, actor, action, &on, now)
}

/// The same where it is enough to be allowed for one of several accounts: the owners of a package ID.
///
/// # Errors
/// [`Refused`]; of several reasons, the one that is nearest to being allowed.
pub fn authorize_for_any(
    reads: &Reads<'_>,
    actor: &Actor,
    action: Action,
    on: &[&Account],
    now: OffsetDateTime,
) -> Result<Authorized, Refused> {
    let Actor::Session(signed_in) = actor else {
        let by = if matches!(actor, Actor::Server) { By::server() } else { By::command_line() };
        return Ok(Authorized { by, session: None });
    };
    let session = live_session(reads, signed_in, now)?;
    let nearest = nearest_relation(reads, &session.account, on)?;
    permission::may(&standing(&session, &signed_in.rules, nearest, now), action)?;
    let by = By { name: session.account.name.to_string(), address: signed_in.address.clone() };
    Ok(Authorized { by, session: Some(session) })
}

/// The session that a request was opened with, if it lives and is complete.
///
/// # Errors
/// [`Refused::SignedOut`].
pub fn live_session(reads: &Reads<'_>, actor: &SessionActor, now: OffsetDateTime) -> Result<Session, Refused> {
    let session = reads.session(actor.id)?.ok_or(Refused::SignedOut)?;
    let lives = session.complete && session.times.is_live(true, &actor.rules, now);
    if lives { Ok(session) } else { Err(Refused::SignedOut) }
}

/// What somebody in a session is to an account that they are `relation` to.
#[must_use]
pub fn standing(session: &Session, rules: &SessionRules, relation: Relation, now: OffsetDateTime) -> Standing {
    let factor = match (session.enrolled, session.times.has_second_factor(rules, now)) {
        (false, _) => Factor::NotEnrolled,
        (true, false) => Factor::Stale,
        (true, true) => Factor::Fresh,
    };
    Standing {
        relation,
        server_administrator: session.account.administrator,
        factor,
        fresh: session.times.is_fresh(now),
        required: rules.second_factor,
    }
}

/// What `user` is to `account`. A disabled organization has no members.
///
/// # Errors
/// What the store says.
pub fn relation(reads: &Reads<'_>, user: &Account, account: &Account) -> Result<Relation, store::Error> {
    if user.id == account.id {
        return Ok(Relation::Oneself);
    }
    if account.kind != AccountKind::Organization || account.disabled {
        return Ok(Relation::Stranger);
    }
    Ok(reads.role(account.id, user.id)?.map_or(Relation::Stranger, |role| match role {
        Role::Administrator => Relation::Administrator,
        Role::Collaborator => Relation::Collaborator,
    }))
}

/// What `user` is to the one of several accounts that is nearest to them.
///
/// # Errors
/// What the store says.
pub fn nearest_relation(reads: &Reads<'_>, user: &Account, accounts: &[&Account]) -> Result<Relation, store::Error> {
    let mut nearest = Relation::Stranger;
    for account in accounts {
        nearest = nearer(nearest, relation(reads, user, account)?);
    }
    Ok(nearest)
}

/// The accounts that `user` may act for: the user, then organizations by name.
///
/// # Errors
/// What the store says.
pub fn acts_for(reads: &Reads<'_>, user: &Account) -> Result<Vec<(Account, Relation)>, store::Error> {
    let mut accounts = vec![(user.clone(), Relation::Oneself)];
    for (organization, role) in reads.organizations_of(user.id)? {
        let relation = if role == Role::Administrator { Relation::Administrator } else { Relation::Collaborator };
        accounts.push((organization, relation));
    }
    Ok(accounts)
}

/// Whether somebody is an administrator of an account: themselves, or an organization's.
///
/// # Errors
/// What the store says.
pub fn manages(reads: &Reads<'_>, user: AccountId, account: &Account) -> Result<bool, store::Error> {
    Ok(user == account.id || reads.role(account.id, user)? == Some(Role::Administrator))
}

fn nearer(one: Relation, other: Relation) -> Relation {
    let rank = |relation| match relation {
        Relation::Stranger => 0,
        Relation::Collaborator => 1,
        Relation::Administrator => 2,
        Relation::Oneself => 3,
    };
    if rank(other) > rank(one) { other } else { one }
}
