//! Who pushes a package, and whether they may: a key, or somebody on the upload page.

use time::OffsetDateTime;

use super::Error;
use crate::domain::account::{Account, AccountId, AccountName};
use crate::domain::api_key::{ApiKeyId, Denied, Use};
use crate::domain::package_id::PackageId;
use crate::domain::permission::Action;
use crate::domain::verdict::VerdictKind;
use crate::feed::accounts;
use crate::feed::api_keys::KeyActor;
use crate::feed::authority::{self, Actor, authorize};
use crate::store::audit::By;
use crate::store::{self, Reads};

/// Who pushes. Whether they may is asked in each transaction.
#[derive(Debug, Clone)]
pub enum Pusher {
    /// A client, with an API key.
    Key(KeyActor),
    /// Somebody who is signed in, on the upload page, for an account that they belong to: themselves or an organization.
    Page {
        /// Who.
        actor: Actor,
        /// The account that owns the package if its ID is new, and must be one of its owners otherwise.
        owner: AccountName,
    },
}

/// A pusher who may push a package, in the transaction that this was made in.
#[derive(Debug, Clone)]
pub(super) struct Granted {
    /// Who pushes: a user, or an organization with a service key.
    pub account: AccountId,
    /// For which account: the owner of a new ID.
    pub owner: AccountId,
    /// With which key; `None` on the upload page.
    pub key: Option<ApiKeyId>,
    /// When the key ends.
    pub key_ends: Option<OffsetDateTime>,
    /// As the audit log names them.
    pub by: By,
}

impl Pusher {
    /// Whether they may push `id`, which belongs to `owners` (`None`: to nobody yet).
    ///
    /// # Errors
    /// A key that does not count any more, or may not push this package; somebody who is not signed in any more, or no member of
    /// the account that they push for; an account that is no owner.
    pub(super) fn granted(
        &self,
        reads: &Reads<'_>,
        id: &PackageId,
        owners: Option<&[AccountId]>,
        now: OffsetDateTime,
    ) -> Result<Granted, Error> {
        match self {
            Self::Key(actor) => {
                let grant = reads.grant_again(actor.id, now)?.map_err(Error::KeyGone)?;
                grant.may(Use::Push { id, owners })?;
                let by = By { name: reads.account_name(grant.account)?.to_string(), address: actor.address.clone() };
                let (account, owner) = (grant.account, grant.owner);
                Ok(Granted { account, owner, key: Some(grant.id), key_ends: Some(grant.expires_at), by })
            }
            Self::Page { actor, owner } => {
                let owner = enabled(reads, owner)?;
                let by = authorize(reads, actor, Action::Push, Some(&owner), now)?;
                if owners.is_some_and(|owners| !owners.contains(&owner.id)) {
                    return Err(Denied::Owner(id.to_string()).into());
                }
                let account = by.account().map_or(owner.id, |account| account.id);
                Ok(Granted { account, owner: owner.id, key: None, key_ends: None, by: by.by().clone() })
            }
        }
    }

    /// What a push by them is called.
    pub(super) const fn kind(&self) -> VerdictKind {
        match self {
            Self::Key(_) => VerdictKind::Push,
            Self::Page { .. } => VerdictKind::Upload,
        }
    }

    /// Who pushes, and for which account; `None` when their key or session has ended, or is for no such account.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn parties(
        &self,
        reads: &Reads<'_>,
        now: OffsetDateTime,
    ) -> Result<Option<(AccountId, AccountId)>, store::Error> {
        match self {
            Self::Key(actor) => Ok(reads.grant_again(actor.id, now)?.ok().map(|grant| (grant.account, grant.owner))),
            Self::Page { actor, owner } => {
                let Some(owner) = reads.account(owner)? else { return Ok(None) };
                match actor {
                    Actor::CommandLine | Actor::Server => Ok(Some((owner.id, owner.id))),
                    Actor::Session(session) => match authority::live_session(reads, session, now) {
                        Ok(session) => Ok(Some((session.account.id, owner.id))),
                        Err(authority::Refused::Store(error)) => Err(error),
                        Err(_) => Ok(None),
                    },
                }
            }
        }
    }

    /// The name of whoever pushes; `None` when their key or session has ended.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn name(&self, reads: &Reads<'_>, now: OffsetDateTime) -> Result<Option<String>, store::Error> {
        match self {
            Self::Key(actor) => {
                let grant = reads.grant_again(actor.id, now)?.ok();
                grant.map(|grant| Ok(reads.account_name(grant.account)?.to_string())).transpose()
            }
            Self::Page { actor: Actor::Session(session), .. } => match authority::live_session(reads, session, now) {
                Ok(session) => Ok(Some(session.account.name.to_string())),
                Err(authority::Refused::Store(error)) => Err(error),
                Err(_) => Ok(None),
            },
            Self::Page { owner, .. } => Ok(Some(owner.to_string())),
        }
    }
}

/// The account that somebody pushes for. A disabled one owns nothing new.
fn enabled(reads: &Reads<'_>, name: &AccountName) -> Result<Account, Error> {
    let account = reads.account(name)?.ok_or_else(|| accounts::Error::Unknown(name.clone()))?;
    if account.disabled { Err(Error::Disabled(account.name)) } else { Ok(account) }
}

impl Granted {
    /// How the audit log says with what was pushed.
    pub fn means(&self) -> String {
        self.key.map_or_else(|| "on the upload page".to_owned(), |key| format!("key {}", key.0))
    }
}
