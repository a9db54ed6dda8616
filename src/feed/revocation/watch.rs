//! The thread that asks: woken by a push, by the clock, and by what other processes change.

use std::cell::RefCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::bell::Woken;
use super::check::{Check, Which};
use super::schedule;
use super::{ANSWERS, CERTIFICATES, Stamp};
use crate::app::App;
use crate::domain::allowed_hosts::AllowedHosts;
use crate::feed::jobs::Job;
use crate::feed::{trust, void_signatures};
use crate::store;
use crate::store::audit::By;

/// How often to look whether another process has registered a certificate, trusted a root or allowed a host.
const LOOK: Duration = Duration::from_secs(5);
/// How long a stopping server waits for a request that runs. What it would have learnt is asked for again.
const PATIENCE: Duration = Duration::from_secs(2);

/// The running thread.
pub struct Watch {
    app: Arc<App>,
    thread: JoinHandle<()>,
}

impl Watch {
    /// Starts it.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(app: Arc<App>) -> io::Result<Self> {
        let own = Arc::clone(&app);
        let thread = thread::Builder::new().name("revocation".to_owned()).spawn(move || watch(&own))?;
        Ok(Self { app, thread })
    }

    /// Ends it after what it does now, or leaves it behind when that takes long.
    pub fn stop(self) {
        self.app.bell.stop();
        let until = Instant::now() + PATIENCE;
        while !self.thread.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn watch(app: &App) {
    let mut state = State { rung: true, which: Which::Due, next: OffsetDateTime::UNIX_EPOCH, seen: None, void: None };
    loop {
        // A fault in one round must not end revocation for good without anybody noticing.
        if guarded(|| state.look(app)).is_none() {
            state.next = schedule::after_failure(OffsetDateTime::now_utc(), 1);
        }
        app.jobs.set_next(Job::Revocation, state.next);
        match app.bell.wait(LOOK) {
            Woken::Stopped => return,
            woken => {
                state.rung = woken != Woken::Time;
                state.which = if let Woken::Rung(which) = woken { which } else { Which::Due };
            }
        }
    }
}

/// Makes a round as a run of the job. When the next one is due.
fn round(app: &App, which: &Which) -> Result<OffsetDateTime, store::Error> {
    let run = RefCell::new(app.jobs.begin(Job::Revocation));
    let check = Check {
        store: &app.store,
        config: &app.config,
        outbound: &app.outbound,
        cache: &app.answers,
        clock: &OffsetDateTime::now_utc,
        by: &By::server(),
        stopped: &|| app.bell.is_stopped(),
        progress: &|done, total| run.borrow_mut().progress(done, total),
    };
    let (mut answered, mut silent) = (0usize, Vec::new());
    let next = check.round(which, &mut |asked| match &asked.outcome {
        Ok(_) => answered += 1,
        Err(why) => silent.push(format!("{}: {why}", asked.question.url)),
    });
    let run = run.into_inner();
    match &next {
        Err(error) => run.fail(&error.to_string()),
        Ok(_) if answered == 0 && silent.is_empty() => match which {
            Which::Due => run.succeed_idly("nobody was due to be asked"),
            Which::About(_) | Which::All => {
                run.succeed("there was nobody to ask: no certificate that counts names a list or a responder")
            }
        },
        Ok(_) => run.succeed(&told(answered, &silent)),
    }
    next
}

/// What a round did. An issuer that gives no answer is no failure of the job: it is asked again.
fn told(answered: usize, silent: &[String]) -> String {
    let questions = answered + silent.len();
    let plural = if questions == 1 { "" } else { "s" };
    let asked = format!("asked {questions} question{plural}");
    match silent {
        [] => format!("{asked}, all were answered"),
        [first, further @ ..] => {
            let further = if further.is_empty() { String::new() } else { format!("; and {} more", further.len()) };
            format!("{asked}, {} without an answer: {first}{further}", silent.len())
        }
    }
}

/// What the thread remembers between two looks.
struct State {
    rung: bool,
    which: Which,
    next: OffsetDateTime,
    seen: Option<Inputs>,
    /// By what it was last found out which signatures do not count.
    void: Option<Stamp>,
}

impl State {
    /// Makes a round if there is a reason to.
    fn look(&mut self, app: &App) {
        let now = OffsetDateTime::now_utc();
        let changed = match inputs(app) {
            Ok(found) if self.seen.as_ref() != Some(&found) => {
                self.seen = Some(found);
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::warn!(%error, "it could not be read whether there is more to check about revocation");
                false
            }
        };
        if self.rung || schedule::is_due(self.next, now) || changed {
            self.next = round(app, &self.which).unwrap_or_else(|_| schedule::after_failure(now, 1));
        }
        // What another process imported, and everything after a start, is parsed here and not by the next push.
        if let Err(error) = app.answers.known(&app.store) {
            tracing::warn!(%error, "revocation answers could not be read");
        }
        if let Err(error) = self.refresh_void_signatures(app) {
            tracing::warn!(%error, "it could not be found out which signatures do not count");
        }
    }

    /// Finds out which signatures do not count, at the start and whenever something changed, by whatever process.
    fn refresh_void_signatures(&mut self, app: &App) -> Result<(), store::Error> {
        let stamp = app.store.read(|r| Stamp::read(r, &app.config))?;
        if self.void.as_ref() != Some(&stamp) {
            void_signatures::refresh(&app.store, &app.config, OffsetDateTime::now_utc())?;
            self.void = Some(stamp);
        }
        Ok(())
    }
}

/// Runs `work`. `None` when it panicked, which is logged; locks that it held are taken over as they are.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let outcome = catch_unwind(AssertUnwindSafe(work));
    outcome.inspect_err(|_| tracing::error!("a check of revocation has failed by a fault of this program")).ok()
}

