//! What is known about the revocation of each certificate: the last word, from where, and since when.
//!
//! A row is what issuers told. An administrator's mark stands in a table of its own; what is known is the graver of both.

use std::collections::BTreeMap;

use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::{Moment, word};
use super::revocation_marks::Mark;
use super::{Error, Reads, Writes};
use crate::domain::fingerprint::Fingerprint;

/// The word for what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatusWord {
    /// Its issuer says that it is not revoked.
    Good,
    /// Its issuer said that it is revoked.
    Revoked,
    /// Nothing that counts.
    Unknown,
}

word!(StatusWord, StatusWord::Good => "good", StatusWord::Revoked => "revoked", StatusWord::Unknown => "unknown");

/// What is known about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredStatus {
    /// Which certificate.
    pub fingerprint: Fingerprint,
    /// The word.
    pub status: StatusWord,
    /// From when on it is revoked; for revoked ones alone.
    pub revoked_at: Option<OffsetDateTime>,
    /// Whether it is only on hold, which can be lifted.
    pub hold: bool,
    /// Why it is revoked, or why nothing is known.
    pub reason: String,
    /// When the issuer said so.
    pub this_update: Option<OffsetDateTime>,
    /// Until when that counts.
    pub next_update: Option<OffsetDateTime>,
    /// From where it was learnt: a URL or the name of a file.
    pub source: String,
    /// When it was learnt; `None` while nothing is known.
    pub learnt_at: Option<OffsetDateTime>,
    /// When it was last looked at.
    pub checked_at: OffsetDateTime,
}

impl StoredStatus {
    /// Whether it is revoked for good: no later answer changes that.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self.status, StatusWord::Revoked) && !self.hold
    }

    /// Whether signatures are judged by both alike: by since when it is revoked, and whether that is for good.
    #[must_use]
    pub fn judges_as(&self, other: &Self) -> bool {
        (self.revoked_at, self.hold) == (other.revoked_at, other.hold)
    }

    /// What is known when an administrator has marked the certificate as revoked, and issuers told this. A mark makes a hold one
    /// for good, and an earlier date counts; who said so stays the issuer where it says so too.
    #[must_use]
    pub fn with_mark(told: Option<Self>, mark: &Mark) -> Self {
        match told {
            Some(told) if told.is_final() => {
                Self { revoked_at: Some(told.revoked_at.map_or(mark.revoked_at, |at| at.min(mark.revoked_at))), ..told }
            }
            told => Self {
                fingerprint: mark.fingerprint,
                status: StatusWord::Revoked,
                revoked_at: Some(
                    told.as_ref()
                        .and_then(|told| told.revoked_at)
                        .map_or(mark.revoked_at, |at| at.min(mark.revoked_at)),
                ),
                hold: false,
                reason: mark.reason.clone(),
                this_update: Some(mark.marked_at),
                next_update: None,
                source: mark.source(),
                learnt_at: Some(mark.marked_at),
                checked_at: told.map_or(mark.marked_at, |told| told.checked_at),
            },
        }
    }
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredStatus> {
    let moment = |name| Ok::<_, rusqlite::Error>(row.get::<_, Option<Moment>>(name)?.map(|Moment(at)| at));
    let Moment(checked_at) = row.get("checked_at")?;
    Ok(StoredStatus {
        fingerprint: row.get("fingerprint")?,
        status: row.get("status")?,
        revoked_at: moment("revoked_at")?,
        hold: row.get("hold")?,
        reason: row.get("reason")?,
        this_update: moment("this_update")?,
        next_update: moment("next_update")?,
        source: row.get("source")?,
        learnt_at: moment("learnt_at")?,
        checked_at,
    })
}

