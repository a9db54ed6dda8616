//! Registering the certificate of a refused package straight from its verdict, for an owner whom that would help.
//!
//! The certificate came with the package, so whoever pushed chose it and what it calls itself. It proves nothing: the person
//! who registers it compares the fingerprint.

use thiserror::Error;
use time::OffsetDateTime;

use super::find;
use super::standing::{Case, Settled, not_theirs};
use crate::app::App;
use crate::domain::account::{Account, AccountId, AccountKind, AccountName};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::pattern::Pattern;
use crate::domain::verdict::{VerdictNumber, would_help};
use crate::feed::authority::{self, Actor};
use crate::feed::certificates::{self, Effects, NewRegistrations, UploadedFile};
use crate::store::certificates::KeptRegistration;
use crate::store::verdicts::KeptVerdict;
use crate::store::{self, Reads};

/// Why a certificate is not registered from a verdict.
#[derive(Debug, Error)]
pub enum Error {
    /// There is no such verdict, or not for them.
    #[error("there is no such verdict; it is kept for some days only")]
    Unknown,
    /// The package of the verdict is not helped by it.
    #[error("registering the certificate for `{0}` would not let this package in; look at the verdict again")]
    NoHelp(AccountName),
    /// The ID can't be a pattern.
    #[error("the ID can't be used as a pattern; register the certificate on the account's page")]
    Pattern,
    /// The certificate.
    #[error(transparent)]
    Certificates(#[from] certificates::Error),
    /// Whoever asks is not signed in any more.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// For which package IDs a certificate is registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// The ID of the verdict alone.
    ThisId,
    /// All that begin like it, up to its last dot.
    Prefix,
    /// All.
    All,
}

/// What can be done about a certificate that was not registered.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// The accounts that `viewer` manages and that it would help to register it for.
    pub accounts: Vec<AccountName>,
    /// Of those that `viewer` manages, the accounts that have registered it for other package IDs.
    pub elsewhere: Vec<AccountName>,
    /// Why the package would be in order by now; `None` while it would not.
    pub settled: Option<Settled>,
    /// Whether nothing helps whoever was refused, as the ID is somebody else's by now.
    pub not_theirs: bool,
    /// Of `accounts`, those that had registered it and removed it.
    pub removed: Vec<Removed>,
    /// Whether nobody has certificates that count for this ID: with the first one, unsigned packages are refused.
    pub first: bool,
}

/// A registration that was removed.
#[derive(Debug, Clone)]
pub struct Removed {
    /// By which account.
    pub account: AccountName,
    /// When.
    pub at: OffsetDateTime,
    /// For which package IDs it counted; for all if there are none.
    pub patterns: Vec<Pattern>,
}

/// Whether `account`, a user who asked, may register the certificate of a verdict for an owner whom that helps.
///
/// # Errors
/// What the store says.
pub fn registrable(
    reads: &Reads<'_>,
    app: &App,
    account: AccountId,
    number: VerdictNumber,
    now: OffsetDateTime,
) -> Result<bool, store::Error> {
    let account = reads.account_by_id(account)?;
    // The key of an organization is nobody's: no person stands behind it who could.
    if account.kind != AccountKind::User {
        return Ok(false);
    }
    let Some(verdict) = reads.verdict(number, now)? else { return Ok(false) };
    Ok(!offer(reads, app, &account, &verdict, now)?.accounts.is_empty())
}

