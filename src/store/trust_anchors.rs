//! The roots in which a chain may end: one list for signers, one for timestamping authorities.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use sha1::{Digest, Sha1};
use time::OffsetDateTime;

use super::columns::{Moment, word};
use super::{Error, Reads, Writes};
use crate::domain::fingerprint::Fingerprint;

/// What an anchor vouches for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Package signers.
    Signing,
    /// Timestamping authorities.
    Timestamping,
}

word!(Purpose, Purpose::Signing => "signing", Purpose::Timestamping => "timestamping");

impl Purpose {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Signing, Self::Timestamping];

    /// Its word: in the database, in URLs and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signing => "signing",
            Self::Timestamping => "timestamping",
        }
    }
}

/// A certificate that becomes an anchor.
#[derive(Debug, Clone, Copy)]
pub struct NewAnchor<'a> {
    /// For what.
    pub purpose: Purpose,
    /// SHA-256.
    pub fingerprint: Fingerprint,
    /// The certificate.
    pub der: &'a [u8],
    /// Its subject.
    pub subject: &'a str,
    /// Until when it is valid.
    pub not_after: OffsetDateTime,
    /// Where it came from: a file name, or whose push.
    pub source: &'a str,
    /// Who added it.
    pub added_by: &'a str,
}

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
    /// Where it came from: a file name, or whose push.
    pub source: String,
    /// Who added it; empty for what an earlier version of the server added.
    pub added_by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub added_at: OffsetDateTime,
    /// How many versions had a chain that ended in it when they were pushed.
    pub versions: u64,
    /// The certificate.
    #[serde(skip)]
    pub der: Vec<u8>,
}

impl ListedAnchor {
    /// SHA-1 of the certificate, by which tools of Windows know it.
    #[must_use]
    pub fn thumbprint(&self) -> [u8; 20] {
        Sha1::digest(&self.der).into()
    }
}

/// All columns, and the number of versions, which the indexes of `version` count.
const LISTED: &str = "SELECT purpose, fingerprint, subject, not_after, source, added_by, added_at, der,
    CASE purpose WHEN 'signing' THEN (SELECT count(*) FROM version WHERE signing_anchor = fingerprint)
                 ELSE (SELECT count(*) FROM version WHERE timestamping_anchor = fingerprint) END AS versions
    FROM trust_anchor";

fn listed(row: &Row<'_>) -> rusqlite::Result<ListedAnchor> {
    let (Moment(not_after), Moment(added_at)) = (row.get("not_after")?, row.get("added_at")?);
    Ok(ListedAnchor {
        purpose: row.get("purpose")?,
        fingerprint: row.get("fingerprint")?,
        subject: row.get("subject")?,
        not_after,
        source: row.get("source")?,
        added_by: row.get("added_by")?,
        added_at,
        versions: row.get("versions")?,
        der: row.get("der")?,
    })
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
        let mut query = self.0.prepare_cached(&format!("{LISTED} ORDER BY purpose, subject, fingerprint"))?;
        Ok(query.query_map([], listed)?.collect::<Result<_, _>>()?)
    }

    /// One anchor.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn anchor(&self, purpose: Purpose, fingerprint: &Fingerprint) -> Result<Option<ListedAnchor>, Error> {
        let mut query = self.0.prepare_cached(&format!("{LISTED} WHERE purpose = ?1 AND fingerprint = ?2"))?;
        Ok(query.query_row((purpose, fingerprint), listed).optional()?)
    }

    /// How many versions are signed by their author and do not say in which anchor that ends: those that were pushed before
    /// it was noted, and those that a registration vouched for in the place of an anchor.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn versions_without_anchor(&self) -> Result<u64, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT (SELECT count(*) FROM version WHERE author IS NOT NULL)
                  - (SELECT count(*) FROM version WHERE signing_anchor IS NOT NULL)",
        )?;
        Ok(query.query_row([], |row| row.get(0))?)
    }
}

impl Writes<'_> {
    /// Adds an anchor. Whether it is new.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_anchor(&mut self, new: &NewAnchor<'_>, now: OffsetDateTime) -> Result<bool, Error> {
        let added = self.0.0.execute(
            "INSERT INTO trust_anchor (purpose, fingerprint, der, subject, not_after, source, added_by, added_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
            (
                new.purpose,
                new.fingerprint,
                new.der,
                new.subject,
                Moment(new.not_after),
                new.source,
                new.added_by,
                Moment(now),
            ),
        )?;
        Ok(added > 0)
    }

    /// Removes an anchor from one of the lists. Whether it was there.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_anchor(&mut self, purpose: Purpose, fingerprint: &Fingerprint) -> Result<bool, Error> {
        let sql = "DELETE FROM trust_anchor WHERE purpose = ?1 AND fingerprint = ?2";
        Ok(self.0.0.execute(sql, (purpose, fingerprint))? > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn how_many_versions_end_in_an_anchor_is_counted_by_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let plan = store.read(|r| {
            let mut query = r.0.prepare(&format!("EXPLAIN QUERY PLAN {LISTED}"))?;
            let rows = query.query_map([], |row| row.get::<_, String>("detail"))?.collect::<Result<Vec<_>, _>>()?;
            Ok::<_, Error>(rows.join("\n"))
        });
        let plan = plan.unwrap();
        assert!(plan.contains("COVERING INDEX version_signing_anchor"), "{plan}");
        assert!(plan.contains("COVERING INDEX version_timestamping_anchor"), "{plan}");
        assert!(!plan.contains("SCAN version"), "{plan}");
    }
}
