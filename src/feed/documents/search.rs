//! What search answers about a package, and the words by which it is found.

use std::collections::{HashMap, HashSet};

use super::Error;
use super::package::{Package, VersionFacts};
use crate::app::App;
use crate::documents::search::{Filter, SearchPackage, SearchVersion, result_fragment};
use crate::domain::manifest::Manifest;
use crate::domain::version::NuGetVersion;
use crate::store::Writes;
use crate::store::packages::{StoredVersion, VersionId};
use crate::store::search::SearchWords;

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
        registrations.into_iter().try_for_each(|registration| write_results(w, app, &Package::read(w, registration)?))
    })
}

/// The results for each of: with prereleases or not, with SemVer 2 or not.
pub(super) fn write_results(w: &mut Writes<'_>, app: &App, package: &Package) -> Result<(), Error> {
    let versions: Vec<_> = package.versions.iter().map(search_version).collect();
    let owners: Vec<&str> = package.owners.iter().map(String::as_str).collect();
    let total_downloads = versions.iter().map(|version| version.downloads).sum();
    let found = SearchPackage { owners: &owners, total_downloads, versions: &versions };
    for filter in Filter::ALL {
        let key = (filter.prerelease, filter.semver2);
        let Some(latest) = found.latest(filter).and_then(|latest| stored(package, latest.version)) else {
            w.put_search_result(package.registration.id, key, None)?;
            continue;
        };
        let facts = VersionFacts::read(w, app, package, latest)?;
        let fragment = result_fragment(&app.urls, filter, &found, &facts.package_version(package, latest));
        w.put_search_result(package.registration.id, key, Some((&types(&facts.manifest), &fragment)))?;
    }
    Ok(())
}

/// The words of the newest listed version; none for a package without versions.
pub(super) fn write_words(w: &mut Writes<'_>, package: &Package) -> Result<(), Error> {
    let newest = package.versions.iter().rev().find(|version| version.listed).or(package.versions.last());
    let Some(newest) = newest else { return Ok(w.remove_search_words(package.registration.id)?) };
    let manifest: Manifest = serde_json::from_str(&w.manifest(newest.id)?)?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let id = package.registration.package_id.as_str();
    let words = SearchWords {
        package_id: &format!("{id} {}", camel_words(id)),
        title: &text(&manifest.title),
        tags: &manifest.tags.join(" "),
        description: &format!("{} {}", text(&manifest.description), text(&manifest.summary)),
        authors: &text(&manifest.authors),
        owners: &package.owners.join(" "),
    };
    Ok(w.put_search_words(package.registration.id, &words)?)
}

fn stored<'a>(package: &'a Package, version: &NuGetVersion) -> Option<&'a StoredVersion> {
    package.versions.iter().find(|stored| stored.version == *version)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_inside_an_id_are_found() {
        assert_eq!(camel_words("Contoso.JsonReader-v2"), "Contoso Json Reader v2");
    }
}
