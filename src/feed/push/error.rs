//! Why a push is refused.

use std::io;

use thiserror::Error;

use super::ground::Unheeded;
use crate::archive;
use crate::domain::account::AccountName;
use crate::domain::api_key::{Dead, Denied};
use crate::domain::{push_rule, reserved_prefix};
use crate::feed::verdicts::Kept;
use crate::feed::{accounts, authority, documents, timestamping};
use crate::nupkg;
use crate::signature::{Refusal, Report, repository};
use crate::store;

/// Why a push is refused, or failed.
#[derive(Debug, Error)]
pub enum Error {
    /// The package can't be read.
    #[error(transparent)]
    Package(#[from] nupkg::Error),
    /// Its archive can't be read.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// Its signature is wrong, or its archive could not be signed: every problem is in the refusal.
    #[error("the package's signature is not valid")]
    Signature(Box<Refusal>),
    /// The key was revoked, or its account disabled, while the package arrived.
    #[error("{0}")]
    KeyGone(#[source] Dead),
    /// The key may not do this.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// Whoever pushes on a page may not, or not yet.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The account that would own it is unknown.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// The account that would own it is disabled.
    #[error("`{0}` is disabled")]
    Disabled(AccountName),
    /// The ID is new, and reserved for others.
    #[error(transparent)]
    Reserved(#[from] reserved_prefix::Reserved),
    /// The wrong people signed, or nobody.
    #[error(transparent)]
    Rule(push_rule::Refused),
    /// The version is on the feed.
    #[error("`{id} {version}` exists already; versions never change")]
    Exists {
        /// Which package.
        id: String,
        /// Which version.
        version: String,
    },
    /// The version was removed.
    #[error("`{id} {version}` was removed, and its number is not used again; an administrator can free the number")]
    Removed {
        /// Which package.
        id: String,
        /// Which version.
        version: String,
    },
    /// The server has no key to sign with.
    #[error("the server can't open its signing key; restore the `assay.key` that belongs to its database")]
    NoKey,
    /// The feed's signature can't be made.
    #[error(transparent)]
    Signing(#[from] repository::Error),
    /// The feed's signature gets no timestamp, and the policy wants one.
    #[error("the feed's signature got no timestamp: {0}")]
    Timestamp(#[source] timestamping::Error),
    /// What was pushed could not be got back from what would be served.
    #[error(transparent)]
    Original(#[from] archive::InverseError),
    /// Owners, certificates or settings changed again and again.
    #[error("the package's owners or certificates changed while it was pushed; push it again")]
    Unsettled,
    /// The documents can't be made.
    #[error(transparent)]
    Documents(#[from] documents::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The spool.
    #[error("the spooled package could not be read: {0}")]
    Io(#[from] io::Error),
}

/// A push that was refused, or failed.
#[derive(Debug, Error)]
#[error("{error}")]
pub struct NotPushed {
    /// Why.
    #[source]
    pub error: Box<Error>,
    /// The same explained; `None` when it says nothing about the package: a bad key, a failure of the server.
    pub verdict: Option<Box<Kept>>,
    /// Why the registration that an owner has or had of the signer's certificate does not count, where the verdict says so.
    pub unheeded: Option<Unheeded>,
}

/// Where a push stopped, with what was found out about its signature by then.
#[derive(Debug)]
pub(super) struct Stopped {
    pub error: Error,
    pub report: Option<Box<Report>>,
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self { error, report: None }
    }
}
