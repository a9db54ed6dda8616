//! Lets passwords be tested without letting strangers spend the server's memory.
//!
//! Argon2 takes about 20 ms and 19 MiB, and a restore asks hundreds of times with the same password. So at most two run
//! at once, a few wait, the rest are told to come back; and an answer is remembered for a minute under a keyed hash of
//! name, stored hash and password, so that neither a restore nor a wrong password in a script runs Argon2 each time. A
//! changed password changes the stored hash and so the name under which the answer is remembered.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use actix_web::web;
use aws_lc_rs::{hmac, rand};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::domain::account::AccountName;
use crate::password;

/// Argon2 runs at once: 19 MiB each.
const AT_ONCE: usize = 2;
/// Requests that wait for one of them.
const WAITING: usize = 16;
/// How long an answer is remembered.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Answers remembered at most; beyond it the old ones go.
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

/// The gate. One for the whole server.
pub(super) struct PasswordGate {
    key: hmac::Key,
    permits: Semaphore,
    waiting: AtomicUsize,
    remembered: Mutex<HashMap<[u8; 32], (Instant, bool)>>,
}

impl PasswordGate {
    /// A gate with nothing remembered, or `None` when the system gives no random bytes.
    pub fn new() -> Option<Self> {
        let mut key = [0u8; 32];
        rand::fill(&mut key).ok()?;
        Some(Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            permits: Semaphore::new(AT_ONCE),
            waiting: AtomicUsize::new(0),
            remembered: Mutex::default(),
        })
    }

    /// Tests `secret` against the stored hash of `name`'s password, `None` if there is none: the same work is done then.
    pub async fn test(&self, name: &AccountName, stored: Option<String>, secret: Zeroizing<String>) -> Answer {
        let tag = self.tag(name, stored.as_deref(), &secret);
        if let Some(right) = self.recall(&tag) {
            return if right { Answer::Right } else { Answer::Wrong };
        }
        if self.waiting.fetch_add(1, Ordering::AcqRel) >= WAITING {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
            return Answer::Busy;
        }
        let permit = self.permits.acquire().await;
        self.waiting.fetch_sub(1, Ordering::AcqRel);
        let tested = match permit {
            Ok(_permit) => web::block(move || password::verify(&secret, stored.as_deref())).await,
            Err(_) => return Answer::Busy,
        };
        let Ok(right) = tested else { return Answer::Busy };
        self.remember(tag, right);
        if right { Answer::Right } else { Answer::Wrong }
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

    fn recall(&self, tag: &[u8; 32]) -> Option<bool> {
        let remembered = self.remembered.lock().ok()?;
        let (since, right) = remembered.get(tag)?;
        (since.elapsed() < REMEMBERED).then_some(*right)
    }

    fn remember(&self, tag: [u8; 32], right: bool) {
        let Ok(mut remembered) = self.remembered.lock() else { return };
        if remembered.len() >= MAX_REMEMBERED {
            remembered.retain(|_, (since, _)| since.elapsed() < REMEMBERED);
        }
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(tag, (Instant::now(), right));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    #[actix_web::test]
    async fn a_right_password_is_tested_once_and_a_changed_one_again() {
        let gate = PasswordGate::new().unwrap();
        let name: AccountName = "ann".parse().unwrap();
        let stored = password::hash("correct horse battery").unwrap();
        let test = |stored: &str, text| gate.test(&name, Some(stored.to_owned()), secret(text));
        assert_eq!(test(&stored, "correct horse battery").await, Answer::Right);
        assert_eq!(gate.remembered.lock().unwrap().len(), 1);
        assert_eq!(test(&stored, "correct horse battery").await, Answer::Right);
        assert_eq!(gate.remembered.lock().unwrap().len(), 1);
        let changed = password::hash("another horse battery").unwrap();
        assert_eq!(test(&changed, "correct horse battery").await, Answer::Wrong);
    }

    #[actix_web::test]
    async fn an_unknown_account_is_answered_like_a_wrong_password() {
        let gate = PasswordGate::new().unwrap();
        assert_eq!(gate.test(&"nobody".parse().unwrap(), None, secret("whatever it is")).await, Answer::Wrong);
    }

    #[actix_web::test]
    async fn beyond_the_queue_callers_are_told_to_come_back() {
        let gate = PasswordGate::new().unwrap();
        gate.waiting.store(WAITING, Ordering::Release);
        assert_eq!(gate.test(&"ann".parse().unwrap(), None, secret("whatever it is")).await, Answer::Busy);
        assert_eq!(gate.waiting.load(Ordering::Acquire), WAITING);
    }
}