/// What somebody may do about a verdict, as things are now.
///
/// # Errors
/// What the store says.
pub fn offer(
    reads: &Reads<'_>,
    app: &App,
    viewer: &Account,
    verdict: &KeptVerdict,
    now: OffsetDateTime,
) -> Result<Offer, store::Error> {
    let policy = app.policy(reads.policy()?);
    let Some(case) = Case::read(reads, &policy, verdict, now)? else {
        return Ok(Offer { not_theirs: not_theirs(reads, verdict)?, ..Offer::default() });
    };
    let settled = case.settled(&verdict.explained);
    let first = case.owners.iter().all(|owner| owner.certificates.is_empty());
    let mut offer = Offer { settled, first, ..Offer::default() };
    let kept = !reads.verdict_certificates(verdict.number)?.is_empty();
    let missing = case.to_register(&verdict.explained).filter(|_| kept);
    for (account, fingerprint) in case.accounts.iter().zip(missing.iter().cycle()) {
        let helps = would_help(&case.owners, &case.choice, fingerprint, &account.name);
        if account.disabled || !helps || !authority::relation(reads, viewer, account)?.manages() {
            continue;
        }
        let registered = reads.registered_certificates(account.id, now)?;
        let known = registered.iter().any(|certificate| certificate.fingerprint == *fingerprint);
        if let Some(KeptRegistration { patterns, removed_at: Some(at) }) =
            reads.certificate_registration(account.id, fingerprint)?
        {
            offer.removed.push(Removed { account: account.name.clone(), at, patterns });
        }
        let accounts = if known { &mut offer.elsewhere } else { &mut offer.accounts };
        accounts.push(account.name.clone());
    }
    Ok(offer)
}

/// A certificate that was registered from a verdict.
#[derive(Debug)]
pub struct Done {
    /// Which.
    pub fingerprint: Fingerprint,
    /// What that does to packages of the account.
    pub effects: Effects,
}

/// Registers the certificate of a verdict for `account`. It must be one that this would help.
///
/// # Errors
/// A verdict that is not there for `actor`, an account that it does not help, a certificate that can't be registered.
pub fn register(
    app: &App,
    number: VerdictNumber,
    account: &AccountName,
    limit: Limit,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Done, Error> {
    let (patterns, certificates) = app.store.read(|r| {
        let verdict = seen(r, number, actor, now)?;
        let case = Case::read(r, &app.policy(r.policy()?), &verdict, now)?;
        let helps = |case: &Case| {
            let missing = case.to_register(&verdict.explained);
            missing.is_some_and(|fingerprint| would_help(&case.owners, &case.choice, &fingerprint, account))
        };
        if !case.as_ref().is_some_and(helps) {
            return Err(Error::NoHelp(account.clone()));
        }
        let id = verdict.id.as_ref().ok_or(Error::Unknown)?;
        Ok((patterns(id, limit)?, r.verdict_certificates(number)?))
    })?;
    let files: Vec<UploadedFile<'_>> =
        certificates.iter().map(|bytes| UploadedFile::whole("the package", bytes)).collect();
    // Its own certificate, and those that came with it and complete its chain.
    let (files, chain) = files.split_at_checked(1).ok_or(Error::Unknown)?;
    let new = NewRegistrations { account, files, chain, patterns: &patterns };
    let report = certificates::register_all(&app.store, &app.config, &app.answers, &new, actor, now)?;
    let verdict = report.verdicts.into_iter().next().ok_or(Error::Unknown)?;
    let registered = verdict.result.map_err(certificates::Error::from)?;
    Ok(Done { fingerprint: registered.certificate.fingerprint(), effects: report.effects })
}

fn seen(reads: &Reads<'_>, number: VerdictNumber, actor: &Actor, now: OffsetDateTime) -> Result<KeptVerdict, Error> {
    let verdict = match actor {
        Actor::CommandLine | Actor::Server => reads.verdict(number, now)?,
        Actor::Session(session) => {
            let account = authority::live_session(reads, session, now)?.account;
            find(reads, &account, number, now)?.map(|found| found.verdict)
        }
    };
    verdict.ok_or(Error::Unknown)
}

fn patterns(id: &PackageId, limit: Limit) -> Result<Vec<Pattern>, Error> {
    let pattern = match limit {
        Limit::All => return Ok(Vec::new()),
        Limit::ThisId => id.as_str().to_owned(),
        Limit::Prefix => prefix(id).ok_or(Error::Pattern)?,
    };
    Ok(vec![pattern.parse().map_err(|_| Error::Pattern)?])
}

/// The pattern of all IDs that begin like this one, up to its last dot; `None` for an ID without one.
#[must_use]
pub fn prefix(id: &PackageId) -> Option<String> {
    let (beginning, _) = id.as_str().rsplit_once('.')?;
    Some(format!("{beginning}.*"))
}
