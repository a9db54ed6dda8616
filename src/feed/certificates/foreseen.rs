//! What a change of an account's certificates would do to its package IDs, found out before the transaction of the change: an
//! account may have hundreds of patterns and thousands of IDs, and others wait while it writes.

use std::collections::HashMap;

use time::OffsetDateTime;

use super::effects::{Effects, StillAccepted};
use super::sides::Side;
use crate::config::Config;
use crate::domain::account::{Account, AccountId};
use crate::domain::certificate::{CertificateStatus, RegisteredCertificate};
use crate::domain::coverage::{Coverage, CoverageChange};
use crate::domain::package_id::PackageId;
use crate::domain::push_rule::{Accepted, Owner, RequiredSigner, Signed, decide};
use crate::domain::regime::{Regime, Regimes};
use crate::domain::required_signer::Rule;
use crate::domain::signature_change::SignatureChange;
use crate::feed::required_signer::becomes;
use crate::feed::revocation::CERTIFICATES;
use crate::store::registrations::OwnedRegistration;
use crate::store::{self, Reads};

/// Effects, with what they were made of.
#[derive(Debug)]
pub(super) struct Foreseen {
    pub effects: Effects,
    account: AccountId,
    registered: Registered,
    /// `None` where they play no part.
    ground: Option<Ground>,
}

/// What an account owns, and for which IDs the rule is enforced.
#[derive(Debug, PartialEq, Eq)]
struct Ground {
    owned: Vec<OwnedRegistration>,
    regimes: Regimes,
}

impl Ground {
    fn read(reads: &Reads<'_>, config: &Config, account: AccountId) -> Result<Self, store::Error> {
        let regimes = Regimes::of(&config.effective(reads.policy()?));
        Ok(Self { owned: reads.registrations_of(account)?, regimes })
    }
}

/// The registrations that play a part: the account's, and those of whoever owns a package with it.
#[derive(Debug)]
struct Registered {
    generation: Vec<u8>,
    at: OffsetDateTime,
    of: HashMap<AccountId, Vec<RegisteredCertificate>>,
}

