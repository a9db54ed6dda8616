//! What `assay verify` prints: one JSON object a file, in the shape that other verifiers of packages use, or lines.

use std::path::Path;

use serde::Serialize;
use time::OffsetDateTime;

use crate::nupkg;
use crate::signature::{Issue, Kind, Level, Report, SignerFacts};

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
    #[serde(skip_serializing_if = "Option::is_none")]
    countersigner: Option<String>,
    timestamps: Vec<TimestampAnswer>,
    pub policies: Vec<PolicyAnswer>,
    #[serde(skip)]
    description: Vec<String>,
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
pub(super) struct PolicyAnswer {
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

impl PolicyAnswer {
    pub fn new(name: &'static str, report: &Report) -> Self {
        let issues = report.issues.iter().map(IssueAnswer::new).collect();
        Self { name, accepted: report.accepted, issues }
    }
}

impl IssueAnswer {
    fn new(issue: &Issue) -> Self {
        let level = match issue.level {
            Level::Error => "error",
            Level::Warning => "warning",
        };
        let rule = issue.rule.map(|rule| rule.to_string());
        Self { code: issue.code.map(|code| code.to_string()), rule, level, message: issue.message() }
    }
}

impl Answer {
    pub fn new(path: &Path, report: &Report, identity: Result<String, nupkg::Error>) -> Self {
        let fingerprint = |signer: &Option<SignerFacts>| {
            signer.as_ref().and_then(|signer| signer.certificate.as_ref()).map(|it| it.fingerprint().to_string())
        };
        let mut description = Vec::new();
        if let Some(signer) = &report.signer {
            description.extend(describe("signed by", signer));
        }
        if let Some(signer) = &report.countersigner {
            description.extend(describe("countersigned by", signer));
        }
        if let Err(error) = &identity {
            description.push(format!("nuspec: {error}"));
        }
        Self {
            file: path.display().to_string(),
            kind: kind(report),
            identity: identity.ok(),
            content_hash: report.content_hash.clone(),
            signer: fingerprint(&report.signer),
            countersigner: fingerprint(&report.countersigner),
            timestamps: report.signer.iter().flat_map(|signer| &signer.timestamps).map(timestamp).collect(),
            policies: Vec::new(),
            description,
        }
    }

    /// A file that is no archive.
    pub fn unreadable(path: &Path, message: String, policies: impl Iterator<Item = &'static str>) -> Self {
        let issue =
            || IssueAnswer { code: None, rule: Some("archive".to_owned()), level: "error", message: message.clone() };
        let policies = policies.map(|name| PolicyAnswer { name, accepted: false, issues: vec![issue()] }).collect();
        Self {
            file: path.display().to_string(),
            kind: "unreadable",
            identity: None,
            content_hash: None,
            signer: None,
            countersigner: None,
            timestamps: Vec::new(),
            policies,
            description: Vec::new(),
        }
    }

    /// Whether every policy that was asked accepts the file.
    pub fn accepted(&self) -> bool {
        self.policies.iter().all(|policy| policy.accepted)
    }

    /// The same for people.
    pub fn lines(&self) -> String {
        let identity = self.identity.as_deref().map(|identity| format!(" ({identity})")).unwrap_or_default();
        let mut lines = vec![format!("{}{identity}: {}", self.file, self.kind)];
        lines.extend(self.description.iter().map(|line| format!("  {line}")));
        for policy in &self.policies {
            let verdict = if policy.accepted { "accepted" } else { "refused" };
            lines.push(format!("  {}: {verdict}", policy.name));
            for issue in &policy.issues {
                let name = issue.code.as_ref().or(issue.rule.as_ref()).map_or("", String::as_str);
                lines.push(format!("    {} {name}: {}", issue.level, issue.message));
            }
        }
        lines.join("\n")
    }
}

fn timestamp(facts: &crate::signature::TimestampFacts) -> TimestampAnswer {
    let signer = facts.certificate.fingerprint().to_string();
    TimestampAnswer { time: facts.time, lower: facts.lower, upper: facts.upper, signer }
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

fn describe(role: &str, signer: &SignerFacts) -> Vec<String> {
    let Some(certificate) = &signer.certificate else {
        return vec![format!("{role} a certificate that is not in the package")];
    };
    let mut lines = vec![
        format!("{role} {}", certificate.subject()),
        format!("  SHA-256 {}, valid until {}", certificate.fingerprint(), certificate.not_after().date()),
    ];
    lines.extend(signer.chain.iter().skip(1).map(|issuer| format!("  issued by {}", issuer.subject())));
    if let Some(repository) = &signer.repository {
        lines.push(format!("  for {} owners {}", repository.service_index, repository.owners.join(", ")));
    }
    lines.extend(signer.timestamps.iter().map(|it| format!("  timestamp {} by {}", it.time, it.certificate.subject())));
    lines
}
