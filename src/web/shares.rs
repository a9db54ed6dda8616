//! Shares of what the server can do at once, one for each person: whoever asks for much waits for themselves.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::client_address::throttle_key;
use crate::domain::account::AccountId;
use crate::domain::api_key::KeyGrant;

/// Whose share something is taken out of: a person's, however many keys, organizations or addresses the person has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::web) enum Who {
    /// An account: a person, or an organization whose keys were made on the command line.
    Account(AccountId),
    /// All service keys that a person made, for whichever organization. By the organization, one who makes fifty of them would
    /// have fifty shares. Beside the person's own share, so that builds don't wait for what the person uploads meanwhile.
    ServiceKeysOf(AccountId),
    /// Strangers from one address, or from one network where addresses cost nothing.
    Address(IpAddr),
}

impl Who {
    /// Whose share a request with a key takes.
    pub fn of_key(grant: &KeyGrant) -> Self {
        grant.service_key_of.map_or(Self::Account(grant.account), Self::ServiceKeysOf)
    }

    /// A stranger's.
    pub fn stranger(address: IpAddr) -> Self {
        Self::Address(throttle_key(address))
    }
}

impl From<AccountId> for Who {
    fn from(account: AccountId) -> Self {
        Self::Account(account)
    }
}

/// So many things at once for each.
pub(super) struct Shares {
    each: usize,
    taken: Mutex<HashMap<Who, Arc<Semaphore>>>,
}

impl Shares {
    /// `each` things at once for each.
    pub fn of(each: usize) -> Self {
        Self { each, taken: Mutex::default() }
    }

    /// Waits for a part of the share. Dropping it gives it back.
    pub async fn enter(&self, who: impl Into<Who>) -> Option<OwnedSemaphorePermit> {
        self.share(who.into()).acquire_owned().await.ok()
    }

    fn share(&self, who: Who) -> Arc<Semaphore> {
        let mut shares = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        // A share that only this map knows is not in use.
        shares.retain(|_, share| Arc::strong_count(share) > 1);
        Arc::clone(shares.entry(who).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    const ANN: AccountId = AccountId(1);
    const BOB: AccountId = AccountId(2);

    #[tokio::test(start_paused = true)]
    async fn one_account_waits_for_itself_and_for_nobody_else() {
        let shares = Shares::of(2);
        let anns = [shares.enter(ANN).await, shares.enter(ANN).await];
        assert!(timeout(Duration::from_secs(60), shares.enter(ANN)).await.is_err());
        assert!(shares.enter(BOB).await.is_some());
        drop(anns);
        assert!(shares.enter(ANN).await.is_some());
        let _ = shares.share(BOB.into());
        assert_eq!(shares.taken.lock().unwrap().len(), 1, "shares that nobody uses are forgotten");
    }

    #[test]
    fn a_network_of_strangers_is_one_and_what_a_person_made_for_builds_is_apart_from_the_person() {
        let at = |address: &str| Who::stranger(address.parse().unwrap());
        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
        assert_ne!(Who::Account(ANN), Who::ServiceKeysOf(ANN));
    }
}
