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
        // Nothing happened, and a record of it would only bury those of what did.
        if ended > 0 {
            by.audit(w, now, "session.end-others", account.name.as_str(), &ended.to_string())?;
        }
        Ok(ended)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::session::{MAX_INCOMPLETE_SESSIONS, MAX_SESSIONS};
    use crate::feed::sign_in::{self, Arrival};
    use crate::feed::test_server::{HERE, NOW, TestServer};

    #[test]
    fn the_fifty_newest_sessions_of_an_account_run_and_the_oldest_end() {
        let server = TestServer::new();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        let of_bob = server.sign_in(&bob, NOW);
        let opened: Vec<_> = (0..MAX_SESSIONS + 2).map(|_| server.sign_in(&ann, NOW)).collect();
        let lives = opened.iter().map(|opened| server.session(&opened.token).is_some());
        assert_eq!(lives.map(u32::from).collect::<Vec<_>>(), [vec![0; 2], vec![1; MAX_SESSIONS as usize]].concat());
        assert!(server.session(&of_bob.token).is_some());
        assert!(server.told(&ann).is_empty(), "it is no news");
    }

    #[test]
    fn ten_sessions_of_an_account_wait_for_a_code_and_end_no_complete_one() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let whole = server.sign_in(&ann, NOW);
        server.enrol(&ann, NOW);
        let opened: Vec<_> = (0..MAX_INCOMPLETE_SESSIONS + 1).map(|_| server.sign_in(&ann, NOW)).collect();
        assert!(opened.iter().all(|opened| opened.code_awaited));
        let lives = opened.iter().filter(|opened| server.session(&opened.token).is_some()).count();
        assert_eq!(lives, MAX_INCOMPLETE_SESSIONS as usize);
        assert!(server.session(&opened[0].token).is_none() && server.session(&whole.token).is_some());
    }

    #[test]
    fn sign_ins_that_strangers_begin_end_none_that_a_known_browser_began() {
        let server = TestServer::new();
        let ann = server.user("ann");
        server.enrol(&ann, NOW);
        let begin = |known| {
            sign_in::with_password(&server.app, &server.tested(&ann.name), Arrival { known, ..HERE }, NOW).unwrap()
        };
        let anns = begin(true);
        let strangers: Vec<_> = (0..2 * MAX_INCOMPLETE_SESSIONS).map(|_| begin(false)).collect();
        assert!(server.session(&anns.token).is_some() && server.session(&strangers[0].token).is_none());
    }

    #[test]
    fn ending_others_where_there_are_none_leaves_no_record() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let actor = server.actor(&ann, NOW);
        let records = || server.app.store.read(|r| r.audit_records(100)).unwrap().len();
        let before = records();
        assert_eq!(end_others(&server.app.store, &actor, &ann, NOW).unwrap(), 0);
        assert_eq!(records(), before);
        server.sign_in(&ann, NOW);
        assert_eq!(end_others(&server.app.store, &actor, &ann, NOW).unwrap(), 1);
        assert_eq!(records(), before + 1);
    }
}
