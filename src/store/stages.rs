//! What the pages of stages count: what was let in although the rule refuses it, and how each package is signed now.

use std::collections::HashMap;

use rusqlite::Row;
use time::OffsetDateTime;

use super::columns::Moment;
use super::registrations::{REGISTRATION_COLUMNS, Registration, RegistrationId, registration};
use super::{Error, Reads};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::verdict::VerdictNumber;
use crate::domain::version::NuGetVersion;

/// Pushes of one package that a stage let in, and that broke the rule in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetInPushes {
    /// What was wrong, in a sentence without a capital letter.
    pub reason: String,
    /// How many.
    pub pushes: u64,
    /// The last of them.
    pub last: VerdictNumber,
    /// When that was.
    pub at: OffsetDateTime,
    /// Who pushed it.
    pub pusher: AccountName,
    /// What it was.
    pub version: Option<String>,
}

/// A package ID with the version that was published last.
#[derive(Debug, Clone)]
pub struct Newest {
    /// The registration.
    pub registration: Registration,
    /// The last published version that is not hidden; `None` when there is none.
    pub version: Option<NuGetVersion>,
    /// Its author's certificate; `None` when no author signed it.
    pub author: Option<Fingerprint>,
}

/// Packages that one of these accounts owns; `None`: all packages.
const OWNED: &str = "(?1 IS NULL OR EXISTS (SELECT 1 FROM registration_owner o JOIN json_each(?1) own ON own.value = o.account WHERE o.registration = r.id))";

fn accounts(owners: Option<&[AccountId]>) -> Result<Option<String>, Error> {
    let ids = |owners: &[AccountId]| serde_json::to_string(&owners.iter().map(|owner| owner.0).collect::<Vec<_>>());
    owners.map(ids).transpose().map_err(|_| Error::Corrupt("filter"))
}

impl Reads<'_> {
    /// The package IDs that one of `owners` owns, or all, by ID, each with its newest version.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn newest_versions(&self, owners: Option<&[AccountId]>) -> Result<Vec<Newest>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "SELECT {REGISTRATION_COLUMNS}, v.version, v.author FROM registration r LEFT JOIN account a ON a.id = r.required_owner
             LEFT JOIN shown_version v ON v.id = (SELECT max(n.id) FROM shown_version n WHERE n.registration = r.id)
             WHERE {OWNED} ORDER BY r.id_key"
        ))?;
        let newest = query.query_map([accounts(owners)?], |row| {
            Ok(Newest { registration: registration(row)?, version: row.get("version")?, author: row.get("author")? })
        })?;
        Ok(newest.collect::<Result<_, _>>()?)
    }

    /// The owners of all those IDs by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn all_owners(
        &self,
        owners: Option<&[AccountId]>,
    ) -> Result<HashMap<RegistrationId, Vec<(AccountId, AccountName)>>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "SELECT r.id AS registration, a.id, a.name FROM registration r JOIN registration_owner ro ON ro.registration = r.id
             JOIN account a ON a.id = ro.account WHERE {OWNED} ORDER BY a.name_key"
        ))?;
        let mut found: HashMap<RegistrationId, Vec<(AccountId, AccountName)>> = HashMap::new();
        let mut rows = query.query([accounts(owners)?])?;
        while let Some(row) = rows.next()? {
            found.entry(row.get("registration")?).or_default().push((row.get("id")?, row.get("name")?));
        }
        Ok(found)
    }

    /// The pushes that stages let in and that are remembered at `now`, by package; those with the latest push first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn let_in_pushes(&self, now: OffsetDateTime) -> Result<HashMap<RegistrationId, Vec<LetInPushes>>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT r.id AS registration, g.reason, g.pushes, g.last, v.at, v.version, a.name AS pusher
             FROM (SELECT id_key, reason, count(*) AS pushes, max(number) AS last FROM verdict INDEXED BY verdict_let_in
                   WHERE outcome = 'not-enforced' AND kind <> 'dry-run' AND expires_at > ?1 AND id_key IS NOT NULL
                   GROUP BY id_key, reason) g
             JOIN verdict v ON v.number = g.last JOIN account a ON a.id = v.pusher JOIN registration r ON r.id_key = g.id_key
             ORDER BY g.last DESC",
        )?;
        let mut found: HashMap<RegistrationId, Vec<LetInPushes>> = HashMap::new();
        let mut rows = query.query([Moment(now)])?;
        while let Some(row) = rows.next()? {
            found.entry(row.get("registration")?).or_default().push(pushes(row)?);
        }
        Ok(found)
    }
}

fn pushes(row: &Row<'_>) -> rusqlite::Result<LetInPushes> {
    let Moment(at) = row.get("at")?;
    Ok(LetInPushes {
        reason: row.get("reason")?,
        pushes: row.get("pushes")?,
        last: row.get("last")?,
        at,
        pusher: row.get("pusher")?,
        version: row.get("version")?,
    })
}
