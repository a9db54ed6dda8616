//! The roots in which a chain may end: one list for signers, one for timestamping authorities.

use serde::Serialize;
use time::OffsetDateTime;

use super::columns::{Moment, word};
use super::{Error, Reads, Writes};
use crate::domain::fingerprint::Fingerprint;

/// What an anchor vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Package signers.
    Signing,
    /// Timestamping authorities.
    Timestamping,
}

word!(Purpose, Purpose::Signing => "signing", Purpose::Timestamping => "timestamping");

/// An anchor as lists show it.
#[derive(Debug, Clone, Serialize)]
pub struct ListedAnchor {
    /// For what.
    pub purpose: Purpose,
    /// SHA-256.
    pub fingerprint: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// Until when it is valid.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// Where it came from: a file name.
    pub source: String,
}

impl Reads<'_> {
    /// The DER certificates of all anchors for `purpose`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn anchors(&self, purpose: Purpose) -> Result<Vec<Vec<u8>>, Error> {
        let mut query =
            self.0.prepare_cached("SELECT der FROM trust_anchor WHERE purpose = ?1 ORDER BY fingerprint")?;
        Ok(query.query_map([purpose], |row| row.get("der"))?.collect::<Result<_, _>>()?)
    }

    /// All anchors by purpose and subject.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn listed_anchors(&self) -> Result<Vec<ListedAnchor>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT purpose, fingerprint, subject, not_after, source FROM trust_anchor ORDER BY purpose, subject, fingerprint",
        )?;
        let listed = query.query_map([], |row| {
            let Moment(not_after) = row.get("not_after")?;
            let (purpose, fingerprint) = (row.get("purpose")?, row.get("fingerprint")?);
            Ok(ListedAnchor {
                purpose,
                fingerprint,
                subject: row.get("subject")?,
                not_after,
                source: row.get("source")?,
            })
        })?;
        Ok(listed.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Adds an anchor. Whether it is new.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_anchor(&mut self, anchor: &ListedAnchor, der: &[u8], now: OffsetDateTime) -> Result<bool, Error> {
        let added = self.0.0.execute(
            "INSERT INTO trust_anchor VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
            (
                anchor.purpose,
                anchor.fingerprint,
                der,
                &anchor.subject,
                Moment(anchor.not_after),
                &anchor.source,
                Moment(now),
            ),
        )?;
        Ok(added > 0)
    }

    /// Removes an anchor from both lists. From how many it was removed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_anchor(&mut self, fingerprint: &Fingerprint) -> Result<usize, Error> {
        Ok(self.0.0.execute("DELETE FROM trust_anchor WHERE fingerprint = ?1", [fingerprint])?)
    }
}
