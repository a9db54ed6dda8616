//! Opening the file: pragmas, schema, connection pools.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use r2d2::Pool;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use super::Error;

/// "Assy" in ASCII: `PRAGMA application_id`, by which the file is known as ours.
const APPLICATION_ID: i64 = 0x4173_7379;
/// Measured with chunked packages: three times the throughput of SQLite's default of 4096.
const PAGE_SIZE: u32 = 16_384;
/// How much of the file is read through the page cache of the system without a copy.
const MMAP_SIZE: i64 = 1 << 30;
/// The write-ahead log is cut back to this size after a checkpoint.
const JOURNAL_SIZE_LIMIT: i64 = 64 * 1024 * 1024;
/// How long a writer waits for another process, such as a command line beside the server.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a request waits for a reader: when all are taken for longer, it is told to come back.
const READER_WAIT: Duration = Duration::from_secs(2);
/// How long a change waits for the writer.
const WRITER_WAIT: Duration = Duration::from_secs(30);
/// Readers at once. A read takes microseconds, so this is a bound, not a target.
const READERS: u32 = 32;
/// Readers beside them for what a request on a worker looks up: however many searches hold all the others, who asks, and what every
/// restore fetches, is found at once.
const LOOK_UPS: u32 = 16;

/// The schema, step by step. Append only: the number of steps done is `PRAGMA user_version`.
const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001_feed.sql"),
    include_str!("../../migrations/0002_revocation.sql"),
    include_str!("../../migrations/0003_search.sql"),
    include_str!("../../migrations/0004_answers.sql"),
    include_str!("../../migrations/0005_people.sql"),
    include_str!("../../migrations/0006_registration.sql"),
    include_str!("../../migrations/0007_indexes.sql"),
];

/// The connections to one file.
#[derive(Debug, Clone)]
pub(super) struct Pools {
    /// The one that writes.
    pub writer: Pool<SqliteConnectionManager>,
    /// Those that read.
    pub readers: Pool<SqliteConnectionManager>,
    /// Those that read, for look-ups alone.
    pub look_ups: Pool<SqliteConnectionManager>,
}

/// The pools on a file whose schema is up to date.
pub(super) fn pools(path: &Path) -> Result<Pools, Error> {
    let writable = SqliteConnectionManager::file(path)
        .with_flags(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .with_init(|connection| {
            configure(connection)?;
            connection
                .execute_batch(&format!("PRAGMA journal_size_limit = {JOURNAL_SIZE_LIMIT}; PRAGMA synchronous = FULL;"))
        });
    let readable = || {
        SqliteConnectionManager::file(path)
            .with_flags(OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .with_init(configure)
    };
    let pool = |manager, size, idle, wait| {
        Pool::builder()
            .max_size(size)
            .min_idle(Some(idle))
            .test_on_check_out(false)
            .connection_timeout(wait)
            .build(manager)
    };
    Ok(Pools {
        writer: pool(writable, 1, 1, WRITER_WAIT)?,
        readers: pool(readable(), READERS, 2, READER_WAIT)?,
        look_ups: pool(readable(), LOOK_UPS, 2, READER_WAIT)?,
    })
}

fn configure(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(&format!(
        "PRAGMA foreign_keys = ON; PRAGMA mmap_size = {MMAP_SIZE}; PRAGMA cache_size = -8192; PRAGMA trusted_schema = OFF;"
    ))
}

/// Refuses a file whose schema is not that of this program, and changes nothing.
pub(super) fn expect_up_to_date(path: &Path) -> Result<(), Error> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    refuse_foreign(&connection, path)?;
    let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX) {
        known if found > known => Err(Error::Newer { found, known }),
        known if found < known => Err(Error::Older { found, known }),
        _ => Ok(()),
    }
}

