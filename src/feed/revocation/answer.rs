//! An answer on its way into the database.
//!
//! Its bytes come first, in transactions of their own. One small transaction then decides about it over the rows as they are
//! at that moment: another process may have stored a newer one while this one was fetched.

use thiserror::Error;
use time::OffsetDateTime;

use super::ANSWERS;
use super::body::{self, Pending};
use super::request::{Failure, Received};
use crate::signature::revocation::CLOCK_SKEW;
use crate::store::revocation_answers::{AnswerFacts, Question};
use crate::store::{self, Store, Writes};

/// An answer that is to be stored.
pub(super) struct NewAnswer<'a> {
    pub question: &'a Question,
    pub received: &'a Received,
    pub sha256: [u8; 32],
    /// The URL, or the name of a file.
    pub source: &'a str,
    pub next_try: Option<OffsetDateTime>,
    /// Bytes that all answers together may have.
    pub room: u64,
}

/// Why the transaction was rolled back.
#[derive(Debug, Error)]
enum RolledBack {
    #[error(transparent)]
    Refused(Failure),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl NewAnswer<'_> {
    /// Stores it in place of the one before. `last` runs in the same transaction, before anything is written: what it
    /// returns is returned, and when it refuses, nothing was changed.
    ///
    /// # Errors
    /// [`Failure::Future`], [`Failure::Older`] and [`Failure::Full`], or what `last` says.
    pub fn store<T>(
        &self,
        store: &Store,
        now: OffsetDateTime,
        last: impl FnOnce(&mut Writes<'_>) -> Result<Result<T, Failure>, store::Error>,
    ) -> Result<Result<T, Failure>, store::Error> {
        let this_update = self.received.this_update;
        if now.checked_add(CLOCK_SKEW).is_some_and(|latest| this_update > latest) {
            return Ok(Err(Failure::Future { this_update }));
        }
        let size = u64::try_from(self.received.bytes.len()).unwrap_or(u64::MAX);
        let pending = Pending::store(store, &self.received.bytes, now)?;
        let facts = AnswerFacts {
            content: pending.content,
            size,
            sha256: self.sha256,
            this_update: self.received.this_update,
            next_update: self.received.next_update,
            answered_at: now,
        };
        let stored = store.write(|w| {
            self.may_be_stored(w, size)?.map_err(RolledBack::Refused)?;
            let done = last(w)?.map_err(RolledBack::Refused)?;
            let old = w.set_revocation_answer(self.question, &facts, self.source, self.next_try)?;
            w.advance(ANSWERS, now)?;
            Ok((old, done))
        });
        match stored {
            Ok((old, done)) => {
                pending.keep();
                body::discard(store, old);
                Ok(Ok(done))
            }
            Err(RolledBack::Refused(failure)) => Ok(Err(failure)),
            Err(RolledBack::Store(error)) => Err(error),
        }
    }

    fn may_be_stored(&self, w: &Writes<'_>, size: u64) -> Result<Result<(), Failure>, store::Error> {
        let before = w.revocation_answer(self.question)?.and_then(|stored| stored.answer);
        // Attack: who stands on the way sends a list of last week, on which nobody is revoked yet.
        if let Some(before) = before.filter(|before| self.received.this_update < before.this_update) {
            return Ok(Err(Failure::Older { at_hand: before.this_update }));
        }
        let others = w.revocation_answer_bytes()?.saturating_sub(before.map_or(0, |answer| answer.size));
        if others.saturating_add(size) > self.room {
            return Ok(Err(Failure::Full { size, limit: self.room }));
        }
        Ok(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::answer_kind::AnswerKind;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const LATER: time::Duration = time::Duration::days(1);

    /// Puts `size` bytes of the second `this_update` under `url`.
    fn put(store: &Store, url: &str, size: usize, this_update: i64) -> Result<(), String> {
        let question = Question { kind: AnswerKind::Crl, url: url.to_owned(), about: None };
        let this_update = OffsetDateTime::from_unix_timestamp(this_update).unwrap();
        let received = Received { bytes: vec![1; size], this_update, next_update: None };
        let (sha256, next_try) = ([0; 32], None);
        let new = NewAnswer { question: &question, received: &received, sha256, source: url, next_try, room: 10 };
        new.store(store, NOW, |_| Ok(Ok(()))).unwrap().map_err(|failure| failure.to_string())
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        (folder, store)
    }

    #[test]
    fn answers_together_have_a_limit_and_the_one_that_is_replaced_makes_room() {
        let (_folder, store) = store();
        let generation = || store.read(|r| r.meta(ANSWERS)).unwrap();
        put(&store, "one", 6, 0).unwrap();
        let before = generation();
        assert_eq!(
            put(&store, "two", 5, 0),
            Err("there is no room for 5 more bytes of answers; all of them together may have 10".into())
        );
        assert_eq!(generation(), before, "what was refused changes nothing");
        put(&store, "one", 10, 0).unwrap();
        assert_ne!(generation(), before);
        assert_eq!(store.read(|r| r.revocation_answer_bytes()).unwrap(), 10);
        assert_eq!(store.write(|w| w.leftover_contents(NOW + LATER)).unwrap(), []);
    }

    #[test]
    fn an_older_answer_is_refused_by_the_row_that_is_there_in_the_transaction() {
        let (_folder, store) = store();
        put(&store, "one", 1, 5).unwrap();
        assert!(put(&store, "one", 2, 4).unwrap_err().contains("older than the one at hand"));
        put(&store, "one", 3, 5).unwrap();
        assert_eq!(store.read(|r| r.revocation_answer_bytes()).unwrap(), 3, "an equal one takes its place");
    }

    #[test]
    fn what_goes_with_an_answer_is_undone_with_it() {
        let (_folder, store) = store();
        let question = Question { kind: AnswerKind::Crl, url: "one".to_owned(), about: None };
        let received = Received { bytes: vec![1], this_update: NOW, next_update: None };
        let (sha256, next_try) = ([0; 32], None);
        let new = NewAnswer { question: &question, received: &received, sha256, source: "one", next_try, room: 10 };
        let refused = new.store(&store, NOW, |w| {
            w.audit(NOW, &crate::store::audit::By::command_line(), "revocation.import", "one", "")?;
            Ok(Err::<(), _>(Failure::Changed))
        });
        assert!(matches!(refused.unwrap(), Err(Failure::Changed)));
        assert!(store.read(|r| r.audit_records(10)).unwrap().is_empty());
        assert!(store.read(|r| r.revocation_answers()).unwrap().is_empty());
    }
}
