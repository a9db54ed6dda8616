//! What was learnt about the revocation of one certificate: what, when, from where, and when somebody is asked again.

use std::fmt;

use serde::Serialize;
use time::OffsetDateTime;

use super::wanted::questions_about;
use crate::domain::fingerprint::Fingerprint;
use crate::signature::Certificate;
use crate::store::revocation_answers::StoredAnswer;
use crate::store::revocation_marks::Mark;
use crate::store::revocation_statuses::{StatusWord, StoredStatus};
use crate::store::{self, Reads};

/// The word for what is known about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Word {
    /// Its issuer says that it is not revoked.
    Good,
    /// It is revoked.
    Revoked,
    /// It is on hold, which its issuer may lift.
    Hold,
    /// Nothing that counts. Never the same as good.
    Unknown,
}

impl Word {
    /// Whether pushes signed with it are refused.
    #[must_use]
    pub const fn refuses(self) -> bool {
        matches!(self, Self::Revoked | Self::Hold)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Revoked => "revoked",
            Self::Hold => "hold",
            Self::Unknown => "unknown",
        })
    }
}

/// What was learnt about a certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Learnt {
    /// `good`, `revoked`, `hold` or `unknown`.
    pub status: Word,
    /// From when on it is revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// Why it is revoked, or why nothing is known.
    pub reason: String,
    /// From where it was learnt: a URL, the name of a file, or `marked by` somebody; empty while nothing is known.
    pub source: String,
    /// The administrator who marked it as revoked, whether its issuer says so as well or not; `None` where nobody did.
    pub marked_by: Option<String>,
    /// Whether that mark alone says so.
    #[serde(skip)]
    only_marked: bool,
    /// When it was learnt.
    #[serde(with = "time::serde::rfc3339::option")]
    pub learnt_at: Option<OffsetDateTime>,
    /// Until when the answer counts.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_update: Option<OffsetDateTime>,
    /// When it was last looked at; `None` when it never was.
    #[serde(with = "time::serde::rfc3339::option")]
    pub checked_at: Option<OffsetDateTime>,
    /// When somebody is asked again; `None` when nobody can be asked.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_check: Option<OffsetDateTime>,
    /// The last failure of each URL that failed, as `URL: why`.
    pub failures: Vec<String>,
}

impl Learnt {
    /// Whether an administrator's mark alone says so, of which clients do not know.
    #[must_use]
    pub const fn is_only_marked(&self) -> bool {
        self.only_marked
    }

    /// What a status, a mark and the answers to the questions about the certificate tell; `why_not` is the reason while there is no
    /// status.
    pub(super) fn of(
        status: Option<&StoredStatus>,
        mark: Option<&Mark>,
        answers: &[&StoredAnswer],
        why_not: &str,
    ) -> Self {
        let only_marked = mark.is_some_and(|mark| status.is_some_and(|status| status.source == mark.source()));
        let failed =
            answers.iter().filter_map(|answer| Some(format!("{}: {}", answer.source, answer.failure.as_ref()?)));
        Self {
            status: status.map_or(Word::Unknown, word),
            revoked_at: status.and_then(|status| status.revoked_at),
            reason: status.map_or_else(|| why_not.to_owned(), |status| status.reason.clone()),
            source: status.map(|status| status.source.clone()).unwrap_or_default(),
            marked_by: mark.map(|mark| mark.marked_by.clone()),
            only_marked,
            learnt_at: status.and_then(|status| status.learnt_at),
            next_update: status.and_then(|status| status.next_update),
            checked_at: status.map(|status| status.checked_at),
            next_check: answers.iter().filter_map(|answer| answer.next_try).min(),
            failures: failed.collect(),
        }
    }
}

fn word(status: &StoredStatus) -> Word {
    match status.status {
        StatusWord::Revoked if status.hold => Word::Hold,
        StatusWord::Revoked => Word::Revoked,
        StatusWord::Good => Word::Good,
        StatusWord::Unknown => Word::Unknown,
    }
}

/// What is known about a certificate, registered or seen in a package; `None` when nobody ever looked: while its chain does not
/// end in a trust anchor, nobody is asked about it. Nothing is fetched.
///
/// # Errors
/// What the store says.
pub fn known_about(reads: &Reads<'_>, fingerprint: &Fingerprint) -> Result<Option<Learnt>, store::Error> {
    let Some(status) = reads.revocation_status(fingerprint)? else { return Ok(None) };
    let certificate = reads.known_certificate(fingerprint)?.and_then(|der| Certificate::from_der(&der).ok());
    let mut answers = Vec::new();
    for question in certificate.iter().flat_map(questions_about) {
        answers.extend(reads.revocation_answer(&question)?);
    }
    let mark = reads.revocation_mark(fingerprint)?;
    Ok(Some(Learnt::of(Some(&status), mark.as_ref(), &answers.iter().collect::<Vec<_>>(), "")))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::answer_kind::AnswerKind;
    use crate::signature::revocation::test_issuer::naming;
    use crate::store::Store;
    use crate::store::revocation_answers::Question;
    use crate::store::seen_certificates::SeenCertificate;

    const NOW: OffsetDateTime = datetime!(2026-01-10 0:00 UTC);

    #[test]
    fn what_was_learnt_tells_from_where_and_who_gave_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let url = "http://ca.example/ca.crl";
        let certificate = naming(url, false);
        let fingerprint = certificate.fingerprint();
        let about = || store.read(|r| known_about(r, &fingerprint)).unwrap();
        assert_eq!(about(), None, "nobody ever looked");
        let question = Question { kind: AnswerKind::Crl, url: url.to_owned(), about: None };
        let status = StoredStatus {
            fingerprint,
            status: StatusWord::Revoked,
            revoked_at: Some(NOW),
            hold: true,
            reason: "certificate hold".to_owned(),
            this_update: Some(NOW),
            next_update: None,
            source: url.to_owned(),
            learnt_at: Some(NOW),
            checked_at: NOW,
        };
        store
            .write(|w| {
                let der = certificate.as_der().to_vec();
                w.see_certificate(&SeenCertificate { fingerprint, der, subject: "CN=One".to_owned() }, NOW)?;
                w.set_revocation_status(&status)?;
                w.set_revocation_failure(&question, "timed out", NOW)
            })
            .unwrap();
        let learnt = about().unwrap();
        assert_eq!((learnt.status, learnt.revoked_at, learnt.source.as_str()), (Word::Hold, Some(NOW), url));
        assert_eq!((learnt.next_check, learnt.failures), (Some(NOW), vec![format!("{url}: timed out")]));
    }
}
