//! Who signed what, piece by piece: the list may be long, and no snapshot stays open between two pieces.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Line, SignerCertificates, lines};
use crate::domain::account::AccountId;
use crate::domain::let_in::LetIn;
use crate::feed::csv;
use crate::store::packages::VersionId;
use crate::store::{self, Store};

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

/// A list on its way.
#[derive(Debug)]
pub struct Export {
    owner: Option<AccountId>,
    after: VersionId,
    left: u32,
    begun: bool,
    ended: bool,
    known: SignerCertificates,
}

impl Export {
    /// Nothing is read yet. Whether somebody may have the list was asked before.
    pub(super) fn new(owner: Option<AccountId>) -> Self {
        Self::of_at_most(owner, MAX_EXPORTED)
    }

    pub(super) fn of_at_most(owner: Option<AccountId>, left: u32) -> Self {
        Self { owner, after: VersionId(0), left, begun: false, ended: false, known: SignerCertificates::new() }
    }

    /// The next versions, in the order of their publication; `None` after the last.
    ///
    /// # Errors
    /// What the store says.
    pub fn next_lines(&mut self, store: &Store) -> Result<Option<Vec<Line>>, store::Error> {
        if self.ended {
            return Ok(None);
        }
        let wanted = PIECE.min(self.left);
        let (lines, last) = lines(store, self.owner, self.after, wanted, &mut self.known)?;
        self.after = last.unwrap_or(self.after);
        self.left -= u32::try_from(lines.len()).unwrap_or(wanted).min(self.left);
        self.ended = lines.len() < wanted as usize || self.left == 0;
        Ok(Some(lines))
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
        if self.left == 0 && self.is_cut_off(store)? {
            let text = "cut off: the feed has more versions than an export may have";
            let mut last = [""; COLUMNS.len()];
            last[0] = text;
            piece += &csv::row(last);
        }
        Ok(Some(piece))
    }

    fn is_cut_off(&self, store: &Store) -> Result<bool, store::Error> {
        store.read(|r| Ok(!r.signed_rows(self.owner, self.after, 1)?.is_empty()))
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
