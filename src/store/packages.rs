//! The versions of packages.
//!
//! Whoever reads sees `shown_version`: a version that an administrator has hidden is in none of these answers, unless they say so.

use std::collections::HashSet;

use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::{Moment, row_number};
use super::content::ContentId;
use super::registrations::RegistrationId;
use super::repository_certificates::RepositoryCertificateId;
use super::{Error, Reads, Writes};
use crate::domain::account::AccountId;
use crate::domain::api_key::ApiKeyId;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::let_in::LetIn;
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

/// The row number of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VersionId(pub i64);

row_number!(VersionId);

/// Everything that is stored of a version when it is published.
#[derive(Debug)]
pub struct NewVersion<'a> {
    /// Under which ID.
    pub registration: RegistrationId,
    /// Which version.
    pub version: &'a NuGetVersion,
    /// Whether only clients that know SemVer 2 may see it.
    pub semver2: bool,
    /// When.
    pub published_at: OffsetDateTime,
    /// What the nuspec says, as JSON.
    pub manifest: &'a str,
    /// The nuspec, byte for byte.
    pub nuspec: &'a [u8],
    /// The bytes that are served.
    pub content: ContentId,
    /// SHA-512 of them.
    pub sha512: &'a [u8; 64],
    /// Base64 SHA-512 without the signature, as lock files have it.
    pub content_hash: &'a str,
    /// SHA-512 of what was pushed.
    pub pushed_sha512: &'a [u8; 64],
    /// Its length in bytes.
    pub pushed_size: u64,
    /// The recipe that makes what was pushed from what is served.
    pub original: &'a [u8],
    /// Who pushed it.
    pub pusher: AccountId,
    /// With which key; `None` on the upload page.
    pub key: Option<ApiKeyId>,
    /// The author's certificate.
    pub author: Option<Fingerprint>,
    /// The owner whose registration of it counted.
    pub signed_by: Option<AccountId>,
    /// The upper bound of the author's timestamp.
    pub timestamp: Option<OffsetDateTime>,
    /// The certificate of the authority that made the timestamp.
    pub tsa: Option<Fingerprint>,
    /// The trust anchor that the author's chain ended in.
    pub signing_anchor: Option<Fingerprint>,
    /// The trust anchor that the chain of the author's timestamp ended in.
    pub timestamping_anchor: Option<Fingerprint>,
    /// The feed's certificate that signed it.
    pub repository: Option<RepositoryCertificateId>,
    /// Whether the feed's signature has a timestamp; `None` where the feed did not sign.
    pub stamped: Option<bool>,
    /// What let it in.
    pub let_in: LetIn,
}

/// A version as the documents need it.
#[derive(Debug, Clone)]
pub struct StoredVersion {
    /// Its row.
    pub id: VersionId,
    /// Which version.
    pub version: NuGetVersion,
    /// Whether only clients that know SemVer 2 may see it.
    pub semver2: bool,
    /// Whether search shows it.
    pub listed: bool,
    /// When it was published.
    pub published_at: OffsetDateTime,
    /// How often it was downloaded.
    pub downloads: u64,
    /// Why an administrator has hidden it; `None` for one that readers see.
    pub hidden: Option<String>,
}

/// What a download needs.
#[derive(Debug, Clone)]
pub struct Download {
    /// Its row.
    pub id: VersionId,
    /// The bytes.
    pub content: ContentId,
    /// How many.
    pub size: u64,
    /// SHA-512 of them.
    pub sha512: [u8; 64],
}

/// What a repeated push is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// SHA-512 of what was pushed.
    pub pushed_sha512: [u8; 64],
    /// By whom.
    pub pusher: AccountId,
    /// With which key; `None` on the upload page.
    pub key: Option<ApiKeyId>,
    /// When.
    pub published_at: OffsetDateTime,
    /// Whether an administrator has hidden it since.
    pub hidden: bool,
}

/// What makes the pushed package from the served one.
#[derive(Debug, Clone)]
pub struct Original {
    /// What is served.
    pub content: ContentId,
    /// The recipe, as it was stored.
    pub recipe: Vec<u8>,
    /// SHA-512 of what was pushed.
    pub sha512: [u8; 64],
}

/// The columns for [`stored`], of a version `v`.
pub(super) const STORED: &str = "v.id, v.version, v.semver2, v.listed, v.published_at, v.downloads,
    CASE WHEN v.hidden_at IS NULL THEN NULL ELSE v.hidden_reason END AS hidden";

