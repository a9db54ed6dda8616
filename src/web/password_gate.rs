//! Lets passwords be tested without letting strangers spend the server's memory.
//!
//! Argon2 takes about 20 ms and 19 MiB, and a restore asks hundreds of times with the same password. So answers are
//! remembered for a minute under a keyed hash of name, stored hash and password (a changed password changes the name under
//! which the answer is remembered), the same question asked thirty times at once is tested once, and at most two tests
//! run. They run in two lanes: strangers who flood the server with made-up names wait for each other, not for the people
//! whose password was right lately.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web;
use aws_lc_rs::{hmac, rand};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::domain::account::AccountName;
use crate::password::{self, Parameters};

/// Requests in a lane: one is tested, the others wait.
const LANE: usize = 10;
/// How long an answer is remembered.
const REMEMBERED: Duration = Duration::from_secs(60);
/// How long an account whose password was right has the better lane.
const PROVEN: Duration = Duration::from_secs(24 * 60 * 60);
/// Entries of each memory; beyond it the old ones go.
const MAX_REMEMBERED: usize = 4096;

/// What became of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// It is right.
    Right,
    /// It is wrong, or there is no such account.
    Wrong,
    /// Too many wait: come back in some seconds.
    Busy,
}

type Tag = [u8; 32];

/// The gate. One for the whole server.
pub(super) struct PasswordGate {
    key: hmac::Key,
    parameters: Parameters,
    proven: Lane,
    strangers: Lane,
    right: Memory<Tag>,
    wrong: Memory<Tag>,
    accounts: Memory<String>,
    flights: Mutex<HashMap<Tag, Arc<tokio::sync::Mutex<()>>>>,
}

/// One test at a time, and a short queue.
struct Lane {
    places: Arc<Semaphore>,
    test: Arc<Semaphore>,
}

impl Lane {
    fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(LANE)), test: Arc::new(Semaphore::new(1)) }
    }
}

