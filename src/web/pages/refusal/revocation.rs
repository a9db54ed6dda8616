//! What refused marks, imports and decisions about revoked certificates become.

use super::Refusal;
use crate::feed::revocation::{ImportError, MarkError};
use crate::feed::{void_signatures, withdrawals};

impl From<MarkError> for Refusal {
    fn from(error: MarkError) -> Self {
        match error {
            MarkError::Unknown(_)
            | MarkError::Anchor(_)
            | MarkError::Future(_)
            | MarkError::RevokedAlready(_)
            | MarkError::NotMarked(_) => Self::Said(error.to_string()),
            MarkError::Refused(refused) => refused.into(),
            MarkError::Store(error) => error.into(),
        }
    }
}

impl From<ImportError> for Refusal {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::TooLarge
            | ImportError::Neither { .. }
            | ImportError::Other { .. }
            | ImportError::Crl(_)
            | ImportError::UnknownIssuer { .. }
            | ImportError::NothingKnown
            | ImportError::DoesNotCount(_)
            | ImportError::NotKept(_) => Self::Said(error.to_string()),
            ImportError::Refused(refused) => refused.into(),
            ImportError::Store(error) => error.into(),
        }
    }
}

impl From<void_signatures::Error> for Refusal {
    fn from(error: void_signatures::Error) -> Self {
        match error {
            void_signatures::Error::Unknown(_) => Self::Missing,
            void_signatures::Error::NothingVoid(_) | void_signatures::Error::NoReason => Self::Said(error.to_string()),
            void_signatures::Error::Withdrawal(error) => withdrawn(*error),
            void_signatures::Error::Refused(refused) => refused.into(),
            void_signatures::Error::Store(error) => error.into(),
        }
    }
}

fn withdrawn(error: withdrawals::Error) -> Refusal {
    match error {
        withdrawals::Error::UnknownPackage(_) | withdrawals::Error::Unknown(..) | withdrawals::Error::OnFeed(..) => {
            Refusal::Said(error.to_string())
        }
        withdrawals::Error::Refused(refused) => refused.into(),
        withdrawals::Error::Documents(error) => Refusal::internal(&error),
        withdrawals::Error::Store(error) => error.into(),
    }
}
