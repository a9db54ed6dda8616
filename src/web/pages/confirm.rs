//! The password or the code, asked for in place: on a page of its own, which then goes on to where the person wanted to go.
//!
//! A form that came too late is not lost: its fields stand hidden on that page, and are sent again together with the code.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::components::{Button, Field, FieldErrors, form};
use super::page::Page;
use super::passwords;
use super::posted::{Posted, Replay};
use super::refusal::{Refusal, capitalised};
use super::return_to::ReturnTo;
use super::second_factor::enrolment_path;
use super::viewer::Viewer;
use super::visit::Visit;
use crate::domain::permission::Denied;
use crate::feed::sign_in;

/// The field for the password that is asked for in place.
pub(in crate::web) const PASSWORD: &str = "confirm_password";
/// The field for the code that is asked for in place.
pub(in crate::web) const CODE: &str = "confirm_code";
/// The hidden field for the page that *Cancel* leads to: after a wrong code, the page before is the one that asks.
pub(in crate::web) const CANCEL: &str = "confirm_cancel";
/// Where *Cancel* leads when the page before is unknown: it never asks.
const SAFE: &str = "account";

/// Takes what a form brings along, and tells whether it brought anything.
///
/// # Errors
/// A wrong password or code: asked for again.
pub(in crate::web) async fn take(visit: &Visit, request: &HttpRequest, posted: &Posted) -> Result<bool, Refusal> {
    let Some(viewer) = visit.viewer() else { return Ok(false) };
    if posted.is_ticked(PASSWORD) {
        let password = posted.secret(PASSWORD);
        let tested = passwords::test(visit, request, &viewer.session.account.name, password).await?;
        let wrong = || Refusal::NotConfirmed(Denied::GivePassword, "the password is wrong".to_owned());
        let tested = tested.ok_or_else(wrong)?;
        let actor = viewer.session_actor();
        let now = visit.now();
        visit.run(move |app| sign_in::confirm_password(app, &actor, &tested, now)).await?;
    }
    if posted.is_ticked(CODE) {
        let code = posted.secret(CODE);
        give_code(&viewer, request, &code).await.map_err(|refusal| asked_again(refusal, Denied::GiveCode))?;
    }
    Ok(posted.is_ticked(PASSWORD) || posted.is_ticked(CODE))
}

async fn give_code(viewer: &Viewer, request: &HttpRequest, code: &str) -> Result<(), Refusal> {
    let ticket = passwords::try_code(&viewer.visit, request, &viewer.session.account.name)?;
    let (actor, now, code) = (viewer.session_actor(), viewer.visit.now(), zeroize::Zeroizing::new(code.to_owned()));
    let given = viewer.visit.run(move |app| sign_in::confirm_code(app, &actor, &code, now)).await;
    if given.is_ok() {
        ticket.succeeded();
    }
    given
}

fn asked_again(refusal: Refusal, denied: Denied) -> Refusal {
    match refusal {
        Refusal::Said(why) => Refusal::NotConfirmed(denied, why),
        other => other,
    }
}

/// `POST account/confirm`: only the password or code, then back to the page that asked.
pub(in crate::web) async fn confirm(visit: Visit, posted: Posted) -> HttpResponse {
    visit.redirect(ReturnTo::of(&posted).unwrap_or_default().address())
}

/// The page that asks, for what was denied.
pub(in crate::web) fn page(visit: &Visit, denied: Denied, why: Option<&str>, replay: Option<&Replay>) -> HttpResponse {
    let content = match denied {
        Denied::Enrol => enrol_first(&ReturnTo::from(visit.here())),
        Denied::GiveCode | Denied::GivePassword | Denied::NotYours(_) => ask(visit, denied, why, replay),
    };
    let title = if denied == Denied::Enrol { "A second factor is needed" } else { "Confirm that it is you" };
    visit.page(Page::new(title, content).status(StatusCode::FORBIDDEN).narrow())
}

fn enrol_first(here: &ReturnTo) -> Markup {
    html! {
        h1 { "A second factor is needed" }
        p { "This page changes whose signature counts on this feed, or runs the server. A password alone is not enough for that: it asks for a code of your phone as well." }
        p { "Your account has no second factor yet. Enrolling one takes a minute; then you come back here." }
        p { a.button.primary href=(enrolment_path(here)) { "Enrol a second factor" } }
    }
}

fn ask(visit: &Visit, denied: Denied, why: Option<&str>, replay: Option<&Replay>) -> Markup {
    let target = if replay.is_some() { visit.here() } else { "account/confirm".to_owned() };
    let code = denied == Denied::GiveCode;
    let mut errors = FieldErrors::default();
    if let Some(why) = why {
        errors.add(if code { CODE } else { PASSWORD }, capitalised(why));
    }
    let cancel = cancel(visit, replay);
    html! {
        h1 { "Confirm that it is you" }
        @if code {
            p { "What comes next changes whose signature counts on this feed, or runs the server. It asks for a fresh code from your phone." }
        } @else {
            p { "What comes next needs a fresh sign-in: give your password once more." }
        }
        @if replay.is_some() { p { "What you sent is kept on this page, and goes on when you confirm." } }
        (form(&visit.csrf(), &target, html! {
            @match replay {
                Some(Replay(posted)) => @for (name, value) in posted.to_replay() { input type="hidden" name=(name) value=(value); },
                None => (ReturnTo::from(visit.here()).field()),
            }
            @if code {
                (Field::text(CODE, "Code of your second factor").hint("Six digits, or a recovery code.").autocomplete("one-time-code").required().autofocus().errors(&errors))
            } @else {
                (Field::password(PASSWORD, "Password").autocomplete("current-password").required().autofocus().errors(&errors))
            }
            input type="hidden" name=(CANCEL) value=(cancel);
            div.actions { (Button::primary("Confirm")) (Button::quiet("Cancel").link(cancel)) }
        }))
    }
}

/// The page that the person came from, which shows the form again, unsent.
fn cancel(visit: &Visit, replay: Option<&Replay>) -> String {
    let some = |page: &ReturnTo| page.unless_start().map(str::to_owned);
    let known = replay.and_then(|Replay(posted)| some(&ReturnTo::parse(posted.text(CANCEL))?));
    // A page that is only asked for may be the very one that asks.
    let before = visit.page_before().and_then(some).filter(|before| replay.is_some() || *before != visit.here());
    known.or(before).unwrap_or_else(|| SAFE.to_owned())
}
