//! The table of an account's certificates, with the form below it.

use maud::{Markup, html};
use time::OffsetDateTime;

use super::upload::{Typed, form};
use super::{Place, guide, path_of_one, status};
use crate::domain::certificate::MAX_REGISTRATIONS;
use crate::domain::visible::brief;
use crate::feed::certificates::Details;
use crate::signature::{Certificate, Name};
use crate::web::pages::components::{Button, Callout, FieldErrors, Table, fingerprint, thumbprint, until};
use crate::web::pages::page::Page;
use crate::web::pages::viewer::Viewer;

const LEAD: &str = "The certificates that packages are signed with. A signature counts here only if an owner of the package has registered its certificate; from the first one on, packages must be signed.";

pub(super) fn page(viewer: &Viewer, place: &Place, rows: &[Details], typed: &Typed, errors: &FieldErrors) -> Page {
    let content = html! {
        (place.header(LEAD))
        (errors.summary(&viewer.visit.frame_without_flash()))
        (table(place, rows, viewer.visit.now()))
        @if !place.manages { p.hint { (only_others(place)) } }
        @if place.account.disabled {
            (Callout::warning("This account is disabled", html! { p { "No push signed with one of these certificates is accepted until it is enabled again." } }))
        }
        @if place.manages {
            h2 #register { "Register certificates" }
            (form(viewer, place, typed, errors))
            (guide::guide())
        }
    };
    place.page(place.title(), content)
}

fn only_others(place: &Place) -> String {
    if place.is_organization() {
        format!("Only administrators of {} register and remove certificates.", place.name())
    } else {
        format!("Only {} registers and removes these certificates.", place.name())
    }
}

fn table(place: &Place, rows: &[Details], now: OffsetDateTime) -> Table {
    let table = Table::new(place.title())
        .column("Certificate")
        .column("SHA-256 and SHA-1")
        .column("Valid until")
        .column("Status")
        .column("Package IDs")
        .numbers("Versions")
        .empty(empty(place));
    let table = if place.manages { table.actions() } else { table };
    rows.iter().fold(table, |table, details| {
        let cells = cells(place, details, now);
        if details.row.removed_at.is_some() { table.muted_row(cells) } else { table.row(cells) }
    })
}

fn empty(place: &Place) -> Markup {
    html! {
        "No certificate is registered, so packages of " (place.name()) " are accepted without a signature, and none that is signed is. "
        @if place.manages { "Register the certificate that you sign with: " (MAX_REGISTRATIONS) " may be registered." }
    }
}

fn cells(place: &Place, details: &Details, now: OffsetDateTime) -> [Markup; 7] {
    let row = &details.row;
    let path = path_of_one(place.name(), &row.fingerprint);
    let name = short(details.certificate.as_ref().map(Certificate::subject), &row.subject);
    let issuer = short(details.certificate.as_ref().map(Certificate::issuer), &row.issuer);
    let remove = Button::danger("Remove").small().about(name.as_str()).link(format!("{path}/remove"));
    [
        html! {
            a href=(path) title=(brief(&row.subject)) { (name) }
            div.quiet-text title=(brief(&row.issuer)) { "Issued by " (issuer) }
        },
        html! { div { (fingerprint(&row.fingerprint)) } div { (thumbprint(&sha1(&row.thumbprint))) } },
        until(row.not_after, now),
        status::cell(details, now),
        status::limits(&row.patterns),
        html! { @if row.versions > 0 { a href={ (path) "#versions" } { (row.versions) } } @else { "0" } },
        html! { @if place.manages && row.removed_at.is_none() { (remove) } },
    ]
}

/// The common name alone, as far as there is one: the whole name is in the title, and on the certificate's own page.
fn short(name: Option<&Name>, whole: &str) -> String {
    match name.and_then(Name::common_name).filter(|name| !name.is_empty()) {
        Some(name) => brief(&name),
        None if whole.is_empty() => "a certificate without a name".to_owned(),
        None => brief(whole),
    }
}

/// The octets of a thumbprint.
pub(super) fn sha1(digits: &str) -> [u8; 20] {
    let mut octets = [0; 20];
    // Made of these octets, so it can't be anything else.
    let _ = hex::decode_to_slice(digits, &mut octets);
    octets
}
