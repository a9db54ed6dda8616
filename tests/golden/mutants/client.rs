//! The official client's library, asked about many packages in one process.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;

use serde_json::Value;

use assay::signature::{Policy, RevocationMode};

use crate::manifest::{folder, scenarios};

/// What the client said under one policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// By the command: nothing thrown either.
    pub accepted: bool,
    /// What was thrown in the place of a verdict, or after it.
    pub thrown: Option<String>,
    /// `error NU3008` and so on.
    pub codes: BTreeSet<String>,
}

pub struct Client {
    child: Child,
    answers: BufReader<ChildStdout>,
    folder: tempfile::TempDir,
    /// The scenarios that are asked, and the policies that they come to; `verify` and `accept` first.
    pub policies: Vec<(String, Policy)>,
}

impl Client {
    pub fn start(shared: &Path) -> Self {
        let (client, oracle) = crate::official::install(shared);
        let folder = tempfile::tempdir().unwrap();
        let trust = self::folder().join("trust");
        let policies = asked();
        let text = std::fs::read_to_string(self::folder().join("scenarios.json")).unwrap();
        let known: Vec<Value> = serde_json::from_str(&text).unwrap();
        let listed: Vec<&Value> =
            policies.iter().map(|(name, _)| known.iter().find(|one| one["name"] == **name).unwrap()).collect();
        std::fs::write(folder.path().join("scenarios.json"), serde_json::to_vec(&listed).unwrap()).unwrap();
        let mut child = Command::new(client)
            .env("NUGET_CLIENT_HOME", folder.path().join("home"))
            .env("NUGET_CERT_REVOCATION_MODE", "offline")
            .arg("exec")
            .arg(oracle)
            .args(["judge", "--stdin", "--jobs", "2", "--no-facts", "--policy"])
            .arg(format!("@{}", folder.path().join("scenarios.json").display()))
            .arg("--code-roots")
            .arg(trust.join("code-signing-roots.pem"))
            .arg("--timestamp-roots")
            .arg(trust.join("timestamping-roots.pem"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, answers, folder, policies }
    }

    /// The verdicts about each package under each of its policies.
    pub fn judge(&mut self, packages: &[&[u8]]) -> Vec<Vec<Said>> {
        let path = |index: usize| -> PathBuf { self.folder.path().join(format!("{index}.nupkg")) };
        let mut questions = String::new();
        for (index, bytes) in packages.iter().enumerate() {
            std::fs::write(path(index), bytes).unwrap();
            questions += &format!("{}\n", serde_json::json!({ "path": path(index), "id": index }));
        }
        let mut stdin = self.child.stdin.take().unwrap();
        let asking = thread::spawn(move || {
            stdin.write_all(questions.as_bytes()).unwrap();
            stdin.flush().unwrap();
            stdin
        });
        let mut all = Vec::new();
        for index in 0..packages.len() {
            let mut line = String::new();
            self.answers.read_line(&mut line).unwrap();
            let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            assert_eq!(answer["id"], index, "{line}");
            all.push(answer["policies"].as_array().unwrap().iter().map(Said::read).collect());
        }
        self.child.stdin = Some(asking.join().unwrap());
        all
    }
}

/// The two that matter most, or in a long run all.
fn asked() -> Vec<(String, Policy)> {
    let first = |name: &str| ["verify", "accept"].iter().position(|one| *one == name).unwrap_or(2);
    let mut listed: Vec<_> = scenarios().into_iter().filter(|(name, _)| name != "verify-offline").collect();
    listed.sort_by_key(|(name, _)| first(name));
    if std::env::var_os("ASSAY_LONG").is_none() {
        listed.truncate(2);
    }
    listed
        .into_iter()
        .map(|(name, policy)| (name, Policy::from(policy.with_revocation(RevocationMode::Cached))))
        .collect()
}

impl Drop for Client {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

impl Said {
    fn read(verdict: &Value) -> Self {
        let text = |name: &str| verdict.get(name).filter(|value| !value.is_null()).map(ToString::to_string);
        let thrown = text("exception").or_else(|| text("afterVerdict"));
        let issues = verdict["issues"].as_array().into_iter().flatten();
        let codes = issues
            .filter(|issue| issue["level"] != "information")
            .map(|issue| {
                format!("{} {}", issue["level"].as_str().unwrap_or("?"), issue["code"].as_str().unwrap_or("?"))
            })
            .collect();
        Self { accepted: verdict["accepted"] == true && thrown.is_none(), thrown, codes }
    }
}
