//! `assay repository-certificate`: the certificates that the feed signs with.

use std::path::Path;
use std::process::ExitCode;

use clap::Subcommand;

use super::timestamping::Timestamping;
use super::{Failure, Output, open_to_read};
use crate::store::repository_certificates::RepositoryCertificate as Row;

#[derive(Debug, Subcommand)]
pub(super) enum RepositoryCertificate {
    /// Show them
    Show,
    /// Manage where timestamps for the feed's signatures come from
    #[command(subcommand)]
    Timestamping(Timestamping),
}

impl RepositoryCertificate {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        if let Self::Timestamping(timestamping) = self {
            return timestamping.run(data, output);
        }
        let (_, store) = open_to_read(data)?;
        let rows = store.read(|r| r.repository_certificates())?;
        let empty = "there are none; `assay serve` makes the first one";
        output.table(&rows, ["SHA-256", "SUBJECT", "UNTIL", "STATE"], cells, empty)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn cells(row: &Row) -> [String; 4] {
    let state = match (row.signs, row.listed) {
        (true, _) => "signs",
        (false, true) => "listed",
        (false, false) => "retired",
    };
    // Upper case, because nuget.config needs it so.
    [
        row.fingerprint.to_string().to_uppercase(),
        row.subject.clone(),
        row.not_after.date().to_string(),
        state.to_owned(),
    ]
}
