//! The versions of packages.
//!
//! Whoever reads sees `shown_version`: a version that an administrator has hidden is in none of these answers, unless they say so.

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
pub(super) const BY_KEYS: &str =
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
}
