//! What refused one-time links become.

use super::Refusal;
use crate::feed::one_time_links;

impl From<one_time_links::Error> for Refusal {
    fn from(error: one_time_links::Error) -> Self {
        match error {
            one_time_links::Error::Account(error) => error.into(),
            one_time_links::Error::Dead
            | one_time_links::Error::Disabled(_)
            | one_time_links::Error::HasPassword(_)
            | one_time_links::Error::NotEnrolled(_)
            | one_time_links::Error::Password(_) => Self::Said(error.to_string()),
            one_time_links::Error::SignIn(error) => error.into(),
            one_time_links::Error::Refused(refused) => refused.into(),
            one_time_links::Error::Random(error) => Self::internal(&error),
            one_time_links::Error::Store(error) => error.into(),
        }
    }
}
