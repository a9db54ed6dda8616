//! What an explanation needs to know besides the decision: the names, the rule in words, who could change something.
//!
//! It is read after the decision, in a snapshot of its own: it explains, and decides nothing.

use time::OffsetDateTime;

use super::pusher::Pusher;
use crate::app::App;
use crate::domain::account::{AccountId, AccountName};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::policy::Enforcement;
use crate::domain::push_rule::{self, Owner, RequiredSigner};
use crate::domain::required_signer::Rule;
use crate::feed::required_signer;
use crate::store::{self, Reads};

/// The ground of an explanation.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    /// Who pushes.
    pub pusher: AccountId,
    /// For which account.
    pub owner: AccountId,
    /// The name of that.
    pub owner_name: AccountName,
    /// How strictly the rule is taken.
    pub stage: Enforcement,
    /// Whether the ID is other people's.
    pub foreign: bool,
    /// Whether the ID is new.
    pub new_id: bool,
    /// The owners; of a new ID the account that it is pushed for. Without a package nobody.
    pub owners: Vec<Owner>,
    /// Whose signature they chose.
    pub choice: RequiredSigner,
    /// Whether registering a certificate makes up for an unknown root.
    pub accept_untrusted_roots: bool,
    /// Whether anybody runs the server. Who, is nobody's to know who pushes.
    pub has_administrator: bool,
    /// Whether the feed signs what is pushed.
    pub signs: bool,
    /// The owner who has the signer's certificate registered in a way that does not count for this package, if one has.
    pub unheeded: Option<(AccountName, Unheeded)>,
    /// Since when the issuer of the signer's certificate has it on hold, if it has: revoked, but not for good.
    pub held_since: Option<OffsetDateTime>,
}

/// Why a registration does not count for a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unheeded {
    /// It was removed, then.
    Removed(OffsetDateTime),
    /// It is limited to other package IDs.
    OtherIds,
}

impl Ground {
    /// Reads it; `None` when whoever pushed may not push at all any more, and so is told nothing more.
    ///
    /// # Errors
    /// What the store says.
    pub fn read(
        reads: &Reads<'_>,
        app: &App,
        pusher: &Pusher,
        id: Option<&PackageId>,
        signer: Option<&Fingerprint>,
        now: OffsetDateTime,
    ) -> Result<Option<Self>, store::Error> {
        let Some((pusher, owner)) = pusher.parties(reads, now)? else { return Ok(None) };
        let policy = app.policy(reads.policy()?);
        let registration = id.map(|id| reads.registration(id)).transpose()?.flatten();
        let owner_name = reads.account_name(owner)?;
        let accounts = match &registration {
            Some(registration) => reads.owners(registration.id)?,
            None => vec![(owner, owner_name.clone())],
        };
        let owners = id.map(|id| required_signer::with_certificates(reads, id, &accounts, now)).transpose()?;
        let owners = owners.unwrap_or_default();
        let new_id = id.is_some() && registration.is_none();
        let choice = registration.map(|registration| registration.required_signer).unwrap_or_default();
        let unheeded = match signer {
            Some(signer) => unheeded(reads, signer, &accounts, &owners, &choice)?,
            None => None,
        };
        let status = signer.map(|signer| reads.revocation_status(signer)).transpose()?.flatten();
        Ok(Some(Self {
            held_since: status.filter(|status| status.hold).and_then(|status| status.revoked_at),
            pusher,
            owner,
            owner_name,
            stage: id.map_or(policy.enforcement, |id| policy.stage_of(id.as_str())),
            foreign: id.is_some_and(|id| policy.is_foreign(id.as_str())),
            new_id,
            owners,
            choice,
            accept_untrusted_roots: policy.accept_untrusted_roots,
            has_administrator: reads.has_administrator()?,
            signs: app.signing(reads)?.is_some(),
            unheeded,
        }))
    }

    /// Who must sign, as the page says it where the owners choose that.
    pub fn rule(&self) -> Rule {
        Rule::of(&self.owners, &self.choice)
    }

    /// The names of the owners.
    pub fn owner_names(&self) -> Vec<AccountName> {
        self.owners.iter().map(|owner| owner.account.clone()).collect()
    }
}

/// Whose registration of the certificate counts for other package IDs, or counted until it was removed: the first that counts
/// at all, or else the first. Only of those whose registration would be heeded.
fn unheeded(
    reads: &Reads<'_>,
    signer: &Fingerprint,
    accounts: &[(AccountId, AccountName)],
    owners: &[Owner],
    choice: &RequiredSigner,
) -> Result<Option<(AccountName, Unheeded)>, store::Error> {
    let counts = |name: &AccountName| {
        let mut of = owners.iter().filter(|owner| owner.account == *name).flat_map(|owner| &owner.certificates);
        of.any(|certificate| certificate.fingerprint == *signer)
    };
    let chosen = |name: &AccountName| match push_rule::allowed_choice(owners, choice) {
        RequiredSigner::OneOwner(owner) => owner == *name,
        RequiredSigner::AnyOwner | RequiredSigner::NoSignatureNeeded => true,
    };
    let mut removed = None;
    for (account, name) in accounts.iter().filter(|(_, name)| chosen(name) && !counts(name)) {
        match reads.certificate_registration(*account, signer)?.map(|registration| registration.removed_at) {
            Some(None) => return Ok(Some((name.clone(), Unheeded::OtherIds))),
            Some(Some(at)) if removed.is_none() => removed = Some((name.clone(), Unheeded::Removed(at))),
            Some(Some(_)) | None => {}
        }
    }
    Ok(removed)
}
