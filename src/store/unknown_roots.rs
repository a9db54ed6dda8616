//! Roots in which refused pushes ended.
//!
//! They came with packages, and whoever may push can make as many as they like. So each account has a share of the rows,
//! and they are pushed out by newer ones.

use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::Moment;
use super::trust_anchors::Purpose;
use super::{Error, Reads, Writes};
use crate::domain::fingerprint::Fingerprint;

/// A root in which a refused push ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRoot {
    /// What it would vouch for.
    pub purpose: Purpose,
    /// SHA-256.
    pub fingerprint: Fingerprint,
    /// The certificate.
    pub der: Vec<u8>,
    /// Its subject, as it names itself.
    pub subject: String,
    /// Until when it is valid.
    pub not_after: OffsetDateTime,
    /// The account that brought it first.
    pub pushed_by: String,
    /// ID and version of the package that this account brought it with last.
    pub package: String,
    /// How many pushes ended in it, by whomever.
    pub pushes: u64,
    /// When the last of them came.
    pub seen_at: OffsetDateTime,
}

/// How many rows there may be.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Of one account.
    pub of_account: u32,
    /// Of all together.
    pub of_all: u32,
}

const COLUMNS: &str = "SELECT purpose, fingerprint, der, subject, not_after, pushed_by, package, pushes, seen_at
    FROM unknown_root";

fn unknown_root(row: &Row<'_>) -> rusqlite::Result<UnknownRoot> {
    let (Moment(not_after), Moment(seen_at)) = (row.get("not_after")?, row.get("seen_at")?);
    Ok(UnknownRoot {
        purpose: row.get("purpose")?,
        fingerprint: row.get("fingerprint")?,
        der: row.get("der")?,
        subject: row.get("subject")?,
        not_after,
        pushed_by: row.get("pushed_by")?,
        package: row.get("package")?,
        pushes: row.get("pushes")?,
        seen_at,
    })
}

impl Reads<'_> {
    /// All of them, newest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unknown_roots(&self) -> Result<Vec<UnknownRoot>, Error> {
        let mut query = self.0.prepare_cached(&format!("{COLUMNS} ORDER BY seen_at DESC, fingerprint, purpose"))?;
        Ok(query.query_map([], unknown_root)?.collect::<Result<_, _>>()?)
    }

    /// One of them.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn unknown_root(&self, purpose: Purpose, fingerprint: &Fingerprint) -> Result<Option<UnknownRoot>, Error> {
        let mut query = self.0.prepare_cached(&format!("{COLUMNS} WHERE purpose = ?1 AND fingerprint = ?2"))?;
        Ok(query.query_row((purpose, fingerprint), unknown_root).optional()?)
    }
}

impl Writes<'_> {
    /// Notes that a push ended in a root, and makes room: the oldest rows go, of this account first. A root stays whoever's it
    /// was: nobody takes over another account's row by pushing with its root, to have it go with their own.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn note_unknown_root(&mut self, root: &UnknownRoot, room: Room) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO unknown_root (purpose, fingerprint, der, subject, not_after, pushed_by, package, pushes, seen_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (purpose, fingerprint) DO UPDATE SET pushes = pushes + excluded.pushes, seen_at = excluded.seen_at,
               package = iif(pushed_by = excluded.pushed_by, excluded.package, package)",
            rusqlite::params![
                root.purpose,
                root.fingerprint,
                root.der,
                root.subject,
                Moment(root.not_after),
                root.pushed_by,
                root.package,
                root.pushes,
                Moment(root.seen_at),
            ],
        )?;
        let beyond = "DELETE FROM unknown_root WHERE (purpose, fingerprint) IN
                      (SELECT purpose, fingerprint FROM unknown_root";
        let oldest = "ORDER BY seen_at DESC, fingerprint, purpose LIMIT -1 OFFSET";
        self.0.0.execute(&format!("{beyond} WHERE pushed_by = ?1 {oldest} ?2)"), (&root.pushed_by, room.of_account))?;
        self.0.0.execute(&format!("{beyond} {oldest} ?1)"), [room.of_all])?;
        Ok(())
    }

    /// Forgets a root. Whether it was there.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn forget_unknown_root(&mut self, purpose: Purpose, fingerprint: &Fingerprint) -> Result<bool, Error> {
        let sql = "DELETE FROM unknown_root WHERE purpose = ?1 AND fingerprint = ?2";
        Ok(self.0.0.execute(sql, (purpose, fingerprint))? > 0)
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;
    use crate::store::Store;

    const ROOM: Room = Room { of_account: 3, of_all: 5 };

    fn root(name: &str, by: &str, second: i64) -> UnknownRoot {
        UnknownRoot {
            purpose: Purpose::Signing,
            fingerprint: Fingerprint::of(name.as_bytes()),
            der: name.as_bytes().to_vec(),
            subject: name.to_owned(),
            not_after: OffsetDateTime::UNIX_EPOCH,
            pushed_by: by.to_owned(),
            package: format!("{name} 1.0.0"),
            pushes: 1,
            seen_at: OffsetDateTime::UNIX_EPOCH + Duration::seconds(second),
        }
    }

    fn after(pushes: &[(&str, &str)]) -> Vec<(String, String, u64)> {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        for (second, (name, by)) in (0..).zip(pushes) {
            store.write(|w| w.note_unknown_root(&root(name, by, second), ROOM)).unwrap();
        }
        let roots = store.read(|r| r.unknown_roots()).unwrap();
        roots.into_iter().map(|root| (root.subject, root.pushed_by, root.pushes)).collect()
    }

    fn names(pushes: &[(&str, &str)]) -> Vec<String> {
        after(pushes).into_iter().map(|(name, ..)| name).collect()
    }

    #[test]
    fn a_root_has_one_row_however_often_it_comes_and_stays_with_whoever_brought_it_first() {
        let roots = after(&[("r", "ann"), ("s", "ann"), ("r", "ann"), ("r", "mallory")]);
        assert_eq!(roots, [("r".to_owned(), "ann".to_owned(), 3), ("s".to_owned(), "ann".to_owned(), 1)]);
    }

    #[test]
    fn the_newest_win_and_nobody_pushes_out_more_than_their_own_share() {
        let flood = [("a", "ann"), ("m1", "mallory"), ("m2", "mallory"), ("m3", "mallory"), ("m4", "mallory")];
        assert_eq!(names(&flood), ["m4", "m3", "m2", "a"]);
        let taken_over = [&[("a", "ann"), ("a", "mallory")], &flood[1..]].concat();
        assert_eq!(names(&taken_over), ["m4", "m3", "m2", "a"]);
        let many = [("a1", "ann"), ("a2", "ann"), ("b1", "bob"), ("b2", "bob"), ("c1", "cem"), ("c2", "cem")];
        assert_eq!(names(&many), ["c2", "c1", "b2", "b1", "a2"]);
    }

    #[test]
    fn a_root_that_was_looked_at_can_be_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let it = root("r", "ann", 0);
        store.write(|w| w.note_unknown_root(&it, ROOM)).unwrap();
        assert_eq!(store.read(|r| r.unknown_root(it.purpose, &it.fingerprint)).unwrap(), Some(it.clone()));
        assert_eq!(store.read(|r| r.unknown_root(Purpose::Timestamping, &it.fingerprint)).unwrap(), None);
        assert!(store.write(|w| w.forget_unknown_root(it.purpose, &it.fingerprint)).unwrap());
        assert!(!store.write(|w| w.forget_unknown_root(it.purpose, &it.fingerprint)).unwrap());
    }
}
