//! What refused changes of an account's certificates become.

use super::Refusal;
use crate::feed::{accounts, certificates};

impl From<certificates::Error> for Refusal {
    fn from(error: certificates::Error) -> Self {
        match error {
            certificates::Error::Unknown { .. } | certificates::Error::Account(accounts::Error::Unknown(_)) => {
                Self::Missing
            }
            certificates::Error::NotRegistered(_)
            | certificates::Error::Chain(_)
            | certificates::Error::TooManyPatterns(_)
            | certificates::Error::TooManyAccountPatterns(_)
            | certificates::Error::OpensToUnsigned(_)
            | certificates::Error::Unsignable(_)
            | certificates::Error::Unsettled => Self::Said(error.to_string()),
            certificates::Error::Account(error) => error.into(),
            certificates::Error::Refused(refused) => refused.into(),
            certificates::Error::Store(error) => error.into(),
        }
    }
}
