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
    /// The setting needs a trial, which this is not.
    #[error("`{0}` is set by `assay repository-certificate timestamping set URL`, which makes a trial first")]
    NeedsTrial(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// The settings that [`timestamping`](super::timestamping) changes after a trial.
const NEED_TRIAL: [&str; 2] = ["timestamp_authority", "private_timestamp_authority"];

/// Sets one setting.
///
/// # Errors
/// [`Error::Setting`] says what would do, [`Error::NeedsTrial`] which other way there is.
pub fn set(store: &Store, key: &str, value: &str, actor: &str, now: OffsetDateTime) -> Result<(), Error> {
    if NEED_TRIAL.contains(&key) {
        return Err(Error::NeedsTrial(key.to_owned()));
    }
    store.write(|w| {
        let mut policy = w.policy()?;
        policy.set(key, value)?;
        w.set_policy(key, value)?;
        Ok(w.audit(now, actor, "policy.set", key, value)?)
    })
}