impl Reads<'_> {
    /// What is known about a certificate; `None` when nobody ever looked.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn revocation_status(&self, certificate: &Fingerprint) -> Result<Option<StoredStatus>, Error> {
        let told = self.told_revocation(certificate)?;
        Ok(match self.revocation_mark(certificate)? {
            Some(mark) => Some(StoredStatus::with_mark(told, &mark)),
            None => told,
        })
    }

    /// What is known about all of them.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn revocation_statuses(&self) -> Result<Vec<StoredStatus>, Error> {
        let mut all: BTreeMap<Fingerprint, StoredStatus> =
            self.told_revocations()?.into_iter().map(|told| (told.fingerprint, told)).collect();
        for mark in self.revocation_marks()? {
            let told = all.remove(&mark.fingerprint);
            all.insert(mark.fingerprint, StoredStatus::with_mark(told, &mark));
        }
        Ok(all.into_values().collect())
    }

    /// What issuers told about a certificate.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn told_revocation(&self, certificate: &Fingerprint) -> Result<Option<StoredStatus>, Error> {
        let mut query = self.0.prepare_cached("SELECT * FROM revocation_status WHERE fingerprint = ?1")?;
        Ok(query.query_row([certificate], stored).optional()?)
    }

    /// What issuers told about all of them.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn told_revocations(&self) -> Result<Vec<StoredStatus>, Error> {
        let mut query = self.0.prepare_cached("SELECT * FROM revocation_status ORDER BY fingerprint")?;
        Ok(query.query_map([], stored)?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Stores what issuers told about a certificate. `true` when signatures are judged otherwise by it than by what they told
    /// before: it is revoked or no longer so, since another time, or for good.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_revocation_status(&mut self, status: &StoredStatus) -> Result<bool, Error> {
        let before = self.told_revocation(&status.fingerprint)?;
        let alike = before.map_or(status.revoked_at.is_none(), |before| before.judges_as(status));
        self.0.0.execute(
            "INSERT OR REPLACE INTO revocation_status (fingerprint, status, revoked_at, hold, reason, this_update, next_update,
               source, learnt_at, checked_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            (
                status.fingerprint,
                status.status,
                status.revoked_at.map(Moment),
                status.hold,
                &status.reason,
                status.this_update.map(Moment),
                status.next_update.map(Moment),
                &status.source,
                status.learnt_at.map(Moment),
                Moment(status.checked_at),
            ),
        )?;
        Ok(!alike)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_status_is_kept_as_it_is_and_replaced_by_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let now = OffsetDateTime::UNIX_EPOCH;
        let unknown = StoredStatus {
            fingerprint: Fingerprint::of(b"one"),
            status: StatusWord::Unknown,
            revoked_at: None,
            hold: false,
            reason: "no answer".to_owned(),
            this_update: None,
            next_update: None,
            source: String::new(),
            learnt_at: None,
            checked_at: now,
        };
        let revoked = StoredStatus {
            status: StatusWord::Revoked,
            revoked_at: Some(now),
            learnt_at: Some(now),
            ..unknown.clone()
        };
        let on_hold = StoredStatus { hold: true, ..revoked.clone() };
        let earlier =
            StoredStatus { revoked_at: Some(now - time::Duration::DAY), reason: "a day".to_owned(), ..revoked.clone() };
        let looked_at = StoredStatus { checked_at: now + time::Duration::DAY, ..earlier.clone() };
        let all = [
            (&unknown, false),
            (&on_hold, true),
            (&earlier, true),
            (&looked_at, false),
            (&unknown, true),
            (&revoked, true),
        ];
        for (status, otherwise) in all {
            assert_eq!(store.write(|w| w.set_revocation_status(status)).unwrap(), otherwise, "{status:?}");
            assert_eq!(store.read(|r| r.revocation_status(&status.fingerprint)).unwrap().as_ref(), Some(status));
        }
        assert_eq!(store.read(|r| r.revocation_statuses()).unwrap(), std::slice::from_ref(&revoked));
        assert!(revoked.is_final() && !StoredStatus { hold: true, ..revoked }.is_final() && !unknown.is_final());
    }

    #[test]
    fn a_mark_is_graver_than_a_hold_and_leaves_what_issuers_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let now = OffsetDateTime::UNIX_EPOCH + time::Duration::days(9);
        let day = |day| OffsetDateTime::UNIX_EPOCH + time::Duration::days(day);
        let fingerprint = Fingerprint::of(b"one");
        let told = |status, revoked_at, hold| StoredStatus {
            fingerprint,
            status,
            revoked_at,
            hold,
            reason: "told".to_owned(),
            this_update: Some(now),
            next_update: None,
            source: "http://ca.example/ca.crl".to_owned(),
            learnt_at: Some(now),
            checked_at: now,
        };
        let mark = Mark {
            fingerprint,
            revoked_at: day(5),
            reason: "stolen".to_owned(),
            marked_by: "ann".to_owned(),
            marked_at: now,
        };
        store.write(|w| w.set_revocation_mark(&mark)).unwrap();
        let known = || store.read(|r| r.revocation_status(&fingerprint)).unwrap().unwrap();
        assert_eq!((known().revoked_at, known().hold, known().source.as_str()), (Some(day(5)), false, "marked by ann"));
        let cases = [
            (told(StatusWord::Good, None, false), day(5), "marked by ann"),
            (told(StatusWord::Revoked, Some(day(2)), true), day(2), "marked by ann"),
            (told(StatusWord::Revoked, Some(day(7)), false), day(5), "http://ca.example/ca.crl"),
            (told(StatusWord::Revoked, Some(day(2)), false), day(2), "http://ca.example/ca.crl"),
        ];
        for (told, since, source) in cases {
            store.write(|w| w.set_revocation_status(&told)).unwrap();
            let known = known();
            assert_eq!((known.revoked_at, known.hold, known.source.as_str()), (Some(since), false, source), "{told:?}");
            assert_eq!(store.read(|r| r.revocation_statuses()).unwrap(), [known]);
            assert_eq!(store.read(|r| r.told_revocation(&fingerprint)).unwrap(), Some(told));
        }
        assert!(store.write(|w| w.drop_revocation_mark(&fingerprint)).unwrap());
        assert!(!store.write(|w| w.drop_revocation_mark(&fingerprint)).unwrap());
        assert_eq!(known().revoked_at, Some(day(2)));
    }
}
