//! Who signed what, piece by piece: the list may be long, and no snapshot stays open between two pieces.

use std::collections::VecDeque;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Line, SignerCertificates, lines};
use crate::domain::account::AccountId;
use crate::domain::let_in::LetIn;
use crate::feed::csv;
use crate::store::packages::VersionId;
use crate::store::version_signatures::SignedRow;
use crate::store::{self, Reads, Store};

/// Most versions of one export: more than a spreadsheet can hold. The file says so if there are more.
pub const MAX_EXPORTED: u32 = 1_000_000;
/// Versions in one piece.
const PIECE: u32 = 500;
/// The names of the columns.
const COLUMNS: [&str; 14] = [
    "package",
    "version",
    "published",
    "pusher",
    "owner_account",
    "certificate_subject",
    "certificate_fingerprint",
    "signed_not_later_than",
    "let_in_by",
    "feed_certificate",
    "feed_timestamp",
    "listed",
    "hidden",
    "signature_void",
];

/// Which versions are still to come.
#[derive(Debug)]
enum Ahead {
    /// All that were published after this one.
    After(VersionId),
    /// Those of packages that an account owns, or signed: they are not looked for yet.
    OfOwner(AccountId),
    /// These.
    These(VecDeque<VersionId>),
}

/// A list on its way.
#[derive(Debug)]
pub struct Export {
    ahead: Ahead,
    left: u32,
    begun: bool,
    /// Whether there are versions that did not come yet.
    more: bool,
    known: SignerCertificates,
}

impl Export {
    /// Of all versions. Nothing is read yet. Whether somebody may have the list was asked before.
    pub(super) fn of_all() -> Self {
        Self::new(Ahead::After(VersionId(0)))
    }

    /// Of those that an account owns now or signed.
    pub(super) fn of(owner: AccountId) -> Self {
        Self::new(Ahead::OfOwner(owner))
    }

    fn new(ahead: Ahead) -> Self {
        Self { ahead, left: MAX_EXPORTED, begun: false, more: true, known: SignerCertificates::new() }
    }

    /// The same with fewer versions.
    #[cfg(test)]
    pub(super) fn at_most(self, left: u32) -> Self {
        Self { left, ..self }
    }

    /// The next versions, in the order of their publication; `None` after the last.
    ///
    /// # Errors
    /// What the store says.
    pub fn next_lines(&mut self, store: &Store) -> Result<Option<Vec<Line>>, store::Error> {
        if self.left == 0 || !self.more {
            return Ok(None);
        }
        store.read(|r| {
            let rows = self.rows(r)?;
            self.left -= u32::try_from(rows.len()).unwrap_or(PIECE).min(self.left);
            lines(r, rows, &mut self.known).map(Some)
        })
    }

    fn rows(&mut self, reads: &Reads<'_>) -> Result<Vec<SignedRow>, store::Error> {
        if let Ahead::OfOwner(owner) = self.ahead {
            // One more than are wanted, so that it is known whether the list was cut off.
            self.ahead = Ahead::These(reads.signed_row_ids(owner, self.left.saturating_add(1))?.into());
        }
        let wanted = PIECE.min(self.left);
        match &mut self.ahead {
            Ahead::After(last) => {
                let rows = reads.signed_rows(*last, wanted)?;
                *last = rows.last().map_or(*last, |row| row.id);
                self.more = !reads.signed_rows(*last, 1)?.is_empty();
                Ok(rows)
            }
            Ahead::These(versions) => {
                let mut rows = Vec::new();
                // Versions may have been removed since they were found.
                while rows.is_empty() && !versions.is_empty() {
                    let piece: Vec<VersionId> = versions.drain(..versions.len().min(wanted as usize)).collect();
                    rows = reads.signed_rows_of(&piece)?;
                }
                self.more = !versions.is_empty();
                Ok(rows)
            }
            Ahead::OfOwner(_) => Ok(Vec::new()),
        }
    }

    /// The next piece of the file; `None` after the last.
    ///
    /// # Errors
    /// What the store says.
    pub fn next(&mut self, store: &Store) -> Result<Option<String>, store::Error> {
        let Some(lines) = self.next_lines(store)? else { return Ok(None) };
        let mut piece = if self.begun { String::new() } else { csv::row(COLUMNS) };
        self.begun = true;
        lines.iter().for_each(|line| piece += &csv::row(cells(line)));
        if self.left == 0 && self.more {
            let text = "cut off: the feed has more versions than an export may have";
            let mut last = [""; COLUMNS.len()];
            last[0] = text;
            piece += &csv::row(last);
        }
        Ok(Some(piece))
    }
}

/// A line as texts, in the order of the columns.
#[must_use]
pub fn cells(line: &Line) -> [String; 14] {
    let at = |at: OffsetDateTime| at.format(&Rfc3339).unwrap_or_default();
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let text = |text: Option<String>| text.unwrap_or_default();
    let let_in = match line.let_in {
        LetIn::Rule => "rule",
        LetIn::Foreign => "other people's package",
        LetIn::Stage => "stage",
    };
    [
        line.package.clone(),
        line.version.clone(),
        at(line.published),
        text(line.pusher.as_ref().map(ToString::to_string)),
        text(line.account.as_ref().map(ToString::to_string)),
        text(line.subject.clone()),
        text(line.fingerprint.map(|fingerprint| fingerprint.to_string())),
        text(line.timestamp.map(at)),
        let_in.to_owned(),
        text(line.feed_certificate.map(|fingerprint| fingerprint.to_string())),
        text(line.feed_timestamp.map(yes)),
        yes(line.listed),
        yes(line.hidden),
        text(line.void.clone()),
    ]
}
