//! The facts that a push is judged by, read in one snapshot.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pusher::Granted;
use super::{Error, Push, SAME_PUSH};
use crate::app::{App, Signing};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::certificate::CertificateStatus;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::policy::{Enforcement, Policy};
use crate::domain::push_rule::{Owner, RequiredSigner};
use crate::domain::reserved_prefix;
use crate::feed::required_signer;
use crate::feed::revocation::REVOCATIONS;
use crate::feed::timestamping::Stamping;
use crate::signature::{PushOptions, RepositoryAttributes, RepositorySigner, TrustAnchors};
use crate::store::pushed_packages::Published;
use crate::store::registrations::Registration;
use crate::store::{self, Reads};

/// What one snapshot says about the package, its owners and the server.
pub(super) struct Facts {
    pub package: PackageId,
    pub grant: Granted,
    /// Whether the ID is other people's.
    pub foreign: bool,
    pub policy: Policy,
    /// `None`: the ID is new.
    pub registration: Option<Registration>,
    /// The owners; of a new ID the account that the key acts for.
    pub accounts: Vec<(AccountId, AccountName)>,
    /// The same with the registrations that count for this ID.
    pub owners: Vec<Owner>,
    pub existing: Option<Published>,
    /// Whether a version of this number was removed, and the number is not free.
    removed: bool,
    pub anchors: Arc<TrustAnchors>,
    trust_generation: Vec<u8>,
    /// Moves when a certificate turns out to be revoked.
    revocations: Vec<u8>,
    /// `None`: this feed does not sign.
    pub signing: Option<Arc<Signing>>,
}

impl Facts {
    /// Reads them. The right to push is one of them: a key that was revoked a moment ago is refused here.
    ///
    /// # Errors
    /// A key that does not count any more, or may not push this package; a new ID that is reserved for others.
    pub fn read(reads: &Reads<'_>, push: &Push<'_>) -> Result<Self, Error> {
        let manifest = &push.nupkg.manifest;
        let registration = reads.registration(&manifest.id)?;
        let owners = registration.as_ref().map(|registration| reads.owners(registration.id)).transpose()?;
        let ids: Option<Vec<AccountId>> = owners.as_ref().map(|owners| owners.iter().map(|(id, _)| *id).collect());
        let grant = push.pusher.granted(reads, &manifest.id, ids.as_deref(), push.now)?;
        let accounts = match owners {
            Some(owners) => owners,
            None => vec![(grant.owner, reads.account_name(grant.owner)?)],
        };
        if registration.is_none() {
            expect_not_reserved(reads, &manifest.id, &accounts)?;
        }
        let owners = required_signer::with_certificates(reads, &manifest.id, &accounts, push.now)?;
        let (existing, removed) = match &registration {
            Some(registration) => (existing(reads, push, registration)?, is_removed(reads, push, registration)?),
            None => (None, false),
        };
        let (trust_generation, anchors) = push.app.anchors(reads)?;
        let policy = push.app.policy(reads.policy()?);
        Ok(Self {
            package: manifest.id.clone(),
            grant,
            foreign: policy.is_foreign(manifest.id.as_str()),
            policy,
            registration,
            accounts,
            owners,
            existing,
            removed,
            anchors,
            trust_generation,
            revocations: reads.meta(REVOCATIONS)?.unwrap_or_default(),
            signing: push.app.signing(reads)?,
        })
    }

    /// Whether this version was pushed already: the same bytes by the same key a moment ago are the same push, unless somebody
    /// has hidden the version since.
    ///
    /// # Errors
    /// [`Error::Exists`] for everything else, and [`Error::Removed`].
    pub fn is_same_push(&self, push: &Push<'_>) -> Result<bool, Error> {
        let manifest = &push.nupkg.manifest;
        if self.removed {
            return Err(Error::Removed { id: manifest.id.to_string(), version: manifest.version.to_string() });
        }
        let Some(existing) = &self.existing else { return Ok(false) };
        let same = !existing.hidden
            && existing.pushed_sha512 == push.received.sha512
            && existing.pusher == self.grant.account
            && existing.key == self.grant.key;
        if same && push.now - existing.published_at <= SAME_PUSH {
            return Ok(true);
        }
        Err(Error::Exists { id: manifest.id.to_string(), version: manifest.version.to_string() })
    }

