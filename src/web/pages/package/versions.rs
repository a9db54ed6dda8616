//! The list of a package's versions: when each came, who signed it, and what the feed put on it.

use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Shown, signatures};
use crate::store::packages::StoredVersion;
use crate::web::pages::components::{Badge, Table, count, day, pagination, segment, version_link};
use crate::web::pages::void_signatures::void_badge;

/// Versions on one page.
const VERSIONS: usize = 50;

/// Page `number` of them, the newest first.
pub(super) fn list(shown: &Shown, number: u64) -> Markup {
    let pages = shown.versions.len().div_ceil(VERSIONS);
    let skip = usize::try_from(number.saturating_sub(1)).unwrap_or(usize::MAX).saturating_mul(VERSIONS);
    let table = Table::new(format!("Versions of {}", shown.id))
        .column("Version")
        .column("Published")
        .numbers("Downloads")
        .column("Signed by")
        .column("Feed’s signature")
        .empty("The list ends before this page.");
    let rows = shown.versions.iter().skip(skip).take(VERSIONS).fold(table, |table, version| {
        let cells = row(shown, version);
        if version.listed && version.hidden.is_none() { table.row(cells) } else { table.muted_row(cells) }
    });
    let path = format!(
        "packages/{}/{}",
        segment(&shown.id),
        utf8_percent_encode(&shown.current.version.full(), NON_ALPHANUMERIC)
    );
    html! {
        (rows)
        (pagination(number, pages as u64, |page| format!("{path}?page={page}#versions")))
    }
}

fn row(shown: &Shown, version: &StoredVersion) -> [Markup; 5] {
    let name = html! {
        (version_link(&shown.id, version.version.full()))
        @if version.id == shown.current.id { " " (Badge::accent("This page")) }
        @if version.version.is_prerelease() { " " (Badge::neutral("Prerelease")) }
        @if !version.listed { " " (Badge::warning("Unlisted")) }
        @if version.hidden.is_some() { " " (Badge::bad("Hidden")) }
        @if let Some(void) = shown.signatures.void.get(&version.id) { " " (void_badge(void)) }
    };
    let signature = shown.signatures.all.get(&version.id);
    [
        name,
        day(version.published_at),
        html! { (count(version.downloads)) },
        html! { @if let Some(signature) = signature { (signatures::in_list(&shown.signatures, signature)) } },
        html! { @if let Some(signature) = signature { (signatures::feeds_in_list(signature)) } },
    ]
}
