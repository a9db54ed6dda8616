//! What a change of an account's certificates would do to its package IDs, found out before the transaction of the change: an
//! account may have hundreds of patterns and thousands of IDs, and others wait while it writes.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::effects::Effects;
use crate::domain::account::{Account, AccountId, AccountName};
use crate::domain::certificate::RegisteredCertificate;
use crate::domain::coverage::{Coverage, CoverageChange};
use crate::domain::package_id::PackageId;
use crate::domain::push_rule::{Owner, RequiredSigner};
use crate::domain::required_signer::Rule;
use crate::domain::signature_change::SignatureChange;
use crate::feed::revocation::CERTIFICATES;
use crate::store::registrations::OwnedRegistration;
use crate::store::{self, Reads};

/// Effects, with what they were made of.
#[derive(Debug)]
pub(super) struct Foreseen {
    pub effects: Effects,
    account: AccountId,
    certificates: Vec<u8>,
    /// `None` where they play no part.
    owned: Option<Vec<OwnedRegistration>>,
}

impl Foreseen {
    /// What comes of it when the registrations of `account` that are not removed go from `before` to `after`.
    ///
    /// # Errors
    /// What the store says.
    pub fn between(
        reads: &Reads<'_>,
        account: &Account,
        before: &[RegisteredCertificate],
        after: &[RegisteredCertificate],
        now: OffsetDateTime,
    ) -> Result<Self, store::Error> {
        let certificates = generation(reads)?;
        let change = CoverageChange::between(&Coverage::of(before), &Coverage::of(after));
        if change.is_nothing() {
            return Ok(Self { effects: Effects::default(), account: account.id, certificates, owned: None });
        }
        let owned = reads.registrations_of(account.id)?;
        // What is demanded hangs on who has certificates, not on which.
        let concerned = || owned.iter().filter(|it| change.concerns(&it.registration.package_id));
        // Owners, each looked up once: they may share thousands of IDs.
        let mut others: HashMap<AccountId, Vec<RegisteredCertificate>> = HashMap::new();
        for (owner, _) in concerned().flat_map(|it| &it.owners) {
            if *owner != account.id && !others.contains_key(owner) {
                others.insert(*owner, reads.registered_certificates(*owner, now)?);
            }
        }
        let was = Side::of(account.id, before, &others);
        let becomes = Side::of(account.id, after, &others);
        let mut effects = Effects::default();
        for one in concerned() {
            let choice = &one.registration.required_signer;
            let change = SignatureChange::between(&was.who_has(one), &becomes.who_has(one), choice);
            let rule = || Rule::of(&becomes.owners(one), &RequiredSigner::AnyOwner).sentence();
            effects.note(&one.registration.package_id, change, rule);
        }
        Ok(Self { effects, account: account.id, certificates, owned: Some(owned) })
    }

    /// Whether it is still what would come of it. Only this is for the transaction of the change.
    ///
    /// # Errors
    /// What the store says.
    pub fn holds(&self, reads: &Reads<'_>, account: &Account) -> Result<bool, store::Error> {
        if self.account != account.id || self.certificates != generation(reads)? {
            return Ok(false);
        }
        match &self.owned {
            Some(owned) => Ok(*owned == reads.registrations_of(account.id)?),
            None => Ok(true),
        }
    }
}

fn generation(reads: &Reads<'_>) -> Result<Vec<u8>, store::Error> {
    Ok(reads.meta(CERTIFICATES)?.unwrap_or_default())
}

/// All owners' certificates, before the change or after it.
struct Side<'a>(HashMap<AccountId, (&'a [RegisteredCertificate], Coverage<'a>)>);

impl<'a> Side<'a> {
    fn of(
        account: AccountId,
        own: &'a [RegisteredCertificate],
        others: &'a HashMap<AccountId, Vec<RegisteredCertificate>>,
    ) -> Self {
        let others = others.iter().map(|(owner, registered)| (*owner, registered.as_slice()));
        let all = others.chain([(account, own)]);
        Self(all.map(|(owner, registered)| (owner, (registered, Coverage::of(registered)))).collect())
    }

    /// The owners, each with one certificate that counts, if there is one.
    fn who_has(&self, one: &OwnedRegistration) -> Vec<Owner> {
        self.each(one, |_, coverage, id| coverage.registration(id).into_iter().cloned().collect())
    }

    /// The owners with all certificates that count.
    fn owners(&self, one: &OwnedRegistration) -> Vec<Owner> {
        self.each(one, |registered, _, id| registered.iter().filter(|it| it.counts_for(id)).cloned().collect())
    }

    fn each(
        &self,
        one: &OwnedRegistration,
        counting: impl Fn(&[RegisteredCertificate], &Coverage<'_>, &PackageId) -> Vec<RegisteredCertificate>,
    ) -> Vec<Owner> {
        let certificates = |owner: &AccountId| match self.0.get(owner) {
            Some((registered, coverage)) => counting(registered, coverage, &one.registration.package_id),
            None => Vec::new(),
        };
        let owner = |(owner, name): &(AccountId, AccountName)| Owner {
            account: name.clone(),
            certificates: certificates(owner),
        };
        one.owners.iter().map(owner).collect()
    }
}
