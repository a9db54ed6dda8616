//! Slows down who guesses passwords and codes, without letting a stranger lock anybody out.
//!
//! All of it is in memory and forgotten at a restart. A *stranger* is a try from a browser that did not sign in to this account
//! before; a *known* browser proves that it did by a signed cookie, which the caller checks. Each try is charged
//! to buckets before it is made, all of them or none, and a success gives back what it cost: requests at once can't slip
//! through together.
//!
//! | bucket | rule | against |
//! |---|---|---|
//! | account and address, strangers | [`PAIR`] | guessing one account's password from one place |
//! | address, all accounts, strangers | [`ADDRESS`] | spraying: one likely password tried at many accounts |
//! | account, all addresses, strangers | [`ACCOUNT`] | a botnet: each address tries once |
//! | account, known browsers | [`KNOWN`] | a stolen laptop, or a stolen cookie |
//! | account, codes of strangers | [`STRANGERS_CODES`] | trying out all codes, with the password known |
//! | account, codes of known browsers | [`KNOWN_CODES`] | the same with a stolen cookie |
//! | account, sign-ins that await a code | [`AWAITED`] | pushing out those of the owner, with the password known |
//! | address, links by mail | [`LINKS`] | having the server write to many mailboxes |
//!
//! - **Nobody is locked out.** What strangers do never touches the bucket of known browsers. While a botnet spends the tries
//!   of strangers, an owner without a known browser waits for the attack to end, or gets a link from an administrator,
//!   which makes the browser known. No wait is longer than an hour.
//! - **Machines that read with a password have no cookie.** So an address from which the password was right lately
//!   ([`PROVEN`]) is charged to its own pair alone: neither a botnet nor a colleague behind the same address who mistypes
//!   other accounts' passwords stops a build. Who shares the address *and* guesses at this account does; machines had better use
//!   keys, which are not slowed because nobody guesses 256 bits.
//! - **A success ends the waits of this account at this place**, and clears no hourly number: else an attacker with an account of their
//!   own would clear the address after each round, and one behind the owner's address would start anew whenever the owner signs in.
//! - **IPv6**: whoever has one address has 2⁶⁴ of them, so the first 64 bits count ([`throttle_key`]).
//! - **Unknown accounts** are slowed like others; the answer tells nobody which exist.
//! - **Memory** is bounded by [`MAX_BUCKETS`]; whoever was heard of longest ago is forgotten first. A bucket that is
//!   being tried is not: to push it out takes thousands of tries, which buy back a hundred.
//!
//! In numbers: strangers have 100 tries an hour at an account, 877 000 a year. Four words of a list of 7776 make
//! 3.7 · 10¹⁵ passwords, and the commonest ones are refused. Of 10⁶ codes three count at any time (one step early and
//! late), so a try is right with 3 · 10⁻⁶. At 10 an hour that is once in 3.8 years on average; even odds take 2.6 years. Known browsers have
//! twice as many: 1.9 and 1.3 years. All that needs the password first.

mod bucket;
mod recent;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::client_address::throttle_key;
use bucket::{Bucket, Rule};
use recent::Recent;

/// One account from one address: five failures are free, then waits double up to a minute.
const PAIR: Rule = Rule { free: Some(5), an_hour: 60 };
/// The same for the browsers that an account knows.
const KNOWN: Rule = Rule { free: Some(5), an_hour: 60 };
/// All accounts from one address. An office has one, so a day's first hour of typing errors must fit.
const ADDRESS: Rule = Rule { free: None, an_hour: 60 };
/// One account from all addresses.
const ACCOUNT: Rule = Rule { free: None, an_hour: 100 };
/// Wrong codes of strangers, whatever the address.
const STRANGERS_CODES: Rule = Rule { free: None, an_hour: 10 };
/// Wrong codes of known browsers.
const KNOWN_CODES: Rule = Rule { free: None, an_hour: 20 };
/// Sign-ins that await their code, of strangers and of known browsers each. The newest few of each are kept, so without an end to
/// them whoever knows the password could keep the owner from the second step.
const AWAITED: Rule = Rule { free: None, an_hour: 60 };
/// Links that the server mails because somebody at an address asked: for a new password, or to confirm an address.
const LINKS: Rule = Rule { free: None, an_hour: 20 };
/// How long an address at which an account's password was right is judged by itself.
const PROVEN: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Most buckets of each kind, about 10 MB. Beyond it the oldest go.
const MAX_BUCKETS: usize = 65_536;

