//! `assay signers`: who signed what.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use time::OffsetDateTime;

use super::output::print_pieces;
use super::{Failure, Output, open_to_read};
use crate::domain::account::AccountName;
use crate::feed::authority::Actor;
use crate::feed::signers::{self, Export, Line, cells};
use crate::store::Store;

#[derive(Debug, Args)]
pub(super) struct Signers {
    /// Only packages that this account owns, and versions that it signed
    #[arg(long, value_name = "NAME")]
    account: Option<AccountName>,
    /// Print CSV for a spreadsheet
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

impl Signers {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let (_, store) = open_to_read(data)?;
        let now = OffsetDateTime::now_utc();
        let mut export = signers::export(&store, self.account.as_ref(), &Actor::CommandLine, now)?;
        if self.csv {
            print_pieces(|| export.next(&store))?;
        } else {
            let head =
                ["PACKAGE", "VERSION", "PUBLISHED", "PUSHER", "SIGNED BY", "CERTIFICATE", "TIMESTAMP", "FEED", "VOID"];
            output.table(&all(&mut export, &store)?, head, row, "there are no versions")?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn all(export: &mut Export, store: &Store) -> Result<Vec<Line>, Failure> {
    let mut all = Vec::new();
    while let Some(lines) = export.next_lines(store)? {
        all.extend(lines);
    }
    Ok(all)
}

/// What fits beside each other on a terminal.
fn row(line: &Line) -> [String; 9] {
    let [package, version, published, pusher, account, subject, fingerprint, timestamp, let_in, feed, ..] = cells(line);
    let short = |digits: &str| digits.chars().take(16).collect::<String>();
    let signed_by = match (account.is_empty(), fingerprint.is_empty()) {
        (false, _) => account,
        (true, true) => "nobody".to_owned(),
        (true, false) => format!("({let_in})"),
    };
    let certificate = if fingerprint.is_empty() { String::new() } else { format!("{} {subject}", short(&fingerprint)) };
    let void = if line.void.is_some() { "void" } else { "" }.to_owned();
    [package, version, published, pusher, signed_by, certificate, timestamp, short(&feed), void]
}
