//! What refused operations on API keys become.

use actix_web::http::StatusCode;

use super::{Refusal, capitalised};
use crate::feed::api_keys;
use crate::web::pages::problem::Problem;

impl From<api_keys::Error> for Refusal {
    fn from(error: api_keys::Error) -> Self {
        match error {
            api_keys::Error::NoMember { .. }
            | api_keys::Error::Disabled(_)
            | api_keys::Error::NotAPerson(_)
            | api_keys::Error::TooManyPatterns(_)
            | api_keys::Error::TooManyKeys(_) => Self::Said(error.to_string()),
            api_keys::Error::RevokedAlready { .. } => {
                let text = format!("{} Whatever uses it is refused.", capitalised(&error.to_string()));
                let revoked = Problem::new(StatusCode::GONE, "This key is revoked already", text);
                Self::Problem(revoked.way("account/keys", "Your API keys"))
            }
            api_keys::Error::Unknown(_) => Self::Missing,
            api_keys::Error::Random => Self::internal(&error),
            api_keys::Error::Account(error) => error.into(),
            api_keys::Error::Refused(refused) => refused.into(),
            api_keys::Error::Store(error) => error.into(),
        }
    }
}
