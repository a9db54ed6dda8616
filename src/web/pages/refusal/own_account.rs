//! What refused one-time links, and refused changes of one's own account, become.

use actix_web::http::StatusCode;

use super::Refusal;
use crate::feed::{mailing, one_time_links, own_account};
use crate::web::pages::problem::Problem;

impl From<one_time_links::Error> for Refusal {
    fn from(error: one_time_links::Error) -> Self {
        match error {
            one_time_links::Error::Dead => dead_link().into(),
            one_time_links::Error::Account(error) => error.into(),
            one_time_links::Error::Disabled(_)
            | one_time_links::Error::HasPassword(_)
            | one_time_links::Error::NotEnrolled(_) => Self::Said(error.to_string()),
            one_time_links::Error::SignIn(error) => error.into(),
            one_time_links::Error::Refused(refused) => refused.into(),
            one_time_links::Error::Random(error) => Self::internal(&error),
            one_time_links::Error::Store(error) => error.into(),
        }
    }
}

/// The same for a link that was used, one that ended, and one that never was: a stranger who tries some learns nothing.
fn dead_link() -> Problem {
    let text = "It was used, was replaced by a newer one, or is too old. An administrator of this server can make another one. \
                For the very first administrator `assay account setup-link` does, typed on the server.";
    Problem::new(StatusCode::NOT_FOUND, "This link is good no longer", text)
}

impl From<own_account::Error> for Refusal {
    fn from(error: own_account::Error) -> Self {
        match error {
            own_account::Error::SamePassword | own_account::Error::NothingToConfirm(_) => Self::Said(error.to_string()),
            own_account::Error::SignIn(error) => error.into(),
            own_account::Error::Link(error) => error.into(),
            own_account::Error::Refused(refused) => refused.into(),
            own_account::Error::Random(error) => Self::internal(&error),
            own_account::Error::Store(error) => error.into(),
        }
    }
}

impl From<mailing::Error> for Refusal {
    fn from(error: mailing::Error) -> Self {
        match error {
            mailing::Error::NoMail | mailing::Error::TooManyConfirmations => Self::Said(error.to_string()),
            mailing::Error::Confirmation(error) => error.into(),
            mailing::Error::Refused(refused) => refused.into(),
            mailing::Error::Vault(error) => Self::internal(&error),
            mailing::Error::Store(error) => error.into(),
        }
    }
}
