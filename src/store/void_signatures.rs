//! Versions whose author's signature does not count any more, and what was decided about each.

mod filter;

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row, params_from_iter};
use time::OffsetDateTime;

pub use self::filter::VoidFilter;
use super::columns::{Moment, word};
use super::packages::VersionId;
use super::registrations::RegistrationId;
use super::{Error, Reads, Writes};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::domain::void_signature::{Cause, Choice};

word!(Cause, Cause::Signer => "signer", Cause::Issuer => "issuer", Cause::Authority => "authority",
    Cause::AuthorityIssuer => "authority-issuer", Cause::Path => "path", Cause::AuthorityPath => "authority-path");
word!(Choice, Choice::Keep => "keep", Choice::Unlist => "unlist", Choice::Hide => "hide", Choice::Remove => "remove");

/// Why the signature of a version does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voided {
    /// What it comes from.
    pub cause: Cause,
    /// The certificate that is revoked, or whose chain leads nowhere.
    pub certificate: Fingerprint,
    /// Since when it is revoked; `None` where it is not.
    pub since: Option<OffsetDateTime>,
    /// The rest of a sentence that begins with "the signature does not count:".
    pub why: String,
    /// Whether that is for good. A hold may be lifted, and an anchor may be added again.
    pub for_good: bool,
}

/// What was decided about a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// What.
    pub choice: Choice,
    /// By whom, as records name them.
    pub by: String,
    /// When.
    pub at: OffsetDateTime,
}

/// A signature that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoidSignature {
    /// Why.
    pub voided: Voided,
    /// When the server found out.
    pub found_at: OffsetDateTime,
    /// What was decided; `None` while nothing is.
    pub decided: Option<Decided>,
}

/// A version with such a signature, as lists show it.
#[derive(Debug, Clone)]
pub struct VoidVersion {
    /// Its row.
    pub id: VersionId,
    /// Under which ID.
    pub registration: RegistrationId,
    /// Of which package.
    pub package_id: PackageId,
    /// Which version.
    pub version: NuGetVersion,
    /// Whether search shows it.
    pub listed: bool,
    /// Whether an administrator has hidden it.
    pub hidden: bool,
    /// The signer's certificate.
    pub author: Fingerprint,
    /// By when it was signed: the upper bound of its timestamp, or the time of the push when it has none.
    pub signed_by: OffsetDateTime,
    /// How often it was downloaded.
    pub downloads: u64,
    /// Why its signature does not count.
    pub void: VoidSignature,
}

const COLUMNS: &str =
    "s.cause, s.certificate, s.since, s.why, s.for_good, s.found_at, s.decision, s.decided_by, s.decided_at";

/// The signatures of one package. The order of a cross join is kept: its versions first.
const OF_A_PACKAGE: &str = "FROM version v CROSS JOIN void_signature s ON s.version = v.id WHERE v.registration = ?1";

fn void(row: &Row<'_>) -> rusqlite::Result<VoidSignature> {
    let moment = |name| Ok::<_, rusqlite::Error>(row.get::<_, Option<Moment>>(name)?.map(|Moment(at)| at));
    let Moment(found_at) = row.get("found_at")?;
    let choice: Option<Choice> = row.get("decision")?;
    let decided = match (choice, row.get("decided_by")?, moment("decided_at")?) {
        (Some(choice), Some(by), Some(at)) => Some(Decided { choice, by, at }),
        _ => None,
    };
    let voided = Voided {
        cause: row.get("cause")?,
        certificate: row.get("certificate")?,
        since: moment("since")?,
        why: row.get("why")?,
        for_good: row.get("for_good")?,
    };
    Ok(VoidSignature { voided, found_at, decided })
}

fn version(row: &Row<'_>) -> rusqlite::Result<VoidVersion> {
    let Moment(published_at) = row.get("published_at")?;
    let timestamp: Option<Moment> = row.get("timestamp")?;
    Ok(VoidVersion {
        id: row.get("id")?,
        registration: row.get("registration")?,
        package_id: row.get("package_id")?,
        version: row.get("version")?,
        listed: row.get("listed")?,
        hidden: row.get("hidden")?,
        author: row.get("author")?,
        signed_by: timestamp.map_or(published_at, |Moment(at)| at),
        downloads: row.get("downloads")?,
        void: void(row)?,
    })
}

