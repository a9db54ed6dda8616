//! Mail that waits to be sent: what is still to be turned into mail, and what was not taken yet. Bodies are sealed bytes here.

use rusqlite::Row;
use time::OffsetDateTime;

use super::columns::{Moment, row_number};
use super::{Error, Reads, Writes};
use crate::domain::account::AccountName;

/// The row number of a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MailId(pub i64);

row_number!(MailId);

/// A mail that waits.
#[derive(Debug, Clone)]
pub struct WaitingMail {
    /// Its row.
    pub id: MailId,
    /// What is sent, sealed.
    pub sealed: Vec<u8>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is given up.
    pub ends_at: OffsetDateTime,
    /// Why the last attempt failed; empty before the first one.
    pub failure: String,
}

/// A notice that is to become a mail.
#[derive(Debug, Clone)]
pub struct UnmailedNotice {
    /// Its number.
    pub id: i64,
    /// Who is told.
    pub account: AccountName,
    /// Whether the account is disabled by now.
    pub disabled: bool,
    /// When.
    pub at: OffsetDateTime,
    /// One or two sentences.
    pub text: String,
    /// A path on this server without a slash at its beginning, or nothing.
    pub link: String,
    /// The address that was confirmed when it was told.
    pub mail_to: String,
}

fn waiting(row: &Row<'_>) -> rusqlite::Result<WaitingMail> {
    let Moment(ends_at) = row.get("ends_at")?;
    let (id, sealed, attempts) = (row.get("id")?, row.get("sealed")?, row.get("attempts")?);
    Ok(WaitingMail { id, sealed, attempts, ends_at, failure: row.get("failure")? })
}

fn unmailed(row: &Row<'_>) -> rusqlite::Result<UnmailedNotice> {
    let Moment(at) = row.get("at")?;
    let (id, text, link) = (row.get("id")?, row.get("text")?, row.get("link")?);
    let (account, disabled) = (row.get("name")?, row.get("disabled")?);
    Ok(UnmailedNotice { id, account, disabled, at, text, link, mail_to: row.get("mail_to")? })
}

