//! The entries of versions in the registration documents, made beforehand.

use std::collections::HashSet;

use super::packages::VersionId;
use super::registrations::RegistrationId;
use super::{Error, Reads, Writes};

impl Reads<'_> {
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
}
