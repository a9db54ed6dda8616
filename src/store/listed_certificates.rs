//! Registrations as lists and their own pages show them, with the versions that are signed with them.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use sha1::{Digest, Sha1};
use time::OffsetDateTime;

use super::certificates::{STATUS_COLUMNS, is_of, status};
use super::columns::{Moment, Patterns};
use super::{Error, Reads};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::certificate::RegistrationStatus;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::pattern::Pattern;
use crate::domain::version::NuGetVersion;

/// A registration as lists show it.
#[derive(Debug, Clone, Serialize)]
pub struct ListedCertificate {
    /// Who registered it.
    pub account: AccountName,
    /// SHA-256.
    pub fingerprint: Fingerprint,
    /// SHA-1, in the upper case that Windows shows.
    pub thumbprint: String,
    /// Its subject.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// From when it is valid.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// What it is worth now.
    pub status: RegistrationStatus,
    /// For which package IDs it counts; empty means all.
    pub patterns: Vec<Pattern>,
    /// How many versions are signed with it that this account's registration let in, or whose package it owns.
    pub versions: u32,
    /// How many more are hidden: on no list and in no count, but the registration is kept for them.
    #[serde(skip)]
    pub hidden: u32,
    /// When it was registered, the last time.
    #[serde(with = "time::serde::rfc3339")]
    pub added_at: OffsetDateTime,
    /// When it was removed.
    #[serde(with = "time::serde::rfc3339::option")]
    pub removed_at: Option<OffsetDateTime>,
    /// The certificate.
    #[serde(skip)]
    pub der: Vec<u8>,
}

impl ListedCertificate {
    /// Whether it counts, or versions need it. A removed one of which the last version was removed tells nothing any more.
    const fn tells_something(&self) -> bool {
        self.removed_at.is_none() || self.versions > 0
    }
}

/// A version that is signed with a certificate.
#[derive(Debug, Clone)]
pub struct SignedWith {
    /// Of which package.
    pub package_id: PackageId,
    /// Which version.
    pub version: NuGetVersion,
    /// Whether search shows it.
    pub listed: bool,
    /// When it was published.
    pub published_at: OffsetDateTime,
    /// The upper bound of the timestamp; `None` without a timestamp.
    pub timestamp: Option<OffsetDateTime>,
}

/// Registrations with their counts. Hidden versions are on no list and in no count.
fn listing(of: &str) -> String {
    let is_of = is_of("r.account");
    format!(
        "SELECT a.name, r.fingerprint, c.der, c.subject, c.issuer, r.patterns, r.added_at, r.removed_at, {STATUS_COLUMNS},
           (SELECT count(*) FROM shown_version v WHERE v.author = r.fingerprint AND {is_of}) AS versions,
           (SELECT count(*) FROM version v WHERE v.author = r.fingerprint AND {is_of} AND v.hidden_at IS NOT NULL) AS hidden
         FROM certificate_registration r JOIN certificate c USING (fingerprint) JOIN account a ON a.id = r.account
         WHERE {of} ORDER BY a.name_key, r.removed_at IS NOT NULL, c.subject, r.fingerprint"
    )
}

/// Of an account, or of all.
const OF_ACCOUNT: &str = "(?1 IS NULL OR r.account = ?1)";
const ONE: &str = "r.account = ?1 AND r.fingerprint = ?2";

/// The versions of an account that are signed with a certificate.
fn signed_with() -> String {
    format!(
        "SELECT r.package_id, v.version, v.listed, v.published_at, v.timestamp
         FROM shown_version v JOIN registration r ON r.id = v.registration
         WHERE v.author = ?2 AND {} ORDER BY v.published_at DESC, v.id DESC LIMIT ?4 OFFSET ?3",
        is_of("?1")
    )
}

