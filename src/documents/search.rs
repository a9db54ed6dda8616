//! Answers of search and completion (<https://learn.microsoft.com/nuget/api/search-query-service-resource>).
//!
//! It writes what was found. It does not find, rank or count.

use crate::domain::version::NuGetVersion;

use super::hive::Hive;
use super::json::{self, Object};
use super::package_version::PackageVersion;
use super::urls::Urls;

/// Which versions a client asked for. The "latest" version of a package moves with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Filter {
    /// `prerelease=true`.
    pub prerelease: bool,
    /// `semVerLevel=2.0.0` or above.
    pub semver2: bool,
}

impl Filter {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self { prerelease: false, semver2: false },
        Self { prerelease: true, semver2: false },
        Self { prerelease: false, semver2: true },
        Self { prerelease: true, semver2: true },
    ];

    /// The registration hive that fits.
    #[must_use]
    pub fn hive(self) -> Hive {
        if self.semver2 { Hive::SemVer2 } else { Hive::SemVer1 }
    }

    /// Whether the version is listed and passes.
    #[must_use]
    pub fn shows(self, version: &SearchVersion<'_>) -> bool {
        version.listed && (self.prerelease || !version.version.is_prerelease()) && (self.semver2 || !version.semver2)
    }
}

/// An id with what search says about it.
#[derive(Debug, Clone, Copy)]
pub struct SearchPackage<'a> {
    /// Names of the accounts that own it; never the nuspec's `owners`, which anybody can write.
    pub owners: &'a [&'a str],
    /// Downloads of all its versions, also of those that are not given.
    pub total_downloads: u64,
    /// Its versions in ascending order; those that do not pass the filter are skipped.
    pub versions: &'a [SearchVersion<'a>],
}

/// A version as far as every result lists it.
#[derive(Debug, Clone, Copy)]
pub struct SearchVersion<'a> {
    /// The version.
    pub version: &'a NuGetVersion,
    /// Whether only clients that know SemVer 2 may see it.
    pub semver2: bool,
    /// Whether search shows it.
    pub listed: bool,
    /// How often it was fetched.
    pub downloads: u64,
}

impl<'a> SearchPackage<'a> {
    /// The version that stands for the package under a filter: the highest that passes; `None` if it is no hit.
    #[must_use]
    pub fn latest(&self, filter: Filter) -> Option<&'a SearchVersion<'a>> {
        self.versions.iter().rev().find(|version| filter.shows(version))
    }
}

/// The result object of a package under a filter that it passes; `latest` is the package of [`SearchPackage::latest`].
#[must_use]
pub fn result_fragment(urls: &Urls, filter: Filter, found: &SearchPackage<'_>, latest: &PackageVersion<'_>) -> Vec<u8> {
    let shown = found.versions.iter().filter(|version| filter.shows(version));
    let registration = urls.registration_index(filter.hive(), latest.id);
    let types = latest.manifest.package_type_names().map(|name| Object::new().string("name", name).finish());
    let versions = shown.map(|version| {
        Object::new()
            .string("@id", &urls.registration_leaf(filter.hive(), latest.id, version.version))
            .string("version", &version.version.full())
            .number("downloads", version.downloads)
            .finish()
    });
    let object = Object::new()
        .string("@id", &registration)
        .string("@type", "Package")
        .string("registration", &registration)
        .string("id", latest.id.as_str())
        .string("version", &latest.version.full());
    let object = latest
        .describe(object, urls)
        .strings("authors", authors(latest))
        .strings("owners", found.owners.iter().copied())
        .number("totalDownloads", found.total_downloads)
        .boolean("verified", false)
        .raw("packageTypes", &json::array(types))
        .raw("versions", &json::array(versions));
    object.finish()
}

/// `{"totalHits":n,"data":[...]}` from fragments of [`result_fragment`]. `total_hits` counts all hits, not those on this
/// page: PSResourceGet computes from it how many pages to ask for.
#[must_use]
pub fn results(total_hits: u64, fragments: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Vec<u8> {
    Object::new().number("totalHits", total_hits).raw("data", &json::array(fragments)).finish()
}

/// Completion of ids (`?q=`): all hits counted, ids in their own case
/// (<https://learn.microsoft.com/nuget/api/search-autocomplete-service-resource>).
#[must_use]
pub fn autocomplete_ids<'a>(total_hits: u64, ids: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    Object::new().number("totalHits", total_hits).strings("data", ids).finish()
}

/// Completion of versions (`?id=`): the listed versions that pass, ascending, with metadata. Empty for an unknown id.
#[must_use]
pub fn autocomplete_versions<'a>(ascending: impl IntoIterator<Item = &'a NuGetVersion>) -> Vec<u8> {
    let versions: Vec<String> = ascending.into_iter().map(NuGetVersion::full).collect();
    Object::new().strings("data", versions.iter().map(String::as_str)).finish()
}

fn authors<'a>(package: &PackageVersion<'a>) -> impl Iterator<Item = &'a str> {
    package.manifest.authors.as_deref().unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty())
}
