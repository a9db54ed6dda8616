//! What accounts are told.

use rusqlite::Row;
use time::OffsetDateTime;

use super::columns::Moment;
use super::invitations::InvitationId;
use super::{Error, Reads, Writes};
use crate::domain::account::AccountId;
use crate::domain::notice::{Seen, Topic};

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
    /// Whether it told of an invitation that is not there any more: answered, withdrawn, or swept after its end. Nothing is left
    /// to do about it, so it counts as read.
    pub settled: bool,
}

/// What is stored of a new notice.
#[derive(Debug, Clone, Copy)]
pub struct NewNotice<'a> {
    /// What it is about.
    pub topic: Topic,
    /// One or two sentences.
    pub text: &'a str,
    /// A path on this server without a slash at its beginning, or nothing.
    pub link: &'a str,
    /// The invitation that it tells of.
    pub invitation: Option<InvitationId>,
    /// Whether it becomes a mail, if the account has a confirmed address.
    pub mailed: bool,
}

/// A notice that told of an invitation, and what has become of it.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    /// Its number.
    pub id: i64,
    /// Who was told.
    pub account: AccountId,
    /// Whether it was read on the pages.
    pub read: bool,
    /// Whether it has become a mail.
    pub mailed: bool,
}

/// Whether a notice `n` told of an invitation that is gone. Numbers of invitations are never used again.
const SETTLED: &str = "n.invitation IS NOT NULL AND NOT EXISTS (SELECT 1 FROM invitation i WHERE i.id = n.invitation)";

/// Whether a notice `n` of account `?1` is neither settled nor seen, as far as `?2` about security and `?3` about the rest.
fn unread() -> String {
    format!("n.account = ?1 AND n.id > CASE n.security WHEN 1 THEN ?2 ELSE ?3 END AND NOT ({SETTLED})")
}

fn notice(row: &Row<'_>) -> rusqlite::Result<Notice> {
    let Moment(at) = row.get("at")?;
    Ok(Notice { id: row.get("id")?, at, text: row.get("text")?, link: row.get("link")?, settled: row.get("settled")? })
}

impl Reads<'_> {
    /// The newest notices of an account after number `after` that are not settled: those about security first.
    #[cfg(test)]
    pub fn notices(&self, account: AccountId, after: i64, limit: usize) -> Result<Vec<Notice>, Error> {
        let mut told = self.unread_notices(account, Seen { security: after, others: after }, u32::MAX)?;
        told.sort_by_key(|(topic, notice)| (*topic != Topic::Security, -notice.id));
        Ok(told.into_iter().take(limit).map(|(_, notice)| notice).collect())
    }

    /// At most `limit` notices of an account that are neither `seen` nor settled, and of which topic each is: those about
    /// security first, and of each topic the oldest first, so that reading these leaves none behind that was not shown.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unread_notices(&self, account: AccountId, seen: Seen, limit: u32) -> Result<Vec<(Topic, Notice)>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "SELECT n.id, n.at, n.text, n.link, n.security, 0 AS settled FROM notice n
             WHERE {} ORDER BY n.security DESC, n.id LIMIT ?4",
            unread()
        ))?;
        let told = query.query_map((account, seen.security, seen.others, limit), |row| {
            let topic = if row.get("security")? { Topic::Security } else { Topic::Other };
            Ok((topic, notice(row)?))
        })?;
        Ok(told.collect::<Result<_, _>>()?)
    }

    /// How many of them there are.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count_unread_notices(&self, account: AccountId, seen: Seen) -> Result<u64, Error> {
        let mut query = self.0.prepare_cached(&format!("SELECT count(*) FROM notice n WHERE {}", unread()))?;
        Ok(query.query_row((account, seen.security, seen.others), |row| row.get(0))?)
    }

    /// The newest `limit` notices of an account about a topic, newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn notices_about(&self, account: AccountId, topic: Topic, limit: u32) -> Result<Vec<Notice>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "SELECT n.id, n.at, n.text, n.link, {SETTLED} AS settled FROM notice n
             WHERE n.account = ?1 AND n.security = ?2 ORDER BY n.id DESC LIMIT ?3"
        ))?;
        Ok(query.query_map((account, topic == Topic::Security, limit), notice)?.collect::<Result<_, _>>()?)
    }

    /// How many notices about a topic an account got since `since`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count_notices(&self, account: AccountId, topic: Topic, since: OffsetDateTime) -> Result<u32, Error> {
        let mut query =
            self.0.prepare_cached("SELECT count(*) FROM notice WHERE account = ?1 AND security = ?2 AND at > ?3")?;
        Ok(query.query_row((account, topic == Topic::Security, Moment(since)), |row| row.get(0))?)
    }

    /// The number of the newest notice of an account; 0 when it has none.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn newest_notice(&self, account: AccountId) -> Result<i64, Error> {
        let mut query = self.0.prepare_cached("SELECT coalesce(max(id), 0) FROM notice WHERE account = ?1")?;
        Ok(query.query_row([account], |row| row.get(0))?)
    }

    /// The notices that told of an invitation.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn notices_of_invitation(&self, invitation: InvitationId) -> Result<Vec<Told>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT n.id, n.account, n.id <= a.read_notice AS read, n.mailed FROM notice n JOIN account a ON a.id = n.account
             WHERE n.invitation = ?1 ORDER BY n.id",
        )?;
        let told = query.query_map([invitation], |row| {
            Ok(Told {
                id: row.get("id")?,
                account: row.get("account")?,
                read: row.get("read")?,
                mailed: row.get("mailed")?,
            })
        })?;
        Ok(told.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Stores a notice for a user, and to which address it is mailed: the confirmed one that the user has in this transaction.
    /// [`feed::notices`](crate::feed) knows who is told for an organization.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_notice(&mut self, account: AccountId, new: &NewNotice<'_>, now: OffsetDateTime) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO notice (account, at, text, link, security, invitation, mail_to) VALUES (?1, ?2, ?3, ?4, ?5, ?6,
                (SELECT email FROM account WHERE id = ?1 AND email_confirmed = 1 AND ?7))",
            (account, Moment(now), new.text, new.link, new.topic == Topic::Security, new.invitation, new.mailed),
        )?;
        Ok(())
    }

    /// Deletes a notice; one that has not become a mail becomes none.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn drop_notice(&mut self, id: i64) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM notice WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Deletes the notices of an account about a topic but the newest `most`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keep_notices(&mut self, account: AccountId, topic: Topic, most: u32) -> Result<(), Error> {
        self.0.0.execute(
            "DELETE FROM notice WHERE account = ?1 AND security = ?2 AND id <=
                (SELECT id FROM notice WHERE account = ?1 AND security = ?2 ORDER BY id DESC LIMIT 1 OFFSET ?3)",
            (account, topic == Topic::Security, most),
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
