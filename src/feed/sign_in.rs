//! Signing in: the password, then the code of a second factor, and both once more where a page asks for them.
//!
//! Testing a password costs a processor for a while, so the web does it before it comes here, and says against which hash:
//! [`TestedPassword`]. Each transaction checks that this is still the account's password.

use thiserror::Error;
use time::OffsetDateTime;

use super::authority::{Refused, SessionActor, live_session};
use super::second_factor::{self, CodeError};
use crate::app::App;
use crate::domain::account::{Account, AccountId, AccountName};
use crate::domain::secret_token::SecretToken;
use crate::domain::session::{MAX_WRONG_CODES, SessionId, SessionRules};
use crate::password;
use crate::store::sessions::{NewSession, Session};
use crate::store::{self, Reads, Writes};
use crate::vault::{self, random};

/// The longest description of a browser that is kept, in characters.
const MAX_BROWSER: usize = 200;

/// A password that was right for the account when its stored hash was this one.
#[derive(Debug, Clone)]
pub struct TestedPassword {
    /// Whose.
    pub account: AccountName,
    /// The stored hash that it was tested against.
    pub hash: String,
}

impl TestedPassword {
    /// The enabled user whose password it still is in this snapshot.
    ///
    /// # Errors
    /// [`Error::PasswordChanged`].
    pub fn holder(&self, reads: &Reads<'_>) -> Result<Account, Error> {
        match reads.password_hash(&self.account)? {
            Some((id, hash)) if hash == self.hash => Ok(reads.account_by_id(id)?),
            _ => Err(Error::PasswordChanged),
        }
    }
}

/// Where somebody comes from.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The IP address.
    pub address: &'a str,
    /// The browser, as it calls itself.
    pub browser: &'a str,
}

/// A session that was opened.
#[derive(Debug)]
pub struct Opened {
    /// What its cookie holds.
    pub token: SecretToken,
    /// Whether a code is still to be given.
    pub code_awaited: bool,
}

/// Why somebody is not signed in.
#[derive(Debug, Error)]
pub enum Error {
    /// The password was changed, or the account disabled, since it was tested.
    #[error("the password was changed just now; sign in again")]
    PasswordChanged,
    /// The code is wrong, was used before, or is of another time.
    #[error("{0}")]
    Code(#[source] CodeError),
    /// Too many wrong codes.
    #[error("that were too many wrong codes; sign in again from the beginning")]
    TooManyCodes,
    /// The session ended.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] vault::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Opens a session for whoever gave the right password. An account with a second factor must give a code next. The token is
/// always new: whoever planted a cookie beforehand holds nothing (session fixation).
///
/// # Errors
/// A password that is not the account's any more.
pub fn with_password(
    app: &App,
    password: &TestedPassword,
    from: Arrival<'_>,
    now: OffsetDateTime,
) -> Result<Opened, Error> {
    let token = new_token()?;
    app.store.write(|w| {
        let account = password.holder(w)?;
        let code_awaited = w.second_factor(account.id)?.is_some();
        w.add_session(&new_session(&token, account.id, !code_awaited, None, from, now), now)?;
        Ok(Opened { token, code_awaited })
    })
}

/// Gives the password's hash the parameters of today, if it has others. Best effort: the old hash is as good as before.
pub fn rehash(app: &App, password: &TestedPassword, plain: &str) {
    if !password::needs_rehash(&password.hash, &app.config.passwords) {
        return;
    }
    let Ok(hash) = password::hash(plain, &app.config.passwords) else { return };
    let stored = app.store.write(|w| {
        let account = password.holder(w)?;
        Ok::<_, Error>(w.set_password_hash(account.id, &hash)?)
    });
    if let Err(error) = stored {
        tracing::warn!(%error, "a password keeps its old parameters for now");
    }
}

/// Completes a sign-in by a code or a recovery code. The session gets a new token.
///
/// # Errors
/// A wrong code; the fifth ends the sign-in.
pub fn with_code(
    app: &App,
    id: SessionId,
    code: &str,
    rules: &SessionRules,
    from: Arrival<'_>,
    now: OffsetDateTime,
) -> Result<SecretToken, Error> {
    let token = new_token()?;
    // A wrong code must be counted, so the transaction is committed with the refusal as its value.
    app.store.write(|w| {
        let waiting = w.session(id)?.filter(|session| !session.complete && session.times.is_live(false, rules, now));
        let Some(waiting) = waiting else { return Err(Error::from(Refused::SignedOut)) };
        match second_factor::check(w, app.vault(), &waiting.account, code, now) {
            Ok(()) => {
                w.end_session(waiting.account.id, id)?;
                let mut new = new_session(&token, waiting.account.id, true, Some(now), from, now);
                new.password_at = waiting.times.password_at;
                w.add_session(&new, now)?;
                Ok::<_, Error>(Ok(token))
            }
            Err(CodeError::Store(error)) => Err(Error::from(error)),
            Err(wrong) => Ok(Err(count_wrong_code(w, &waiting, wrong)?)),
        }
    })?
}

fn count_wrong_code(w: &mut Writes<'_>, waiting: &Session, wrong: CodeError) -> Result<Error, store::Error> {
    if w.count_wrong_code(waiting.id)? < MAX_WRONG_CODES {
        return Ok(Error::Code(wrong));
    }
    w.end_session(waiting.account.id, waiting.id)?;
    Ok(Error::TooManyCodes)
}

/// Takes a code in a session that is complete already: it becomes a second-factor session for a while.
///
/// # Errors
/// A wrong code.
pub fn confirm_code(app: &App, actor: &SessionActor, code: &str, now: OffsetDateTime) -> Result<(), Error> {
    app.store.write(|w| {
        let session = live_session(w, actor, now)?;
        second_factor::check(w, app.vault(), &session.account, code, now).map_err(Error::Code)?;
        Ok(w.set_code_given(session.id, now)?)
    })
}

/// Takes the password in a session that is complete already: the sign-in is fresh again.
///
/// # Errors
/// A password that is not the account's any more.
pub fn confirm_password(
    app: &App,
    actor: &SessionActor,
    password: &TestedPassword,
    now: OffsetDateTime,
) -> Result<(), Error> {
    app.store.write(|w| {
        let session = live_session(w, actor, now)?;
        if password.holder(w)?.id != session.account.id {
            return Err(Error::PasswordChanged);
        }
        Ok(w.set_password_given(session.id, now)?)
    })
}

/// Ends a session.
///
/// # Errors
/// What the store says.
pub fn sign_out(app: &App, session: &Session) -> Result<(), store::Error> {
    app.store.write(|w| w.end_session(session.account.id, session.id).map(drop))
}

pub(super) fn new_token() -> Result<SecretToken, vault::Error> {
    Ok(SecretToken::from_random(&random()?))
}

/// What is stored of a session that `token` opens.
pub(super) fn new_session<'a>(
    token: &SecretToken,
    account: AccountId,
    complete: bool,
    second_factor_at: Option<OffsetDateTime>,
    from: Arrival<'a>,
    now: OffsetDateTime,
) -> NewSession<'a> {
    let end = from.browser.char_indices().nth(MAX_BROWSER).map_or(from.browser.len(), |(at, _)| at);
    let browser = from.browser.get(..end).unwrap_or_default();
    NewSession {
        hash: token.hash(),
        account,
        complete,
        password_at: now,
        second_factor_at,
        address: from.address,
        browser,
    }
}
