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
