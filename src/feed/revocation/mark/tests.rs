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

#[test]
fn a_mark_is_made_and_taken_back_though_what_follows_could_not_be_found_out() {
    let house = House::new();
    let (_, line) = (house.person("ann"), Actor::CommandLine);
    house.certificate("ann");
    let (store, config, fingerprint) = (&house.app.store, &house.app.config, Fingerprint::of(b"ann"));
    // Nothing can be judged by a policy that can't be read.
    store.write(|w| w.set_policy("no_such_setting", "x")).unwrap();
    assert_eq!(mark(store, config, &new("ann", NOW), &line, NOW).unwrap(), Follow::Later);
    assert!(store.read(|r| r.revocation_mark(&fingerprint)).unwrap().is_some());
    assert_eq!(unmark(store, config, &fingerprint, &line, NOW).unwrap(), Follow::Later);
    assert!(store.read(|r| r.revocation_mark(&fingerprint)).unwrap().is_none());
}
