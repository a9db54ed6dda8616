//! `/admin/policy`: every setting of the server, what it does, and what is in force.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::setting_form::{Sent, in_words, settings};
use super::timestamping;
use crate::app::App;
use crate::domain::policy::{Group, Kind, Policy, SecondFactor, Setting, Warning, setting};
use crate::feed::policy::{self, Change, Consent, Outcome};
use crate::store::account_facts::WithoutFactor;
use crate::web::pages::components::{Callout, Confirm, FieldErrors, PageHeader, breadcrumbs, card, counted};
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// The page.
pub(super) const PATH: &str = "admin/policy";
/// The field with the new value; a list has one entry a line.
pub(super) const VALUE: &str = "value";
/// Says that what the change means was read.
const CONFIRMED: &str = "confirmed";

/// The element of a setting, for links to it.
pub(super) fn anchor(setting: &Setting) -> String {
    format!("setting-{}", setting.key)
}

/// `GET admin/policy`
pub(in crate::web) async fn show(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    let stored = stored(&viewer).await?;
    Ok(viewer.visit.page(page(&viewer, &stored, None)))
}

/// `GET admin/policy/{key}`: nothing but the way back, for whoever loads the address of a form.
pub(in crate::web) async fn back(viewer: Viewer) -> HttpResponse {
    viewer.visit.redirect(PATH)
}

/// `POST admin/policy/{key}`
pub(in crate::web) async fn set(
    viewer: Viewer,
    key: web::Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let setting = setting(&key).map_err(|_| Refusal::Missing)?;
    let value = value(setting, &posted);
    let consent = if posted.is_ticked(CONFIRMED) { Consent::Given } else { Consent::NotYet };
    match decide(&viewer, setting, &value, consent).await {
        Ok(response) => Ok(response),
        Err(Refusal::Said(why)) => {
            let mut errors = FieldErrors::of_form(setting.key);
            errors.add(VALUE, capitalised(&why));
            shown_again(&viewer, &Sent { setting, value, errors }).await
        }
        Err(refusal) => Err(refusal),
    }
}

/// Makes the change, or asks first.
async fn decide(
    viewer: &Viewer,
    setting: &'static Setting,
    value: &str,
    consent: Consent,
) -> Result<HttpResponse, Refusal> {
    let value = value.to_owned();
    let outcome = viewer
        .run(move |app, actor, now| {
            let outcome = policy::set(&app.store, &app.config, setting, &value, consent, actor, now)?;
            put_in_force(app, now);
            Ok::<_, policy::Error>(outcome)
        })
        .await?;
    match outcome {
        Outcome::Made(change) => Ok(viewer.visit.redirect_saying(Flash::done(done(setting, &change)), PATH)),
        Outcome::Asks(change, warning) => confirmation(viewer, setting, &change, &warning).await,
    }
}

/// So that the next page shows the new value: the server would see the change by itself half a second later.
pub(super) fn put_in_force(app: &App, now: time::OffsetDateTime) {
    if let Err(error) = app.refresh(now) {
        tracing::warn!(%error, "a change of the policy is not in force yet");
    }
}

fn done(setting: &Setting, change: &Change) -> String {
    let value = in_words(setting, &change.to());
    if change.is_none() {
        format!("{}: {value}, as before.", setting.title)
    } else {
        format!("{}: {value}. It is in force now.", setting.title)
    }
}

/// What was sent, as `assay policy set` takes it.
fn value(setting: &Setting, posted: &Posted) -> String {
    let text = posted.text(VALUE);
    match setting.kind {
        Kind::List { .. } => {
            text.split(['\n', '\r', ',']).map(str::trim).filter(|it| !it.is_empty()).collect::<Vec<_>>().join(",")
        }
        _ => text.to_owned(),
    }
}

async fn confirmation(
    viewer: &Viewer,
    setting: &'static Setting,
    change: &Change,
    warning: &Warning,
) -> Result<HttpResponse, Refusal> {
    let without = if warning.about_enrolment {
        Some(viewer.visit.run(|app| app.store.read(|r| r.users_without_factor())).await?)
    } else {
        None
    };
    let (from, to) = (in_words(setting, &change.from()), in_words(setting, &change.to()));
    let consequences = html! {
        p { "From “" strong { (from) } "” to “" strong { (to) } "”." }
        p { (warning.text) }
        @if let Some(without) = without { (without_factor(viewer, &without)) }
    };
    let fields = html! {
        input type="hidden" name=(VALUE) value=(change.to());
        input type="hidden" name=(CONFIRMED) value="yes";
    };
    let title = if warning.loosens { "This lets more in" } else { "This takes something from people" };
    let csrf = viewer.visit.csrf();
    let content = html! {
        (breadcrumbs(&[(PATH, "Policy")], setting.title))
        (PageHeader::new(setting.title))
        (Confirm::new(&csrf, format!("{PATH}/{}", setting.key), title, consequences)
            .fields(fields).button("Change it").cancel(format!("{PATH}#{}", anchor(setting))))
    };
    Ok(viewer.visit.page(Page::new(setting.title, content).section(Section::AdminPolicy)))
}

fn without_factor(viewer: &Viewer, without: &WithoutFactor) -> Markup {
    html! {
        p {
            "Without a second factor now: " (counted(without.users, "user"))
            ", " (without.administrators) " of them administrators of the server."
            @if !viewer.session.enrolled { " You are one of them." }
        }
    }
}

/// The policy in the database, without what is locked.
pub(super) async fn stored(viewer: &Viewer) -> Result<Policy, Refusal> {
    viewer.visit.run(|app| app.store.read(|r| r.policy())).await
}

/// The page once more, with what was sent and what is wrong with it.
pub(super) async fn shown_again(viewer: &Viewer, sent: &Sent) -> Result<HttpResponse, Refusal> {
    let stored = stored(viewer).await?;
    Ok(viewer.visit.page(page(viewer, &stored, Some(sent)).status(StatusCode::UNPROCESSABLE_ENTITY)))
}

fn page(viewer: &Viewer, stored: &Policy, sent: Option<&Sent>) -> Page {
    let app = &viewer.visit.state().app;
    let live = app.live();
    let (csrf, frame) = (viewer.visit.csrf(), viewer.visit.frame_without_flash());
    let locked = !app.config.locked_policy.is_empty();
    let content = html! {
        (PageHeader::new("Policy").lead("What this server accepts, and from whom. A change is in force at once, and on record in the audit log."))
        @if let Some(sent) = sent { (sent.errors.summary(&frame)) }
        @if locked {
            (Callout::info("", html! { p { "Some settings are locked: they stand in " code { "assay.toml" } ", in the server’s environment or in its flags, and those win over what is set here." } }))
        }
        @if live.policy.second_factor != SecondFactor::Everyone && !viewer.session.enrolled {
            (Callout::warning("You have no second factor", html! { p { "You see the settings; to change one you are asked to enrol first." } }))
        }
        @for group in Group::ALL {
            (card(group.title(), html! {
                (settings(group, stored, &live.policy, &app.config, &csrf, sent))
                @if group == Group::OwnSignature { (timestamping::block(&live.policy, &app.config, &csrf, sent)) }
            }))
        }
    };
    Page::new("Policy", content).section(Section::AdminPolicy)
}
