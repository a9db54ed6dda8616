//! A client's configuration, as far as it decides about signatures: the command, `signatureValidationMode`,
//! `trustedSigners`, what the source announces, and how revocation is asked for.
//!
//! It does not read `nuget.config`: whoever has one puts its values here.

use super::trusted_signers::{TrustedSigner, WrittenFingerprint};

/// A client that judges packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientPolicy {
    /// What it was asked to do.
    pub command: Command,
    /// Its `signatureValidationMode`.
    pub validation: ValidationMode,
    /// Its `trustedSigners`, in the order of the file, one for each certificate.
    pub trusted_signers: Vec<TrustedSigner>,
    /// Where it gets answers about revocation.
    pub revocation: RevocationMode,
}

/// What a client was asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `dotnet nuget verify`, which knows no source.
    Verify {
        /// The values of its option `--certificate-fingerprint`: SHA-256, of the primary signer.
        certificate_fingerprints: Vec<WrittenFingerprint>,
    },
    /// Restore, and all that installs packages.
    Restore {
        /// What the source says about its signatures; `None` when it says nothing.
        source: Option<Source>,
    },
}

/// The setting `signatureValidationMode` (learn.microsoft.com, `nuget.config` reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValidationMode {
    /// `accept`, the default: what is wrong but untampered is only warned of.
    Accept,
    /// `require`: signed, by somebody in `trustedSigners`.
    Require,
}

/// What the RepositorySignatures document of a source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// `allRepositorySigned`.
    pub all_repository_signed: bool,
    /// The fingerprints of `signingCertificates`, every one of every certificate.
    pub certificates: Vec<WrittenFingerprint>,
}

/// Where answers about revocation come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationMode {
    /// From nowhere: revoked certificates pass.
    NotAsked,
    /// From what is at hand, as with `NUGET_CERT_REVOCATION_MODE=offline`: that nothing is known is not told.
    Cached,
    /// As a client that asked: that nothing is known is told.
    Online,
}

impl ClientPolicy {
    /// `dotnet nuget verify` with nothing configured.
    #[must_use]
    pub const fn verify() -> Self {
        Self::new(Command::Verify { certificate_fingerprints: Vec::new() }, ValidationMode::Accept, Vec::new())
    }

    /// Restore with nothing configured, from a source that says nothing about signatures.
    #[must_use]
    pub const fn accept() -> Self {
        Self::new(Command::Restore { source: None }, ValidationMode::Accept, Vec::new())
    }

    /// Restore that takes packages of these signers only.
    #[must_use]
    pub const fn require(trusted_signers: Vec<TrustedSigner>) -> Self {
        Self::new(Command::Restore { source: None }, ValidationMode::Require, trusted_signers)
    }

    /// The same from a source that publishes a list of certificates.
    #[must_use]
    pub fn from_source(self, source: Source) -> Self {
        Self { command: Command::Restore { source: Some(source) }, ..self }
    }

    /// The same with answers about revocation from elsewhere.
    #[must_use]
    pub fn with_revocation(self, revocation: RevocationMode) -> Self {
        Self { revocation, ..self }
    }

    const fn new(command: Command, validation: ValidationMode, trusted_signers: Vec<TrustedSigner>) -> Self {
        Self { command, validation, trusted_signers, revocation: RevocationMode::Cached }
    }
}