/// Who tries.
#[derive(Debug, Clone, Copy)]
pub(in crate::web) struct Attempt<'a> {
    /// The key of the account's name, whether there is such an account or not.
    pub account_key: &'a str,
    /// From where.
    pub address: IpAddr,
    /// Whether the browser has proven that it signed in to this account before.
    pub known: bool,
}

/// The try must wait so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) struct RetryAfter(pub Duration);

/// The throttle. One for the whole server; clones share it.
#[derive(Clone)]
pub(in crate::web) struct Throttle(Arc<Mutex<Tables>>);

struct Tables {
    passwords: Recent<Key, Bucket>,
    codes: Recent<Key, Bucket>,
    awaited: Recent<Key, Bucket>,
    /// By address, whether anything was mailed or not.
    links: Recent<IpAddr, Bucket>,
    /// When the password of an account was right at an address.
    proven: Recent<(String, IpAddr), Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Pair(String, IpAddr),
    Known(String),
    Address(IpAddr),
    Account(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Password,
    Code,
    /// A sign-in that awaits its code.
    Awaited,
}

/// Leave for one try, which is charged already. Dropped, it stays charged: a request that is cut off has failed.
#[must_use = "a ticket that is dropped counts as failed"]
pub(in crate::web) struct Ticket {
    throttle: Throttle,
    kind: Kind,
    at: Instant,
    charged: Vec<Key>,
    pair: (String, IpAddr),
}

impl Throttle {
    /// A throttle that has seen nothing.
    pub fn new() -> Self {
        Self::holding(MAX_BUCKETS)
    }

    fn holding(most: usize) -> Self {
        let (passwords, codes) = (Recent::new(most), Recent::new(most));
        let (awaited, links, proven) = (Recent::new(most), Recent::new(most), Recent::new(most));
        Self(Arc::new(Mutex::new(Tables { passwords, codes, awaited, links, proven })))
    }

    /// Leave to try a password at `now`.
    ///
    /// # Errors
    /// How long to wait. Nothing is charged then.
    pub fn try_now(&self, attempt: &Attempt<'_>, now: Instant) -> Result<Ticket, RetryAfter> {
        self.reserve(Kind::Password, attempt, now)
    }

    /// Leave to try a second-factor code, of an app or a recovery code, at `now`: after the password, or in place on a page
    /// that asks for it.
    ///
    /// # Errors
    /// How long to wait. Nothing is charged then.
    pub fn try_code_now(&self, attempt: &Attempt<'_>, now: Instant) -> Result<Ticket, RetryAfter> {
        self.reserve(Kind::Code, attempt, now)
    }

    /// Leave to begin a sign-in that awaits a code, which is charged whatever comes of it: a right password costs nothing.
    ///
    /// # Errors
    /// How long to wait. Nothing is charged then.
    pub fn await_code_now(&self, attempt: &Attempt<'_>, now: Instant) -> Result<(), RetryAfter> {
        self.reserve(Kind::Awaited, attempt, now).map(Ticket::failed)
    }

    /// Leave to have a link mailed at `now`, which is charged whatever comes of it. It does not touch the tries of passwords: whoever
    /// has forgotten one has just used them up.
    ///
    /// # Errors
    /// How long to wait. Nothing is charged then.
    pub fn ask_for_link_now(&self, address: IpAddr, now: Instant) -> Result<(), RetryAfter> {
        let mut tables = self.tables();
        let bucket = tables.links.get_or(&throttle_key(address), || Bucket::new(now));
        match bucket.wait(&LINKS, now) {
            Some(wait) => Err(RetryAfter(wait)),
            None => {
                bucket.charge(&LINKS, now);
                Ok(())
            }
        }
    }

