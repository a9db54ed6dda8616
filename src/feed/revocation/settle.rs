//! What becomes of a certificate's status when an answer says something about it.

use time::{Duration, OffsetDateTime};

use super::cache::Cache;
use super::wanted::Chains;
use super::{ANSWERS, REVOCATIONS};
use crate::domain::fingerprint::Fingerprint;
use crate::signature::revocation::Status;
use crate::store::revocation_statuses::{StatusWord, StoredStatus};
use crate::store::{self, Store, Writes};

/// What was told about a certificate, and by whom.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub status: Status,
    /// The URL or file that said so; empty for nobody.
    pub source: String,
    /// When its answer came.
    pub learnt_at: Option<OffsetDateTime>,
}

/// What changed for those who push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Nothing,
    /// The certificate is revoked or on hold from now on.
    Revoked,
    /// It is not on hold any more.
    Lifted,
}

/// The status after `told`, and what changed by it.
///
/// Revoked is final: issuers may drop old revocations from their lists, mostly those of certificates that have expired,
/// and a signature that does not count must not count again by that. A hold is lifted by an answer that says good, not by
/// silence.
pub(super) fn next(
    before: Option<&StoredStatus>,
    fingerprint: Fingerprint,
    told: &Told,
    now: OffsetDateTime,
) -> (StoredStatus, Change) {
    let failures = before.map_or(0, |before| before.failures);
    let fresh = StoredStatus {
        fingerprint,
        status: StatusWord::Unknown,
        revoked_at: None,
        hold: false,
        reason: String::new(),
        this_update: None,
        next_update: None,
        source: told.source.clone(),
        learnt_at: told.learnt_at,
        checked_at: now,
        failures: 0,
    };
    let was_revoked = before.filter(|before| before.status == StatusWord::Revoked);
    match (&told.status, was_revoked) {
        (Status::Revoked { at, reason, this_update, next_update, .. }, was) => {
            // Nobody says so any more, or it is called a hold afterwards: what was told first stays.
            if let Some(was) = was.filter(|was| was.is_final() && (reason.is_hold() || told.source.is_empty())) {
                return (StoredStatus { checked_at: now, failures: 0, ..was.clone() }, Change::Nothing);
            }
            let change = if was.is_some() { Change::Nothing } else { Change::Revoked };
            // An issuer may find out that it was earlier. That it was later would make signatures count again.
            let at = was.filter(|was| was.is_final()).and_then(|was| was.revoked_at).map_or(*at, |was| was.min(*at));
            let status = StoredStatus {
                status: StatusWord::Revoked,
                revoked_at: Some(at),
                hold: reason.is_hold(),
                reason: reason.to_string(),
                this_update: Some(*this_update),
                next_update: *next_update,
                ..fresh
            };
            (status, change)
        }
        (Status::Good { .. }, Some(was)) if was.is_final() => {
            (StoredStatus { checked_at: now, failures: 0, ..was.clone() }, Change::Nothing)
        }
        (Status::Good { this_update, next_update, .. }, was) => {
            let change = if was.is_some() { Change::Lifted } else { Change::Nothing };
            let status = StoredStatus {
                status: StatusWord::Good,
                this_update: Some(*this_update),
                next_update: *next_update,
                ..fresh
            };
            (status, change)
        }
        (Status::Unknown(_), Some(was)) => {
            (StoredStatus { checked_at: now, failures: failures.saturating_add(1), ..was.clone() }, Change::Nothing)
        }
        (Status::Unknown(why), None) => {
            let failures = failures.saturating_add(1);
            (StoredStatus { reason: why.to_string(), learnt_at: None, failures, ..fresh }, Change::Nothing)
        }
    }
}

/// Stores what was told. A registered certificate that turns out to be revoked lets no push through from this transaction
/// on.
pub(super) fn settle(
    w: &mut Writes<'_>,
    fingerprint: Fingerprint,
    told: &Told,
    actor: &str,
    now: OffsetDateTime,
) -> Result<(StoredStatus, Change), store::Error> {
    let before = w.revocation_status(&fingerprint)?;
    let (status, change) = next(before.as_ref(), fingerprint, told, now);
    w.set_revocation_status(&status)?;
    // What says good opens a registration only when it lifts a hold.
    let registered = match (status.revoked_at, change) {
        (None, Change::Nothing | Change::Revoked) => false,
        (revoked_at, _) => w.set_certificate_revoked(&fingerprint, revoked_at)?,
    };
    if change != Change::Nothing || registered {
        let action = if status.revoked_at.is_some() { "certificate.revoked" } else { "certificate.hold-lifted" };
        w.audit(now, actor, action, &fingerprint.to_string(), &detail(&status))?;
        w.advance(REVOCATIONS, now)?;
        w.advance(ANSWERS, now)?;
    }
    Ok((status, change))
}

fn detail(status: &StoredStatus) -> String {
    let from = if status.source.is_empty() { String::new() } else { format!("; told by {}", status.source) };
    match status.revoked_at {
        Some(at) => format!("since {}, {}{from}", at.date(), status.reason),
        None => format!("good{from}"),
    }
}

