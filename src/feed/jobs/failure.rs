//! Why a run of the timetable has failed.

use thiserror::Error;

use crate::store;

/// Why a run of the timetable has failed.
#[derive(Debug, Error)]
pub enum Failure {
    /// Some of it could not be done; what was, what was not, and why, in a sentence.
    #[error("{0}")]
    InPart(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}