/// Makes the file, or brings it up to date, in one transaction.
pub(super) fn bring_up_to_date(path: &Path) -> Result<(), Error> {
    // The folder may be readable by others; what SQLite puts beside the file takes the file's own permissions.
    let made = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
    made.map_err(|source| Error::File { path: path.to_owned(), source })?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    refuse_foreign(&connection, path)?;
    // Both take effect only before the first table.
    connection.execute_batch(&format!("PRAGMA page_size = {PAGE_SIZE}; PRAGMA auto_vacuum = INCREMENTAL;"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(Error::Newer { found, known });
    }
    for step in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
    transaction.commit()?;
    Ok(())
}

/// A file that has tables but not our mark belongs to another program: it must not get ours.
fn refuse_foreign(connection: &Connection, path: &Path) -> Result<(), Error> {
    let foreign = || Error::Foreign(path.display().to_string());
    let mark: i64 = connection.pragma_query_value(None, "application_id", |row| row.get(0)).map_err(|_| foreign())?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(|_| foreign())?;
    if tables > 0 && mark != APPLICATION_ID { Err(foreign()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::let_in::LetIn;
    use crate::store::Store;

    /// The schema of this program.
    fn schema() -> i64 {
        i64::try_from(MIGRATIONS.len()).unwrap()
    }

    #[test]
    fn a_new_file_has_the_page_size_wal_and_incremental_vacuum() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        Store::open(&path).unwrap();
        let connection = Connection::open(&path).unwrap();
        let number = |pragma| connection.pragma_query_value::<i64, _>(None, pragma, |row| row.get(0)).unwrap();
        assert_eq!((number("page_size"), number("auto_vacuum"), number("user_version")), (16_384, 2, schema()));
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap();
        assert_eq!(mode, "wal");
    }

    #[test]
    fn whoever_finds_all_readers_taken_is_told_so_after_two_seconds_and_not_after_a_minute() {
        fn with_taken(store: &Store, readers: u32) -> Result<(), Error> {
            store.read(|r| if readers == 0 { r.meta("colour").map(drop) } else { with_taken(store, readers - 1) })
        }
        fn with_look_up_beside(store: &Store, readers: u32) -> Result<(), Error> {
            if readers == 0 {
                return store.look_up(|r| r.meta("colour").map(drop));
            }
            store.read(|_| with_look_up_beside(store, readers - 1))
        }
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        with_taken(&store, READERS - 1).unwrap();
        assert!(matches!(with_taken(&store, READERS), Err(Error::Pool(_))));
        with_look_up_beside(&store, READERS).expect("a look-up has readers of its own");
        assert!(READER_WAIT < WRITER_WAIT, "a push may wait, a page may not");
    }

    #[test]
    fn nobody_else_can_read_the_file_or_what_lies_beside_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        store.write(|w| w.set_meta("colour", b"red")).unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.file_name());
        }
    }

    #[test]
    fn opening_twice_changes_nothing_and_every_table_is_strict() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        drop(Store::open(&path).unwrap());
        Store::open(&path).unwrap();
        let connection = Connection::open(&path).unwrap();
        let loose: Vec<String> = connection
            .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0")
            .unwrap()
            .query_map([], |row| row.get(0))
            .unwrap()
            .map(Result::unwrap)
            .filter(|name: &String| !name.starts_with("sqlite_"))
            .collect();
        assert_eq!(loose, Vec::<String>::new());
    }

    #[test]
    fn a_file_of_the_first_schema_is_brought_up_to_date_and_keeps_its_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.execute_batch("INSERT INTO meta VALUES ('colour', x'726564')").unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        drop(connection);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.read(|r| r.meta("colour")).unwrap().as_deref(), Some(b"red".as_slice()));
        assert!(store.read(|r| r.revocation_statuses()).unwrap().is_empty());
        assert!(store.read(|r| r.signed_versions()).unwrap().is_empty());
    }

    #[test]
    fn a_version_that_a_key_pushed_before_people_could_upload_keeps_its_pusher_and_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        let connection = Connection::open(&path).unwrap();
        MIGRATIONS.iter().take(5).for_each(|step| connection.execute_batch(step).unwrap());
        let rows = "PRAGMA foreign_keys = ON;
            INSERT INTO account (id, name, name_key, kind, created_at) VALUES (7, 'Ann', 'ann', 'user', 0), (8, 'contoso', 'contoso', 'organization', 0);
            INSERT INTO api_key (id, hash, hint, account, owner, scopes, created_at, expires_at) VALUES (3, zeroblob(32), 'a', 7, 8, 'push', 0, 9);
            INSERT INTO registration (id, package_id, id_key, created_at) VALUES (1, 'Contoso.Core', 'contoso.core', 0);
            INSERT INTO registration_owner VALUES (1, 8);
            INSERT INTO content (id, pending, size, created_at) VALUES (4, 0, 5, 0);
            INSERT INTO version (id, registration, version, version_key, prerelease, semver2, published_at, manifest, nuspec, content, sha512,
              content_hash, pushed_sha512, pushed_size, original, pushed_by)
            VALUES (2, 1, '1.0.0', '1.0.0', 0, 0, 60, '{}', x'3c', 4, zeroblob(64), '', zeroblob(64), 5, x'', 3);
            INSERT INTO package_file VALUES (2, 'readme', 'text/markdown', x'23');
            INSERT INTO audit (at, actor, action, subject, detail) VALUES (60, 'Ann', 'package.push', 'contoso.core 1.0.0', 'unsigned, not enforced: the package must be signed; key 3');";
        connection.execute_batch(rows).unwrap();
        connection.pragma_update(None, "user_version", 5).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        drop(connection);
        let store = Store::open(&path).unwrap();
        let (id, version) = ("Contoso.Core".parse().unwrap(), "1.0.0".parse().unwrap());
        let (registration, found) = store.read(|r| r.version(&id, &version)).unwrap().unwrap();
        assert!(found.listed && found.hidden.is_none());
        let published = store.read(|r| r.published(found.id)).unwrap();
        assert_eq!((published.pusher.0, published.key.map(|key| key.0), published.hidden), (7, Some(3), false));
        assert_eq!(store.read(|r| r.versions(registration)).unwrap().len(), 1);
        let signature = store.read(|r| r.version_signature(found.id)).unwrap();
        assert_eq!((signature.let_in, signature.stamped), (LetIn::Stage, None), "the record of the push says so");
        assert_eq!(store.read(|r| r.download(&id, &version)).unwrap().unwrap().size, 5);
        assert_eq!(store.read(|r| r.nuspec(&id, &version)).unwrap().as_deref(), Some(b"<".as_slice()));
        assert_eq!(store.read(|r| r.file_kinds(found.id)).unwrap(), ["readme"]);
        let connection = Connection::open(&path).unwrap();
        let check = |pragma: &str| {
            let mut rows = connection.prepare(&format!("PRAGMA {pragma}")).unwrap();
            rows.query_map([], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap().count()
        };
        assert_eq!((check("foreign_key_check"), check("foreign_key_list(version)")), (0, 6), "nothing points nowhere");
        let columns = "SELECT count(*) FROM pragma_table_info('version') WHERE name = 'pushed_by'";
        assert_eq!(connection.query_row(columns, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
    }

    #[test]
    fn who_only_reads_leaves_an_older_file_as_it_is_and_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        connection.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        let refused = Store::open_to_read(&path).unwrap_err();
        assert!(matches!(refused, Error::Older { found: 1, .. }) && refused.to_string().contains("assay serve"));
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(version, 1);
        drop((connection, Store::open(&path).unwrap()));
        assert!(Store::open_to_read(&path).unwrap().read(|r| r.seen_certificates()).unwrap().is_empty());
        assert!(Store::open_to_read(&folder.path().join("new.db")).is_ok(), "nobody runs on a file that is not there");
    }

    #[test]
    fn a_newer_file_is_refused_with_both_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        drop(Store::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(Store::open(&path), Err(Error::Newer { found: 99, known }) if known == schema()));
    }

    #[test]
    fn a_file_of_another_program_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        std::fs::write(&path, b"this is a text, and no database at all, however long").unwrap();
        assert!(matches!(Store::open(&path), Err(Error::Foreign(_))));
        std::fs::remove_file(&path).unwrap();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
        assert!(matches!(Store::open(&path), Err(Error::Foreign(_))));
    }
}
