//! Facts about the file itself, and the policy.

use rusqlite::OptionalExtension;
use time::OffsetDateTime;

use super::{Error, Reads, Writes};
use crate::domain::policy::Policy;

impl Reads<'_> {
    /// The value of a fact, if it is there.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn meta(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let mut query = self.0.prepare_cached("SELECT value FROM meta WHERE key = ?1")?;
        Ok(query.query_row([key], |row| row.get("value")).optional()?)
    }

    /// The policy: the defaults, with what was set.
    ///
    /// # Errors
    /// What SQLite says, or a row that is no setting.
    pub fn policy(&self) -> Result<Policy, Error> {
        let mut query = self.0.prepare_cached("SELECT key, value FROM policy")?;
        let mut rows = query.query([])?;
        let mut policy = Policy::default();
        while let Some(row) = rows.next()? {
            let (key, value): (String, String) = (row.get("key")?, row.get("value")?);
            policy.set(&key, &value).map_err(|_| Error::Corrupt("policy"))?;
        }
        Ok(policy)
    }
}

impl Writes<'_> {
    /// Sets a fact.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_meta(&mut self, key: &str, value: &[u8]) -> Result<(), Error> {
        self.0.0.execute("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2", (key, value))?;
        Ok(())
    }

    /// Moves the counter `key` on, so that whoever keeps something that was made from the rows behind it sees the change. The
    /// value is the counter and the time: a file that was put back from a backup does not repeat one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn advance(&mut self, key: &str, now: OffsetDateTime) -> Result<(), Error> {
        let before = self.meta(key)?.unwrap_or_default();
        let counter = before.get(..8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_be_bytes);
        let stamp = now.unix_timestamp().to_be_bytes();
        self.set_meta(key, &[counter.wrapping_add(1).to_be_bytes(), stamp].concat())
    }

    /// Stores one setting. The caller has let [`Policy::set`] judge it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_policy(&mut self, key: &str, value: &str) -> Result<(), Error> {
        self.0.0.execute("INSERT INTO policy VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2", (key, value))?;
        Ok(())
    }
}
