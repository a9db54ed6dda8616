//! Taking versions off the feed: unlisting, hiding, removing for good; and all of that back.
//!
//! *Unlisted*: search does not show it, whoever names it still gets it. *Hidden*: nobody gets it, until an administrator shows it
//! again. *Removed*: its bytes are gone, and its number is burnt until an administrator frees it. The owners are told whenever
//! somebody who is none of them takes a version away or brings it back.

mod listing;

use thiserror::Error;
use time::OffsetDateTime;

pub use self::listing::set_listed;
use self::listing::undo_decision;
pub(super) use self::listing::{Listing, set_listed_within};
use super::authority::{self, Actor, Authorized, authorize};
use super::{audience, documents, owners};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::package_id::PackageId;
use crate::domain::permission::Action;
use crate::domain::version::NuGetVersion;
use crate::domain::void_signature::Choice;
use crate::domain::withdrawal::Reason;
use crate::store::content::ContentId;
use crate::store::packages::StoredVersion;
use crate::store::registrations::Registration;
use crate::store::withdrawals::Withdrawal;
use crate::store::{self, Reads, Writes};

/// Why a version stays as it is.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such package.
    #[error("there is no package `{0}` on this feed")]
    UnknownPackage(PackageId),
    /// There is no such version, or nobody but administrators may know of it.
    #[error("`{0} {1}` is not on this feed")]
    Unknown(String, String),
    /// Its number can't be freed, as it is there.
    #[error("`{0} {1}` is on this feed, so its number is not free; remove it first")]
    OnFeed(String, String),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The documents can't be made.
    #[error(transparent)]
    Documents(#[from] documents::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Hides a version from everybody: 404, and gone from every list. A download that is on its way ends as it began. What is hidden
/// already stays so, for its first reason. For administrators of the server.
///
/// # Errors
/// An unknown version, or somebody who may not.
pub fn hide(
    app: &App,
    actor: &Actor,
    id: &PackageId,
    version: &NuGetVersion,
    reason: &Reason,
    now: OffsetDateTime,
) -> Result<(), Error> {
    app.store.write(|w| hide_within(w, app, actor, id, version, reason, now))
}

/// The same in the transaction of what it is part of.
pub(super) fn hide_within(
    w: &mut Writes<'_>,
    app: &App,
    actor: &Actor,
    id: &PackageId,
    version: &NuGetVersion,
    reason: &Reason,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let by = authorize(w, actor, Action::ChangeServer, None, now)?;
    let (package, owners) = package(w, id)?;
    let stored = present(w, &package, version)?;
    if stored.hidden.is_some() {
        return Ok(());
    }
    w.hide_version(stored.id, Withdrawal { by: by.name(), at: now, reason: reason.as_str() })?;
    documents::refresh_without(w, app, package.id, &stored.version)?;
    by.audit(w, now, "package.hide", &subject(&package, &stored), reason.as_str())?;
    tell(w, &package, &owners, &stored, &by, "hidden from everybody", Some(reason), now)
}

/// Shows a hidden version again, listed or unlisted as it was. What is not hidden stays as it is. If it was hidden because its
/// signature does not count, it is to be decided about again. For administrators of the server.
///
/// # Errors
/// An unknown version, or somebody who may not.
pub fn show(
    app: &App,
    actor: &Actor,
    id: &PackageId,
    version: &NuGetVersion,
    now: OffsetDateTime,
) -> Result<(), Error> {
    app.store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let (package, owners) = package(w, id)?;
        let stored = present(w, &package, version)?;
        let Some(was) = &stored.hidden else { return Ok(()) };
        w.show_version(stored.id)?;
        documents::refresh(w, app, package.id)?;
        // One that was hidden could be decided to be unlisted without being taken out of search.
        let undone: &[Choice] = if stored.listed { &[Choice::Hide, Choice::Unlist] } else { &[Choice::Hide] };
        let undone = undo_decision(w, &stored, undone)?.map(|what| format!("; {what}")).unwrap_or_default();
        by.audit(w, now, "package.show", &subject(&package, &stored), &format!("was hidden: {was}{undone}"))?;
        tell(w, &package, &owners, &stored, &by, "shown again", None, now)
    })
}

/// Removes a version, hidden or not, for good: its rows go at once, its bytes directly afterwards. A download that is on its way
/// breaks off, and the client sees that something is missing. Its number is burnt. What was removed already stays so. The package
/// ID stays with its owners, even without versions. For administrators of the server.
///
/// # Errors
/// An unknown version, or somebody who may not.
pub fn remove(
    app: &App,
    actor: &Actor,
    id: &PackageId,
    version: &NuGetVersion,
    reason: Option<&Reason>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let content = app.store.write(|w| remove_within(w, app, actor, id, version, reason, now))?;
    if let Some(content) = content {
        discard(app, content);
    }
    Ok(())
}