    /// What signs; `None` on a feed that does not.
    ///
    /// # Errors
    /// [`Error::NoKey`].
    pub fn signer(&self) -> Result<Option<&RepositorySigner>, Error> {
        let signing = self.signing.as_ref();
        signing.map(|signing| signing.signer.as_ref().ok_or(Error::NoKey)).transpose()
    }

    /// What the owners chose, or chose for a new ID: any owner.
    pub fn required_signer(&self) -> RequiredSigner {
        self.registration.as_ref().map(|registration| registration.required_signer.clone()).unwrap_or_default()
    }

    /// What a refusal of the push rule does for this package.
    pub fn stage(&self) -> Enforcement {
        self.policy.stage_of(self.package.as_str())
    }

    /// How the signature is to be verified.
    pub fn options(&self) -> PushOptions {
        let accept_untrusted_roots = self.policy.accept_untrusted_roots;
        PushOptions {
            foreign: self.foreign,
            timestamp_required: self.policy.timestamp_required,
            accept_untrusted_roots,
            // Without that policy the registrations play no part, and must not make a push start over.
            registered: if accept_untrusted_roots { self.active_certificates() } else { BTreeSet::new() },
        }
    }

    fn active_certificates(&self) -> BTreeSet<Fingerprint> {
        let certificates = self.owners.iter().flat_map(|owner| &owner.certificates);
        let active = certificates.filter(|certificate| certificate.status == CertificateStatus::Active);
        active.map(|certificate| certificate.fingerprint).collect()
    }

    /// What the feed's signature says: its service index and the owners' names.
    pub fn attributes(&self, app: &App) -> RepositoryAttributes {
        let owners = self.accounts.iter().map(|(_, name)| name.as_str().to_owned()).collect();
        RepositoryAttributes { service_index: app.urls.service_index(), owners }
    }

    /// Whether verification and signature would come out the same with `later` facts. The decision itself is made again.
    pub fn is_settled(&self, later: &Self) -> bool {
        let signer = |facts: &Self| facts.signing.as_ref().map(|signing| signing.id);
        self.options() == later.options()
            && self.trust_generation == later.trust_generation
            && self.revocations == later.revocations
            && self.accounts == later.accounts
            && Stamping::of(&self.policy) == Stamping::of(&later.policy)
            && signer(self) == signer(later)
    }
}

/// What was pushed as this version, or as one that NuGet takes for equal though it is written in another way: the labels
/// `--5` and `--05` are the same number. A hidden version has its number too.
fn existing(
    reads: &Reads<'_>,
    push: &Push<'_>,
    registration: &Registration,
) -> Result<Option<Published>, store::Error> {
    let mut versions = reads.versions_with_hidden(registration.id)?.into_iter();
    let same = versions.find(|stored| stored.version == push.nupkg.manifest.version);
    same.map(|stored| reads.published(stored.id)).transpose()
}

/// Whether a version that NuGet takes for equal was removed. Its number stays burnt, so that nobody gets other bytes for what
/// they had before.
fn is_removed(reads: &Reads<'_>, push: &Push<'_>, registration: &Registration) -> Result<bool, store::Error> {
    Ok(reads.removed_numbers(registration.id)?.contains(&push.nupkg.manifest.version))
}

/// An ID that is new may be reserved for other accounts than the one that the key acts for.
fn expect_not_reserved(reads: &Reads<'_>, id: &PackageId, creator: &[(AccountId, AccountName)]) -> Result<(), Error> {
    let reservations = reads.reservations()?;
    Ok(creator.iter().try_for_each(|(_, name)| reserved_prefix::may_create(id, &reservations, name))?)
}
