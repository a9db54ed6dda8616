//! Keeps the documents of a package true: version list, registrations, search results.
//!
//! They are made in the transaction that changes the package, so a reader never sees a version without its documents or
//! the other way round. Leaves (one version in one hive) are kept; a document is put together again only when something
//! in it has changed, so a push costs the same for the first version of a package and for the thousandth.

mod leaf;
mod package;
mod registration;
mod search;

use std::collections::{HashMap, HashSet};
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use thiserror::Error;

pub use leaf::{leaf, page_between};
pub use search::count_downloads;

use crate::app::App;
use crate::documents::{Hive, etag, flat_container};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::feed::jobs::{Job, Run};
use crate::store::documents::Document;
use crate::store::packages::{StoredVersion, VersionId};
use crate::store::registrations::RegistrationId;
use crate::store::{self, Reads, Writes};
use package::Package;

/// The name under which the version list is stored.
pub const VERSIONS: &str = "versions";
/// What the stored documents were made for: their form and the public URL.
const MADE_FOR: &str = "documents_made_for";
/// Counts up when documents or their names change, so that an upgraded server makes them anew.
const FORM: u32 = 4;

/// Why documents can't be made.
#[derive(Debug, Error)]
pub enum Error {
    /// A manifest in the database can't be read.
    #[error("the stored manifest of a version can't be read: {0}")]
    Manifest(#[from] serde_json::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// A document could not be compressed.
    #[error("a document could not be compressed: {0}")]
    Gzip(#[from] std::io::Error),
}

/// The name under which the registration index of a hive is stored.
#[must_use]
pub fn index_name(hive: Hive) -> String {
    format!("{}/index", hive.stored_name())
}

/// The name under which a registration page is stored.
#[must_use]
pub fn page_name(hive: Hive, lower: &NuGetVersion, upper: &NuGetVersion) -> String {
    format!("{}/page/{}/{}", hive.stored_name(), lower.key(), upper.key())
}

/// Makes the documents of a package anew, after a version was added or its leaves were forgotten.
///
/// # Errors
/// What the store says, or a stored manifest that can't be read.
pub fn refresh(w: &mut Writes<'_>, app: &App, registration: RegistrationId) -> Result<(), Error> {
    write(w, app, registration, None)
}

/// The same after the version `gone` was taken away.
///
/// # Errors
/// What the store says, or a stored manifest that can't be read.
pub fn refresh_without(
    w: &mut Writes<'_>,
    app: &App,
    registration: RegistrationId,
    gone: &NuGetVersion,
) -> Result<(), Error> {
    write(w, app, registration, Some(gone.clone()))
}

fn write(w: &mut Writes<'_>, app: &App, registration: RegistrationId, gone: Option<NuGetVersion>) -> Result<(), Error> {
    let package = Package::read(w, registration)?;
    let changed = Changed { made: package.write_leaves(w, app)?, gone };
    let mut shelf = Shelf::of(w, registration)?;
    if !package.versions.is_empty() {
        let versions = package.versions.iter().map(|version| &version.version);
        shelf.put(w, VERSIONS.to_owned(), flat_container::versions(versions))?;
    }
    for hive in Hive::ALL {
        registration::write(w, app, &package, hive, &changed, &mut shelf)?;
    }
    shelf.clear(w)?;
    search::write_results(w, app, &package)?;
    search::write_words(w, &package)
}

/// The public URL, with a slash at its end, that the server last ran with; `None` before its first start. For commands, which
/// are not told it.
///
/// # Errors
/// What the store says.
pub fn last_home(reads: &Reads<'_>) -> Result<Option<String>, store::Error> {
    let made_for = reads.meta(MADE_FOR)?.and_then(|made_for| String::from_utf8(made_for).ok());
    Ok(made_for.and_then(|made_for| made_for.split_once(' ').map(|(_, home)| home.to_owned())))
}

/// Makes all documents anew if they were made for another public URL or by an earlier form of the server.
///
/// # Errors
/// What the store says.
pub fn bring_up_to_date(app: &App) -> Result<(), Error> {
    let made_for = format!("{FORM} {}", app.urls.home());
    if app.store.read(|r| r.meta(MADE_FOR))?.as_deref() == Some(made_for.as_bytes()) {
        return Ok(());
    }
    let registrations = app.store.read(|r| r.registrations())?;
    if registrations.is_empty() {
        return Ok(app.store.write(|w| w.set_meta(MADE_FOR, made_for.as_bytes()))?);
    }
    tracing::info!(
        packages = registrations.len(),
        "the public URL or the server has changed: the documents are made anew"
    );
    let mut run = app.jobs.begin(Job::Documents);
    let made = make_anew(app, &registrations, &made_for, &mut run);
    match &made {
        Ok(()) => {
            run.succeed(&format!("made the documents of {} packages for {}", registrations.len(), app.urls.home()))
        }
        Err(error) => run.fail(&error.to_string()),
    }
    made
}

fn make_anew(
    app: &App,
    registrations: &[(RegistrationId, PackageId)],
    made_for: &str,
    run: &mut Run<'_>,
) -> Result<(), Error> {
    let total = registrations.len() as u64;
    for (done, (registration, _)) in (0..).zip(registrations) {
        run.progress(done, total);
        app.store.write(|w| {
            w.forget_leaves(*registration)?;
            refresh(w, app, *registration)
        })?;
    }
    Ok(app.store.write(|w| w.set_meta(MADE_FOR, made_for.as_bytes()))?)
}

/// What is different from the documents that are stored.
struct Changed {
    /// Versions whose leaves were made now.
    made: HashSet<VersionId>,
    /// A version that was there before.
    gone: Option<NuGetVersion>,
}

impl Changed {
    /// Whether a page of these versions, from the first to the last, would say something else than a page between the same
    /// bounds that is there.
    fn touches(&self, page: &[&StoredVersion]) -> bool {
        let (Some(first), Some(last)) = (page.first(), page.last()) else { return false };
        page.iter().any(|version| self.made.contains(&version.id))
            || self.gone.as_ref().is_some_and(|gone| (&first.version..=&last.version).contains(&gone))
    }
}

/// The stored documents of one package, while they are brought up to date.
struct Shelf {
    registration: RegistrationId,
    /// Entity tags by name, of what was there before.
    known: HashMap<String, String>,
    kept: HashSet<String>,
}

impl Shelf {
    fn of(w: &Writes<'_>, registration: RegistrationId) -> Result<Self, Error> {
        let known = w.document_names(registration)?.into_iter().collect();
        Ok(Self { registration, known, kept: HashSet::new() })
    }

    /// Stores a document unless it is there already.
    fn put(&mut self, w: &mut Writes<'_>, name: String, body: Vec<u8>) -> Result<(), Error> {
        let etag = etag(&body);
        if self.known.get(&name) != Some(&etag) {
            w.put_document(self.registration, &name, &Document { gzip: gzip(&body)?, plain: body, etag })?;
        }
        self.kept.insert(name);
        Ok(())
    }

    /// Keeps a document as it is; `false` when there is none of that name.
    fn keep(&mut self, name: &str) -> bool {
        self.known.contains_key(name) && self.kept.insert(name.to_owned())
    }

    /// Removes what was neither stored nor kept.
    fn clear(self, w: &mut Writes<'_>) -> Result<(), Error> {
        for name in self.known.keys().filter(|name| !self.kept.contains(*name)) {
            w.remove_document(self.registration, name)?;
        }
        Ok(())
    }
}

fn gzip(body: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::new(6));
    encoder.write_all(body)?;
    Ok(encoder.finish()?)
}
