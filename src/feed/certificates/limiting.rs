//! Limiting a registration to package IDs: for others its account counts as if it had not registered it.

use time::OffsetDateTime;

use super::removing::{registered, unknown};
use super::{Effects, Error, Meant, existing, expect_few, only_for, told};
use crate::domain::account::{Account, AccountName};
use crate::domain::certificate::{each_once, same_patterns};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::domain::permission::Action;
use crate::domain::visible::visible;
use crate::feed::authority::{Actor, authorize};
use crate::feed::revocation::CERTIFICATES;
use crate::store::{self, Reads, Store};

/// What came of it.
#[derive(Debug)]
pub struct Limited {
    /// Whether anything was changed: they may have been the same before.
    pub changed: bool,
    /// What it does to the account's packages.
    pub effects: Effects,
}

/// What it would do to limit a registration to `patterns`. For people who must confirm it.
///
/// # Errors
/// An unknown account, a certificate that is not registered, or it is none of theirs.
pub fn limiting(
    reads: &Reads<'_>,
    account: &AccountName,
    fingerprint: &Fingerprint,
    patterns: &[Pattern],
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Effects, Error> {
    let account = existing(reads, account)?;
    authorize(reads, actor, Action::ManageCertificates, Some(&account), now)?;
    registered(reads, &account, fingerprint, now)?;
    Ok(effects(reads, &account, fingerprint, patterns, now)?)
}

/// Limits a registration to `patterns`; none means all package IDs.
///
/// # Errors
/// [`Error::Unknown`], [`Error::TooManyPatterns`]; [`Error::OpensToUnsigned`] when that was not confirmed.
pub fn limit(
    store: &Store,
    account: &AccountName,
    fingerprint: &Fingerprint,
    patterns: &[Pattern],
    meant: Meant<'_>,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Limited, Error> {
    expect_few(patterns)?;
    let patterns = each_once(patterns);
    store.write(|w| {
        let account = existing(w, account)?;
        let by = authorize(w, actor, Action::ManageCertificates, Some(&account), now)?;
        let row = registered(w, &account, fingerprint, now)?;
        if same_patterns(&row.patterns, &patterns) {
            return Ok(Limited { changed: false, effects: Effects::default() });
        }
        let effects = effects(w, &account, fingerprint, &patterns, now)?;
        if !effects.are_meant(meant) {
            return Err(Error::OpensToUnsigned(effects.opened));
        }
        if !w.limit_certificate(account.id, fingerprint, patterns.clone())? {
            return Err(unknown(&account, fingerprint));
        }
        w.advance(CERTIFICATES, now)?;
        let done = format!("{} changed for which package IDs a certificate of {} counts", by.name(), account.name);
        effects.follow(w, &by, &done, now)?;
        told::account(w, &account, &by, &format!("{done}: {}.", visible(&row.subject)), now)?;
        let limits = if patterns.is_empty() { "; for all package IDs".to_owned() } else { only_for(&patterns) };
        let detail = format!("{fingerprint} {}{limits}", row.subject);
        by.audit(w, now, "certificate.limit", account.name.as_str(), &detail)?;
        Ok(Limited { changed: true, effects })
    })
}

fn effects(
    reads: &Reads<'_>,
    account: &Account,
    fingerprint: &Fingerprint,
    patterns: &[Pattern],
    now: OffsetDateTime,
) -> Result<Effects, store::Error> {
    let before = reads.registered_certificates(account.id, now)?;
    let mut after = before.clone();
    for certificate in after.iter_mut().filter(|certificate| certificate.fingerprint == *fingerprint) {
        certificate.patterns = patterns.to_vec();
    }
    Effects::between(reads, account, &before, &after, now)
}
