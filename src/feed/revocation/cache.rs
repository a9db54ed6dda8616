//! The answers at hand, parsed: made once from the database and kept while it stays the same.
//!
//! Lists have megabytes and their signatures are verified once, so a push must not parse them. What has been parsed is
//! kept by the row of its bytes; when some answers changed, only those are read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use super::ANSWERS;
use super::body;
use super::matter::Matters;
use super::parsed::Parsed;
use super::settle::Told;
use super::wanted::Wanted;
use crate::signature::revocation::{Answers, Reason, Status};
use crate::store::content::ContentId;
use crate::store::revocation_answers::{Question, StoredAnswer};
use crate::store::revocation_statuses::StoredStatus;
use crate::store::{self, Reads, Store};

/// One answer at hand.
#[derive(Debug, Clone)]
pub(super) struct AtHand {
    pub question: Question,
    /// The URL, or the name of a file.
    pub source: String,
    /// When it came.
    pub answered_at: OffsetDateTime,
    pub parsed: Parsed,
    /// Where its bytes are; `None` while it is not stored.
    pub content: Option<ContentId>,
}

/// All answers at hand.
#[derive(Debug, Default)]
pub struct Known {
    /// Together, with the marks of administrators: what a judgement rests on.
    pub answers: Answers,
    /// The same without the marks: what issuers told.
    told: Answers,
    /// One by one, to tell which of them said something.
    single: Vec<AtHand>,
    revoked: Revoked,
    generation: Vec<u8>,
}

/// The answers at hand. There is one in the server.
#[derive(Debug, Default)]
pub struct Cache {
    current: Mutex<Arc<Known>>,
    /// Held by who makes them anew: when some changed, one thread parses them and the others wait, with no snapshot open.
    making: Mutex<()>,
    /// Which certificates matter, and their chains.
    pub(super) matters: Matters,
}

impl Cache {
    /// The answers as they are now, or newer than any snapshot that is open. Blocks while they are parsed, so it must not be
    /// called under the write lock.
    ///
    /// # Errors
    /// What the store says.
    pub fn known(&self, store: &Store) -> Result<Arc<Known>, store::Error> {
        let known = self.current();
        if store.read(|r| known.is_current(r))? {
            return Ok(known);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have made them meanwhile.
        let before = self.current();
        let Some(rows) = store.read(|r| Rows::read(r, &before))? else { return Ok(before) };
        let known = Arc::new(rows.parse(&before));
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&known);
        Ok(known)
    }

