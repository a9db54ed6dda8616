//! What is known about every certificate that matters here, as lists show it.

use std::collections::BTreeMap;

use serde::Serialize;
use time::OffsetDateTime;

use super::wanted::Rows;
use crate::domain::fingerprint::Fingerprint;
use crate::signature::Certificate;
use crate::store::revocation_statuses::{StatusWord, StoredStatus};
use crate::store::{self, Store};

/// One certificate.
#[derive(Debug, Clone, Serialize)]
pub struct ListedStatus {
    /// Which certificate.
    pub fingerprint: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// `good`, `revoked`, `hold` or `unknown`.
    pub status: &'static str,
    /// From when on it is revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// Why it is revoked, or why nothing is known.
    pub reason: String,
    /// From where it was learnt: a URL or the name of a file; empty while nothing is known.
    pub source: String,
    /// When it was learnt.
    #[serde(with = "time::serde::rfc3339::option")]
    pub learnt_at: Option<OffsetDateTime>,
    /// Until when the answer counts.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_update: Option<OffsetDateTime>,
    /// When somebody is asked again; `None` when nobody can be asked.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_check: Option<OffsetDateTime>,
    /// The last failure of each URL that failed, as `URL: why`.
    pub failures: Vec<String>,
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
        let asked: Vec<_> = wanted
            .questions()
            .filter_map(|question| answers.iter().find(|answer| answer.question == question))
            .collect();
        let status = statuses.get(&wanted.certificate.fingerprint());
        let mut line = line(&wanted.certificate, status, "nobody was asked yet");
        line.next_check = asked.iter().filter_map(|answer| answer.next_try).min();
        if status.is_none() && wanted.questions().next().is_none() {
            line.reason =
                "it names nobody who could be asked; `assay revocation import` takes the list of its issuer".to_owned();
        }
        let failed = asked.iter().filter_map(|answer| Some(format!("{}: {}", answer.source, answer.failure.as_ref()?)));
        line.failures = failed.collect();
        listed.push(line);
    }
    for certificate in &chains.unproven {
        let status = statuses.get(&certificate.fingerprint());
        listed.push(line(certificate, status, "its chain does not end in a trust anchor yet, so nobody is asked"));
    }
    listed.sort_by(|one, other| (&one.subject, one.fingerprint).cmp(&(&other.subject, other.fingerprint)));
    listed.dedup_by_key(|line| line.fingerprint);
    Ok(listed)
}

fn line(certificate: &Certificate, status: Option<&StoredStatus>, why_not: &str) -> ListedStatus {
    let word = match status {
        Some(status) if status.hold => "hold",
        Some(StoredStatus { status: StatusWord::Good, .. }) => "good",
        Some(StoredStatus { status: StatusWord::Revoked, .. }) => "revoked",
        Some(StoredStatus { status: StatusWord::Unknown, .. }) | None => "unknown",
    };
    ListedStatus {
        fingerprint: certificate.fingerprint(),
        subject: certificate.subject().to_string(),
        status: word,
        revoked_at: status.and_then(|status| status.revoked_at),
        reason: status.map_or_else(|| why_not.to_owned(), |status| status.reason.clone()),
        source: status.map(|status| status.source.clone()).unwrap_or_default(),
        learnt_at: status.and_then(|status| status.learnt_at),
        next_update: status.and_then(|status| status.next_update),
        next_check: None,
        failures: Vec::new(),
    }
}
