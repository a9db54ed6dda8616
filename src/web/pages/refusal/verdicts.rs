//! What a certificate becomes that can't be registered from a verdict.

use super::Refusal;
use crate::feed::{certificates, verdicts};

impl From<verdicts::Error> for Refusal {
    fn from(error: verdicts::Error) -> Self {
        match error {
            verdicts::Error::Unknown => Self::Missing,
            verdicts::Error::NoHelp(_) | verdicts::Error::Pattern => Self::Said(error.to_string()),
            verdicts::Error::Certificates(certificates::Error::Refused(refused))
            | verdicts::Error::Refused(refused) => refused.into(),
            verdicts::Error::Certificates(certificates::Error::Store(error)) | verdicts::Error::Store(error) => {
                error.into()
            }
            verdicts::Error::Certificates(error) => Self::Said(error.to_string()),
        }
    }
}
