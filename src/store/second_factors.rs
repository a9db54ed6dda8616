//! Second factors: sealed TOTP secrets, and hashes of recovery codes.

use rusqlite::OptionalExtension;
use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};
use crate::domain::account::AccountId;
use crate::domain::session::SessionId;

/// A second factor that counts.
#[derive(Debug, Clone)]
pub struct SecondFactor {
    /// The TOTP secret, sealed.
    pub sealed_secret: Vec<u8>,
    /// The time step of the last code that counted.
    pub last_step: i64,
    /// Since when.
    pub enrolled_at: OffsetDateTime,
}

impl Reads<'_> {
    /// The second factor of an account.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn second_factor(&self, account: AccountId) -> Result<Option<SecondFactor>, Error> {
        let mut query = self
            .0
            .prepare_cached("SELECT sealed_secret, last_step, enrolled_at FROM second_factor WHERE account = ?1")?;
        let factor = query.query_row([account], |row| {
            let Moment(enrolled_at) = row.get("enrolled_at")?;
            Ok(SecondFactor { sealed_secret: row.get("sealed_secret")?, last_step: row.get("last_step")?, enrolled_at })
        });
        Ok(factor.optional()?)
    }

    /// The sealed secret of an enrolment that began in a session and is not finished, and when it began.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn enrolment(
        &self,
        account: AccountId,
        session: SessionId,
    ) -> Result<Option<(Vec<u8>, OffsetDateTime)>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT sealed_secret, began_at FROM second_factor_enrolment WHERE account = ?1 AND session = ?2",
        )?;
        let begun = query.query_row((account, session), |row| {
            let Moment(began_at) = row.get("began_at")?;
            Ok((row.get("sealed_secret")?, began_at))
        });
        Ok(begun.optional()?)
    }

    /// How many recovery codes are unused.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unused_recovery_codes(&self, account: AccountId) -> Result<u32, Error> {
        let sql = "SELECT count(*) FROM recovery_code WHERE account = ?1 AND used_at IS NULL";
        Ok(self.0.prepare_cached(sql)?.query_row([account], |row| row.get(0))?)
    }
}

impl Writes<'_> {
    /// Keeps the secret of an enrolment that begins, in place of an earlier one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn begin_enrolment(
        &mut self,
        account: AccountId,
        session: SessionId,
        sealed: &[u8],
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO second_factor_enrolment VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET session = ?2, sealed_secret = ?3, began_at = ?4",
            (account, session, sealed, Moment(now)),
        )?;
        Ok(())
    }

    /// Makes a secret the account's second factor, in place of an earlier one. `step` is that of the code that proved it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn enrol(&mut self, account: AccountId, sealed: &[u8], step: i64, now: OffsetDateTime) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM second_factor_enrolment WHERE account = ?1", [account])?;
        self.0.0.execute(
            "INSERT INTO second_factor VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET sealed_secret = ?2, last_step = ?3, enrolled_at = ?4",
            (account, sealed, step, Moment(now)),
        )?;
        Ok(())
    }

    /// Notes the time step of a code that counted.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_last_step(&mut self, account: AccountId, step: i64) -> Result<(), Error> {
        self.0.0.execute("UPDATE second_factor SET last_step = ?2 WHERE account = ?1", (account, step))?;
        Ok(())
    }

    /// Takes the second factor away, with its recovery codes. Whether there was one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_second_factor(&mut self, account: AccountId) -> Result<bool, Error> {
        self.0.0.execute("DELETE FROM recovery_code WHERE account = ?1", [account])?;
        self.0.0.execute("DELETE FROM second_factor_enrolment WHERE account = ?1", [account])?;
        // What was shown with the old factor is no word of the next one.
        self.0.0.execute("UPDATE session SET second_factor_at = NULL WHERE account = ?1", [account])?;
        Ok(self.0.0.execute("DELETE FROM second_factor WHERE account = ?1", [account])? > 0)
    }

    /// Replaces all recovery codes of an account.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_recovery_codes(&mut self, account: AccountId, hashes: &[[u8; 32]]) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM recovery_code WHERE account = ?1", [account])?;
        let mut insert = self.0.0.prepare_cached("INSERT INTO recovery_code (account, hash) VALUES (?1, ?2)")?;
        hashes.iter().try_for_each(|hash| insert.execute((account, hash.as_slice())).map(drop))?;
        Ok(())
    }

    /// Uses a recovery code up. Whether it was an unused one of that account.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn use_recovery_code(
        &mut self,
        account: AccountId,
        hash: &[u8; 32],
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let sql = "UPDATE recovery_code SET used_at = ?3 WHERE account = ?1 AND hash = ?2 AND used_at IS NULL";
        Ok(self.0.0.execute(sql, (account, hash.as_slice(), Moment(now)))? > 0)
    }
}
