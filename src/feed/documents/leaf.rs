//! Registration documents that are asked for seldom, and so are made when they are: single leaves, and pages whose bounds
//! have changed since.

use super::Error;
use super::package::{Package, VersionFacts};
use super::registration::with_leaves;
use crate::app::App;
use crate::documents::Hive;
use crate::documents::registration::{self, PAGE_SIZE};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

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
        let package = Package::read(r, registration.id)?;
        let mut versions = package.in_hive(hive);
        versions.retain(|version| (lower..=upper).contains(&&version.version));
        versions.truncate(PAGE_SIZE);
        let id = &package.registration.package_id;
        Ok(with_leaves(r, hive, &versions, |leaves| registration::page(&app.urls, hive, id, leaves))?)
    })
}

/// The document of one version in one hive.
///
/// # Errors
/// What the store says, or a stored manifest that can't be read.
pub fn leaf(app: &App, id: &PackageId, version: &NuGetVersion, hive: Hive) -> Result<Option<Vec<u8>>, Error> {
    app.store.read(|r| {
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
