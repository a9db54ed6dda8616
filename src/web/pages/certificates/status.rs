//! What a registration is worth, and what issuers said about it: as the table and the certificate's page show it.

use maud::{Markup, html};
use time::OffsetDateTime;
use url::Url;

use crate::domain::certificate::{CertificateStatus, RegistrationStatus};
use crate::domain::ending::CERTIFICATE_WARNINGS;
use crate::domain::pattern::Pattern;
use crate::domain::visible::{brief, visible};
use crate::feed::certificates::{Details, RevokedAuthority};
use crate::feed::revocation::{Learnt, Word};
use crate::signature::ChainState;
use crate::web::pages::components::{Badge, ago, breakable, day};

/// The word, in a box, and beside it that pushes are refused nevertheless.
pub(super) fn badges(details: &Details, now: OffsetDateTime) -> Markup {
    html! {
        (badge(details, now))
        @if details.is_refused_above() { " " (Badge::bad(if details.is_held_above() { "Authority on hold" } else { "Authority revoked" })) }
    }
}

/// That its root refuses each push.
pub(super) fn root_not_trusted() -> Badge {
    Badge::bad("Root not trusted")
}

fn badge(details: &Details, now: OffsetDateTime) -> Badge {
    let soon = CERTIFICATE_WARNINGS.into_iter().max().is_some_and(|before| details.row.not_after - now < before);
    match details.row.status {
        RegistrationStatus::Kept(CertificateStatus::Active)
            if details.is_refused_above() || details.is_refused_for_its_root() =>
        {
            Badge::neutral("Active")
        }
        RegistrationStatus::Kept(CertificateStatus::Active) if soon => Badge::warning("Active, ends soon"),
        RegistrationStatus::Kept(CertificateStatus::Active) => Badge::good("Active"),
        RegistrationStatus::Kept(CertificateStatus::Expired) => Badge::bad("Expired"),
        RegistrationStatus::Kept(CertificateStatus::Revoked) if details.is_on_hold() => Badge::bad("On hold"),
        RegistrationStatus::Kept(CertificateStatus::Revoked) => Badge::bad("Revoked"),
        RegistrationStatus::Kept(CertificateStatus::NotYetValid) => Badge::warning("Not yet valid"),
        RegistrationStatus::Kept(CertificateStatus::AccountDisabled) => Badge::warning("Account disabled"),
        RegistrationStatus::Removed => Badge::neutral("Removed"),
    }
}

/// The word, with what is behind it in a line or two.
pub(super) fn cell(details: &Details, now: OffsetDateTime) -> Markup {
    html! {
        (badges(details, now))
        @if details.is_refused_for_its_root() { " " (root_not_trusted()) }
        @else if !details.chain.is_proven() && details.row.removed_at.is_none() { " " (Badge::warning("Chain not yet proven")) }
        @if details.is_refused_above() { div { (above(&details.revoked_above, now)) } }
        div.quiet-text {
            (meaning(details))
            @if details.row.removed_at.is_none() { (in_short(details, now)) }
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
            RegistrationStatus::Kept(CertificateStatus::Revoked) if details.is_on_hold() => {
                "Pushes signed with it are refused until its issuer lifts the hold. Wait for that, or sign with another one. "
            },
            RegistrationStatus::Kept(CertificateStatus::Active) if details.is_refused_for_its_root() => {
                "Pushes signed with it are refused (NU3018): an administrator can trust its root. "
            },
            RegistrationStatus::Kept(_) => {},
        }
    }
}

/// Which authorities refuse it, and what to do.
pub(super) fn above(authorities: &[RevokedAuthority], now: OffsetDateTime) -> Markup {
    html! {
        "Pushes signed with it are refused because of who issued it. "
        @for authority in authorities {
            (brief(&authority.subject)) ": " (learnt(&authority.learnt, now)) " "
        }
        @if authorities.iter().all(|authority| authority.learnt.status == Word::Hold) { "Wait until the hold is lifted, or sign with a certificate of another authority, and register that." }
        @else { "Sign with a certificate of another authority, and register that." }
    }
}

/// What refuses it, in a box.
pub(super) fn word(learnt: &Learnt) -> Badge {
    Badge::bad(if learnt.status == Word::Hold { "On hold" } else { "Revoked" })
}

/// The same for the table: why nothing is known stands on the certificate's own page.
fn in_short(details: &Details, now: OffsetDateTime) -> Markup {
    match details.revocation.as_ref() {
        Some(told) if told.status == Word::Unknown => html! { "Not known whether it is revoked." },
        told => revocation(told, &details.chain, now),
    }
}

/// What was learnt last, when and from where.
pub(super) fn revocation(told: Option<&Learnt>, chain: &ChainState, now: OffsetDateTime) -> Markup {
    html! {
        @match told {
            Some(told) => (learnt(told, now)),
            None if chain.is_proven() => "Its issuer was not asked yet whether it is revoked.",
            None => "Its issuer is asked whether it is revoked once the chain is proven.",
        }
    }
}

fn learnt(told: &Learnt, now: OffsetDateTime) -> Markup {
    let from = |word: &str| {
        html! {
            @if told.marked_by.is_some() { ", " (visible(&told.source)) }
            @else if !told.source.is_empty() { " " (word) " " span title=(visible(&told.source)) { (place(&told.source)) } }
        }
    };
    let when = |at: Option<OffsetDateTime>| html! { @if let Some(at) = at { " " (ago(at, now)) } };
    let learnt_at = told.learnt_at.or(told.checked_at);
    html! {
        @match told.status {
            Word::Revoked | Word::Hold => {
                @if told.status == Word::Hold { "On hold" } @else { "Revoked" }
                @if let Some(at) = told.revoked_at { " since " (day(at)) }
                @if !told.reason.is_empty() { ": " (visible(&told.reason)) }
                "; learnt" (when(learnt_at)) (from("from")) "."
            },
            Word::Good => { "Not revoked: told" (when(learnt_at)) (from("by")) "." },
            Word::Unknown => {
                "Nobody has said whether it is revoked"
                @if !told.reason.is_empty() { ": " (visible(&told.reason)) }
                "; looked at" (when(told.checked_at)) "."
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
