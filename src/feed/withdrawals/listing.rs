//! Listing and unlisting a version: by whoever is signed in here, by a key in `feed/unlist.rs`; the change itself is one.

use time::OffsetDateTime;

use super::{Error, package, present, subject, tell, unknown};
use crate::app::App;
use crate::domain::account::Account;
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Denied};
use crate::domain::version::NuGetVersion;
use crate::domain::void_signature::Choice;
use crate::feed::authority::{Actor, Authorized, Refused, authorize, authorize_for_any};
use crate::feed::documents;
use crate::store::audit::By;
use crate::store::packages::StoredVersion;
use crate::store::registrations::Registration;
use crate::store::{self, Reads, Writes};

/// Lists (`listed`) or unlists a version that is not hidden. Doing it again changes nothing. For members of its owners, as with
/// their keys, and for administrators of the server.
///
/// # Errors
/// An unknown or hidden version, or somebody who may not.
pub fn set_listed(
    app: &App,
    actor: &Actor,
    id: &PackageId,
    version: &NuGetVersion,
    listed: bool,
    now: OffsetDateTime,
) -> Result<(), Error> {
    app.store.write(|w| set_listed_within(w, app, actor, id, version, listed, now))
}

/// The same in the transaction of what it is part of.
pub(in crate::feed) fn set_listed_within(
    w: &mut Writes<'_>,
    app: &App,
    actor: &Actor,
    id: &PackageId,
    version: &NuGetVersion,
    listed: bool,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let (package, owners) = package(w, id)?;
    let (by, ours) = may_list(w, actor, &owners, now)?;
    let stored = present(w, &package, version)?;
    if stored.hidden.is_some() {
        return Err(unknown(id, version));
    }
    let listing = Listing { package: &package, stored: &stored, listed };
    let changed = Listing::change(&listing, w, app, by.by(), "", now)?;
    if ours || !changed {
        return Ok(());
    }
    let did = if listed { "listed again" } else { "unlisted" };
    tell(w, &package, &owners, &stored, &by, did, None, now)
}

/// Whether somebody may list and unlist versions of these owners, and whether as one of theirs.
fn may_list(
    reads: &Reads<'_>,
    actor: &Actor,
    owners: &[Account],
    now: OffsetDateTime,
) -> Result<(Authorized, bool), Refused> {
    let owners: Vec<&Account> = owners.iter().collect();
    match authorize_for_any(reads, actor, Action::List, &owners, now) {
        Ok(by) => Ok((by, matches!(actor, Actor::Session(_)))),
        Err(Refused::Denied(Denied::NotYours(_))) => {
            Ok((authorize(reads, actor, Action::ChangeServer, None, now)?, false))
        }
        Err(other) => Err(other),
    }
}

/// How a version that readers see is to be listed.
pub(in crate::feed) struct Listing<'a> {
    /// Of which package.
    pub package: &'a Registration,
    /// Which version.
    pub stored: &'a StoredVersion,
    /// Whether search is to show it.
    pub listed: bool,
}

impl Listing<'_> {
    /// Changes it for `by`, who was asked for their right to before; `how` stands in the audit record. `false` when it was so
    /// before: then there is no record.
    ///
    /// # Errors
    /// The documents can't be made, or what the store says.
    pub fn change(
        &self,
        w: &mut Writes<'_>,
        app: &App,
        by: &By,
        how: &str,
        now: OffsetDateTime,
    ) -> Result<bool, documents::Error> {
        let Self { package, stored, listed } = *self;
        if stored.listed == listed {
            return Ok(false);
        }
        w.set_listed(stored.id, listed)?;
        documents::refresh(w, app, package.id)?;
        let undone = if listed { undo_decision(w, stored, &[Choice::Unlist])? } else { None };
        let detail: Vec<&str> = [how].into_iter().chain(undone.as_deref()).filter(|part| !part.is_empty()).collect();
        let action = if listed { "package.relist" } else { "package.unlist" };
        w.audit(now, by, action, &subject(package, stored), &detail.join("; "))?;
        Ok(true)
    }
}

/// Takes back what was decided about a void signature if it was one of `undone`, which does not hold any more: the version is served
/// again, and nobody would be asked what becomes of it. What the record says of that.
pub(super) fn undo_decision(
    w: &mut Writes<'_>,
    stored: &StoredVersion,
    undone: &[Choice],
) -> Result<Option<String>, store::Error> {
    let decided = w.void_signature(stored.id)?.and_then(|void| void.decided);
    let Some(decided) = decided.filter(|decided| undone.contains(&decided.choice)) else { return Ok(None) };
    w.decide_void_signature(stored.id, None)?;
    Ok(Some(format!("its signature does not count: what {} decided ({}) is open again", decided.by, decided.choice)))
}

#[cfg(test)]
mod tests;
