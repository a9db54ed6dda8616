//! What people do about versions whose signature does not count: keep, unlist, hide or remove them.
//!
//! Owners may keep and unlist, in a second-factor session: what they say about a signature is theirs to answer for. Hiding and
//! removing break builds, so only the administrators of the server may.

use std::collections::HashSet;

use thiserror::Error;
use time::OffsetDateTime;

use crate::app::App;
use crate::domain::package_id::PackageId;
use crate::domain::permission::Action;
use crate::domain::version::NuGetVersion;
use crate::domain::void_signature::Choice;
use crate::domain::withdrawal::Reason;
use crate::feed::authority::{self, Actor, Authorized, authorize, authorize_for_any};
use crate::feed::{owners, withdrawals};
use crate::store::registrations::Registration;
use crate::store::void_signatures::{Decided, VoidFilter, VoidVersion};
use crate::store::{self, Reads};

/// Why nothing is decided.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such package.
    #[error("there is no package `{0}` on this feed")]
    Unknown(PackageId),
    /// All of them count.
    #[error("the signatures of these versions of `{0}` count, or the versions are gone: load the page again")]
    NothingVoid(PackageId),
    /// Whoever is kept from a version must learn why.
    #[error("say why in a few words: the owners read it, and whoever looks into the audit log later")]
    NoReason,
    /// It could not be unlisted, hidden or removed.
    #[error(transparent)]
    Withdrawal(Box<withdrawals::Error>),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What somebody wants.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Of which package.
    pub package: PackageId,
    /// Which versions.
    pub versions: Vec<NuGetVersion>,
    /// What is to be done about them.
    pub choice: Choice,
    /// Why; needed to hide.
    pub reason: Option<Reason>,
}

/// Does it for each of the versions whose signature does not count; others are left as they are. How many there were.
///
/// Each version is a transaction of its own, so that a thousand of them hold no push up. Doing it again changes nothing, so what
/// was interrupted is completed by asking again.
///
/// # Errors
/// See [`enum@Error`]. What was done before it stays done.
pub fn decide(app: &App, wish: &Wish, actor: &Actor, now: OffsetDateTime) -> Result<usize, Error> {
    if wish.choice == Choice::Hide && wish.reason.is_none() {
        return Err(Error::NoReason);
    }
    let versions = app.store.read(|r| {
        let (package, _) = permitted(r, wish, actor, now)?;
        concerned(r, &package, &wish.versions)
    })?;
    if versions.is_empty() {
        return Err(Error::NothingVoid(wish.package.clone()));
    }
    for version in &versions {
        withdraw(app, wish, version, actor, now)?;
    }
    app.store.write(|w| {
        let (package, by) = permitted(w, wish, actor, now)?;
        let decided = Decided { choice: wish.choice, by: by.name().to_owned(), at: now };
        // The row of a removed version went with it.
        for version in versions.iter().filter(|_| wish.choice != Choice::Remove) {
            w.decide_void_signature(version.id, Some(&decided))?;
        }
        let names: Vec<String> = versions.iter().map(|version| version.version.to_string()).collect();
        let detail = format!("{}: {}", wish.choice, names.join(", "));
        by.audit(w, now, "signature.decide", package.package_id.as_str(), &detail)?;
        Ok::<_, Error>(())
    })?;
    Ok(versions.len())
}

fn withdraw(app: &App, wish: &Wish, version: &VoidVersion, actor: &Actor, now: OffsetDateTime) -> Result<(), Error> {
    let (id, number) = (&version.package_id, &version.version);
    let done = match (wish.choice, &wish.reason) {
        (Choice::Hide, Some(reason)) => withdrawals::hide(app, actor, id, number, reason, now),
        (Choice::Remove, reason) => withdrawals::remove(app, actor, id, number, reason.as_ref(), now),
        // Search does not show a hidden one in any case.
        (Choice::Unlist, _) if !version.hidden => withdrawals::set_listed(app, actor, id, number, false, now),
        (Choice::Keep | Choice::Unlist | Choice::Hide, _) => Ok(()),
    };
    done.map_err(|error| Error::Withdrawal(Box::new(error)))
}

/// An owner or an administrator of the server, in a second-factor session.
fn permitted(
    reads: &Reads<'_>,
    wish: &Wish,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(Registration, Authorized), Error> {
    if wish.choice.is_for_administrators() {
        authorize(reads, actor, Action::ChangeServer, None, now)?;
    }
    let package = reads.registration(&wish.package)?.ok_or_else(|| Error::Unknown(wish.package.clone()))?;
    let owners = owners::accounts(reads, &package)?;
    let by = authorize_for_any(reads, actor, Action::DecideAboutSignatures, &owners.iter().collect::<Vec<_>>(), now)?;
    Ok((package, by))
}

/// Those of `wanted` whose signature does not count.
fn concerned(reads: &Reads<'_>, package: &Registration, wanted: &[NuGetVersion]) -> Result<Vec<VoidVersion>, Error> {
    let wanted: HashSet<String> = wanted.iter().map(NuGetVersion::key).collect();
    let filter = VoidFilter { registration: Some(package.id), ..VoidFilter::default() };
    let mut void = reads.void_versions(&filter, 0, u32::MAX)?;
    void.retain(|version| wanted.contains(&version.version.key()));
    Ok(void)
}
