//! The thread that sends: it looks every second whether there is something to do, whoever enqueued it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use time::OffsetDateTime;

use super::Desk;
use super::delivery::{Carrier, Delivery, Report};
use crate::app::App;
use crate::config::Mail;
use crate::feed::jobs::{Job, numbered};
use crate::mail::Connection;
use crate::store;
use crate::store::outgoing_mail::MailId;

/// How often to look. Other processes enqueue too, and one small read costs nothing.
const LOOK: Duration = Duration::from_secs(1);
/// The same after something went wrong: a full disk does not need a line in the log every second.
const AFTER_FAILURE: Duration = Duration::from_secs(10);
/// How long a stopping server waits for a mail that is on its way: what was taken and could not be forgotten is sent again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The running thread.
pub struct Postman {
    stopped: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Postman {
    /// Starts it, if mail is configured. A start tries all that waits at once: whoever has just changed the settings wants to see
    /// whether they help.
    ///
    /// # Errors
    /// What the system says.
    pub fn start(app: &Arc<App>) -> io::Result<Option<Self>> {
        let prepared = match app.config.mail {
            Some(_) => app.store.write(|w| w.try_all_mail(OffsetDateTime::now_utc())),
            // Should mail be switched on some day, nobody wants all that was told until then.
            None => app.store.write(|w| w.mail_no_notices()),
        };
        if let Err(error) = prepared {
            tracing::warn!(%error, "waiting mail could not be looked through");
        }
        let Some(mail) = app.config.mail.clone() else { return Ok(None) };
        let stopped = Arc::new(AtomicBool::new(false));
        let (app, ends) = (Arc::clone(app), Arc::clone(&stopped));
        let thread = thread::Builder::new().name("mail".to_owned()).spawn(move || serve(&app, &mail, &ends))?;
        Ok(Some(Self { stopped, thread }))
    }

    /// Ends it after the mail that is on its way, or leaves it behind when that takes long.
    pub fn stop(self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        let until = Instant::now() + PATIENCE;
        while !self.thread.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn serve(app: &App, mail: &Mail, stopped: &AtomicBool) {
    let Some(desk) = Desk::of(app) else {
        let why = "waiting mail is sealed, and the key that opens it is not here; restore `assay.key` and start again";
        return app.jobs.begin(Job::Mail).fail(why);
    };
    let mut taken = Vec::new();
    while !stopped.load(Ordering::Relaxed) {
        let wait = match app.store.read(|r| r.has_mail_to_send(OffsetDateTime::now_utc())) {
            Ok(false) if taken.is_empty() => LOOK,
            Ok(_) => match app.jobs.guarded(Job::Mail, |_| round(app, &desk, mail, stopped, &mut taken)) {
                Some(_) => LOOK,
                None => AFTER_FAILURE,
            },
            Err(error) => {
                tracing::warn!(%error, "it could not be read whether mail waits");
                AFTER_FAILURE
            }
        };
        thread::park_timeout(wait);
    }
}

/// What was done, in a sentence.
fn round(
    app: &App,
    desk: &Desk<'_>,
    mail: &Mail,
    stopped: &AtomicBool,
    taken: &mut Vec<MailId>,
) -> Result<String, String> {
    let connect = || {
        let mut connection = Connection::open(mail, &desk.host)?;
        let carrier: Carrier = Box::new(move |letter| connection.send(letter, OffsetDateTime::now_utc()).map(drop));
        Ok(carrier)
    };
    let delivery = Delivery {
        store: &app.store,
        desk,
        connect: &connect,
        clock: &OffsetDateTime::now_utc,
        stopped: &|| stopped.load(Ordering::Relaxed),
    };
    let said = |error: store::Error| error.to_string();
    let report = delivery.round(taken).map_err(said)?;
    outcome(&report, app.store.read(|r| r.waiting_mail()).map_err(said)?)
}

fn outcome(report: &Report, waiting: u64) -> Result<String, String> {
    let messages = |count| numbered(count, "message");
    let sent = format!("sent {}", messages(report.sent.into()));
    let mut said = vec![sent];
    if report.given_up > 0 {
        said.push(format!("gave up {}", messages(report.given_up.into())));
    }
    if waiting > 0 {
        said.push(format!("{} to be tried again", messages(waiting)));
    }
    match &report.failure {
        None => Ok(said.join(", ")),
        Some(failure) => Err(format!("{failure} ({})", said.join(", "))),
    }
}