impl Reads<'_> {
    /// Whether a notice is to become a mail, or a mail is due at `now`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn has_mail_to_send(&self, now: OffsetDateTime) -> Result<bool, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM notice WHERE mail_to IS NOT NULL)
                 OR EXISTS (SELECT 1 FROM outgoing_mail WHERE next_try <= ?1)",
        )?;
        Ok(query.query_row([Moment(now)], |row| row.get(0))?)
    }

    /// The first `limit` mails that are due at `now`, whoever waited longest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn due_mail(&self, now: OffsetDateTime, limit: u32) -> Result<Vec<WaitingMail>, Error> {
        let mut query =
            self.0.prepare_cached("SELECT * FROM outgoing_mail WHERE next_try <= ?1 ORDER BY next_try, id LIMIT ?2")?;
        Ok(query.query_map((Moment(now), limit), waiting)?.collect::<Result<_, _>>()?)
    }

    /// How many mails wait, due or not.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn waiting_mail(&self) -> Result<u64, Error> {
        Ok(self.0.query_row("SELECT count(*) FROM outgoing_mail", [], |row| row.get(0))?)
    }

    /// The first `limit` notices that are to become mail.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unmailed_notices(&self, limit: u32) -> Result<Vec<UnmailedNotice>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT n.id, a.name, a.disabled, n.at, n.text, n.link, n.mail_to FROM notice n JOIN account a ON a.id = n.account
             WHERE n.mail_to IS NOT NULL ORDER BY n.id LIMIT ?1",
        )?;
        Ok(query.query_map([limit], unmailed)?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Stores a mail, which is due at once and given up at `ends_at`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_mail(&mut self, sealed: &[u8], ends_at: OffsetDateTime, now: OffsetDateTime) -> Result<MailId, Error> {
        self.0.0.execute(
            "INSERT INTO outgoing_mail (sealed, created_at, ends_at, next_try) VALUES (?1, ?2, ?3, ?2)",
            (sealed, Moment(now), Moment(ends_at)),
        )?;
        Ok(MailId(self.0.0.last_insert_rowid()))
    }

    /// Deletes a mail: it was sent, or given up.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn drop_mail(&mut self, id: MailId) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM outgoing_mail WHERE id = ?1", [id])?;
        Ok(())
    }

    /// Notes an attempt that failed, and when the next one is.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn put_off_mail(&mut self, id: MailId, next_try: OffsetDateTime, failure: &str) -> Result<(), Error> {
        self.0.0.execute(
            "UPDATE outgoing_mail SET attempts = attempts + 1, next_try = ?2, failure = ?3 WHERE id = ?1",
            (id, Moment(next_try), failure),
        )?;
        Ok(())
    }

    /// Makes all mail due.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn try_all_mail(&mut self, now: OffsetDateTime) -> Result<(), Error> {
        self.0.0.execute("UPDATE outgoing_mail SET next_try = ?1 WHERE next_try > ?1", [Moment(now)])?;
        Ok(())
    }

    /// The notice has become a mail, or will not become one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn notice_is_mailed(&mut self, id: i64) -> Result<(), Error> {
        self.0.0.execute("UPDATE notice SET mail_to = NULL, mailed = 1 WHERE id = ?1", [id])?;
        Ok(())
    }

    /// No notice so far will become a mail: there is nothing to send it with.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn mail_no_notices(&mut self) -> Result<(), Error> {
        self.0.0.execute("UPDATE notice SET mail_to = NULL WHERE mail_to IS NOT NULL", [])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::domain::account::{AccountId, AccountKind};
    use crate::domain::notice::Topic;
    use crate::store::Store;
    use crate::store::notices::NewNotice;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        (folder, store)
    }

    #[test]
    fn mail_is_due_at_its_time_and_all_of_it_when_that_is_wanted() {
        let (_folder, store) = store();
        let later = NOW + Duration::HOUR;
        let first = store.write(|w| w.add_mail(b"first", NOW + Duration::DAY, NOW)).unwrap();
        store.write(|w| w.put_off_mail(first, later, "the server is away")).unwrap();
        assert!(store.read(|r| r.due_mail(NOW, 9)).unwrap().is_empty());
        assert!(
            !store.read(|r| r.has_mail_to_send(NOW)).unwrap() && store.read(|r| r.has_mail_to_send(later)).unwrap()
        );
        let due = store.read(|r| r.due_mail(later, 9)).unwrap();
        assert_eq!(
            (due[0].attempts, due[0].failure.as_str(), due[0].ends_at),
            (1, "the server is away", NOW + Duration::DAY)
        );
        store.write(|w| w.try_all_mail(NOW)).unwrap();
        assert_eq!(store.read(|r| r.due_mail(NOW, 9)).unwrap()[0].sealed, b"first");
        store.write(|w| w.drop_mail(first)).unwrap();
        assert_eq!(store.read(|r| r.waiting_mail()).unwrap(), 0);
    }

    #[test]
    fn a_notice_is_mailed_to_the_address_that_was_confirmed_when_it_was_told() {
        let (_folder, store) = store();
        let ann: AccountId =
            store.write(|w| w.create_account(&"ann".parse().unwrap(), AccountKind::User, false, None, NOW)).unwrap();
        let tell = |text: &str| {
            let new = NewNotice { topic: Topic::Other, text, link: "account", invitation: None, mailed: true };
            store.write(|w| w.add_notice(ann, &new, NOW)).unwrap();
        };
        tell("without an address");
        store.write(|w| w.set_email(ann, Some("ann@example.com"), false)).unwrap();
        tell("without a confirmed one");
        store.write(|w| w.set_email(ann, Some("ann@example.com"), true)).unwrap();
        tell("with one");
        store.write(|w| w.set_email(ann, Some("eve@example.com"), false)).unwrap();
        let unmailed = store.read(|r| r.unmailed_notices(9)).unwrap();
        let told: Vec<_> = unmailed.iter().map(|notice| (notice.text.as_str(), notice.mail_to.as_str())).collect();
        assert_eq!(told, [("with one", "ann@example.com")]);
        store.write(|w| w.notice_is_mailed(unmailed[0].id)).unwrap();
        assert!(!store.read(|r| r.has_mail_to_send(NOW)).unwrap());
        assert_eq!(store.read(|r| r.notices(ann, 0, 9)).unwrap().len(), 3, "they stay on the pages");
    }
}
