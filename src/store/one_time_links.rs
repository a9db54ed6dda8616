//! Links that are good once. Only hashes of their tokens are here.

use rusqlite::OptionalExtension;
use time::OffsetDateTime;

use super::columns::{Moment, word};
use super::{Error, Reads, Writes};
use crate::domain::account::{AccountId, AccountName};

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Creating the first administrator.
    FirstAdministrator,
    /// Choosing the first password of a new account.
    NewAccount,
    /// Choosing a new password.
    Password,
    /// Removing a second factor that was lost.
    SecondFactor,
    /// Confirming an e-mail address.
    Email,
}

word!(
    Purpose,
    Purpose::FirstAdministrator => "first-administrator",
    Purpose::NewAccount => "new-account",
    Purpose::Password => "password",
    Purpose::SecondFactor => "second-factor",
    Purpose::Email => "email"
);

/// A link that has not ended.
#[derive(Debug, Clone)]
pub struct OneTimeLink {
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose it is; `None` for the first administrator, who does not exist yet.
    pub account: Option<(AccountId, AccountName)>,
    /// Further facts: the address that is confirmed.
    pub detail: String,
    /// Who made it.
    pub created_by: String,
    /// Until when it is good.
    pub expires_at: OffsetDateTime,
}

/// What is stored of a new link.
#[derive(Debug, Clone, Copy)]
pub struct NewLink<'a> {
    /// SHA-256 of its token.
    pub hash: [u8; 32],
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose it is.
    pub account: Option<AccountId>,
    /// Further facts.
    pub detail: &'a str,
    /// Who made it.
    pub created_by: &'a str,
    /// Until when it is good.
    pub expires_at: OffsetDateTime,
}

impl Reads<'_> {
    /// The link of a token, if it is good at `now` and its account, if it has one, is enabled.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn one_time_link(&self, hash: &[u8; 32], now: OffsetDateTime) -> Result<Option<OneTimeLink>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT l.purpose, l.detail, l.created_by, l.expires_at, a.id AS account, a.name FROM one_time_link l
             LEFT JOIN account a ON a.id = l.account
             WHERE l.hash = ?1 AND l.expires_at > ?2 AND (l.account IS NULL OR a.disabled = 0)",
        )?;
        let link = query.query_row((hash.as_slice(), Moment(now)), |row| {
            let Moment(expires_at) = row.get("expires_at")?;
            let (account, name): (Option<AccountId>, Option<AccountName>) = (row.get("account")?, row.get("name")?);
            Ok(OneTimeLink {
                purpose: row.get("purpose")?,
                account: account.zip(name),
                detail: row.get("detail")?,
                created_by: row.get("created_by")?,
                expires_at,
            })
        });
        Ok(link.optional()?)
    }
}

impl Reads<'_> {
    /// When `created_by` made the link of a purpose for an account, if there is one, good or not.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn one_time_link_made_at(
        &self,
        purpose: Purpose,
        account: AccountId,
        created_by: &str,
    ) -> Result<Option<OffsetDateTime>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT max(created_at) FROM one_time_link WHERE purpose = ?1 AND account = ?2 AND created_by = ?3",
        )?;
        let made: Option<Moment> = query.query_row((purpose, account, created_by), |row| row.get(0))?;
        Ok(made.map(|Moment(at)| at))
    }
}

impl Writes<'_> {
    /// Stores a link, in place of all of the same purpose for the same account.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn put_one_time_link(&mut self, link: &NewLink<'_>, now: OffsetDateTime) -> Result<(), Error> {
        self.drop_one_time_links(link.purpose, link.account)?;
        self.insert_one_time_link(link, now)
    }

    /// Stores a link, in place of all of the same purpose for the same account that were made by the same.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_one_time_link(&mut self, link: &NewLink<'_>, now: OffsetDateTime) -> Result<(), Error> {
        self.drop_one_time_links_by(link.purpose, link.account, link.created_by)?;
        self.insert_one_time_link(link, now)
    }

    /// Deletes the links of a purpose for an account that `created_by` made.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn drop_one_time_links_by(
        &mut self,
        purpose: Purpose,
        account: Option<AccountId>,
        created_by: &str,
    ) -> Result<(), Error> {
        let sql = "DELETE FROM one_time_link WHERE purpose = ?1 AND account IS ?2 AND created_by = ?3";
        self.0.0.execute(sql, (purpose, account, created_by))?;
        Ok(())
    }

    fn insert_one_time_link(&mut self, link: &NewLink<'_>, now: OffsetDateTime) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO one_time_link VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (
                link.hash.as_slice(),
                link.purpose,
                link.account,
                link.detail,
                link.created_by,
                Moment(now),
                Moment(link.expires_at),
            ),
        )?;
        Ok(())
    }

    /// Deletes the links of a purpose for an account.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn drop_one_time_links(&mut self, purpose: Purpose, account: Option<AccountId>) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM one_time_link WHERE purpose = ?1 AND account IS ?2", (purpose, account))?;
        Ok(())
    }

    /// Deletes what has ended.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sweep_one_time_links(&mut self, now: OffsetDateTime) -> Result<usize, Error> {
        Ok(self.0.0.execute("DELETE FROM one_time_link WHERE expires_at <= ?1", [Moment(now)])?)
    }
}
