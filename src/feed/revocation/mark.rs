//! An administrator's word that a certificate is revoked: for closed networks, where no list of its issuer arrives.
//!
//! It counts like an issuer's word for whoever pushes and for what is on the feed. It may always be taken back: what the issuer
//! said stays, from the issuer's own date on. A mark that was too early would otherwise void for good what a timestamp proves older.

use thiserror::Error;
use time::{Duration, OffsetDateTime, Time, UtcOffset};

use super::affected::GroundRows;
use super::{ANSWERS, REVOCATIONS, registrants};
use crate::config::Config;
use crate::domain::account::AccountName;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::domain::withdrawal::Reason;
use crate::feed::authority::{self, Actor, authorize};
use crate::feed::void_signatures::{self, Follow};
use crate::signature::Certificate;
use crate::store::revocation_marks::Mark;
use crate::store::revocation_statuses::StoredStatus;
use crate::store::trust_anchors::Purpose;
use crate::store::{self, Reads, Store, Writes};

/// How far in the future a date may lie: two clocks differ a little.
const AHEAD: Duration = Duration::MINUTE;

/// Why a mark is not made or taken back.
#[derive(Debug, Error)]
pub enum MarkError {
    /// Nobody registered it and no package brought it.
    #[error(
        "the certificate {0} is not known here: neither has an account registered it, nor has a package come with it; compare the fingerprint"
    )]
    Unknown(Fingerprint),
    /// It is a trust anchor.
    #[error("the certificate {0} is a trust anchor, which nobody can revoke: remove it from the trust anchors instead")]
    Anchor(Fingerprint),
    /// The date has not come yet.
    #[error("{} has not come yet: give the day or time since when the certificate is revoked (UTC), which is not after now", moment(*.0))]
    Future(OffsetDateTime),
    /// Its issuer said so before.
    #[error(
        "its issuer has revoked it already, since {}: only an earlier day would change anything; an earlier mark that was a mistake can be taken back",
        .0.date()
    )]
    RevokedAlready(OffsetDateTime),
    /// Nobody marked it.
    #[error("nobody has marked the certificate {0} as revoked")]
    NotMarked(Fingerprint),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What is to be marked.
#[derive(Debug, Clone)]
pub struct NewMark {
    /// Which certificate.
    pub fingerprint: Fingerprint,
    /// From when on it is revoked.
    pub since: OffsetDateTime,
    /// Why, if that was said.
    pub reason: Option<Reason>,
}

impl NewMark {
    fn why(&self) -> &str {
        self.reason.as_ref().map(Reason::as_str).unwrap_or_default()
    }
}

/// What would follow from a mark.
#[derive(Debug)]
pub struct Consequences {
    /// Whose certificate it is.
    pub subject: String,
    /// Versions whose signature would not count any more, as `ID version`.
    pub void: Vec<String>,
    /// Versions signed with it that would still count, since a timestamp proves that they are older.
    pub still_count: usize,
    /// The accounts that registered it, whose pushes with it would be refused.
    pub registered_by: Vec<AccountName>,
}

/// What would follow from a mark, without making it.
///
/// # Errors
/// As [`mark`].
pub fn consequences(
    store: &Store,
    config: &Config,
    new: &NewMark,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Consequences, MarkError> {
    let (rows, certificate, told, registered_by) = store.read(|r| {
        authorize(r, actor, Action::ChangeServer, None, now)?;
        let certificate = check(r, new, now)?;
        let told = r.told_revocation(&new.fingerprint)?.and_then(|told| told.revoked_at);
        let accounts = r.registrants(&new.fingerprint)?.into_iter();
        let names = accounts.map(|(account, _)| r.account_name(account)).collect::<Result<_, store::Error>>()?;
        Ok::<_, MarkError>((GroundRows::read(r, config)?, certificate, told, names))
    })?;
    let ground = rows.build(now);
    let before: Vec<bool> = ground.versions.iter().map(|version| ground.judge(version).is_some()).collect();
    // Not the earlier of this mark and the one before, whose place it takes.
    let after = ground.were_revoked(new.fingerprint, told.map_or(new.since, |at| at.min(new.since)));
    let (mut void, mut still_count) = (Vec::new(), 0);
    for (version, was_void) in after.versions.iter().zip(before) {
        match after.judge(version) {
            Some(_) if !was_void => void.push(format!("{} {}", version.package_id, version.version)),
            None if version.author == new.fingerprint => still_count += 1,
            _ => {}
        }
    }
    let subject = Certificate::from_der(&certificate).map(|one| one.subject().to_string()).unwrap_or_default();
    Ok(Consequences { subject, void, still_count, registered_by })
}

/// Marks a certificate as revoked, in the place of an earlier mark. Pushes that are on their way start over, whoever registered it
/// is told, and so are the owners of versions whose signature no longer counts. Whether that was found out with it is returned: the
/// mark is made in any case.
///
/// # Errors
/// [`MarkError`]: no mark was made.
pub fn mark(
    store: &Store,
    config: &Config,
    new: &NewMark,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Follow, MarkError> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        check(w, new, now)?;
        let mark = Mark {
            fingerprint: new.fingerprint,
            revoked_at: new.since,
            reason: new.why().to_owned(),
            marked_by: by.name().to_owned(),
            marked_at: now,
        };
        w.set_revocation_mark(&mark)?;
        let known = StoredStatus::with_mark(w.told_revocation(&new.fingerprint)?, &mark);
        let why = new.reason.as_ref().map(|reason| format!(", {reason}")).unwrap_or_default();
        let detail = format!("since {}{why}", new.since.date());
        by.audit(w, now, "certificate.mark-revoked", &new.fingerprint.to_string(), &detail)?;
        affect(w, &known, now)
    })?;
    Ok(void_signatures::follow(store, config, now))
}

