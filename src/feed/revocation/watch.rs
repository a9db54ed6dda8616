//! The thread that asks: woken by a push, by the clock, and by what other processes change.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::bell::Woken;
use super::check::{Check, Which};
use super::schedule;
use crate::app::App;
use crate::domain::allowed_hosts::AllowedHosts;
use crate::feed::trust;
use crate::store;

/// How often to look whether another process has registered a certificate, trusted a root or allowed a host.
const LOOK: Duration = Duration::from_secs(5);
/// How long a stopping server waits for a request that runs. What it would have learnt is asked for again.
const PATIENCE: Duration = Duration::from_secs(2);
/// Who revoked a certificate, in the audit log: nobody here.
const ACTOR: &str = "server";

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
    let check = Check {
        store: &app.store,
        config: &app.config,
        outbound: &app.outbound,
        cache: &app.answers,
        clock: &OffsetDateTime::now_utc,
        actor: ACTOR,
        stopped: &|| app.bell.is_stopped(),
    };
    let (mut rung, mut next, mut seen) = (true, OffsetDateTime::UNIX_EPOCH, None);
    loop {
        let now = OffsetDateTime::now_utc();
        let changed = inputs(app).map(Some).unwrap_or_default();
        if rung || schedule::is_due(next, now) || changed != seen {
            seen = changed;
            next = check.round(Which::Due, &mut |_| ()).unwrap_or_else(|error| {
                tracing::warn!(%error, "revocation could not be checked");
                schedule::after_failure(now, 1)
            });
        }
        // What another process imported, and everything after a start, is parsed here and not by the next push.
        if let Err(error) = app.store.read(|r| app.answers.known(r)) {
            tracing::warn!(%error, "revocation answers could not be read");
        }
        match app.bell.wait(LOOK) {
            Woken::Stopped => return,
            woken => rung = woken == Woken::Rung,
        }
    }
}

/// What a round depends on, apart from the time: cheap to read, and different when there is more to ask.
#[derive(PartialEq, Eq)]
struct Inputs {
    trust: Vec<u8>,
    /// Certificates that were seen, and registrations.
    certificates: (u64, u64),
    hosts: AllowedHosts,
}

fn inputs(app: &App) -> Result<Inputs, store::Error> {
    app.store.read(|r| {
        let hosts = app.policy(r.policy()?).revocation_hosts;
        Ok(Inputs { trust: trust::generation(r)?, certificates: r.certificate_counts()?, hosts })
    })
}
