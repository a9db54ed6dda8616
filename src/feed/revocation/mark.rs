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
use crate::feed::void_signatures;
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
/// is told, and so are the owners of versions whose signature no longer counts.
///
/// # Errors
/// [`MarkError`].
pub fn mark(
    store: &Store,
    config: &Config,
    new: &NewMark,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), MarkError> {
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
        follow(w, &known, now)
    })?;
    Ok(void_signatures::refresh(store, config, now).map(|_| ())?)
}

/// Takes a mark back: what issuers told counts again, whatever that is. A certificate that its issuer revoked as well stays revoked,
/// since the day that the issuer gives.
///
/// # Errors
/// [`MarkError`].
pub fn unmark(
    store: &Store,
    config: &Config,
    fingerprint: &Fingerprint,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(), MarkError> {
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
        follow(w, &known, now)
    })?;
    Ok(void_signatures::refresh(store, config, now).map(|_| ())?)
}

/// What a changed mark changes for whoever pushes: the same as an issuer's word.
fn follow(w: &mut Writes<'_>, known: &StoredStatus, now: OffsetDateTime) -> Result<(), MarkError> {
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
mod tests {
    use super::*;
    use crate::feed::test_house::{House, NOW, name};
    use crate::store::revocation_statuses::StatusWord;

    fn new(certificate: &str, since: OffsetDateTime) -> NewMark {
        let reason = Some("a laptop was stolen".parse().unwrap());
        NewMark { fingerprint: Fingerprint::of(certificate.as_bytes()), since, reason }
    }

    fn generation(house: &House) -> Option<Vec<u8>> {
        house.app.store.read(|r| r.meta(REVOCATIONS)).unwrap()
    }

    #[test]
    fn a_mark_closes_the_registration_tells_its_account_and_makes_pushes_start_over() {
        let house = House::new();
        let (root, _) = (house.administrator("root"), house.person("ann"));
        house.certificate("ann");
        let (store, config, since) = (&house.app.store, &house.app.config, NOW - Duration::days(3));
        let what = consequences(store, config, &new("ann", since), &root, NOW).unwrap();
        assert_eq!((what.registered_by, what.void, what.still_count), (vec![name("ann")], Vec::new(), 0));
        let before = generation(&house);
        mark(store, config, &new("ann", since), &root, NOW).unwrap();
        assert_ne!(generation(&house), before);
        assert!(house.audited().starts_with("root certificate.mark-revoked"), "{}", house.audited());
        let told = "is revoked since 2025-12-29 (a laptop was stolen)";
        assert!(house.told("ann").contains(told), "{}", house.told("ann"));
        let known = store.read(|r| r.revocation_status(&Fingerprint::of(b"ann"))).unwrap().unwrap();
        assert_eq!((known.revoked_at, known.source.as_str()), (Some(since), "marked by root"));
        unmark(store, config, &Fingerprint::of(b"ann"), &root, NOW).unwrap();
        assert!(house.told("ann").contains("is not revoked any more"), "{}", house.told("ann"));
        assert!(store.read(|r| r.revocation_status(&Fingerprint::of(b"ann"))).unwrap().is_none());
        let again = unmark(store, config, &Fingerprint::of(b"ann"), &root, NOW);
        assert!(matches!(again, Err(MarkError::NotMarked(_))));
    }

    #[test]
    fn a_mark_that_was_too_early_is_mended_though_the_issuer_has_revoked_the_certificate_by_now() {
        let house = House::new();
        let (root, _) = (house.administrator("root"), house.person("ann"));
        house.certificate("ann");
        let (store, config, fingerprint) = (&house.app.store, &house.app.config, Fingerprint::of(b"ann"));
        let days = |days| NOW - Duration::days(days);
        mark(store, config, &new("ann", days(30)), &root, NOW).unwrap();
        let told = StoredStatus {
            fingerprint,
            status: StatusWord::Revoked,
            revoked_at: Some(days(2)),
            hold: false,
            reason: "key compromise".to_owned(),
            this_update: Some(days(1)),
            next_update: None,
            source: "http://ca.example/ca.crl".to_owned(),
            learnt_at: Some(NOW),
            checked_at: NOW,
        };
        store.write(|w| w.set_revocation_status(&told)).unwrap();
        let since = || store.read(|r| r.revocation_status(&fingerprint)).unwrap().unwrap().revoked_at;
        assert_eq!(since(), Some(days(30)), "the earlier day counts");
        // Another day, as long as it is before the issuer's.
        mark(store, config, &new("ann", days(20)), &root, NOW).unwrap();
        assert_eq!(since(), Some(days(20)));
        let later = mark(store, config, &new("ann", days(2)), &root, NOW).unwrap_err().to_string();
        assert!(later.starts_with("its issuer has revoked it already, since 2025-12-30"), "{later}");
        // Or none.
        unmark(store, config, &fingerprint, &root, NOW).unwrap();
        assert_eq!(store.read(|r| r.revocation_status(&fingerprint)).unwrap(), Some(told));
        assert!(house.told("ann").contains("is revoked since 2025-12-30 (key compromise)"), "{}", house.told("ann"));
        let registered = store.read(|r| r.registrants(&fingerprint)).unwrap();
        assert_eq!(registered.len(), 1, "it stays registered, and revoked");
    }

    #[test]
    fn who_may_not_and_what_can_not_be_leaves_everything_as_it_was() {
        let house = House::new();
        let (root, ann) = (house.administrator("root"), house.person("ann"));
        house.certificate("ann");
        let (store, config, lines) = (&house.app.store, &house.app.config, house.audit_lines());
        let try_to = |new: &NewMark, actor: &Actor| mark(store, config, new, actor, NOW).unwrap_err().to_string();
        assert!(try_to(&new("ann", NOW), &ann).contains("only an administrator of the server may"));
        assert!(try_to(&new("stranger", NOW), &root).contains("is not known here"));
        assert!(try_to(&new("ann", NOW + AHEAD + Duration::SECOND), &root).contains("has not come yet"));
        assert!(try_to(&new("ann", NOW + Duration::DAY), &root).starts_with("2026-01-02 has not come yet"));
        assert!(has_come(NOW + AHEAD, NOW).is_ok(), "clocks differ a little");
        assert!(consequences(store, config, &new("ann", NOW), &ann, NOW).is_err());
        assert_eq!((house.audit_lines(), generation(&house)), (lines, None));
    }
}
