//! The one SQLite file: accounts, keys, certificates, packages and their content.
//!
//! This is the only module that names rusqlite. [`Store::read`] runs a closure on one consistent snapshot,
//! [`Store::write`] runs one in the write transaction and commits if it returns `Ok`. A read can't write: its connection
//! is opened read-only. Nothing here knows HTTP, archives or signatures, and nothing here decides: it loads facts and
//! stores decisions.

pub mod account_facts;
pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod certificate_uses;
pub mod certificates;
mod columns;
pub mod content;
pub mod documents;
pub mod downloads;
pub mod email_addresses;
pub mod endings;
pub mod invitations;
pub mod jobs;
pub mod leaves;
pub mod listed_certificates;
pub mod meta;
pub mod notices;
pub mod one_time_links;
pub mod open;
pub mod outgoing_mail;
pub mod overview;
pub mod owned_packages;
pub mod package_files;
pub mod packages;
#[cfg(test)]
mod plan_tests;
pub mod pushed_packages;
#[cfg(test)]
mod query_plan;
pub mod registrations;
pub mod repository_certificates;
pub mod reserved_prefixes;
pub mod revocation_answers;
pub mod revocation_marks;
pub mod revocation_statuses;
pub mod search;
pub mod second_factors;
pub mod seen_certificates;
pub mod sessions;
pub mod signed_by;
pub mod signed_versions;
pub mod stages;
pub mod trust_anchors;
pub mod unknown_roots;
pub mod verdicts;
pub mod version_signatures;
pub mod void_signatures;
pub mod withdrawals;

use std::io;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{Transaction, TransactionBehavior};
use thiserror::Error;

/// What can go wrong with the file. Only [`Error::Full`] is the operator's to mend while the server runs.
#[derive(Debug, Error)]
pub enum Error {
    /// The disk has no room. The transaction was rolled back: the old state is kept.
    #[error("the disk is full")]
    Full(#[source] rusqlite::Error),
    /// Another process held the write lock for too long.
    #[error("the database is busy")]
    Busy(#[source] rusqlite::Error),
    /// SQLite refused or failed.
    #[error("database: {0}")]
    Sqlite(#[source] rusqlite::Error),
    /// The file can't be made or opened.
    #[error("`{path}`: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// No connection became free in time.
    #[error("database: no connection became free: {0}")]
    Pool(#[from] r2d2::Error),
    /// A row holds what our types refuse: another program wrote to the file.
    #[error("database: `{0}` holds a value that is not allowed there")]
    Corrupt(&'static str),
    /// A newer program made the file.
    #[error(
        "the database has schema {found}, this program knows {known}; use the newer program, or a backup from before"
    )]
    Newer {
        /// The file's `user_version`.
        found: i64,
        /// How many migrations this program has.
        known: i64,
    },
    /// An older program made the file, and may be running on it.
    #[error(
        "the database has schema {found}, this program has {known}; stop a server of the older program, and run `assay serve` of this one, which brings the database up to date"
    )]
    Older {
        /// The file's `user_version`.
        found: i64,
        /// How many migrations this program has.
        known: i64,
    },
    /// The file is not ours.
    #[error("`{0}` is not an Assay database")]
    Foreign(String),
    /// A row that must be new is there already.
    #[error("{0}")]
    Conflict(&'static str),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ffi::{ErrorCode, SQLITE_IOERR_WRITE};
        match &error {
            // A quota or a limit on file sizes shows as a failed write, not as SQLITE_FULL.
            rusqlite::Error::SqliteFailure(failure, _)
                if failure.code == ErrorCode::DiskFull || failure.extended_code == SQLITE_IOERR_WRITE =>
            {
                Self::Full(error)
            }
            rusqlite::Error::SqliteFailure(failure, _)
                if matches!(failure.code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) =>
            {
                Self::Busy(error)
            }
            _ => Self::Sqlite(error),
        }
    }
}

/// The open file: one writer, several readers.
#[derive(Debug, Clone)]
pub struct Store(open::Pools);

/// One consistent snapshot. Queries are methods of this type, spread over the files of this folder.
pub struct Reads<'c>(Transaction<'c>);

/// The write transaction. It can do what [`Reads`] can, and change rows.
pub struct Writes<'c>(Reads<'c>);

impl Writes<'_> {
    /// Does something that the rest of the transaction does not hang on: when it fails, nothing of it stays, and the rest goes
    /// on. A failure that ends the whole transaction, like a full disk, ends the rest too: the commit fails then, so this comes
    /// last in a transaction.
    ///
    /// # Errors
    /// What `op` returns.
    pub fn attempt<T, E: From<Error>>(&mut self, op: impl FnOnce(&mut Self) -> Result<T, E>) -> Result<T, E> {
        let run = |w: &Self, sql: &str| w.0.0.execute_batch(sql).map_err(Error::from);
        run(self, "SAVEPOINT attempt")?;
        let result = op(self);
        match &result {
            Ok(_) => run(self, "RELEASE attempt")?,
            // Where the transaction is gone there is nothing to go back to, and the failure of `op` says why.
            Err(_) => _ = run(self, "ROLLBACK TO attempt; RELEASE attempt"),
        }
        result
    }
}

impl<'c> Deref for Writes<'c> {
    type Target = Reads<'c>;

