//! The list of signatures that do not count, for a spreadsheet.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::feed::csv::row;
use crate::store::void_signatures::{VoidFilter, VoidVersion};
use crate::store::{self, Store};

/// Versions in one piece.
const PIECE: u32 = 500;
/// The names of the columns.
const HEAD: &str = "\"package\",\"version\",\"listed\",\"hidden\",\"signer\",\"signed_not_later_than\",\"cause\",\"certificate\",\"since\",\"for_good\",\"found_at\",\"downloads\",\"decision\",\"decided_by\",\"decided_at\",\"why\"\r\n";

/// The list, piece by piece: it may be long, and no snapshot stays open between two pieces.
#[derive(Debug, Clone)]
pub struct Export {
    filter: VoidFilter,
    done: u64,
    ended: bool,
}

impl Export {
    /// An export of what `filter` lets through.
    #[must_use]
    pub const fn new(filter: VoidFilter) -> Self {
        Self { filter, done: 0, ended: false }
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// What the store says.
    pub fn next(&mut self, store: &Store) -> Result<Option<String>, store::Error> {
        if self.ended {
            return Ok(None);
        }
        let versions = store.read(|r| r.void_versions(&self.filter, self.done, PIECE))?;
        let mut text = if self.done == 0 { HEAD.to_owned() } else { String::new() };
        versions.iter().for_each(|version| text.push_str(&line(version)));
        self.done += versions.len() as u64;
        self.ended = versions.len() < PIECE as usize;
        Ok(Some(text))
    }
}

fn line(version: &VoidVersion) -> String {
    let (void, decided) = (&version.void, version.void.decided.as_ref());
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let at = |at: Option<OffsetDateTime>| at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default();
    let cells = [
        version.package_id.to_string(),
        version.version.to_string(),
        yes(version.listed),
        yes(version.hidden),
        version.author.to_string(),
        at(Some(version.signed_by)),
        void.voided.cause.name().to_owned(),
        void.voided.certificate.to_string(),
        at(void.voided.since),
        yes(void.voided.for_good),
        at(Some(void.found_at)),
        version.downloads.to_string(),
        decided.map(|decided| decided.choice.to_string()).unwrap_or_default(),
        decided.map(|decided| decided.by.clone()).unwrap_or_default(),
        at(decided.map(|decided| decided.at)),
        void.voided.why.clone(),
    ];
    row(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_have_names() {
        assert_eq!(HEAD.split(',').count(), 16);
        assert!(HEAD.ends_with("\"why\"\r\n"));
    }
}
