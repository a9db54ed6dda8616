//! The browsers in which somebody is signed in: ending one, or all others.

use time::OffsetDateTime;

use super::authority::{Actor, Refused, authorize};
use crate::domain::account::Account;
use crate::domain::permission::Action;
use crate::domain::session::SessionId;
use crate::store::Store;

/// Ends one of one's own sessions. Whether there was one.
///
/// # Errors
/// [`Refused`].
pub fn end(
    store: &Store,
    actor: &Actor,
    account: &Account,
    id: SessionId,
    now: OffsetDateTime,
) -> Result<bool, Refused> {
    store.write(|w| {
        let by = authorize(w, actor, Action::SecureOneself, Some(account), now)?;
        let ended = w.end_session(account.id, id)?;
        if ended {
            by.audit(w, now, "session.end", account.name.as_str(), "")?;
        }
        Ok(ended)
    })
}

/// Ends all of one's sessions but the one that asks. How many.
///
/// # Errors
/// [`Refused`].
pub fn end_others(store: &Store, actor: &Actor, account: &Account, now: OffsetDateTime) -> Result<usize, Refused> {
    store.write(|w| {
        let by = authorize(w, actor, Action::SecureOneself, Some(account), now)?;
        let ended = w.end_sessions(account.id, by.session())?;
        by.audit(w, now, "session.end-others", account.name.as_str(), &ended.to_string())?;
        Ok(ended)
    })
}
