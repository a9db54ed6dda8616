//! Telling accounts what concerns them: on their pages, and by mail when they have an address.

use time::OffsetDateTime;

use super::authority::{Refused, SessionActor, live_session};
use crate::domain::account::{Account, AccountKind, Role};
use crate::store::{self, Store, Writes};

/// Tells an account, in the transaction of what it is told about. An organization's administrators are told for it. `link`
/// is a path on this server without a slash at its beginning, or nothing.
///
/// # Errors
/// What the store says.
pub fn tell(
    writes: &mut Writes<'_>,
    account: &Account,
    text: &str,
    link: &str,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    let told = match account.kind {
        AccountKind::User => vec![account.id],
        AccountKind::Organization => {
            let members = writes.members(account.id)?;
            let administrators = members.into_iter().filter(|(_, role)| *role == Role::Administrator);
            administrators.map(|(member, _)| member.id).collect()
        }
    };
    told.into_iter().try_for_each(|user| writes.add_notice(user, text, link, now))
}

/// Notes that whoever is signed in has read their notices up to number `newest`: what came since stays unread. Other sessions
/// that run keep showing them, because the person in front of one need not be the same.
///
/// # Errors
/// The session ended.
pub fn mark_read(store: &Store, actor: &SessionActor, newest: i64, now: OffsetDateTime) -> Result<(), Refused> {
    store.write(|w| {
        let session = live_session(w, actor, now)?;
        Ok(w.set_seen_notice(session.id, session.account.id, newest)?)
    })
}