/// The same in the transaction of what it is part of. The content to [discard] once that is committed; `None` when the version
/// was removed before.
pub(super) fn remove_within(
    w: &mut Writes<'_>,
    app: &App,
    actor: &Actor,
    id: &PackageId,
    version: &NuGetVersion,
    reason: Option<&Reason>,
    now: OffsetDateTime,
) -> Result<Option<ContentId>, Error> {
    let by = authorize(w, actor, Action::ChangeServer, None, now)?;
    let (package, owners) = package(w, id)?;
    if burnt(w, &package, version)?.is_some() {
        return Ok(None);
    }
    let stored = present(w, &package, version)?;
    let why = reason.map(Reason::as_str).unwrap_or_default();
    let content = w.remove_version(stored.id, Withdrawal { by: by.name(), at: now, reason: why })?;
    documents::refresh_without(w, app, package.id, &stored.version)?;
    by.audit(w, now, "package.remove", &subject(&package, &stored), why)?;
    tell(w, &package, &owners, &stored, &by, "removed for good", reason, now)?;
    Ok(Some(content))
}

/// Takes the bytes of a removed version off the disk.
pub(super) fn discard(app: &App, content: ContentId) {
    app.discard(content);
    if let Err(error) = app.store.give_back() {
        tracing::warn!(%error, "the room of a removed version could not be given back; it is used for the next ones");
    }
}

/// Lets the number of a removed version be pushed again. A number that is not burnt is free already. For administrators of the
/// server.
///
/// # Errors
/// An unknown package, a version that is on the feed, or somebody who may not.
pub fn free(
    app: &App,
    actor: &Actor,
    id: &PackageId,
    version: &NuGetVersion,
    now: OffsetDateTime,
) -> Result<(), Error> {
    app.store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let (package, owners) = package(w, id)?;
        if present(w, &package, version).is_ok() {
            return Err(Error::OnFeed(package.package_id.to_string(), version.to_string()));
        }
        let Some(burnt) = burnt(w, &package, version)? else { return Ok(()) };
        w.free_number(package.id, &burnt)?;
        by.audit(w, now, "package.free", &format!("{} {burnt}", package.package_id), "")?;
        let text = format!(
            "{} was removed, and can be pushed again: {} freed its number.",
            named(&package, &burnt),
            by.name()
        );
        Ok(audience::tell(w, &owners, &by, &text, &owners::manage_page(&package), now)?)
    })
}

fn package(reads: &Reads<'_>, id: &PackageId) -> Result<(Registration, Vec<Account>), Error> {
    let package = reads.registration(id)?.ok_or_else(|| Error::UnknownPackage(id.clone()))?;
    let owners = owners::accounts(reads, &package)?;
    Ok((package, owners))
}

/// A version, hidden or not.
fn present(reads: &Reads<'_>, package: &Registration, version: &NuGetVersion) -> Result<StoredVersion, Error> {
    let mut versions = reads.versions_with_hidden(package.id)?.into_iter();
    versions.find(|stored| stored.version == *version).ok_or_else(|| unknown(&package.package_id, version))
}

/// The number under which a version was removed: the labels `--5` and `--05` are the same number.
fn burnt(reads: &Reads<'_>, package: &Registration, version: &NuGetVersion) -> Result<Option<NuGetVersion>, Error> {
    Ok(reads.removed_numbers(package.id)?.into_iter().find(|number| number == version))
}

fn unknown(id: &PackageId, version: &NuGetVersion) -> Error {
    Error::Unknown(id.to_string(), version.to_string())
}

/// A version in a sentence. In quotation marks, as an ID could be read as words of ours.
fn named(package: &Registration, version: &NuGetVersion) -> String {
    format!("Version {version} of {}", owners::named(&package.package_id))
}

fn subject(package: &Registration, stored: &StoredVersion) -> String {
    format!("{} {}", package.package_id, stored.version)
}

#[expect(clippy::too_many_arguments, reason = "a sentence has many parts")]
fn tell(
    w: &mut Writes<'_>,
    package: &Registration,
    owners: &[Account],
    stored: &StoredVersion,
    by: &Authorized,
    did: &str,
    reason: Option<&Reason>,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let why = reason.map(|reason| format!(" The reason: {reason}")).unwrap_or_default();
    let text = format!("{} was {did} by {}.{why}", named(package, &stored.version), by.name());
    Ok(audience::tell(w, owners, by, &text, &owners::manage_page(package), now)?)
}

#[cfg(test)]
mod tests;
