//! `/admin/prefixes`: package IDs that only some accounts may create.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, Render, html};

use super::components::{Button, ButtonForm, Field, FieldErrors, PageHeader, Table, account_link, form};
use super::flash::Flash;
use super::organizations::typed_name;
use super::page::Page;
use super::posted::Posted;
use super::refusal::{Refusal, capitalised};
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::account::AccountName;
use crate::domain::permission::{Action, Relation};
use crate::domain::reserved_prefix::{InvalidPrefix, Reservation, ReservedPrefix};
use crate::feed::reserved_prefixes;

/// This page.
const HOME: &str = "admin/prefixes";
const PATTERN: &str = "pattern";
const ACCOUNT: &str = "account";

/// `GET admin/prefixes`
pub(in crate::web) async fn show(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    Ok(viewer.visit.page(page(&viewer, "", "", &FieldErrors::default())?))
}

/// `POST admin/prefixes`: reserves one.
pub(in crate::web) async fn reserve(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    viewer.expect_able(Action::ChangeServer, Relation::Stranger)?;
    let (pattern, account) = (posted.text(PATTERN), posted.text(ACCOUNT));
    let mut errors = FieldErrors::default();
    let prefix = pattern.parse().map_err(|error: InvalidPrefix| errors.add(PATTERN, capitalised(&error.to_string())));
    let holder = typed_name(account).map_err(|error| errors.add(ACCOUNT, capitalised(&error.to_string())));
    if let (Ok(prefix), Ok(holder)) = (prefix, holder) {
        match try_reserve(&viewer, prefix, holder).await {
            Ok(said) => return Ok(viewer.visit.redirect_saying(Flash::done(said), HOME)),
            Err(Refusal::Said(why)) => errors.add(ACCOUNT, capitalised(&why)),
            Err(refusal) => return Err(refusal),
        }
    }
    let again = page(&viewer, pattern, account, &errors)?;
    Ok(viewer.visit.page(again.status(StatusCode::UNPROCESSABLE_ENTITY)))
}

async fn try_reserve(viewer: &Viewer, prefix: ReservedPrefix, holder: AccountName) -> Result<String, Refusal> {
    let said = format!("New package IDs like {prefix} are reserved for {holder}.");
    viewer.run(move |app, actor, now| reserved_prefixes::reserve(&app.store, &prefix, &holder, actor, now)).await?;
    Ok(said)
}

/// `POST admin/prefixes/release`
pub(in crate::web) async fn release(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    let prefix: ReservedPrefix = posted.text(PATTERN).parse().map_err(|_| Refusal::Missing)?;
    let holder: AccountName = posted.text(ACCOUNT).parse().map_err(|_| Refusal::Missing)?;
    let said = format!("{prefix} is not reserved for {holder} any more.");
    let released =
        viewer.run(move |app, actor, now| reserved_prefixes::release(&app.store, &prefix, &holder, actor, now)).await;
    viewer.visit.done_or_said(released.map(|()| Flash::done(said)), HOME)
}

/// `GET admin/prefixes/release`: to the list.
pub(in crate::web) async fn to_list(viewer: Viewer) -> HttpResponse {
    viewer.visit.redirect(HOME)
}

fn page(viewer: &Viewer, pattern: &str, account: &str, errors: &FieldErrors) -> Result<Page, Refusal> {
    let reservations = viewer.visit.state().app.store.look_up(|r| r.reservations())?;
    let lead = "Only the accounts named here may create new package IDs under a reserved prefix. IDs that are on the feed already stay with their owners.";
    let content = html! {
        (PageHeader::new("Reserved prefixes").lead(lead))
        (errors.summary(&viewer.visit.frame_without_flash()))
        (table(viewer, &reservations))
        h2 { "Reserve a prefix" }
        (reservation_form(viewer, pattern, account, errors))
    };
    Ok(Page::new("Reserved prefixes", content).section(Section::AdminPrefixes))
}

fn table(viewer: &Viewer, reservations: &[Reservation]) -> Markup {
    let empty = "No prefix is reserved: whoever may push may create any package ID that is not taken.";
    let table = Table::new("Reserved prefixes").column("Package IDs").column("Reserved for").actions().empty(empty);
    let rows = reservations.iter().fold(table, |table, Reservation { pattern, holder }| {
        let button = Button::quiet("Release").small().about(format!("{pattern} of {holder}"));
        let release = ButtonForm::new(&viewer.visit.csrf(), format!("{HOME}/release"), button)
            .hidden(PATTERN, pattern.to_string())
            .hidden(ACCOUNT, holder.to_string())
            .render();
        table.row([html! { code { (pattern) } }, account_link(holder), release])
    });
    html! { (rows) }
}

fn reservation_form(viewer: &Viewer, pattern: &str, account: &str, errors: &FieldErrors) -> Markup {
    let hint = "A whole package ID, or how IDs begin and then one star: “Contoso.*” is Contoso.Core and Contoso.Web.Api, but not Contoso itself; “Contoso*” is all of them, and Contoso2 too. Where several match, the longest decides.";
    let fields = html! {
        (Field::text(PATTERN, "Package IDs").hint(hint).placeholder("Contoso.*").value(pattern).required().autocomplete("off").errors(errors))
        (Field::text(ACCOUNT, "Reserved for").hint("The name of a user or an organization. To let several hold it, reserve it for each.")
            .value(account).required().autocomplete("off").errors(errors))
        div.actions { (Button::primary("Reserve")) }
    };
    form(&viewer.visit.csrf(), HOME, fields)
}
