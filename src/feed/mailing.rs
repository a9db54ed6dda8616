//! Mail: what is written, and that it waits in the database until the mail server has it.
//!
//! Mail is optional. It is *enqueued* in the transaction of what it tells, so neither happens without the other; a thread
//! ([`Postman`]) turns notices into mail and sends what is due. A mail that was taken is deleted right after, so it arrives **at
//! least once**: when this process dies between the two, it is sent again, with the same Message-ID, by which mailboxes know
//! it. Sending at most once would lose links that people wait for.
//!
//! While it waits, a mail is sealed by the vault: a link in it may be good for an account.

mod delivery;
mod letters;
mod postman;

use thiserror::Error;
use time::{Duration, OffsetDateTime};
use url::Url;
use zeroize::Zeroizing;

use crate::app::App;
use crate::config::Mail;
use crate::documents::Urls;
use crate::domain::account::{Account, AccountName};
use crate::domain::email_address::EmailAddress;
use crate::domain::permission::Action;
use crate::feed::authority::{Actor, Refused, authorize};
use crate::feed::one_time_links::Issued;
use crate::feed::own_account::{self, CONFIRMATION_LASTS};
use crate::mail::{self, Connection, Letter};
use crate::store::outgoing_mail::UnmailedNotice;
use crate::store::{self, Writes};
use crate::vault::{self, Vault, random};
pub use postman::Postman;

/// How long a mail that nobody takes is tried to be sent, unless what it says ends earlier.
pub const GIVEN_UP_AFTER: Duration = Duration::days(3);
/// Mails that confirm an address, for one account in [`CONFIRMATIONS_COUNT_FOR`], wherever the requests come from.
pub const CONFIRMATIONS_OF_ACCOUNT: usize = 5;
/// The same to one address, whoever asks: it may be a stranger's, who never heard of this server.
pub const CONFIRMATIONS_TO_ADDRESS: usize = 3;
/// The time for which they are counted.
pub const CONFIRMATIONS_COUNT_FOR: Duration = Duration::HOUR;
/// What waiting mail is sealed for.
const PURPOSE: &str = "mail";

/// Why a mail is not enqueued.
#[derive(Debug, Error)]
pub enum Error {
    /// The server has no mail, or can't seal any.
    #[error("this server sends no mail; its administrator can set `mail.server`")]
    NoMail,
    /// Too many links to confirm an address.
    #[error(
        "too many links to confirm an address were mailed in this hour; open the newest one, or ask for another in an hour"
    )]
    TooManyConfirmations,
    /// The link to confirm an address.
    #[error(transparent)]
    Confirmation(#[from] own_account::Error),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It can't be sealed.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Where mail is written: the vault that seals it, and how the feed is called.
pub struct Desk<'a> {
    vault: &'a Vault,
    /// The host of the public URL.
    host: String,
    /// The public URL, without a slash at its end.
    home: String,
}

/// Makes the link that confirms the address of one's own account, and mails it there.
///
/// # Errors
/// A server without mail, somebody else's account or a session that ended, an account without an address that waits to be
/// confirmed, too many such mails ([`CONFIRMATIONS_OF_ACCOUNT`], [`CONFIRMATIONS_TO_ADDRESS`]; the last link stays good
/// then), or what the store says.
pub fn send_confirmation(app: &App, account: &Account, actor: &Actor, now: OffsetDateTime) -> Result<(), Error> {
    let desk = Desk::of(app).ok_or(Error::NoMail)?;
    app.store.write(|w| {
        authorize(w, actor, Action::SecureOneself, Some(account), now)?;
        let (link, address) = own_account::confirmation(w, account, now)?;
        let since = now - CONFIRMATIONS_COUNT_FOR;
        let (of_account, to_address) = w.confirmations_mailed(account.id, address.as_str(), since)?;
        if of_account >= CONFIRMATIONS_OF_ACCOUNT || to_address >= CONFIRMATIONS_TO_ADDRESS {
            return Err(Error::TooManyConfirmations);
        }
        w.confirmation_is_mailed(account.id, address.as_str(), since, now)?;
        let ends_at = now + CONFIRMATION_LASTS;
        let written = letters::confirmation(&desk, &account.name, &link, ends_at);
        desk.enqueue(w, &address, written, ends_at, now)
    })
}

