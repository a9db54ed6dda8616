//! Places for uploads, from their first byte until they are published.
//!
//! Each upload fills the spool by up to the package limit, so there are only so many; and one account gets only a part of
//! them, so that slow uploads of one do not keep everybody else out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::http::StatusCode;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::answer::Answer;
use crate::domain::account::AccountId;

/// Uploads at once.
const AT_ONCE: usize = 64;
/// Uploads of one account at once. A build server pushes its packages one after the other.
const OF_ONE_ACCOUNT: usize = 8;
/// How long an upload waits for a place.
const WAIT: Duration = Duration::from_secs(10);

const NO_PLACE: Answer = Answer::new(StatusCode::SERVICE_UNAVAILABLE, "too many uploads at once");

/// All places.
pub(crate) struct Uploads {
    places: Semaphore,
    of_accounts: Mutex<HashMap<AccountId, usize>>,
}

/// A place that is taken. Dropping it gives it back.
pub(super) struct Place<'a> {
    uploads: &'a Uploads,
    account: AccountId,
    _place: SemaphorePermit<'a>,
}

impl Uploads {
    /// All places free.
    pub fn new() -> Self {
        Self { places: Semaphore::new(AT_ONCE), of_accounts: Mutex::default() }
    }

    /// Takes a place for an account.
    ///
    /// # Errors
    /// What to answer when the account has its share already, or none came free in time.
    pub async fn enter(&self, account: AccountId) -> Result<Place<'_>, Answer> {
        if self.of(account) >= OF_ONE_ACCOUNT {
            return Err(NO_PLACE.detail(format!("an account can upload {OF_ONE_ACCOUNT} packages at once")));
        }
        let Ok(Ok(place)) = timeout(WAIT, self.places.acquire()).await else { return Err(NO_PLACE) };
        *self.accounts().entry(account).or_default() += 1;
        Ok(Place { uploads: self, account, _place: place })
    }

    fn of(&self, account: AccountId) -> usize {
        self.accounts().get(&account).copied().unwrap_or_default()
    }

    fn accounts(&self) -> std::sync::MutexGuard<'_, HashMap<AccountId, usize>> {
        self.of_accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut accounts = self.uploads.accounts();
        if let Some(count) = accounts.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                accounts.remove(&self.account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: AccountId = AccountId(1);
    const BOB: AccountId = AccountId(2);

    #[tokio::test(start_paused = true)]
    async fn one_account_has_its_share_and_leaves_the_rest_to_others() {
        let uploads = Uploads::new();
        let mut anns = Vec::new();
        for _ in 0..OF_ONE_ACCOUNT {
            anns.push(uploads.enter(ANN).await.ok().unwrap());
        }
        assert!(uploads.enter(ANN).await.is_err());
        assert!(uploads.enter(BOB).await.is_ok());
        drop(anns.pop());
        assert!(uploads.enter(ANN).await.is_ok());
        drop(anns);
        assert!(uploads.accounts().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_too_long_is_told_to_come_back() {
        let uploads = Uploads::new();
        let _all = uploads.places.acquire_many(u32::try_from(AT_ONCE).unwrap()).await.unwrap();
        let refused = uploads.enter(ANN).await.err().unwrap();
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    }
}