impl Registered {
    /// Whether they are the same still. Others register and remove all the time, and one of them could do so without end: where
    /// anything changed at all, those that matter are compared.
    fn are_current(&self, reads: &Reads<'_>) -> Result<bool, store::Error> {
        if self.generation == generation(reads)? {
            return Ok(true);
        }
        for (account, registered) in &self.of {
            if reads.registered_certificates(*account, self.at)? != *registered {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Foreseen {
    /// What comes of it when the registrations of `account` that are not removed go from `before` to `after`.
    ///
    /// # Errors
    /// What the store says.
    pub fn between(
        reads: &Reads<'_>,
        config: &Config,
        account: &Account,
        before: &[RegisteredCertificate],
        after: &[RegisteredCertificate],
        now: OffsetDateTime,
    ) -> Result<Self, store::Error> {
        let of = HashMap::from([(account.id, before.to_vec())]);
        let mut registered = Registered { generation: generation(reads)?, at: now, of };
        // What is demanded hangs on who has certificates, not on which; who can push on the active ones.
        let counted = CoverageChange::between(&Coverage::of(before), &Coverage::of(after));
        let active = CoverageChange::between(&Coverage::of_active(before), &Coverage::of_active(after));
        let lessened = Lessened::between(before, after);
        if counted.is_nothing() && active.is_nothing() && lessened.is_none() {
            return Ok(Self { effects: Effects::default(), account: account.id, registered, ground: None });
        }
        let ground = Ground::read(reads, config, account.id)?;
        let concerns = |id: &PackageId| {
            counted.concerns(id) || active.concerns(id) || lessened.as_ref().is_some_and(|it| it.concerns(id))
        };
        let concerned: Vec<_> = ground.owned.iter().filter(|it| concerns(&it.registration.package_id)).collect();
        // Owners, each looked up once: they may share thousands of IDs.
        let mut others: HashMap<AccountId, Vec<RegisteredCertificate>> = HashMap::new();
        for (owner, _) in concerned.iter().flat_map(|it| &it.owners) {
            if *owner != account.id && !others.contains_key(owner) {
                others.insert(*owner, reads.registered_certificates(*owner, now)?);
            }
        }
        let about = lessened.as_ref().map(|it| it.before.fingerprint);
        let was = Side::of(account.id, before, &others, about);
        let becomes = Side::of(account.id, after, &others, about);
        let mut effects = Effects::default();
        effects.lenient_server = lessened.is_some() && !ground.regimes.enforced_by_default();
        for one in concerned {
            let case = Case { one, regime: ground.regimes.regime(&one.registration.package_id) };
            let (was, then) = (was.who_has(one), becomes.who_has(one));
            case.note(&mut effects, &was, &then, || becomes.owners(one));
            if let Some(lessened) = lessened.as_ref().filter(|it| it.concerns(&one.registration.package_id)) {
                let why = case.still_accepted(&then, &lessened.before);
                effects.still_accepted.extend(why.map(|why| (one.registration.package_id.clone(), why)));
            }
        }
        registered.of.extend(others);
        Ok(Self { effects, account: account.id, registered, ground: Some(ground) })
    }

    /// Whether it is still what would come of it. Only this is for the transaction of the change.
    ///
    /// # Errors
    /// What the store says.
    pub fn holds(&self, reads: &Reads<'_>, config: &Config, account: &Account) -> Result<bool, store::Error> {
        if self.account != account.id || !self.registered.are_current(reads)? {
            return Ok(false);
        }
        match &self.ground {
            Some(ground) => Ok(*ground == Ground::read(reads, config, account.id)?),
            None => Ok(true),
        }
    }
}

fn generation(reads: &Reads<'_>) -> Result<Vec<u8>, store::Error> {
    Ok(reads.meta(CERTIFICATES)?.unwrap_or_default())
}

/// A certificate that is removed, or counts for other IDs than before. There is one at most: each change is about one, or adds some.
struct Lessened {
    before: RegisteredCertificate,
    after: Option<RegisteredCertificate>,
}

impl Lessened {
    fn between(before: &[RegisteredCertificate], after: &[RegisteredCertificate]) -> Option<Self> {
        let same = |one: &RegisteredCertificate| after.iter().find(|it| it.fingerprint == one.fingerprint).cloned();
        let mut all = before.iter().map(|one| Self { before: one.clone(), after: same(one) });
        all.find(|one| one.after.as_ref() != Some(&one.before))
    }

    /// Whether it counted for `id`, and does so no more.
    fn concerns(&self, id: &PackageId) -> bool {
        self.before.counts_for(id) && !self.after.as_ref().is_some_and(|after| after.counts_for(id))
    }
}

/// One package ID.
struct Case<'a> {
    one: &'a OwnedRegistration,
    regime: Regime,
}

impl Case<'_> {
    fn note(&self, effects: &mut Effects, was: &[Owner], then: &[Owner], all: impl Fn() -> Vec<Owner>) {
        let registration = &self.one.registration;
        let change = SignatureChange::between(was, then, &registration.required_signer).under(self.regime);
        let rule = || becomes(&Rule::of(&all(), &RequiredSigner::AnyOwner), self.regime);
        effects.note(&registration.package_id, change, rule);
    }

    /// Why a package of this ID that is signed with `lessened` is accepted, though that counts no more.
    fn still_accepted(&self, then: &[Owner], lessened: &RegisteredCertificate) -> Option<StillAccepted> {
        use CertificateStatus::{AccountDisabled, Active, Expired};
        let choice = &self.one.registration.required_signer;
        match (self.regime, decide(Signed::ByAuthor(&lessened.fingerprint), then, choice)) {
            (Regime::Enforced, Ok(Accepted::SignedBy(owner))) => Some(StillAccepted::RegisteredBy(owner)),
            (Regime::Enforced, _) => None,
            // Whatever the rule, the signature itself has to be good.
            (regime, _) if matches!(lessened.status, Active | AccountDisabled) => {
                Some(StillAccepted::Unenforced(regime))
            }
            (Regime::Foreign, _) if lessened.status == Expired => Some(StillAccepted::Unenforced(Regime::Foreign)),
            _ => None,
        }
    }
}
