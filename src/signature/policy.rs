//! Which rules a package is judged by: those of a push to this server, or those of a client.

use std::collections::BTreeSet;

use super::client_policy::ClientPolicy;
use super::trusted_signers::TrustedSigner;
use crate::archive::HashAlgorithm;
use crate::domain::fingerprint::Fingerprint;

/// A set of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// A push to this server.
    Push(PushOptions),
    /// What a client of a certain configuration says.
    Client(ClientPolicy),
}

/// What a push depends on beside the package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushOptions {
    /// The package is by others: its signer's certificate may have expired since it was timestamped.
    pub foreign: bool,
    /// A signature without a timestamp is refused.
    pub timestamp_required: bool,
    /// Certificates in `registered` are anchors themselves when their chain ends at an unknown root.
    pub accept_untrusted_roots: bool,
    /// Certificates that owners registered.
    pub registered: BTreeSet<Fingerprint>,
}

impl Policy {
    /// `dotnet nuget verify` with nothing configured. Unknown revocation is not told.
    #[must_use]
    pub const fn verify() -> Self {
        Self::Client(ClientPolicy::verify())
    }

    /// Restore as it is by default, from a source without a list of certificates.
    #[must_use]
    pub const fn accept() -> Self {
        Self::Client(ClientPolicy::accept())
    }

    /// Restore with `signatureValidationMode` `require`.
    #[must_use]
    pub const fn require(trusted_signers: Vec<TrustedSigner>) -> Self {
        Self::Client(ClientPolicy::require(trusted_signers))
    }

    /// Hashes beside that of the signature, computed in the same pass: what a push stores, and what signing needs then.
    pub(crate) const fn needed_hashes(&self) -> &'static [HashAlgorithm] {
        match self {
            Self::Push(_) => &[HashAlgorithm::Sha256, HashAlgorithm::Sha512],
            Self::Client(_) => &[],
        }
    }
}

impl Default for PushOptions {
    /// The strictest: own packages, timestamp needed, no registered certificates.
    fn default() -> Self {
        Self { foreign: false, timestamp_required: true, accept_untrusted_roots: false, registered: BTreeSet::new() }
    }
}

impl From<PushOptions> for Policy {
    fn from(options: PushOptions) -> Self {
        Self::Push(options)
    }
}

impl From<ClientPolicy> for Policy {
    fn from(policy: ClientPolicy) -> Self {
        Self::Client(policy)
    }
}
