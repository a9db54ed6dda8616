//! What refused operations on organizations and invitations become.

use actix_web::http::StatusCode;

use super::{Refusal, capitalised};
use crate::feed::{invitations, invited, organizations};
use crate::web::pages::problem::Problem;

impl From<organizations::Error> for Refusal {
    fn from(error: organizations::Error) -> Self {
        match error {
            organizations::Error::NoOrganization(_) => Self::Missing,
            organizations::Error::Unknown(_)
            | organizations::Error::Name(_)
            | organizations::Error::NoUser(_)
            | organizations::Error::TooMany
            | organizations::Error::Membership(_)
            | organizations::Error::NotInvited { .. } => Self::Said(error.to_string()),
            organizations::Error::Invited(error) => error.into(),
            organizations::Error::Refused(refused) => refused.into(),
            organizations::Error::Store(error) => error.into(),
        }
    }
}

impl From<invited::Error> for Refusal {
    fn from(error: invited::Error) -> Self {
        match error {
            invited::Error::TooOften(_) => Self::Said(error.to_string()),
            invited::Error::Store(error) => error.into(),
        }
    }
}

impl From<invitations::Error> for Refusal {
    fn from(error: invitations::Error) -> Self {
        match error {
            invitations::Error::Gone => {
                let text = capitalised(&error.to_string());
                let gone = Problem::new(StatusCode::NOT_FOUND, "The invitation is gone", text);
                Self::Problem(gone.way("account/organizations", "Your organizations and invitations"))
            }
            invitations::Error::InviterMayNot(_) | invitations::Error::NotAdded(_) => Self::Said(error.to_string()),
            invitations::Error::Owner(error) => error.into(),
            invitations::Error::Refused(refused) => refused.into(),
            invitations::Error::Store(error) => error.into(),
        }
    }
}
