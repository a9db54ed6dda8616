//! What refused changes of owners, required signers and reserved prefixes become.

use super::Refusal;
use crate::feed::{documents, owners, required_signer, reserved_prefixes, withdrawals};

impl From<owners::Error> for Refusal {
    fn from(error: owners::Error) -> Self {
        match error {
            owners::Error::UnknownPackage(_) => Self::Missing,
            owners::Error::UnknownAccount(_)
            | owners::Error::NoOwner(_)
            | owners::Error::NotAdded { .. }
            | owners::Error::NotRemoved { .. }
            | owners::Error::OpensToUnsigned => Self::Said(error.to_string()),
            owners::Error::Invited(error) => error.into(),
            owners::Error::Refused(refused) => refused.into(),
            owners::Error::Documents(documents::Error::Store(error)) | owners::Error::Store(error) => error.into(),
            owners::Error::Documents(error) => Self::internal(&error),
        }
    }
}

impl From<reserved_prefixes::Error> for Refusal {
    fn from(error: reserved_prefixes::Error) -> Self {
        match error {
            reserved_prefixes::Error::Unknown(_)
            | reserved_prefixes::Error::Disabled(_)
            | reserved_prefixes::Error::Held { .. }
            | reserved_prefixes::Error::NotHeld { .. } => Self::Said(error.to_string()),
            reserved_prefixes::Error::Refused(refused) => refused.into(),
            reserved_prefixes::Error::Store(error) => error.into(),
        }
    }
}

impl From<required_signer::Error> for Refusal {
    fn from(error: required_signer::Error) -> Self {
        match error {
            required_signer::Error::Nothing
            | required_signer::Error::TooMany(_)
            | required_signer::Error::NotPossible(_)
            | required_signer::Error::ToldOtherwise => Self::Said(error.to_string()),
            required_signer::Error::Refused(refused) => refused.into(),
            required_signer::Error::Store(error) => error.into(),
        }
    }
}

impl From<withdrawals::Error> for Refusal {
    fn from(error: withdrawals::Error) -> Self {
        match error {
            withdrawals::Error::UnknownPackage(_) | withdrawals::Error::Unknown(..) => Self::Missing,
            withdrawals::Error::OnFeed(..) => Self::Said(error.to_string()),
            withdrawals::Error::Refused(refused) => refused.into(),
            withdrawals::Error::Documents(documents::Error::Store(error)) | withdrawals::Error::Store(error) => {
                error.into()
            }
            withdrawals::Error::Documents(error) => Self::internal(&error),
        }
    }
}
