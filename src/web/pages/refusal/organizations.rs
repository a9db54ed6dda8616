//! What refused operations on organizations and invitations become.

use super::Refusal;
use crate::feed::{invitations, organizations};

impl From<organizations::Error> for Refusal {
    fn from(error: organizations::Error) -> Self {
        match error {
            organizations::Error::NoOrganization(_) => Self::Missing,
            organizations::Error::Unknown(_)
            | organizations::Error::Exists(_)
            | organizations::Error::TooMany
            | organizations::Error::Membership(_)
            | organizations::Error::NotInvited { .. } => Self::Said(error.to_string()),
            organizations::Error::Refused(refused) => refused.into(),
            organizations::Error::Store(error) => error.into(),
        }
    }
}

impl From<invitations::Error> for Refusal {
    fn from(error: invitations::Error) -> Self {
        match error {
            invitations::Error::Gone | invitations::Error::InviterMayNot(_) | invitations::Error::NotAdded(_) => {
                Self::Said(error.to_string())
            }
            invitations::Error::Owner(error) => error.into(),
            invitations::Error::Refused(refused) => refused.into(),
            invitations::Error::Store(error) => error.into(),
        }
    }
}
