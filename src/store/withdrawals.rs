//! Versions that were taken off the feed: hidden ones, and the numbers of removed ones.

use rusqlite::OptionalExtension;
use serde::Serialize;
use time::OffsetDateTime;

use super::columns::Moment;
use super::content::ContentId;
use super::packages::{STORED, StoredVersion, VersionId, stored};
use super::registrations::RegistrationId;
use super::{Error, Reads, Writes};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

/// A version that was taken off the feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Withdrawn {
    /// Of which package.
    #[serde(rename = "id", serialize_with = "display")]
    pub package_id: PackageId,
    /// Which version.
    #[serde(serialize_with = "display")]
    pub version: NuGetVersion,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// By whom, as records name them.
    pub by: String,
    /// Why; may be empty for a removed one.
    pub reason: String,
}

/// Who takes a version off the feed, when and why.
#[derive(Debug, Clone, Copy)]
pub struct Withdrawal<'a> {
    /// Who, as records name them.
    pub by: &'a str,
    /// When.
    pub at: OffsetDateTime,
    /// Why.
    pub reason: &'a str,
}

/// How the versions that were taken off stand in order, newest first, and which part is asked for.
const PART: &str = "ORDER BY at DESC, r.id_key, version_key LIMIT ?1 OFFSET ?2";

fn display<S: serde::Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

fn withdrawn(row: &rusqlite::Row<'_>) -> rusqlite::Result<Withdrawn> {
    let Moment(at) = row.get("at")?;
    Ok(Withdrawn {
        package_id: row.get("package_id")?,
        version: row.get("version")?,
        at,
        by: row.get("by")?,
        reason: row.get("reason")?,
    })
}

impl Reads<'_> {
    /// All versions of a registration in ascending order, hidden ones too.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn versions_with_hidden(&self, registration: RegistrationId) -> Result<Vec<StoredVersion>, Error> {
        let mut query = self.0.prepare_cached(&format!("SELECT {STORED} FROM version v WHERE v.registration = ?1"))?;
        let mut versions = query.query_map([registration], stored)?.collect::<Result<Vec<_>, _>>()?;
        versions.sort_by(|left, right| left.version.cmp(&right.version));
        Ok(versions)
    }

    /// How many bytes of a version are served, or would be if it were not hidden.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn served_size(&self, version: VersionId) -> Result<u64, Error> {
        let sql = "SELECT c.size FROM version v JOIN content c ON c.id = v.content WHERE v.id = ?1";
        Ok(self.0.prepare_cached(sql)?.query_row([version], |row| row.get("size"))?)
    }

    /// The numbers of a registration's versions that were removed and not freed since.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn removed_numbers(&self, registration: RegistrationId) -> Result<Vec<NuGetVersion>, Error> {
        let mut query = self.0.prepare_cached("SELECT version FROM removed_version WHERE registration = ?1")?;
        Ok(query.query_map([registration], |row| row.get("version"))?.collect::<Result<_, _>>()?)
    }

    /// When, by whom and why the version of this number was removed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn removed_version(
        &self,
        registration: RegistrationId,
        number: &NuGetVersion,
    ) -> Result<Option<Withdrawn>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT r.package_id, x.version, x.removed_at AS at, x.removed_by AS by, x.reason
             FROM removed_version x JOIN registration r ON r.id = x.registration WHERE x.registration = ?1 AND x.version_key = ?2",
        )?;
        Ok(query.query_row((registration, number.key()), withdrawn).optional()?)
    }

    /// When, by whom and why a version was hidden; `None` for one that readers see.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn hidden_version(&self, version: VersionId) -> Result<Option<Withdrawn>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT r.package_id, v.version, v.hidden_at AS at, v.hidden_by AS by, v.hidden_reason AS reason
             FROM version v JOIN registration r ON r.id = v.registration WHERE v.id = ?1 AND v.hidden_at IS NOT NULL",
        )?;
        Ok(query.query_row([version], withdrawn).optional()?)
    }

    /// The hidden versions, the last one first: `limit` of them after leaving out `skip`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn hidden_versions(&self, skip: u64, limit: u32) -> Result<Vec<Withdrawn>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "SELECT r.package_id, v.version, v.hidden_at AS at, v.hidden_by AS by, v.hidden_reason AS reason
             FROM version v JOIN registration r ON r.id = v.registration WHERE v.hidden_at IS NOT NULL {PART}"
        ))?;
        Ok(query.query_map((limit, skip), withdrawn)?.collect::<Result<_, _>>()?)
    }

    /// The removed versions whose number is not free, the last one first: `limit` of them after leaving out `skip`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn removed_versions(&self, skip: u64, limit: u32) -> Result<Vec<Withdrawn>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "SELECT r.package_id, x.version, x.removed_at AS at, x.removed_by AS by, x.reason
             FROM removed_version x JOIN registration r ON r.id = x.registration {PART}"
        ))?;
        Ok(query.query_map((limit, skip), withdrawn)?.collect::<Result<_, _>>()?)
    }

    /// How many versions are hidden, and how many numbers of removed ones are not free.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count_withdrawn(&self) -> Result<(u64, u64), Error> {
        let sql =
            "SELECT (SELECT count(*) FROM version WHERE hidden_at IS NOT NULL), (SELECT count(*) FROM removed_version)";
        Ok(self.0.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?)
    }
}

