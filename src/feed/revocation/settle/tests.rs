//! What an answer changes about a certificate's status, and who notices.

use time::macros::datetime;

use super::*;
use crate::domain::void_signature::Choice;
use crate::feed::authority::Actor;
use crate::feed::revocation::{CERTIFICATES, REVOCATIONS, Stamp};
use crate::feed::test_house::{House, id};
use crate::feed::void_signatures;
use crate::signature::revocation::{AnswerKind, Reason, Unknown};
use crate::store::void_signatures::{Decided, VoidSignature};

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
        (vec![revoked(Hold), revoked(Key)], "revoked", Change::Otherwise),
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

/// A revocation since `at`.
fn since(at: OffsetDateTime, reason: Reason) -> Told {
    let (this_update, next_update, told_by) = (NOW, None, AnswerKind::Crl);
    told(Status::Revoked { at, reason, in_date: true, this_update, next_update, told_by })
}

impl House {
    /// What its issuer tells about the certificate `name`.
    fn settles(&self, name: &str, told: &Told) -> Change {
        let fingerprint = Fingerprint::of(name.as_bytes());
        self.app.store.write(|w| settle(w, fingerprint, told, &By::server(), NOW)).unwrap().1
    }

    /// By what the server's thread sees that it has to find out anew which signatures count.
    fn stamp(&self) -> Stamp {
        self.app.store.read(|r| Stamp::read(r, &self.app.config)).unwrap()
    }

    fn refresh(&self) {
        void_signatures::refresh(&self.app.store, &self.app.config, NOW).unwrap();
    }

    fn void(&self) -> Vec<VoidSignature> {
        self.app.store.read(|r| r.all_void_signatures()).unwrap().into_values().collect()
    }
}

#[test]
fn an_authority_on_hold_that_is_revoked_for_good_is_noticed_and_what_was_kept_is_asked_about_again() {
    let house = House::new();
    house.person("ann");
    house.package("Contoso.Core", &["ann"]);
    house.stamped_version("Contoso.Core", "1.0.0", Some("ann"), Some((SINCE, "authority")));
    assert_eq!(house.settles("authority", &revoked(Reason::CertificateHold)), Change::Revoked);
    house.refresh();
    let keep = |w: &mut Writes<'_>| {
        let package = w.registration(&id("Contoso.Core"))?.unwrap();
        let decided = Decided { choice: Choice::Keep, by: "ann".to_owned(), at: NOW };
        w.decide_void_signature(w.versions(package.id)?[0].id, Some(&decided))
    };
    assert!(house.app.store.write(keep).unwrap());
    let (before, lines) = (house.stamp(), house.audit_lines());
    assert_eq!(house.settles("authority", &revoked(Reason::KeyCompromise)), Change::Otherwise);
    assert_eq!(house.audit_lines(), lines + 1);
    assert!(house.audited().contains("certificate.revoked"), "{}", house.audited());
    assert_ne!(house.stamp(), before, "the thread sees it");
    house.refresh();
    let [void] = <[VoidSignature; 1]>::try_from(house.void()).unwrap();
    assert!(void.voided.for_good && void.decided.is_none(), "{void:?}");
    let (again, lines) = (house.stamp(), house.audit_lines());
    assert_eq!(house.settles("authority", &revoked(Reason::KeyCompromise)), Change::Nothing);
    assert_eq!((house.stamp(), house.audit_lines()), (again, lines), "told again is nothing new");
}

#[test]
fn an_earlier_day_of_a_signer_whom_nobody_registered_is_noticed() {
    let house = House::new();
    house.person("ann");
    house.package("Contoso.Core", &["ann"]);
    house.stamped_version("Contoso.Core", "1.0.0", Some("stranger"), Some((SINCE, "authority")));
    let (earlier, later) = (SINCE - Duration::DAY, SINCE + Duration::DAY);
    house.settles("stranger", &since(later, Reason::KeyCompromise));
    house.refresh();
    assert!(house.void().is_empty(), "a timestamp proves that it is older");
    let before = house.stamp();
    assert_eq!(house.settles("stranger", &since(earlier, Reason::KeyCompromise)), Change::Otherwise);
    assert_ne!(house.stamp(), before, "the thread sees it");
    house.refresh();
    assert_eq!(house.void().len(), 1);
    let before = house.stamp();
    assert_eq!(house.settles("stranger", &since(later, Reason::KeyCompromise)), Change::Nothing);
    assert_eq!(house.stamp(), before, "later it can not become");
}

#[test]
fn whoever_registered_a_certificate_is_told_when_its_hold_is_for_good_and_nothing_that_a_mark_told_before() {
    let house = House::new();
    house.person("ann");
    house.certificate("ann");
    house.settles("ann", &revoked(Reason::CertificateHold));
    assert!(house.told("ann").contains("is on hold since 2026-01-05"), "{}", house.told("ann"));
    house.settles("ann", &revoked(Reason::KeyCompromise));
    assert!(house.told("ann").contains("is revoked since 2026-01-05"), "{}", house.told("ann"));

    house.person("bob");
    house.certificate("bob");
    let marked = crate::feed::revocation::NewMark {
        fingerprint: Fingerprint::of(b"bob"),
        since: SINCE,
        reason: Some("stolen".parse().unwrap()),
    };
    let line = Actor::CommandLine;
    crate::feed::revocation::mark(&house.app.store, &house.app.config, &marked, &line, NOW).unwrap();
    let told = || house.app.store.read(|r| r.notices(house.account("bob").id, 0, 9)).unwrap().len();
    let before = told();
    house.settles("bob", &since(SINCE + Duration::DAY, Reason::KeyCompromise));
    assert_eq!(told(), before, "it is known as it was");
    house.settles("bob", &since(SINCE - Duration::DAY, Reason::KeyCompromise));
    assert!(told() == before + 1 && house.told("bob").contains("is revoked since 2026-01-04"), "{}", house.told("bob"));
}

/// Whoever registers certificates all the time kept every version from being marked.
#[test]
fn what_a_revocation_means_is_written_though_certificates_are_registered_all_the_time() {
    let house = House::new();
    house.person("ann");
    house.package("Contoso.Core", &["ann"]);
    house.stamped_version("Contoso.Core", "1.0.0", Some("ann"), Some((SINCE, "authority")));
    house.settles("authority", &revoked(Reason::KeyCompromise));
    let moves = |generation: &'static str| {
        let (store, mut times) = (&house.app.store, 0);
        let move_on = || {
            times += 1;
            store.write(|w| w.advance(generation, NOW + Duration::seconds(times))).unwrap();
        };
        void_signatures::refresh_while(store, &house.app.config, NOW, move_on).unwrap();
        times
    };
    assert_eq!((moves(REVOCATIONS), house.void().len()), (3, 0), "another revocation may change everything");
    let before = house.stamp();
    assert_eq!((moves(CERTIFICATES), house.void().len()), (3, 1));
    assert_ne!(house.stamp(), before, "the thread sees it, and finds it out once more");
}
