//! Registration documents that are asked for seldom, and so are made when they are: single leaves, and pages whose bounds
//! have changed since.

use std::ops::RangeInclusive;

use super::package::{Package, VersionFacts};
use super::registration::with_leaves;
use super::{Error, VERSIONS};
use crate::app::App;
use crate::documents::registration::{self, PAGE_SIZE};
use crate::documents::{Hive, flat_container};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::store::documents::Encoding;
use crate::store::packages::StoredVersion;
use crate::store::{self, Reads};

/// A page for bounds that no index names any more, from the versions between them. `None` when there are none.
///
/// # Errors
/// What the store says.
pub fn page_between(
    app: &App,
    id_key: &str,
    hive: Hive,
    lower: &NuGetVersion,
    upper: &NuGetVersion,
) -> Result<Option<Vec<u8>>, Error> {
    let Ok(id) = PackageId::parse_unicode(id_key) else { return Ok(None) };
    app.store.read(|r| {
        let Some(registration) = r.registration(&id)? else { return Ok(None) };
        let versions = versions_between(r, &id, hive, lower..=upper)?;
        let (versions, id) = (versions.iter().collect::<Vec<_>>(), &registration.package_id);
        Ok(with_leaves(r, hive, &versions, |leaves| registration::page(&app.urls, hive, id, leaves))?)
    })
}

/// The first page of those between the bounds. Which there are says the prepared list: of a package with thousands, only those
/// that stand on the page are read.
fn versions_between(
    reads: &Reads<'_>,
    id: &PackageId,
    hive: Hive,
    bounds: RangeInclusive<&NuGetVersion>,
) -> Result<Vec<StoredVersion>, store::Error> {
    let list = reads.document(id.key(), VERSIONS, Encoding::Identity)?.map(|(body, _)| body).unwrap_or_default();
    let between = flat_container::listed(&list).into_iter().filter(|version| bounds.contains(&version));
    let mut found = Vec::new();
    for version in between {
        let stored = reads.version(id, &version)?.map(|(_, stored)| stored);
        found.extend(stored.filter(|stored| hive == Hive::SemVer2 || !stored.semver2));
        if found.len() == PAGE_SIZE {
            break;
        }
    }
    Ok(found)
}

/// The document of one version in one hive.
///
/// # Errors
/// What the store says, or a stored manifest that can't be read.
pub fn leaf(app: &App, id: &PackageId, version: &NuGetVersion, hive: Hive) -> Result<Option<Vec<u8>>, Error> {
    app.store.look_up(|r| {
        let Some((registration, stored)) = r.version(id, version)? else { return Ok(None) };
        if stored.semver2 && hive == Hive::SemVer1 {
            return Ok(None);
        }
        let registration = r.registration_by_row(registration)?;
        let package = Package { registration, owners: Vec::new(), versions: Vec::new() };
        let facts = VersionFacts::read(r, app, &package, &stored)?;
        Ok(Some(registration::leaf_document(&app.urls, hive, &facts.package_version(&package, &stored))))
    })
}
