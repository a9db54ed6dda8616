//! What refused passwords and codes become.

use super::Refusal;
use crate::feed::{second_factor, sign_in};

impl From<sign_in::Error> for Refusal {
    fn from(error: sign_in::Error) -> Self {
        match error {
            sign_in::Error::PasswordChanged | sign_in::Error::TooManyCodes => Self::Said(error.to_string()),
            sign_in::Error::Code(error) => error.into(),
            sign_in::Error::Refused(refused) => refused.into(),
            sign_in::Error::Random(error) => Self::internal(&error),
            sign_in::Error::Store(error) => error.into(),
        }
    }
}

impl From<second_factor::CodeError> for Refusal {
    fn from(error: second_factor::CodeError) -> Self {
        match error {
            second_factor::CodeError::Store(error) => error.into(),
            second_factor::CodeError::Wrong
            | second_factor::CodeError::WrongRecovery
            | second_factor::CodeError::NotEnrolled
            | second_factor::CodeError::Sealed => Self::Said(error.to_string()),
        }
    }
}

impl From<second_factor::Error> for Refusal {
    fn from(error: second_factor::Error) -> Self {
        match error {
            second_factor::Error::Code(error) => error.into(),
            second_factor::Error::Unknown(_) | second_factor::Error::NotBegun | second_factor::Error::Sealed => {
                Self::Said(error.to_string())
            }
            second_factor::Error::SignIn(error) => error.into(),
            second_factor::Error::Refused(refused) => refused.into(),
            second_factor::Error::Vault(error) => Self::internal(&error),
            second_factor::Error::Store(error) => error.into(),
        }
    }
}
