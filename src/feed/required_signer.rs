//! Whose signature the owners of a package ID chose, and what becomes of a choice that is no longer allowed.

mod choosing;
mod plan;
#[cfg(test)]
mod story;

use time::OffsetDateTime;

use super::{audience, notices, owners};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::package_id::PackageId;
use crate::domain::policy::Policy;
use crate::domain::push_rule::{self, Owner, RequiredSigner};
use crate::domain::regime::Regime;
use crate::domain::required_signer::Rule;
use crate::store::audit::By;
use crate::store::registrations::Registration;
use crate::store::{self, Reads, Writes};

pub use choosing::{Choosing, Error, MAX_AT_ONCE, choose};
pub use plan::{Plan, Step};

/// The rule that takes the place of a choice that is forgotten, as a sentence without its ends, and whether it decides.
pub(super) fn becomes(rule: &Rule, regime: Regime) -> String {
    match regime.exception() {
        None => rule.sentence(),
        Some(exception) => format!("{}, but {exception}", rule.sentence()),
    }
}

/// What a push of a package ID would meet now.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The owners, with the registrations that count for the ID.
    pub owners: Vec<Owner>,
    /// The choice that is stored.
    pub chosen: RequiredSigner,
    /// The rule that it makes.
    pub rule: Rule,
    /// Whether that rule decides.
    pub regime: Regime,
}

impl Judgement {
    /// About a package ID at `now`, under the effective `policy`.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(
        reads: &Reads<'_>,
        policy: &Policy,
        registration: &Registration,
        now: OffsetDateTime,
    ) -> Result<Self, store::Error> {
        let owners = with_certificates(reads, &registration.package_id, &reads.owners(registration.id)?, now)?;
        let chosen = registration.required_signer.clone();
        let regime = Regime::of(policy, registration.package_id.as_str());
        Ok(Self { rule: Rule::of(&owners, &chosen), owners, chosen, regime })
    }
}

/// Owners with the registrations that count for `id` at `now`, as the push rule needs them.
///
/// # Errors
/// What the store says.
pub fn with_certificates(
    reads: &Reads<'_>,
    id: &PackageId,
    accounts: &[(AccountId, AccountName)],
    now: OffsetDateTime,
) -> Result<Vec<Owner>, store::Error> {
    let owner = |(account, name): &(AccountId, AccountName)| {
        let mut certificates = reads.registered_certificates(*account, now)?;
        certificates.retain(|certificate| certificate.counts_for(id));
        Ok(Owner { account: name.clone(), certificates })
    };
    accounts.iter().map(owner).collect()
}

/// Deletes the choice if its owners and their certificates, as they are now, do not allow it any more: audit record, notice
/// to the owners, back to *any owner*. `policy` is the effective one. To be called in the transaction that changes them, after that.
///
/// # Errors
/// What the store says.
pub fn forget_if_lapsed(
    w: &mut Writes<'_>,
    policy: &Policy,
    registration: &Registration,
    now: OffsetDateTime,
) -> Result<bool, store::Error> {
    let owners = with_certificates(w, &registration.package_id, &w.owners(registration.id)?, now)?;
    let choice = &registration.required_signer;
    if push_rule::allowed_choice(&owners, choice) == *choice {
        return Ok(false);
    }
    let regime = Regime::of(policy, registration.package_id.as_str());
    forget(w, registration, &becomes(&Rule::of(&owners, &RequiredSigner::AnyOwner), regime), now)?;
    Ok(true)
}

/// Deletes a choice that is known to be no longer allowed. `becomes` says which rule takes its place.
///
/// # Errors
/// What the store says.
pub(super) fn forget(
    w: &mut Writes<'_>,
    registration: &Registration,
    becomes: &str,
    now: OffsetDateTime,
) -> Result<(), store::Error> {
    w.set_required_signer(registration.id, &RequiredSigner::AnyOwner)?;
    let id = registration.package_id.as_str();
    let was = registration.required_signer.described();
    w.audit(now, &By::server(), "package.required-signer-lapsed", id, &format!("{was}; back to any owner"))?;
    let text =
        format!("The choice who must sign {id} ({was}) is no longer possible; any owner may sign again: {becomes}.");
    for person in audience::people(w, &owners::accounts(w, registration)?)? {
        notices::tell(w, &person, &text, &owners::manage_page(registration), now)?;
    }
    Ok(())
}
