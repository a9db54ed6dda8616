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
    /// It was before, and is otherwise by now: for good and no longer on hold, or since another time.
    Otherwise,
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
            let change = match was {
                None => Change::Revoked,
                Some(was) if was.judges_as(&status) => Change::Nothing,
                Some(_) => Change::Otherwise,
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
/// on, and whoever registered it is told; so they are when a hold turns out to be for good, or the time to be another.
pub(super) fn settle(
    w: &mut Writes<'_>,
    fingerprint: Fingerprint,
    told: &Told,
    by: &By,
    now: OffsetDateTime,
) -> Result<(StoredStatus, Change), store::Error> {
    let before = w.told_revocation(&fingerprint)?;
    let (status, change) = next(before.as_ref(), fingerprint, told, now);
    // With a mark it may be known as it is known now.
    let known_before = w.revocation_status(&fingerprint)?;
    let judged_otherwise = w.set_revocation_status(&status)?;
    let known = w.revocation_status(&fingerprint)?.unwrap_or_else(|| status.clone());
    // What says good opens a registration only when it lifts a hold.
    let registered = match (known.revoked_at, change) {
        (None, Change::Nothing | Change::Revoked | Change::Otherwise) => false,
        (revoked_at, _) => w.set_certificate_revoked(&fingerprint, revoked_at)?,
    };
    if change != Change::Nothing || registered {
        let action = if status.revoked_at.is_some() { "certificate.revoked" } else { "certificate.hold-lifted" };
        w.audit(now, by, action, &fingerprint.to_string(), &detail(&status))?;
    }
    // It follows from the write, so that no change of a status is overlooked by whoever judges signatures by it.
    if judged_otherwise || registered {
        w.advance(REVOCATIONS, now)?;
        w.advance(ANSWERS, now)?;
    }
    // What a mark said before they need not be told again.
    if change != Change::Nothing && !known_before.is_some_and(|before| before.judges_as(&known)) {
        registrants::tell(w, &known, now)?;
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
mod tests;
