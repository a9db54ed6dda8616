//! `/account/security`: the password, the second factor, and where one is signed in.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};
use time::OffsetDateTime;

use super::components::{Badge, Button, Callout, Confirm, Field, FieldErrors, PageHeader, card, day, form};
use super::flash::Flash;
use super::new_password;
use super::page::Page;
use super::passwords;
use super::posted::Posted;
use super::refusal::{Refusal, capitalised};
use super::return_to::ReturnTo;
use super::second_factor::{demand_of, demanded, enrolment_path};
use super::section::Section;
use super::sessions;
use super::viewer::Viewer;
use crate::domain::recovery_code::RECOVERY_CODES;
use crate::feed::own_account;

const PASSWORD: &str = "password";
/// Unused recovery codes from which on the page urges to make new ones.
const FEW_CODES: u32 = 3;

/// `GET account/security`
pub(in crate::web) async fn show(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    Ok(viewer.visit.page(page(&viewer, &FieldErrors::default())?))
}

/// `POST account/security/password`
pub(in crate::web) async fn change_password(
    viewer: Viewer,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let mut errors = FieldErrors::default();
    match try_change(&viewer, &request, &posted, &mut errors).await {
        Ok(()) => {
            let flash = Flash::done("Your password is changed, and your other sessions are ended.");
            Ok(viewer.visit.redirect_saying(flash, "account/security"))
        }
        Err(Refusal::Said(why)) => {
            if errors.is_empty() {
                errors.add_to_form(capitalised(&why));
            }
            Ok(viewer.visit.page(page(&viewer, &errors)?.status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn try_change(
    viewer: &Viewer,
    request: &HttpRequest,
    posted: &Posted,
    errors: &mut FieldErrors,
) -> Result<(), Refusal> {
    let name = &viewer.session.account.name;
    let new = new_password::chosen(&viewer.visit, posted, name, errors);
    if !errors.is_empty() {
        return Err(Refusal::Said(String::new()));
    }
    let typed = passwords::Typed { posted, field: PASSWORD, called: "current password" };
    let current = passwords::test_typed(&viewer.visit, request, name, typed, errors).await?;
    own_account::expect_another(&posted.secret(PASSWORD), &new)?;
    let new = passwords::hash(&viewer.visit, name, new).await?;
    viewer.run(move |app, actor, now| own_account::change_password(&app.store, actor, &current, &new, now)).await
}

fn page(viewer: &Viewer, errors: &FieldErrors) -> Result<Page, Refusal> {
    let fields = html! {
        input type="hidden" name="username" autocomplete="username" value=(viewer.session.account.name);
        (Field::password(PASSWORD, "Current password").autocomplete("current-password").required().errors(errors))
        (new_password::fields(errors))
        div.actions { (Button::primary("Change the password")) }
    };
    let content = html! {
        (PageHeader::new("Security"))
        (errors.summary(&viewer.visit.frame_without_flash()))
        (second_factor(viewer)?)
        (card("Password", html! {
            p { "Changing it signs you out everywhere but here. Your API keys stay as they are." }
            (form(&viewer.visit.csrf(), "account/security/password", fields))
        }))
        h2 { "Where you are signed in" }
        p { "End whatever you don’t recognise, then change your password." }
        (sessions::list(viewer)?)
    };
    Ok(Page::new("Security", content).section(Section::Security))
}

fn second_factor(viewer: &Viewer) -> Result<Markup, Refusal> {
    let account = &viewer.session.account;
    let (factor, left) = viewer.visit.state().app.store.look_up(|r| {
        Ok::<_, crate::store::Error>((r.second_factor(account.id)?, r.unused_recovery_codes(account.id)?))
    })?;
    Ok(match factor {
        None => card("Second factor", none_yet(viewer)),
        Some(factor) => card("Second factor", enrolled(viewer, factor.enrolled_at, left)),
    })
}

fn enrolled(viewer: &Viewer, since: OffsetDateTime, left: u32) -> Markup {
    html! {
        p { (Badge::good("On")) " since " (day(since)) ". " (left) " of " (RECOVERY_CODES) " recovery codes are unused." }
        @if left <= FEW_CODES {
            (Callout::warning("Few recovery codes are left", html! { p { "Make new ones before you need them." } }))
        }
        div.actions {
            (Button::quiet("Replace it").link(enrolment_path(&ReturnTo::default())))
        }
        (new_codes(viewer, left))
        (removal(viewer))
    }
}

fn none_yet(viewer: &Viewer) -> Markup {
    html! {
        p { (Badge::warning("Off")) " Your password alone opens your account." }
        (demanded(demand_of(viewer), &Markup::default()))
        p { "With a second factor, signing in also asks for a code that an app on your phone shows. You need one to register certificates and to manage owners, members and the server." }
        div.actions { (Button::primary("Enrol a second factor").link(enrolment_path(&ReturnTo::default()))) }
    }
}

/// Asked first: a set that lies in a safe is void from then on, and whoever pressed the button by mistake would not know.
fn new_codes(viewer: &Viewer, left: u32) -> Markup {
    let consequences = html! {
        p {
            "The codes that you have now stop working"
            @match left { 0 => {}, 1 => ", also the one that is unused", many => { ", also the " (many) " that are unused" } }
            ": throw them away. The new ones are shown once. Your other sessions end."
        }
    };
    html! {
        details {
            summary { "Make new recovery codes" }
            (Confirm::new(&viewer.visit.csrf(), "account/security/recovery-codes", "Void the old codes and make new ones", consequences))
        }
    }
}

fn removal(viewer: &Viewer) -> Markup {
    let consequences = html! {
        p { "Afterwards the password alone opens your account, and what needs a second factor is closed to you until you enrol one again. Your other sessions end." }
    };
    html! {
        details {
            summary { "Remove the second factor" }
            (Confirm::new(&viewer.visit.csrf(), "account/security/second-factor/remove", "Remove the second factor", consequences))
        }
    }
}