    /// How long this password would have to wait, without trying it: for an answer that is remembered. Given out while wrong
    /// ones are told to wait, it would let them all be tried.
    ///
    /// # Errors
    /// How long to wait.
    pub fn check(&self, attempt: &Attempt<'_>, now: Instant) -> Result<(), RetryAfter> {
        self.tables().wait(Kind::Password, attempt, now).map_or(Ok(()), Err)
    }

    fn reserve(&self, kind: Kind, attempt: &Attempt<'_>, now: Instant) -> Result<Ticket, RetryAfter> {
        let mut tables = self.tables();
        if let Some(wait) = tables.wait(kind, attempt, now) {
            return Err(wait);
        }
        let charges = tables.charges(kind, attempt, now);
        for (key, rule) in &charges {
            tables.buckets(kind).get_or(key, || Bucket::new(now)).charge(rule, now);
        }
        let charged = charges.into_iter().map(|(key, _)| key).collect();
        let pair = (attempt.account_key.to_owned(), throttle_key(attempt.address));
        Ok(Ticket { throttle: self.clone(), kind, at: now, charged, pair })
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// It was right: nothing is charged, and the waits of this account at this place are over.
    pub fn succeeded(self) {
        let mut tables = self.throttle.tables();
        for key in &self.charged {
            let Some(bucket) = tables.buckets(self.kind).get(key) else { continue };
            bucket.give_back(self.at);
            bucket.forgive();
        }
        if self.kind == Kind::Password {
            *tables.proven.get_or(&self.pair, || self.at) = self.at;
        }
    }

    /// It was wrong. The same as dropping the ticket, but said aloud.
    pub fn failed(self) {}

    /// It was not tried after all, because the server was busy: nothing is charged.
    pub fn withdrawn(self) {
        let mut tables = self.throttle.tables();
        for key in &self.charged {
            if let Some(bucket) = tables.buckets(self.kind).get(key) {
                bucket.give_back(self.at);
                bucket.undo();
            }
        }
    }
}

impl Tables {
    fn buckets(&mut self, kind: Kind) -> &mut Recent<Key, Bucket> {
        match kind {
            Kind::Password => &mut self.passwords,
            Kind::Code => &mut self.codes,
            Kind::Awaited => &mut self.awaited,
        }
    }

    /// The longest wait of all buckets that a try would be charged to.
    fn wait(&mut self, kind: Kind, attempt: &Attempt<'_>, now: Instant) -> Option<RetryAfter> {
        let charges = self.charges(kind, attempt, now);
        let buckets = self.buckets(kind);
        charges.iter().filter_map(|(key, rule)| buckets.get(key)?.wait(rule, now)).max().map(RetryAfter)
    }

    fn charges(&mut self, kind: Kind, attempt: &Attempt<'_>, now: Instant) -> Vec<(Key, Rule)> {
        let (account, address) = (attempt.account_key.to_owned(), throttle_key(attempt.address));
        match (kind, attempt.known) {
            (Kind::Code, true) => vec![(Key::Known(account), KNOWN_CODES)],
            (Kind::Code, false) => vec![(Key::Account(account), STRANGERS_CODES)],
            (Kind::Awaited, true) => vec![(Key::Known(account), AWAITED)],
            (Kind::Awaited, false) => vec![(Key::Account(account), AWAITED)],
            (Kind::Password, true) => vec![(Key::Known(account), KNOWN)],
            (Kind::Password, false) => {
                let proven = self.proven.get(&(account.clone(), address)).copied();
                let pair = (Key::Pair(account.clone(), address), PAIR);
                if proven.is_some_and(|at| now.saturating_duration_since(at) < PROVEN) {
                    return vec![pair];
                }
                vec![pair, (Key::Address(address), ADDRESS), (Key::Account(account), ACCOUNT)]
            }
        }
    }
}

#[cfg(test)]
mod tests;
