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

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use zeroize::Zeroizing;

    use super::*;
    use crate::feed::mailing::GIVEN_UP_AFTER;
    use crate::vault::Vault;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);

    /// A feed without a mail server: what happens to letters is up to `answer`.
    struct House {
        _folder: tempfile::TempDir,
        store: Store,
        vault: Vault,
        now: Cell<OffsetDateTime>,
        taken: RefCell<Vec<MailId>>,
    }

    type Answer = fn(&Letter) -> Result<(), mail::Error>;

    impl House {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(&folder.path().join("assay.db")).unwrap();
            let vault = Vault::create_file(&folder.path().join("assay.key")).unwrap();
            Self { _folder: folder, store, vault, now: Cell::new(NOW), taken: RefCell::default() }
        }

        fn desk(&self) -> Desk<'_> {
            Desk { vault: &self.vault, host: "feed.example".to_owned(), home: "https://feed.example".to_owned() }
        }

        fn enqueue(&self, to: &str, ends_at: OffsetDateTime) {
            let written = ("a subject".to_owned(), Zeroizing::new(format!("a letter to {to}")));
            self.store
                .write(|w| self.desk().enqueue(w, &to.parse().unwrap(), written, ends_at, self.now.get()))
                .unwrap();
        }

        fn round(&self, answer: Answer) -> Report {
            let connect = || Ok(Box::new(answer) as Carrier);
            self.round_with(&connect)
        }

        fn round_with(&self, connect: &dyn Fn() -> Result<Carrier, mail::Error>) -> Report {
            let (desk, clock) = (self.desk(), || self.now.get());
            let delivery = Delivery { store: &self.store, desk: &desk, connect, clock: &clock, stopped: &|| false };
            delivery.round(&mut self.taken.borrow_mut()).unwrap()
        }

        fn waiting(&self) -> Vec<WaitingMail> {
            self.store.read(|r| r.due_mail(NOW + Duration::days(999), 99)).unwrap()
        }
    }

    fn away() -> Result<Carrier, mail::Error> {
        Err(mail::Error::NoStartTls("mail.example:587".to_owned()))
    }

    fn only_bob(letter: &Letter) -> Result<(), mail::Error> {
        if letter.to.as_str() == "bob@example.com" { Ok(()) } else { Err(mail::Error::Letter("550 …".to_owned())) }
    }

    #[test]
    fn what_is_taken_is_deleted_and_what_is_not_holds_up_no_other() {
        let house = House::new();
        ["ann@example.com", "bob@example.com"].iter().for_each(|to| house.enqueue(to, NOW + Duration::DAY));
        let report = house.round(only_bob);
        assert_eq!(
            (report.sent, report.failure.as_deref()),
            (1, Some("the mail server did not take a message: 550 …"))
        );
        let waiting = house.waiting();
        assert_eq!((waiting.len(), waiting[0].attempts), (1, 1));
        assert_eq!(unseal(&house.vault, &waiting[0].sealed).unwrap().to.as_str(), "ann@example.com");
        assert_eq!(house.round(|_| Ok(())), Report::default(), "it waits");
        house.now.set(NOW + FIRST_WAIT);
        assert_eq!(house.round(|_| Ok(())).sent, 1);
        assert!(house.waiting().is_empty());
    }

    #[test]
    fn one_attempt_is_enough_to_know_that_the_server_is_away() {
        let house = House::new();
        (0..120).for_each(|number| house.enqueue(&format!("user-{number}@example.com"), NOW + Duration::DAY));
        let attempts = Cell::new(0);
        let connect = || {
            attempts.set(attempts.get() + 1);
            away()
        };
        house.round_with(&connect);
        assert_eq!(attempts.get(), 1);
        assert!(house.waiting().iter().all(|mail| mail.attempts == 1) && house.waiting().len() == 99);
        assert!(!house.store.read(|r| r.has_mail_to_send(NOW)).unwrap());
    }

    #[test]
    fn waits_double_up_to_six_hours_until_it_is_given_up() {
        let house = House::new();
        house.enqueue("ann@example.com", NOW + Duration::days(30));
        let (mut waits, mut now) = (Vec::new(), NOW);
        while now < NOW + GIVEN_UP_AFTER {
            house.now.set(now);
            house.round_with(&away);
            let is_due = |at: &OffsetDateTime| house.store.read(|r| r.has_mail_to_send(*at)).unwrap();
            let next = (1..).map(|minutes| now + Duration::minutes(minutes)).find(is_due).unwrap();
            waits.push((next - now).whole_minutes());
            now = next;
        }
        house.now.set(now);
        assert_eq!(waits[..11], [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
        assert_eq!(waits.iter().sum::<i64>(), GIVEN_UP_AFTER.whole_minutes());
        let report = house.round(|_| Ok(()));
        assert_eq!((report.sent, report.given_up), (0, 1));
        let why = report.failure.unwrap();
        assert!(why.contains("not taken in time") && why.contains("STARTTLS") && !why.contains("ann"), "{why}");
        assert!(house.waiting().is_empty());
    }

    #[test]
    fn a_link_that_has_ended_is_not_sent_any_more() {
        let house = House::new();
        house.enqueue("ann@example.com", NOW + Duration::HOUR);
        house.round_with(&away);
        house.now.set(NOW + Duration::HOUR);
        assert_eq!(house.round(|_| panic!("a dead link is sent")).given_up, 1);
    }

    #[test]
    fn mail_that_the_server_has_is_not_sent_again_though_the_database_could_not_forget_it() {
        let house = House::new();
        house.enqueue("ann@example.com", NOW + Duration::DAY);
        house.taken.borrow_mut().extend(house.waiting().iter().map(|mail| mail.id));
        assert_eq!(house.round(|_| panic!("it is sent twice")), Report::default());
        assert!(house.waiting().is_empty() && house.taken.borrow().is_empty());
    }

    #[test]
    fn mail_of_another_key_is_given_up_and_the_others_go_out() {
        let mut house = House::new();
        house.enqueue("ann@example.com", NOW + Duration::DAY);
        house.vault = Vault::create_file(&house._folder.path().join("other.key")).unwrap();
        house.enqueue("bob@example.com", NOW + Duration::DAY);
        let report = house.round(only_bob);
        assert_eq!((report.sent, report.given_up), (1, 1));
        assert!(report.failure.unwrap().contains("another `assay.key`"));
    }

    #[test]
    fn notices_become_mail_while_they_are_news_and_their_account_is_enabled() {
        use crate::domain::account::AccountKind::User;
        use crate::domain::notice::Topic;
        use crate::store::notices::NewNotice;
        let house = House::new();
        for (name, disabled, age) in [("ann", false, 0), ("bob", false, 4), ("eve", true, 0)] {
            let write = house.store.write(|w| {
                let id = w.create_account(&name.parse().unwrap(), User, false, None, NOW)?;
                w.set_email(id, Some(&format!("{name}@example.com")), true)?;
                let (topic, text, link) = (Topic::Other, "Look. It is so.", "account");
                let new = NewNotice { topic, text, link, invitation: None, mailed: true };
                w.add_notice(id, &new, NOW - Duration::days(age))?;
                w.set_disabled(id, disabled)
            });
            write.unwrap();
        }
        let sent = |letter: &Letter| {
            assert_eq!((letter.to.as_str(), letter.subject.as_str()), ("ann@example.com", "feed.example: Look"));
            insta::assert_snapshot!("a_notice_by_mail", letter.text.as_str());
            Ok(())
        };
        assert_eq!(house.round(sent).sent, 1);
        assert_eq!(house.round(|_| panic!("nothing is left")), Report::default());
    }
}
