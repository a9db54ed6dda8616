//! Asking issuers and keeping nothing: for judging files on a machine that has no feed.
//!
//! The guard is the same as for the server, and so is the rule that only a chain that ends in a trust anchor is worth a
//! request. Each question is asked once, however many files it is about.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

use super::parsed::Parsed;
use super::request::{self, Failure};
use super::wanted::Wanted;
use crate::domain::allowed_hosts::AllowedHosts;
use crate::outbound::Outbound;
use crate::signature::Certificate;
use crate::signature::revocation::Answers;
use crate::store::revocation_answers::{AnswerKind, Question};

/// What was asked so far.
pub struct Inquiry {
    outbound: Outbound,
    hosts: AllowedHosts,
    answered: Mutex<HashMap<Question, Result<Parsed, String>>>,
}

impl Inquiry {
    /// One that may reach `hosts` inside the network.
    #[must_use]
    pub fn new(hosts: AllowedHosts) -> Self {
        Self { outbound: Outbound::default(), hosts, answered: Mutex::default() }
    }

    /// Adds what the issuers in these chains say to `answers`. A chain is given signer first, with the anchor last.
    pub fn ask(&self, chains: &[&[Certificate]], answers: &mut Answers, now: OffsetDateTime) {
        for pair in chains.iter().flat_map(|chain| chain.windows(2)) {
            if let [certificate, issuer] = pair {
                let wanted = Wanted { certificate: certificate.clone(), issuer: issuer.clone() };
                for question in questions(certificate) {
                    if let Ok(parsed) = self.answer(&question, &wanted, now) {
                        parsed.add_to(answers);
                    }
                }
            }
        }
    }

    /// The questions without an answer, and why there is none.
    pub fn failures(&self) -> Vec<(String, String)> {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let failed =
            answered.iter().filter_map(|(question, answer)| Some((question.url.clone(), answer.clone().err()?)));
        let mut failed: Vec<_> = failed.collect();
        failed.sort();
        failed.dedup();
        failed
    }

    fn answer(&self, question: &Question, wanted: &Wanted, now: OffsetDateTime) -> Result<Parsed, String> {
        let known = self.answered.lock().unwrap_or_else(PoisonError::into_inner).get(question).cloned();
        if let Some(known) = known {
            return known;
        }
        let answer = self.fetch(question, wanted, now).map_err(|failure| failure.to_string());
        self.answered.lock().unwrap_or_else(PoisonError::into_inner).insert(question.clone(), answer.clone());
        answer
    }

    fn fetch(&self, question: &Question, wanted: &Wanted, now: OffsetDateTime) -> Result<Parsed, Failure> {
        let bytes = request::send(&self.outbound, &self.hosts, question, &[wanted])?;
        let received = request::judge(bytes, question, &[wanted], None, now)?;
        Ok(Parsed::read(question.kind, &received.bytes)?)
    }
}

fn questions(certificate: &Certificate) -> Vec<Question> {
    let about = Some(*certificate.fingerprint().as_bytes());
    let crls = certificate.crl_urls().into_iter().map(|url| Question { kind: AnswerKind::Crl, url, about: None });
    let ocsp = certificate.ocsp_urls().into_iter().map(|url| Question { kind: AnswerKind::Ocsp, url, about });
    crls.chain(ocsp).collect()
}