impl Reads<'_> {
    /// The signatures of a package's versions that do not count any more.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn void_signatures(&self, registration: RegistrationId) -> Result<HashMap<VersionId, VoidSignature>, Error> {
        let mut query = self.0.prepare_cached(&format!("SELECT s.version, {COLUMNS} {OF_A_PACKAGE}"))?;
        let found = query.query_map([registration], |row| Ok((row.get("version")?, void(row)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The signature of one version; `None` when it counts.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn void_signature(&self, version: VersionId) -> Result<Option<VoidSignature>, Error> {
        let sql = format!("SELECT {COLUMNS} FROM void_signature s WHERE s.version = ?1");
        Ok(self.0.prepare_cached(&sql)?.query_row([version], void).optional()?)
    }

    /// All of the feed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn all_void_signatures(&self) -> Result<HashMap<VersionId, VoidSignature>, Error> {
        let mut query = self.0.prepare_cached(&format!("SELECT s.version, {COLUMNS} FROM void_signature s"))?;
        let found = query.query_map([], |row| Ok((row.get("version")?, void(row)?)))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Those that a filter lets through, by ID and publication: `limit` of them after leaving out `skip`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn void_versions(&self, filter: &VoidFilter, skip: u64, limit: u32) -> Result<Vec<VoidVersion>, Error> {
        let (sql, values) = filter.listing(skip, limit);
        Ok(self.0.prepare_cached(&sql)?.query_map(params_from_iter(values), version)?.collect::<Result<_, _>>()?)
    }

    /// The same, `limit` of those that come after one of them: what comes and goes before it makes none be skipped or come twice.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn void_versions_after(
        &self,
        filter: &VoidFilter,
        after: Option<&VoidVersion>,
        limit: u32,
    ) -> Result<Vec<VoidVersion>, Error> {
        let (sql, values) = filter.listing_after(after, limit);
        Ok(self.0.prepare_cached(&sql)?.query_map(params_from_iter(values), version)?.collect::<Result<_, _>>()?)
    }

    /// How many a filter lets through.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count_void_versions(&self, filter: &VoidFilter) -> Result<u64, Error> {
        let (sql, values) = filter.counting();
        Ok(self.0.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?)
    }
}

impl Writes<'_> {
    /// Notes that the signature of a version does not count, or why it does not count now; what was decided stays. `false` when
    /// the version is gone.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_void_signature(
        &mut self,
        version: VersionId,
        voided: &Voided,
        now: OffsetDateTime,
    ) -> Result<bool, Error> {
        let Voided { cause, certificate, since, why, for_good } = voided;
        let mut insert = self.0.0.prepare_cached(
            "INSERT INTO void_signature (version, cause, certificate, since, why, for_good, found_at)
             SELECT id, ?2, ?3, ?4, ?5, ?6, ?7 FROM version WHERE id = ?1
             ON CONFLICT DO UPDATE SET cause = ?2, certificate = ?3, since = ?4, why = ?5, for_good = ?6",
        )?;
        let values = (version, cause, certificate, since.map(Moment), why, for_good, Moment(now));
        Ok(insert.execute(values)? > 0)
    }

    /// Notes that the signature of a version counts again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn drop_void_signature(&mut self, version: VersionId) -> Result<bool, Error> {
        Ok(self.0.0.prepare_cached("DELETE FROM void_signature WHERE version = ?1")?.execute([version])? > 0)
    }

    /// Notes what was decided about a version, or that nothing is any more. `false` when its signature counts.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn decide_void_signature(&mut self, version: VersionId, decided: Option<&Decided>) -> Result<bool, Error> {
        let (choice, by) = (decided.map(|one| one.choice), decided.map(|one| &one.by));
        let changed = self.0.0.execute(
            "UPDATE void_signature SET decision = ?2, decided_by = ?3, decided_at = ?4 WHERE version = ?1",
            (version, choice, by, decided.map(|one| Moment(one.at))),
        )?;
        Ok(changed > 0)
    }
}

#[cfg(test)]
mod tests;
