//! Background jobs: what runs, how far it is, and how the last run of each ended.
//!
//! A job that is new needs a variant of [`Job`]. What runs by the clock is an entry of the `timetable`; everything else begins
//! its runs itself:
//!
//! ```ignore
//! let run = app.jobs.begin(Job::Revocation);
//! run.progress(3, 10);
//! run.succeed("asked 10 issuers");
//! ```
//!
//! A run that is dropped without an end, by an early return or a panic, has failed and is shown so.

mod failure;
mod run;
mod sweep;
mod timetable;

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use time::OffsetDateTime;

pub use failure::Failure;
pub use run::Run;
pub use timetable::{Entry, Timetable};

use crate::store::jobs::JobRun;
use crate::store::{self, Store};

/// A background job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Job {
    /// Asking issuers whether certificates are revoked.
    Revocation,
    /// Making the documents of all packages anew.
    Documents,
    /// Removing what unfinished pushes left in the database.
    Content,
    /// Forgetting sessions, links and notices that have ended.
    Sweep,
    /// Telling whose keys and certificates end soon.
    Endings,
    /// Sending mail.
    Mail,
}

impl Job {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 6] =
        [Self::Revocation, Self::Documents, Self::Content, Self::Sweep, Self::Endings, Self::Mail];

    /// Its name: in the database and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Documents => "documents",
            Self::Content => "content",
            Self::Sweep => "sweep",
            Self::Endings => "endings",
            Self::Mail => "mail",
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Revocation => "Check for revoked certificates",
            Self::Documents => "Rewrite what clients read of packages",
            Self::Content => "Clean up after unfinished pushes",
            Self::Sweep => "Forget what has ended",
            Self::Endings => "Warn of what ends soon",
            Self::Mail => "Send mail",
        }
    }

    /// What it does and when, in a sentence.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Revocation => {
                "Asks those who issued the certificates that count here whether one is revoked: after each push, every day, and before an answer runs out. Then finds out which signatures no longer count by it."
            }
            Self::Documents => {
                "Lists of versions and dependencies have the feed’s address in them. They are made anew at a start with another public URL or a newer Assay."
            }
            Self::Content => {
                "Removes from the database what refused and interrupted pushes left there, and removed versions whose bytes could not be deleted at once."
            }
            Self::Sweep => "Deletes sessions and links that have ended, and old notices, every hour.",
            Self::Endings => "Looks every day for API keys and certificates that end soon, and tells their owners.",
            Self::Mail => {
                "Sends mail as soon as some waits, and tries again what was not taken. Without `mail.server` in the settings it sends none."
            }
        }
    }
}

/// What runs now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// Since when.
    pub since: OffsetDateTime,
    /// How much is done, and of how much; `None` while nobody knows.
    pub progress: Option<(u64, u64)>,
}

/// All that is known of one job.
#[derive(Debug, Clone)]
pub struct Standing {
    /// Which.
    pub job: Job,
    /// What runs now.
    pub running: Option<Running>,
    /// The last run that ended, or that a stop of the server has cut off.
    pub last: Option<JobRun>,
    /// When it runs next, if that is known.
    pub next: Option<OffsetDateTime>,
}

/// The jobs of a server.
#[derive(Debug)]
pub struct Jobs {
    store: Store,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: BTreeMap<Job, Running>,
    /// Runs of this server that ended. What the database has is older, or the same.
    last: BTreeMap<Job, JobRun>,
    next: BTreeMap<Job, OffsetDateTime>,
    stopped: bool,
}

