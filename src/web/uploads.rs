//! Places for uploads, from their first byte until they are published.
//!
//! Each upload fills the spool by up to the package limit, so there are only so many; and one account gets only a part of
//! them, so that slow uploads of one do not keep everybody else out.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::answer::Answer;
use super::shares::Shares;
use crate::domain::account::AccountId;

/// Uploads at once.
const AT_ONCE: usize = 64;
/// Uploads of one account at once; further ones wait.
const OF_ONE_ACCOUNT: usize = 8;
/// How long an upload waits for a place.
const WAIT: Duration = Duration::from_secs(10);

const NO_PLACE: Answer = Answer::new(StatusCode::SERVICE_UNAVAILABLE, "too many uploads at once");

/// All places.
pub(crate) struct Uploads {
    places: Arc<Semaphore>,
    of_accounts: Shares,
}

/// A place that is taken. Dropping it gives it back.
pub(super) struct Place {
    _share: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Uploads {
    /// All places free.
    pub fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), of_accounts: Shares::of(OF_ONE_ACCOUNT) }
    }

    /// Takes a place for an account, out of the account's share.
    ///
    /// # Errors
    /// What to answer when none came free in time.
    pub async fn enter(&self, account: AccountId) -> Result<Place, Answer> {
        let wait = async {
            let share = self.of_accounts.enter(account).await?;
            Some(Place { _share: share, _place: Arc::clone(&self.places).acquire_owned().await.ok()? })
        };
        timeout(WAIT, wait).await.ok().flatten().ok_or_else(|| {
            NO_PLACE.detail(format!("an account can upload {OF_ONE_ACCOUNT} packages at once, all together {AT_ONCE}"))
        })
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
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_too_long_is_told_to_come_back() {
        let uploads = Uploads::new();
        let _all = uploads.places.acquire_many(u32::try_from(AT_ONCE).unwrap()).await.unwrap();
        let refused = uploads.enter(ANN).await.err().unwrap();
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    }
}