    fn current(&self) -> Arc<Known> {
        Arc::clone(&self.current.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What has changed, as it is stored.
struct Rows {
    /// With the bytes of those that have not been parsed yet.
    answers: Vec<(StoredAnswer, ContentId, Option<Vec<u8>>)>,
    revoked: Revoked,
    generation: Vec<u8>,
}

/// What is revoked, for good or on hold.
#[derive(Debug, Clone, Default)]
struct Revoked {
    /// What issuers told once.
    told: Vec<StoredStatus>,
    /// That, with the marks of administrators.
    known: Vec<StoredStatus>,
}

impl Rows {
    /// `None` when nothing has changed.
    fn read(reads: &Reads<'_>, before: &Known) -> Result<Option<Self>, store::Error> {
        let generation = generation(reads)?;
        if generation == before.generation {
            return Ok(None);
        }
        let mut answers = Vec::new();
        for stored in reads.revocation_answers()? {
            let Some(answer) = stored.answer else { continue };
            let is_parsed = before.single.iter().any(|at_hand| at_hand.content == Some(answer.content));
            let bytes = if is_parsed { None } else { Some(body::read(reads, &answer)?) };
            answers.push((stored, answer.content, bytes));
        }
        let mut revoked = Revoked { told: reads.told_revocations()?, known: reads.revocation_statuses()? };
        for list in [&mut revoked.told, &mut revoked.known] {
            list.retain(|status| status.revoked_at.is_some());
        }
        Ok(Some(Self { answers, revoked, generation }))
    }

    fn parse(self, before: &Known) -> Known {
        let parsed_before: HashMap<ContentId, &Parsed> =
            before.single.iter().filter_map(|at_hand| Some((at_hand.content?, &at_hand.parsed))).collect();
        let mut single = Vec::new();
        for (stored, content, bytes) in self.answers {
            let parsed = match (bytes, parsed_before.get(&content)) {
                (Some(bytes), _) => Parsed::read(stored.question.kind, &bytes),
                (None, Some(parsed)) => Ok((*parsed).clone()),
                (None, None) => continue,
            };
            match parsed {
                Ok(parsed) => single.push(AtHand {
                    question: stored.question,
                    source: stored.source,
                    answered_at: stored.answer.map_or(OffsetDateTime::UNIX_EPOCH, |answer| answer.answered_at),
                    parsed,
                    content: Some(content),
                }),
                // Only what parsed was stored. What a later version can't parse any more says nothing.
                Err(error) => {
                    tracing::warn!(%error, source = stored.source, "a revocation answer can't be read any more");
                }
            }
        }
        Known::of(single, self.revoked, self.generation)
    }
}

fn generation(reads: &Reads<'_>) -> Result<Vec<u8>, store::Error> {
    Ok(reads.meta(ANSWERS)?.unwrap_or_default())
}

impl Known {
    fn of(single: Vec<AtHand>, revoked: Revoked, generation: Vec<u8>) -> Self {
        let mut at_hand = Answers::default();
        single.iter().for_each(|one| one.parsed.add_to(&mut at_hand));
        let with = |statuses: &[StoredStatus]| {
            let mut answers = at_hand.clone();
            for status in statuses {
                if let Some(at) = status.revoked_at {
                    let reason = if status.hold { Reason::CertificateHold } else { Reason::Unspecified };
                    answers.add_known(status.fingerprint, at, reason, status.this_update.unwrap_or(at));
                }
            }
            answers
        };
        Self { answers: with(&revoked.known), told: with(&revoked.told), single, revoked, generation }
    }

    /// The same with one more answer, in the place of the one to its question.
    pub(super) fn with(&self, new: AtHand) -> Self {
        let mut single = self.single.clone();
        single.retain(|at_hand| at_hand.question != new.question);
        single.push(new);
        Self::of(single, self.revoked.clone(), self.generation.clone())
    }

    /// Whether these are the answers of a snapshot.
    ///
    /// # Errors
    /// What the store says.
    pub fn is_current(&self, reads: &Reads<'_>) -> Result<bool, store::Error> {
        Ok(self.generation == generation(reads)?)
    }

    /// What all issuers say about a certificate, and which of their answers said it.
    pub(super) fn told(&self, wanted: &Wanted, now: OffsetDateTime) -> Told {
        let status = self.told.about(&wanted.certificate, &wanted.issuer, now);
        let says_so = |at_hand: &&AtHand| {
            let alone = at_hand.parsed.about(&wanted.certificate, &wanted.issuer, now);
            alone.is_revoked() == status.is_revoked() && date(&alone).is_some_and(|at| Some(at) == date(&status))
        };
        // Mostly it was one of those that were asked; looking through all for each certificate would take long.
        let asked: Vec<Question> = wanted.questions().collect();
        let by = match status {
            Status::Unknown(_) => None,
            _ => {
                let own = self.single.iter().filter(|at_hand| asked.contains(&at_hand.question));
                own.clone().find(says_so).or_else(|| self.single.iter().find(says_so))
            }
        };
        Told {
            status,
            source: by.map(|by| by.source.clone()).unwrap_or_default(),
            learnt_at: by.map(|by| by.answered_at),
        }
    }

    /// Whether the answer to this question says something about a certificate.
    pub(super) fn says_something(&self, question: &Question, wanted: &Wanted, now: OffsetDateTime) -> bool {
        let mut answers = self.single.iter().filter(|at_hand| at_hand.question == *question);
        answers.any(|answer| date(&answer.parsed.about(&wanted.certificate, &wanted.issuer, now)).is_some())
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
    use crate::domain::answer_kind::AnswerKind;
    use crate::feed::revocation::answer::NewAnswer;
    use crate::feed::revocation::request::Received;
    use crate::signature::Certificate;

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
        new.store(store, NOW, |_| Ok(Ok(()))).unwrap().unwrap();
    }

    #[test]
    fn answers_are_parsed_once_and_only_new_ones_when_some_changed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let cache = Cache::default();
        let known = || cache.known(&store).unwrap();
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
        let told = || cache.known(&store).unwrap().told(&wanted, NOW);
        assert!(matches!(told().status, Status::Unknown(_)) && told().source.is_empty());
        put(&store, "ts.crl");
        put(&store, "ca.crl");
        let first = told();
        assert!(first.status.is_revoked());
        assert_eq!(first.source, "http://ca.example/ca.crl");

        let fingerprint = wanted.certificate.fingerprint();
        let settle = |told: &Told| {
            store
                .write(|w| {
                    crate::feed::revocation::settle::settle(
                        w,
                        fingerprint,
                        told,
                        &crate::store::audit::By::server(),
                        NOW,
                    )
                })
                .unwrap()
                .0
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

    #[test]
    fn a_hold_that_nobody_tells_any_more_still_refuses_and_only_a_newer_good_outweighs_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let cache = Cache::default();
        let certificate = |name: &str| Certificate::from_der(&golden(&format!("certs/{name}.der"))).unwrap();
        let wanted = Wanted { certificate: certificate("crl-good"), issuer: certificate("crl-ca") };
        let about = || cache.known(&store).unwrap().told(&wanted, NOW).status;
        let hold = |this_update: OffsetDateTime| {
            let told = Told {
                status: Status::Revoked {
                    at: this_update,
                    reason: Reason::CertificateHold,
                    in_date: true,
                    this_update,
                    next_update: None,
                    told_by: AnswerKind::Crl,
                },
                source: "http://ca.example/delta.crl".to_owned(),
                learnt_at: Some(NOW),
            };
            let settle = crate::feed::revocation::settle::settle;
            store
                .write(|w| settle(w, wanted.certificate.fingerprint(), &told, &crate::store::audit::By::server(), NOW))
                .unwrap();
        };
        put(&store, "ca.crl");
        let Status::Good { this_update, .. } = about() else { panic!("the list says good") };
        // Neither a list of the same moment nor an older one lifts it, though the certificate is registered by nobody.
        hold(this_update);
        assert!(about().is_revoked());
        let second = time::Duration::seconds(1);
        let status = store.read(|r| r.revocation_status(&wanted.certificate.fingerprint())).unwrap().unwrap();
        store
            .write(|w| {
                w.advance(ANSWERS, NOW)?;
                w.set_revocation_status(&StoredStatus { this_update: Some(this_update - second), ..status.clone() })
            })
            .unwrap();
        assert!(matches!(about(), Status::Good { .. }), "the list is newer than the hold");
    }
}
