//! What was asked about revocation, what was answered, and when to ask again.
//!
//! The bytes of an answer are content: they arrive as pending chunks and stay from the small transaction on that points to
//! them. What is in them is for others to judge.

use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::{Moment, row_number, word};
use super::content::ContentId;
use super::{Error, Reads, Writes};
use crate::domain::answer_kind::AnswerKind;

/// The row number of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AnswerId(pub i64);

row_number!(AnswerId);

word!(AnswerKind, AnswerKind::Crl => "crl", AnswerKind::Ocsp => "ocsp");

/// What was asked, and by that whose place an answer takes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    /// In which form.
    pub kind: AnswerKind,
    /// Where; empty for what was imported from a file.
    pub url: String,
    /// OCSP: the fingerprint of the certificate that is asked about. Imported: the SHA-256 of what the answer covers.
    /// `None` for a list at a URL.
    pub about: Option<[u8; 32]>,
}

/// A question with its last answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// Its row.
    pub id: AnswerId,
    /// What was asked.
    pub question: Question,
    /// The answer that counts; `None` while there was none.
    pub answer: Option<AnswerFacts>,
    /// Where answers come from: the URL, or the name of a file.
    pub source: String,
    /// Why the last attempt failed; `None` when it did not.
    pub failure: Option<String>,
    /// Attempts that failed since the last one that did not.
    pub failures: u32,
    /// When to ask again; `None` for what was imported.
    pub next_try: Option<OffsetDateTime>,
}

/// What is stored of an answer beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerFacts {
    /// Its bytes.
    pub content: ContentId,
    /// How many.
    pub size: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
    /// When the issuer says that it was made.
    pub this_update: OffsetDateTime,
    /// Until when the issuer says that it counts.
    pub next_update: Option<OffsetDateTime>,
    /// When it came.
    pub answered_at: OffsetDateTime,
}

const ROWS: &str =
    "SELECT a.id, a.kind, a.url, a.about, a.content, c.size, a.sha256, a.this_update, a.next_update, a.answered_at,
       a.source, a.failure, a.failures, a.next_try
     FROM revocation_answer a LEFT JOIN content c ON c.id = a.content";

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredAnswer> {
    let moment = |name| Ok::<_, rusqlite::Error>(row.get::<_, Option<Moment>>(name)?.map(|Moment(at)| at));
    let about: Vec<u8> = row.get("about")?;
    let question = Question { kind: row.get("kind")?, url: row.get("url")?, about: about.try_into().ok() };
    let answer = match row.get::<_, Option<ContentId>>("content")? {
        Some(content) => Some(AnswerFacts {
            content,
            size: row.get("size")?,
            sha256: row.get("sha256")?,
            this_update: moment("this_update")?.unwrap_or(OffsetDateTime::UNIX_EPOCH),
            next_update: moment("next_update")?,
            answered_at: moment("answered_at")?.unwrap_or(OffsetDateTime::UNIX_EPOCH),
        }),
        None => None,
    };
    Ok(StoredAnswer {
        id: row.get("id")?,
        question,
        answer,
        source: row.get("source")?,
        failure: row.get("failure")?,
        failures: row.get("failures")?,
        next_try: moment("next_try")?,
    })
}

impl Reads<'_> {
    /// Everything that was asked or imported, in the order in which it was first asked.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn revocation_answers(&self) -> Result<Vec<StoredAnswer>, Error> {
        let mut query = self.0.prepare_cached(&format!("{ROWS} ORDER BY a.id"))?;
        Ok(query.query_map([], stored)?.collect::<Result<_, _>>()?)
    }

    /// What is known about one question.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn revocation_answer(&self, question: &Question) -> Result<Option<StoredAnswer>, Error> {
        let mut query = self.0.prepare_cached(&format!("{ROWS} WHERE a.kind = ?1 AND a.url = ?2 AND a.about = ?3"))?;
        Ok(query.query_row((question.kind, &question.url, about(question)), stored).optional()?)
    }

    /// Bytes of all answers together.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn revocation_answer_bytes(&self) -> Result<u64, Error> {
        let sql = "SELECT coalesce(sum(c.size), 0) FROM revocation_answer a JOIN content c ON c.id = a.content";
        Ok(self.0.query_row(sql, [], |row| row.get(0))?)
    }
}

fn about(question: &Question) -> &[u8] {
    question.about.as_ref().map(<[u8; 32]>::as_slice).unwrap_or_default()
}

