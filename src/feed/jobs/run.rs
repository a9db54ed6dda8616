//! One run of a job, from its beginning to whatever end it finds.

use time::{Duration, OffsetDateTime};

use super::{Job, Jobs, Running};
use crate::store::jobs::{Ended, JobRun};

/// A success that has nothing to tell is not written again for so long: some jobs look every few seconds whether there is
/// something to do.
const UNREMARKABLE: Duration = Duration::HOUR;
/// A run that takes longer is written while it runs, so that it is known to have been cut off by a crash.
const LONG_RUN: Duration = Duration::seconds(2);

/// A run of a job. Dropped without an end, it has failed.
#[must_use]
pub struct Run<'a> {
    jobs: &'a Jobs,
    job: Job,
    since: OffsetDateTime,
    noted: bool,
    ended: bool,
}

impl<'a> Run<'a> {
    /// Begins.
    pub(super) fn begin(jobs: &'a Jobs, job: Job) -> Self {
        let since = OffsetDateTime::now_utc();
        jobs.lock().running.insert(job, Running { since, progress: None });
        Self { jobs, job, since, noted: false, ended: false }
    }

    /// `done` of `total` is done.
    pub fn progress(&mut self, done: u64, total: u64) {
        let now = OffsetDateTime::now_utc();
        if let Some(running) = self.jobs.lock().running.get_mut(&self.job) {
            running.progress = Some((done, total));
        }
        if !self.noted && now - self.since > LONG_RUN {
            self.noted = true;
            self.jobs.record(&self.as_row(None));
        }
    }

    /// Whether the server stops: a job that can go on after the next start ends here.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.jobs.is_stopped()
    }

    /// It did what it is for; `result` says what that was.
    pub fn succeed(mut self, result: &str) {
        self.end(true, result, false);
    }

    /// The same when there was nothing to do: written to the database from time to time only.
    pub fn succeed_idly(mut self, result: &str) {
        self.end(true, result, true);
    }

    /// It failed.
    pub fn fail(mut self, why: &str) {
        tracing::warn!(job = self.job.name(), why, "a job has failed");
        self.end(false, why, false);
    }

    fn end(&mut self, succeeded: bool, result: &str, idle: bool) {
        self.ended = true;
        let now = OffsetDateTime::now_utc();
        let run = self.as_row(Some(Ended { at: now, succeeded, result: result.to_owned() }));
        let before = {
            let mut state = self.jobs.lock();
            state.running.remove(&self.job);
            // What a remarkable run said stays to be read until something else is worth saying.
            if idle && state.last.get(&self.job).is_some_and(|last| is_recent_success(last, now)) {
                return;
            }
            state.last.insert(self.job, run.clone())
        };
        drop(before);
        self.jobs.record(&run);
    }

    fn as_row(&self, ended: Option<Ended>) -> JobRun {
        JobRun { name: self.job.name().to_owned(), started_at: self.since, ended }
    }
}

fn is_recent_success(run: &JobRun, now: OffsetDateTime) -> bool {
    run.ended.as_ref().is_some_and(|ended| ended.succeeded && now - ended.at < UNREMARKABLE)
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        if !self.ended {
            tracing::error!(job = self.job.name(), "a job has failed by a fault of this program");
            self.end(false, "it ended by a fault of this program; the log says more", false);
        }
    }
}
