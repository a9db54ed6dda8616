//! The package IDs that some accounts own, as whoever looks after them lists them.

use rusqlite::Row;
use time::OffsetDateTime;

use super::columns::Moment;
use super::registrations::{REGISTRATION_COLUMNS, Registration, registration};
use super::{Error, Reads};
use crate::domain::account::AccountId;

/// Which packages: those that one of `owners` owns, and whose ID has every one of `words` in it.
#[derive(Debug, Clone, Default)]
pub struct OwnedFilter {
    /// The accounts.
    pub owners: Vec<AccountId>,
    /// In lower case.
    pub words: Vec<String>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct OwnedRegistration {
    /// The registration.
    pub registration: Registration,
    /// How many versions are on the feed and not hidden.
    pub versions: u32,
    /// How many are hidden.
    pub hidden: u32,
    /// How many of all these have a signature that does not count any more.
    pub void: u32,
    /// When the last of those that are not hidden was published.
    pub published_at: Option<OffsetDateTime>,
}

/// Found by their owners: most of the feed may be others'.
const MATCHES: &str =
    "r.id IN (SELECT o.registration FROM json_each(?1) own JOIN registration_owner o ON o.account = own.value)
    AND NOT EXISTS (SELECT 1 FROM json_each(?2) word WHERE instr(r.id_key, word.value) = 0)";

impl OwnedFilter {
    fn parameters(&self) -> Result<(String, String), Error> {
        let owners: Vec<i64> = self.owners.iter().map(|owner| owner.0).collect();
        let json = |text: serde_json::Result<String>| text.map_err(|_| Error::Corrupt("filter"));
        Ok((json(serde_json::to_string(&owners))?, json(serde_json::to_string(&self.words))?))
    }
}

impl Reads<'_> {
    /// The packages by ID: `limit` of them after leaving out `skip`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn owned_registrations(
        &self,
        filter: &OwnedFilter,
        skip: u64,
        limit: u32,
    ) -> Result<Vec<OwnedRegistration>, Error> {
        let (owners, words) = filter.parameters()?;
        // The packages of the page are picked before anything is counted: an owner may have a hundred thousand versions.
        let mut query = self.0.prepare_cached(&format!(
            "SELECT {REGISTRATION_COLUMNS},
               count(v.id) FILTER (WHERE v.hidden_at IS NULL) AS versions, count(v.hidden_at) AS hidden, count(s.version) AS void,
               max(v.published_at) FILTER (WHERE v.hidden_at IS NULL) AS published_at
             FROM (SELECT r.id FROM registration r WHERE {MATCHES} ORDER BY r.id_key LIMIT ?4 OFFSET ?3) page
             JOIN registration r ON r.id = page.id LEFT JOIN account a ON a.id = r.required_owner
             LEFT JOIN version v ON v.registration = r.id LEFT JOIN void_signature s ON s.version = v.id
             GROUP BY r.id ORDER BY r.id_key"
        ))?;
        Ok(query.query_map((owners, words, skip, limit), owned)?.collect::<Result<_, _>>()?)
    }

    /// How many there are.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count_owned_registrations(&self, filter: &OwnedFilter) -> Result<u64, Error> {
        let (owners, words) = filter.parameters()?;
        let mut query = self.0.prepare_cached(&format!("SELECT count(*) FROM registration r WHERE {MATCHES}"))?;
        Ok(query.query_row((owners, words), |row| row.get(0))?)
    }
}

fn owned(row: &Row<'_>) -> rusqlite::Result<OwnedRegistration> {
    let published_at: Option<Moment> = row.get("published_at")?;
    Ok(OwnedRegistration {
        registration: registration(row)?,
        versions: row.get("versions")?,
        hidden: row.get("hidden")?,
        void: row.get("void")?,
        published_at: published_at.map(|Moment(at)| at),
    })
}
