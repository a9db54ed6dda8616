//! Reading the audit log: as a file that other programs read.

mod csv;

use crate::store::audit::{AuditFilter, AuditPlace, AuditRecord};
use crate::store::{self, Store};

/// Most lines of one export: about as many as a spreadsheet can hold and a person wants to wait for. The file says so if
/// there are more.
pub const MAX_EXPORTED: u32 = 100_000;
/// Lines that are read at once, so that neither memory nor a snapshot is held for long.
const BATCH: u32 = 1000;

/// An export on its way: the lines that pass a filter, newest first, as CSV (RFC 4180) with a header line.
#[derive(Debug)]
pub struct Export {
    filter: AuditFilter,
    place: AuditPlace,
    left: u32,
    begun: bool,
    ended: bool,
}

impl Export {
    /// Nothing is read yet.
    #[must_use]
    pub fn new(filter: AuditFilter) -> Self {
        Self::of_at_most(filter, MAX_EXPORTED)
    }

    fn of_at_most(filter: AuditFilter, left: u32) -> Self {
        Self { filter, place: AuditPlace::Newest, left, begun: false, ended: false }
    }

    /// The next piece of the file; `None` after the last.
    ///
    /// # Errors
    /// What the store says.
    pub fn next(&mut self, store: &Store) -> Result<Option<String>, store::Error> {
        if self.ended {
            return Ok(None);
        }
        let mut piece = if self.begun { String::new() } else { csv::header() };
        self.begun = true;
        // One more than may be told, to see whether there is more.
        let wanted = BATCH.min(self.left.saturating_add(1));
        let records = store.read(|r| r.audit_page(&self.filter, self.place, wanted))?;
        for record in &records {
            if self.left == 0 {
                piece += &csv::cut_off();
                self.ended = true;
                return Ok(Some(piece));
            }
            self.left -= 1;
            self.place = AuditPlace::OlderThan(record.id);
            piece += &csv::line(record);
        }
        self.ended = records.len() < wanted as usize;
        Ok(Some(piece))
    }
}

/// One line of the log for people, without its number.
#[must_use]
pub fn cells(record: &AuditRecord) -> [String; 6] {
    [
        csv::moment(record),
        record.actor.clone(),
        record.address.clone(),
        record.action.clone(),
        record.subject.clone(),
        record.detail.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::store::audit::By;

    fn store(lines: u32) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        store
            .write(|w| {
                (0..lines).try_for_each(|line| {
                    let subject = line.to_string();
                    w.audit(OffsetDateTime::UNIX_EPOCH, &By::command_line(), "account.create", &subject, "")
                })
            })
            .unwrap();
        (folder, store)
    }

    fn exported(store: &Store, most: u32) -> Vec<String> {
        let mut export = Export::of_at_most(AuditFilter::default(), most);
        let mut pieces = Vec::new();
        while let Some(piece) = export.next(store).unwrap() {
            pieces.push(piece);
            assert!(pieces.len() < 100, "the export does not end");
        }
        pieces
    }

    #[test]
    fn a_long_log_comes_in_pieces_and_each_line_once() {
        let (_folder, store) = store(2500);
        let pieces = exported(&store, MAX_EXPORTED);
        assert_eq!(pieces.len(), 3);
        let text = pieces.concat();
        let subjects: Vec<u32> =
            text.lines().skip(1).map(|line| line.split("\",\"").nth(5).unwrap().parse().unwrap()).collect();
        assert_eq!(subjects, (0..2500).rev().collect::<Vec<_>>());
    }

    #[test]
    fn an_export_that_reaches_its_limit_says_so_in_its_last_line() {
        let (_folder, store) = store(2001);
        for (most, cut) in [(2000, true), (1999, true), (1000, true), (1, true), (2001, false), (2002, false)] {
            let text = exported(&store, most).concat();
            let last = text.lines().last().unwrap();
            assert_eq!(last.contains("cut off"), cut, "{most}: {last}");
            assert_eq!(text.lines().count(), most.min(2001) as usize + 1 + usize::from(cut), "{most}");
        }
    }

    #[test]
    fn an_empty_log_is_a_header() {
        let (_folder, store) = store(0);
        assert_eq!(exported(&store, MAX_EXPORTED).concat(), csv::header());
    }
}
