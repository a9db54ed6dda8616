//! What refused operations on accounts become.

use super::Refusal;
use crate::feed::accounts;

impl From<accounts::Error> for Refusal {
    fn from(error: accounts::Error) -> Self {
        match error {
            accounts::Error::Unknown(_)
            | accounts::Error::Name(_)
            | accounts::Error::Kind { .. }
            | accounts::Error::LastAdministrator(_)
            | accounts::Error::Disabled(_) => Self::Said(error.to_string()),
            accounts::Error::Refused(refused) => refused.into(),
            accounts::Error::Store(error) => error.into(),
        }
    }
}