    fn deref(&self) -> &Reads<'c> {
        &self.0
    }
}

impl Store {
    /// Opens the file at `path`, or makes it, and brings its schema up to date.
    ///
    /// # Errors
    /// [`Error::Newer`], [`Error::Foreign`], or what SQLite says.
    pub fn open(path: &Path) -> Result<Self, Error> {
        open::bring_up_to_date(path)?;
        Ok(Self(open::pools(path)?))
    }

    /// Opens the file at `path` for a command that only reads, without changing its schema: an older server may be running on
    /// it. Where there is no file yet, nobody runs, and it is made.
    ///
    /// # Errors
    /// [`Error::Older`], or as [`open`](Self::open).
    pub fn open_to_read(path: &Path) -> Result<Self, Error> {
        if !path.exists() {
            return Self::open(path);
        }
        open::expect_up_to_date(path)?;
        Ok(Self(open::pools(path)?))
    }

    /// Runs `op` on one snapshot.
    ///
    /// # Errors
    /// What `op` returns, or a failure to begin.
    pub fn read<T, E: From<Error>>(&self, op: impl FnOnce(&Reads<'_>) -> Result<T, E>) -> Result<T, E> {
        on_snapshot(&self.0.readers, op)
    }

    /// The same for what takes microseconds: a row or a document by its key. It has readers of its own, so that it does not wait
    /// for reads that take long, and a worker of the web server may call it.
    ///
    /// # Errors
    /// What `op` returns, or a failure to begin.
    pub fn look_up<T, E: From<Error>>(&self, op: impl FnOnce(&Reads<'_>) -> Result<T, E>) -> Result<T, E> {
        on_snapshot(&self.0.look_ups, op)
    }

    /// Runs `op` in the write transaction, and commits if it returns `Ok`. Writers queue.
    ///
    /// # Errors
    /// What `op` returns, or a failure to begin or to commit: nothing was changed then.
    pub fn write<T, E: From<Error>>(&self, op: impl FnOnce(&mut Writes<'_>) -> Result<T, E>) -> Result<T, E> {
        let mut connection = self.0.writer.get().map_err(Error::from)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(Error::from)?;
        let mut writes = Writes(Reads(transaction));
        let result = op(&mut writes)?;
        writes.0.0.commit().map_err(Error::from)?;
        Ok(result)
    }

    /// Moves what the write-ahead log holds into the file, so that the file alone is a whole copy.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn checkpoint(&self) -> Result<(), Error> {
        let connection = self.0.writer.get()?;
        Ok(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    /// A number that changes when another process, or another connection of this one, has changed the file. Comparable
    /// only with answers of the same [`Watch`].
    ///
    /// # Errors
    /// When no connection can be had.
    pub fn watch(&self) -> Result<Watch, Error> {
        Ok(Watch(self.0.readers.get()?))
    }
}

fn on_snapshot<T, E: From<Error>>(
    readers: &Pool<SqliteConnectionManager>,
    op: impl FnOnce(&Reads<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let mut connection = readers.get().map_err(Error::from)?;
    let transaction = connection.transaction().map_err(Error::from)?;
    op(&Reads(transaction))
}

/// Watches the file for changes on a connection of its own.
pub struct Watch(r2d2::PooledConnection<SqliteConnectionManager>);

impl Watch {
    /// SQLite's `data_version`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn data_version(&self) -> Result<i64, Error> {
        Ok(self.0.query_row("PRAGMA data_version", [], |row| row.get(0))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_fails_changes_nothing_and_a_read_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let failed: Result<(), Error> = store.write(|w| {
            w.set_meta("colour", b"red")?;
            Err(Error::Conflict("no"))
        });
        assert!(failed.is_err());
        assert_eq!(store.read(|r| r.meta("colour")).unwrap(), None);
        let written =
            store.read(|r| Ok::<_, Error>(r.0.execute("INSERT INTO meta VALUES ('colour', x'00')", []).is_err()));
        assert!(written.unwrap());
    }

    #[test]
    fn sixteen_writers_at_once_queue_and_all_succeed() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        std::thread::scope(|scope| {
            for number in 0..16 {
                let store = &store;
                scope.spawn(move || store.write(|w| w.set_meta(&format!("writer {number}"), b"done")).unwrap());
            }
        });
        let count: i64 =
            store.read(|r| Ok::<_, Error>(r.0.query_row("SELECT count(*) FROM meta", [], |row| row.get(0))?)).unwrap();
        assert_eq!(count, 16);
    }

    #[test]
    fn after_a_checkpoint_the_file_alone_is_a_whole_copy() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        store.write(|w| w.set_meta("colour", b"red")).unwrap();
        store.checkpoint().unwrap();
        std::fs::copy(folder.path().join("assay.db"), folder.path().join("copy.db")).unwrap();
        let copy = Store::open(&folder.path().join("copy.db")).unwrap();
        assert_eq!(copy.read(|r| r.meta("colour")).unwrap().as_deref(), Some(b"red".as_slice()));
    }

    #[test]
    fn a_watch_sees_what_another_connection_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let watch = store.watch().unwrap();
        let before = watch.data_version().unwrap();
        store.write(|w| w.set_meta("colour", b"red")).unwrap();
        assert_ne!(watch.data_version().unwrap(), before);
    }
}
