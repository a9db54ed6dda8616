//! Unlisting and relisting a version with a key. Its bytes stay: whoever names the version still gets it.

use thiserror::Error;
use time::OffsetDateTime;

use super::api_keys::KeyActor;
use super::documents;
use super::withdrawals::Listing;
use crate::app::App;
use crate::domain::account::AccountId;
use crate::domain::api_key::{Dead, Denied, Use};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::store;
use crate::store::audit::By;

/// Why the listing is not changed.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such version.
    #[error("`{0} {1}` is not on this feed")]
    Unknown(String, String),
    /// The key was revoked meanwhile, or its account disabled.
    #[error("{0}")]
    KeyGone(#[source] Dead),
    /// The key may not do this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The documents can't be made.
    #[error(transparent)]
    Documents(#[from] documents::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Lists (`listed`) or unlists a version with the key of `actor`. Doing it again changes nothing.
///
/// # Errors
/// An unknown version, or a key that may not.
pub fn set_listed(
    app: &App,
    actor: &KeyActor,
    id: &PackageId,
    version: &NuGetVersion,
    listed: bool,
    now: OffsetDateTime,
) -> Result<(), Error> {
    app.store.write(|w| {
        let grant = w.grant_again(actor.id, now)?.map_err(Error::KeyGone)?;
        let unknown = || Error::Unknown(id.to_string(), version.to_string());
        let found = w.version(id, version)?;
        let Some((registration, stored)) = found else {
            // The scope is asked first, so that a key without it can't find out what exists.
            grant.may(Use::List { id, owners: None })?;
            return Err(unknown());
        };
        let owners: Vec<AccountId> = w.owners(registration)?.into_iter().map(|(id, _)| id).collect();
        grant.may(Use::List { id, owners: Some(&owners) })?;
        let package = w.registration_by_row(registration)?;
        let by = By { name: w.account_name(grant.account)?.to_string(), address: actor.address.clone() };
        let listing = Listing { package: &package, stored: &stored, listed };
        Listing::change(&listing, w, app, &by, &format!("key {}", grant.id.0), now)?;
        Ok(())
    })
}
