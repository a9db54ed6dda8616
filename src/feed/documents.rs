//! Keeps the documents of a package true: version list, registrations, search results.
//!
//! They are made in the transaction that changes the package, so a reader never sees a version without its documents or
//! the other way round. Leaves (one version in one hive) are kept; pages are put together from them, and only what came
//! out different is written.

use std::collections::{HashMap, HashSet};
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::app::App;
use crate::documents::registration::{self, Leaf};
use crate::documents::search::{Filter, SearchPackage, SearchVersion, result_fragment};
use crate::documents::{PackageVersion, flat_container};
use crate::domain::manifest::Manifest;
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::store::documents::Document;
use crate::store::packages::{StoredVersion, VersionId};
use crate::store::registrations::{Registration, RegistrationId};
use crate::store::search::SearchWords;
use crate::store::{self, Reads, Writes};

pub use crate::documents::Hive;

/// The name under which the version list is stored.
pub const VERSIONS: &str = "versions";
/// The public URL that the stored documents were made for.
const PUBLIC_URL: &str = "public_url";

/// Why documents can't be made.
#[derive(Debug, Error)]
pub enum Error {
    /// A manifest in the database can't be read.
    #[error("the stored manifest of a version can't be read: {0}")]
    Manifest(#[from] serde_json::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The name under which the registration index of a hive is stored.
#[must_use]
pub fn index_name(hive: Hive) -> String {
    format!("{hive:?}/index")
}

/// The name under which a registration page is stored.
#[must_use]
pub fn page_name(hive: Hive, lower: &NuGetVersion, upper: &NuGetVersion) -> String {
    format!("{hive:?}/page/{}/{}", lower.key(), upper.key())
}

/// The entity tag of a body, without quotes: the first 128 bits of its SHA-256.
#[must_use]
pub fn etag(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body).get(..16).unwrap_or_default())
}

/// Makes the documents of a package anew, after a version was added or its listing changed.
///
/// # Errors
/// What the store says, or a stored manifest that can't be read.
pub fn refresh(w: &mut Writes<'_>, app: &App, registration: RegistrationId) -> Result<(), Error> {
    let package = Package::read(w, registration)?;
    for version in &package.versions {
        if !w.has_leaf(version.id)? {
            package.write_leaf(w, app, version)?;
        }
    }
    let mut stored: HashSet<String> = HashSet::new();
    let etags = w.document_names(registration)?;
    for (name, body) in package.documents(w, app)? {
        let tag = etag(&body);
        if !etags.iter().any(|(known, known_tag)| *known == name && *known_tag == tag) {
            w.put_document(registration, &name, &Document { gzip: gzip(&body)?, plain: body, etag: tag })?;
        }
        stored.insert(name);
    }
    for (name, _) in etags {
        if !stored.contains(&name) {
            w.remove_document(registration, &name)?;
        }
    }
    package.write_search(w, app)
}

/// Makes all documents anew if they were made for another public URL.
///
/// # Errors
/// What the store says.
pub fn follow_public_url(app: &App) -> Result<(), Error> {
    let home = app.urls.home();
    if app.store.read(|r| r.meta(PUBLIC_URL))?.as_deref() == Some(home.as_bytes()) {
        return Ok(());
    }
    let registrations = app.store.read(|r| r.registrations())?;
    if !registrations.is_empty() {
        tracing::info!(packages = registrations.len(), "the public URL has changed: the documents are made anew");
    }
    for (registration, _) in registrations {
        app.store.write(|w| {
            w.forget_leaves(registration)?;
            refresh(w, app, registration)
        })?;
    }
    Ok(app.store.write(|w| w.set_meta(PUBLIC_URL, home.as_bytes()))?)
}

/// Adds downloads, and lets search tell the new numbers.
///
/// # Errors
/// What the store says.
pub fn count_downloads(app: &App, counted: &HashMap<VersionId, u64>) -> Result<(), Error> {
    app.store.write(|w| {
        let mut registrations = HashSet::new();
        for (version, count) in counted {
            if let Some(registration) = w.add_downloads(*version, *count)? {
                registrations.insert(registration);
            }
        }
        registrations.into_iter().try_for_each(|registration| Package::read(w, registration)?.write_search(w, app))
    })
}

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
        let mut versions = r.versions(registration.id)?;
        versions.retain(|version| {
            (lower..=upper).contains(&&version.version) && (hive == Hive::SemVer2 || !version.semver2)
        });
        versions.truncate(registration::PAGE_SIZE);
        let leaves =
            versions.iter().map(|version| r.leaf(version.id, hive == Hive::SemVer2)).collect::<Result<Vec<_>, _>>()?;
        let leaves: Vec<_> = versions.iter().zip(&leaves).map(|(v, json)| Leaf { version: &v.version, json }).collect();
        Ok(registration::page(&app.urls, hive, &registration.package_id, &leaves))
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
        let package = Package::read(r, registration)?;
        let facts = VersionFacts::read(r, app, &package, &stored)?;
        Ok(Some(registration::leaf_document(&app.urls, hive, &facts.package_version(&package, &stored))))
    })
}

/// A package with what its documents say.
struct Package {
    registration: Registration,
    owners: Vec<String>,
    versions: Vec<StoredVersion>,
    downloads: u64,
}

/// What only the documents of one version say.
struct VersionFacts {
    manifest: Manifest,
    kinds: Vec<String>,
    token: Option<String>,
}

impl VersionFacts {
    fn read(reads: &Reads<'_>, app: &App, package: &Package, version: &StoredVersion) -> Result<Self, Error> {
        Ok(Self {
            manifest: serde_json::from_str(&reads.manifest(version.id)?)?,
            kinds: reads.file_kinds(version.id)?,
            token: app.file_token(&package.registration.package_id, &version.version),
        })
    }

