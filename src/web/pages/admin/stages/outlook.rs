//! Packages that enforcement refuses or would refuse, as a table: for administrators, and for owners of their own.

use maud::{Markup, html};
use time::OffsetDateTime;

use crate::domain::account::AccountName;
use crate::domain::certificate::CertificateStatus;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::push_rule::Refused;
use crate::domain::regime::Regime;
use crate::feed::signers::SignerCertificates;
use crate::feed::stages::Outlook;
use crate::store::stages::LetInPushes;
use crate::web::pages::components::{
    Badge, Table, account_link, ago, counted_as, fingerprint_in_link, package_link, version_link,
};

/// A row for each package.
pub(in crate::web::pages) fn table(
    packages: &[&Outlook],
    certificates: &SignerCertificates,
    now: OffsetDateTime,
) -> Table {
    let table = Table::new("Packages that enforcement would refuse")
        .column("Package")
        .column("Owners")
        .column("Stage now")
        .column("Signed like the newest version")
        .column("Pushes let in");
    packages.iter().fold(table, |table, outlook| {
        table.row([
            package_link(&outlook.id),
            html! { @for (number, owner) in outlook.owners.iter().enumerate() { @if number > 0 { ", " } (account_link(owner)) } },
            html! { (stage(outlook.regime)) },
            forecast(outlook, certificates),
            pushes(&outlook.pushes, now),
        ])
    })
}

fn stage(regime: Regime) -> Badge {
    match regime {
        Regime::Enforced => Badge::accent("Enforced"),
        Regime::Warned => Badge::warning("Warned about"),
        Regime::Reported => Badge::neutral("Counted"),
        Regime::Foreign => Badge::neutral("Other people’s"),
    }
}

fn forecast(outlook: &Outlook, certificates: &SignerCertificates) -> Markup {
    let version = html! { @if let Some(version) = &outlook.newest { (version_link(&outlook.id, version.full())) } };
    html! {
        @match &outlook.refused {
            None => { "accepted" div.quiet-text { "as " (version) " is signed" } }
            Some(refused) => {
                (Badge::bad(if outlook.regime == Regime::Enforced { "Refused" } else { "Would be refused" }))
                div { (why(refused, certificates)) }
                div.quiet-text { "as " (version) " is signed" }
            }
        }
    }
}

/// Why the rule refuses, with the names of people and certificates.
fn why(refused: &Refused, certificates: &SignerCertificates) -> Markup {
    html! {
        @match refused {
            Refused::NoOwner => "It has no owner who could sign.",
            Refused::SignatureRequired { signers } => { "It is not signed; it must be, with a certificate of " (names(signers)) "." }
            Refused::NothingRegistered(fingerprint) => { "No owner has registered the " (certificate(fingerprint, certificates)) "." }
            Refused::CertificateNotRegistered { fingerprint, signers } => {
                "The " (certificate(fingerprint, certificates)) " is not registered by " (names(signers)) "."
            }
            Refused::SignedByAnotherOwner(it) => {
                "The " (certificate(&it.fingerprint, certificates)) " is registered by " (account_link(&it.owner))
                ", but it must be signed by " (names(&it.signers)) "."
            }
            Refused::CertificateNotActive { fingerprint, owner, status } => {
                "The " (certificate(fingerprint, certificates)) " of " (account_link(owner)) " "
                @match status {
                    CertificateStatus::AccountDisabled => "does not count: the account is disabled.",
                    other => { (other.predicate()) "." }
                }
            }
        }
    }
}

fn names(accounts: &[AccountName]) -> Markup {
    html! { @for (number, account) in accounts.iter().enumerate() { @if number > 0 { " or " } (account_link(account)) } }
}

fn certificate(fingerprint: &Fingerprint, certificates: &SignerCertificates) -> Markup {
    html! {
        @if let Some(certificate) = certificates.get(fingerprint) { "certificate " span title=(certificate.subject) { (certificate.name) } " " }
        @else { "certificate " }
        (fingerprint_in_link(fingerprint))
    }
}

fn pushes(pushes: &[LetInPushes], now: OffsetDateTime) -> Markup {
    html! {
        @if pushes.is_empty() { span.quiet-text { "none" } }
        @for pushes in pushes {
            div.let-in {
                strong { (counted_as(pushes.pushes, "push", "pushes")) } ": " (reason(&pushes.reason))
                div.quiet-text {
                    "last " (ago(pushes.at, now)) " by " (account_link(&pushes.pusher)) ", "
                    a href={ "verdicts/" (pushes.last.0) } { "verdict " (pushes.last.0) }
                }
            }
        }
    }
}

/// What was wrong, with fingerprints shortened so that they leave room for the rest.
fn reason(text: &str) -> Markup {
    html! {
        @for (number, word) in text.split(' ').enumerate() {
            @if number > 0 { " " }
            @match word.trim_end_matches([';', ',', '.']).parse::<Fingerprint>() {
                Ok(fingerprint) => { (fingerprint_in_link(&fingerprint)) (word.get(64..).unwrap_or_default()) }
                Err(_) => (word),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_in_a_reason_is_shortened_and_the_rest_stays() {
        let digits = "ab".repeat(32);
        let html =
            reason(&format!("no owner has registered the certificate {digits}; register <it> first")).into_string();
        assert!(
            html.contains(&format!("title=\"SHA-256 {digits}\"")) && html.contains("…</code>; register &lt;it&gt;"),
            "{html}"
        );
    }

    #[test]
    fn pushes_are_counted_in_words() {
        let at = OffsetDateTime::UNIX_EPOCH;
        let one = LetInPushes {
            reason: "it is not signed".to_owned(),
            pushes: 2,
            last: crate::domain::verdict::VerdictNumber(7),
            at,
            pusher: "ann".parse().unwrap(),
            version: None,
        };
        let html = pushes(&[one], at).into_string();
        assert!(html.contains("2 pushes</strong>: it is not signed") && html.contains("href=\"verdicts/7\""), "{html}");
    }
}
