//! The registration documents of a package in one hive: an index, and pages beside it when there are many versions.

use super::package::Package;
use super::{Changed, Error, Shelf, index_name, page_name};
use crate::app::App;
use crate::documents::Hive;
use crate::documents::registration::{self, Leaf, MAX_INLINED, PAGE_SIZE};
use crate::store::packages::StoredVersion;
use crate::store::{self, Reads, Writes};

/// Stores the index and those pages that say something else than before.
pub(super) fn write(
    w: &mut Writes<'_>,
    app: &App,
    package: &Package,
    hive: Hive,
    changed: &Changed,
    shelf: &mut Shelf,
) -> Result<(), Error> {
    let id = &package.registration.package_id;
    let shown = package.in_hive(hive);
    if shown.len() <= MAX_INLINED {
        let index =
            with_leaves(w, hive, &shown, |leaves| registration::index_with_leaves(&app.urls, hive, id, leaves))?;
        return index.map_or(Ok(()), |index| shelf.put(w, index_name(hive), index));
    }
    let versions: Vec<_> = shown.iter().map(|version| &version.version).collect();
    if let Some(index) = registration::index_of_pages(&app.urls, hive, id, &versions) {
        shelf.put(w, index_name(hive), index)?;
    }
    for versions in shown.chunks(PAGE_SIZE) {
        let (Some(first), Some(last)) = (versions.first(), versions.last()) else { continue };
        let name = page_name(hive, &first.version, &last.version);
        if !changed.touches(versions) && shelf.keep(&name) {
            continue;
        }
        if let Some(page) = with_leaves(w, hive, versions, |leaves| registration::page(&app.urls, hive, id, leaves))? {
            shelf.put(w, name, page)?;
        }
    }
    Ok(())
}

/// What `make` makes of the leaves of `versions`.
pub(super) fn with_leaves<T>(
    reads: &Reads<'_>,
    hive: Hive,
    versions: &[&StoredVersion],
    make: impl FnOnce(&[Leaf<'_>]) -> T,
) -> Result<T, store::Error> {
    let leaf = |version: &&StoredVersion| reads.leaf(version.id, hive == Hive::SemVer2);
    let jsons = versions.iter().map(leaf).collect::<Result<Vec<_>, _>>()?;
    let leaves: Vec<_> = versions.iter().zip(&jsons).map(|(v, json)| Leaf { version: &v.version, json }).collect();
    Ok(make(&leaves))
}
