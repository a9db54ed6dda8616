//! Which rules a package is judged by.

use std::collections::BTreeSet;

use crate::domain::fingerprint::Fingerprint;

/// A set of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// `dotnet nuget verify`, without revocation.
    Verify,
    /// Restore with `signatureValidationMode` `accept`, the default, from a source without a list of certificates.
    Accept,
    /// A push to this server.
    Push(PushOptions),
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

impl Default for PushOptions {
    /// The strictest: own packages, timestamp needed, no registered certificates.
    fn default() -> Self {
        Self { foreign: false, timestamp_required: true, accept_untrusted_roots: false, registered: BTreeSet::new() }
    }
}

/// How the client behaves under a policy (its `SignedPackageVerifierSettings`).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Behaviour {
    /// Structural and cryptographic faults are warnings.
    pub(crate) allow_illegal: bool,
    pub(crate) allow_untrusted: bool,
    /// An invalid timestamp is as good as none.
    pub(crate) allow_ignore_timestamp: bool,
    /// A countersignature is judged whenever there is one, not only when it could help.
    pub(crate) judge_countersignature: bool,
    /// A signature that is not trusted or out of time may lean on its countersignature.
    pub(crate) may_lean: bool,
    /// Facts behind an early refusal are reported too.
    pub(crate) everything: bool,
}

impl Behaviour {
    pub(crate) const VERIFY: Self = Self {
        allow_illegal: false,
        allow_untrusted: false,
        allow_ignore_timestamp: false,
        judge_countersignature: true,
        may_lean: true,
        everything: false,
    };

    pub(crate) const ACCEPT: Self = Self {
        allow_illegal: true,
        allow_untrusted: true,
        allow_ignore_timestamp: true,
        judge_countersignature: false,
        may_lean: true,
        everything: false,
    };

    /// `verify` for the author's own signature: what a countersignature adds is removed at a push.
    pub(crate) const PUSH: Self = Self { may_lean: false, everything: true, ..Self::VERIFY };
}
