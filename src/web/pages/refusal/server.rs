//! What refused changes of the server's policy and trust anchors become.

use super::Refusal;
use crate::feed::{accounts, policy, signers, timestamping, trust};

impl From<policy::Error> for Refusal {
    fn from(error: policy::Error) -> Self {
        match error {
            policy::Error::Setting(_) | policy::Error::NeedsTrial(_) | policy::Error::Locked(_) => {
                Self::Said(error.by_title())
            }
            policy::Error::Refused(refused) => refused.into(),
            policy::Error::Store(error) => error.into(),
        }
    }
}

impl From<timestamping::NotSet> for Refusal {
    fn from(error: timestamping::NotSet) -> Self {
        match error {
            timestamping::NotSet::NoUrl | timestamping::NotSet::Trial { .. } | timestamping::NotSet::Private(_) => {
                Self::Said(error.to_string())
            }
            timestamping::NotSet::Setting(invalid) => Self::Said(invalid.by_title()),
            timestamping::NotSet::Locked(locked) => Self::Said(locked.by_title()),
            timestamping::NotSet::Refused(refused) => refused.into(),
            timestamping::NotSet::Store(error) => error.into(),
        }
    }
}

impl From<trust::Error> for Refusal {
    fn from(error: trust::Error) -> Self {
        match error {
            trust::Error::Unknown(_) => Self::Missing,
            trust::Error::NoSdk(_) => Self::Said(error.to_string()),
            trust::Error::Refused(refused) => refused.into(),
            trust::Error::Store(error) => error.into(),
        }
    }
}

impl From<signers::Error> for Refusal {
    fn from(error: signers::Error) -> Self {
        match error {
            signers::Error::Account(accounts::Error::Unknown(_)) => Self::Missing,
            signers::Error::Account(error) => error.into(),
            signers::Error::Refused(refused) => refused.into(),
            signers::Error::Store(error) => error.into(),
        }
    }
}
