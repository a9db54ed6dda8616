//! The client whose verdict is asked for: whom it trusts, and what its source says.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use super::nuget_config::NuGetConfig;
use crate::archive::HashAlgorithm;
use crate::cli::{Failure, file};
use crate::domain::fingerprint::Fingerprint;
use crate::signature::{ClientPolicy, Command, RevocationMode, Source, ValidationMode, WrittenFingerprint};

/// Bytes of a RepositorySignatures document. Real ones have some kilobytes.
const MAX_DOCUMENT: usize = 1024 * 1024;

/// How the client is configured.
#[derive(Debug, Args)]
pub(super) struct Client {
    /// A client's settings: its trusted signers count, and its `signatureValidationMode` for `--policy verify`
    #[arg(long, value_name = "NUGET.CONFIG")]
    nuget_config: Option<PathBuf>,
    /// What the source says about its signatures: its RepositorySignatures document, saved to a file
    #[arg(long, value_name = "FILE")]
    repository_signatures: Option<PathBuf>,
    /// What `dotnet nuget verify` is given: SHA-256 of a certificate that must have signed; may be given several times
    #[arg(long, value_name = "SHA-256", value_parser = Fingerprint::typed)]
    certificate_fingerprint: Vec<Fingerprint>,
}

/// The same with the files read.
pub(super) struct ReadClient {
    config: NuGetConfig,
    source: Option<Source>,
    fingerprints: Vec<WrittenFingerprint>,
    revocation: RevocationMode,
}

impl Client {
    pub fn read(&self, revocation: RevocationMode) -> Result<ReadClient, Failure> {
        let fingerprints = self.certificate_fingerprint.iter();
        let fingerprints = fingerprints.map(|it| WrittenFingerprint::sha256(it.to_string())).collect();
        Ok(ReadClient {
            config: self.nuget_config.as_deref().map(NuGetConfig::read).transpose()?.unwrap_or_default(),
            source: self.repository_signatures.as_deref().map(read_source).transpose()?,
            fingerprints,
            revocation,
        })
    }
}

impl ReadClient {
    /// `dotnet nuget verify`.
    pub fn verify(&self) -> ClientPolicy {
        let command = Command::Verify { certificate_fingerprints: self.fingerprints.clone() };
        self.policy(command, self.config.validation.unwrap_or(ValidationMode::Accept))
    }

    /// Restore in the mode `accept`.
    pub fn accept(&self) -> ClientPolicy {
        self.policy(Command::Restore { source: self.source.clone() }, ValidationMode::Accept)
    }

    /// Restore in the mode `require`.
    pub fn require(&self) -> ClientPolicy {
        self.policy(Command::Restore { source: self.source.clone() }, ValidationMode::Require)
    }

    fn policy(&self, command: Command, validation: ValidationMode) -> ClientPolicy {
        let trusted_signers = self.config.trusted_signers.clone();
        ClientPolicy { command, validation, trusted_signers, revocation: self.revocation }
    }
}

/// The part of a RepositorySignatures document that counts
/// (<https://learn.microsoft.com/nuget/api/repository-signatures-resource>).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    all_repository_signed: bool,
    signing_certificates: Vec<ListedCertificate>,
}

#[derive(Deserialize)]
struct ListedCertificate {
    /// By the identifier of the hash algorithm.
    fingerprints: BTreeMap<String, String>,
}

fn read_source(path: &Path) -> Result<Source, Failure> {
    let bytes = file::read(path, MAX_DOCUMENT)?;
    let document: Document = serde_json::from_slice(&bytes)
        .map_err(|error| format!("`{}`: this is no RepositorySignatures document: {error}", path.display()))?;
    let known = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512];
    let listed = document.signing_certificates.iter().flat_map(|certificate| &certificate.fingerprints);
    let certificates = listed.filter_map(|(oid, text)| {
        let algorithm = known.into_iter().find(|algorithm| algorithm.oid() == oid)?;
        Some(WrittenFingerprint { algorithm, text: text.clone() })
    });
    Ok(Source { all_repository_signed: document.all_repository_signed, certificates: certificates.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_signatures_document_gives_every_fingerprint_of_a_known_algorithm() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("index.json");
        let text = r#"{"allRepositorySigned": true, "signingCertificates": [{"fingerprints":
            {"2.16.840.1.101.3.4.2.1": "ab", "2.16.840.1.101.3.4.2.3": "cd", "1.2.3": "ef"}, "subject": "CN=x"}]}"#;
        std::fs::write(&path, text).unwrap();
        let source = read_source(&path).unwrap();
        let written = |algorithm, text: &str| WrittenFingerprint { algorithm, text: text.to_owned() };
        assert!(source.all_repository_signed);
        assert_eq!(source.certificates, [written(HashAlgorithm::Sha256, "ab"), written(HashAlgorithm::Sha512, "cd")]);
        std::fs::write(&path, "{}").unwrap();
        let error = read_source(&path).unwrap_err().to_string();
        assert!(error.contains("index.json") && error.contains("allRepositorySigned"), "{error}");
    }
}