/// Takes a mark back: what issuers told counts again, whatever that is. A certificate that its issuer revoked as well stays revoked,
/// since the day that the issuer gives. Returns the same as [`mark`].
///
/// # Errors
/// [`MarkError`]: nothing was taken back.
pub fn unmark(
    store: &Store,
    config: &Config,
    fingerprint: &Fingerprint,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Follow, MarkError> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let mark = w.revocation_mark(fingerprint)?.ok_or(MarkError::NotMarked(*fingerprint))?;
        let told = w.told_revocation(fingerprint)?;
        w.drop_revocation_mark(fingerprint)?;
        let detail = format!("marked by {}, since {}", mark.marked_by, mark.revoked_at.date());
        by.audit(w, now, "certificate.unmark-revoked", &fingerprint.to_string(), &detail)?;
        let known = told.unwrap_or_else(|| {
            let unmarked = StoredStatus::with_mark(None, &mark);
            StoredStatus { revoked_at: None, reason: String::new(), ..unmarked }
        });
        affect(w, &known, now)
    })?;
    Ok(void_signatures::follow(store, config, now))
}

/// What a changed mark changes for whoever pushes: the same as an issuer's word.
fn affect(w: &mut Writes<'_>, known: &StoredStatus, now: OffsetDateTime) -> Result<(), MarkError> {
    w.set_certificate_revoked(&known.fingerprint, known.revoked_at)?;
    registrants::tell(w, known, now)?;
    w.advance(REVOCATIONS, now)?;
    w.advance(ANSWERS, now)?;
    Ok(())
}

/// Whether a mark may begin at `since`: what is revoked is revoked already.
///
/// # Errors
/// [`MarkError::Future`].
pub fn has_come(since: OffsetDateTime, now: OffsetDateTime) -> Result<(), MarkError> {
    if since > now.checked_add(AHEAD).unwrap_or(now) { Err(MarkError::Future(since)) } else { Ok(()) }
}

/// The day, and the time where it does not begin with it.
fn moment(at: OffsetDateTime) -> String {
    let at = at.to_offset(UtcOffset::UTC);
    if at.time() == Time::MIDNIGHT {
        at.date().to_string()
    } else {
        format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
    }
}

/// Whether a mark may be made. The certificate, in DER.
fn check(reads: &Reads<'_>, new: &NewMark, now: OffsetDateTime) -> Result<Vec<u8>, MarkError> {
    has_come(new.since, now)?;
    let Some(certificate) = reads.known_certificate(&new.fingerprint)? else {
        let mut anchors = Vec::new();
        for purpose in Purpose::ALL {
            anchors.extend(reads.anchors(purpose)?);
        }
        let is_anchor = anchors.iter().any(|der| Fingerprint::of(der) == new.fingerprint);
        return Err(if is_anchor { MarkError::Anchor } else { MarkError::Unknown }(new.fingerprint));
    };
    // Where the issuer says so as well, the earlier day counts; so a later mark would be none.
    let told = reads.told_revocation(&new.fingerprint)?.filter(StoredStatus::is_final);
    match told.and_then(|told| told.revoked_at).filter(|at| *at <= new.since) {
        Some(at) => Err(MarkError::RevokedAlready(at)),
        None => Ok(certificate),
    }
}

#[cfg(test)]
mod tests;