pub(super) fn stored(row: &Row<'_>) -> rusqlite::Result<StoredVersion> {
    let Moment(published_at) = row.get("published_at")?;
    Ok(StoredVersion {
        id: row.get("id")?,
        version: row.get("version")?,
        semver2: row.get("semver2")?,
        listed: row.get("listed")?,
        published_at,
        downloads: row.get("downloads")?,
        hidden: row.get("hidden")?,
    })
}

/// Joins a version that readers see to its registration by the two keys of a URL.
const BY_KEYS: &str =
    "FROM shown_version v JOIN registration r ON r.id = v.registration WHERE r.id_key = ?1 AND v.version_key = ?2";

impl Reads<'_> {
    /// The versions of a registration that readers see, in ascending order.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn versions(&self, registration: RegistrationId) -> Result<Vec<StoredVersion>, Error> {
        let mut query =
            self.0.prepare_cached(&format!("SELECT {STORED} FROM shown_version v WHERE v.registration = ?1"))?;
        let mut versions = query.query_map([registration], stored)?.collect::<Result<Vec<_>, _>>()?;
        versions.sort_by(|left, right| left.version.cmp(&right.version));
        Ok(versions)
    }

    /// One version that readers see.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn version(
        &self,
        id: &PackageId,
        version: &NuGetVersion,
    ) -> Result<Option<(RegistrationId, StoredVersion)>, Error> {
        let mut query = self.0.prepare_cached(&format!("SELECT {STORED}, v.registration {BY_KEYS}"))?;
        let found = query.query_row((id.key(), version.key()), |row| Ok((row.get("registration")?, stored(row)?)));
        Ok(found.optional()?)
    }

    /// Where the bytes of a version are.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn download(&self, id: &PackageId, version: &NuGetVersion) -> Result<Option<Download>, Error> {
        let sql =
            "SELECT v.id, v.content, c.size, v.sha512 FROM shown_version v JOIN registration r ON r.id = v.registration
                   JOIN content c ON c.id = v.content WHERE r.id_key = ?1 AND v.version_key = ?2";
        let mut query = self.0.prepare_cached(sql)?;
        let found = query.query_row((id.key(), version.key()), |row| {
            Ok(Download {
                id: row.get("id")?,
                content: row.get("content")?,
                size: row.get("size")?,
                sha512: row.get("sha512")?,
            })
        });
        Ok(found.optional()?)
    }

    /// What was pushed as a version, hidden or not.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn published(&self, version: VersionId) -> Result<Published, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT pushed_sha512, pusher, pusher_key, published_at, hidden_at IS NOT NULL AS hidden FROM version WHERE id = ?1",
        )?;
        Ok(query.query_row([version], |row| {
            let Moment(published_at) = row.get("published_at")?;
            Ok(Published {
                pushed_sha512: row.get("pushed_sha512")?,
                pusher: row.get("pusher")?,
                key: row.get("pusher_key")?,
                published_at,
                hidden: row.get("hidden")?,
            })
        })?)
    }

    /// What is needed to have the pushed package back.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn original(&self, id: &PackageId, version: &NuGetVersion) -> Result<Option<Original>, Error> {
        let mut query = self.0.prepare_cached(&format!("SELECT v.content, v.original, v.pushed_sha512 {BY_KEYS}"))?;
        let found = query.query_row((id.key(), version.key()), |row| {
            Ok(Original {
                content: row.get("content")?,
                recipe: row.get("original")?,
                sha512: row.get("pushed_sha512")?,
            })
        });
        Ok(found.optional()?)
    }

    /// The nuspec of a version, byte for byte.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn nuspec(&self, id: &PackageId, version: &NuGetVersion) -> Result<Option<Vec<u8>>, Error> {
        let mut query = self.0.prepare_cached(&format!("SELECT v.nuspec {BY_KEYS}"))?;
        Ok(query.query_row((id.key(), version.key()), |row| row.get("nuspec")).optional()?)
    }

    /// What the nuspec of a version says, as JSON.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn manifest(&self, version: VersionId) -> Result<String, Error> {
        let mut query = self.0.prepare_cached("SELECT manifest FROM version WHERE id = ?1")?;
        Ok(query.query_row([version], |row| row.get("manifest"))?)
    }

    /// The prepared entry of a version in the SemVer 2 hive, or in the SemVer 1 hive.
    ///
    /// # Errors
    /// What SQLite says, or an entry that was not made.
    pub fn leaf(&self, version: VersionId, semver2: bool) -> Result<Vec<u8>, Error> {
        let column = if semver2 { "leaf_semver2" } else { "leaf_semver1" };
        let mut query = self.0.prepare_cached(&format!("SELECT {column} FROM version WHERE id = ?1"))?;
        let leaf: Option<Vec<u8>> = query.query_row([version], |row| row.get(0))?;
        leaf.ok_or(Error::Corrupt("leaf"))
    }

    /// The versions of a registration whose entries must be made.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn versions_without_leaves(&self, registration: RegistrationId) -> Result<HashSet<VersionId>, Error> {
        let mut query =
            self.0.prepare_cached("SELECT id FROM version WHERE registration = ?1 AND leaf_semver2 IS NULL")?;
        Ok(query.query_map([registration], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Publishes a version: from this transaction's commit on it is on the feed.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the version exists: the unique index decides among pushes at once.
    pub fn add_version(&mut self, new: &NewVersion<'_>) -> Result<VersionId, Error> {
        let inserted = self.0.0.execute(
            "INSERT INTO version (registration, version, version_key, prerelease, semver2, published_at, manifest, nuspec, content,
               sha512, content_hash, pushed_sha512, pushed_size, original, pusher, author, signed_by, timestamp, repository, tsa,
               signing_anchor, timestamping_anchor, pusher_key, stamped, let_in)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23,
               ?24, ?25)
             ON CONFLICT (registration, version_key) DO NOTHING",
            rusqlite::params![
                new.registration,
                new.version.original(),
                new.version.key(),
                new.version.is_prerelease(),
                new.semver2,
                Moment(new.published_at),
                new.manifest,
                new.nuspec,
                new.content,
                new.sha512.as_slice(),
                new.content_hash,
                new.pushed_sha512.as_slice(),
                new.pushed_size,
                new.original,
                new.pusher,
                new.author,
                new.signed_by,
                new.timestamp.map(Moment),
                new.repository,
                new.tsa,
                new.signing_anchor,
                new.timestamping_anchor,
                new.key,
                new.stamped,
                new.let_in,
            ],
        )?;
        if inserted == 0 {
            return Err(Error::Conflict("the version exists"));
        }
        Ok(VersionId(self.0.0.last_insert_rowid()))
    }

    /// Lists or unlists a version. Its registration entries, which say so, must be made anew.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_listed(&mut self, version: VersionId, listed: bool) -> Result<(), Error> {
        self.0.0.execute(
            "UPDATE version SET listed = ?2, leaf_semver1 = NULL, leaf_semver2 = NULL WHERE id = ?1",
            (version, listed),
        )?;
        Ok(())
    }

    /// Stores the entries of a version in the two hives; `None` for one that leaves it out.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_leaves(&mut self, version: VersionId, semver1: Option<&[u8]>, semver2: &[u8]) -> Result<(), Error> {
        self.0.0.execute(
            "UPDATE version SET leaf_semver1 = ?2, leaf_semver2 = ?3 WHERE id = ?1",
            (version, semver1, semver2),
        )?;
        Ok(())
    }

    /// Forgets the entries of all versions of a registration.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn forget_leaves(&mut self, registration: RegistrationId) -> Result<(), Error> {
        self.0.0.execute(
            "UPDATE version SET leaf_semver1 = NULL, leaf_semver2 = NULL WHERE registration = ?1",
            [registration],
        )?;
        Ok(())
    }

    /// Adds downloads to a version and its registration, which is returned; `None` when the version is gone. Those of a hidden
    /// version don't count for its registration: they were on their way when it was hidden.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_downloads(&mut self, version: VersionId, count: u64) -> Result<Option<RegistrationId>, Error> {
        let sql =
            "UPDATE version SET downloads = downloads + ?2 WHERE id = ?1 RETURNING registration, hidden_at IS NULL";
        let counted = self.0.0.query_row(sql, (version, count), |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        let Some((registration, shown)): Option<(RegistrationId, bool)> = counted else { return Ok(None) };
        if shown {
            let sql = "UPDATE registration SET downloads = downloads + ?2 WHERE id = ?1";
            self.0.0.execute(sql, (registration, count))?;
        }
        Ok(Some(registration))
    }
}
