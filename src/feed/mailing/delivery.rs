//! One round of sending: what is due goes out, what is not taken waits longer each time, and what waited too long is given up.

use time::{Duration, OffsetDateTime};

use super::{Desk, unseal};
use crate::mail::{self, Letter};
use crate::store::outgoing_mail::{MailId, WaitingMail};
use crate::store::{self, Store};

/// The wait after the first failure; each further one doubles it.
const FIRST_WAIT: Duration = Duration::MINUTE;
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::hours(6);
/// Mails that are read, and notices that are turned into mail, at a time.
const BATCH: u32 = 50;

/// An open connection: takes one letter after the other.
pub(super) type Carrier = Box<dyn FnMut(&Letter) -> Result<(), mail::Error>>;

/// What one round needs.
pub(super) struct Delivery<'a> {
    pub store: &'a Store,
    pub desk: &'a Desk<'a>,
    /// Connects to the mail server.
    pub connect: &'a dyn Fn() -> Result<Carrier, mail::Error>,
    pub clock: &'a dyn Fn() -> OffsetDateTime,
    /// Whether the server stops.
    pub stopped: &'a dyn Fn() -> bool,
}

/// What a round did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// Mails that the server took.
    pub sent: u32,
    /// Mails that were given up.
    pub given_up: u32,
    /// Why something failed last.
    pub failure: Option<String>,
}

/// How a round goes on.
#[derive(PartialEq, Eq)]
enum Next {
    /// With the next mail.
    Other,
    /// Not: everything that was due waits.
    AllWait,
}

impl Delivery<'_> {
    /// Makes the round. `taken` are mails that the server has and the database could not forget: they are not sent again.
    pub fn round(&self, taken: &mut Vec<MailId>) -> Result<Report, store::Error> {
        self.forget(taken)?;
        self.collect_notices()?;
        let (mut report, mut carrier) = (Report::default(), None);
        loop {
            let due = self.store.read(|r| r.due_mail((self.clock)(), BATCH))?;
            if due.is_empty() {
                return Ok(report);
            }
            for waiting in due {
                if (self.stopped)() {
                    return Ok(report);
                }
                if self.deliver(&waiting, &mut carrier, taken, &mut report)? == Next::AllWait {
                    break;
                }
            }
        }
    }

    /// Sends one mail, or notes why not.
    fn deliver(
        &self,
        waiting: &WaitingMail,
        carrier: &mut Option<Carrier>,
        taken: &mut Vec<MailId>,
        report: &mut Report,
    ) -> Result<Next, store::Error> {
        let now = (self.clock)();
        let letter = unseal(self.desk.vault, &waiting.sealed);
        let Some(letter) = letter.filter(|_| waiting.ends_at > now) else {
            report.given_up += 1;
            report.failure = Some(why_given_up(waiting, now));
            self.store.write(|w| w.drop_mail(waiting.id))?;
            return Ok(Next::Other);
        };
        // After an error the connection is not used again.
        let open = carrier.take().map_or_else(|| (self.connect)(), Ok);
        match open.and_then(|mut open| open(&letter).map(|()| open)) {
            Ok(open) => {
                *carrier = Some(open);
                report.sent += 1;
                taken.push(waiting.id);
                self.forget(taken)?;
                Ok(Next::Other)
            }
            Err(error) => {
                report.failure = Some(error.to_string());
                self.put_off(waiting, &error, now)
            }
        }
    }

    /// Deletes what the server has.
    fn forget(&self, taken: &mut Vec<MailId>) -> Result<(), store::Error> {
        if !taken.is_empty() {
            self.store.write(|w| taken.iter().try_for_each(|id| w.drop_mail(*id)))?;
            taken.clear();
        }
        Ok(())
    }

    /// Has a mail wait; all that is due, when the failure was not about this one: the others would meet the same.
    fn put_off(&self, failed: &WaitingMail, error: &mail::Error, now: OffsetDateTime) -> Result<Next, store::Error> {
        let (text, alone) = (error.to_string(), error.is_about_the_letter());
        self.store.write(|w| {
            let due = if alone { vec![failed.clone()] } else { w.due_mail(now, u32::MAX)? };
            due.iter().try_for_each(|mail| w.put_off_mail(mail.id, next_try(mail, now), &text))
        })?;
        Ok(if alone { Next::Other } else { Next::AllWait })
    }

    fn collect_notices(&self) -> Result<(), store::Error> {
        loop {
            let collected = self.store.write(|w| {
                let notices = w.unmailed_notices(BATCH)?;
                let now = (self.clock)();
                for notice in &notices {
                    match self.desk.enqueue_notice(w, notice, now) {
                        Ok(()) => (),
                        Err(super::Error::Store(error)) => return Err(error),
                        // It stays on the pages.
                        Err(error) => tracing::error!(%error, "a notice could not be made a mail"),
                    }
                }
                Ok(notices.len())
            })?;
            if collected == 0 {
                return Ok(());
            }
        }
    }
}

/// When a mail that failed now is tried next.
fn next_try(mail: &WaitingMail, now: OffsetDateTime) -> OffsetDateTime {
    // Beyond nine doublings it is the longest wait anyhow.
    let wait = FIRST_WAIT * (1i32 << mail.attempts.min(9));
    (now + wait.min(LONGEST_WAIT)).min(mail.ends_at)
}

/// Without a word about what is in it.
fn why_given_up(mail: &WaitingMail, now: OffsetDateTime) -> String {
    if mail.ends_at > now {
        return "a waiting message was sealed with another `assay.key` and can't be opened".to_owned();
    }
    let why = if mail.failure.is_empty() { "the server was not running" } else { &mail.failure };
    format!("a message was not taken in time, after {} attempts: {why}", mail.attempts)
}
