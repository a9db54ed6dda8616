//! The bytes of packages and of revocation answers, in chunks.
//!
//! Content arrives as *pending* in small transactions, so that a large package never holds the write lock for long, and
//! becomes visible by the one small transaction that publishes its version. What stays pending is swept.

use rusqlite::OptionalExtension;
use time::{Duration, OffsetDateTime};

use super::columns::{Moment, row_number};
use super::{Error, Reads, Store, Writes};

/// The row number of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentId(pub i64);

row_number!(ContentId);

/// Bytes in a chunk; the last one has fewer. Between 256 KiB and 1 MiB, SQLite reads and writes about as fast as files, and
/// a client that reads slowly keeps one chunk in memory.
pub const CHUNK: usize = 256 * 1024;
/// Chunks in one transaction while a package arrives: 4 MB hold the write lock for some tens of milliseconds.
pub const CHUNKS_AT_ONCE: usize = 16;
/// Pages that are given back to the file system in one transaction: as much as one has while a package arrives.
const GIVEN_BACK_AT_ONCE: u32 = 256;
/// Between transactions of a long work, so that others who wait to write are not passed by again and again.
const BREATH: std::time::Duration = std::time::Duration::from_millis(2);
/// For how long the content of an answer may be on its way. Storing ten megabytes takes seconds, and a minute or two on a busy
/// disk; what is older was left behind by a crash.
pub const ANSWER_ON_ITS_WAY: Duration = Duration::hours(1);
/// Chunk rows of one content: more than the largest package needs.
const MAX_CHUNKS: i64 = 65_536;

fn chunk_row(content: ContentId, sequence: u32) -> i64 {
    content.0 * MAX_CHUNKS + i64::from(sequence)
}

impl Reads<'_> {
    /// One chunk, if it is there.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn chunk(&self, content: ContentId, sequence: u32) -> Result<Option<Vec<u8>>, Error> {
        let mut query = self.0.prepare_cached("SELECT bytes FROM content_chunk WHERE id = ?1")?;
        Ok(query.query_row([chunk_row(content, sequence)], |row| row.get("bytes")).optional()?)
    }
}

impl Store {
    /// Drops pending content in transactions as small as those that it arrived in. Content that is not pending stays.
    ///
    /// # Errors
    /// What SQLite says. What is left can be dropped later.
    pub fn discard(&self, content: ContentId) -> Result<(), Error> {
        while self.write(|w| w.drop_some(content))? {
            std::thread::sleep(BREATH);
        }
        Ok(())
    }

    /// Gives pages of the file that hold nothing any more back to the file system, some at a time. The file shrinks with the next
    /// checkpoint.
    ///
    /// # Errors
    /// What SQLite says. What is left is given back another time, or used again.
    pub fn give_back(&self) -> Result<(), Error> {
        let mut before = u64::MAX;
        loop {
            let free = self.give_back_some()?;
            if free == 0 || free >= before {
                return Ok(());
            }
            before = free;
            std::thread::sleep(BREATH);
        }
    }

    /// How many pages still hold nothing.
    fn give_back_some(&self) -> Result<u64, Error> {
        let connection = self.0.writer.get()?;
        let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({GIVEN_BACK_AT_ONCE})"))?;
        // The work is done while its rows, which are empty, are read.
        let mut rows = vacuum.query([])?;
        while rows.next()?.is_some() {}
        Ok(connection.pragma_query_value(None, "freelist_count", |row| row.get(0))?)
    }
}

