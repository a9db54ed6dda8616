//! Lets passwords be tested and hashed without letting strangers spend the server's memory.
//!
//! Argon2 takes about 20 ms and 19 MiB, and a restore asks hundreds of times with the same password. So answers are
//! remembered for a minute under a keyed hash of name, stored hash and password (a changed password changes the name under
//! which the answer is remembered), the same question asked thirty times at once is tested once, and at most two tests
//! run. They run in two lanes: strangers who flood the server with made-up names wait for each other, not for the people
//! whose password was right lately. New passwords are hashed in the second lane too: whoever chooses one has given the old one
//! or holds a good link.
//!
//! Each test has leave of the [`Throttle`], and answers are remembered for the address that asked: an answer that was
//! given to others would tell a stranger at once which of thousands of passwords is the right one. The same wrong password from the same
//! address counts once a day: a forgotten machine that repeats it learns nothing, and must not use up the tries of others.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::web;
use aws_lc_rs::{hmac, rand};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use super::client_address::throttle_key;
use super::throttle::{Attempt, RetryAfter, Throttle, Ticket};
use crate::domain::account::AccountName;
use crate::password::{self, NewPassword, Parameters, Unusable};

/// Requests in a lane: one is tested, the others wait.
const LANE: usize = 10;
/// How long an answer is remembered.
const REMEMBERED: Duration = Duration::from_secs(60);
/// How long a wrong answer is not counted again.
const COUNTED: Duration = Duration::from_secs(24 * 60 * 60);
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
    /// Too many were wrong: come back after this time. Whether this one is right stays open.
    Slowed(Duration),
}

/// Why a new password was not hashed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NotHashed {
    /// Too many wait: come back in some seconds.
    Busy,
    /// It may not become a password.
    Unusable(Unusable),
}

type Tag = [u8; 32];
/// A place in a lane, and the turn.
type Held = (OwnedSemaphorePermit, OwnedSemaphorePermit);

/// The gate. One for the whole server.
pub(super) struct PasswordGate {
    key: hmac::Key,
    parameters: Parameters,
    throttle: Throttle,
    proven: Lane,
    strangers: Lane,
    right: Memory<Tag>,
    wrong: Memory<Tag>,
    counted: Memory<Tag>,
    accounts: Memory<String>,
    flights: Mutex<HashMap<Tag, Arc<tokio::sync::Mutex<()>>>>,
    /// What all tests together cost.
    #[cfg(test)]
    work: Arc<std::sync::atomic::AtomicU64>,
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

    /// A place in the queue, and then the turn. `None` when the queue is full.
    async fn place(&self) -> Option<Held> {
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let turn = Arc::clone(&self.test).acquire_owned().await.ok()?;
        Some((place, turn))
    }
}

