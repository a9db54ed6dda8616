//! Second factors: enrolling one, checking its codes, replacing and removing it.

use thiserror::Error;
use time::{Duration, OffsetDateTime};
use zeroize::Zeroizing;

use super::authority::{Actor, Authorized, Refused, authorize};
use super::notices::tell;
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
    if let Ok(recovery) = code.parse::<RecoveryCode>() {
        if !writes.use_recovery_code(account.id, &recovery.hash().0, now)? {
            return Err(CodeError::Wrong);
        }
        let left = writes.unused_recovery_codes(account.id)?;
        tell(writes, account, &format!("A recovery code of yours was used; {left} are left."), PAGE, now)?;
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
        tell(w, account, &format!("A second factor was {what} for your account."), PAGE, now)?;
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
        tell(w, account, "New recovery codes were made for your account; the old ones are void.", PAGE, now)?;
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
    tell(w, account, "The second factor of your account was removed.", PAGE, now)
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
