//! Kept verdicts: what was decided about packages that were refused, tried, or let in by a stage although the rule refuses.
//!
//! Whoever may push can make refusals without end, so each account has a share of the rows, and all of them have a bound.

use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::{Moment, row_number, word};
use super::{Error, Reads, Writes};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::package_id::PackageId;
use crate::domain::verdict::{Explained, Outcome, VerdictKind, VerdictNumber};

row_number!(VerdictNumber);
word!(VerdictKind, VerdictKind::Push => "push", VerdictKind::Upload => "upload", VerdictKind::DryRun => "dry-run");
word!(Outcome, Outcome::Accepted => "accepted", Outcome::NotEnforced => "not-enforced", Outcome::Refused => "refused");

/// What is stored of a new verdict.
#[derive(Debug)]
pub struct NewVerdict<'a> {
    /// When it was decided.
    pub at: OffsetDateTime,
    /// From when on it is forgotten.
    pub expires_at: OffsetDateTime,
    /// What was asked.
    pub kind: VerdictKind,
    /// Who asked: a user, or an organization with a service key.
    pub pusher: AccountId,
    /// For which account.
    pub owner: AccountId,
    /// The package, unless it could not be read so far.
    pub id: Option<&'a PackageId>,
    /// The explanation.
    pub explained: &'a Explained,
    /// The same as JSON.
    pub json: &'a str,
    /// The DER certificates of the signer's chain, its own first; may be empty.
    pub certificates: &'a [&'a [u8]],
}

/// How many rows there may be.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Refusals and dry runs of one pusher.
    pub of_pusher: u32,
    /// What stages let in, of one pusher.
    pub not_enforced_of_pusher: u32,
    /// Of all together.
    pub of_all: u32,
}

/// A verdict as it is kept.
#[derive(Debug, Clone)]
pub struct KeptVerdict {
    /// Its number.
    pub number: VerdictNumber,
    /// When it was decided.
    pub at: OffsetDateTime,
    /// From when on it is forgotten.
    pub expires_at: OffsetDateTime,
    /// What was asked.
    pub kind: VerdictKind,
    /// Who asked.
    pub pusher: (AccountId, AccountName),
    /// For which account.
    pub owner: (AccountId, AccountName),
    /// The package's ID, unless it could not be read.
    pub id: Option<PackageId>,
    /// The explanation.
    pub explained: Explained,
}

/// How many pushes of an account's packages a stage let in although the rule refuses them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotEnforced {
    /// The owner of the packages; of an ID with several, each.
    pub owner: AccountName,
    /// How many pushes.
    pub pushes: u64,
    /// Of how many IDs.
    pub packages: u64,
}

const SELECT: &str =
    "SELECT v.number, v.at, v.expires_at, v.kind, v.pusher, p.name AS pusher_name, v.owner, o.name AS owner_name,
        v.package_id, v.explained
    FROM verdict v JOIN account p ON p.id = v.pusher JOIN account o ON o.id = v.owner";

/// What was really let in, and not only tried.
const LET_IN: &str = "(outcome = 'not-enforced' AND kind <> 'dry-run')";

fn kept(row: &Row<'_>) -> rusqlite::Result<KeptVerdict> {
    let (Moment(at), Moment(expires_at)) = (row.get("at")?, row.get("expires_at")?);
    let explained: String = row.get("explained")?;
    Ok(KeptVerdict {
        number: row.get("number")?,
        at,
        expires_at,
        kind: row.get("kind")?,
        pusher: (row.get("pusher")?, row.get("pusher_name")?),
        owner: (row.get("owner")?, row.get("owner_name")?),
        id: row.get("package_id")?,
        explained: serde_json::from_str(&explained).map_err(rusqlite::types::FromSqlError::other)?,
    })
}