/// Mails the link by which whoever forgot the password of `account` chooses a new one.
///
/// # Errors
/// What the vault or the store says.
pub(super) fn send_new_password(
    w: &mut Writes<'_>,
    desk: &Desk<'_>,
    (account, address): (&AccountName, &EmailAddress),
    link: &Issued,
    ends_at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let written = letters::new_password(desk, account, link, ends_at);
    desk.enqueue(w, address, written, ends_at, now)
}

/// Sends a mail to `to` now, without any database; what the mail server answered. `public_url` is the feed's, if it has one.
///
/// # Errors
/// What a round of sending would note too.
pub fn send_test(
    mail: &Mail,
    public_url: Option<&Url>,
    to: &EmailAddress,
    now: OffsetDateTime,
) -> Result<String, mail::Error> {
    let host = public_url.and_then(Url::host_str).unwrap_or("localhost");
    let (subject, text) = letters::test(host);
    let id = format!("test.{}", now.unix_timestamp_nanos());
    Connection::open(mail, host)?.send(&Letter { to: to.clone(), subject, text, id }, now)
}

impl<'a> Desk<'a> {
    /// The desk of a server; `None` when it sends no mail, or has not the key that seals it.
    #[must_use]
    pub fn of(app: &'a App) -> Option<Self> {
        let vault = app.vault().filter(|_| app.config.mail.is_some())?;
        let (host, home) = (host_of(&app.urls), app.urls.home().trim_end_matches('/').to_owned());
        Some(Self { vault, host, home })
    }

    /// Has a mail (subject and text) sent to `to` once this transaction is committed. It is given up at `ends_at`, and after
    /// [`GIVEN_UP_AFTER`].
    ///
    /// # Errors
    /// What the vault or the store says.
    pub fn enqueue(
        &self,
        w: &mut Writes<'_>,
        to: &EmailAddress,
        (subject, text): (String, Zeroizing<String>),
        ends_at: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        let id = hex::encode(random::<16>()?);
        // Three lines, and then the text.
        let whole = Zeroizing::new(format!("{id}\n{to}\n{}\n{}", mail::one_line(&subject), text.as_str()));
        w.add_mail(&self.vault.seal(PURPOSE, whole.as_bytes())?, ends_at.min(now + GIVEN_UP_AFTER), now)?;
        Ok(())
    }

    /// Turns a notice into a mail. One that waited too long, as when mail was switched on today, becomes none.
    fn enqueue_notice(&self, w: &mut Writes<'_>, notice: &UnmailedNotice, now: OffsetDateTime) -> Result<(), Error> {
        w.notice_is_mailed(notice.id)?;
        let ends_at = notice.at + GIVEN_UP_AFTER;
        match notice.mail_to.parse() {
            Ok(address) if ends_at > now && !notice.disabled => {
                let written = letters::notice(self, &notice.account, &notice.text, &notice.link);
                self.enqueue(w, &address, written, ends_at, now)
            }
            _ => Ok(()),
        }
    }
}

/// What was sealed, or `None` when it can't be opened or is none.
fn unseal(vault: &Vault, sealed: &[u8]) -> Option<Letter> {
    let opened = vault.open(PURPOSE, sealed).ok()?;
    let mut parts = std::str::from_utf8(&opened).ok()?.splitn(4, '\n');
    let (id, to, subject) = (parts.next()?.to_owned(), parts.next()?.parse().ok()?, parts.next()?.to_owned());
    Some(Letter { to, subject, text: Zeroizing::new(parts.next()?.to_owned()), id })
}

