//! The official client and openssl judge what this server signed.
//!
//! Runs when `ASSAY_SHARED` names the folder with the client and the oracle; else it says so and passes.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use assay::archive::{Archive, Limits};
use assay::signature::repository::sign;
use assay::signature::{Certificate, RepositoryAttributes};
use base64::Engine;
use serde_json::Value;

use crate::manifest::{NOW, cases, folder};
use crate::repository::{SELF_SIGNED, pushable};
use crate::rewrite::apply;
use crate::shared::shared;

pub fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.code().is_some_and(|code| code < 2),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The client and the oracle, ready to run.
pub fn install(shared: &Path) -> (PathBuf, PathBuf) {
    let tools = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let install = |script: &str, arguments: &[&Path]| {
        let path = run(Command::new("sh").arg(shared.join(script)).args(arguments));
        PathBuf::from(path.trim())
    };
    let client = install("client/install.sh", &[&tools.join("dotnet-client")]);
    let oracle = install("oracle/install.sh", &[&tools.join("dotnet-client"), &tools.join("oracle")]);
    (client, oracle)
}

fn attributes() -> RepositoryAttributes {
    RepositoryAttributes {
        service_index: "https://feed.example/v3/index.json".into(),
        owners: vec!["alice".into(), "Bob".into()],
    }
}

/// Writes a package to `path`, signed by us.
fn sign_one(bytes: &[u8], attributes: &RepositoryAttributes, path: &Path) {
    let archive = Archive::read(&mut Cursor::new(bytes), &Limits::DEFAULT).unwrap();
    let rewrite = sign(&mut Cursor::new(bytes), &archive, &SELF_SIGNED, attributes, NOW).unwrap();
    fs::write(path, apply(&rewrite, bytes)).unwrap();
}

/// Every golden package that may be pushed, signed by us.
fn signed_packages(target: &Path) -> Vec<PathBuf> {
    let attributes = attributes();
    let signed = pushable().into_iter().map(|(name, bytes)| {
        let path = target.join(name);
        sign_one(&bytes, &attributes, &path);
        path
    });
    signed.collect()
}

