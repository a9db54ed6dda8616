//! IDs and versions in URLs. In any case and any spelling of a version; what is none of either is answered 404.

use serde::{Deserialize, Deserializer};

use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

/// `{id}` and `{version}`.
pub(crate) struct PackagePath {
    /// The ID in the spelling of the URL.
    pub id: PackageId,
    /// The version likewise.
    pub version: NuGetVersion,
}

#[derive(Deserialize)]
struct Raw {
    id: String,
    version: String,
}

impl<'de> Deserialize<'de> for PackagePath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::deserialize(deserializer)?;
        let id = PackageId::parse_unicode(&raw.id).map_err(serde::de::Error::custom)?;
        let version = NuGetVersion::parse(&raw.version).map_err(serde::de::Error::custom)?;
        Ok(Self { id, version })
    }
}

/// The lower-case key of an ID in a URL, or `None` for a text that is no ID.
pub(super) fn id_key(id: &str) -> Option<String> {
    PackageId::parse_unicode(id).ok().map(|id| id.key().to_owned())
}
