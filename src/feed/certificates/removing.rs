//! Removing a registration: what that would do, and doing it. What is signed with it stays on the feed; pushes signed with it fail
//! from then on.

use time::OffsetDateTime;

use super::foreseen::Foreseen;
use super::{Effects, Error, Meant, existing, settled, told};
use crate::config::Config;
use crate::domain::account::{Account, AccountName};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::domain::visible::brief;
use crate::feed::authority::{Actor, authorize};
use crate::feed::revocation::CERTIFICATES;
use crate::store::certificates::Removal;
use crate::store::listed_certificates::ListedCertificate;
use crate::store::{self, Reads, Store, Writes};

/// What became of a registration, and what that does.
#[derive(Debug)]
pub struct Removed {
    /// Whether the row is gone.
    pub removal: Removal,
    /// What it does to the account's packages.
    pub effects: Effects,
}

/// What removing a registration would do. For people who must confirm it.
///
/// # Errors
/// An unknown account, a certificate that is not registered, or it is none of theirs.
pub fn removing(
    reads: &Reads<'_>,
    config: &Config,
    account: &AccountName,
    fingerprint: &Fingerprint,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<(ListedCertificate, Effects), Error> {
    let account = existing(reads, account)?;
    authorize(reads, actor, Action::ManageCertificates, Some(&account), now)?;
    let row = registered(reads, &account, fingerprint, now)?;
    Ok((row, foresee(reads, config, &account, fingerprint, now)?.effects))
}

/// Removes a registration: gone when no version is signed with it, disabled otherwise.
///
/// # Errors
/// [`Error::Unknown`]; [`Error::OpensToUnsigned`] and [`Error::Unsignable`] when that was not confirmed.
pub fn remove(
    store: &Store,
    config: &Config,
    account: &AccountName,
    fingerprint: &Fingerprint,
    meant: Meant<'_>,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Removed, Error> {
    let order = Order { config, account, fingerprint, meant, actor, now };
    settled(|| {
        let foreseen = store.read(|r| {
            let account = existing(r, account)?;
            authorize(r, actor, Action::ManageCertificates, Some(&account), now)?;
            Ok::<_, Error>(foresee(r, config, &account, fingerprint, now)?)
        })?;
        store.write(|w| Order::carry_out(&order, w, &foreseen))
    })
}

/// What is to be removed, and by whom.
pub(super) struct Order<'a> {
    pub config: &'a Config,
    pub account: &'a AccountName,
    pub fingerprint: &'a Fingerprint,
    pub meant: Meant<'a>,
    pub actor: &'a Actor,
    pub now: OffsetDateTime,
}

impl Order<'_> {
    /// `None` when something else is to be foreseen by now.
    pub fn carry_out(&self, w: &mut Writes<'_>, foreseen: &Foreseen) -> Result<Option<Removed>, Error> {
        let Self { fingerprint, now, .. } = *self;
        let account = existing(w, self.account)?;
        let by = authorize(w, self.actor, Action::ManageCertificates, Some(&account), now)?;
        let row = registered(w, &account, fingerprint, now)?;
        if !foreseen.holds(w, self.config, &account)? {
            return Ok(None);
        }
        let effects = foreseen.effects.clone();
        effects.expect_meant(self.meant)?;
        let removal = w.remove_certificate(account.id, fingerprint, now)?;
        let removal = removal.ok_or_else(|| unknown(&account, fingerprint))?;
        w.advance(CERTIFICATES, now)?;
        let done = format!("{} removed a certificate of {}", by.name(), account.name);
        effects.follow(w, &by, &done, now)?;
        told::account(w, &account, &by, &format!("{done}: {}.", brief(&row.subject)), now)?;
        let kept = match removal {
            Removal::Deleted | Removal::Disabled(0) => String::new(),
            Removal::Disabled(1) => "; 1 version signed with it stays".to_owned(),
            Removal::Disabled(versions) => format!("; {versions} versions signed with it stay"),
        };
        let detail = format!("{fingerprint} {}{kept}", brief(&row.subject));
        by.audit(w, now, "certificate.remove", account.name.as_str(), &detail)?;
        Ok(Some(Removed { removal, effects }))
    }
}

pub(super) fn foresee(
    reads: &Reads<'_>,
    config: &Config,
    account: &Account,
    fingerprint: &Fingerprint,
    now: OffsetDateTime,
) -> Result<Foreseen, store::Error> {
    let before = reads.registered_certificates(account.id, now)?;
    let after: Vec<_> = before.iter().filter(|certificate| certificate.fingerprint != *fingerprint).cloned().collect();
    Foreseen::between(reads, config, account, &before, &after, now)
}

/// A registration that is not removed.
pub(super) fn registered(
    reads: &Reads<'_>,
    account: &Account,
    fingerprint: &Fingerprint,
    now: OffsetDateTime,
) -> Result<ListedCertificate, Error> {
    let row = reads.listed_certificate(account.id, fingerprint, now)?;
    row.filter(|row| row.removed_at.is_none()).ok_or_else(|| unknown(account, fingerprint))
}

pub(super) fn unknown(account: &Account, fingerprint: &Fingerprint) -> Error {
    Error::Unknown { account: account.name.clone(), fingerprint: *fingerprint }
}
