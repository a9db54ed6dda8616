//! Second factors: enrolling one, checking its codes, replacing and removing it.

use thiserror::Error;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::authority::{Actor, Authorized, Refused, authorize};
use super::notices::tell_security;
use super::sign_in::{self, TestedPassword};
use crate::app::App;
use crate::domain::account::{Account, AccountName};
use crate::domain::permission::Action;
use crate::domain::recovery_code::{RECOVERY_CODES, RecoveryCode};
use crate::domain::session::SessionId;
use crate::domain::totp::TotpSecret;
use crate::store::{self, Store, Writes};
use crate::vault::{self, Vault, random};

/// How long a secret waits on its page for the first code.
pub const ENROLMENT_LASTS: Duration = Duration::minutes(30);
/// What the page of all this is called.
const PAGE: &str = "account/security";

/// Why a code does not count.
#[derive(Debug, Error)]
pub enum CodeError {
    /// It is wrong, of another time, or was used before.
    #[error(
        "that code is wrong, too old, or was used before; wait for the next one, and check the clock of your phone"
    )]
    Wrong,
    /// It is a recovery code that is wrong, or was used before.
    #[error("that recovery code is wrong, or was used before; each has sixteen letters and digits, and works once")]
    WrongRecovery,
    /// The account has none.
    #[error("the account has no second factor")]
    NotEnrolled,
    /// The secrets in the database can't be opened.
    #[error(
        "the server can't open its secrets, so only recovery codes work; the administrator must restore its `assay.key`"
    )]
    Sealed,
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Why a second factor is not enrolled or changed.
#[derive(Debug, Error)]
pub enum Error {
    /// The code does not count.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// There is no such account.
    #[error("there is no account `{0}`")]
    Unknown(AccountName),
    /// No enrolment waits for a code.
    #[error("the enrolment took too long; begin it again")]
    NotBegun,
    /// The password.
    #[error(transparent)]
    SignIn(#[from] sign_in::Error),
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The vault, or no random bytes.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The server has no key to seal secrets with.
    #[error("the server can't seal secrets; the administrator must restore its `assay.key`")]
    Sealed,
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// What the secret is sealed for: the account is part of it, so that a row can't be moved to another account.
fn purpose(account: &AccountName) -> String {
    format!("totp {}", account.key())
}

/// Whether `code` is one of the account's second factor, or an unused recovery code. Either counts once.
///
/// # Errors
/// [`CodeError`].
pub fn check(
    writes: &mut Writes<'_>,
    vault: Option<&Vault>,
    account: &Account,
    code: &str,
    now: OffsetDateTime,
) -> Result<(), CodeError> {
    let factor = writes.second_factor(account.id)?.ok_or(CodeError::NotEnrolled)?;
    if RecoveryCode::is_meant_by(code) {
        let recovery = code.parse::<RecoveryCode>().map_err(|_| CodeError::WrongRecovery)?;
        if !writes.use_recovery_code(account.id, &recovery.hash().0, now)? {
            return Err(CodeError::WrongRecovery);
        }
        let left = writes.unused_recovery_codes(account.id)?;
        tell_security(writes, account, &format!("A recovery code of yours was used; {left} are left."), PAGE, now)?;
        return Ok(());
    }
    let secret = open(vault, account, &factor.sealed_secret)?;
    let step = secret.check(code, now.unix_timestamp(), factor.last_step).ok_or(CodeError::Wrong)?;
    Ok(writes.set_last_step(account.id, step)?)
}

fn open(vault: Option<&Vault>, account: &Account, sealed: &[u8]) -> Result<TotpSecret, CodeError> {
    let opened = vault.and_then(|vault| vault.open(&purpose(&account.name), sealed).ok()).ok_or(CodeError::Sealed)?;
    TotpSecret::try_from(opened.as_slice()).map_err(|_| CodeError::Sealed)
}

/// Begins an enrolment: the secret that the phone is to be given. The password was asked for again. An account that has a
/// factor already must have given a code of it.
///
/// # Errors
/// [`enum@Error`].
pub fn begin(app: &App, actor: &Actor, password: &TestedPassword, now: OffsetDateTime) -> Result<TotpSecret, Error> {
    let vault = app.vault().ok_or(Error::Sealed)?;
    let secret = TotpSecret::from_random(&random()?);
    app.store.write(|w| {
        let account = password.holder(w)?;
        let session = authorize_change(w, actor, &account, now)?.session().ok_or(Error::NotBegun)?;
        let sealed = vault.seal(&purpose(&account.name), secret.as_bytes())?;
        Ok::<_, Error>(w.begin_enrolment(account.id, session, &sealed, now)?)
    })?;
    Ok(secret)
}

/// The secret of an enrolment that began and waits for its first code: a page that is loaded again shows the same one. Only
/// in the session that gave the password: whoever sits in another one must not get a copy.
///
/// # Errors
/// [`Error::NotBegun`].
pub fn begun(app: &App, actor: &Actor, account: &Account, now: OffsetDateTime) -> Result<TotpSecret, Error> {
    app.store.read(|r| {
        let by = authorize_change(r, actor, account, now)?;
        let sealed = waiting(r, &by, account, now)?;
        Ok(open(app.vault(), account, &sealed)?)
    })
}

/// The sealed secret that waits for its first code in this session.
fn waiting(
    reads: &store::Reads<'_>,
    by: &Authorized,
    account: &Account,
    now: OffsetDateTime,
) -> Result<Vec<u8>, Error> {
    let session = by.session().ok_or(Error::NotBegun)?;
    let (sealed, began) = reads.enrolment(account.id, session)?.ok_or(Error::NotBegun)?;
    if now - began < ENROLMENT_LASTS { Ok(sealed) } else { Err(Error::NotBegun) }
}

/// Finishes an enrolment by the first code, which does not make the session a second-factor one. All sessions of the account
/// are told; where it took the place of another factor, the other sessions end. Returns the recovery codes.
///
/// # Errors
/// [`enum@Error`].
pub fn finish(
    app: &App,
    actor: &Actor,
    account: &Account,
    code: &str,
    now: OffsetDateTime,
) -> Result<[RecoveryCode; RECOVERY_CODES], Error> {
    let codes = new_codes()?;
    app.store.write(|w| {
        let by = authorize_change(w, actor, account, now)?;
        let sealed = waiting(w, &by, account, now)?;
        let secret = open(app.vault(), account, &sealed)?;
        let step = secret.check(code, now.unix_timestamp(), 0).ok_or(CodeError::Wrong)?;
        let replaced = w.second_factor(account.id)?.is_some();
        w.enrol(account.id, &sealed, step, now)?;
        w.set_recovery_codes(account.id, &hashes(&codes))?;
        if replaced {
            w.end_sessions(account.id, by.session())?;
        }
        let what = if replaced { "replaced" } else { "enrolled" };
        tell_security(w, account, &format!("A second factor was {what} for your account."), PAGE, now)?;
        by.audit(w, now, "second-factor.enrol", account.name.as_str(), if replaced { "replaced" } else { "" })?;
        Ok(codes)
    })
}

/// Makes new recovery codes; the old ones are void.
///
/// # Errors
/// [`enum@Error`].
pub fn new_recovery_codes(
    app: &App,
    actor: &Actor,
    account: &Account,
    now: OffsetDateTime,
) -> Result<[RecoveryCode; RECOVERY_CODES], Error> {
    let codes = new_codes()?;
    app.store.write(|w| {
        let by = authorize(w, actor, Action::ChangeSecondFactor, Some(account), now)?;
        w.set_recovery_codes(account.id, &hashes(&codes))?;
        w.end_sessions(account.id, by.session())?;
        tell_security(w, account, "New recovery codes were made for your account; the old ones are void.", PAGE, now)?;
        by.audit(w, now, "second-factor.recovery-codes", account.name.as_str(), "")?;
        Ok(codes)
    })
}

/// Removes one's own second factor. All other sessions end.
///
/// # Errors
/// [`enum@Error`].
pub fn remove(app: &App, actor: &Actor, account: &Account, now: OffsetDateTime) -> Result<(), Error> {
    app.store.write(|w| {
        let by = authorize(w, actor, Action::ChangeSecondFactor, Some(account), now)?;
        remove_in(w, account, by.session(), now)?;
        Ok(by.audit(w, now, "second-factor.remove", account.name.as_str(), "")?)
    })
}

/// Removes somebody else's second factor, which they have lost: for whoever runs the server. All their sessions end.
///
/// # Errors
/// An unknown account, or one without a factor.
pub fn reset(store: &Store, name: &AccountName, actor: &Actor, now: OffsetDateTime) -> Result<(), Error> {
    store.write(|w| {
        let by = authorize(w, actor, Action::ChangeServer, None, now)?;
        let account = w.account(name)?.ok_or_else(|| Error::Unknown(name.clone()))?;
        w.second_factor(account.id)?.ok_or(CodeError::NotEnrolled)?;
        remove_in(w, &account, None, now)?;
        Ok(by.audit(w, now, "second-factor.remove", account.name.as_str(), "")?)
    })
}

/// Takes a factor away and ends all sessions but `except`: for whoever has proven that they may.
pub(super) fn remove_in(
    w: &mut Writes<'_>,
    account: &Account,
    except: Option<SessionId>,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    w.remove_second_factor(account.id)?;
    w.end_sessions(account.id, except)?;
    tell_security(w, account, "The second factor of your account was removed.", PAGE, now)
}

/// The first factor is enrolled by whoever holds the session and the password; another one needs a code of the first.
fn authorize_change(
    reads: &store::Reads<'_>,
    actor: &Actor,
    account: &Account,
    now: OffsetDateTime,
) -> Result<Authorized, Error> {
    let enrolled = reads.second_factor(account.id)?.is_some();
    let action = if enrolled { Action::ChangeSecondFactor } else { Action::SecureOneself };
    Ok(authorize(reads, actor, action, Some(account), now)?)
}

fn new_codes() -> Result<[RecoveryCode; RECOVERY_CODES], vault::Error> {
    let bytes = Zeroizing::new(random::<100>()?);
    let mut codes = [[0u8; 10]; RECOVERY_CODES];
    for (code, random) in codes.iter_mut().zip(bytes.chunks_exact(10)) {
        code.copy_from_slice(random);
    }
    Ok(RecoveryCode::set(&codes))
}

fn hashes(codes: &[RecoveryCode; RECOVERY_CODES]) -> Vec<[u8; 32]> {
    codes.iter().map(|code| code.hash().0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::Denied;
    use crate::feed::test_server::{HERE, NOW, TestServer, code, rules, steps};

    /// A session that gave the code of `steps` steps after [`NOW`].
    fn second_factor_session(server: &TestServer, account: &Account, secret: &TotpSecret, later: i64) -> Actor {
        let now = NOW + steps(later);
        let id = server.session(&server.sign_in(account, now).token).unwrap().id;
        let token = sign_in::with_code(&server.app, id, &code(secret, now), &rules(), HERE, now).unwrap();
        Actor::Session(server.actor_of(&token))
    }

    #[test]
    fn an_enrolment_is_for_the_session_that_gave_the_password_and_for_half_an_hour() {
        let server = TestServer::new();
        let (app, ann) = (&server.app, server.user("ann"));
        let (here, there) = (server.actor(&ann, NOW), server.actor(&ann, NOW));
        let secret = begin(app, &here, &server.tested(&ann.name), NOW).unwrap();
        assert_eq!(begun(app, &here, &ann, NOW).unwrap().as_bytes(), secret.as_bytes());
        assert!(matches!(begun(app, &there, &ann, NOW), Err(Error::NotBegun)));
        assert!(matches!(finish(app, &there, &ann, &code(&secret, NOW), NOW), Err(Error::NotBegun)));
        let late = NOW + ENROLMENT_LASTS;
        assert!(matches!(finish(app, &here, &ann, &code(&secret, late), late), Err(Error::NotBegun)));
        assert!(matches!(finish(app, &here, &ann, "000000", NOW), Err(Error::Code(CodeError::Wrong))));
        finish(app, &here, &ann, &code(&secret, NOW), NOW).unwrap();
        assert!(matches!(begun(app, &here, &ann, NOW), Err(Error::Refused(Refused::Denied(Denied::GiveCode)))));
        assert_eq!(server.told(&ann), ["A second factor was enrolled for your account."]);
    }

    #[test]
    fn enrolling_makes_no_second_factor_session_and_leaves_the_others_signed_in() {
        let server = TestServer::new();
        let ann = server.user("ann");
        let there = server.sign_in(&ann, NOW);
        let here = server.sign_in(&ann, NOW);
        let actor = Actor::Session(server.actor_of(&here.token));
        let secret = begin(&server.app, &actor, &server.tested(&ann.name), NOW).unwrap();
        finish(&server.app, &actor, &ann, &code(&secret, NOW), NOW).unwrap();
        assert!(server.session(&there.token).is_some());
        assert_eq!(server.session(&here.token).unwrap().times.second_factor_at, None);
        assert!(matches!(
            new_recovery_codes(&server.app, &actor, &ann, NOW),
            Err(Error::Refused(Refused::Denied(Denied::GiveCode)))
        ));
        assert!(matches!(
            remove(&server.app, &actor, &ann, NOW),
            Err(Error::Refused(Refused::Denied(Denied::GiveCode)))
        ));
    }

    #[test]
    fn another_phone_needs_a_code_of_the_first_and_ends_the_other_sessions() {
        let server = TestServer::new();
        let (app, ann) = (&server.app, server.user("ann"));
        let (first, codes) = server.enrol(&ann, NOW);
        let stolen = server.actor(&ann, NOW);
        assert!(matches!(begin(app, &stolen, &server.tested(&ann.name), NOW), Err(Error::Refused(_))));
        let actor = second_factor_session(&server, &ann, &first, 1);
        let other = second_factor_session(&server, &ann, &first, 2);
        let now = NOW + steps(2);
        let second = begin(app, &actor, &server.tested(&ann.name), now).unwrap();
        assert!(server.sign_in(&ann, now).code_awaited, "until it is proven the first one counts");
        finish(app, &actor, &ann, &code(&second, now), now).unwrap();
        let Actor::Session(other) = other else { panic!() };
        assert!(app.store.read(|r| r.session(other.id)).unwrap().is_none());
        let id = server.session(&server.sign_in(&ann, now).token).unwrap().id;
        let tried = |dead: &str| match sign_in::with_code(app, id, dead, &rules(), HERE, now + steps(1)) {
            Err(sign_in::Error::Code(error)) => error,
            other => panic!("{other:?}"),
        };
        assert!(matches!(tried(&code(&first, now + steps(1))), CodeError::Wrong));
        assert!(matches!(tried(&codes[0]), CodeError::WrongRecovery));
        assert_eq!(server.told(&ann)[0], "A second factor was replaced for your account.");
    }

    #[test]
    fn new_recovery_codes_void_the_old() {
        let server = TestServer::new();
        let (app, ann) = (&server.app, server.user("ann"));
        let (secret, old) = server.enrol(&ann, NOW);
        let actor = second_factor_session(&server, &ann, &secret, 1);
        let now = NOW + steps(1);
        let new = new_recovery_codes(app, &actor, &ann, now).unwrap();
        assert_eq!(app.store.read(|r| r.unused_recovery_codes(ann.id)).unwrap(), 10);
        let id = server.session(&server.sign_in(&ann, now).token).unwrap().id;
        let try_code = |code: &str| sign_in::with_code(app, id, code, &rules(), HERE, now);
        assert!(try_code(&old[0]).is_err());
        assert!(try_code(&new[0].reveal()).is_ok());
    }

    #[test]
    fn removing_it_ends_the_other_sessions_and_is_on_the_record() {
        let server = TestServer::new();
        let (app, ann) = (&server.app, server.user("ann"));
        let (secret, _) = server.enrol(&ann, NOW);
        let other = server.sign_in(&ann, NOW);
        let actor = second_factor_session(&server, &ann, &secret, 1);
        remove(app, &actor, &ann, NOW + steps(1)).unwrap();
        assert!(server.session(&other.token).is_none());
        assert!(!server.sign_in(&ann, NOW).code_awaited);
        assert_eq!(server.audited()[0].0, "second-factor.remove");
        // The session that stays gave a code of the old factor; one of the next it has yet to give.
        let Actor::Session(stays) = &actor else { panic!("{actor:?}") };
        let session = app.store.read(|r| r.session(stays.id)).unwrap().unwrap();
        assert!(!session.times.has_second_factor(&rules(), NOW + steps(1)));
    }

    #[test]
    fn a_sealed_secret_that_was_moved_to_another_account_opens_nothing() {
        let server = TestServer::new();
        let (app, ann, bob) = (&server.app, server.user("ann"), server.user("bob"));
        let (secret, _) = server.enrol(&ann, NOW);
        let sealed = app.store.read(|r| r.second_factor(ann.id)).unwrap().unwrap().sealed_secret;
        app.store.write(|w| w.enrol(bob.id, &sealed, 0, NOW)).unwrap();
        let checked = app.store.write(|w| check(w, app.vault(), &bob, &code(&secret, NOW), NOW));
        assert!(matches!(checked, Err(CodeError::Sealed)));
    }

    #[test]
    fn the_owner_of_the_machine_resets_a_lost_one_and_nobody_without_a_code_does() {
        let server = TestServer::new();
        let (store, ann, root) = (&server.app.store, server.user("ann"), server.administrator("root"));
        assert!(matches!(reset(store, &ann.name, &Actor::CommandLine, NOW), Err(Error::Code(CodeError::NotEnrolled))));
        server.enrol(&ann, NOW);
        let denied = reset(store, &ann.name, &server.actor(&root, NOW), NOW);
        assert!(matches!(denied, Err(Error::Refused(Refused::Denied(Denied::Enrol)))));
        reset(store, &ann.name, &Actor::CommandLine, NOW).unwrap();
        assert!(!server.sign_in(&ann, NOW).code_awaited);
    }
}