/// What a round depends on, apart from the time: cheap to read, and different when there is more to ask or to settle.
#[derive(PartialEq, Eq)]
struct Inputs {
    trust: Vec<u8>,
    certificates: Vec<u8>,
    /// Other processes import answers. A round that stores some makes one more, which finds nothing to do.
    answers: Vec<u8>,
    hosts: AllowedHosts,
}

fn inputs(app: &App) -> Result<Inputs, store::Error> {
    app.store.read(|r| {
        Ok(Inputs {
            trust: trust::generation(r)?,
            certificates: r.meta(CERTIFICATES)?.unwrap_or_default(),
            answers: r.meta(ANSWERS)?.unwrap_or_default(),
            hosts: app.policy(r.policy()?).revocation_hosts,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Settings};
    use crate::data_folder::DataFolder;
    use crate::feed::certificates::{self, NewRegistration};
    use crate::feed::{accounts, revocation};

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);

    fn golden(path: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/vectors/golden/trust/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn every_change_that_makes_more_to_check_is_seen_though_the_numbers_stay_the_same() {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let config = Config::new(&Settings::default()).unwrap();
        let app = App::open(config, folder, &url::Url::parse("http://feed.example").unwrap(), NOW).unwrap();
        let alice = "alice".parse().unwrap();
        accounts::create(&app.store, &alice, false, None, &crate::feed::authority::Actor::CommandLine, NOW).unwrap();
        app.store.write(|w| w.set_policy("accept_untrusted_roots", "true")).unwrap();
        let mut seen = vec![inputs(&app).unwrap()];
        let mut is_new = |what: &str| {
            let found = inputs(&app).unwrap();
            assert!(!seen.contains(&found), "{what} is not seen");
            seen.push(found);
        };
        let register = |name: &str| {
            let file = golden(&format!("certs/{name}.der"));
            let new = NewRegistration { account: &alice, file: &file, patterns: Vec::new() };
            certificates::register(
                &app.store,
                &app.config,
                &app.answers,
                &new,
                &crate::feed::authority::Actor::CommandLine,
                NOW,
            )
            .unwrap()
        };
        let first = register("leaf-3072").certificate.fingerprint();
        is_new("a registration");
        let (meant, actor) = (certificates::Meant::Whatever, crate::feed::authority::Actor::CommandLine);
        certificates::remove(&app.store, &app.config, &alice, &first, meant, &actor, NOW).unwrap();
        is_new("a removal");
        register("leaf-2048");
        is_new("another registration");
        let anchor = crate::signature::Certificate::from_der(&golden("certs/code-root-a.der")).unwrap();
        let purposes = &[crate::store::trust_anchors::Purpose::Signing];
        let offer = trust::Offer { certificates: &[anchor], purposes, source: "test" };
        trust::add(&app.store, &[offer], &crate::feed::authority::Actor::CommandLine, NOW).unwrap();
        is_new("an anchor");
        let ca = crate::signature::Certificate::from_der(&golden("certs/crl-ca.der")).unwrap();
        app.store.write(|w| crate::feed::revocation::seen::remember_chain(w, &[ca.clone(), ca], NOW)).unwrap();
        is_new("an authority that a package brought");
        // As another process does it, with a cache of its own.
        let list = golden("crl/ca.crl");
        revocation::import_all(
            &app.store,
            &app.config,
            &revocation::Cache::default(),
            &[("ca.crl", &list)],
            &crate::feed::authority::Actor::CommandLine,
            NOW,
        );
        is_new("an import");
    }

    #[test]
    fn a_round_tells_how_many_were_asked_and_who_gave_no_answer() {
        assert_eq!(told(3, &[]), "asked 3 questions, all were answered");
        let silent = ["http://crl.example: timed out".to_owned(), "http://ocsp.example: refused".to_owned()];
        assert_eq!(told(0, &silent[..1]), "asked 1 question, 1 without an answer: http://crl.example: timed out");
        assert!(told(1, &silent).ends_with("timed out; and 1 more"));
    }

    #[test]
    fn a_fault_in_one_round_is_not_the_end_of_all() {
        assert_eq!(guarded(|| 5), Some(5));
        assert_eq!(guarded::<u8>(|| panic!("a fault")), None);
        assert_eq!(guarded(|| 6), Some(6));
    }
}
