//! Certificates that an administrator has marked as revoked.

use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};
use crate::domain::account::AccountId;
use crate::domain::fingerprint::Fingerprint;

/// An administrator's word that a certificate is revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Which certificate.
    pub fingerprint: Fingerprint,
    /// From when on.
    pub revoked_at: OffsetDateTime,
    /// Why; may be empty.
    pub reason: String,
    /// Who marked it, as records name them.
    pub marked_by: String,
    /// When.
    pub marked_at: OffsetDateTime,
}

impl Mark {
    /// Who says so, where the URL of an issuer stands otherwise.
    #[must_use]
    pub fn source(&self) -> String {
        format!("marked by {}", self.marked_by)
    }
}

pub(super) const REGISTRANTS: &str =
    "SELECT r.account, c.subject FROM certificate_registration r JOIN certificate c USING (fingerprint)
     WHERE r.fingerprint = ?1 AND r.removed_at IS NULL ORDER BY r.account";

fn mark(row: &Row<'_>) -> rusqlite::Result<Mark> {
    let (Moment(revoked_at), Moment(marked_at)) = (row.get("revoked_at")?, row.get("marked_at")?);
    let (fingerprint, reason, marked_by) = (row.get("fingerprint")?, row.get("reason")?, row.get("marked_by")?);
    Ok(Mark { fingerprint, revoked_at, reason, marked_by, marked_at })
}

impl Reads<'_> {
    /// The mark of a certificate.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn revocation_mark(&self, certificate: &Fingerprint) -> Result<Option<Mark>, Error> {
        let mut query = self.0.prepare_cached("SELECT * FROM revocation_mark WHERE fingerprint = ?1")?;
        Ok(query.query_row([certificate], mark).optional()?)
    }

    /// The accounts that have registered a certificate and not removed it, with its subject.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn registrants(&self, certificate: &Fingerprint) -> Result<Vec<(AccountId, String)>, Error> {
        let mut query = self.0.prepare_cached(REGISTRANTS)?;
        Ok(query.query_map([certificate], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
    }

    /// All marks.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn revocation_marks(&self) -> Result<Vec<Mark>, Error> {
        let mut query = self.0.prepare_cached("SELECT * FROM revocation_mark ORDER BY fingerprint")?;
        Ok(query.query_map([], mark)?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Stores a mark in the place of the one before.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_revocation_mark(&mut self, mark: &Mark) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT OR REPLACE INTO revocation_mark (fingerprint, revoked_at, reason, marked_by, marked_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            (mark.fingerprint, Moment(mark.revoked_at), &mark.reason, &mark.marked_by, Moment(mark.marked_at)),
        )?;
        Ok(())
    }

    /// Deletes a mark. Whether there was one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn drop_revocation_mark(&mut self, certificate: &Fingerprint) -> Result<bool, Error> {
        Ok(self.0.0.execute("DELETE FROM revocation_mark WHERE fingerprint = ?1", [certificate])? > 0)
    }
}
