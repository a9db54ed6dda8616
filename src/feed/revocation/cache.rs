//! The answers at hand, parsed: made once from the database and kept while it stays the same.
//!
//! Lists have megabytes and their signatures are verified once, so a push must not parse them. What has been parsed is
//! kept by the row of its bytes; when some answers changed, only those are read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use super::ANSWERS;
use super::body;
use super::check::questions;
use super::parsed::Parsed;
use super::settle::Told;
use super::wanted::Wanted;
use crate::signature::revocation::{Answers, Status};
use crate::store::content::ContentId;
use crate::store::revocation_answers::{Question, StoredAnswer};
use crate::store::{self, Reads};

/// One answer at hand.
#[derive(Debug, Clone)]
pub(super) struct AtHand {
    pub stored: StoredAnswer,
    pub parsed: Parsed,
}

/// All answers at hand.
#[derive(Debug, Default)]
pub struct Known {
    /// Together: what a judgement rests on.
    pub answers: Answers,
    /// One by one, to tell which of them said something.
    pub(super) single: Vec<AtHand>,
    generation: Vec<u8>,
}

/// The answers at hand. There is one in the server.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Arc<Known>>);

impl Cache {
    /// The answers of this snapshot. Blocks while they are read, so it must not be called under the write lock.
    ///
    /// # Errors
    /// What the store says.
    pub fn known(&self, reads: &Reads<'_>) -> Result<Arc<Known>, store::Error> {
        let generation = reads.meta(ANSWERS)?.unwrap_or_default();
        let mut cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.generation != generation {
            *cached = Arc::new(Known::read(reads, generation, &cached)?);
        }
        Ok(Arc::clone(&cached))
    }
}

impl Known {
    /// What all of them say about a certificate, and which of them said it.
    pub(super) fn told(&self, wanted: &Wanted, now: OffsetDateTime) -> Told {
        let status = self.answers.about(&wanted.certificate, &wanted.issuer, now);
        let says_so = |at_hand: &&AtHand| {
            let alone = at_hand.parsed.about(&wanted.certificate, &wanted.issuer, now);
            alone.is_revoked() == status.is_revoked() && date(&alone).is_some_and(|at| Some(at) == date(&status))
        };
        // Mostly it was one of those that were asked; looking through all for each certificate would take long.
        let asked: Vec<Question> = questions(wanted).collect();
        let by = match status {
            Status::Unknown(_) => None,
            _ => {
                let own = self.single.iter().filter(|at_hand| asked.contains(&at_hand.stored.question));
                own.clone().find(says_so).or_else(|| self.single.iter().find(says_so))
            }
        };
        Told {
            status,
            source: by.map(|by| by.stored.source.clone()).unwrap_or_default(),
            learnt_at: by.and_then(|by| by.stored.answer).map(|answer| answer.answered_at),
        }
    }

    /// Whether the answer to this question says something about a certificate.
    pub(super) fn says_something(&self, question: &Question, wanted: &Wanted, now: OffsetDateTime) -> bool {
        let mut answers = self.single.iter().filter(|at_hand| at_hand.stored.question == *question);
        answers.any(|answer| date(&answer.parsed.about(&wanted.certificate, &wanted.issuer, now)).is_some())
    }

    fn read(reads: &Reads<'_>, generation: Vec<u8>, before: &Self) -> Result<Self, store::Error> {
        let parsed_before: HashMap<ContentId, &Parsed> = before
            .single
            .iter()
            .filter_map(|at_hand| Some((at_hand.stored.answer?.content, &at_hand.parsed)))
            .collect();
        let mut known = Self { generation, ..Self::default() };
        for stored in reads.revocation_answers()? {
            let Some(answer) = &stored.answer else { continue };
            let parsed = match parsed_before.get(&answer.content) {
                Some(parsed) => (*parsed).clone(),
                None => match Parsed::read(stored.question.kind, &body::read(reads, answer)?) {
                    Ok(parsed) => parsed,
                    // Only what parsed was stored. What a later version can't parse any more says nothing.
                    Err(error) => {
                        tracing::warn!(%error, source = stored.source, "a revocation answer can't be read any more");
                        continue;
                    }
                },
            };
            parsed.add_to(&mut known.answers);
            known.single.push(AtHand { stored, parsed });
        }
        for status in reads.revocation_statuses()?.iter().filter(|status| status.is_final()) {
            if let Some(at) = status.revoked_at {
                known.answers.add_known(status.fingerprint, at, status.this_update.unwrap_or(at));
            }
        }
        Ok(known)
    }
}