impl Writes<'_> {
    /// Makes room for `size` bytes that will come.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn begin_content(&mut self, size: u64, now: OffsetDateTime) -> Result<ContentId, Error> {
        self.0.0.execute("INSERT INTO content (pending, size, created_at) VALUES (1, ?1, ?2)", (size, Moment(now)))?;
        Ok(ContentId(self.0.0.last_insert_rowid()))
    }

    /// Makes room for `size` bytes of a revocation answer that will come. Others than the server do that too.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn begin_answer(&mut self, size: u64, now: OffsetDateTime) -> Result<ContentId, Error> {
        let sql = "INSERT INTO content (pending, size, created_at, answer) VALUES (1, ?1, ?2, 1)";
        self.0.0.execute(sql, (size, Moment(now)))?;
        Ok(ContentId(self.0.0.last_insert_rowid()))
    }

    /// Adds a chunk to pending content.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_chunk(&mut self, content: ContentId, sequence: u32, bytes: &[u8]) -> Result<(), Error> {
        let mut insert = self.0.0.prepare_cached("INSERT INTO content_chunk VALUES (?1, ?2)")?;
        insert.execute((chunk_row(content, sequence), bytes))?;
        Ok(())
    }

    /// Makes pending content the content of a version.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is not pending any more: it was swept meanwhile.
    pub fn publish_content(&mut self, content: ContentId) -> Result<(), Error> {
        let changed = self.0.0.execute("UPDATE content SET pending = 0 WHERE id = ?1 AND pending = 1", [content])?;
        if changed == 1 { Ok(()) } else { Err(Error::Conflict("the pending content is gone")) }
    }

    /// Drops some chunks of pending content, as many as one transaction has when they arrive; with the last ones the content
    /// itself. Whether something is left. Content that is not pending stays.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn drop_some(&mut self, content: ContentId) -> Result<bool, Error> {
        let pending = "SELECT 1 FROM content WHERE id = ?1 AND pending = 1";
        if self.0.0.query_row(pending, [content], |_| Ok(())).optional()?.is_none() {
            return Ok(false);
        }
        let (first, end) = (chunk_row(content, 0), chunk_row(ContentId(content.0 + 1), 0));
        let some = "DELETE FROM content_chunk WHERE id IN
            (SELECT id FROM content_chunk WHERE id >= ?1 AND id < ?2 LIMIT ?3)";
        if self.0.0.execute(some, (first, end, CHUNKS_AT_ONCE))? == CHUNKS_AT_ONCE {
            return Ok(true);
        }
        self.0.0.execute("DELETE FROM content WHERE id = ?1", [content])?;
        Ok(false)
    }

    /// The pending content that a crash left behind, for a server that starts at `now`: all of pushes, which only a server
    /// has, and those answers that no other process can be storing any more. A time that is far ahead was set by a wrong clock.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn leftover_contents(&mut self, now: OffsetDateTime) -> Result<Vec<ContentId>, Error> {
        let mut query = self.0.0.prepare_cached(
            "SELECT id FROM content WHERE pending = 1 AND (answer = 0 OR created_at NOT BETWEEN ?1 - ?2 AND ?1 + ?2)",
        )?;
        let left = query.query_map((Moment(now), ANSWER_ON_ITS_WAY.whole_seconds()), |row| row.get("id"))?;
        Ok(left.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn pending_content_can_be_dropped_and_published_content_can_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let now = OffsetDateTime::UNIX_EPOCH;
        let add = |bytes: &[u8]| {
            store.write(|w| {
                let content = w.begin_content(bytes.len() as u64, now)?;
                w.add_chunk(content, 0, bytes)?;
                Ok::<_, Error>(content)
            })
        };
        let (kept, dropped) = (add(b"kept").unwrap(), add(b"dropped").unwrap());
        store.write(|w| w.publish_content(kept)).unwrap();
        store.discard(kept).and_then(|()| store.discard(dropped)).unwrap();
        assert_eq!(store.read(|r| r.chunk(kept, 0)).unwrap().as_deref(), Some(b"kept".as_slice()));
        assert_eq!(store.read(|r| r.chunk(dropped, 0)).unwrap(), None);
        assert!(store.write(|w| w.publish_content(dropped)).is_err());
        assert_eq!(store.write(|w| w.leftover_contents(now)).unwrap(), vec![]);
    }

    #[test]
    fn what_was_dropped_leaves_room_for_others_and_no_hole_in_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("assay.db");
        let store = Store::open(&path).unwrap();
        let now = OffsetDateTime::UNIX_EPOCH;
        let length = || {
            store.checkpoint().unwrap();
            std::fs::metadata(&path).unwrap().len()
        };
        let empty = length();
        let chunks = u32::try_from(CHUNKS_AT_ONCE).unwrap() * 2 + 1;
        let add = || {
            let content = store.write(|w| w.begin_content(1, now)).unwrap();
            let add = |number| store.write(|w| w.add_chunk(content, number, &[7; CHUNK])).unwrap();
            (0..chunks).for_each(add);
            content
        };
        let (gone, stays) = (add(), add());
        assert!(store.write(|w| w.drop_some(gone)).unwrap(), "there is more than one transaction has");
        store.discard(gone).unwrap();
        let whole = length();
        store.give_back().unwrap();
        let chunk = CHUNK as u64;
        assert!(length() < whole - u64::from(chunks - 1) * chunk, "{empty} {whole} {}", length());
        assert!(length() > empty + u64::from(chunks - 1) * chunk);
        assert_eq!(store.read(|r| r.chunk(gone, 0)).unwrap(), None);
        let last = store.read(|r| r.chunk(stays, chunks - 1)).unwrap();
        assert_eq!(last.as_deref(), Some([7; CHUNK].as_slice()), "pages were moved, and nothing was lost");
    }

    #[test]
    fn a_server_that_starts_leaves_alone_what_another_process_is_storing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(400);
        let (push, answer) =
            store.write(|w| Ok::<_, Error>((w.begin_content(1, now)?, w.begin_answer(1, now)?))).unwrap();
        let left = |after: Duration| store.write(|w| w.leftover_contents(now + after)).unwrap();
        assert_eq!(left(Duration::seconds(1)), [push]);
        assert_eq!(left(ANSWER_ON_ITS_WAY), [push]);
        assert_eq!(left(ANSWER_ON_ITS_WAY + Duration::seconds(1)), [push, answer]);
        assert_eq!(left(-Duration::days(300)), [push, answer], "a clock was wrong");
    }
}
