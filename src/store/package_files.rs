//! The files of a version that are shown beside it: icon, readme, licence.

use rusqlite::OptionalExtension;

use super::packages::VersionId;
use super::{Error, Reads, Writes};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

/// A file of a package that is shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageFile {
    /// Its media type.
    pub media_type: String,
    /// Its bytes, at most a mebibyte.
    pub bytes: Vec<u8>,
}

impl Reads<'_> {
    /// Which of icon, readme and licence a version has.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn file_kinds(&self, version: VersionId) -> Result<Vec<String>, Error> {
        let mut query = self.0.prepare_cached("SELECT kind FROM package_file WHERE version = ?1")?;
        Ok(query.query_map([version], |row| row.get("kind"))?.collect::<Result<_, _>>()?)
    }

    /// The `icon`, `readme` or `license` of a version that readers see.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn package_file(
        &self,
        id: &PackageId,
        version: &NuGetVersion,
        kind: &str,
    ) -> Result<Option<PackageFile>, Error> {
        let sql = "SELECT f.media_type, f.bytes FROM shown_version v JOIN registration r ON r.id = v.registration
                   JOIN package_file f ON f.version = v.id WHERE r.id_key = ?1 AND v.version_key = ?2 AND f.kind = ?3";
        let mut query = self.0.prepare_cached(sql)?;
        let found = query.query_row((id.key(), version.key(), kind), |row| {
            Ok(PackageFile { media_type: row.get("media_type")?, bytes: row.get("bytes")? })
        });
        Ok(found.optional()?)
    }
}

impl Writes<'_> {
    /// Adds the `icon`, `readme` or `license` of a version.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_package_file(&mut self, version: VersionId, kind: &str, file: &PackageFile) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO package_file VALUES (?1, ?2, ?3, ?4)",
            (version, kind, &file.media_type, &file.bytes),
        )?;
        Ok(())
    }
}
