//! What is known about every certificate that matters here, as lists show it.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use super::learnt::Learnt;
use super::wanted::Rows;
use crate::domain::fingerprint::Fingerprint;
use crate::signature::Certificate;
use crate::store::revocation_answers::StoredAnswer;
use crate::store::revocation_statuses::StoredStatus;
use crate::store::{self, Store};

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
}

/// Lists the certificates that matter, by subject.
///
/// # Errors
/// What the store says.
pub fn list(store: &Store, now: OffsetDateTime) -> Result<Vec<ListedStatus>, store::Error> {
    let (rows, statuses, answers) =
        store.read(|r| Ok::<_, store::Error>((Rows::read(r)?, r.revocation_statuses()?, r.revocation_answers()?)))?;
    let chains = rows.chains(now);
    let statuses: BTreeMap<Fingerprint, StoredStatus> =
        statuses.into_iter().map(|status| (status.fingerprint, status)).collect();
    let mut listed = Vec::new();
    for wanted in chains.wanted.values() {
        let mut asked = Vec::new();
        asked.extend(wanted.questions().filter_map(|question| answers.iter().find(|answer| answer.question == question)));
        let why_not = if wanted.questions().next().is_some() { NOT_YET } else { NOBODY };
        listed.push(line(&wanted.certificate, &statuses, &asked, why_not));
    }
    listed.extend(chains.unproven.iter().map(|certificate| line(certificate, &statuses, &[], UNPROVEN)));
    listed.sort_by(|one, other| (&one.subject, one.fingerprint).cmp(&(&other.subject, other.fingerprint)));
    listed.dedup_by_key(|line| line.fingerprint);
    Ok(listed)
}

fn line(
    certificate: &Certificate,
    statuses: &BTreeMap<Fingerprint, StoredStatus>,
    asked: &[&StoredAnswer],
    why_not: &str,
) -> ListedStatus {
    let fingerprint = certificate.fingerprint();
    let learnt = Learnt::of(statuses.get(&fingerprint), asked, why_not);
    ListedStatus { fingerprint, subject: certificate.subject().to_string(), learnt }
}