impl Writes<'_> {
    /// Puts pending content in the place of the last answer to `question`, and forgets its failures. The content that it
    /// takes the place of becomes pending and is returned: it is dropped in a transaction of its own.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the content is not pending any more.
    pub fn set_revocation_answer(
        &mut self,
        question: &Question,
        answer: &AnswerFacts,
        source: &str,
        next_try: Option<OffsetDateTime>,
    ) -> Result<Option<ContentId>, Error> {
        self.publish_content(answer.content)?;
        let before = self.revocation_answer(question)?.and_then(|stored| stored.answer).map(|answer| answer.content);
        self.0.0.execute(
            "INSERT INTO revocation_answer (kind, url, about, content, sha256, this_update, next_update, answered_at, source, next_try)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
             ON CONFLICT (kind, url, about) DO UPDATE SET content = ?4, sha256 = ?5, this_update = ?6, next_update = ?7,
               answered_at = ?8, source = ?9, next_try = ?10, failure = NULL, failures = 0",
            (
                question.kind,
                &question.url,
                about(question),
                answer.content,
                answer.sha256.as_slice(),
                Moment(answer.this_update),
                answer.next_update.map(Moment),
                Moment(answer.answered_at),
                source,
                next_try.map(Moment),
            ),
        )?;
        before.map(|content| self.retire(content)).transpose()
    }

    /// Notes that the answer at hand came again, byte for byte. `false` when another one is at hand.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_revocation_answer_again(
        &mut self,
        question: &Question,
        sha256: &[u8; 32],
        now: OffsetDateTime,
        next_try: OffsetDateTime,
    ) -> Result<bool, Error> {
        let changed = self.0.0.execute(
            "UPDATE revocation_answer SET answered_at = ?4, next_try = ?5, failure = NULL, failures = 0
             WHERE kind = ?1 AND url = ?2 AND about = ?3 AND sha256 = ?6",
            (question.kind, &question.url, about(question), Moment(now), Moment(next_try), sha256.as_slice()),
        )?;
        Ok(changed > 0)
    }

    /// Notes that an attempt failed. An earlier answer stays.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_revocation_failure(
        &mut self,
        question: &Question,
        failure: &str,
        next_try: OffsetDateTime,
    ) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO revocation_answer (kind, url, about, source, failure, failures, next_try) VALUES (?1, ?2, ?3, ?2, ?4, 1, ?5)
             ON CONFLICT (kind, url, about) DO UPDATE SET failure = ?4, failures = failures + 1, next_try = ?5",
            (question.kind, &question.url, about(question), failure, Moment(next_try)),
        )?;
        Ok(())
    }

    /// Forgets a question with its answer. Content that was its answer becomes pending and is returned.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn forget_revocation_answer(&mut self, id: AnswerId) -> Result<Option<ContentId>, Error> {
        let sql = "DELETE FROM revocation_answer WHERE id = ?1 RETURNING content";
        let content: Option<Option<ContentId>> = self.0.0.query_row(sql, [id], |row| row.get(0)).optional()?;
        content.flatten().map(|content| self.retire(content)).transpose()
    }

    fn retire(&mut self, content: ContentId) -> Result<ContentId, Error> {
        self.0.0.execute("UPDATE content SET pending = 1 WHERE id = ?1", [content])?;
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn question() -> Question {
        Question { kind: AnswerKind::Crl, url: "http://ca.example/ca.crl".to_owned(), about: None }
    }

    fn answer(store: &Store, bytes: &[u8]) -> Option<ContentId> {
        store
            .write(|w| {
                let content = w.begin_answer(bytes.len() as u64, NOW)?;
                w.add_chunk(content, 0, bytes)?;
                let facts = AnswerFacts {
                    content,
                    size: bytes.len() as u64,
                    sha256: [7; 32],
                    this_update: NOW,
                    next_update: None,
                    answered_at: NOW,
                };
                w.set_revocation_answer(&question(), &facts, "http://ca.example/ca.crl", Some(NOW))
            })
            .unwrap()
    }

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        (folder, store)
    }

    #[test]
    fn a_new_answer_takes_the_place_of_the_old_one_whose_bytes_can_then_be_dropped() {
        let (_folder, store) = store();
        assert_eq!(answer(&store, b"old"), None);
        let old = answer(&store, b"newer").unwrap();
        let later = NOW + time::Duration::days(1);
        assert_eq!(store.write(|w| w.leftover_contents(later)).unwrap(), [old]);
        let found = store.read(|r| r.revocation_answer(&question())).unwrap().unwrap();
        assert_eq!(found.answer.unwrap().size, 5);
        assert_eq!(store.read(|r| r.revocation_answer_bytes()).unwrap(), 5);
        let gone = store.write(|w| w.forget_revocation_answer(found.id)).unwrap();
        assert_eq!(gone, Some(found.answer.unwrap().content));
        assert_eq!(store.read(|r| r.revocation_answers()).unwrap(), []);
    }

    #[test]
    fn failures_are_counted_and_leave_the_answer_until_the_next_answer_forgets_them() {
        let (_folder, store) = store();
        let fail = || store.write(|w| w.set_revocation_failure(&question(), "refused", NOW)).unwrap();
        let found = || store.read(|r| r.revocation_answer(&question())).unwrap().unwrap();
        fail();
        assert_eq!((found().failures, found().answer, found().failure.as_deref()), (1, None, Some("refused")));
        answer(&store, b"answer");
        assert_eq!((found().failures, found().failure), (0, None));
        fail();
        fail();
        assert_eq!(found().failures, 2);
        assert!(found().answer.is_some());
        let again = |sha256: [u8; 32]| store.write(|w| w.set_revocation_answer_again(&question(), &sha256, NOW, NOW));
        assert!(!again([8; 32]).unwrap(), "another answer is at hand");
        assert_eq!(found().failures, 2);
        assert!(again([7; 32]).unwrap());
        assert_eq!(found().failures, 0);
    }
}