/// When the issuer said so; `None` for what says nothing.
const fn date(status: &Status) -> Option<OffsetDateTime> {
    match status {
        Status::Good { this_update, .. } | Status::Revoked { this_update, .. } => Some(*this_update),
        Status::Unknown(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::feed::revocation::check::NewAnswer;
    use crate::feed::revocation::request::Received;
    use crate::signature::Certificate;
    use crate::store::Store;
    use crate::store::revocation_answers::AnswerKind;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    fn golden(path: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/vectors/golden/trust/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    fn put(store: &Store, name: &str) {
        let url = format!("http://ca.example/{name}");
        let question = Question { kind: AnswerKind::Crl, url: url.clone(), about: None };
        let received = Received { bytes: golden(&format!("crl/{name}")), this_update: NOW, next_update: None };
        let (sha256, next_try, room) = ([0; 32], None, u64::MAX);
        let new = NewAnswer { question: &question, received: &received, sha256, source: &url, next_try, room };
        new.store(store, NOW).unwrap().unwrap();
    }

    #[test]
    fn answers_are_parsed_once_and_only_new_ones_when_some_changed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let cache = Cache::default();
        let known = || store.read(|r| cache.known(r)).unwrap();
        let list = |known: &Known, at: usize| match &known.single[at].parsed {
            Parsed::Crl(crl) => Arc::clone(crl),
            Parsed::Ocsp(_) => panic!("a list"),
        };
        put(&store, "ca.crl");
        let first = known();
        assert!(Arc::ptr_eq(&first, &known()), "nothing changed");
        put(&store, "ts.crl");
        let second = known();
        assert_eq!(second.single.len(), 2);
        assert!(Arc::ptr_eq(&list(&first, 0), &list(&second, 0)), "the first list is not parsed again");
        put(&store, "ca.crl");
        assert!(!Arc::ptr_eq(&list(&first, 0), &list(&known(), 0)), "new bytes are");
    }

    #[test]
    fn who_said_it_is_found_and_what_was_told_once_outlives_its_answer() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let cache = Cache::default();
        let certificate = |name: &str| Certificate::from_der(&golden(&format!("certs/{name}.der"))).unwrap();
        let wanted = Wanted { certificate: certificate("crl-revoked-early"), issuer: certificate("crl-ca") };
        let told = || store.read(|r| cache.known(r)).unwrap().told(&wanted, NOW);
        assert!(matches!(told().status, Status::Unknown(_)) && told().source.is_empty());
        put(&store, "ts.crl");
        put(&store, "ca.crl");
        let first = told();
        assert!(first.status.is_revoked());
        assert_eq!(first.source, "http://ca.example/ca.crl");

        let fingerprint = wanted.certificate.fingerprint();
        let settle = |told: &Told| {
            store.write(|w| crate::feed::revocation::settle::settle(w, fingerprint, told, "server", NOW)).unwrap().0
        };
        let before = settle(&first);
        for stored in store.read(|r| r.revocation_answers()).unwrap() {
            store
                .write(|w| {
                    w.advance(ANSWERS, NOW)?;
                    w.forget_revocation_answer(stored.id)
                })
                .unwrap();
        }
        let now = told();
        assert!(now.status.is_revoked(), "no answer is at hand any more");
        assert_eq!(settle(&now), before, "and who said it is not forgotten");
    }
}