impl PasswordGate {
    /// A gate with nothing remembered, or `None` when the system gives no random bytes. For accounts that don't exist it does
    /// the work of a hash with `parameters`.
    pub fn new(parameters: Parameters) -> Option<Self> {
        let mut key = [0u8; 32];
        rand::fill(&mut key).ok()?;
        Some(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            parameters,
            proven: Lane::new(),
            strangers: Lane::new(),
            right: Memory::new(REMEMBERED),
            wrong: Memory::new(REMEMBERED),
            accounts: Memory::new(PROVEN),
            flights: Mutex::default(),
        })
    }

    /// Tests `secret` against the stored hash of `name`'s password, `None` if there is none: the same work is done then.
    pub async fn test(&self, name: &AccountName, stored: Option<String>, secret: Zeroizing<String>) -> Answer {
        let tag = self.tag(name, stored.as_deref(), &secret);
        if let Some(answer) = self.recall(&tag) {
            return answer;
        }
        let flight = {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            // Only this map knows a flight that is over.
            flights.retain(|_, flight| Arc::strong_count(flight) > 1);
            Arc::clone(flights.entry(tag).or_default())
        };
        let _first = flight.lock().await;
        if let Some(answer) = self.recall(&tag) {
            return answer;
        }
        let account = name.key().to_owned();
        let lane = if self.accounts.recalls(&account) { &self.proven } else { &self.strangers };
        let Ok(place) = Arc::clone(&lane.places).try_acquire_owned() else { return Answer::Busy };
        let Ok(turn) = Arc::clone(&lane.test).acquire_owned().await else { return Answer::Busy };
        // A client that hangs up ends this future, but not the test: the place goes with the test.
        let parameters = self.parameters;
        let test = move || {
            let _held = (place, turn);
            password::verify(&secret, stored.as_deref(), &parameters)
        };
        match web::block(test).await {
            Ok(true) => {
                self.right.remember(tag);
                self.accounts.remember(account);
                Answer::Right
            }
            Ok(false) => {
                self.wrong.remember(tag);
                Answer::Wrong
            }
            Err(_) => Answer::Busy,
        }
    }

    fn recall(&self, tag: &Tag) -> Option<Answer> {
        if self.right.recalls(tag) {
            return Some(Answer::Right);
        }
        self.wrong.recalls(tag).then_some(Answer::Wrong)
    }

    fn tag(&self, name: &AccountName, stored: Option<&str>, secret: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in [name.key(), stored.unwrap_or_default(), secret] {
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut tag = [0u8; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }
}

/// Things that are remembered for a while. Wrong answers have a memory of their own: a flood of them must not make the
/// server forget the right ones.
struct Memory<K> {
    lasts: Duration,
    since: Mutex<HashMap<K, Instant>>,
}

impl<K: std::hash::Hash + Eq> Memory<K> {
    fn new(lasts: Duration) -> Self {
        Self { lasts, since: Mutex::default() }
    }

    fn recalls(&self, key: &K) -> bool {
        let since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.get(key).is_some_and(|since| since.elapsed() < self.lasts)
    }

    fn remember(&self, key: K) {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if since.len() >= MAX_REMEMBERED {
            since.retain(|_, since| since.elapsed() < self.lasts);
        }
        if since.len() >= MAX_REMEMBERED {
            since.clear();
        }
        since.insert(key, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    fn remembered(gate: &PasswordGate) -> (usize, usize) {
        (gate.right.since.lock().unwrap().len(), gate.wrong.since.lock().unwrap().len())
    }

    #[actix_web::test]
    async fn a_right_password_is_tested_once_and_a_changed_one_again() {
        let gate = PasswordGate::new(Parameters::default()).unwrap();
        let name: AccountName = "ann".parse().unwrap();
        let stored = password::hash("correct horse battery", &Parameters::default()).unwrap();
        let test = |stored: &str, text| gate.test(&name, Some(stored.to_owned()), secret(text));
        assert_eq!(test(&stored, "correct horse battery").await, Answer::Right);
        assert_eq!(test(&stored, "correct horse battery").await, Answer::Right);
        assert_eq!(remembered(&gate), (1, 0));
        let changed = password::hash("another horse battery", &Parameters::default()).unwrap();
        assert_eq!(test(&changed, "correct horse battery").await, Answer::Wrong);
        assert_eq!(remembered(&gate), (1, 1));
    }

    #[actix_web::test]
    async fn an_unknown_account_is_answered_like_a_wrong_password() {
        let gate = PasswordGate::new(Parameters::default()).unwrap();
        assert_eq!(gate.test(&"nobody".parse().unwrap(), None, secret("whatever it is")).await, Answer::Wrong);
    }

    #[actix_web::test]
    async fn thirty_requests_of_a_restore_at_once_are_one_test() {
        let gate = PasswordGate::new(Parameters::default()).unwrap();
        let name: AccountName = "ann".parse().unwrap();
        let stored = password::hash("correct horse battery", &Parameters::default()).unwrap();
        let asked = (0..30).map(|_| gate.test(&name, Some(stored.clone()), secret("correct horse battery")));
        let answers = futures_util::future::join_all(asked).await;
        assert!(answers.iter().all(|answer| *answer == Answer::Right), "{answers:?}");
    }

    #[actix_web::test]
    async fn a_test_keeps_its_place_when_the_client_hangs_up() {
        let gate = PasswordGate::new(Parameters::default()).unwrap();
        let name: AccountName = "mallory".parse().unwrap();
        {
            let mut test = Box::pin(gate.test(&name, None, secret("whatever it is")));
            assert!(futures_util::FutureExt::now_or_never(&mut test).is_none());
        }
        assert_eq!(gate.strangers.test.available_permits(), 0, "Argon2 still runs");
    }

    #[actix_web::test]
    async fn a_flood_by_strangers_is_told_to_come_back_and_does_not_keep_out_who_was_right_before() {
        let gate = PasswordGate::new(Parameters::default()).unwrap();
        let ann: AccountName = "ann".parse().unwrap();
        let stored = password::hash("correct horse battery", &Parameters::default()).unwrap();
        assert_eq!(gate.test(&ann, Some(stored), secret("correct horse battery")).await, Answer::Right);
        let _flood = gate.strangers.places.acquire_many(u32::try_from(LANE).unwrap()).await.unwrap();
        assert_eq!(gate.test(&"mallory".parse().unwrap(), None, secret("whatever it is")).await, Answer::Busy);
        let changed = password::hash("another horse battery", &Parameters::default()).unwrap();
        assert_eq!(gate.test(&ann, Some(changed), secret("another horse battery")).await, Answer::Right);
    }
}
