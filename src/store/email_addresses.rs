//! Where mail for an account goes.

use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};
use crate::domain::account::AccountId;

/// An account's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEmail {
    /// The address.
    pub address: String,
    /// Whether somebody has shown that mail to it arrives. Without that it gets none but the mail that confirms it.
    pub confirmed: bool,
}

impl Reads<'_> {
    /// The address of an account, if it has one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn email(&self, account: AccountId) -> Result<Option<StoredEmail>, Error> {
        let mut query = self.0.prepare_cached("SELECT email, email_confirmed FROM account WHERE id = ?1")?;
        let (address, confirmed): (Option<String>, bool) =
            query.query_row([account], |row| Ok((row.get("email")?, row.get("email_confirmed")?)))?;
        Ok(address.map(|address| StoredEmail { address, confirmed }))
    }
}

impl Reads<'_> {
    /// How many mails to confirm an address were sent since `since`: for the account, and to the address in either case of letters.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn confirmations_mailed(
        &self,
        account: AccountId,
        address: &str,
        since: OffsetDateTime,
    ) -> Result<(usize, usize), Error> {
        let mut query = self.0.prepare_cached(
            "SELECT count(*) FILTER (WHERE account = ?1), count(*) FILTER (WHERE address = ?2)
             FROM confirmation_mailed WHERE at > ?3",
        )?;
        Ok(query.query_row((account, address, Moment(since)), |row| Ok((row.get(0)?, row.get(1)?)))?)
    }
}

impl Writes<'_> {
    /// Counts a mail that confirms an address. Those from before `since` go.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn confirmation_is_mailed(
        &mut self,
        account: AccountId,
        address: &str,
        since: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM confirmation_mailed WHERE at <= ?1", [Moment(since)])?;
        let sql = "INSERT INTO confirmation_mailed (at, account, address) VALUES (?1, ?2, ?3)";
        self.0.0.execute(sql, (Moment(now), account, address))?;
        Ok(())
    }

    /// Sets the address of an account, or takes it away.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_email(&mut self, account: AccountId, address: Option<&str>, confirmed: bool) -> Result<(), Error> {
        let sql = "UPDATE account SET email = ?2, email_confirmed = ?3 WHERE id = ?1";
        self.0.0.execute(sql, (account, address, confirmed && address.is_some()))?;
        Ok(())
    }
}
