//! What becomes of a certificate's status when an answer says something about it.

use time::{Duration, OffsetDateTime};

use super::cache::{Cache, Known};
use super::registrants;
use super::wanted::Wanted;
use super::{ANSWERS, REVOCATIONS};
use crate::domain::fingerprint::Fingerprint;
use crate::signature::revocation::Status;
use crate::store::audit::By;
use crate::store::revocation_statuses::{StatusWord, StoredStatus};
use crate::store::{self, Reads, Store, Writes};

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
/// and a signature that does not count must not count again by that. A hold is lifted by a newer answer that says good, not
/// by silence, and not by an answer of the same moment or before: of two contradicting ones the graver counts.
fn next(
    before: Option<&StoredStatus>,
    fingerprint: Fingerprint,
    told: &Told,
    now: OffsetDateTime,
) -> (StoredStatus, Change) {
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
    };
    let was_revoked = before.filter(|before| before.status == StatusWord::Revoked);
    let as_before = |was: &StoredStatus| (StoredStatus { checked_at: now, ..was.clone() }, Change::Nothing);
    match (&told.status, was_revoked) {
        (Status::Revoked { at, reason, this_update, next_update, .. }, was) => {
            // Nobody says so any more, or it is called a hold afterwards or by an older answer: what was told first stays.
            let tells_nothing_new = |was: &&StoredStatus| {
                let older = was.this_update.is_some_and(|before| *this_update < before);
                told.source.is_empty() || (reason.is_hold() && (was.is_final() || older))
            };
            if let Some(was) = was.filter(tells_nothing_new) {
                return as_before(was);
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
        (Status::Good { this_update, .. }, Some(was))
            if was.is_final() || was.this_update.is_some_and(|hold| *this_update <= hold) =>
        {
            as_before(was)
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
        (Status::Unknown(_), Some(was)) => as_before(was),
        (Status::Unknown(why), None) => {
            (StoredStatus { reason: why.to_string(), learnt_at: None, ..fresh }, Change::Nothing)
        }
    }
}

/// Stores what was told. A registered certificate that turns out to be revoked lets no push through from this transaction
/// on, and whoever registered it is told.
pub(super) fn settle(
    w: &mut Writes<'_>,
    fingerprint: Fingerprint,
    told: &Told,
    by: &By,
    now: OffsetDateTime,
) -> Result<(StoredStatus, Change), store::Error> {
    let before = w.told_revocation(&fingerprint)?;
    let (status, change) = next(before.as_ref(), fingerprint, told, now);
    w.set_revocation_status(&status)?;
    let marked = w.revocation_mark(&fingerprint)?;
    let revoked_at = match &marked {
        Some(mark) => StoredStatus::with_mark(Some(status.clone()), mark).revoked_at,
        None => status.revoked_at,
    };
    // What says good opens a registration only when it lifts a hold.
    let registered = match (revoked_at, change) {
        (None, Change::Nothing | Change::Revoked) => false,
        (revoked_at, _) => w.set_certificate_revoked(&fingerprint, revoked_at)?,
    };
    if change != Change::Nothing || registered {
        let action = if status.revoked_at.is_some() { "certificate.revoked" } else { "certificate.hold-lifted" };
        w.audit(now, by, action, &fingerprint.to_string(), &detail(&status))?;
        w.advance(REVOCATIONS, now)?;
        w.advance(ANSWERS, now)?;
    }
    // With a mark they were told by that, and it stays.
    if change != Change::Nothing && marked.is_none() {
        registrants::tell(w, &status, now)?;
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

/// How often a certificate is settled anew when answers change in between.
const ATTEMPTS: usize = 5;

/// Settles one certificate with the answers at hand, without asking anybody. When it was not `asked` about and nothing was
/// learnt, no row is written.
pub(super) fn settle_one(
    store: &Store,
    cache: &Cache,
    wanted: &Wanted,
    asked: bool,
    by: &By,
    now: OffsetDateTime,
) -> Result<Change, store::Error> {
    for _ in 0..ATTEMPTS {
        let known = cache.known(store)?;
        if let Some(change) = settle_by(store, &known, wanted, asked, by, now)? {
            return Ok(change);
        }
    }
    // The next round looks again: it begins when the answers have changed.
    let certificate = wanted.certificate.fingerprint();
    tracing::warn!(%certificate, "revocation answers change all the time; what they say is settled later");
    Ok(Change::Nothing)
}

/// Settles by these answers; `None` when there are others now. Another process may have stored one since, and what was made of
/// fewer must not overwrite what that says.
fn settle_by(
    store: &Store,
    known: &Known,
    wanted: &Wanted,
    asked: bool,
    by: &By,
    now: OffsetDateTime,
) -> Result<Option<Change>, store::Error> {
    let (fingerprint, told) = (wanted.certificate.fingerprint(), known.told(wanted, now));
    // A round after each push must not write a row for each certificate.
    if !asked && store.read(|r| adds_nothing(r, fingerprint, &told, now))? {
        return Ok(Some(Change::Nothing));
    }
    store.write(|w| {
        if !known.is_current(w)? {
            return Ok(None);
        }
        let (_, change) = settle(w, fingerprint, &told, by, now)?;
        Ok(Some(change))
    })
}

/// Whether nothing was learnt about a certificate.
pub(super) fn adds_nothing(
    reads: &Reads<'_>,
    fingerprint: Fingerprint,
    told: &Told,
    now: OffsetDateTime,
) -> Result<bool, store::Error> {
    let before = reads.told_revocation(&fingerprint)?;
    let (after, _) = next(before.as_ref(), fingerprint, told, now);
    Ok(before.is_some_and(|before| is_same(&before, &after)))
}

/// Whether nothing was learnt between the two, and the first is not of yesterday: not every look writes a row.
fn is_same(before: &StoredStatus, after: &StoredStatus) -> bool {
    let same = StoredStatus { checked_at: before.checked_at, ..after.clone() };
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

    fn later_good() -> Told {
        told(Status::Good { this_update: NOW + Duration::days(1), next_update: None, told_by: AnswerKind::Crl })
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
            (vec![revoked(Hold), later_good()], "good", Change::Lifted),
            (vec![revoked(Hold), later_good(), revoked(Hold)], "on hold", Change::Revoked),
        ];
        for (told, word, change) in cases {
            assert_eq!(after(&told), (word.to_owned(), change), "{told:?}");
        }
    }

    #[test]
    fn a_revocation_may_turn_out_to_be_earlier_and_never_later() {
        let revoked_at = |at| match revoked(Reason::KeyCompromise) {
            Told { status: Status::Revoked { reason, in_date, this_update, next_update, told_by, .. }, .. } => {
                told(Status::Revoked { at, reason, in_date, this_update, next_update, told_by })
            }
            other => other,
        };
        let (first, _) = next(None, Fingerprint::of(b"one"), &revoked_at(SINCE), NOW);
        for (told, expected) in [(SINCE - Duration::days(9), SINCE - Duration::days(9)), (NOW, SINCE)] {
            let (after, _) = next(Some(&first), Fingerprint::of(b"one"), &revoked_at(told), NOW);
            assert_eq!(after.revoked_at, Some(expected));
        }
    }

    #[test]
    fn a_hold_is_lifted_only_by_what_is_newer_than_the_hold() {
        let day = |status: Status, day: i64| {
            let this_update = NOW + Duration::days(day);
            told(match status {
                Status::Good { next_update, told_by, .. } => Status::Good { this_update, next_update, told_by },
                Status::Revoked { at, reason, in_date, next_update, told_by, .. } => {
                    Status::Revoked { at, reason, in_date, this_update, next_update, told_by }
                }
                unknown => unknown,
            })
        };
        let hold = |on| day(revoked(Reason::CertificateHold).status, on);
        let good = |on| day(good().status, on);
        // What was told, then whether it is on hold after that, and of which day what is known is.
        let cases: Vec<(Vec<Told>, &str, i64)> = vec![
            (vec![hold(5), good(4)], "on hold", 5),
            (vec![hold(5), good(5)], "on hold", 5),
            (vec![hold(5), good(6)], "good", 6),
            (vec![hold(5), hold(4), good(5)], "on hold", 5),
            (vec![hold(4), hold(5), good(5)], "on hold", 5),
            (vec![hold(5), Told { source: String::new(), ..hold(5) }, good(6)], "good", 6),
            (vec![hold(5), good(6), hold(7)], "on hold", 7),
        ];
        for (told, word, of_day) in cases {
            assert_eq!(after(&told).0, word, "{told:?}");
            let mut status: Option<StoredStatus> = None;
            for one in &told {
                status = Some(next(status.as_ref(), Fingerprint::of(b"one"), one, NOW).0);
            }
            assert_eq!(status.unwrap().this_update, Some(NOW + Duration::days(of_day)), "{told:?}");
        }
    }

    #[test]
    fn who_told_a_hold_stays_known_when_nobody_says_so_any_more() {
        let fingerprint = Fingerprint::of(b"one");
        let (first, _) = next(None, fingerprint, &revoked(Reason::CertificateHold), NOW);
        let silent = Told { source: String::new(), learnt_at: None, ..revoked(Reason::CertificateHold) };
        assert_eq!(next(Some(&first), fingerprint, &silent, NOW), (first.clone(), Change::Nothing));
    }

    #[test]
    fn a_registered_certificate_is_closed_and_opened_with_its_audit_records() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let fingerprint = Fingerprint::of(b"one");
        let settle_now = |told: &Told| store.write(|w| settle(w, fingerprint, told, &By::server(), NOW)).unwrap();
        let generation = || store.read(|r| r.meta(REVOCATIONS)).unwrap();
        settle_now(&good());
        assert_eq!(generation(), None, "good is no reason for pushes to start over");
        settle_now(&revoked(Reason::CertificateHold));
        let first = generation();
        assert!(first.is_some());
        settle_now(&revoked(Reason::CertificateHold));
        assert_eq!(generation(), first, "told again is nothing new");
        settle_now(&later_good());
        let actions: Vec<String> =
            store.read(|r| r.audit_records(10)).unwrap().into_iter().map(|record| record.action).collect();
        assert_eq!(actions, ["certificate.hold-lifted", "certificate.revoked"]);
    }

    #[test]
    fn what_was_made_of_fewer_answers_does_not_overwrite_what_another_process_learnt() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let read = |name: &str| {
            let path = format!("{}/tests/vectors/golden/trust/certs/{name}.der", env!("CARGO_MANIFEST_DIR"));
            crate::signature::Certificate::from_der(&std::fs::read(path).unwrap()).unwrap()
        };
        let wanted = Wanted { certificate: read("crl-good"), issuer: read("crl-ca") };
        let fingerprint = wanted.certificate.fingerprint();
        let cache = Cache::default();
        let known = cache.known(&store).unwrap();
        store.write(|w| settle(w, fingerprint, &revoked(Reason::CertificateHold), &By::server(), NOW)).unwrap();
        let status = || store.read(|r| r.revocation_status(&fingerprint)).unwrap().unwrap();
        let before = status();
        let later = NOW + Duration::days(2);
        assert_eq!(settle_by(&store, &known, &wanted, true, &By::server(), later).unwrap(), None);
        assert_eq!(status(), before);
        assert_eq!(settle_one(&store, &cache, &wanted, true, &By::server(), later).unwrap(), Change::Nothing);
        assert_eq!(status(), StoredStatus { checked_at: later, ..before });
    }
}
