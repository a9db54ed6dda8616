//! One round of questions: about each certificate that matters, whoever can be asked and is due.
//!
//! **Lists before OCSP.** One list answers for all certificates of an issuer, and fetching it does not tell the issuer
//! whose packages are used here; it is also what the client goes by on Linux. OCSP is asked about a certificate whose lists
//! say nothing: it names none, they can't be had, or do not cover it. So both are tried before something is unknown.
//!
//! Requests go out one after the other. Nothing here runs on a push's thread or under the write lock; what is stored is
//! stored in small transactions.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::answer::NewAnswer;
use super::body;
use super::cache::Cache;
use super::request::{self, Failure, Received};
use super::schedule;
use super::settle::settle_one;
use super::wanted::{Rows, Wanted};
use super::{ANSWERS, MAX_TOTAL};
use crate::config::Config;
use crate::domain::allowed_hosts::AllowedHosts;
use crate::domain::fingerprint::Fingerprint;
use crate::outbound::Outbound;
use crate::store::audit::By;
use crate::store::revocation_answers::{Question, StoredAnswer};
use crate::store::{self, Store};

/// What a round needs.
pub struct Check<'a> {
    /// The database.
    pub store: &'a Store,
    /// What is locked.
    pub config: &'a Config,
    /// The way into the network.
    pub outbound: &'a Outbound,
    /// The answers at hand.
    pub cache: &'a Cache,
    /// The time; a round takes a while.
    pub clock: &'a dyn Fn() -> OffsetDateTime,
    /// Whose doing the audit log says it is.
    pub by: &'a By,
    /// Whether to end early.
    pub stopped: &'a dyn Fn() -> bool,
    /// Told how many certificates were looked at, and of how many.
    pub progress: &'a dyn Fn(u64, u64),
}

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Those whose time has come.
    Due,
    /// These as well, and those above them, whether their time has come or not.
    About(BTreeSet<Fingerprint>),
    /// Everybody.
    All,
}

/// One request that was made.
#[derive(Debug)]
pub struct Asked<'a> {
    /// What was asked.
    pub question: &'a Question,
    /// The subjects of the certificates that name the URL.
    pub subjects: Vec<String>,
    /// How many bytes came, or why nothing that counts.
    pub outcome: Result<usize, String>,
}

/// Questions and the certificates that name their URLs.
type Askers<'a> = BTreeMap<Question, Vec<&'a Wanted>>;

impl Check<'_> {
    /// Makes a round. Each request is told to `tell`. When the next round is due, at the latest.
    ///
    /// # Errors
    /// What the store says. A request that fails is no error.
    pub fn round(&self, which: &Which, tell: &mut dyn FnMut(&Asked<'_>)) -> Result<OffsetDateTime, store::Error> {
        let begin = (self.clock)();
        let (rows, policy, stored) =
            self.store.read(|r| Ok::<_, store::Error>((Rows::read(r)?, r.policy()?, r.revocation_answers()?)))?;
        let chains = rows.chains(begin);
        let mut askers = Askers::new();
        for wanted in chains.wanted.values() {
            for question in wanted.questions() {
                askers.entry(question).or_default().push(wanted);
            }
        }
        let hosts = self.config.effective(policy).revocation_hosts;
        let next = begin.checked_add(schedule::DAILY).unwrap_or(begin);
        let at_once = match which {
            Which::Due => BTreeSet::new(),
            Which::About(ends) => ends.iter().flat_map(|end| chains.up_from(end)).collect(),
            Which::All => chains.wanted.keys().copied().collect(),
        };
        let mut round = Round { check: self, at_once, hosts, askers: &askers, asked: BTreeSet::new(), next, tell };
        let total = chains.wanted.len() as u64;
        for (done, wanted) in (0..).zip(chains.wanted.values()) {
            if (self.stopped)() {
                return Ok(next);
            }
            (self.progress)(done, total);
            round.look_at(wanted)?;
        }
        let next = round.next;
        self.forget_unwanted(&stored, &askers)?;
        Ok(next)
    }

    /// Forgets answers that no certificate asks for any more: they would fill the room for others. `stored` are those that
    /// were there when it was found out who asks: another process may have met more certificates since.
    fn forget_unwanted(&self, stored: &[StoredAnswer], askers: &Askers<'_>) -> Result<(), store::Error> {
        let imported = |stored: &StoredAnswer| stored.question.url.is_empty();
        for old in stored.iter().filter(|stored| !imported(stored) && !askers.contains_key(&stored.question)) {
            let content = self.store.write(|w| {
                if w.revocation_answer(&old.question)?.as_ref() != Some(old) {
                    return Ok(None);
                }
                w.advance(ANSWERS, (self.clock)())?;
                w.forget_revocation_answer(old.id)
            })?;
            body::discard(self.store, content);
        }
        Ok(())
    }
}

/// A round that is made.
struct Round<'a, 'b> {
    check: &'a Check<'a>,
    /// Certificates that are asked about whether they are due or not.
    at_once: BTreeSet<Fingerprint>,
    hosts: AllowedHosts,
    askers: &'a Askers<'a>,
    asked: BTreeSet<Question>,
    next: OffsetDateTime,
    tell: &'a mut (dyn FnMut(&Asked<'_>) + 'b),
}

