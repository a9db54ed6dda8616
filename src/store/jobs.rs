//! The last run of each background job.

use rusqlite::Row;
use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};

/// A run, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRun {
    /// The job's name.
    pub name: String,
    /// When it began.
    pub started_at: OffsetDateTime,
    /// When and how it ended; `None` while it runs, and when the server ended first.
    pub ended: Option<Ended>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// When.
    pub at: OffsetDateTime,
    /// Whether it did what it is for.
    pub succeeded: bool,
    /// What it did, or why it failed, in a sentence.
    pub result: String,
}

fn job_run(row: &Row<'_>) -> rusqlite::Result<JobRun> {
    let Moment(started_at) = row.get("started_at")?;
    let at: Option<Moment> = row.get("finished_at")?;
    let succeeded: Option<bool> = row.get("succeeded")?;
    let result = row.get("result")?;
    let ended = at.zip(succeeded).map(|(Moment(at), succeeded)| Ended { at, succeeded, result });
    Ok(JobRun { name: row.get("name")?, started_at, ended })
}

impl Reads<'_> {
    /// The last run of each job, by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn job_runs(&self) -> Result<Vec<JobRun>, Error> {
        let mut query = self.0.prepare_cached("SELECT * FROM job ORDER BY name")?;
        Ok(query.query_map([], job_run)?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Puts a run in the place of the job's last one.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn record_job(&mut self, run: &JobRun) -> Result<(), Error> {
        let ended = run.ended.as_ref();
        self.0.0.execute(
            "INSERT OR REPLACE INTO job (name, started_at, finished_at, succeeded, result) VALUES (?1, ?2, ?3, ?4, ?5)",
            (
                &run.name,
                Moment(run.started_at),
                ended.map(|ended| Moment(ended.at)),
                ended.map(|ended| ended.succeeded),
                ended.map_or("", |ended| ended.result.as_str()),
            ),
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn the_last_run_of_each_job_is_kept_whether_it_ended_or_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let began = JobRun { name: "sweep".to_owned(), started_at: OffsetDateTime::UNIX_EPOCH, ended: None };
        let ended = Ended { at: OffsetDateTime::UNIX_EPOCH, succeeded: false, result: "the disk is full".to_owned() };
        for run in [JobRun { ended: Some(ended), ..began.clone() }, began] {
            store.write(|w| w.record_job(&run)).unwrap();
            assert_eq!(store.read(|r| r.job_runs()).unwrap(), [run]);
        }
    }
}
