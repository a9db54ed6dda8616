//! The answer sheet of the golden packages, and the world in which its verdicts were taken.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::PathBuf;

use assay::archive::{Archive, Limits};
use assay::signature::{Evidence, Level, Policy, Report, TrustAnchors, certificate_file, judge};
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

    /// What the client said in a scenario. Accepted means by the command: nothing thrown after the verdict either.
    pub fn verdict(&self, scenario: &str) -> Verdict {
        let verdict = &self.line["verdicts"][scenario];
        let thrown = !verdict["exception"].is_null() || !verdict["afterVerdict"].is_null();
        let codes = verdict["issues"].as_array().unwrap().iter().map(|issue| match issue.as_str() {
            Some(text) => text.to_owned(),
            None => format!("{} {}", issue["level"].as_str().unwrap(), issue["code"].as_str().unwrap()),
        });
        Verdict { accepted: verdict["accepted"].as_bool().unwrap() && !thrown, codes: codes.collect() }
    }

    /// Whether the client threw instead of giving a verdict.
    pub fn threw(&self, scenario: &str) -> bool {
        !self.line["verdicts"][scenario]["exception"].is_null()
    }
}

/// Our own report; `None` when the file is no readable archive.
pub fn report(case: &Case, policy: &Policy, anchors: &TrustAnchors) -> Option<Report> {
    let mut reader = case.open();
    let archive = Archive::read(&mut reader, &Limits::DEFAULT).ok()?;
    Some(judge(&mut reader, &archive, policy, Evidence::without_answers(anchors, NOW)).unwrap())
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