impl Round<'_, '_> {
    /// Asks about one certificate until something is known, and settles its status.
    fn look_at(&mut self, wanted: &Wanted) -> Result<(), store::Error> {
        let Check { store, cache, clock, by, .. } = self.check;
        let mut asked = false;
        for question in wanted.questions() {
            asked |= self.ask(&question, self.at_once.contains(&wanted.certificate.fingerprint()))?;
            if cache.known(store)?.says_something(&question, wanted, clock()) {
                break;
            }
        }
        settle_one(store, cache, wanted, asked, by, clock())?;
        Ok(())
    }

    /// Asks one question if it is due, or to be asked `at_once`. Whether it was asked.
    fn ask(&mut self, question: &Question, at_once: bool) -> Result<bool, store::Error> {
        let Check { store, clock, .. } = self.check;
        let stored = store.read(|r| r.revocation_answer(question))?;
        let now = clock();
        let due =
            at_once || stored.as_ref().and_then(|stored| stored.next_try).is_none_or(|at| schedule::is_due(at, now));
        if !due || !self.asked.insert(question.clone()) {
            if let Some(at) = stored.and_then(|stored| stored.next_try) {
                self.next = self.next.min(at);
            }
            return Ok(false);
        }
        let askers = self.askers.get(question).map(Vec::as_slice).unwrap_or_default();
        let outcome = request::send(self.check.outbound, &self.hosts, question, askers)
            .and_then(|bytes| request::judge(bytes, question, askers, clock()));
        let outcome = match outcome {
            Ok(received) => self.keep(question, &received, stored.as_ref())?,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = &outcome {
            self.fail(question, failure, stored.as_ref())?;
        }
        let subjects = askers.iter().map(|asker| asker.certificate.subject().to_string()).collect();
        (self.tell)(&Asked { question, subjects, outcome: outcome.map_err(|failure| failure.to_string()) });
        Ok(true)
    }

    /// Keeps an answer. How many bytes it has.
    fn keep(
        &mut self,
        question: &Question,
        received: &Received,
        stored: Option<&StoredAnswer>,
    ) -> Result<Result<usize, Failure>, store::Error> {
        let now = (self.check.clock)();
        let next_try = schedule::after_answer(now, received.next_update);
        self.next = self.next.min(next_try);
        let sha256: [u8; 32] = Sha256::digest(&received.bytes).into();
        let store = self.check.store;
        let is_same = stored.and_then(|stored| stored.answer).is_some_and(|answer| answer.sha256 == sha256);
        if is_same && store.write(|w| w.set_revocation_answer_again(question, &sha256, now, next_try))? {
            return Ok(Ok(received.bytes.len()));
        }
        let new =
            NewAnswer { question, received, sha256, source: &question.url, next_try: Some(next_try), room: MAX_TOTAL };
        Ok(new.store(store, now, |_| Ok(Ok(())))?.map(|()| received.bytes.len()))
    }

    fn fail(
        &mut self,
        question: &Question,
        failure: &Failure,
        stored: Option<&StoredAnswer>,
    ) -> Result<(), store::Error> {
        let now = (self.check.clock)();
        let failures = stored.map_or(0, |stored| stored.failures).saturating_add(1);
        let next_try = schedule::after_failure(now, failures);
        self.next = self.next.min(next_try);
        tracing::warn!(url = question.url, %failure, failures, "no revocation answer");
        self.check.store.write(|w| w.set_revocation_failure(question, &failure.to_string(), next_try))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::domain::answer_kind::AnswerKind;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn put(store: &Store, url: &str, byte: u8) {
        let question = Question { kind: AnswerKind::Crl, url: url.to_owned(), about: None };
        let received = Received { bytes: vec![byte], this_update: NOW, next_update: None };
        let (sha256, next_try, room) = ([byte; 32], None, u64::MAX);
        let new = NewAnswer { question: &question, received: &received, sha256, source: url, next_try, room };
        new.store(store, NOW, |_| Ok(Ok(()))).unwrap().unwrap();
    }

    #[test]
    fn only_what_was_there_when_the_round_began_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let config = Config::new(&Settings::default()).unwrap();
        let check = Check {
            store: &store,
            config: &config,
            outbound: &Outbound::default(),
            cache: &Cache::default(),
            clock: &|| NOW,
            by: &By::server(),
            stopped: &|| false,
            progress: &|_, _| (),
        };
        put(&store, "unwanted", 1);
        put(&store, "asked again by another process", 1);
        let began_with = store.read(|r| r.revocation_answers()).unwrap();
        put(&store, "asked again by another process", 2);
        put(&store, "met by another process", 1);
        check.forget_unwanted(&began_with, &Askers::new()).unwrap();
        let left = store.read(|r| r.revocation_answers()).unwrap();
        let left: Vec<&str> = left.iter().map(|stored| stored.question.url.as_str()).collect();
        assert_eq!(left, ["asked again by another process", "met by another process"]);
    }
}
