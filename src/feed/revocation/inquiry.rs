//! Asking issuers and keeping nothing: for judging files on a machine that has no feed.
//!
//! The guard is the same as for the server, and so is the rule that only a chain that ends in a trust anchor is worth a
//! request. Each question is asked once, however many files it is about. **Not checked:** whether an answer counts. That
//! depends on who judges and as of when, so everything that is an answer is handed on.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use time::OffsetDateTime;

use super::parsed::Parsed;
use super::request::{self, Failure};
use super::wanted::Wanted;
use crate::domain::allowed_hosts::AllowedHosts;
use crate::outbound::Outbound;
use crate::signature::Certificate;
use crate::signature::revocation::{Answers, Status};
use crate::store::revocation_answers::Question;

/// What was asked so far.
pub struct Inquiry {
    outbound: Outbound,
    hosts: AllowedHosts,
    answered: Mutex<HashMap<Question, Result<Parsed, String>>>,
    /// URLs whose answer says nothing about a certificate that names them, and why.
    silent: Mutex<BTreeSet<(String, String)>>,
}

impl Inquiry {
    /// One that may reach `hosts` inside the network.
    #[must_use]
    pub fn new(hosts: AllowedHosts) -> Self {
        Self { outbound: Outbound::default(), hosts, answered: Mutex::default(), silent: Mutex::default() }
    }

    /// Adds what the issuers in these chains say to `answers`. A chain is given signer first, with the anchor last.
    pub fn ask(&self, chains: &[&[Certificate]], answers: &mut Answers, now: OffsetDateTime) {
        for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
            if let [certificate, issuer] = pair {
                let wanted = Wanted { certificate: certificate.clone(), issuer: issuer.clone() };
                for question in wanted.questions() {
                    if let Ok(parsed) = self.answer(&question, &wanted) {
                        self.note_silence(&question, &parsed, &wanted, now);
                        parsed.add_to(answers);
                    }
                }
            }
        }
    }

    /// The URLs without an answer, or without one about a certificate that names them, and why.
    pub fn failures(&self) -> Vec<(String, String)> {
        let mut failed = lock(&self.silent).clone();
        let answered = lock(&self.answered);
        failed.extend(
            answered.iter().filter_map(|(question, answer)| Some((question.url.clone(), answer.clone().err()?))),
        );
        failed.into_iter().collect()
    }

    fn answer(&self, question: &Question, wanted: &Wanted) -> Result<Parsed, String> {
        let known = lock(&self.answered).get(question).cloned();
        if let Some(known) = known {
            return known;
        }
        let answer = self.fetch(question, wanted).map_err(|failure| failure.to_string());
        lock(&self.answered).insert(question.clone(), answer.clone());
        answer
    }

    fn fetch(&self, question: &Question, wanted: &Wanted) -> Result<Parsed, Failure> {
        let bytes = request::send(&self.outbound, &self.hosts, question, &[wanted])?;
        Ok(Parsed::read(question.kind, &bytes)?)
    }

    /// Notes it when neither the server nor the client learns anything about a certificate from an answer. One list is for
    /// many certificates, and may say something about others.
    fn note_silence(&self, question: &Question, parsed: &Parsed, wanted: &Wanted, now: OffsetDateTime) {
        let mut alone = Answers::default();
        parsed.add_to(&mut alone);
        let for_client = alone.about_for_client(&wanted.certificate, &wanted.issuer, now, now);
        let Status::Unknown(why) = alone.about(&wanted.certificate, &wanted.issuer, now) else { return };
        if matches!(for_client, Status::Unknown(_)) {
            let about = format!("about `{}`: {why}", wanted.certificate.subject());
            lock(&self.silent).insert((question.url.clone(), about));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