fn listed(row: &Row<'_>, now: OffsetDateTime) -> rusqlite::Result<ListedCertificate> {
    let (Patterns(patterns), Moment(not_before), Moment(not_after), Moment(added_at)) =
        (row.get("patterns")?, row.get("not_before")?, row.get("not_after")?, row.get("added_at")?);
    let removed_at: Option<Moment> = row.get("removed_at")?;
    let der: Vec<u8> = row.get("der")?;
    let kept = RegistrationStatus::Kept(status(row, now)?);
    Ok(ListedCertificate {
        account: row.get("name")?,
        fingerprint: row.get("fingerprint")?,
        thumbprint: hex::encode_upper(Sha1::digest(&der)),
        subject: row.get("subject")?,
        issuer: row.get("issuer")?,
        not_before,
        not_after,
        status: if removed_at.is_some() { RegistrationStatus::Removed } else { kept },
        patterns,
        versions: row.get("versions")?,
        hidden: row.get("hidden")?,
        added_at,
        removed_at: removed_at.map(|Moment(at)| at),
        der,
    })
}

impl Reads<'_> {
    /// All registrations of an account, or of all accounts: those that count first, then removed ones that a version is signed
    /// with.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn listed_certificates(
        &self,
        account: Option<AccountId>,
        now: OffsetDateTime,
    ) -> Result<Vec<ListedCertificate>, Error> {
        let mut query = self.0.prepare_cached(&listing(OF_ACCOUNT))?;
        let rows = query.query_map([account], |row| listed(row, now))?;
        let mut rows: Vec<ListedCertificate> = rows.collect::<Result<_, _>>()?;
        // Not a condition of the query: SQLite would count twice.
        rows.retain(ListedCertificate::tells_something);
        Ok(rows)
    }

    /// One registration of an account, if [`Self::listed_certificates`] has it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn listed_certificate(
        &self,
        account: AccountId,
        fingerprint: &Fingerprint,
        now: OffsetDateTime,
    ) -> Result<Option<ListedCertificate>, Error> {
        let mut query = self.0.prepare_cached(&listing(ONE))?;
        let row = query.query_row((account, fingerprint), |row| listed(row, now)).optional()?;
        Ok(row.filter(ListedCertificate::tells_something))
    }

    /// The versions of this account that are signed with a certificate, newest first: `limit` of them after leaving
    /// out `skip`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn versions_signed_with(
        &self,
        account: AccountId,
        fingerprint: &Fingerprint,
        skip: u64,
        limit: u32,
    ) -> Result<Vec<SignedWith>, Error> {
        let mut query = self.0.prepare_cached(&signed_with())?;
        let versions = query.query_map((account, fingerprint, skip, limit), |row| {
            let Moment(published_at) = row.get("published_at")?;
            let timestamp: Option<Moment> = row.get("timestamp")?;
            Ok(SignedWith {
                package_id: row.get("package_id")?,
                version: row.get("version")?,
                listed: row.get("listed")?,
                published_at,
                timestamp: timestamp.map(|Moment(at)| at),
            })
        })?;
        Ok(versions.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::certificates::signed;
    use crate::store::query_plan::query_plan;

    #[test]
    fn what_is_signed_with_a_certificate_is_found_by_that_and_never_by_walking_all_that_its_account_signed_or_owns() {
        // A listing counts twice: what readers see, and what is hidden.
        for (sql, seeks, counts) in
            [(listing(OF_ACCOUNT), 2, 2), (listing(ONE), 2, 2), (signed_with(), 1, 0), (signed(), 1, 1)]
        {
            let plan = query_plan(&sql);
            assert_eq!(plan.matches("INDEX version_author (author=?").count(), seeks, "{sql}: {plan}");
            assert_eq!(plan.matches("COVERING INDEX version_author").count(), counts, "{sql}: {plan}");
            assert_eq!(plan.matches("o USING PRIMARY KEY (registration=? AND account=?)").count(), seeks, "{plan}");
            assert!(!plan.contains("version_signed_by") && !plan.contains("SCAN v"), "{sql}: {plan}");
        }
    }
}
