//! What was pushed as a version, before the feed signed it.

use rusqlite::OptionalExtension;
use time::OffsetDateTime;

use super::columns::Moment;
use super::content::ContentId;
use super::packages::{BY_KEYS, VersionId};
use super::{Error, Reads};
use crate::domain::account::AccountId;
use crate::domain::api_key::ApiKeyId;
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

/// What was pushed as a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushedFile {
    /// SHA-512 of it.
    pub sha512: [u8; 64],
    /// Its length in bytes.
    pub size: u64,
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

impl Reads<'_> {
    /// What was pushed as a version, before the feed signed it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn pushed_file(&self, version: VersionId) -> Result<PushedFile, Error> {
        let mut query = self.0.prepare_cached("SELECT pushed_sha512, pushed_size FROM version WHERE id = ?1")?;
        Ok(query.query_row([version], |row| {
            Ok(PushedFile { sha512: row.get("pushed_sha512")?, size: row.get("pushed_size")? })
        })?)
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
}
