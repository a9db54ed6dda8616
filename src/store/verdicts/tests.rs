//! Verdicts that are kept, and those that go to make room.

use time::Duration;
use time::macros::datetime;

use super::*;
use crate::domain::account::AccountKind;
use crate::domain::policy::Enforcement;
use crate::domain::verdict::{CanChange, PackageNamed, SignatureKind};
use crate::store::Store;

const NOW: OffsetDateTime = datetime!(2026-11-28 16:20 UTC);
const ROOM: Room = Room { of_pusher: 3, not_enforced_of_pusher: 2, of_all: 5, not_enforced_of_all: 3 };

pub(in crate::store) fn explained(outcome: Outcome, version: &str) -> Explained {
    Explained {
        outcome,
        stage: Enforcement::Enforce,
        sentence: "it was decided".to_owned(),
        package: Some(PackageNamed { id: "Contoso.Core".to_owned(), version: version.to_owned() }),
        new_id: true,
        foreign: false,
        signature: SignatureKind::None,
        signer: None,
        timestamp: None,
        rules: Vec::new(),
        failed: Vec::new(),
        rule: String::new(),
        signers: Vec::new(),
        register: false,
        can_change: CanChange::default(),
        next: Vec::new(),
        otherwise: Vec::new(),
        warnings: Vec::new(),
    }
}

struct House {
    store: Store,
    ann: AccountId,
    bob: AccountId,
    _folder: tempfile::TempDir,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let create = |name: &str| {
            store.write(|w| w.create_account(&name.parse().unwrap(), AccountKind::User, false, None, NOW)).unwrap()
        };
        let (ann, bob) = (create("ann"), create("bob"));
        Self { store, ann, bob, _folder: folder }
    }

    fn add(&self, pusher: AccountId, outcome: Outcome, kind: VerdictKind, version: &str) -> VerdictNumber {
        let (explained, id) = (explained(outcome, version), "Contoso.Core".parse().unwrap());
        let new = NewVerdict {
            at: NOW,
            expires_at: NOW + Duration::days(7),
            kind,
            pusher,
            owner: pusher,
            id: Some(&id),
            explained: &explained,
            json: &serde_json::to_string(&explained).unwrap(),
            certificates: &[b"one", b"another"],
        };
        self.store.write(|w| w.add_verdict(&new, ROOM)).unwrap()
    }

    fn refuse(&self, pusher: AccountId, version: &str) -> VerdictNumber {
        self.add(pusher, Outcome::Refused, VerdictKind::Push, version)
    }

    fn sweep(&self, now: OffsetDateTime) -> usize {
        let beyond = self.store.read(|r| r.verdicts_beyond(ROOM)).unwrap();
        self.store.write(|w| w.sweep_verdicts(&beyond, now)).unwrap()
    }

    fn of(&self, pusher: Option<AccountId>) -> Vec<String> {
        let kept = self.store.read(|r| r.verdicts(pusher, 100, NOW)).unwrap();
        kept.into_iter().map(|kept| kept.explained.package.unwrap().version).collect()
    }
}

#[test]
fn what_is_kept_is_read_as_it_was_until_its_time_has_come() {
    let house = House::new();
    let number = house.refuse(house.ann, "1.0.0");
    let kept = house.store.read(|r| r.verdict(number, NOW)).unwrap().unwrap();
    assert_eq!((kept.pusher.1.as_str(), kept.kind, kept.at), ("ann", VerdictKind::Push, NOW));
    assert_eq!(kept.explained, explained(Outcome::Refused, "1.0.0"));
    let certificates = house.store.read(|r| r.verdict_certificates(number)).unwrap();
    assert_eq!(certificates, [b"one".to_vec(), b"another".to_vec()]);
    let later = NOW + Duration::days(7);
    assert!(house.store.read(|r| r.verdict(number, later)).unwrap().is_none());
    assert_eq!(house.sweep(later - Duration::SECOND), 0);
    assert_eq!(house.sweep(later), 1);
    assert!(house.refuse(house.ann, "2.0.0") > number, "a number is never given twice");
}

#[test]
fn the_oldest_go_and_nobody_pushes_out_what_others_have() {
    let house = House::new();
    house.refuse(house.bob, "0.1.0");
    for version in ["1.0.0", "1.1.0", "1.2.0", "1.3.0"] {
        house.refuse(house.ann, version);
    }
    assert_eq!(house.of(None), ["1.3.0", "1.2.0", "1.1.0", "0.1.0"]);
    assert_eq!(house.of(Some(house.ann)).len(), 3);
}

