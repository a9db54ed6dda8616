//! What a registration is worth, and what issuers said about it: as the table and the certificate's page show it.

use maud::{Markup, html};
use time::OffsetDateTime;
use url::Url;

use crate::domain::certificate::{CertificateStatus, RegistrationStatus};
use crate::domain::ending::CERTIFICATE_WARNINGS;
use crate::domain::pattern::Pattern;
use crate::domain::visible::visible;
use crate::feed::certificates::Details;
use crate::signature::ChainState;
use crate::store::revocation_statuses::{StatusWord, StoredStatus};
use crate::web::pages::components::{Badge, ago, breakable, day};

/// The word, in a box.
pub(super) fn badge(details: &Details, now: OffsetDateTime) -> Badge {
    let soon = CERTIFICATE_WARNINGS.into_iter().max().is_some_and(|before| details.row.not_after - now < before);
    match details.row.status {
        RegistrationStatus::Kept(CertificateStatus::Active) if soon => Badge::warning("Active, ends soon"),
        RegistrationStatus::Kept(CertificateStatus::Active) => Badge::good("Active"),
        RegistrationStatus::Kept(CertificateStatus::Expired) => Badge::bad("Expired"),
        RegistrationStatus::Kept(CertificateStatus::Revoked) => Badge::bad("Revoked"),
        RegistrationStatus::Kept(CertificateStatus::NotYetValid) => Badge::warning("Not yet valid"),
        RegistrationStatus::Kept(CertificateStatus::AccountDisabled) => Badge::warning("Account disabled"),
        RegistrationStatus::Removed => Badge::neutral("Removed"),
    }
}

/// The word, with what is behind it in a line or two.
pub(super) fn cell(details: &Details, now: OffsetDateTime) -> Markup {
    html! {
        (badge(details, now))
        @if !details.chain.is_proven() && details.row.removed_at.is_none() { " " (Badge::warning("Chain not yet proven")) }
        div.quiet-text {
            (meaning(details))
            @if details.row.removed_at.is_none() { (revocation(details.row.revocation.as_ref(), &details.chain, now)) }
        }
    }
}

/// What to do about it, where there is something.
fn meaning(details: &Details) -> Markup {
    html! {
        @match details.row.status {
            RegistrationStatus::Removed => {
                @if let Some(at) = details.row.removed_at { "On " (day(at)) ". " }
                "Upload it again to enable it. "
            },
            RegistrationStatus::Kept(CertificateStatus::Expired) => "Pushes signed with it are refused. Register its successor. ",
            RegistrationStatus::Kept(CertificateStatus::NotYetValid) => { "Counts from " (day(details.row.not_before)) ". " },
            RegistrationStatus::Kept(_) => {},
        }
    }
}

/// What was learnt last, when and from where.
pub(super) fn revocation(told: Option<&StoredStatus>, chain: &ChainState, now: OffsetDateTime) -> Markup {
    let Some(told) = told else {
        return html! {
            @if chain.is_proven() { "Its issuer was not asked yet whether it is revoked." }
            @else { "Its issuer is asked whether it is revoked once the chain is proven." }
        };
    };
    let from = |word: &str| {
        html! {
            @let marked = told.source.starts_with("marked by ");
            @if marked { ", " (visible(&told.source)) }
            @else if !told.source.is_empty() { " " (word) " " span title=(visible(&told.source)) { (place(&told.source)) } }
        }
    };
    html! {
        @match (told.status, told.revoked_at) {
            (StatusWord::Revoked, at) => {
                @if told.hold { "On hold" } @else { "Revoked" } @if let Some(at) = at { " since " (day(at)) }
                @if !told.reason.is_empty() { ": " (visible(&told.reason)) }
                "; learnt " (ago(told.learnt_at.unwrap_or(told.checked_at), now)) (from("from")) "."
            },
            (StatusWord::Good, _) => { "Not revoked: told " (ago(told.learnt_at.unwrap_or(told.checked_at), now)) (from("by")) "." },
            (StatusWord::Unknown, _) => {
                "Nobody has said whether it is revoked"
                @if !told.reason.is_empty() { ": " (visible(&told.reason)) }
                "; looked at " (ago(told.checked_at, now)) "."
            },
        }
    }
}

/// The host of a URL, or the name of a file, as far as a table has room.
fn place(source: &str) -> Markup {
    match Url::parse(source) {
        Ok(url) if url.has_host() => breakable(url.host_str().unwrap_or_default()),
        _ => html! { (visible(source)) },
    }
}

/// For which package IDs it counts.
pub(super) fn limits(patterns: &[Pattern]) -> Markup {
    html! {
        @if patterns.is_empty() { "All" }
        @for (number, pattern) in patterns.iter().enumerate() { @if number > 0 { ", " } code { (breakable(pattern.as_str())) } }
    }
}
