//! Versions that carry their author's signature, with what a later decision about it needs.

use time::OffsetDateTime;

use super::columns::Moment;
use super::packages::VersionId;
use super::registrations::RegistrationId;
use super::{Error, Reads};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

/// An author-signed version.
#[derive(Debug, Clone)]
pub struct SignedVersion {
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
    /// When it was published.
    pub published_at: OffsetDateTime,
    /// The signer's certificate.
    pub author: Fingerprint,
    /// The upper bound of the timestamp; `None` without a timestamp.
    pub timestamp: Option<OffsetDateTime>,
    /// The certificate of the timestamping authority; `None` without a timestamp.
    pub tsa: Option<Fingerprint>,
}

impl Reads<'_> {
    /// All author-signed versions by ID and publication.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn signed_versions(&self) -> Result<Vec<SignedVersion>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT v.id, v.registration, r.package_id, v.version, v.listed, v.published_at, v.author, v.timestamp, v.tsa
             FROM version v JOIN registration r ON r.id = v.registration WHERE v.author IS NOT NULL
             ORDER BY r.id_key, v.id",
        )?;
        let versions = query.query_map([], |row| {
            let Moment(published_at) = row.get("published_at")?;
            let timestamp: Option<Moment> = row.get("timestamp")?;
            Ok(SignedVersion {
                id: row.get("id")?,
                registration: row.get("registration")?,
                package_id: row.get("package_id")?,
                version: row.get("version")?,
                listed: row.get("listed")?,
                published_at,
                author: row.get("author")?,
                timestamp: timestamp.map(|Moment(at)| at),
                tsa: row.get("tsa")?,
            })
        })?;
        Ok(versions.collect::<Result<_, _>>()?)
    }

    /// The certificates that signed or timestamped a version that is on the feed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn signing_fingerprints(&self) -> Result<(Vec<Fingerprint>, Vec<Fingerprint>), Error> {
        let column = |sql: &str| -> Result<Vec<Fingerprint>, Error> {
            let mut query = self.0.prepare_cached(sql)?;
            Ok(query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
        };
        Ok((
            column("SELECT DISTINCT author FROM version WHERE author IS NOT NULL")?,
            column("SELECT DISTINCT tsa FROM version WHERE tsa IS NOT NULL")?,
        ))
    }
}
