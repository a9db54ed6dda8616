//! Where mail for an account goes.

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

impl Writes<'_> {
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