/// Settles every certificate that matters with the answers at hand, without asking anybody. How many turned out to be
/// revoked.
pub(super) fn settle_all(
    store: &Store,
    cache: &Cache,
    actor: &str,
    now: OffsetDateTime,
) -> Result<usize, store::Error> {
    let (chains, known) = store.read(|r| Ok::<_, store::Error>((Chains::read(r, now)?, cache.known(r)?)))?;
    let mut revoked = 0;
    for wanted in chains.wanted.values() {
        let (fingerprint, told) = (wanted.certificate.fingerprint(), known.told(wanted, now));
        let before = store.read(|r| r.revocation_status(&fingerprint))?;
        let (after, _) = next(before.as_ref(), fingerprint, &told, now);
        if before.is_none_or(|before| !is_same(&before, &after)) {
            let (_, change) = store.write(|w| settle(w, fingerprint, &told, actor, now))?;
            revoked += usize::from(change == Change::Revoked);
        }
    }
    Ok(revoked)
}

/// Whether nothing was learnt between the two, and the first is not of yesterday: not every look writes a row.
pub(super) fn is_same(before: &StoredStatus, after: &StoredStatus) -> bool {
    let same = StoredStatus { checked_at: before.checked_at, failures: before.failures, ..after.clone() };
    *before == same && after.checked_at - before.checked_at < Duration::days(1)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::signature::revocation::{AnswerKind, Reason, Unknown};

    const NOW: OffsetDateTime = datetime!(2026-01-10 0:00 UTC);
    const SINCE: OffsetDateTime = datetime!(2026-01-05 0:00 UTC);

    fn told(status: Status) -> Told {
        let source = if matches!(status, Status::Unknown(_)) { "" } else { "http://ca.example/ca.crl" };
        Told { status, source: source.to_owned(), learnt_at: Some(NOW) }
    }

    fn good() -> Told {
        told(Status::Good { this_update: NOW, next_update: None, told_by: AnswerKind::Crl })
    }

    fn revoked(reason: Reason) -> Told {
        let (this_update, next_update, told_by) = (NOW, None, AnswerKind::Crl);
        told(Status::Revoked { at: SINCE, reason, in_date: true, this_update, next_update, told_by })
    }

    fn unknown() -> Told {
        told(Status::Unknown(Unknown::OutOfDate))
    }

    /// The word after all of these were told, and what the last one changed.
    fn after(told: &[Told]) -> (String, Change) {
        let (mut status, mut change) = (None, Change::Nothing);
        for one in told {
            let (after, changed) = next(status.as_ref(), Fingerprint::of(b"one"), one, NOW);
            (status, change) = (Some(after), changed);
        }
        let status = status.unwrap();
        let word = if status.hold { "on hold".to_owned() } else { format!("{:?}", status.status).to_lowercase() };
        (word, change)
    }

    #[test]
    fn revoked_is_final_and_a_hold_is_lifted_by_good_alone() {
        use Reason::{CertificateHold as Hold, KeyCompromise as Key};
        let cases: Vec<(Vec<Told>, &str, Change)> = vec![
            (vec![unknown()], "unknown", Change::Nothing),
            (vec![good()], "good", Change::Nothing),
            (vec![good(), unknown()], "unknown", Change::Nothing),
            (vec![unknown(), revoked(Key)], "revoked", Change::Revoked),
            (vec![revoked(Key), revoked(Key)], "revoked", Change::Nothing),
            (vec![revoked(Key), good()], "revoked", Change::Nothing),
            (vec![revoked(Key), unknown()], "revoked", Change::Nothing),
            (vec![revoked(Key), revoked(Hold)], "revoked", Change::Nothing),
            (vec![revoked(Hold)], "on hold", Change::Revoked),
            (vec![revoked(Hold), unknown()], "on hold", Change::Nothing),
            (vec![revoked(Hold), revoked(Key)], "revoked", Change::Nothing),
            (vec![revoked(Hold), good()], "good", Change::Lifted),
            (vec![revoked(Hold), good(), revoked(Hold)], "on hold", Change::Revoked),
        ];
        for (told, word, change) in cases {
            assert_eq!(after(&told), (word.to_owned(), change), "{told:?}");
        }
    }

    #[test]
    fn how_often_nothing_was_found_out_is_counted_until_something_is() {
        let count = |told: &[Told]| {
            let mut status = None;
            for one in told {
                status = Some(next(status.as_ref(), Fingerprint::of(b"one"), one, NOW).0);
            }
            status.unwrap().failures
        };
        assert_eq!(count(&[unknown(), unknown(), unknown()]), 3);
        assert_eq!(count(&[unknown(), unknown(), good()]), 0);
    }

    #[test]
    fn a_registered_certificate_is_closed_and_opened_with_its_audit_records() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let fingerprint = Fingerprint::of(b"one");
        let settle_now = |told: &Told| store.write(|w| settle(w, fingerprint, told, "server", NOW)).unwrap();
        let generation = || store.read(|r| r.meta(REVOCATIONS)).unwrap();
        settle_now(&good());
        assert_eq!(generation(), None, "good is no reason for pushes to start over");
        settle_now(&revoked(Reason::CertificateHold));
        let first = generation();
        assert!(first.is_some());
        settle_now(&revoked(Reason::CertificateHold));
        assert_eq!(generation(), first, "told again is nothing new");
        settle_now(&good());
        let actions: Vec<String> =
            store.read(|r| r.audit_records(10)).unwrap().into_iter().map(|record| record.action).collect();
        assert_eq!(actions, ["certificate.hold-lifted", "certificate.revoked"]);
    }
}
