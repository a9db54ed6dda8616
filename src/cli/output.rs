//! How commands print: lines for people, or JSON for scripts.

use std::io::{self, Write};

use serde::Serialize;

use super::Failure;

/// The form that was asked for.
pub(super) struct Output {
    /// JSON instead of lines.
    pub json: bool,
}

impl Output {
    /// Prints one thing: as JSON, or as the lines that `lines` makes of it.
    pub fn print<T: Serialize>(&self, thing: &T, lines: impl FnOnce(&T) -> String) -> Result<(), Failure> {
        let text = if self.json { serde_json::to_string(thing)? } else { lines(thing) };
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
            table.extend(rows.iter().map(&cells));
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