impl PasswordGate {
    /// A gate with nothing remembered, or `None` when the system gives no random bytes. For accounts that don't exist it does
    /// the work of a hash with `parameters`.
    pub fn new(parameters: Parameters, throttle: Throttle) -> Option<Self> {
        let mut key = [0u8; 32];
        rand::fill(&mut key).ok()?;
        Some(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            parameters,
            throttle,
            proven: Lane::new(),
            strangers: Lane::new(),
            right: Memory::new(REMEMBERED),
            wrong: Memory::new(REMEMBERED),
            counted: Memory::new(COUNTED),
            accounts: Memory::new(PROVEN),
            flights: Mutex::default(),
            #[cfg(test)]
            work: Arc::default(),
        })
    }

    /// Tests `secret` against the stored hash of the account's password, `None` if there is none, or none that may be used here:
    /// the same work is done then, and the same is counted.
    pub async fn test(&self, attempt: &Attempt<'_>, stored: Option<String>, secret: Zeroizing<String>) -> Answer {
        let tag = self.tag(attempt, stored.as_deref(), &secret);
        if let Some(answer) = self.recall(&tag, attempt) {
            return answer;
        }
        let flight = self.flight(tag);
        let _first = flight.lock().await;
        if let Some(answer) = self.recall(&tag, attempt) {
            return answer;
        }
        let ticket = match self.leave(&tag, attempt) {
            Ok(ticket) => ticket,
            Err(RetryAfter(wait)) => return Answer::Slowed(wait),
        };
        let account = attempt.account_key.to_owned();
        let lane = if self.accounts.recalls(&account) { &self.proven } else { &self.strangers };
        let Some(held) = lane.place().await else {
            if let Some(ticket) = ticket {
                ticket.withdrawn();
            }
            return Answer::Busy;
        };
        let parameters = self.parameters;
        #[cfg(test)]
        let work = Arc::clone(&self.work);
        // A client that hangs up ends this future, but not the test: the place goes with the test, and so does its outcome.
        let test = move || {
            let _held = held;
            let right = password::verify(&secret, stored.as_deref(), &parameters);
            #[cfg(test)]
            work.fetch_add(password::work_done(), std::sync::atomic::Ordering::SeqCst);
            match ticket {
                Some(ticket) if right => ticket.succeeded(),
                Some(ticket) => ticket.failed(),
                None => {}
            }
            right
        };
        match web::block(test).await {
            Ok(true) => {
                self.right.remember(tag);
                self.accounts.remember(account);
                Answer::Right
            }
            Ok(false) => {
                self.wrong.remember(tag);
                self.counted.remember(tag);
                Answer::Wrong
            }
            Err(_) => Answer::Busy,
        }
    }

    /// Hashes what was chosen as the new password of `account` on the feed at `host`, for somebody who has shown that they may
    /// choose it.
    ///
    /// # Errors
    /// [`NotHashed`].
    pub async fn hash(
        &self,
        plain: Zeroizing<String>,
        account: &AccountName,
        host: String,
    ) -> Result<NewPassword, NotHashed> {
        let held = self.proven.place().await.ok_or(NotHashed::Busy)?;
        let (account, parameters) = (account.clone(), self.parameters);
        let work = move || {
            let _held = held;
            NewPassword::hashed(&plain, &account, Some(&host), &parameters)
        };
        web::block(work).await.map_err(|_| NotHashed::Busy)?.map_err(NotHashed::Unusable)
    }

    /// The hash with the parameters of today, of a password that was just right for `stored`. `None` when `stored` has them
    /// already, and when too many wait: the next sign-in is another chance.
    pub async fn rehash(&self, stored: &str, plain: Zeroizing<String>) -> Option<String> {
        if !password::needs_rehash(stored, &self.parameters) {
            return None;
        }
        let (held, parameters) = (self.proven.place().await?, self.parameters);
        let work = move || {
            let _held = held;
            password::hash(&plain, &parameters).ok()
        };
        web::block(work).await.ok()?
    }

    /// The same question that is being answered already, or this one.
    fn flight(&self, tag: Tag) -> Arc<tokio::sync::Mutex<()>> {
        let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
        // Only this map knows a flight that is over.
        flights.retain(|_, flight| Arc::strong_count(flight) > 1);
        Arc::clone(flights.entry(tag).or_default())
    }

    /// Leave to test; without a ticket for what was counted already.
    fn leave(&self, tag: &Tag, attempt: &Attempt<'_>) -> Result<Option<Ticket>, RetryAfter> {
        if self.counted.recalls(tag) { Ok(None) } else { self.throttle.try_now(attempt, Instant::now()).map(Some) }
    }

    fn recall(&self, tag: &Tag, attempt: &Attempt<'_>) -> Option<Answer> {
        if self.right.recalls(tag) {
            let leave = self.throttle.check(attempt, Instant::now());
            return Some(leave.map_or_else(|RetryAfter(wait)| Answer::Slowed(wait), |()| Answer::Right));
        }
        self.wrong.recalls(tag).then_some(Answer::Wrong)
    }

    fn tag(&self, attempt: &Attempt<'_>, stored: Option<&str>, secret: &str) -> Tag {
        let mut context = hmac::Context::with_key(&self.key);
        let address = throttle_key(attempt.address).to_string();
        for part in [attempt.account_key, &address, stored.unwrap_or_default(), secret] {
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        let mut tag = [0u8; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }
}

#[cfg(test)]
impl PasswordGate {
    /// Takes all places of the proven, as long as what it returns is kept.
    pub async fn fill(&self) -> OwnedSemaphorePermit {
        let all = u32::try_from(LANE).unwrap();
        Arc::clone(&self.proven.places).acquire_many_owned(all).await.unwrap()
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
    use std::net::IpAddr;

    use super::*;

    const PASSWORD: &str = "correct horse battery";

    fn gate() -> PasswordGate {
        PasswordGate::new(Parameters::default(), Throttle::new()).unwrap()
    }

    fn hash(password: &str) -> String {
        password::hash(password, &Parameters::default()).unwrap()
    }

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    fn from(account_key: &str, last: u8) -> Attempt<'_> {
        Attempt { account_key, address: IpAddr::from([203, 0, 113, last]), known: false }
    }

    fn remembered(gate: &PasswordGate) -> (usize, usize) {
        (gate.right.since.lock().unwrap().len(), gate.wrong.since.lock().unwrap().len())
    }

    #[actix_web::test]
    async fn a_right_password_is_tested_once_and_a_changed_one_again() {
        let (gate, stored, ann) = (gate(), hash(PASSWORD), from("ann", 1));
        let test = |stored: &str, text| gate.test(&ann, Some(stored.to_owned()), secret(text));
        assert_eq!(test(&stored, PASSWORD).await, Answer::Right);
        assert_eq!(test(&stored, PASSWORD).await, Answer::Right);
        assert_eq!(remembered(&gate), (1, 0));
        assert_eq!(test(&hash("another horse battery"), PASSWORD).await, Answer::Wrong);
        assert_eq!(remembered(&gate), (1, 1));
    }

    #[actix_web::test]
    async fn an_unknown_account_is_answered_like_a_wrong_password() {
        assert_eq!(gate().test(&from("nobody", 1), None, secret("whatever it is")).await, Answer::Wrong);
    }

    #[actix_web::test]
    async fn a_password_of_nobody_costs_what_a_wrong_one_of_somebody_costs() {
        let all = u64::from(Parameters::default().memory_kib() * Parameters::default().passes());
        let light = password::hash(PASSWORD, &Parameters::new(8192, 1, 1).unwrap()).unwrap();
        for (name, stored) in [("nobody", None), ("ann", Some(hash(PASSWORD))), ("bob", Some(light))] {
            let gate = gate();
            assert_eq!(gate.test(&from(name, 1), stored, secret("whatever it is")).await, Answer::Wrong);
            assert_eq!(gate.work.load(std::sync::atomic::Ordering::SeqCst), all, "{name}");
        }
    }

    #[actix_web::test]
    async fn a_new_password_is_hashed_with_the_settings_work_and_for_its_account() {
        let parameters = Parameters::new(8192, 1, 1).unwrap();
        let gate = PasswordGate::new(parameters, Throttle::new()).unwrap();
        let ann = "ann".parse().unwrap();
        let chosen = |text| gate.hash(secret(text), &ann, "packages.contoso.example".to_owned());
        let new = chosen(PASSWORD).await.unwrap();
        assert!(!password::needs_rehash(new.hash(), &parameters) && *new.account() == ann);
        assert!(password::verify(PASSWORD, Some(new.hash()), &parameters));
        assert_eq!(chosen("Contoso-2026!").await.err(), Some(NotHashed::Unusable(Unusable::Name)));
    }

    #[actix_web::test]
    async fn a_hash_is_made_anew_when_the_parameters_are_others() {
        let (gate, light) = (gate(), Parameters::new(8192, 1, 1).unwrap());
        let old = password::hash(PASSWORD, &light).unwrap();
        let new = gate.rehash(&old, secret(PASSWORD)).await.unwrap();
        assert!(!password::needs_rehash(&new, &Parameters::default()));
        assert!(password::verify(PASSWORD, Some(&new), &Parameters::default()));
        assert_eq!(gate.rehash(&new, secret(PASSWORD)).await, None, "one that is good stays");
    }

    #[actix_web::test]
    async fn hashing_waits_in_the_lane_of_the_proven_and_never_beside_it() {
        let (gate, ann) = (gate(), "ann".parse().unwrap());
        let hash_of_new = || gate.hash(secret(PASSWORD), &ann, String::new());
        {
            let _flood = gate.strangers.places.acquire_many(u32::try_from(LANE).unwrap()).await.unwrap();
            assert!(hash_of_new().await.is_ok(), "strangers do not keep out who holds a good link");
        }
        {
            let _running = gate.proven.test.acquire().await.unwrap();
            let mut waiting = Box::pin(hash_of_new());
            assert!(futures_util::FutureExt::now_or_never(&mut waiting).is_none(), "one at a time");
            assert_eq!(gate.proven.places.available_permits(), LANE - 1);
        }
        let _full = gate.fill().await;
        assert_eq!(hash_of_new().await.err(), Some(NotHashed::Busy));
        let light = password::hash(PASSWORD, &Parameters::new(8192, 1, 1).unwrap()).unwrap();
        assert_eq!(gate.rehash(&light, secret(PASSWORD)).await, None);
    }

    #[actix_web::test]
    async fn thirty_requests_of_a_restore_at_once_are_one_test() {
        let (gate, stored, ann) = (gate(), hash(PASSWORD), from("ann", 1));
        let asked = (0..30).map(|_| gate.test(&ann, Some(stored.clone()), secret(PASSWORD)));
        let answers = futures_util::future::join_all(asked).await;
        assert!(answers.iter().all(|answer| *answer == Answer::Right), "{answers:?}");
    }

    #[actix_web::test]
    async fn a_test_keeps_its_place_when_the_client_hangs_up_and_counts_as_it_ends() {
        let (gate, stored) = (gate(), hash(PASSWORD));
        {
            let attempt = from("ann", 1);
            let mut test = Box::pin(gate.test(&attempt, Some(stored), secret(PASSWORD)));
            assert!(futures_util::FutureExt::now_or_never(&mut test).is_none());
        }
        assert_eq!(gate.strangers.test.available_permits(), 0, "Argon2 still runs");
        let _over = gate.strangers.test.acquire().await.unwrap();
        for _ in 0..6 {
            assert!(gate.throttle.try_now(&from("ann", 1), Instant::now()).is_ok(), "it was right and cost nothing");
        }
    }

    #[actix_web::test]
    async fn a_flood_by_strangers_is_told_to_come_back_and_does_not_keep_out_who_was_right_before() {
        let gate = gate();
        assert_eq!(gate.test(&from("ann", 1), Some(hash(PASSWORD)), secret(PASSWORD)).await, Answer::Right);
        let _flood = gate.strangers.places.acquire_many(u32::try_from(LANE).unwrap()).await.unwrap();
        for _ in 0..10 {
            let answer = gate.test(&from("mallory", 2), None, secret("whatever it is")).await;
            assert_eq!(answer, Answer::Busy, "what was not tested does not count");
        }
        let changed = "another horse battery";
        assert_eq!(gate.test(&from("ann", 1), Some(hash(changed)), secret(changed)).await, Answer::Right);
    }

    #[actix_web::test]
    async fn guesses_are_slowed_and_then_a_remembered_right_one_is_not_told_from_a_wrong_one() {
        let (gate, stored, ann) = (gate(), hash(PASSWORD), from("ann", 1));
        let guess = |text: String| gate.test(&ann, Some(stored.clone()), Zeroizing::new(text));
        assert_eq!(guess(PASSWORD.to_owned()).await, Answer::Right);
        let mut answers = Vec::new();
        for number in 0..8 {
            answers.push(guess(format!("guess number {number}")).await);
        }
        assert!(answers[..6].iter().all(|answer| *answer == Answer::Wrong), "{answers:?}");
        assert!(answers[6..].iter().all(|answer| matches!(answer, Answer::Slowed(_))), "{answers:?}");
        assert!(matches!(guess(PASSWORD.to_owned()).await, Answer::Slowed(_)));
    }

    #[actix_web::test]
    async fn what_was_right_at_one_address_is_tested_again_at_another() {
        let (gate, stored) = (gate(), hash(PASSWORD));
        assert_eq!(gate.test(&from("ann", 1), Some(stored.clone()), secret(PASSWORD)).await, Answer::Right);
        assert_eq!(gate.test(&from("ann", 2), Some(stored), secret(PASSWORD)).await, Answer::Right);
        assert_eq!(remembered(&gate), (2, 0));
    }

    #[actix_web::test]
    async fn a_machine_that_repeats_one_wrong_password_counts_once() {
        let (gate, stored) = (gate(), hash(PASSWORD));
        for minute in 0..10 {
            let answer = gate.test(&from("ci", 1), Some(stored.clone()), secret("the old password")).await;
            assert_eq!(answer, Answer::Wrong, "minute {minute}");
            gate.wrong.since.lock().unwrap().clear();
        }
        assert_eq!(gate.test(&from("ci", 1), Some(stored), secret(PASSWORD)).await, Answer::Right);
    }
}
