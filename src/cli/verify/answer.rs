//! What `assay verify --json` prints: one object a file, in the shape that other verifiers of packages use.

use serde::Serialize;
use time::OffsetDateTime;

use super::inspection::{Findings, Inspection};
use crate::signature::{Issue, Kind, Level, Report, SignerFacts, TimestampFacts};

/// About one file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    file: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<String>,
    timestamps: Vec<TimestampAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    countersigner: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    countersignature_timestamps: Vec<TimestampAnswer>,
    policies: Vec<PolicyAnswer>,
}

/// One timestamp.
#[derive(Serialize)]
struct TimestampAnswer {
    #[serde(with = "time::serde::rfc3339")]
    time: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    lower: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    upper: OffsetDateTime,
    signer: String,
}

/// The verdict under one policy.
#[derive(Serialize)]
struct PolicyAnswer {
    name: &'static str,
    accepted: bool,
    issues: Vec<IssueAnswer>,
}

#[derive(Serialize)]
struct IssueAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    level: &'static str,
    message: String,
}

impl Answer {
    pub fn new(inspection: &Inspection) -> Self {
        let file = inspection.file.display().to_string();
        match &inspection.findings {
            Findings::Unreadable { rule, why, policies } => {
                let policies = policies.iter().map(|name| PolicyAnswer::refused(name, rule, why)).collect();
                Self { policies, ..Self::unreadable(file) }
            }
            Findings::Package { identity, content_hash, reports } => {
                let identity = identity.as_ref().ok().map(|it| format!("{}.{}", it.id, it.version));
                let policies = reports.iter().map(|(name, report)| PolicyAnswer::new(name, report)).collect();
                let Some((_, report)) = reports.first() else { return Self::unreadable(file) };
                Self { identity, content_hash: content_hash.clone(), policies, ..Self::of_report(file, report) }
            }
        }
    }

    fn unreadable(file: String) -> Self {
        Self {
            file,
            kind: "unreadable",
            identity: None,
            content_hash: None,
            signer: None,
            timestamps: Vec::new(),
            countersigner: None,
            countersignature_timestamps: Vec::new(),
            policies: Vec::new(),
        }
    }

    fn of_report(file: String, report: &Report) -> Self {
        Self {
            kind: kind(report),
            signer: fingerprint(report.signer.as_ref()),
            timestamps: timestamps(report.signer.as_ref()),
            countersigner: fingerprint(report.countersigner.as_ref()),
            countersignature_timestamps: timestamps(report.countersigner.as_ref()),
            ..Self::unreadable(file)
        }
    }
}

impl PolicyAnswer {
    fn new(name: &'static str, report: &Report) -> Self {
        let issues = report.issues.iter().map(IssueAnswer::new).collect();
        Self { name, accepted: report.accepted, issues }
    }

    fn refused(name: &'static str, rule: &str, why: &str) -> Self {
        let issue = IssueAnswer { code: None, rule: Some(rule.to_owned()), level: "error", message: why.to_owned() };
        Self { name, accepted: false, issues: vec![issue] }
    }
}

impl IssueAnswer {
    fn new(issue: &Issue) -> Self {
        let rule = issue.rule.map(|rule| rule.to_string());
        Self { code: issue.code.map(|code| code.to_string()), rule, level: level(issue), message: issue.message() }
    }
}

impl TimestampAnswer {
    fn new(facts: &TimestampFacts) -> Self {
        let signer = facts.certificate.fingerprint().to_string();
        Self { time: facts.time, lower: facts.lower, upper: facts.upper, signer }
    }
}

/// The level of an issue in a word.
pub(super) const fn level(issue: &Issue) -> &'static str {
    match issue.level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

fn timestamps(signer: Option<&SignerFacts>) -> Vec<TimestampAnswer> {
    signer.into_iter().flat_map(|signer| &signer.timestamps).map(TimestampAnswer::new).collect()
}

fn fingerprint(signer: Option<&SignerFacts>) -> Option<String> {
    Some(signer?.certificate.as_ref()?.fingerprint().to_string())
}

fn kind(report: &Report) -> &'static str {
    match (report.kind, report.countersigner.is_some()) {
        (Kind::Unsigned, _) => "unsigned",
        (Kind::Author, false) => "author",
        (Kind::Author, true) => "author+countersigned",
        (Kind::Repository, false) => "repository",
        (Kind::Repository, true) => "repository+countersigned",
        (Kind::Unknown, false) => "unknown",
        (Kind::Unknown, true) => "unknown+countersigned",
        (Kind::Unreadable, _) => "unreadable",
    }
}
