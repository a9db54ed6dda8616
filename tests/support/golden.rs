//! The golden packages: small packages, good and bad, each with the official client's verdict, and the keys behind them.

use std::path::PathBuf;

use base64::Engine;
use sha2::Digest;

use super::environment::repository;

/// A golden package.
pub struct Golden {
    /// The name of its file.
    pub file: String,
    /// What is special about it.
    pub what: String,
    /// `author`, `repository`, `unsigned` and so on.
    pub kind: String,
    /// Whether `dotnet nuget verify` accepts it, revocation left out.
    pub verifies: bool,
    /// The codes of the errors with which it does not.
    pub codes: Vec<String>,
}

impl Golden {
    /// Its bytes.
    pub fn bytes(&self) -> Vec<u8> {
        read(&self.file)
    }
}

/// All of them, in the order of their manifest.
pub fn packages() -> Vec<Golden> {
    let manifest = read("manifest.json");
    let manifest: Vec<serde_json::Value> = serde_json::from_slice(&manifest).expect("the manifest");
    manifest
        .iter()
        .map(|entry| {
            let verdict = &entry["verdicts"]["verify-offline"];
            let whole = verdict.get("afterVerdict").is_none() && verdict.get("exception").is_none();
            let issues = verdict["issues"].as_array().into_iter().flatten();
            let errors = issues.filter(|issue| issue["level"] == "error");
            Golden {
                file: text(&entry["file"]),
                what: text(&entry["what"]),
                kind: text(&entry["kind"]),
                verifies: verdict["accepted"] == true && whole,
                codes: errors.map(|issue| text(&issue["code"])).collect(),
            }
        })
        .collect()
}

/// The ID of one of them, all of which are of version 1.0.0.
pub fn identity(file: &str) -> String {
    let manifest: Vec<serde_json::Value> = serde_json::from_slice(&read("manifest.json")).expect("the manifest");
    let entry = manifest.iter().find(|entry| entry["file"] == file).expect("a golden package");
    text(&entry["identity"]).trim_end_matches(".1.0.0").to_owned()
}

/// One of them by the name of its file.
pub fn read(file: &str) -> Vec<u8> {
    let path = folder().join(file);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The file of a certificate, DER.
pub fn certificate(name: &str) -> PathBuf {
    trust().join(format!("certs/{name}.der"))
}

/// The fingerprint of a certificate: SHA-256, lower-case hex.
pub fn fingerprint(name: &str) -> String {
    hex::encode(sha2::Sha256::digest(std::fs::read(certificate(name)).expect("a certificate")))
}

/// A certificate as PEM.
pub fn pem(name: &str) -> String {
    let der = std::fs::read(certificate(name)).expect("a certificate");
    pem_of(&der)
}

/// Any DER certificate as PEM.
pub fn pem_of(der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<String> =
        text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into_owned()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// The folder with the keys and certificates.
pub fn trust() -> PathBuf {
    folder().join("trust")
}

fn folder() -> PathBuf {
    repository().join("tests/vectors/golden")
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
