//! The answers at hand, parsed: made once from the database and kept while it stays the same.
//!
//! Lists have megabytes and their signatures are verified once, so a push must not parse them. What has been parsed is
//! kept by the row of its bytes; when some answers changed, only those are read.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use super::ANSWERS;
use super::body;
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
        let by = self.single.iter().filter(|_| !matches!(status, Status::Unknown(_))).find(|at_hand| {
            let alone = at_hand.parsed.about(&wanted.certificate, &wanted.issuer, now);
            alone.is_revoked() == status.is_revoked() && date(&alone).is_some_and(|at| Some(at) == date(&status))
        });
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
