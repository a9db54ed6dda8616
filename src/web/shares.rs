//! Shares of what the server can do at once, one for each account: whoever asks for much waits for themselves.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::domain::account::AccountId;

/// So many things at once for each account.
pub(super) struct Shares {
    each: usize,
    of_accounts: Mutex<HashMap<AccountId, Arc<Semaphore>>>,
}

impl Shares {
    /// `each` things at once for each account.
    pub fn of(each: usize) -> Self {
        Self { each, of_accounts: Mutex::default() }
    }

    /// Waits for a part of the account's share. Dropping it gives it back.
    pub async fn enter(&self, account: AccountId) -> Option<OwnedSemaphorePermit> {
        self.share(account).acquire_owned().await.ok()
    }

    fn share(&self, account: AccountId) -> Arc<Semaphore> {
        let mut shares = self.of_accounts.lock().unwrap_or_else(PoisonError::into_inner);
        // A share that only this map knows is not in use.
        shares.retain(|_, share| Arc::strong_count(share) > 1);
        Arc::clone(shares.entry(account).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
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
        let _ = shares.share(BOB);
        assert_eq!(shares.of_accounts.lock().unwrap().len(), 1, "shares that nobody uses are forgotten");
    }
}
