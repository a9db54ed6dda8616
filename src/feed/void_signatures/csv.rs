//! The list of signatures that do not count, for a spreadsheet.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::feed::csv::row;
use crate::store::void_signatures::{VoidFilter, VoidVersion};
use crate::store::{self, Store};

/// Versions in one piece. Finding each looks through all of them, so there should not be too many pieces.
const PIECE: u32 = 2_000;
/// The names of the columns.
const COLUMNS: [&str; 16] = [
    "package",
    "version",
    "listed",
    "hidden",
    "signer",
    "signed_not_later_than",
    "cause",
    "certificate",
    "since",
    "for_good",
    "found_at",
    "downloads",
    "decision",
    "decided_by",
    "decided_at",
    "why",
];

/// The list, piece by piece: it may be long, and no snapshot stays open between two pieces.
#[derive(Debug, Clone)]
pub struct Export {
    filter: VoidFilter,
    piece: u32,
    begun: bool,
    last: Option<VoidVersion>,
    ended: bool,
}

impl Export {
    /// An export of what `filter` lets through.
    #[must_use]
    pub const fn new(filter: VoidFilter) -> Self {
        Self::in_pieces_of(PIECE, filter)
    }

    const fn in_pieces_of(piece: u32, filter: VoidFilter) -> Self {
        Self { filter, piece, begun: false, last: None, ended: false }
    }

    /// The next piece; `None` after the last.
    ///
    /// # Errors
    /// What the store says.
    pub fn next(&mut self, store: &Store) -> Result<Option<String>, store::Error> {
        if self.ended {
            return Ok(None);
        }
        let versions = store.read(|r| r.void_versions_after(&self.filter, self.last.as_ref(), self.piece))?;
        let mut text = if self.begun { String::new() } else { row(COLUMNS) };
        versions.iter().for_each(|version| text.push_str(&row(cells(version))));
        self.begun = true;
        self.ended = versions.len() < self.piece as usize;
        self.last = versions.into_iter().next_back().or(self.last.take());
        Ok(Some(text))
    }
}

fn cells(version: &VoidVersion) -> [String; COLUMNS.len()] {
    let (void, decided) = (&version.void, version.void.decided.as_ref());
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let at = |at: Option<OffsetDateTime>| at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default();
    [
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
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fingerprint::Fingerprint;
    use crate::domain::void_signature::Cause;
    use crate::feed::test_house::{House, NOW, id};
    use crate::store::Writes;
    use crate::store::packages::VersionId;
    use crate::store::void_signatures::Voided;

    /// Contoso.Core with so many versions whose signature does not count; their rows.
    fn house(versions: u32) -> (House, Vec<VersionId>) {
        let house = House::new();
        house.person("ann");
        house.package("Contoso.Core", &["ann"]);
        (0..versions).for_each(|number| house.version("Contoso.Core", &format!("1.{number}.0"), Some("ann")));
        let (cause, certificate) = (Cause::Signer, Fingerprint::of(b"ann"));
        let voided = Voided { cause, certificate, since: Some(NOW), why: "x".to_owned(), for_good: true };
        let put = |w: &mut Writes<'_>| {
            let package = w.registration(&id("Contoso.Core"))?.unwrap();
            let rows: Vec<VersionId> = w.versions(package.id)?.iter().map(|version| version.id).collect();
            rows.iter().try_for_each(|row| w.set_void_signature(*row, &voided, NOW).map(|_| ()))?;
            Ok::<_, store::Error>(rows)
        };
        let rows = house.app.store.write(put).unwrap();
        (house, rows)
    }

    #[test]
    fn no_version_is_skipped_or_comes_twice_when_others_go_between_two_pieces() {
        let (house, rows) = house(5);
        let mut export = Export::in_pieces_of(2, VoidFilter::default());
        let mut text = export.next(&house.app.store).unwrap().unwrap();
        house.app.store.write(|w| w.drop_void_signature(rows[0])).unwrap();
        while let Some(piece) = export.next(&house.app.store).unwrap() {
            text += &piece;
        }
        let versions: Vec<&str> = text.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()).collect();
        assert_eq!(versions, ["\"1.0.0\"", "\"1.1.0\"", "\"1.2.0\"", "\"1.3.0\"", "\"1.4.0\""]);
    }

    #[test]
    fn the_columns_have_names_also_where_there_is_no_version() {
        let (house, _) = house(0);
        let mut export = Export::new(VoidFilter::default());
        let text = export.next(&house.app.store).unwrap().unwrap();
        assert_eq!(text, row(COLUMNS));
        assert!(export.next(&house.app.store).unwrap().is_none());
    }
}
