//! A forgotten password: a link to choose a new one, mailed to whoever reads the mail of the account.
//!
//! Who asks is a stranger, and is never told whether the account exists, or has an address: that is between the server and
//! whoever gets the mail. The link sets a password and nothing else; a second factor stays.

use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::mailing::{self, Desk};
use super::one_time_links::{Issued, word};
use crate::app::App;
use crate::domain::account::{Account, AccountKind, AccountName};
use crate::domain::email_address::EmailAddress;
use crate::store::audit::By;
use crate::store::one_time_links::Purpose;
use crate::store::{self, Reads};
use crate::vault;

/// How long such a link is good: mail arrives in minutes.
pub const FORGOTTEN_LINK_LASTS: Duration = Duration::HOUR;
/// One link for an account in this time, whoever asks: nobody's mailbox is flooded, and no link is void before it is read.
pub const ONE_LINK_PER: Duration = Duration::minutes(10);

/// Why no link was mailed. Only the log hears of it.
#[derive(Debug, Error)]
pub enum Error {
    /// The mail.
    #[error(transparent)]
    Mailing(#[from] mailing::Error),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] vault::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Mails a link to choose a new password, if `name` is an enabled user with a confirmed address who was not mailed one within
/// [`ONE_LINK_PER`]. `address` is where the request came from. Whether it was mailed.
///
/// # Errors
/// A server without mail, or what the store says.
pub fn mail_link(app: &App, name: &AccountName, address: &str, now: OffsetDateTime) -> Result<bool, Error> {
    let desk = Desk::of(app).ok_or(mailing::Error::NoMail)?;
    app.store.write(|w| {
        let Some((account, email)) = recipient(w, name, now)? else { return Ok(false) };
        let (link, ends_at) = (Issued::new(Purpose::Password)?, now + FORGOTTEN_LINK_LASTS);
        link.store_beside_others(w, account.id, account.name.as_str(), FORGOTTEN_LINK_LASTS, now)?;
        mailing::send_new_password(w, &desk, (&account.name, &email), &link, ends_at, now)?;
        let by = By { name: account.name.to_string(), address: address.to_owned() };
        let detail = format!("{}, mailed to whoever forgot it", word(Purpose::Password));
        w.audit(now, &by, "account.link", account.name.as_str(), &detail)?;
        Ok(true)
    })
}

/// Whom to mail it to, if to anybody.
fn recipient(
    reads: &Reads<'_>,
    name: &AccountName,
    now: OffsetDateTime,
) -> Result<Option<(Account, EmailAddress)>, store::Error> {
    let account = reads.account(name)?.filter(|account| account.kind == AccountKind::User && !account.disabled);
    let Some(account) = account else { return Ok(None) };
    let email = reads.email(account.id)?.filter(|email| email.confirmed).and_then(|email| email.address.parse().ok());
    let last = reads.one_time_link_made_at(Purpose::Password, account.id, account.name.as_str())?;
    let waits = last.is_some_and(|last| now - last < ONE_LINK_PER);
    Ok(email.filter(|_| !waits).map(|email| (account, email)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Settings};
    use crate::data_folder::DataFolder;
    use crate::feed::authority::Actor;
    use crate::feed::one_time_links::{self, look_up};
    use crate::feed::test_server::new_password;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);
    const FROM: &str = "192.0.2.1";

    fn app() -> (tempfile::TempDir, App) {
        let parent = tempfile::tempdir().unwrap();
        let folder = DataFolder::create(parent.path()).unwrap();
        let settings = "[mail]\nserver = \"smtps://mail.example\"\nfrom = \"assay@feed.example\"";
        let settings: Settings = toml::from_str(settings).unwrap();
        let url = url::Url::parse("http://feed.example").unwrap();
        let app = App::open(Config::new(&settings).unwrap(), folder, &url, NOW).unwrap();
        (parent, app)
    }

    fn account(app: &App, name: &str, kind: AccountKind, email: Option<bool>) -> AccountName {
        let name: AccountName = name.parse().unwrap();
        let write = app.store.write(|w| {
            let id = w.create_account(&name, kind, false, None, NOW)?;
            w.set_email(id, email.map(|_| "ann@example.com"), email.unwrap_or_default())?;
            w.set_disabled(id, name.as_str().contains("disabled"))
        });
        write.unwrap();
        name
    }

    #[test]
    fn only_an_enabled_user_with_a_confirmed_address_is_mailed_a_link() {
        let (_parent, app) = app();
        for (name, kind, email, mailed) in [
            ("ann", AccountKind::User, Some(true), true),
            ("unconfirmed", AccountKind::User, Some(false), false),
            ("without", AccountKind::User, None, false),
            ("disabled", AccountKind::User, Some(true), false),
            ("contoso", AccountKind::Organization, Some(true), false),
        ] {
            let name = account(&app, name, kind, email);
            assert_eq!(mail_link(&app, &name, FROM, NOW).unwrap(), mailed, "{name}");
        }
        assert!(!mail_link(&app, &"nobody".parse().unwrap(), FROM, NOW).unwrap());
        assert_eq!(app.store.read(|r| r.waiting_mail()).unwrap(), 1);
        let record = app.store.read(|r| r.audit_records(1)).unwrap().remove(0);
        assert_eq!(
            (record.action.as_str(), record.detail.as_str()),
            ("account.link", "new password, mailed to whoever forgot it")
        );
    }

    #[test]
    fn an_account_is_mailed_one_link_in_ten_minutes_and_the_last_one_counts() {
        let (_parent, app) = app();
        let ann = account(&app, "ann", AccountKind::User, Some(true));
        let mailed = |now| mail_link(&app, &ann, FROM, now).unwrap();
        assert!(mailed(NOW) && !mailed(NOW) && !mailed(NOW + ONE_LINK_PER - Duration::SECOND));
        assert!(mailed(NOW + ONE_LINK_PER));
        assert_eq!(app.store.read(|r| r.waiting_mail()).unwrap(), 2);
    }

    #[test]
    fn a_link_in_the_mailbox_of_before_is_dead_and_that_of_an_administrator_is_not() {
        use crate::feed::own_account;
        use crate::feed::test_server::{NOW, TestServer};
        let server = TestServer::new();
        let (store, ann) = (&server.app.store, server.user("ann"));
        let (asked, made) = (Issued::new(Purpose::Password).unwrap(), Issued::new(Purpose::Password).unwrap());
        for (link, by) in [(&asked, "ann"), (&made, "root")] {
            store.write(|w| link.store_beside_others(w, ann.id, by, FORGOTTEN_LINK_LASTS, NOW)).unwrap();
        }
        let good = |link: &Issued| store.read(|r| look_up(r, link.token().reveal(), &[Purpose::Password], NOW)).is_ok();
        assert!(good(&asked) && good(&made));
        let (actor, new) = (server.actor(&ann, NOW), "ann@new.example".parse().unwrap());
        own_account::set_email(store, &actor, &server.tested(&ann.name), Some(&new), NOW).unwrap();
        assert!(!good(&asked) && good(&made));
    }

    #[test]
    fn a_stranger_does_not_make_the_link_of_an_administrator_void() {
        let (_parent, app) = app();
        let ann = account(&app, "ann", AccountKind::User, Some(true));
        let made = one_time_links::create(&app.store, Purpose::Password, &ann, &Actor::CommandLine, NOW).unwrap();
        assert!(mail_link(&app, &ann, FROM, NOW).unwrap());
        let token = made.token().reveal();
        assert!(app.store.read(|r| look_up(r, token, &[Purpose::Password], NOW)).is_ok());
        let password = new_password("ann", "four words at random");
        one_time_links::choose_password(&app.store, token, &password, FROM, NOW).unwrap();
        let left = app.store.read(|r| r.one_time_link_made_at(Purpose::Password, r.account(&ann)?.unwrap().id, "ann"));
        assert_eq!(left.unwrap(), None, "whoever chose a password has ended all links");
    }
}
