//! Changing the server's policy.

use thiserror::Error;
use time::OffsetDateTime;

use super::authority::{self, Actor, authorize};
use crate::domain::permission::Action;
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
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
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
pub fn set(store: &Store, key: &str, value: &str, actor: &Actor, now: OffsetDateTime) -> Result<(), Error> {
    if NEED_TRIAL.contains(&key) {
        return Err(Error::NeedsTrial(key.to_owned()));
    }
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let mut policy = w.policy()?;
        policy.set(key, value)?;
        w.set_policy(key, value)?;
        Ok(by.audit(w, now, "policy.set", key, value)?)
    })
}