impl Reads<'_> {
    /// One of them, unless it is to be forgotten at `now`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn verdict(&self, number: VerdictNumber, now: OffsetDateTime) -> Result<Option<KeptVerdict>, Error> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE v.number = ?1 AND v.expires_at > ?2"))?;
        Ok(query.query_row((number, Moment(now)), kept).optional()?)
    }

    /// The DER certificates of the signer's chain that a verdict keeps, the signer's own first.
    ///
    /// # Errors
    /// What SQLite says; [`Error::Corrupt`].
    pub fn verdict_certificates(&self, number: VerdictNumber) -> Result<Vec<Vec<u8>>, Error> {
        let mut query = self.0.prepare_cached("SELECT certificates FROM verdict WHERE number = ?1")?;
        let packed: Option<Vec<u8>> = query.query_row([number], |row| row.get(0)).optional()?.flatten();
        unpacked(&packed.unwrap_or_default()).ok_or(Error::Corrupt("verdict.certificates"))
    }

    /// The newest `limit` verdicts of one account's pushes and dry runs, or of everybody's, that are older than `before`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn verdicts(
        &self,
        pusher: Option<AccountId>,
        before: Option<VerdictNumber>,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Vec<KeptVerdict>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "{SELECT} WHERE (?1 IS NULL OR v.pusher = ?1) AND (?2 IS NULL OR v.number < ?2) AND v.expires_at > ?4
             ORDER BY v.number DESC LIMIT ?3"
        ))?;
        Ok(query.query_map((pusher, before, limit, Moment(now)), kept)?.collect::<Result<_, _>>()?)
    }

    /// The newest `limit` pushes that a stage let in although the rule refuses them, older than `before`; of the packages that
    /// `owner` owns now, or of all.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn not_enforced(
        &self,
        owner: Option<AccountId>,
        before: Option<VerdictNumber>,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Vec<KeptVerdict>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "{SELECT} WHERE v.outcome = 'not-enforced' AND v.kind <> 'dry-run' AND (?2 IS NULL OR v.number < ?2) AND v.expires_at > ?4
               AND (?1 IS NULL OR EXISTS (SELECT 1 FROM registration r JOIN registration_owner ro ON ro.registration = r.id
                                          WHERE r.id_key = v.id_key AND ro.account = ?1))
             ORDER BY v.number DESC LIMIT ?3"
        ))?;
        Ok(query.query_map((owner, before, limit, Moment(now)), kept)?.collect::<Result<_, _>>()?)
    }

    /// How many pushes a stage let in although the rule refuses them, by the packages' owners as they are now.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn not_enforced_by_owner(&self, now: OffsetDateTime) -> Result<Vec<NotEnforced>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT a.name, count(*) AS pushes, count(DISTINCT v.id_key) AS packages
             FROM verdict v JOIN registration r ON r.id_key = v.id_key
               JOIN registration_owner ro ON ro.registration = r.id JOIN account a ON a.id = ro.account
             WHERE v.outcome = 'not-enforced' AND v.kind <> 'dry-run' AND v.expires_at > ?1
             GROUP BY a.id ORDER BY pushes DESC, a.name_key",
        )?;
        let counts = query.query_map([Moment(now)], |row| {
            Ok(NotEnforced { owner: row.get("name")?, pushes: row.get("pushes")?, packages: row.get("packages")? })
        })?;
        Ok(counts.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Keeps a verdict, and makes room: the oldest go, of this pusher first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_verdict(&mut self, new: &NewVerdict<'_>, room: Room) -> Result<VerdictNumber, Error> {
        let packed = packed(new.certificates);
        self.0.0.execute(
            "INSERT INTO verdict (at, expires_at, kind, outcome, stage, pusher, owner, package_id, id_key, version, explained, certificates, reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            rusqlite::params![
                Moment(new.at),
                Moment(new.expires_at),
                new.kind,
                new.explained.outcome,
                new.explained.stage.to_string(),
                new.pusher,
                new.owner,
                new.id.map(PackageId::as_str),
                new.id.map(PackageId::key),
                new.explained.package.as_ref().map(|package| package.version.as_str()),
                new.json,
                (!packed.is_empty()).then_some(packed),
                new.explained.failed.first().map_or("", |failed| failed.message.as_str()),
            ],
        )?;
        let number = VerdictNumber(self.0.0.last_insert_rowid());
        let of_pusher = "DELETE FROM verdict WHERE number IN (SELECT number FROM verdict WHERE pusher = ?1";
        let beyond = "ORDER BY number DESC LIMIT -1 OFFSET";
        self.0.0.execute(&format!("{of_pusher} AND NOT {LET_IN} {beyond} ?2)"), (new.pusher, room.of_pusher))?;
        self.0
            .0
            .execute(&format!("{of_pusher} AND {LET_IN} {beyond} ?2)"), (new.pusher, room.not_enforced_of_pusher))?;
        self.0.0.execute(
            &format!("DELETE FROM verdict WHERE number IN (SELECT number FROM verdict {beyond} ?1)"),
            [room.of_all],
        )?;
        Ok(number)
    }

    /// Forgets what has had its time at `now`. How many.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sweep_verdicts(&mut self, now: OffsetDateTime) -> Result<usize, Error> {
        Ok(self.0.0.execute("DELETE FROM verdict WHERE expires_at <= ?1", [Moment(now)])?)
    }
}

