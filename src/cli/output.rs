//! How commands print: lines for people, or JSON for scripts.

use std::io::{self, Write};

use serde::Serialize;
use time::OffsetDateTime;

use super::Failure;
use crate::domain::visible::{visible, visible_json};

/// The form that was asked for.
pub(super) struct Output {
    /// JSON instead of lines.
    pub json: bool,
}

impl Output {
    /// Prints one thing: as JSON, or as the lines that `lines` makes of it.
    pub fn print<T: Serialize>(&self, thing: &T, lines: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        let text = if self.json { visible_json(&serde_json::to_string(thing)?) } else { for_terminal(&lines(thing)) };
        let mut out = io::stdout().lock();
        // A reader that has seen enough (`| head`) is no failure.
        match writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Prints rows as a table with aligned columns, or all of them as one JSON array. `empty` stands for no rows.
    pub fn table<T: Serialize, const N: usize>(
        &self,
        rows: &[T],
        head: [&str; N],
        cells: impl Fn(&T) -> [String; N],
        empty: &str,
    ) -> Result<(), Failure> {
        self.print(&rows, |rows| {
            if rows.is_empty() {
                return empty.to_owned();
            }
            let mut table = vec![head.map(str::to_owned)];
            table.extend(rows.iter().map(|row| cells(row).map(|cell| without_controls(&cell))));
            let width =
                |column: usize| table.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
            let widths: Vec<usize> = (0..N).map(|column| width(column).unwrap_or(0)).collect();
            let line = |row: &[String; N]| {
                let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
                padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
            };
            table.iter().map(line).collect::<Vec<_>>().join("\n")
        })
    }
}

/// A time to the minute, in UTC.
pub(super) fn minute(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!("{} {:02}:{:02} UTC", at.date(), at.hour(), at.minute())
}

/// Prints a file piece by piece until there is none left.
pub(super) fn print_pieces(
    mut next: impl FnMut() -> Result<Option<String>, crate::store::Error>,
) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    while let Some(piece) = next()? {
        match out.write_all(piece.as_bytes()).and_then(|()| out.flush()) {
            // A reader that has seen enough (`| head`) is no failure.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            written => written?,
        }
    }
    Ok(())
}

/// A text of several lines without what could steer a terminal.
pub(super) fn for_terminal(text: &str) -> String {
    text.split('\n').map(without_controls).collect::<Vec<_>>().join("\n")
}

/// A text in which control characters are shown and not sent, line ends too: for what stands in packages and certificates,
/// which could steer a terminal or pretend to be another line.
pub(super) fn without_controls(text: &str) -> String {
    visible(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_certificate_can_not_steer_the_terminal() {
        assert_eq!(without_controls("CN=\u{1b}[2Jaccepted\n"), "CN=\\u{1b}[2Jaccepted\\u{a}");
        assert_eq!(without_controls("CN=evil\u{202e}dexa"), "CN=evil\\u{202e}dexa");
        assert_eq!(without_controls("CN=Åsa, O=名前"), "CN=Åsa, O=名前");
        assert_eq!(for_terminal("one\n\u{1b}[2Jtwo\n"), "one\n\\u{1b}[2Jtwo\n");
    }
}
