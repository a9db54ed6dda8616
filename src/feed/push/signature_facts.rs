//! What verification found out about a signature, as an explanation says it.

use crate::domain::account::AccountName;
use crate::domain::verdict::{RuleName, SignatureKind, Signer, Stamp};
use crate::domain::visible::brief;
use crate::signature::{Certificate, Issue, Kind, Problem, Report, Rule};

/// The longest name of a certificate that stands in a message, in letters.
const MAX_NAMED: usize = 60;

/// What the signature is.
pub(super) const fn kind(report: &Report) -> SignatureKind {
    match report.kind {
        Kind::Unsigned => SignatureKind::None,
        Kind::Author => SignatureKind::Author,
        Kind::Repository => SignatureKind::Repository,
        Kind::Unknown => SignatureKind::Unknown,
        Kind::Unreadable => SignatureKind::Unreadable,
    }
}

/// Whoever signed. `registered_by` is the owner who has registered the certificate.
pub(super) fn signer(report: &Report, registered_by: Option<AccountName>) -> Option<Signer> {
    let certificate = report.signer.as_ref()?.certificate.as_ref()?;
    Some(Signer {
        fingerprint: certificate.fingerprint(),
        thumbprint: certificate.thumbprint(),
        subject: named(certificate),
        issuer: brief(&certificate.issuer().to_string()),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        registered_by,
    })
}

/// The timestamp that counts.
pub(super) fn stamp(report: &Report) -> Option<Stamp> {
    let timestamp = report.signer.as_ref()?.timestamps.first()?;
    let certificate = &timestamp.certificate;
    Some(Stamp { time: timestamp.time, authority: named(certificate), fingerprint: certificate.fingerprint() })
}

/// Puts what `certificate` calls itself beside its fingerprint in a message, where that goes onto the wire: a name in short ASCII
/// that can't be taken for a part of the sentence.
pub(super) fn name_in(message: &mut String, certificate: &Certificate) {
    let fits = |name: &String| {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || " .,-_()&+".contains(letter);
        !name.is_empty() && name.len() <= MAX_NAMED && name.chars().all(plain)
    };
    if let Some(name) = certificate.subject().common_name().filter(fits) {
        let fingerprint = certificate.fingerprint().to_string();
        *message = message.replacen(&fingerprint, &format!("{fingerprint} (`{name}`)"), 1);
    }
}

fn named(certificate: &Certificate) -> String {
    brief(&certificate.subject().to_string())
}

/// Which rule an issue is about. One of the server's own names it; NuGet's codes are sorted by what they find.
pub(super) const fn rule(issue: &Issue) -> RuleName {
    match (&issue.problem, issue.rule) {
        (Problem::Revoked { .. } | Problem::RevocationUnknown { .. }, _) => RuleName::Revocation,
        (_, Some(rule)) => of_server(rule, issue.timestamp),
        (_, None) if issue.timestamp => RuleName::Timestamp,
        (problem, None) => of_client(problem),
    }
}

const fn of_server(rule: Rule, timestamp: bool) -> RuleName {
    match rule {
        Rule::Archive => RuleName::Archive,
        Rule::Manifest => RuleName::Manifest,
        Rule::Limit => RuleName::Limit,
        _ if timestamp => RuleName::Timestamp,
        Rule::Kind => RuleName::Kind,
        Rule::Timestamp => RuleName::Timestamp,
        Rule::ValidNow => RuleName::ValidNow,
        Rule::Path => RuleName::Path,
        Rule::Algorithm => RuleName::Algorithm,
    }
}

const fn of_client(problem: &Problem) -> RuleName {
    match problem {
        Problem::Unreadable(_) | Problem::NotHashable(_) | Problem::Archive(_) => RuleName::Archive,
        Problem::Manifests { .. } => RuleName::Manifest,
        Problem::TooMany { .. } => RuleName::Limit,
        Problem::Unsigned | Problem::UnknownKind | Problem::ForeignCountersignature => RuleName::Kind,
        Problem::Entry(_)
        | Problem::Structure(_)
        | Problem::CertificateMissing
        | Problem::Changed { .. }
        | Problem::BadSignature { .. }
        | Problem::NotListed { .. }
        | Problem::ListEmpty { .. } => RuleName::Signature,
        Problem::CertificateAlgorithm { .. } | Problem::Key { .. } | Problem::SignatureAlgorithm { .. } => {
            RuleName::Algorithm
        }
        Problem::LifetimeSigning { .. }
        | Problem::Chain(_)
        | Problem::UntrustedRoot { .. }
        | Problem::UntrustedRootNote => RuleName::Path,
        Problem::NotYetValid { .. } | Problem::OutsideValidity { .. } | Problem::ExpiredNow { .. } => {
            RuleName::ValidNow
        }
        Problem::Revoked { .. } | Problem::RevocationUnknown { .. } => RuleName::Revocation,
        Problem::NoTimestamp
        | Problem::TokenDigest { .. }
        | Problem::Imprint(_)
        | Problem::OtherImprint
        | Problem::OutsideTsaValidity { .. }
        | Problem::TimestampCount { .. }
        | Problem::FutureTimestamp { .. } => RuleName::Timestamp,
    }
}