/// Certificates one after the other, each behind its length.
fn packed(certificates: &[&[u8]]) -> Vec<u8> {
    let mut packed = Vec::new();
    for certificate in certificates {
        let Ok(length) = u32::try_from(certificate.len()) else { continue };
        packed.extend(length.to_be_bytes());
        packed.extend(*certificate);
    }
    packed
}

/// The way back; `None` for what was not packed here.
fn unpacked(mut packed: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut certificates = Vec::new();
    while !packed.is_empty() {
        let (length, rest) = packed.split_first_chunk::<4>()?;
        let (certificate, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        certificates.push(certificate.to_vec());
        packed = rest;
    }
    Some(certificates)
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::domain::account::AccountKind;
    use crate::domain::policy::Enforcement;
    use crate::domain::verdict::{CanChange, PackageNamed, SignatureKind};
    use crate::store::Store;

    const NOW: OffsetDateTime = datetime!(2026-11-28 16:20 UTC);
    const ROOM: Room = Room { of_pusher: 3, not_enforced_of_pusher: 2, of_all: 7 };

    fn explained(outcome: Outcome, version: &str) -> Explained {
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

        fn of(&self, pusher: Option<AccountId>) -> Vec<String> {
            let kept = self.store.read(|r| r.verdicts(pusher, None, 100, NOW)).unwrap();
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
        assert_eq!(house.store.write(|w| w.sweep_verdicts(later - Duration::SECOND)).unwrap(), 0);
        assert_eq!(house.store.write(|w| w.sweep_verdicts(later)).unwrap(), 1);
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
        let let_in = house.store.read(|r| r.not_enforced(None, None, 10, NOW)).unwrap();
        assert_eq!(let_in.len(), 2, "what was only tried is not counted");
    }

    #[test]
    fn all_together_have_a_bound() {
        let house = House::new();
        for version in ["1.0.0", "1.1.0", "1.2.0"] {
            house.refuse(house.ann, version);
            house.refuse(house.bob, version);
            house.add(house.bob, Outcome::NotEnforced, VerdictKind::Push, version);
        }
        assert_eq!(house.of(None).len(), 7);
    }

    #[test]
    fn what_was_let_in_is_counted_by_the_owners_of_now() {
        let house = House::new();
        house.add(house.ann, Outcome::NotEnforced, VerdictKind::Push, "1.0.0");
        house.add(house.ann, Outcome::NotEnforced, VerdictKind::Upload, "1.1.0");
        let registration =
            house.store.write(|w| w.create_registration(&"contoso.core".parse().unwrap(), house.ann, NOW));
        house.store.write(|w| w.add_owner(registration.unwrap(), house.bob)).unwrap();
        let counts = house.store.read(|r| r.not_enforced_by_owner(NOW)).unwrap();
        let counts: Vec<_> = counts.iter().map(|count| (count.owner.as_str(), count.pushes, count.packages)).collect();
        assert_eq!(counts, [("ann", 2, 1), ("bob", 2, 1)]);
        assert_eq!(house.store.read(|r| r.not_enforced(Some(house.bob), None, 10, NOW)).unwrap().len(), 2);
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
}
