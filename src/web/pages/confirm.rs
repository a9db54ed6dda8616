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
use super::visit::{Viewer, Visit};
use crate::domain::permission::Denied;
use crate::feed::sign_in;

/// The field for the password that is asked for in place.
pub(in crate::web) const PASSWORD: &str = "confirm_password";
/// The field for the code that is asked for in place.
pub(in crate::web) const CODE: &str = "confirm_code";
/// Where one goes afterwards.
const RETURN_TO: &str = "return_to";

/// Takes what a form brings along, and tells whether it brought anything.
///
/// # Errors
/// A wrong password or code: asked for again.
pub(in crate::web) async fn take(visit: &Visit, request: &HttpRequest, posted: &Posted) -> Result<bool, Refusal> {
    let Some(viewer) = visit.viewer() else { return Ok(false) };
    if posted.is_ticked(PASSWORD) {
        let password = posted.secret(PASSWORD);
        let tested = passwords::test(visit, request, &viewer.session.account.name, password).await;
        let tested = tested.map_err(|refusal| asked_again(refusal, Denied::GivePassword))?;
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
    visit.redirect(local(posted.text(RETURN_TO)).unwrap_or_default())
}

/// A path below the public URL that one may be sent back to. Whatever could lead to another host is none: this comes out of
/// a URL that anybody may have made.
pub(in crate::web) fn local(path: &str) -> Option<&str> {
    let harmless = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%?=&+,".contains(&byte);
    let fits = path.len() <= 500 && path.bytes().all(harmless) && !path.starts_with('/') && !path.contains("//");
    (fits && !path.split(['/', '?']).any(|part| part == "..")).then_some(path)
}

/// The page that asks, for what was denied.
pub(in crate::web) fn page(visit: &Visit, denied: Denied, why: Option<&str>, replay: Option<&Replay>) -> HttpResponse {
    let content = match denied {
        Denied::Enrol => enrol_first(&visit.here()),
        Denied::GiveCode | Denied::GivePassword | Denied::NotYours(_) => ask(visit, denied, why, replay),
    };
    let title = if denied == Denied::Enrol { "A second factor is needed" } else { "Confirm that it is you" };
    visit.page(Page::new(title, content).status(StatusCode::FORBIDDEN).narrow())
}

fn enrol_first(here: &str) -> Markup {
    let path = format!(
        "account/security/second-factor?return_to={}",
        percent_encoding::utf8_percent_encode(here, percent_encoding::NON_ALPHANUMERIC)
    );
    html! {
        h1 { "A second factor is needed" }
        p { "This page changes whose signature counts on this feed, or runs the server. A password alone is not enough for that: it asks for a code of your phone as well." }
        p { "Your account has no second factor yet. Enrolling one takes a minute; then you come back here." }
        p { a.button.primary href=(path) { "Enrol a second factor" } }
    }
}

fn ask(visit: &Visit, denied: Denied, why: Option<&str>, replay: Option<&Replay>) -> Markup {
    let target = if replay.is_some() { visit.here() } else { "account/confirm".to_owned() };
    let code = denied == Denied::GiveCode;
    let mut errors = FieldErrors::default();
    if let Some(why) = why {
        errors.add(if code { CODE } else { PASSWORD }, capitalised(why));
    }
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
                None => input type="hidden" name=(RETURN_TO) value=(visit.here());,
            }
            @if code {
                (Field::text(CODE, "Code of your second factor").hint("Six digits, or a recovery code.").autocomplete("one-time-code").required().autofocus().errors(&errors))
            } @else {
                (Field::password(PASSWORD, "Password").autocomplete("current-password").required().autofocus().errors(&errors))
            }
            (Button::primary("Confirm"))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_sent_back_to_this_server_and_nowhere_else() {
        for path in ["", "account/keys", "packages/Contoso.Core/manage", "admin/audit?actor=ann&page=2"] {
            assert_eq!(local(path), Some(path));
        }
        for path in [
            "/evil.example",
            "//evil.example",
            "https://evil.example",
            "a//b",
            "\\evil",
            "../up",
            "a/../b",
            "a\r\nb",
            "javascript:x",
        ] {
            assert_eq!(local(path), None, "{path}");
        }
    }
}
