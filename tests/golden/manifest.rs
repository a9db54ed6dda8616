//! The answer sheet of the golden packages, and the world in which its verdicts were taken.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::PathBuf;

use assay::archive::{Archive, HashAlgorithm, Limits};
use assay::signature::revocation::{Answers, Crl};
use assay::signature::{
    Certificate, ClientPolicy, Command, Evidence, Level, Policy, Report, RevocationMode, SignerKind, Source,
    TrustAnchors, TrustedSigner, WrittenFingerprint, certificate_file, judge,
};
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::datetime;

/// A day on which everything that is good in the golden world is valid.
pub const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

/// One line of the manifest.
pub struct Case {
    pub file: String,
    pub line: Value,
}

/// A verdict in a form that can be compared.
#[derive(Debug, PartialEq, Eq, Clone)]
pub struct Verdict {
    pub accepted: bool,
    /// `error NU3008` and so on, each once.
    pub codes: BTreeSet<String>,
}

pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/golden")
}

pub fn cases() -> Vec<Case> {
    let text = fs::read_to_string(folder().join("manifest.json")).unwrap();
    let lines: Vec<Value> = serde_json::from_str(&text).unwrap();
    lines.into_iter().map(|line| Case { file: line["file"].as_str().unwrap().to_owned(), line }).collect()
}

/// The scenarios in which the client was asked, by name, with the policies that they come to. All but one were asked online,
/// by a client that got no answers about revocation.
pub fn scenarios() -> Vec<(String, ClientPolicy)> {
    let text = fs::read_to_string(folder().join("scenarios.json")).unwrap();
    let listed: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut scenarios: Vec<(String, ClientPolicy)> = listed
        .iter()
        .map(|scenario| {
            (scenario["name"].as_str().unwrap().to_owned(), policy(scenario).with_revocation(RevocationMode::Online))
        })
        .collect();
    scenarios.push(("verify-offline".into(), ClientPolicy::verify()));
    scenarios
}

/// What a scenario in the form of the manifest configures.
pub fn policy(scenario: &Value) -> ClientPolicy {
    let trusted_signers = scenario["trustedSigners"].as_array().into_iter().flatten().map(trusted_signer).collect();
    let policy = match scenario["policy"].as_str().unwrap() {
        "verify" => {
            let given = scenario["certificateFingerprints"].as_array().into_iter().flatten();
            let certificate_fingerprints = given.map(fingerprint).collect();
            let command = Command::Verify { certificate_fingerprints };
            ClientPolicy { command, trusted_signers, ..ClientPolicy::verify() }
        }
        "accept" => ClientPolicy { trusted_signers, ..ClientPolicy::accept() },
        "require" => ClientPolicy::require(trusted_signers),
        other => panic!("unknown policy {other}"),
    };
    match &scenario["repository"] {
        Value::Null => policy,
        repository => policy.from_source(Source {
            all_repository_signed: repository["allRepositorySigned"].as_bool().unwrap(),
            certificates: repository["fingerprints"].as_array().unwrap().iter().map(fingerprint).collect(),
        }),
    }
}

fn trusted_signer(entry: &Value) -> TrustedSigner {
    let owners = entry["owners"].as_array().into_iter().flatten();
    let kind = match entry["kind"].as_str().unwrap() {
        "author" => SignerKind::Author,
        _ => SignerKind::Repository { owners: owners.map(|owner| owner.as_str().unwrap().to_owned()).collect() },
    };
    TrustedSigner {
        kind,
        certificate: WrittenFingerprint {
            algorithm: algorithm(&entry["algorithm"]),
            ..fingerprint(&entry["fingerprint"])
        },
        allow_untrusted_root: entry["allowUntrustedRoot"].as_bool().unwrap(),
    }
}

fn algorithm(name: &Value) -> HashAlgorithm {
    match name.as_str().unwrap_or("SHA256").to_uppercase().as_str() {
        "SHA256" => HashAlgorithm::Sha256,
        "SHA384" => HashAlgorithm::Sha384,
        "SHA512" => HashAlgorithm::Sha512,
        other => panic!("unknown algorithm {other}"),
    }
}

