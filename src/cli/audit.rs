//! `assay audit`: who changed who may do what.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use super::output::print_pieces;
use super::{Failure, Output, open_to_read};
use crate::feed::audit::{self, Export};
use crate::store::audit::{AuditFilter, AuditPlace};

/// Lines that are shown unless another number is asked for.
const LINES: u32 = 100;

#[derive(Debug, Args)]
pub(super) struct Audit {
    /// Only what this account did; `command line` and `the server` are others. `*` at the end of this and the others stands
    /// for any end
    #[arg(long)]
    actor: Option<String>,
    /// Only this action, such as `key.create` or `account.*`
    #[arg(long)]
    action: Option<String>,
    /// Only what was done to this account, package or setting
    #[arg(long)]
    subject: Option<String>,
    /// Only what was done from this IP address
    #[arg(long)]
    address: Option<String>,
    /// Only from this day on (UTC, `2026-11-28`)
    #[arg(long, value_parser = day, value_name = "DAY")]
    since: Option<Date>,
    /// Only up to this day, with it (UTC)
    #[arg(long, value_parser = day, value_name = "DAY")]
    until: Option<Date>,
    /// At most so many lines, the newest; with `--csv` all unless limited
    #[arg(long, conflicts_with = "csv")]
    lines: Option<u32>,
    /// Print CSV for a spreadsheet
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl Audit {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let (_, store) = open_to_read(data)?;
        let filter = AuditFilter {
            actor: self.actor,
            action: self.action,
            subject: self.subject,
            address: self.address,
            detail: None,
            from: self.since.map(midnight),
            until: self.until.and_then(Date::next_day).map(midnight),
        };
        if self.csv {
            let mut export = Export::new(filter);
            print_pieces(|| export.next(&store))?;
            return Ok(ExitCode::SUCCESS);
        }
        let records = store.read(|r| r.audit_page(&filter, AuditPlace::Newest, self.lines.unwrap_or(LINES)))?;
        output.table(
            &records,
            ["AT", "BY", "FROM", "ACTION", "SUBJECT", "DETAIL"],
            audit::cells,
            "nothing is on record that fits",
        )?;
        Ok(ExitCode::SUCCESS)
    }
}

fn midnight(day: Date) -> OffsetDateTime {
    day.midnight().assume_utc()
}

fn day(text: &str) -> Result<Date, String> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    day.map_err(|_| "a day such as `2026-11-28`".to_owned())
}