impl Writes<'_> {
    /// Hides a version. Its documents must be made anew without it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn hide_version(&mut self, version: VersionId, withdrawal: Withdrawal<'_>) -> Result<(), Error> {
        let Withdrawal { by, at, reason } = withdrawal;
        self.0.0.execute(
            "UPDATE version SET hidden_at = ?2, hidden_by = ?3, hidden_reason = ?4, leaf_semver1 = NULL, leaf_semver2 = NULL
             WHERE id = ?1",
            (version, Moment(at), by, reason),
        )?;
        self.count_again(version)
    }

    /// Shows a hidden version again. Its documents must be made anew with it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn show_version(&mut self, version: VersionId) -> Result<(), Error> {
        self.0.0.execute(
            "UPDATE version SET hidden_at = NULL, hidden_by = '', hidden_reason = '', leaf_semver1 = NULL, leaf_semver2 = NULL
             WHERE id = ?1",
            [version],
        )?;
        self.count_again(version)
    }

    /// Removes a version, keeps its number as burnt, and makes its content pending again. That is returned: it is dropped
    /// afterwards, in transactions of its own, or swept by a server that starts.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_version(&mut self, version: VersionId, withdrawal: Withdrawal<'_>) -> Result<ContentId, Error> {
        let Withdrawal { by, at, reason } = withdrawal;
        self.0.0.execute(
            "INSERT INTO removed_version (registration, version, version_key, removed_at, removed_by, reason)
             SELECT registration, version, version_key, ?2, ?3, ?4 FROM version WHERE id = ?1",
            (version, Moment(at), by, reason),
        )?;
        self.0.0.execute("DELETE FROM package_file WHERE version = ?1", [version])?;
        self.0.0.execute("DELETE FROM void_signature WHERE version = ?1", [version])?;
        let (registration, content): (RegistrationId, ContentId) = self.0.0.query_row(
            "DELETE FROM version WHERE id = ?1 RETURNING registration, content",
            [version],
            |row| Ok((row.get("registration")?, row.get("content")?)),
        )?;
        self.0.0.execute("UPDATE content SET pending = 1 WHERE id = ?1", [content])?;
        self.sum_downloads(registration)?;
        Ok(content)
    }

    /// Lets the number of a removed version be pushed again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn free_number(&mut self, registration: RegistrationId, number: &NuGetVersion) -> Result<(), Error> {
        let sql = "DELETE FROM removed_version WHERE registration = ?1 AND version_key = ?2";
        self.0.0.execute(sql, (registration, number.key()))?;
        Ok(())
    }

    fn count_again(&mut self, version: VersionId) -> Result<(), Error> {
        let sql = "SELECT registration FROM version WHERE id = ?1";
        let registration = self.0.0.query_row(sql, [version], |row| row.get("registration"))?;
        self.sum_downloads(registration)
    }

    /// Lets a registration have the downloads of the versions that readers see.
    fn sum_downloads(&mut self, registration: RegistrationId) -> Result<(), Error> {
        self.0.0.execute(
            "UPDATE registration SET downloads =
               (SELECT coalesce(sum(v.downloads), 0) FROM shown_version v WHERE v.registration = registration.id) WHERE id = ?1",
            [registration],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// Where SQL may look at hidden versions too, and why.
    const ALL_VERSIONS: &[(&str, &str)] = &[
        ("certificate_uses.rs", "the revocation of what signed a hidden version matters: it may be shown again"),
        ("certificates.rs", "a certificate that signed a hidden version did sign it"),
        ("leaves.rs", "documents are made of versions that were found before"),
        ("listed_certificates.rs", "how many versions signed with a certificate are hidden, and keep its registration"),
        ("owned_packages.rs", "its owners read how many of an ID are hidden"),
        ("packages.rs", "a version by its row, which was found before; writes"),
        ("pushed_packages.rs", "a version by its row, which was found before; a hidden version has its number too"),
        ("signed_versions.rs", "what is decided about signatures is decided for hidden versions too"),
        ("trust_anchors.rs", "administrators count what ends in a root"),
        ("version_signatures.rs", "a version by its row; the list of who signed what says which are hidden"),
        ("void_signatures.rs", "what does not count any more is written of hidden versions too"),
        ("void_signatures/filter.rs", "owners and administrators decide about hidden versions too, which are marked"),
        ("withdrawals.rs", "this"),
    ];

    /// All files of a folder and of those in it.
    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn a_query_that_sees_hidden_versions_stands_in_a_file_that_says_why() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        let files = files(&folder);
        assert!(files.len() > 30, "{files:?}");
        for path in files {
            let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
            if name.ends_with("tests.rs") {
                continue;
            }
            let text = fs::read_to_string(path).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            let words: Vec<&str> = code.split_whitespace().collect();
            let from = |pair: &[&str]| {
                let table = pair[1].trim_end_matches(['"', ';', ',', ')']);
                pair[0].trim_start_matches('"').ends_with("FROM") && table == "version" || pair == ["JOIN", "version"]
            };
            let sees_all = words.windows(2).any(from);
            let known = ALL_VERSIONS.iter().any(|(file, _)| *file == name);
            assert!(
                !sees_all || known,
                "{name}: read `shown_version`, or say here why hidden versions belong to the answer"
            );
        }
    }
}
