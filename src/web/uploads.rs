//! Places for uploads, from their first byte until they are published.
//!
//! Each upload fills the spool by up to the package limit, so there are only so many; and one person gets only a part of
//! them, so that slow uploads of one do not keep everybody else out.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::answer::Answer;
use super::shares::{Shares, Who};

/// Uploads at once.
const AT_ONCE: usize = 64;
/// Uploads of one person at once, and with all service keys that the person made; further ones wait.
const OF_ONE_PERSON: usize = 8;
/// How long an upload waits for a place.
const WAIT: Duration = Duration::from_secs(10);

const NO_PLACE: Answer = Answer::new(StatusCode::SERVICE_UNAVAILABLE, "too many uploads at once");

/// All places.
pub(crate) struct Uploads {
    places: Arc<Semaphore>,
    of_people: Shares,
}

/// A place that is taken. Dropping it gives it back.
pub(super) struct Place {
    _share: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Uploads {
    /// All places free.
    pub fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), of_people: Shares::of(OF_ONE_PERSON) }
    }

    /// Takes a place out of somebody's share.
    ///
    /// # Errors
    /// What to answer when none came free in time.
    pub async fn enter(&self, who: impl Into<Who>) -> Result<Place, Answer> {
        let wait = async {
            let share = self.of_people.enter(who).await?;
            Some(Place { _share: share, _place: Arc::clone(&self.places).acquire_owned().await.ok()? })
        };
        timeout(WAIT, wait).await.ok().flatten().ok_or_else(|| {
            NO_PLACE.detail(format!("one person, or the service keys that one person made, can upload {OF_ONE_PERSON} packages at once, all together {AT_ONCE}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::AccountId;
    use crate::domain::api_key::{ApiKeyId, KeyGrant};

    const ANN: AccountId = AccountId(1);
    const BOB: AccountId = AccountId(2);

    #[tokio::test(start_paused = true)]
    async fn one_person_has_a_share_and_leaves_the_rest_to_others() {
        let uploads = Uploads::new();
        let mut anns = Vec::new();
        for _ in 0..OF_ONE_PERSON {
            anns.push(uploads.enter(ANN).await.ok().unwrap());
        }
        assert!(uploads.enter(ANN).await.is_err());
        assert!(uploads.enter(BOB).await.is_ok());
        drop(anns.pop());
        assert!(uploads.enter(ANN).await.is_ok());
        drop(anns);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_makes_fifty_organizations_with_a_key_each_has_one_share_for_all_of_them() {
        let key_of = |organization: i64| KeyGrant {
            id: ApiKeyId(organization),
            account: AccountId(organization),
            service_key_of: Some(ANN),
            owner: AccountId(organization),
            scopes: "push".parse().unwrap(),
            patterns: Vec::new(),
            expires_at: time::OffsetDateTime::UNIX_EPOCH,
        };
        let uploads = Uploads::new();
        let mut taken = Vec::new();
        for organization in 100..150 {
            taken.extend(uploads.enter(Who::of_key(&key_of(organization))).await.ok());
        }
        assert_eq!(taken.len(), OF_ONE_PERSON);
        assert!(uploads.enter(ANN).await.is_ok(), "builds and the person do not wait for each other");
        assert!(uploads.enter(BOB).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_too_long_is_told_to_come_back() {
        let uploads = Uploads::new();
        let _all = uploads.places.acquire_many(u32::try_from(AT_ONCE).unwrap()).await.unwrap();
        let refused = uploads.enter(ANN).await.err().unwrap();
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    }
}
