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
use crate::domain::push_rule::{Owner, RequiredSigner};
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
    /// The owner who had registered the signer's certificate and removed it, and when.
    pub removed: Option<(AccountName, OffsetDateTime)>,
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
        let mut removed = None;
        for (account, name) in &accounts {
            let found = signer.map(|signer| reads.removed_registration(*account, signer)).transpose()?.flatten();
            removed = removed.or(found.map(|(_, at)| (name.clone(), at)));
        }
        let owners = id.map(|id| required_signer::with_certificates(reads, id, &accounts, now)).transpose()?;
        Ok(Some(Self {
            pusher,
            owner,
            owner_name,
            stage: id.map_or(policy.enforcement, |id| policy.stage_of(id.as_str())),
            foreign: id.is_some_and(|id| policy.is_foreign(id.as_str())),
            new_id: id.is_some() && registration.is_none(),
            owners: owners.unwrap_or_default(),
            choice: registration.map(|registration| registration.required_signer).unwrap_or_default(),
            accept_untrusted_roots: policy.accept_untrusted_roots,
            has_administrator: reads.has_administrator()?,
            signs: app.signing(reads)?.is_some(),
            removed,
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
