//! Limiting a registration to package IDs: for others its account counts as if it had not registered it.

use time::OffsetDateTime;

use super::foreseen::Foreseen;
use super::removing::{registered, unknown};
use super::{Effects, Error, Meant, existing, expect_few, expect_few_different, only_for, settled, told};
use crate::config::Config;
use crate::domain::account::{Account, AccountName};
use crate::domain::certificate::{each_once, same_patterns};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::domain::permission::Action;
use crate::domain::visible::brief;
use crate::feed::authority::{Actor, authorize};
use crate::feed::revocation::CERTIFICATES;
use crate::store::{Reads, Store, Writes};

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
    config: &Config,
    account: &AccountName,
    fingerprint: &Fingerprint,
    patterns: &[Pattern],
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Effects, Error> {
    let account = existing(reads, account)?;
    authorize(reads, actor, Action::ManageCertificates, Some(&account), now)?;
    registered(reads, &account, fingerprint, now)?;
    Ok(foresee(reads, config, &account, fingerprint, patterns, now)?.effects)
}

/// Limits a registration to `patterns`; none means all package IDs.
///
/// # Errors
/// [`Error::Unknown`], [`Error::TooManyPatterns`], [`Error::TooManyAccountPatterns`]; [`Error::OpensToUnsigned`] and
/// [`Error::Unsignable`] when that was not confirmed.
#[expect(clippy::too_many_arguments, reason = "what is limited to what, who says so, and what of it was read")]
pub fn limit(
    store: &Store,
    config: &Config,
    account: &AccountName,
    fingerprint: &Fingerprint,
    patterns: &[Pattern],
    meant: Meant<'_>,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Limited, Error> {
    expect_few(patterns)?;
    let patterns = each_once(patterns);
    let order = Order { config, account, fingerprint, patterns: &patterns, meant, actor, now };
    settled(|| {
        let foreseen = store.read(|r| {
            let account = existing(r, account)?;
            authorize(r, actor, Action::ManageCertificates, Some(&account), now)?;
            registered(r, &account, fingerprint, now)?;
            foresee(r, config, &account, fingerprint, &patterns, now)
        })?;
        store.write(|w| Order::carry_out(&order, w, &foreseen))
    })
}

/// What is to be limited to what, and by whom.
pub(super) struct Order<'a> {
    pub config: &'a Config,
    pub account: &'a AccountName,
    pub fingerprint: &'a Fingerprint,
    pub patterns: &'a [Pattern],
    pub meant: Meant<'a>,
    pub actor: &'a Actor,
    pub now: OffsetDateTime,
}

impl Order<'_> {
    /// `None` when something else is to be foreseen by now.
    pub fn carry_out(&self, w: &mut Writes<'_>, foreseen: &Foreseen) -> Result<Option<Limited>, Error> {
        let Self { fingerprint, patterns, actor, now, .. } = *self;
        let account = existing(w, self.account)?;
        let by = authorize(w, actor, Action::ManageCertificates, Some(&account), now)?;
        let row = registered(w, &account, fingerprint, now)?;
        if same_patterns(&row.patterns, patterns) {
            return Ok(Some(Limited { changed: false, effects: Effects::default() }));
        }
        if !foreseen.holds(w, self.config, &account)? {
            return Ok(None);
        }
        let effects = foreseen.effects.clone();
        effects.expect_meant(self.meant)?;
        if !w.limit_certificate(account.id, fingerprint, patterns.to_vec())? {
            return Err(unknown(&account, fingerprint));
        }
        w.advance(CERTIFICATES, now)?;
        let done = format!("{} changed for which package IDs a certificate of {} counts", by.name(), account.name);
        effects.follow(w, &by, &done, now)?;
        told::account(w, &account, &by, &format!("{done}: {}.", brief(&row.subject)), now)?;
        let limits = if patterns.is_empty() { "; for all package IDs".to_owned() } else { only_for(patterns) };
        let detail = format!("{fingerprint} {}{limits}", brief(&row.subject));
        by.audit(w, now, "certificate.limit", account.name.as_str(), &detail)?;
        Ok(Some(Limited { changed: true, effects }))
    }
}

fn foresee(
    reads: &Reads<'_>,
    config: &Config,
    account: &Account,
    fingerprint: &Fingerprint,
    patterns: &[Pattern],
    now: OffsetDateTime,
) -> Result<Foreseen, Error> {
    let before = reads.registered_certificates(account.id, now)?;
    let mut after = before.clone();
    for certificate in after.iter_mut().filter(|certificate| certificate.fingerprint == *fingerprint) {
        certificate.patterns = patterns.into();
    }
    expect_few_different(&before, &after)?;
    Ok(Foreseen::between(reads, config, account, &before, &after, now)?)
}
