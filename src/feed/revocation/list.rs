//! What is known about every certificate that matters here, as lists show it.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use super::cache::Cache;
use super::learnt::Learnt;
use super::wanted::{Rows, questions_about};
use crate::domain::fingerprint::Fingerprint;
use crate::signature::Certificate;
use crate::store::certificate_uses::Uses;
use crate::store::revocation_answers::StoredAnswer;
use crate::store::revocation_marks::Mark;
use crate::store::revocation_statuses::StoredStatus;
use crate::store::{self, Reads, Store};

/// Why nothing is known about a certificate while there is no answer.
const NOT_YET: &str = "nobody was asked yet";
const NOBODY: &str = "it names nobody who could be asked; `assay revocation import` takes the list of its issuer";
const UNPROVEN: &str = "its chain does not end in a trust anchor yet, so nobody is asked";

/// One certificate.
#[derive(Debug, Clone, Serialize)]
pub struct ListedStatus {
    /// Which certificate.
    pub fingerprint: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// What is known about it.
    #[serde(flatten)]
    pub learnt: Learnt,
    /// What it is used for.
    #[serde(flatten)]
    pub uses: Uses,
}

/// Lists the certificates that matter, by subject.
///
/// When certificates came or went since `cache` saw them last, it costs a walk up the chain of each: every certificate that is
/// known is parsed, and a signature is checked for each step up and each namesake of an issuer. No snapshot is open meanwhile.
///
/// # Errors
/// What the store says.
pub fn list(store: &Store, cache: &Cache, now: OffsetDateTime) -> Result<Vec<ListedStatus>, store::Error> {
    let (rows, stored) = store.read(|r| Ok::<_, store::Error>((Rows::read(r)?, Stored::read(r)?)))?;
    let matter = cache.matters.of(rows, now);
    let (chains, known) = (&matter.chains, &matter.certificates);
    let mut listed = Vec::new();
    for wanted in chains.wanted.values() {
        let why_not = if wanted.questions().next().is_some() { NOT_YET } else { NOBODY };
        listed.push(stored.line(&wanted.certificate, why_not));
    }
    listed.extend(chains.unproven.iter().map(|certificate| stored.unasked_line(certificate)));
    // Whoever was marked is listed, though nothing of it is on the feed any more.
    let marked = known.iter().filter(|certificate| stored.marks.contains_key(&certificate.fingerprint()));
    listed.extend(marked.map(|certificate| stored.unasked_line(certificate)));
    listed.sort_by(|one, other| (&one.subject, one.fingerprint).cmp(&(&other.subject, other.fingerprint)));
    listed.dedup_by_key(|line| line.fingerprint);
    Ok(listed)
}

/// What is stored about certificates.
struct Stored {
    statuses: BTreeMap<Fingerprint, StoredStatus>,
    marks: BTreeMap<Fingerprint, Mark>,
    answers: Vec<StoredAnswer>,
    uses: BTreeMap<Fingerprint, Uses>,
}

impl Stored {
    fn read(reads: &Reads<'_>) -> Result<Self, store::Error> {
        Ok(Self {
            statuses: reads.revocation_statuses()?.into_iter().map(|status| (status.fingerprint, status)).collect(),
            marks: reads.revocation_marks()?.into_iter().map(|mark| (mark.fingerprint, mark)).collect(),
            answers: reads.revocation_answers()?,
            uses: reads.certificate_uses()?,
        })
    }

    /// A certificate that somebody can be asked about.
    fn line(&self, certificate: &Certificate, why_not: &str) -> ListedStatus {
        let answer_to = |question| self.answers.iter().find(|answer| answer.question == question);
        let asked: Vec<&StoredAnswer> = questions_about(certificate).filter_map(answer_to).collect();
        self.with(certificate, &asked, why_not)
    }

    /// One that nobody is asked about.
    fn unasked_line(&self, certificate: &Certificate) -> ListedStatus {
        self.with(certificate, &[], UNPROVEN)
    }

    fn with(&self, certificate: &Certificate, asked: &[&StoredAnswer], why_not: &str) -> ListedStatus {
        let fingerprint = certificate.fingerprint();
        ListedStatus {
            fingerprint,
            subject: certificate.subject().to_string(),
            learnt: Learnt::of(self.statuses.get(&fingerprint), self.marks.get(&fingerprint), asked, why_not),
            uses: self.uses.get(&fingerprint).cloned().unwrap_or_default(),
        }
    }
}