impl Jobs {
    /// No job runs.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Begins a run.
    pub fn begin(&self, job: Job) -> Run<'_> {
        Run::begin(self, job)
    }

    /// Runs `work` as a job: what it returns is the result, and a panic is a failure and not the end of the thread.
    pub fn guarded<T, E: std::fmt::Display>(
        &self,
        job: Job,
        work: impl FnOnce(&mut Run<'_>) -> Result<T, E>,
    ) -> Option<T>
    where
        T: AsRef<str>,
    {
        let mut run = self.begin(job);
        match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(&mut run))) {
            Ok(Ok(done)) => {
                run.succeed(done.as_ref());
                Some(done)
            }
            Ok(Err(error)) => {
                run.fail(&error.to_string());
                None
            }
            // The run is dropped without an end, which says so.
            Err(_) => None,
        }
    }

    /// When a job runs next.
    pub fn set_next(&self, job: Job, at: OffsetDateTime) {
        self.lock().next.insert(job, at);
    }

    /// What is known of each job, in the order of [`Job::ALL`].
    ///
    /// # Errors
    /// What the store says.
    pub fn standings(&self) -> Result<Vec<Standing>, store::Error> {
        let stored = self.store.read(|r| r.job_runs())?;
        let state = self.lock();
        let standing = |job: Job| Standing {
            job,
            running: state.running.get(&job).copied(),
            last: state.last.get(&job).cloned().or_else(|| stored_run(&stored, job, state.running.get(&job))),
            next: state.next.get(&job).copied(),
        };
        Ok(Job::ALL.map(standing).into())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the timetable's wait, now and later.
    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Waits for `time`, or until the server stops.
    fn wait(&self, time: Duration) {
        let waited = self.changed.wait_timeout_while(self.lock(), time, |state| !state.stopped);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    fn record(&self, run: &JobRun) {
        if let Err(error) = self.store.write(|w| w.record_job(run)) {
            tracing::warn!(%error, job = run.name, "the run of a job could not be noted");
        }
    }
}

/// The stored run of a job, unless it is the one that runs now.
fn stored_run(stored: &[JobRun], job: Job, running: Option<&Running>) -> Option<JobRun> {
    let run = stored.iter().find(|run| run.name == job.name())?;
    let is_this = |running: &Running| running.since.unix_timestamp() == run.started_at.unix_timestamp();
    let runs_now = run.ended.is_none() && running.is_some_and(is_this);
    (!runs_now).then(|| run.clone())
}

/// `1 key`, `2 keys`, for what a run says.
pub(super) fn numbered(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs() -> (tempfile::TempDir, Jobs) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        (folder, Jobs::new(store))
    }

    fn standing(jobs: &Jobs, job: Job) -> Standing {
        jobs.standings().unwrap().into_iter().find(|standing| standing.job == job).unwrap()
    }

    fn last(jobs: &Jobs, job: Job) -> Option<(bool, String)> {
        standing(jobs, job).last?.ended.map(|ended| (ended.succeeded, ended.result))
    }

    #[test]
    fn a_run_shows_how_far_it_is_and_then_how_it_ended() {
        let (_folder, jobs) = jobs();
        assert!(standing(&jobs, Job::Documents).last.is_none());
        let mut run = jobs.begin(Job::Documents);
        assert_eq!(standing(&jobs, Job::Documents).running.unwrap().progress, None);
        run.progress(3, 10);
        assert_eq!(standing(&jobs, Job::Documents).running.unwrap().progress, Some((3, 10)));
        run.succeed("made 10 packages anew");
        assert!(standing(&jobs, Job::Documents).running.is_none());
        assert_eq!(last(&jobs, Job::Documents), Some((true, "made 10 packages anew".to_owned())));
        jobs.begin(Job::Documents).fail("the disk is full");
        assert_eq!(last(&jobs, Job::Documents), Some((false, "the disk is full".to_owned())));
    }

    #[test]
    fn a_run_that_panics_or_forgets_to_end_is_shown_as_failed() {
        let (_folder, jobs) = jobs();
        let done: Option<String> = jobs.guarded(Job::Sweep, |_| -> Result<String, String> { panic!("a fault") });
        assert!(done.is_none());
        let (succeeded, said) = last(&jobs, Job::Sweep).unwrap();
        assert!(!succeeded && said.contains("fault"), "{said}");
        assert!(standing(&jobs, Job::Sweep).running.is_none());
        drop(jobs.begin(Job::Content));
        assert!(!last(&jobs, Job::Content).unwrap().0);
        jobs.guarded(Job::Sweep, |_| Ok::<_, String>("fine"));
        assert_eq!(last(&jobs, Job::Sweep), Some((true, "fine".to_owned())));
    }

    #[test]
    fn another_server_on_the_file_knows_the_last_runs_and_those_that_were_cut_off() {
        let (_folder, jobs) = jobs();
        jobs.begin(Job::Documents).succeed("made 2 packages anew");
        let cut_off = JobRun { name: "sweep".to_owned(), started_at: OffsetDateTime::UNIX_EPOCH, ended: None };
        jobs.store.write(|w| w.record_job(&cut_off)).unwrap();
        let next = Jobs::new(jobs.store.clone());
        assert_eq!(last(&next, Job::Documents), Some((true, "made 2 packages anew".to_owned())));
        assert_eq!(standing(&next, Job::Sweep).last, Some(cut_off));
    }

    #[test]
    fn a_success_without_news_leaves_what_was_said_before() {
        let (_folder, jobs) = jobs();
        jobs.begin(Job::Revocation).succeed("asked 3 issuers");
        jobs.begin(Job::Revocation).succeed_idly("nothing was due");
        assert_eq!(last(&jobs, Job::Revocation), Some((true, "asked 3 issuers".to_owned())));
        jobs.begin(Job::Revocation).fail("the disk is full");
        jobs.begin(Job::Revocation).succeed_idly("nothing was due");
        assert_eq!(last(&jobs, Job::Revocation), Some((true, "nothing was due".to_owned())));
    }

    #[test]
    fn names_are_known_once() {
        let names: std::collections::BTreeSet<&str> = Job::ALL.iter().map(|job| job.name()).collect();
        assert_eq!(names.len(), Job::ALL.len());
    }

    #[test]
    fn waiting_ends_for_good_when_the_server_stops() {
        let (_folder, jobs) = jobs();
        jobs.wait(Duration::ZERO);
        assert!(!jobs.is_stopped());
        let begun = std::time::Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| jobs.wait(Duration::from_secs(60)));
            jobs.stop();
        });
        jobs.wait(Duration::from_secs(60));
        assert!(jobs.is_stopped() && begun.elapsed() < Duration::from_secs(30));
    }
}
