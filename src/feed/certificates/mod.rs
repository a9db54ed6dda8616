//! The certificates that accounts sign with: registering, limiting and removing them, and what follows for packages.
//!
//! ```text
//! upload ─ registering ─ ground (what it is judged by) ─ plan ─┐
//!                        limiting ────────────────────────────┼─ foreseen effects on the account's package IDs ─ told to owners
//!                        removing ────────────────────────────┘
//! ```
//!
//! Nothing slow happens in the transaction of a change: files are parsed, chains are built and effects are foreseen before it, and
//! it starts over when what they were made of has changed.

mod details;
mod effects;
mod foreseen;
mod ground;
mod history;
mod issuers;
mod limiting;
mod plan;
mod registering;
mod removing;
mod sides;
mod told;
mod uploaded;

use thiserror::Error;

use super::accounts;
use super::authority;
use crate::domain::account::{Account, AccountName};
use crate::domain::certificate::{MAX_ACCOUNT_PATTERNS, MAX_REGISTRATION_PATTERNS, RegisteredCertificate};
use crate::domain::coverage::Coverage;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::package_id::PackageId;
use crate::domain::pattern::Pattern;
use crate::store::{self, Reads};

pub use details::{Details, List, RevokedAuthority, Sight, Stored, all, list, of_key, one, row};
pub use effects::{Effects, Meant, StillAccepted};
pub use history::{HISTORY, Line, history, history_of};
pub use issuers::Issuers;
pub use limiting::{Limited, limit, limiting};
pub use registering::{
    FileVerdict, NewRegistration, NewRegistrations, OF_AN_AUTHORITY, Outcome, Registered, Report, register,
    register_all,
};
pub use removing::{Removed, remove, removing};
pub use uploaded::{
    ChainError, MAX_CERTIFICATE_FILE, MAX_CHAIN_CERTIFICATES, MAX_CHAIN_FILE, NotRegistered, UploadedFile,
};

/// Why certificates are not registered, limited or removed.
#[derive(Debug, Error)]
pub enum Error {
    /// The account.
    #[error(transparent)]
    Account(#[from] accounts::Error),
    /// The certificate.
    #[error(transparent)]
    NotRegistered(#[from] NotRegistered),
    /// The certificates above it.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Too many patterns.
    #[error(
        "a certificate is limited by at most {MAX_REGISTRATION_PATTERNS} patterns, not {0}; join some of them by a `*`"
    )]
    TooManyPatterns(usize),
    /// Too many different ones, with those of the account's other certificates.
    #[error(
        "the certificates of an account have at most {MAX_ACCOUNT_PATTERNS} different patterns, and these would make {0}; join some of them by a `*`, or leave out one that is not needed any more"
    )]
    TooManyAccountPatterns(usize),
    /// It is not registered.
    #[error("`{account}` has not registered the certificate {fingerprint}")]
    Unknown {
        /// Whose.
        account: AccountName,
        /// Which.
        fingerprint: Fingerprint,
    },
    /// Unsigned packages would be accepted, and nobody has said that this is meant.
    #[error("packages without a signature would be accepted from then on for {}; that has to be confirmed", named(.0))]
    OpensToUnsigned(Vec<PackageId>),
    /// Nobody could push any more, and whoever was asked has not read that.
    #[error("no certificate that counts would be active for {}, and nobody could push; that has to be confirmed", named(.0))]
    Unsignable(Vec<PackageId>),
    /// What it was judged by changed again and again.
    #[error("trust anchors, certificates or revocation answers change at this moment; try again")]
    Unsettled,
    /// It is not allowed.
    #[error(transparent)]
    Refused(#[from] authority::Refused),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// IDs that are named in a sentence; of more only the number is told.
const NAMED: usize = 5;

/// Package IDs in a sentence: `A, B and 3 more`.
pub(crate) fn named(ids: &[PackageId]) -> String {
    let some = ids.iter().take(NAMED).map(PackageId::as_str).collect::<Vec<_>>().join(", ");
    match ids.len().saturating_sub(NAMED) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}

fn existing(reads: &Reads<'_>, name: &AccountName) -> Result<Account, Error> {
    Ok(reads.account(name)?.ok_or_else(|| accounts::Error::Unknown(name.clone()))?)
}

fn expect_few(patterns: &[Pattern]) -> Result<(), Error> {
    if patterns.len() > MAX_REGISTRATION_PATTERNS { Err(Error::TooManyPatterns(patterns.len())) } else { Ok(()) }
}

/// Patterns may not become more than so many. Where there are more from before, they may become fewer.
fn expect_few_different(before: &[RegisteredCertificate], after: &[RegisteredCertificate]) -> Result<(), Error> {
    let (was, becomes) = (Coverage::of(before).patterns(), Coverage::of(after).patterns());
    if becomes > MAX_ACCOUNT_PATTERNS && becomes > was { Err(Error::TooManyAccountPatterns(becomes)) } else { Ok(()) }
}

/// How often a change starts over when what it was judged by changes.
const ATTEMPTS: usize = 3;

/// What `attempt` answers; `None` means that what it was judged by has changed meanwhile, and that it has to be made again.
fn settled<T>(mut attempt: impl FnMut() -> Result<Option<T>, Error>) -> Result<T, Error> {
    for _ in 0..ATTEMPTS {
        if let Some(done) = attempt()? {
            return Ok(done);
        }
    }
    Err(Error::Unsettled)
}

/// The page of an account's certificates, below the public URL.
fn page_of(account: &AccountName) -> String {
    format!("accounts/{account}/certificates")
}

/// Patterns in a record: `; only for A.*, B`, or nothing where it counts for all IDs.
fn only_for(patterns: &[Pattern]) -> String {
    if patterns.is_empty() {
        return String::new();
    }
    format!("; only for {}", patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod crowd_tests;
#[cfg(test)]
mod effects_tests;
#[cfg(test)]
mod tests;
