//! The registration of an id: index, pages and leaves
//! (<https://learn.microsoft.com/nuget/api/registration-base-url-resource>).
//!
//! A leaf is written once, when its package changes; index and pages are put together from leaves. Deprecation and
//! vulnerabilities are not there yet. `releaseNotes` and `copyright` are left out as on nuget.org, for size.

use crate::domain::license_expression;
use crate::domain::manifest::{DependencyGroup, License};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

use super::hive::Hive;
use super::json::{self, Object};
use super::package_version::PackageVersion;
use super::timestamp;
use super::urls::Urls;

/// Most leaves in a page (nuget.org's number).
pub const PAGE_SIZE: usize = 64;

/// Most leaves of an id whose pages stand inside the index (nuget.org's number).
pub const MAX_INLINED: usize = 127;

/// A leaf written by [`leaf_fragment`], with its version.
#[derive(Debug, Clone, Copy)]
pub struct Leaf<'a> {
    /// The version it is about.
    pub version: &'a NuGetVersion,
    /// Its JSON.
    pub json: &'a [u8],
}

/// The leaf of a package as it stands in pages: an object with `catalogEntry`.
#[must_use]
pub fn leaf_fragment(urls: &Urls, hive: Hive, package: &PackageVersion<'_>) -> Vec<u8> {
    let content = urls.package_content(package.id, package.version);
    Object::new()
        .string("@id", &urls.registration_leaf(hive, package.id, package.version))
        .string("@type", "Package")
        .raw("catalogEntry", &catalog_entry(urls, hive, package))
        .string("packageContent", &content)
        .string("registration", &urls.registration_index(hive, package.id))
        .finish()
}

/// The leaf of a package as a document of its own, at [`Urls::registration_leaf`]. Its `catalogEntry` would have to be
/// the address of a catalog document, so it has none.
#[must_use]
pub fn leaf_document(urls: &Urls, hive: Hive, package: &PackageVersion<'_>) -> Vec<u8> {
    Object::new()
        .string("@id", &urls.registration_leaf(hive, package.id, package.version))
        .string("@type", "Package")
        .boolean("listed", package.listed)
        .string("packageContent", &urls.package_content(package.id, package.version))
        .string("published", &timestamp::utc(package.published))
        .string("registration", &urls.registration_index(hive, package.id))
        .finish()
}

/// The index with everything in it, for up to [`MAX_INLINED`] leaves in ascending order; `None` without leaves (the answer
/// is 404 then).
#[must_use]
pub fn index_with_leaves(urls: &Urls, hive: Hive, id: &PackageId, ascending: &[Leaf<'_>]) -> Option<Vec<u8>> {
    let url = urls.registration_index(hive, id);
    let page = |leaves: &[Leaf<'_>]| {
        let (lower, upper) = (leaves.first()?.version, leaves.last()?.version);
        let page_url = format!("{url}#page/{}/{}", lower.key(), upper.key());
        Some(page_items(page_head(&page_url, leaves.len(), lower, upper), leaves, &url))
    };
    let items = ascending.chunks(PAGE_SIZE).map(page).collect::<Option<Vec<_>>>()?;
    index(&url, &items)
}

/// The index that names the pages of [`PAGE_SIZE`] versions, for all versions in ascending order; `None` without
/// versions. The pages are documents of their own.
#[must_use]
pub fn index_of_pages(urls: &Urls, hive: Hive, id: &PackageId, ascending: &[&NuGetVersion]) -> Option<Vec<u8>> {
    let page = |versions: &[&NuGetVersion]| {
        let (lower, upper) = (versions.first()?, versions.last()?);
        Some(page_head(&urls.registration_page(hive, id, lower, upper), versions.len(), lower, upper).finish())
    };
    let items = ascending.chunks(PAGE_SIZE).map(page).collect::<Option<Vec<_>>>()?;
    index(&urls.registration_index(hive, id), &items)
}

fn index(url: &str, items: &[Vec<u8>]) -> Option<Vec<u8>> {
    let document = || {
        Object::new()
            .string("@id", url)
            .string("@type", "catalog:CatalogRoot")
            .count("count", items.len())
            .raw("items", &json::array(items))
            .finish()
    };
    (!items.is_empty()).then(document)
}

/// A page as a document of its own from any run of leaves in ascending order; `None` without leaves.
///
/// A client may hold an index from before a push, and a page that is gone crashes it. So a page must be servable for
/// bounds that no index names any more.
#[must_use]
pub fn page(urls: &Urls, hive: Hive, id: &PackageId, leaves: &[Leaf<'_>]) -> Option<Vec<u8>> {
    let (lower, upper) = (leaves.first()?.version, leaves.last()?.version);
    let object = page_head(&urls.registration_page(hive, id, lower, upper), leaves.len(), lower, upper);
    Some(page_items(object, leaves, &urls.registration_index(hive, id)))
}

fn page_head(url: &str, count: usize, lower: &NuGetVersion, upper: &NuGetVersion) -> Object {
    Object::new()
        .string("@id", url)
        .string("@type", "catalog:CatalogPage")
        .count("count", count)
        .string("lower", lower.normalized())
        .string("upper", upper.normalized())
}

fn page_items(page: Object, leaves: &[Leaf<'_>], index_url: &str) -> Vec<u8> {
    page.string("parent", index_url).raw("items", &json::array(leaves.iter().map(|leaf| leaf.json))).finish()
}

fn catalog_entry(urls: &Urls, hive: Hive, package: &PackageVersion<'_>) -> Vec<u8> {
    let manifest = package.manifest;
    let entry = Object::new()
        .string("@id", &urls.registration_leaf(hive, package.id, package.version))
        .string("@type", "PackageDetails")
        .string("id", package.id.as_str())
        .string("version", &package.version.full())
        .optional("authors", manifest.authors.as_deref());
    let mut entry = package.describe(entry, urls).optional("language", manifest.language.as_deref());
    if let Some(License::Expression(expression)) = &manifest.license {
        entry = entry
            .string("licenseExpression", expression.as_str())
            .string("licenseExpressionVersion", license_expression::VERSION);
    }
    if package.has_readme {
        let page = urls.package_version_page(package.id, package.version);
        entry = entry.string("readmeUrl", &format!("{page}#readme"));
    }
    if !manifest.dependency_groups.is_empty() {
        let groups = manifest.dependency_groups.iter().map(dependency_group);
        entry = entry.raw("dependencyGroups", &json::array(groups));
    }
    let entry = entry
        .boolean("listed", package.listed)
        .optional("minClientVersion", manifest.min_client_version.as_ref().map(NuGetVersion::full).as_deref())
        .string("packageContent", &urls.package_content(package.id, package.version))
        .string("published", &timestamp::utc(package.published))
        .boolean("requireLicenseAcceptance", manifest.require_license_acceptance);
    // Ours: clients read the members that they know and skip the others.
    match &package.signer {
        Some(signer) => entry.raw("signedBy", &signer.object()).finish(),
        None => entry.finish(),
    }
}

/// A group without dependencies still counts: it changes which group is nearest.
fn dependency_group(group: &DependencyGroup) -> Vec<u8> {
    let framework = group.target_framework.as_deref().filter(|framework| !framework.eq_ignore_ascii_case("any"));
    let object = Object::new().optional("targetFramework", framework);
    if group.dependencies.is_empty() {
        return object.finish();
    }
    let dependencies = group.dependencies.iter().map(|dependency| {
        Object::new().string("id", dependency.id.as_str()).string("range", &dependency.range.to_string()).finish()
    });
    object.raw("dependencies", &json::array(dependencies)).finish()
}
