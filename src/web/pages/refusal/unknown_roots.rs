//! What refused changes of the roots that pushes ended in become.

use super::Refusal;
use crate::feed::unknown_roots;

impl From<unknown_roots::Error> for Refusal {
    fn from(error: unknown_roots::Error) -> Self {
        match error {
            unknown_roots::Error::Unknown(_) => Self::Missing,
            unknown_roots::Error::Digits | unknown_roots::Error::Root(_) | unknown_roots::Error::Unreadable => {
                Self::Said(error.to_string())
            }
            unknown_roots::Error::Refused(refused) => refused.into(),
            unknown_roots::Error::Store(error) => error.into(),
        }
    }
}