fn fingerprint(text: &Value) -> WrittenFingerprint {
    WrittenFingerprint::sha256(text.as_str().unwrap())
}

pub fn anchors() -> TrustAnchors {
    let read = |name: &str| {
        let bytes = fs::read(folder().join("trust").join(name)).unwrap();
        certificate_file::read_all(&bytes).unwrap().into_iter().collect()
    };
    TrustAnchors { signing: read("code-signing-roots.pem"), timestamping: read("timestamping-roots.pem") }
}

impl Case {
    pub fn path(&self) -> PathBuf {
        folder().join(&self.file)
    }

    pub fn open(&self) -> BufReader<File> {
        BufReader::new(File::open(self.path()).unwrap())
    }

    /// What the client said in a scenario.
    pub fn verdict(&self, scenario: &str) -> Verdict {
        read_verdict(&self.line["verdicts"][scenario])
    }

    /// Whether the client threw instead of giving a verdict.
    pub fn threw(&self, scenario: &str) -> bool {
        !self.line["verdicts"][scenario]["exception"].is_null()
    }
}

/// A verdict of the client. Accepted means by the command: nothing thrown after the verdict either, and no error printed,
/// for which the verify command ends with 1 whatever the verdict.
pub fn read_verdict(verdict: &Value) -> Verdict {
    let failed = verdict["exitCode"].as_u64().is_some_and(|code| code != 0);
    let thrown = failed || !verdict["exception"].is_null() || !verdict["afterVerdict"].is_null();
    let codes = verdict["issues"].as_array().unwrap().iter().map(|issue| match issue.as_str() {
        Some(text) => text.to_owned(),
        None => format!("{} {}", issue["level"].as_str().unwrap(), issue["code"].as_str().unwrap()),
    });
    Verdict { accepted: verdict["accepted"].as_bool().unwrap() && !thrown, codes: codes.collect() }
}

/// Our own report, with the answers that the client had; `None` when the file is no readable archive.
pub fn report(case: &Case, policy: &Policy, anchors: &TrustAnchors) -> Option<Report> {
    let answers = answers(case, anchors);
    report_with(case, policy, Evidence { anchors, answers: &answers, now: NOW })
}

/// Our own report on other evidence.
pub fn report_with(case: &Case, policy: &Policy, evidence: Evidence<'_>) -> Option<Report> {
    let mut reader = case.open();
    let archive = Archive::read(&mut reader, &Limits::DEFAULT).ok()?;
    Some(judge(&mut reader, &archive, policy, evidence).unwrap())
}

/// The lists of revoked certificates that the client had for a package: those whose addresses its certificates name, on the
/// server that was there when it was asked.
pub fn answers(case: &Case, anchors: &TrustAnchors) -> Answers {
    let mut answers = Answers::new();
    if case.line["needs"].is_null() {
        return answers;
    }
    let report = report_with(case, &Policy::verify(), Evidence::without_answers(anchors, NOW)).unwrap();
    let signers = [&report.signer, &report.countersigner].into_iter().flatten();
    let chains = signers.flat_map(|signer| {
        let of_timestamps = signer.timestamps.iter().flat_map(|timestamp| &timestamp.chain);
        signer.chain.iter().chain(of_timestamps)
    });
    let urls: BTreeSet<String> = chains.flat_map(Certificate::crl_urls).collect();
    for url in urls {
        let file = url.rsplit('/').next().unwrap();
        if let Ok(bytes) = fs::read(folder().join("trust/crl").join(file)) {
            answers.add_crl(Crl::parse(&bytes).unwrap());
        }
    }
    answers
}

/// The codes of NuGet in a report; issues of this server's own rules are left out.
pub fn verdict(report: Option<&Report>) -> Verdict {
    let Some(report) = report else {
        return Verdict { accepted: false, codes: BTreeSet::new() };
    };
    let coded = report.issues.iter().filter_map(|issue| {
        let level = if issue.level == Level::Error { "error" } else { "warning" };
        Some(format!("{level} {}", issue.code?))
    });
    Verdict { accepted: report.accepted, codes: coded.collect() }
}
