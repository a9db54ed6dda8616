//! What accounts are told.

use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};
use crate::domain::account::AccountId;

/// One notice.
#[derive(Debug, Clone)]
pub struct Notice {
    /// Its number: newer ones have larger numbers.
    pub id: i64,
    /// When.
    pub at: OffsetDateTime,
    /// One or two sentences.
    pub text: String,
    /// A path on this server without a slash at its beginning, or nothing.
    pub link: String,
}

impl Reads<'_> {
    /// The newest `limit` notices of an account after number `after`, newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn notices(&self, account: AccountId, after: i64, limit: u32) -> Result<Vec<Notice>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT id, at, text, link FROM notice WHERE account = ?1 AND id > ?2 ORDER BY id DESC LIMIT ?3",
        )?;
        let notices = query.query_map((account, after, limit), |row| {
            let Moment(at) = row.get("at")?;
            Ok(Notice { id: row.get("id")?, at, text: row.get("text")?, link: row.get("link")? })
        })?;
        Ok(notices.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Stores a notice for a user, and to which address it is mailed: the confirmed one that the user has in this transaction.
    /// [`feed::notices`](crate::feed) knows who is told for an organization.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_notice(&mut self, account: AccountId, text: &str, link: &str, now: OffsetDateTime) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO notice (account, at, text, link, mail_to) VALUES (?1, ?2, ?3, ?4,
                (SELECT email FROM account WHERE id = ?1 AND email_confirmed = 1))",
            (account, Moment(now), text, link),
        )?;
        Ok(())
    }

    /// Deletes notices from before `before`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sweep_notices(&mut self, before: OffsetDateTime) -> Result<usize, Error> {
        Ok(self.0.0.execute("DELETE FROM notice WHERE at < ?1", [Moment(before)])?)
    }
}