    fn package_version<'a>(&'a self, package: &'a Package, version: &'a StoredVersion) -> PackageVersion<'a> {
        let has = |kind: &str| self.kinds.iter().any(|known| known == kind);
        PackageVersion {
            id: &package.registration.package_id,
            version: &version.version,
            manifest: &self.manifest,
            listed: version.listed,
            published: version.published_at,
            icon_token: self.token.as_deref(),
            has_icon: has("icon"),
            has_readme: has("readme"),
            has_license_file: has("license"),
        }
    }
}

impl Package {
    fn read(reads: &Reads<'_>, id: RegistrationId) -> Result<Self, Error> {
        let versions = reads.versions(id)?;
        let owners = reads.owners(id)?.into_iter().map(|(_, name)| name.as_str().to_owned()).collect();
        let downloads = versions.iter().map(|version| version.downloads).sum();
        Ok(Self { registration: reads.registration_by_row(id)?, owners, versions, downloads })
    }

    fn write_leaf(&self, w: &mut Writes<'_>, app: &App, version: &StoredVersion) -> Result<(), Error> {
        let facts = VersionFacts::read(w, app, self, version)?;
        let package = facts.package_version(self, version);
        let leaf = |hive| registration::leaf_fragment(&app.urls, hive, &package);
        let semver1 = (!version.semver2).then(|| leaf(Hive::SemVer1));
        Ok(w.set_leaves(version.id, semver1.as_deref(), &leaf(Hive::SemVer2))?)
    }

    /// Every document of the package with its name.
    fn documents(&self, reads: &Reads<'_>, app: &App) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut documents = Vec::new();
        if !self.versions.is_empty() {
            let versions = self.versions.iter().map(|version| &version.version);
            documents.push((VERSIONS.to_owned(), flat_container::versions(versions)));
        }
        for hive in Hive::ALL {
            let shown = self.versions.iter().filter(|version| hive == Hive::SemVer2 || !version.semver2);
            let jsons = shown
                .clone()
                .map(|version| reads.leaf(version.id, hive == Hive::SemVer2))
                .collect::<Result<Vec<_>, _>>()?;
            let leaves: Vec<_> = shown.zip(&jsons).map(|(v, json)| Leaf { version: &v.version, json }).collect();
            let Some(made) = registration::pages(&app.urls, hive, &self.registration.package_id, &leaves) else {
                continue;
            };
            documents.push((index_name(hive), made.index));
            let pages = made.pages.into_iter();
            documents.extend(pages.map(|page| (format!("{hive:?}/page/{}/{}", page.lower, page.upper), page.json)));
        }
        Ok(documents)
    }

    /// The four search results, and the words of the newest listed version.
    fn write_search(&self, w: &mut Writes<'_>, app: &App) -> Result<(), Error> {
        let versions: Vec<_> = self.versions.iter().map(search_version).collect();
        let owners: Vec<&str> = self.owners.iter().map(String::as_str).collect();
        let found = SearchPackage { owners: &owners, total_downloads: self.downloads, versions: &versions };
        for filter in Filter::ALL {
            let key = (filter.prerelease, filter.semver2);
            let Some(latest) = found.latest(filter).and_then(|latest| self.stored(latest.version)) else {
                w.put_search_result(self.registration.id, key, None)?;
                continue;
            };
            let facts = VersionFacts::read(w, app, self, latest)?;
            let fragment = result_fragment(&app.urls, filter, &found, &facts.package_version(self, latest));
            w.put_search_result(self.registration.id, key, Some((&types(&facts.manifest), &fragment)))?;
        }
        let newest = self.versions.iter().rev().find(|version| version.listed).or(self.versions.last());
        match newest {
            Some(newest) => self.write_words(w, &VersionFacts::read(w, app, self, newest)?.manifest),
            None => Ok(()),
        }
    }

    fn stored(&self, version: &NuGetVersion) -> Option<&StoredVersion> {
        self.versions.iter().find(|stored| stored.version == *version)
    }

    fn write_words(&self, w: &mut Writes<'_>, manifest: &Manifest) -> Result<(), Error> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let id = self.registration.package_id.as_str();
        let words = SearchWords {
            package_id: &format!("{id} {}", camel_words(id)),
            title: &text(&manifest.title),
            tags: &manifest.tags.join(" "),
            description: &format!("{} {}", text(&manifest.description), text(&manifest.summary)),
            authors: &text(&manifest.authors),
            owners: &self.owners.join(" "),
        };
        Ok(w.put_search_words(self.registration.id, &words)?)
    }
}

fn search_version(stored: &StoredVersion) -> SearchVersion<'_> {
    let StoredVersion { version, semver2, listed, downloads, .. } = stored;
    SearchVersion { version, semver2: *semver2, listed: *listed, downloads: *downloads }
}

/// The package types in lower case, each between blanks.
fn types(manifest: &Manifest) -> String {
    let names: Vec<String> = manifest.package_type_names().map(str::to_lowercase).collect();
    format!(" {} ", names.join(" "))
}

/// `JsonReader` as `Json Reader`, so that the second word is found too.
fn camel_words(id: &str) -> String {
    let mut words = String::with_capacity(id.len() + 8);
    let mut before = ' ';
    for character in id.chars() {
        if character.is_uppercase() && before.is_lowercase() {
            words.push(' ');
        }
        words.push(if character.is_alphanumeric() { character } else { ' ' });
        before = character;
    }
    words
}

fn gzip(body: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::new(6));
    let written = encoder.write_all(body).and_then(|()| encoder.finish());
    written.map_err(|_| store::Error::Corrupt("document").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_inside_an_id_are_found() {
        assert_eq!(camel_words("Contoso.JsonReader-v2"), "Contoso Json Reader v2");
    }
}