/// What the official client says about packages: one line of the oracle for each, under `verify` and `accept`, with these
/// roots and our certificate.
fn judged(shared: &Path, code_roots: &Path, timestamping_roots: &Path, packages: &[PathBuf]) -> Vec<Value> {
    let target = tempfile::tempdir().unwrap();
    let (client, oracle) = install(shared);
    let own = base64::engine::general_purpose::STANDARD.encode(SELF_SIGNED.certificate().as_der());
    let roots = fs::read_to_string(code_roots).unwrap();
    let roots = format!("{roots}\n-----BEGIN CERTIFICATE-----\n{own}\n-----END CERTIFICATE-----\n");
    fs::write(target.path().join("roots.pem"), roots).unwrap();
    let answer = run(Command::new(client)
        .env("NUGET_CLIENT_HOME", target.path().join("home"))
        .env("NUGET_CERT_REVOCATION_MODE", "offline")
        .arg("exec")
        .arg(oracle)
        .args(["judge", "--policy", "verify,accept", "--code-roots"])
        .arg(target.path().join("roots.pem"))
        .arg("--timestamp-roots")
        .arg(timestamping_roots)
        .args(packages));
    answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Whether the signature or the countersignature is ours.
fn is_ours(judged: &Value) -> bool {
    let own = SELF_SIGNED.certificate().fingerprint().to_string();
    judged["signer"] == *own || judged["countersigner"] == *own
}

#[test]
fn the_official_client_accepts_what_we_sign() {
    let Some(shared) = shared() else { return };
    let target = tempfile::tempdir().unwrap();
    let packages = signed_packages(target.path());
    let timestamping = folder().join("trust/timestamping-roots.pem");
    let judged = judged(&shared, &folder().join("trust/code-signing-roots.pem"), &timestamping, &packages);
    let mut wrong = Vec::new();
    let all = cases();
    for (judged, path) in judged.iter().zip(&packages) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let accepted = judged["policies"].as_array().unwrap().iter().all(|verdict| {
            verdict["accepted"] == true && verdict["exception"].is_null() && verdict["afterVerdict"].is_null()
        });
        let expected = &all.iter().find(|case| case.file == name).unwrap().line["contentHash"];
        if !accepted || judged["contentHash"] != *expected || !is_ours(judged) {
            wrong.push(judged.to_string());
        }
    }
    assert_eq!(judged.len(), packages.len());
    println!("the official client judged {} packages", packages.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn real_packages_keep_their_verdict_under_our_mark() {
    let Some(shared) = shared() else { return };
    let target = tempfile::tempdir().unwrap();
    let attributes = RepositoryAttributes { owners: vec![], ..attributes() };
    let mut packages = Vec::new();
    for entry in fs::read_dir(shared.join("testdata/real")).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_some_and(|extension| extension == "nupkg") {
            let path = target.path().join(entry.file_name().unwrap());
            sign_one(&fs::read(&entry).unwrap(), &attributes, &path);
            packages.push(path);
        }
    }
    let trust = shared.join("testdata/trust");
    let judged = judged(&shared, &trust.join("codesignctl.pem"), &trust.join("timestampctl.pem"), &packages);
    for judged in &judged {
        let accepted = judged["policies"].as_array().unwrap().iter().all(|verdict| verdict["accepted"] == true);
        assert!(accepted && is_ours(judged), "{judged}");
    }
    assert_eq!(judged.len(), packages.len());
    assert!(judged.len() >= 37);
    println!("the official client judged {} real packages", packages.len());
}

#[test]
fn names_are_printed_as_dotnet_prints_them() {
    let Some(shared) = shared() else { return };
    let target = tempfile::tempdir().unwrap();
    let (client, oracle) = install(&shared);
    let packages = |folder: PathBuf| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "nupkg")).collect()
    };
    let shown = run(Command::new(client)
        .env("NUGET_CLIENT_HOME", target.path().join("home"))
        .arg("exec")
        .arg(oracle)
        .arg("show")
        .args(packages(folder()))
        .args(packages(shared.join("testdata/real"))));
    let folders = [folder().join("trust/certs"), shared.join("testdata/trust/certificates")];
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap());
    let certificates: HashMap<String, Certificate> = files
        .filter_map(|file| Certificate::from_der(&fs::read(file.unwrap().path()).unwrap()).ok())
        .map(|certificate| (certificate.fingerprint().to_string(), certificate))
        .collect();
    let mut compared = HashSet::new();
    for line in shown.lines() {
        let Some((_, rest)) = line.split_once("certificate ") else {
            continue;
        };
        let Some((fingerprint, names)) = rest.split_once(' ') else {
            continue;
        };
        let Some(certificate) = certificates.get(fingerprint) else {
            continue;
        };
        let own = format!("{} <- {}, ", certificate.subject(), certificate.issuer());
        assert!(names.starts_with(&own), "we print {own}, .NET {names}");
        compared.insert(fingerprint.to_owned());
    }
    assert!(compared.len() > 100, "{}", compared.len());
}

#[test]
fn openssl_verifies_what_we_sign() {
    if shared().is_none() {
        return;
    }
    let target = tempfile::tempdir().unwrap();
    let root = target.path().join("root.der");
    fs::write(&root, SELF_SIGNED.certificate().as_der()).unwrap();
    let pem = target.path().join("root.pem");
    run(Command::new("openssl").args(["x509", "-inform", "DER", "-in"]).arg(&root).arg("-out").arg(&pem));
    let packages = signed_packages(target.path());
    let unsigned = packages.iter().filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("unsigned"));
    for package in unsigned {
        let bytes = fs::read(package).unwrap();
        let mut reader = Cursor::new(&bytes);
        let archive = Archive::read(&mut reader, &Limits::DEFAULT).unwrap();
        let signature = target.path().join("signature.p7s");
        fs::write(&signature, archive.read_signature(&mut reader).unwrap()).unwrap();
        let output = Command::new("openssl")
            .args(["cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any", "-in"])
            .arg(&signature)
            .arg("-CAfile")
            .arg(&pem)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(output.stdout.starts_with(b"Version:1"), "{}", package.display());
    }
}
