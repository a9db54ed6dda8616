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
    /// Whether it has signed in to the account before.
    pub known: bool,
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

/// Stores `hash`, of the same password with the parameters of today, in place of the one that was tested. Best effort: the old
/// one is as good as before.
pub fn rehash(app: &App, password: &TestedPassword, hash: &str) {
    let stored = app.store.write(|w| {
        let account = password.holder(w)?;
        Ok::<_, Error>(w.set_password_hash(account.id, hash)?)
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
        known: from.known,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::accounts;
    use crate::feed::authority::Actor;
    use crate::feed::test_server::{HERE, NOW, PASSWORD, TestServer, code, rules, steps};
    use crate::password;

    fn give(server: &TestServer, opened: &Opened, code: &str, now: OffsetDateTime) -> Result<SecretToken, Error> {
        with_code(&server.app, server.session(&opened.token).unwrap().id, code, &rules(), HERE, now)
    }

    #[test]
    fn each_session_has_a_token_of_its_own_and_a_code_brings_another() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let (first, second) = (server.sign_in(&ann, NOW), server.sign_in(&ann, NOW));
        assert_ne!(first.token.hash(), second.token.hash());
        assert!(!first.code_awaited && server.session(&first.token).unwrap().complete);
        let (secret, _) = server.enrol(&ann, NOW);
        let half = server.sign_in(&ann, NOW);
        assert!(half.code_awaited && !server.session(&half.token).unwrap().complete);
        let whole = give(&server, &half, &code(&secret, NOW + steps(1)), NOW + steps(1)).unwrap();
        assert!(server.session(&half.token).is_none(), "the token of the half-open session is dead");
        let session = server.session(&whole).unwrap();
        assert!(session.complete && session.times.has_second_factor(&rules(), NOW + steps(1)));
        assert_eq!(session.times.password_at, NOW, "the password was given before the code");
    }

    #[test]
    fn a_session_without_its_code_is_good_for_nothing_else() {
        let server = TestServer::new();
        let ann = server.user("ann");
        server.enrol(&ann, NOW);
        let half = server.sign_in(&ann, NOW);
        let actor = server.actor_of(&half.token);
        let live = server.app.store.read(|r| live_session(r, &actor, NOW).map(drop));
        assert!(matches!(live, Err(Refused::SignedOut)));
        let tested = server.tested(&ann.name);
        assert!(matches!(confirm_password(&server.app, &actor, &tested, NOW), Err(Error::Refused(Refused::SignedOut))));
        assert!(matches!(confirm_code(&server.app, &actor, "123456", NOW), Err(Error::Refused(Refused::SignedOut))));
        let begun = second_factor::begin(&server.app, &Actor::Session(actor), &tested, NOW);
        assert!(matches!(begun, Err(second_factor::Error::Refused(Refused::SignedOut))));
    }

    #[test]
    fn five_wrong_codes_end_the_sign_in_also_for_the_right_one() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let (secret, _) = server.enrol(&ann, NOW);
        let half = server.sign_in(&ann, NOW);
        for _ in 1..MAX_WRONG_CODES {
            assert!(matches!(give(&server, &half, "000000", NOW), Err(Error::Code(CodeError::Wrong))));
        }
        let id = server.session(&half.token).unwrap().id;
        assert!(matches!(give(&server, &half, "000000", NOW), Err(Error::TooManyCodes)));
        let right = code(&secret, NOW + steps(1));
        let late = with_code(&server.app, id, &right, &rules(), HERE, NOW + steps(1));
        assert!(matches!(late, Err(Error::Refused(Refused::SignedOut))));
    }

    #[test]
    fn a_code_counts_once_wherever_it_is_given() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let (secret, codes) = server.enrol(&ann, NOW);
        let (later, right) = (NOW + steps(1), code(&secret, NOW + steps(1)));
        let replayed = give(&server, &server.sign_in(&ann, NOW), &code(&secret, NOW), NOW);
        assert!(matches!(replayed, Err(Error::Code(CodeError::Wrong))), "the code of the enrolment");
        let whole = give(&server, &server.sign_in(&ann, NOW), &right, later).unwrap();
        let again = give(&server, &server.sign_in(&ann, NOW), &right, later);
        assert!(matches!(again, Err(Error::Code(CodeError::Wrong))));
        let actor = server.actor_of(&whole);
        assert!(matches!(confirm_code(&server.app, &actor, &right, later), Err(Error::Code(CodeError::Wrong))));
        confirm_code(&server.app, &actor, &codes[0].to_uppercase(), later).unwrap();
        let again = give(&server, &server.sign_in(&ann, NOW), &codes[0], later);
        assert!(matches!(again, Err(Error::Code(CodeError::WrongRecovery))), "a recovery code too");
        assert_eq!(server.told(&ann)[0], "A recovery code of yours was used; 9 are left.");
    }

    #[test]
    fn a_waiting_sign_in_and_a_session_end_by_time() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let actor = server.actor_of(&server.sign_in(&ann, NOW).token);
        let lives = |now| server.app.store.read(|r| live_session(r, &actor, now).map(drop)).is_ok();
        let rules = rules();
        assert!(lives(NOW + rules.idle - time::Duration::SECOND) && !lives(NOW + rules.idle));
        let seen = NOW + rules.absolute - time::Duration::HOUR;
        server.app.store.write(|w| w.sessions_seen(&[(actor.id, seen)])).unwrap();
        assert!(lives(NOW + rules.absolute - time::Duration::SECOND) && !lives(NOW + rules.absolute));
        let (secret, _) = server.enrol(&ann, NOW);
        let half = server.sign_in(&ann, NOW);
        let late = NOW + crate::domain::session::CODE_AWAITED;
        assert!(matches!(give(&server, &half, &code(&secret, late), late), Err(Error::Refused(Refused::SignedOut))));
    }

    #[test]
    fn a_disabled_account_s_sessions_die_at_once_and_no_new_one_opens() {
        let server = TestServer::new();
        let (ann, _) = (server.user("ann"), server.administrator("root"));
        let (opened, tested) = (server.sign_in(&ann, NOW), server.tested(&ann.name));
        let actor = server.actor_of(&opened.token);
        accounts::set_disabled(&server.app.store, &ann.name, true, &Actor::CommandLine, NOW).unwrap();
        assert!(server.session(&opened.token).is_none());
        assert!(server.app.store.read(|r| live_session(r, &actor, NOW).map(drop)).is_err());
        assert!(matches!(with_password(&server.app, &tested, HERE, NOW), Err(Error::PasswordChanged)));
    }

    #[test]
    fn a_password_that_was_changed_after_it_was_tested_opens_nothing() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let (tested, opened) = (server.tested(&ann.name), server.sign_in(&ann, NOW));
        let actor = server.actor_of(&opened.token);
        let hash = password::hash("quite another password", &password::Parameters::default()).unwrap();
        server.app.store.write(|w| w.set_password_hash(ann.id, &hash)).unwrap();
        assert!(matches!(with_password(&server.app, &tested, HERE, NOW), Err(Error::PasswordChanged)));
        assert!(matches!(confirm_password(&server.app, &actor, &tested, NOW), Err(Error::PasswordChanged)));
        rehash(&server.app, &tested, &tested.hash);
        let stored = server.tested(&ann.name).hash;
        assert_eq!(stored, hash, "nor does it come back by being hashed anew");
    }

    #[test]
    fn somebody_else_s_password_does_not_confirm_a_session() {
        let server = TestServer::new();
        let (ann, bob) = (server.user("ann"), server.user("bob"));
        let actor = server.actor_of(&server.sign_in(&ann, NOW).token);
        let confirmed = confirm_password(&server.app, &actor, &server.tested(&bob.name), NOW);
        assert!(matches!(confirmed, Err(Error::PasswordChanged)));
    }

    #[test]
    fn a_hash_of_other_parameters_takes_the_place_of_the_old_and_keeps_the_sessions() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let (tested, opened) = (server.tested(&ann.name), server.sign_in(&ann, NOW));
        let light = password::hash(PASSWORD, &password::Parameters::new(8192, 1, 1).unwrap()).unwrap();
        rehash(&server.app, &tested, &light);
        assert_eq!(server.tested(&ann.name).hash, light);
        assert!(server.session(&opened.token).is_some());
    }

    #[test]
    fn what_a_browser_calls_itself_is_kept_up_to_a_limit_and_between_letters() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let from = Arrival { address: "192.0.2.1", browser: &"ü".repeat(MAX_BROWSER + 1), known: false };
        let opened = with_password(&server.app, &server.tested(&ann.name), from, NOW).unwrap();
        assert_eq!(server.session(&opened.token).unwrap().browser, "ü".repeat(MAX_BROWSER));
    }
}
