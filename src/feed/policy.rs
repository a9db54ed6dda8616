//! Changing the server's policy.

use thiserror::Error;
use time::OffsetDateTime;

use crate::domain::policy::InvalidSetting;
use crate::store::{self, Store};

/// Why a setting is not set.
#[derive(Debug, Error)]
pub enum Error {
    /// No such setting, or no value for it.
    #[error(transparent)]
    Setting(#[from] InvalidSetting),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Sets one setting.
///
/// # Errors
/// [`Error::Setting`] says what would do.
pub fn set(store: &Store, key: &str, value: &str, actor: &str, now: OffsetDateTime) -> Result<(), Error> {
    store.write(|w| {
        let mut policy = w.policy()?;
        policy.set(key, value)?;
        w.set_policy(key, value)?;
        Ok(w.audit(now, actor, "policy.set", key, value)?)
    })
}
