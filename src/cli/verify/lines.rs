//! What `assay verify` prints for people: what the package is, who signed it, and each verdict with its reasons.

use time::OffsetDateTime;
use time::macros::format_description;

use super::answer::level;
use super::inspection::{Findings, Inspection};
use crate::cli::output::without_controls;
use crate::signature::revocation::{Reason, Status, Unknown};
use crate::signature::{Certificate, CertificateStatus, Issue, Kind, Report, Revocation, SignerFacts, TimestampFacts};

/// Columns that a label takes.
const LABEL: usize = 12;

/// The lines about one file.
pub(super) fn of(inspection: &Inspection) -> String {
    let mut lines = vec![without_controls(&inspection.file.display().to_string())];
    match &inspection.findings {
        Findings::Unreadable { why, .. } => add(&mut lines, "refused", [why.clone()]),
        Findings::Package { identity, content_hash, reports } => {
            let report = reports.first().map(|(_, report)| report);
            let identity = match identity {
                Ok(identity) => format!("{} {}", identity.id, identity.version),
                Err(error) => error.to_string(),
            };
            add(&mut lines, "package", [identity]);
            add(&mut lines, "content", content_hash.iter().map(|hash| format!("SHA-512 {hash}")));
            if let Some(report) = report {
                describe(report, &mut lines);
            }
            for (name, report) in reports {
                add(&mut lines, name, verdict(name, report));
            }
        }
    }
    lines.join("\n") + "\n"
}

/// The same in one line: each verdict, with the names of what refuses.
pub(super) fn brief(inspection: &Inspection) -> String {
    let verdicts = match &inspection.findings {
        Findings::Unreadable { why, .. } => why.clone(),
        Findings::Package { reports, .. } => {
            reports.iter().map(|(name, report)| brief_verdict(name, report)).collect::<Vec<_>>().join("  ")
        }
    };
    without_controls(&format!("{}: {verdicts}", inspection.file.display()))
}

fn brief_verdict(policy: &str, report: &Report) -> String {
    if report.accepted {
        return format!("{policy} accepted");
    }
    let mut names: Vec<String> = report.issues.iter().map(Issue::name).collect();
    names.dedup();
    format!("{policy} refused ({})", names.join(", "))
}

/// Adds lines under a label. What stands in packages and certificates could steer a terminal: its control characters are
/// shown and not sent.
fn add(lines: &mut Vec<String>, label: &str, texts: impl IntoIterator<Item = String>) {
    let mut label = label;
    for text in texts {
        lines.push(format!("  {label:<LABEL$}{}", without_controls(&text)));
        label = "";
    }
}

fn describe(report: &Report, lines: &mut Vec<String>) {
    let role = match report.kind {
        Kind::Author => "author",
        Kind::Repository => "repository",
        Kind::Unknown => "signer",
        Kind::Unsigned => return add(lines, "signature", ["none".to_owned()]),
        Kind::Unreadable => return add(lines, "signature", ["can not be read, see below".to_owned()]),
    };
    if let Some(signer) = &report.signer {
        add(lines, role, describe_signer(signer));
    }
    if let Some(signer) = &report.countersigner {
        add(lines, "repository", describe_signer(signer));
    }
}