#[test]
fn what_a_stage_let_in_has_room_of_its_own_that_dry_runs_do_not_take() {
    let house = House::new();
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        house.add(house.ann, Outcome::NotEnforced, VerdictKind::Push, version);
    }
    for version in ["2.0.0", "2.1.0", "2.2.0", "2.3.0"] {
        house.add(house.ann, Outcome::NotEnforced, VerdictKind::DryRun, version);
    }
    assert_eq!(house.of(Some(house.ann)), ["2.3.0", "2.2.0", "2.1.0", "1.2.0", "1.1.0"]);
}

#[test]
fn all_together_have_a_bound_that_a_sweep_keeps() {
    let house = House::new();
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        house.refuse(house.ann, version);
        house.refuse(house.bob, version);
    }
    assert_eq!(house.of(None).len(), 6, "each has their own room");
    assert_eq!(house.sweep(NOW), 1);
    assert_eq!(house.of(None).len(), 5);
    assert_eq!(house.of(Some(house.ann)), ["1.2.0", "1.1.0"], "the oldest of all is gone");
    assert_eq!(house.sweep(NOW), 0);
}

/// What stages let in is counted for months before they are made stricter; refusals cost their pusher nothing.
#[test]
fn refusals_of_all_never_push_out_what_stages_let_in_which_has_a_bound_of_its_own() {
    let house = House::new();
    for (number, pusher) in [house.ann, house.bob].repeat(2).into_iter().enumerate() {
        house.add(pusher, Outcome::NotEnforced, VerdictKind::Push, &format!("1.{number}.0"));
    }
    for version in ["2.0.0", "2.1.0", "2.2.0"] {
        house.refuse(house.ann, version);
        house.add(house.bob, Outcome::NotEnforced, VerdictKind::DryRun, version);
    }
    assert_eq!(house.sweep(NOW), 2, "one of each class");
    let let_in: Vec<String> = house.of(None).into_iter().filter(|version| version.starts_with("1.")).collect();
    assert_eq!(let_in, ["1.3.0", "1.2.0", "1.1.0"], "only the oldest that was let in is gone");
    assert_eq!(house.of(None).len(), 8);
}

/// Whoever makes refusals without end moves the numbers on, and takes nobody's place.
#[test]
fn a_sweep_forgets_nothing_of_others_because_one_pusher_made_many() {
    let house = House::new();
    house.refuse(house.bob, "0.1.0");
    for number in 0..20 {
        house.refuse(house.ann, &format!("1.0.{number}"));
    }
    assert_eq!(house.sweep(NOW), 0);
    assert_eq!(house.of(Some(house.bob)), ["0.1.0"]);
}

/// Somebody may have organizations, each with keys of its own, and so be many pushers.
#[test]
fn where_all_together_have_too_many_those_go_whose_pushers_have_most() {
    let house = House::new();
    let organization = "contoso".parse().unwrap();
    let organization =
        house.store.write(|w| w.create_account(&organization, AccountKind::Organization, false, None, NOW));
    let organization = organization.unwrap();
    house.refuse(house.bob, "0.1.0");
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        house.refuse(house.ann, version);
        house.refuse(organization, version);
    }
    assert_eq!(house.sweep(NOW), 2);
    assert_eq!(house.of(Some(house.bob)), ["0.1.0"], "the oldest of all stays");
    assert_eq!(house.of(Some(house.ann)), ["1.2.0", "1.1.0"]);
    assert_eq!(house.of(Some(organization)), ["1.2.0", "1.1.0"]);
}

#[test]
fn certificates_that_were_packed_elsewhere_are_refused() {
    let (one, another): (&[u8], &[u8]) = (b"one", &[0; 300]);
    assert_eq!(unpacked(&packed(&[one, another])), Some(vec![one.to_vec(), another.to_vec()]));
    assert_eq!(unpacked(&[]), Some(Vec::new()));
    for broken in [&b"x"[..], b"\0\0\0\x09short", b"\xff\xff\xff\xff", b"\0\0\0\x01ab"] {
        assert_eq!(unpacked(broken), None, "{broken:?}");
    }
}

/// A verdict is kept beside what it is about, and must not undo it.
#[test]
fn a_verdict_that_cannot_be_kept_takes_nothing_with_it() {
    let house = House::new();
    house.add(house.ann, Outcome::NotEnforced, VerdictKind::Push, "1.0.0");
    let kept = house.store.write(|w| {
        w.set_disabled(house.bob, true)?;
        let failed = w.attempt(|w| {
            w.set_disabled(house.ann, true)?;
            Err::<(), _>(Error::Corrupt("verdict"))
        });
        assert!(failed.is_err());
        w.attempt(|w| w.sweep_verdicts(&w.verdicts_beyond(Room { not_enforced_of_all: 0, ..ROOM })?, NOW))
    });
    assert_eq!(kept.unwrap(), 1);
    let disabled = |id| house.store.read(|r| r.account_by_id(id)).unwrap().disabled;
    assert_eq!((disabled(house.ann), disabled(house.bob)), (false, true));
}
