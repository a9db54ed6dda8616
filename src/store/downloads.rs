//! Downloads of versions: where the bytes are, and how often they were fetched.

use rusqlite::OptionalExtension;

use super::content::ContentId;
use super::packages::VersionId;
use super::registrations::RegistrationId;
use super::{Error, Reads, Writes};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

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

impl Reads<'_> {
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
}

impl Writes<'_> {
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