fn describe_signer(signer: &SignerFacts) -> Vec<String> {
    let Some(certificate) = &signer.certificate else {
        return vec!["a certificate that is not in the package".to_owned()];
    };
    let mut lines = vec![
        certificate.subject().to_string(),
        format!("fingerprint {}", certificate.fingerprint()),
        format!(
            "{}, valid from {} to {}",
            certificate.public_key().description(),
            certificate.not_before().date(),
            certificate.not_after().date()
        ),
    ];
    let last = signer.chain.len().saturating_sub(1);
    if last == 0 && signer.trusted {
        lines.push("is a trust anchor itself".to_owned());
    }
    for (depth, issuer) in signer.chain.iter().enumerate().skip(1) {
        let role = if depth == last && signer.trusted { "trust anchor" } else { "issued by" };
        lines.push(format!("{role} {}", issuer.subject()));
    }
    if !signer.chain.is_empty() && !signer.trusted {
        lines.push("its chain does not end in a trust anchor".to_owned());
    }
    if let Some(repository) = &signer.repository {
        lines.push(format!("for {}", repository.service_index));
        if !repository.owners.is_empty() {
            lines.push(format!("owners {}", repository.owners.join(", ")));
        }
    }
    lines.extend(describe_revocation(&signer.chain, &signer.revocation));
    for timestamp in &signer.timestamps {
        lines.push(describe_timestamp(timestamp));
        lines.extend(describe_revocation(&timestamp.chain, &timestamp.revocation));
    }
    lines
}

/// What is known about each certificate that somebody could have revoked; nothing where nobody asked.
fn describe_revocation(chain: &[Certificate], revocation: &Revocation) -> Vec<String> {
    let subject = |one: &CertificateStatus| {
        let found = chain.iter().find(|certificate| certificate.fingerprint() == one.certificate);
        found.map_or_else(|| one.certificate.to_string(), |certificate| certificate.subject().to_string())
    };
    let describe = |one: &CertificateStatus| match one.status {
        Status::Good { this_update, told_by, .. } => {
            format!("{} is not revoked, says the {told_by} of {}", subject(one), shown(this_update))
        }
        // What is known from before, or by an administrator's mark, with no answer at hand that says so.
        Status::Revoked { at, reason, this_update, in_date: false, next_update: None, .. } => {
            let why = if reason == Reason::Unspecified { String::new() } else { format!(" ({reason})") };
            format!(
                "{} is REVOKED since {}{why}, as this server knows since {}",
                subject(one),
                shown(at),
                shown(this_update)
            )
        }
        Status::Revoked { at, reason, told_by, this_update, .. } => format!(
            "{} is REVOKED since {} ({reason}), says the {told_by} of {}",
            subject(one),
            shown(at),
            shown(this_update)
        ),
        Status::Unknown(why) => format!("{}: revocation is not known, {why}", subject(one)),
    };
    let statuses = revocation.statuses();
    let nothing = |one: &CertificateStatus| one.status == Status::Unknown(Unknown::NoAnswer);
    if !statuses.is_empty() && statuses.iter().all(nothing) {
        return vec!["whether its chain is revoked is not known: no answers are at hand, see --revocation".to_owned()];
    }
    statuses.iter().map(describe).collect()
}

fn describe_timestamp(timestamp: &TimestampFacts) -> String {
    let within = match (timestamp.upper - timestamp.time).unsigned_abs().as_secs_f64() {
        0.0 => String::new(),
        seconds if seconds < 3600.0 => format!(" within {seconds} s"),
        seconds => format!(" within {:.1} hours", seconds / 3600.0),
    };
    format!("timestamp {}{within} by {}", shown(timestamp.time), timestamp.certificate.subject())
}

fn shown(time: OffsetDateTime) -> String {
    let utc = time.to_offset(time::UtcOffset::UTC);
    utc.format(format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC"))
        .unwrap_or_else(|_| utc.to_string())
}

fn verdict(policy: &str, report: &Report) -> Vec<String> {
    let mut lines = vec![if report.accepted { "accepted" } else { "refused" }.to_owned()];
    if policy == "push" && report.accepted && report.kind != Kind::Author {
        lines.push("  as unsigned: its owners' certificates decide whether that will do".to_owned());
    }
    lines.extend(report.issues.iter().map(|issue| {
        // The client has issues of the level error that it shows and goes on.
        let but = if report.accepted && issue.is_error() { " (told, and does not refuse)" } else { "" };
        format!("  {} {}: {}{but}", level(issue), issue.name(), issue.message())
    }));
    lines
}
