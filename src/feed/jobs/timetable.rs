//! The thread that runs jobs by the clock, one after the other.
//!
//! A job is due when its time has passed since its last run, of whatever server. A fault in one of them is that run's failure,
//! and the thread goes on.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration as StdDuration, Instant};

use time::{Duration, OffsetDateTime};

use super::{Failure, Job, Run, Standing, sweep};
use crate::app::App;
use crate::feed::expiry;

/// What runs by the clock. Whoever adds a job adds it here.
const TIMETABLE: &[Entry] = &[
    Entry { job: Job::Sweep, every: Duration::HOUR, work: sweep::sweep },
    Entry { job: Job::Endings, every: Duration::DAY, work: expiry::run },
];

/// How often to look at the clock.
const LOOK: StdDuration = StdDuration::from_secs(5);
/// How long a stopping server waits for a job that runs.
const PATIENCE: StdDuration = StdDuration::from_secs(5);

/// One job of the timetable.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Which.
    pub job: Job,
    /// How long after its last run it runs again.
    pub every: Duration,
    /// What it does; a sentence about what was done.
    pub work: fn(&App, &mut Run<'_>, OffsetDateTime) -> Result<String, Failure>,
}

/// The running thread.
pub struct Timetable {
    app: Arc<App>,
    thread: JoinHandle<()>,
}

impl Timetable {
    /// Starts it.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(app: Arc<App>) -> io::Result<Self> {
        let own = Arc::clone(&app);
        let thread = thread::Builder::new().name("jobs".to_owned()).spawn(move || keep(&own, TIMETABLE))?;
        Ok(Self { app, thread })
    }

    /// Ends it after the job that runs, or leaves it behind when that takes long.
    pub fn stop(self) {
        self.app.jobs.stop();
        let until = Instant::now() + PATIENCE;
        while !self.thread.is_finished() && Instant::now() < until {
            thread::sleep(StdDuration::from_millis(5));
        }
    }
}

fn keep(app: &App, entries: &[Entry]) {
    loop {
        for entry in entries {
            if app.jobs.is_stopped() {
                return;
            }
            look(app, entry, OffsetDateTime::now_utc());
        }
        app.jobs.wait(LOOK);
    }
}

/// Runs a job if it is due, and notes when it is due again.
fn look(app: &App, entry: &Entry, now: OffsetDateTime) {
    let known = app.jobs.standings().ok().and_then(|all| all.into_iter().find(|standing| standing.job == entry.job));
    if known.as_ref().is_none_or(|known| is_due(known, entry.every, now)) {
        app.jobs.guarded(entry.job, |run| (entry.work)(app, run, now));
        app.jobs.set_next(entry.job, OffsetDateTime::now_utc() + entry.every);
    } else if let Some(at) = known.and_then(|known| ended_at(&known)) {
        app.jobs.set_next(entry.job, at + entry.every);
    }
}

/// A run that was cut off is made again. A time that has not come yet was set by a wrong clock.
fn is_due(known: &Standing, every: Duration, now: OffsetDateTime) -> bool {
    ended_at(known).is_none_or(|at| now - at >= every || at > now)
}

fn ended_at(known: &Standing) -> Option<OffsetDateTime> {
    Some(known.last.as_ref()?.ended.as_ref()?.at)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::config::{Config, Settings};
    use crate::data_folder::DataFolder;
    use crate::store::jobs::{Ended, JobRun};

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);

    fn app() -> (tempfile::TempDir, App) {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let config = Config::new(&Settings::default()).unwrap();
        let app = App::open(config, folder, &url::Url::parse("http://feed.example").unwrap(), NOW).unwrap();
        (parent, app)
    }

    fn standing(ended: Option<OffsetDateTime>) -> Standing {
        let ended = ended.map(|at| Ended { at, succeeded: true, result: String::new() });
        let last = Some(JobRun { name: "sweep".to_owned(), started_at: NOW, ended });
        Standing { job: Job::Sweep, running: None, last, next: None }
    }

    #[test]
    fn a_job_is_due_after_its_time_after_a_crash_and_after_a_wrong_clock() {
        let due = |ended| is_due(&standing(ended), Duration::HOUR, NOW);
        assert!(due(None));
        assert!(due(Some(NOW - Duration::HOUR)));
        assert!(!due(Some(NOW - Duration::minutes(59))));
        assert!(due(Some(NOW + Duration::days(400))));
        assert!(is_due(&Standing { last: None, ..standing(None) }, Duration::HOUR, NOW));
    }

    #[test]
    fn a_job_that_panics_is_shown_as_failed_and_the_next_one_runs() {
        static RUNS: AtomicU32 = AtomicU32::new(0);
        let (_parent, app) = app();
        let broken = Entry { job: Job::Sweep, every: Duration::HOUR, work: |_, _, _| panic!("a fault") };
        let counting = Entry {
            job: Job::Content,
            every: Duration::HOUR,
            work: |app, _, _| {
                RUNS.fetch_add(1, Ordering::Relaxed);
                app.jobs.stop();
                Ok("counted".to_owned())
            },
        };
        keep(&app, &[broken, counting]);
        assert_eq!(RUNS.load(Ordering::Relaxed), 1);
        let standings = app.jobs.standings().unwrap();
        let of = |job| standings.iter().find(|standing| standing.job == job).unwrap();
        assert!(!of(Job::Sweep).last.as_ref().unwrap().ended.as_ref().unwrap().succeeded);
        assert!(of(Job::Sweep).next.is_some());
        assert!(of(Job::Content).last.as_ref().unwrap().ended.as_ref().unwrap().succeeded);
    }
}