/// The host of the public URL, by which people tell feeds apart.
fn host_of(urls: &Urls) -> String {
    let url = Url::parse(&urls.home()).ok();
    url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Settings};
    use crate::data_folder::DataFolder;
    use crate::domain::account::AccountKind;
    use crate::domain::permission::Denied;
    use crate::feed::test_server::TestServer;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);

    fn app() -> (tempfile::TempDir, App) {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let settings = "[mail]\nserver = \"smtps://mail.example\"\nfrom = \"assay@feed.example\"";
        let settings: Settings = toml::from_str(settings).unwrap();
        let url = Url::parse("http://feed.example").unwrap();
        let app = App::open(Config::new(&settings).unwrap(), folder, &url, NOW).unwrap();
        (parent, app)
    }

    fn account(app: &App, name: &str) -> Account {
        let create = |w: &mut Writes<'_>| {
            let id = w.create_account(&name.parse().unwrap(), AccountKind::User, false, None, NOW)?;
            w.account_by_id(id)
        };
        app.store.write(create).unwrap()
    }

    /// How many of `tries` are mailed to `address`.
    fn mailed(app: &App, account: &Account, address: &str, tries: usize, now: OffsetDateTime) -> usize {
        app.store.write(|w| w.set_email(account.id, Some(address), false)).unwrap();
        let sent = (0..tries).map(|_| send_confirmation(app, account, &Actor::CommandLine, now));
        sent.filter(|sent| match sent {
            Ok(()) => true,
            Err(Error::TooManyConfirmations) => false,
            Err(other) => panic!("{other}"),
        })
        .count()
    }

    #[test]
    fn an_address_is_mailed_three_links_an_hour_whoever_asks() {
        let (_parent, app) = app();
        let (ann, bob) = (account(&app, "ann"), account(&app, "bob"));
        assert_eq!(mailed(&app, &ann, "victim@example.com", 2, NOW), 2);
        assert_eq!(mailed(&app, &bob, "Victim@Example.com", 9, NOW), 1);
        assert_eq!(mailed(&app, &bob, "bob@example.com", 1, NOW), 1, "another address is not concerned");
        assert_eq!(mailed(&app, &bob, "victim@example.com", 9, NOW + CONFIRMATIONS_COUNT_FOR - Duration::SECOND), 0);
        assert_eq!(mailed(&app, &bob, "victim@example.com", 9, NOW + CONFIRMATIONS_COUNT_FOR), 3);
        assert_eq!(app.store.read(|r| r.waiting_mail()).unwrap(), 7);
    }

    #[test]
    fn an_account_has_five_links_an_hour_mailed_wherever_to() {
        let (_parent, app) = app();
        let ann = account(&app, "ann");
        let all = |now| (0..47).map(|n| mailed(&app, &ann, &format!("victim{n}@example.com"), 1, now)).sum::<usize>();
        assert_eq!(all(NOW), CONFIRMATIONS_OF_ACCOUNT);
        assert_eq!(all(NOW + CONFIRMATIONS_COUNT_FOR), CONFIRMATIONS_OF_ACCOUNT);
    }

    #[test]
    fn a_link_to_confirm_an_address_is_mailed_for_whoever_is_signed_in_to_its_account() {
        let server = TestServer::with_mail();
        let (ann, root) = (server.user("ann"), server.administrator("root"));
        server.app.store.write(|w| w.set_email(ann.id, Some("ann@example.com"), false)).unwrap();
        let send = |actor: &Actor| send_confirmation(&server.app, &ann, actor, crate::feed::test_server::NOW);
        let waiting = || server.app.store.read(|r| r.waiting_mail()).unwrap();
        let ended = server.actor(&ann, crate::feed::test_server::NOW);
        server.app.store.write(|w| w.end_sessions(ann.id, None)).unwrap();
        assert!(matches!(send(&ended), Err(Error::Refused(Refused::SignedOut))));
        let of_another = send(&server.actor(&root, crate::feed::test_server::NOW));
        assert!(matches!(of_another, Err(Error::Refused(Refused::Denied(Denied::NotYours(_))))));
        assert_eq!(waiting(), 0);
        send(&server.actor(&ann, crate::feed::test_server::NOW)).unwrap();
        assert_eq!(waiting(), 1);
    }
}
