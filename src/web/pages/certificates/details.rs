//! `/accounts/{name}/certificates/{fingerprint}`: everything about a certificate, and the versions that are signed with it.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;
use time::OffsetDateTime;

use super::limit::patterns_form;
use super::{Place, history, list, named, path_of_one, report, status};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::domain::visible::{brief, visible};
use crate::feed::certificates::{self, Details, Line};
use crate::signature::{Certificate, ChainState};
use crate::store::listed_certificates::SignedWith;
use crate::web::pages::components::{
    Badge, Button, ButtonForm, Facts, FieldErrors, Table, copyable, day, fingerprint_in_full, moment, package_link,
    pagination, until, version_link,
};
use crate::web::pages::packages::page_number;
use crate::web::pages::page::Page;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::viewer::Viewer;

/// Versions on one page.
const VERSIONS: u32 = 50;
/// Code signing (RFC 5280, 4.2.1.12).
const CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";

/// Which page of the versions.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    page: Option<String>,
}

/// What the page shows.
struct Known {
    details: Details,
    versions: Vec<SignedWith>,
    history: Vec<Line>,
}

/// `GET accounts/{name}/certificates/{fingerprint}`
pub(in crate::web) async fn show(
    viewer: Viewer,
    path: web::Path<(String, String)>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let place = Place::read(&viewer, &path.0)?;
    let number = page_number(asked.page.as_deref());
    let page = page(&viewer, &place, named(&path.1)?, number, None, &FieldErrors::default()).await?;
    Ok(viewer.visit.page(page))
}

/// The page, with the patterns as they were typed.
pub(super) async fn page(
    viewer: &Viewer,
    place: &Place,
    fingerprint: Fingerprint,
    number: u64,
    typed: Option<&str>,
    errors: &FieldErrors,
) -> Result<Page, Refusal> {
    let account = place.name().clone();
    let known = viewer.run(move |app, actor, now| {
        let (account, details) = certificates::one(app.into(), &account, &fingerprint, actor, now)?;
        app.store.read(|r| {
            let skip = (number - 1) * u64::from(VERSIONS);
            let versions = r.versions_signed_with(account.id, &fingerprint, skip, VERSIONS)?;
            let history = certificates::history_of(r, &account.name, &fingerprint)?;
            Ok::<_, certificates::Error>(Known { details, versions, history })
        })
    });
    let known = known.await?;
    Ok(place.page(brief(&known.details.row.subject), content(viewer, place, &known, number, typed, errors)))
}

fn content(
    viewer: &Viewer,
    place: &Place,
    Known { details, versions, history }: &Known,
    number: u64,
    typed: Option<&str>,
    errors: &FieldErrors,
) -> Markup {
    let (row, now) = (&details.row, viewer.visit.now());
    let path = path_of_one(place.name(), &row.fingerprint);
    let changeable = place.manages && row.removed_at.is_none();
    let patterns = row.patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join("\n");
    html! {
        (place.header_below(&brief(&row.subject), "Certificate", &[]))
        (errors.summary(&viewer.visit.frame_without_flash()))
        (facts(details, now))
        div.actions {
            @if matches!(details.chain, ChainState::Proven(_)) {
                (ButtonForm::new(&viewer.visit.csrf(), format!("{path}/check"), Button::quiet("Check revocation now")))
            }
            @if changeable { (Button::danger("Remove").link(format!("{path}/remove"))) }
        }
        @if place.manages && row.removed_at.is_some() {
            p.hint { "It was removed and stays in the list because versions are signed with it. Upload it again to enable it." }
        }
        h2 #versions { "Versions signed with it" }
        (versions_table(place, versions))
        (pagination(number, u64::from(row.versions).div_ceil(u64::from(VERSIONS)), |page| format!("{path}?page={page}#versions")))
        @if changeable {
            h2 { "For which package IDs it counts" }
            (patterns_form(viewer, &path, typed.unwrap_or(&patterns), errors))
        }
        h2 { "History" }
        (history::table(history))
    }
}

fn facts(details: &Details, now: OffsetDateTime) -> Facts {
    let row = &details.row;
    let facts = Facts::new()
        .fact("Status", status::badges(details, now))
        .fact("Revocation", status::revocation(details.revocation.as_ref(), &details.chain, now))
        .fact_if_known("Why refused", details.is_refused_above().then(|| status::above(&details.revoked_above, now)))
        .fact("Chain", chain(details))
        .fact("Package IDs", status::limits(&row.patterns))
        .fact("Fingerprint (SHA-256)", fingerprint_in_full(&row.fingerprint))
        .fact("Thumbprint (SHA-1)", copyable(&hex::encode_upper(list::sha1(&row.thumbprint))))
        .fact("Subject", html! { (visible(&row.subject)) })
        .fact("Issuer", html! { (visible(&row.issuer)) })
        .fact("Valid from", day(row.not_before))
        .fact("Valid until", until(row.not_after, now));
    let facts = match &details.certificate {
        Some(certificate) => facts
            .fact("Serial number", copyable(&certificate.serial()))
            .fact("Key", html! { (certificate.public_key().description()) })
            .fact("Signed with", html! { (certificate.signature_algorithm().name()) })
            .fact("Extended key usage", usages(certificate))
            .fact_if_known("Authority", certificate.is_authority().then(|| html! { (certificates::OF_AN_AUTHORITY) })),
        None => facts,
    };
    facts.fact("Registered", html! { (moment(row.added_at)) }).fact_if_known("Removed", row.removed_at.map(moment))
}

fn usages(certificate: &Certificate) -> Markup {
    html! {
        @match certificate.extended_key_usages() {
            None => "None is named, so it may be used for everything.",
            Some(usages) => {
                @for (number, usage) in usages.iter().enumerate() {
                    @if number > 0 { ", " }
                    @if usage == CODE_SIGNING { "code signing" } @else { code { (usage) } }
                }
            },
        }
    }
}

fn chain(details: &Details) -> Markup {
    let revoked = |one: &Certificate| details.revoked_above.iter().find(|it| it.fingerprint == one.fingerprint());
    html! {
        @match &details.chain {
            ChainState::Proven(chain) => {
                (Badge::good("Proven"))
                ol {
                    @for certificate in chain {
                        li {
                            (visible(&certificate.subject().to_string()))
                            @if let Some(authority) = revoked(certificate) { " " (status::word(&authority.learnt)) }
                        }
                    }
                }
                @if let Some(anchor) = chain.last() { span.quiet-text { "The last one is a trust anchor: " (fingerprint_in_full(&anchor.fingerprint())) } }
            },
            _ => {
                @if details.untrusted_root.is_some() { (status::root_not_trusted()) } @else { (Badge::warning("Not yet proven")) }
                " " span.quiet-text { (report::chain_of(details)) }
            },
        }
    }
}

fn versions_table(place: &Place, versions: &[SignedWith]) -> Table {
    let table = Table::new("Versions signed with it")
        .column("Package")
        .column("Version")
        .column("Published")
        .column("Timestamp");
    let table = table.empty(html! { "No version on the feed is signed with it as one of " (place.name()) "." });
    versions.iter().fold(table, |table, version| {
        let timestamp = version.timestamp.map_or_else(|| html! { "none" }, moment);
        table.row([
            package_link(&version.package_id),
            html! {
                (version_link(&version.package_id, &version.version))
                @if !version.listed { " " (Badge::neutral("Unlisted")) }
            },
            day(version.published_at),
            timestamp,
        ])
    })
}
