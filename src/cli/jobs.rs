//! `assay jobs`: how the last run of each background job ended.

use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;
use time::OffsetDateTime;
use time::macros::format_description;

use super::{Failure, Output, open_to_read};
use crate::store::jobs::JobRun;

#[derive(Debug, Args)]
pub(super) struct Jobs {}

/// One job, as it is printed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    job: String,
    #[serde(with = "time::serde::rfc3339")]
    started: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    finished: Option<OffsetDateTime>,
    outcome: &'static str,
    result: String,
}

impl Jobs {
    pub fn run(self, data: &Path, output: &Output) -> Result<ExitCode, Failure> {
        let (_, store) = open_to_read(data)?;
        let rows: Vec<Row> = store.read(|r| r.job_runs())?.into_iter().map(row).collect();
        let empty = "no background job has run yet; `assay serve` runs them";
        output.table(&rows, ["JOB", "STARTED", "FINISHED", "OUTCOME", "RESULT"], cells, empty)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn row(run: JobRun) -> Row {
    let (finished, outcome, result) = match run.ended {
        Some(ended) if ended.succeeded => (Some(ended.at), "succeeded", ended.result),
        Some(ended) => (Some(ended.at), "failed", ended.result),
        None => (None, "unfinished", "it runs now, or the server ended before it did".to_owned()),
    };
    Row { job: run.name, started: run.started_at, finished, outcome, result }
}

fn cells(row: &Row) -> [String; 5] {
    let finished = row.finished.map(shown).unwrap_or_default();
    [row.job.clone(), shown(row.started), finished, row.outcome.to_owned(), row.result.clone()]
}

fn shown(at: OffsetDateTime) -> String {
    at.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC")).unwrap_or_default()
}
