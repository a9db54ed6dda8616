//! Kept verdicts: what was decided about packages that were refused, tried, or let in by a stage although the rule refuses.
//!
//! Whoever may push can make refusals without end, so each account has a share of the rows. A sweep keeps
//! the bound of all of them.

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

impl NewVerdict<'_> {
    /// Whether a stage really let it in: it was not only tried.
    #[must_use]
    pub fn is_let_in(&self) -> bool {
        self.explained.outcome == Outcome::NotEnforced && self.kind != VerdictKind::DryRun
    }
}

/// How many rows there may be.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Refusals and dry runs of one pusher.
    pub of_pusher: u32,
    /// What stages let in, of one pusher.
    pub not_enforced_of_pusher: u32,
    /// Refusals and dry runs of all together, after a sweep.
    pub of_all: u32,
    /// What stages let in, of all together, after a sweep: it is what the page of stages counts, and refusals must not push it out.
    pub not_enforced_of_all: u32,
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

const SELECT: &str =
    "SELECT v.number, v.at, v.expires_at, v.kind, v.pusher, p.name AS pusher_name, v.owner, o.name AS owner_name,
        v.package_id, v.explained
    FROM verdict v JOIN account p ON p.id = v.pusher JOIN account o ON o.id = v.owner";

/// The two classes of verdicts: what was really let in, and the rest. Each has room of its own.
const LET_IN: &str = "(outcome = 'not-enforced' AND kind <> 'dry-run')";
const OTHERS: &str = "NOT (outcome = 'not-enforced' AND kind <> 'dry-run')";

/// Forgets what a pusher has of a class beyond the newest ?2. The index of pushers finds it alone, as this is asked at every
/// refusal and under the write lock.
fn forget_of_pusher(class: &str) -> String {
    format!(
        "DELETE FROM verdict WHERE number IN (
           SELECT number FROM verdict WHERE pusher = ?1 AND {class} ORDER BY number DESC LIMIT -1 OFFSET ?2)"
    )
}

/// What a class has beyond ?1 rows. Those go first of which their pusher has most that are newer: somebody with many keys and
/// organizations pushes out their own. The index of pushers finds it alone: a row of the table has tens of kilobytes.
fn beyond(class: &str) -> String {
    format!(
        "SELECT number FROM (
           SELECT number, row_number() OVER (PARTITION BY pusher ORDER BY number DESC) AS place FROM verdict WHERE {class})
         ORDER BY place, number DESC LIMIT -1 OFFSET ?1"
    )
}

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

    /// The newest `limit` verdicts of one account's pushes and dry runs, or of everybody's.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn verdicts(
        &self,
        pusher: Option<AccountId>,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Vec<KeptVerdict>, Error> {
        // Two statements: with one for both, no index would lead to the few rows of an account.
        let of_pusher = if pusher.is_some() { "v.pusher = ?1" } else { "?1 IS NULL" };
        let mut query = self.0.prepare_cached(&format!(
            "{SELECT} WHERE {of_pusher} AND v.expires_at > ?3 ORDER BY v.number DESC LIMIT ?2"
        ))?;
        Ok(query.query_map((pusher, limit, Moment(now)), kept)?.collect::<Result<_, _>>()?)
    }

    /// The newest `limit` verdicts about packages that an account owns, whoever pushed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn verdicts_about_packages_of(
        &self,
        owner: AccountId,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Vec<KeptVerdict>, Error> {
        // The order of the joins is kept: from the owner's packages into the index of verdicts by package, and to few rows.
        let mut query = self.0.prepare_cached(&format!(
            "{SELECT} WHERE v.number IN (
               SELECT about.number FROM registration_owner ro CROSS JOIN registration r ON r.id = ro.registration
                 CROSS JOIN verdict about ON about.id_key = r.id_key
               WHERE ro.account = ?1 ORDER BY about.number DESC LIMIT ?2)
             AND v.expires_at > ?3 ORDER BY v.number DESC"
        ))?;
        Ok(query.query_map((owner, limit, Moment(now)), kept)?.collect::<Result<_, _>>()?)
    }

    /// What there is more than may be of all, for [`Writes::sweep_verdicts`]. Counting is for a read: nobody's push waits for it.
    /// What is kept in between only makes this err towards keeping.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn verdicts_beyond(&self, room: Room) -> Result<Vec<VerdictNumber>, Error> {
        let mut found = Vec::new();
        for (class, most) in [(LET_IN, room.not_enforced_of_all), (OTHERS, room.of_all)] {
            let mut query = self.0.prepare_cached(&beyond(class))?;
            for number in query.query_map([most], |row| row.get(0))? {
                found.push(number?);
            }
        }
        Ok(found)
    }
}

impl Writes<'_> {
    /// Keeps a verdict, and makes room: the oldest of this pusher go. The bound of all together is kept by
    /// [`sweep_verdicts`](Self::sweep_verdicts): nobody's push waits for what others made.
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
        let (class, room) =
            if new.is_let_in() { (LET_IN, room.not_enforced_of_pusher) } else { (OTHERS, room.of_pusher) };
        self.0.0.prepare_cached(&forget_of_pusher(class))?.execute((new.pusher, room))?;
        Ok(number)
    }

    /// Forgets what has had its time at `now`, and what there was `beyond` the room of all. How many.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sweep_verdicts(&mut self, beyond: &[VerdictNumber], now: OffsetDateTime) -> Result<usize, Error> {
        let mut gone = self.0.0.prepare_cached("DELETE FROM verdict WHERE expires_at <= ?1")?.execute([Moment(now)])?;
        let mut forget = self.0.0.prepare_cached("DELETE FROM verdict WHERE number = ?1")?;
        for number in beyond {
            gone += forget.execute([number])?;
        }
        Ok(gone)
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
pub(super) mod tests;
