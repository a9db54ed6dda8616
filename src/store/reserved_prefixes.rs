//! Patterns of package IDs that only some accounts may create.

use rusqlite::Row;
use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};
use crate::domain::account::AccountId;
use crate::domain::reserved_prefix::{Reservation, ReservedPrefix};

fn reservation(row: &Row<'_>) -> rusqlite::Result<Reservation> {
    Ok(Reservation { pattern: row.get("pattern")?, holder: row.get("name")? })
}

impl Reads<'_> {
    /// All reservations by pattern and holder.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn reservations(&self) -> Result<Vec<Reservation>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT p.pattern, a.name FROM reserved_prefix p JOIN account a ON a.id = p.account ORDER BY p.pattern_key, a.name_key",
        )?;
        Ok(query.query_map([], reservation)?.collect::<Result<_, _>>()?)
    }

    /// What is reserved for an account.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn reservations_of(&self, holder: AccountId) -> Result<Vec<Reservation>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT p.pattern, a.name FROM reserved_prefix p JOIN account a ON a.id = p.account WHERE p.account = ?1 ORDER BY p.pattern_key",
        )?;
        Ok(query.query_map([holder], reservation)?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Reserves a pattern for an account. Whether it was not reserved for it yet.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn reserve_prefix(
        &mut self,
        prefix: &ReservedPrefix,
        holder: AccountId,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let inserted = self.0.0.execute(
            "INSERT INTO reserved_prefix (pattern, pattern_key, account, reserved_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            (prefix.pattern().as_str(), prefix.key(), holder, Moment(now)),
        )?;
        Ok(inserted > 0)
    }

    /// Takes a reservation back. Whether there was one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn release_prefix(&mut self, prefix: &ReservedPrefix, holder: AccountId) -> Result<bool, Error> {
        let sql = "DELETE FROM reserved_prefix WHERE pattern_key = ?1 AND account = ?2";
        Ok(self.0.0.execute(sql, (prefix.key(), holder))? > 0)
    }
}
