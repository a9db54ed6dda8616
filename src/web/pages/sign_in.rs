//! `/sign-in`, `/sign-in/code` and `/sign-out`.

use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};
use zeroize::Zeroizing;

use super::components::{Button, Field, FieldErrors, PageHeader, form};
use super::cookies::Names;
use super::flash::Flash;
use super::forgotten::is_offered;
use super::onward::Onward;
use super::page::Page;
use super::passwords::{self, WRONG_NAME_OR_PASSWORD};
use super::posted::Posted;
use super::refusal::{Refusal, capitalised};
use super::visit::Visit;
use crate::domain::account::AccountName;
use crate::domain::secret_token::SecretToken;
use crate::feed::sign_in::{self, TestedPassword};

const NAME: &str = "name";
const PASSWORD: &str = "password";
const CODE: &str = "code";
/// Where one signs in.
pub(super) const PAGE: &str = "sign-in";
/// Where the code is given.
const CODE_PAGE: &str = "sign-in/code";

/// `GET sign-in`
pub(in crate::web) async fn show(visit: Visit, onward: web::Query<Onward>) -> HttpResponse {
    if visit.viewer().is_some() {
        return onward.go(&visit, visit.token());
    }
    visit.page(page(&visit, "", &onward, &FieldErrors::default()))
}

/// `POST sign-in`
pub(in crate::web) async fn sign_in(
    visit: Visit,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    match try_password(&visit, &request, &posted).await {
        Ok(tested) => open_session(&visit, &request, &posted, tested).await,
        Err(Refusal::Said(why)) => {
            let mut errors = FieldErrors::default();
            errors.add_to_form(capitalised(&why));
            let page = page(&visit, posted.text(NAME), &Onward::of(&posted), &errors);
            Ok(visit.page(page.status(actix_web::http::StatusCode::UNPROCESSABLE_ENTITY)))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn try_password(visit: &Visit, request: &HttpRequest, posted: &Posted) -> Result<TestedPassword, Refusal> {
    let wrong = || Refusal::Said(WRONG_NAME_OR_PASSWORD.to_owned());
    let name: AccountName = posted.text(NAME).parse().map_err(|_| wrong())?;
    passwords::test(visit, request, &name, posted.secret(PASSWORD)).await?.ok_or_else(wrong)
}

/// The browser's earlier session ends here and not at the code: from here on the browser has its cookie no longer, so nobody
/// but a thief could still use it.
async fn open_session(
    visit: &Visit,
    request: &HttpRequest,
    posted: &Posted,
    tested: TestedPassword,
) -> Result<HttpResponse, Refusal> {
    let known = passwords::count_sign_in(visit, request, &tested.account)?;
    let (from, browser, now) = (visit.address().to_string(), visit.browser().to_owned(), visit.now());
    let (account, password) = (tested.account.clone(), tested.clone());
    let opened = visit
        .run(move |app| {
            let arrival = sign_in::Arrival { address: &from, browser: &browser, known };
            sign_in::with_password(app, &password, arrival, now)
        })
        .await?;
    visit.forget_old_session().await?;
    passwords::rehash(visit, tested, posted.secret(PASSWORD)).await;
    let onward = Onward::of(posted);
    if opened.code_awaited {
        return Ok(with_session(visit, visit.redirect(&onward.after(CODE_PAGE)), &opened.token, None));
    }
    Ok(with_session(visit, onward.go(visit, &opened.token), &opened.token, Some(&account)))
}

/// Hands the browser its session, and lets it be known again once all factors were given.
pub(super) fn with_session(
    visit: &Visit,
    mut response: HttpResponse,
    token: &SecretToken,
    account: Option<&AccountName>,
) -> HttpResponse {
    let names = Names::of(visit.state());
    let known = account.and_then(|account| names.known_cookie(visit.state(), account));
    for cookie in std::iter::once(names.visitor_cookie(token)).chain(known) {
        if response.add_cookie(&cookie).is_err() {
            tracing::error!("a cookie could not be written");
        }
    }
    response
}

/// `GET sign-in/code`
pub(in crate::web) async fn show_code(visit: Visit, onward: web::Query<Onward>) -> HttpResponse {
    match visit.session() {
        Some(session) if !session.complete => visit.page(code_page(&visit, &onward, &FieldErrors::default())),
        _ => visit.redirect(&onward.after(PAGE)),
    }
}

/// `POST sign-in/code`
pub(in crate::web) async fn give_code(
    visit: Visit,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let onward = Onward::of(&posted);
    let Some(waiting) = visit.session().filter(|session| !session.complete).cloned() else {
        return Ok(visit.redirect(&onward.after(PAGE)));
    };
    let account = waiting.account.name.clone();
    let ticket = passwords::try_code(&visit, &request, &account)?;
    match complete(&visit, waiting.id, posted.secret(CODE)).await {
        Ok(token) => {
            ticket.succeeded();
            Ok(with_session(&visit, onward.go(&visit, &token), &token, Some(&account)))
        }
        Err(Refusal::Said(why)) => Ok(code_again(&visit, &onward, &why)),
        Err(refusal) => Err(refusal),
    }
}

async fn complete(
    visit: &Visit,
    waiting: crate::domain::session::SessionId,
    code: Zeroizing<String>,
) -> Result<SecretToken, Refusal> {
    let (from, browser, now, rules) =
        (visit.address().to_string(), visit.browser().to_owned(), visit.now(), visit.rules());
    visit
        .run(move |app| {
            let arrival = sign_in::Arrival { address: &from, browser: &browser, known: true };
            sign_in::with_code(app, waiting, &code, &rules, arrival, now)
        })
        .await
}

/// The code is asked for again, or the whole sign-in when the session is gone.
fn code_again(visit: &Visit, onward: &Onward, why: &str) -> HttpResponse {
    let sentence = capitalised(why);
    let waits = visit.session().is_some_and(|session| {
        visit.state().app.store.look_up(|r| r.session(session.id)).is_ok_and(|session| session.is_some())
    });
    if !waits {
        return visit.redirect_saying(Flash::problem(sentence), &onward.after(PAGE));
    }
    let mut errors = FieldErrors::default();
    errors.add(CODE, sentence);
    visit.page(code_page(visit, onward, &errors).status(actix_web::http::StatusCode::UNPROCESSABLE_ENTITY))
}

/// `POST sign-out`: also of a sign-in that still waits for its code, which begins anew then.
pub(in crate::web) async fn sign_out(visit: Visit, posted: Posted) -> Result<HttpResponse, Refusal> {
    visit.forget_old_session().await?;
    let token = SecretToken::from_random(&crate::vault::random().map_err(|error| Refusal::internal(&error))?);
    Ok(with_session(&visit, visit.redirect(&Onward::of(&posted).after(PAGE)), &token, None))
}

fn page(visit: &Visit, name: &str, onward: &Onward, errors: &FieldErrors) -> Page {
    let fields = html! {
        (onward.fields())
        (Field::text(NAME, "Account name").value(name).autocomplete("username").required().errors(errors))
        (Field::password(PASSWORD, "Password").autocomplete("current-password").required().errors(errors))
        div.actions { (Button::primary("Sign in")) }
    };
    let content = html! {
        (PageHeader::new("Sign in"))
        (onward.said())
        (errors.summary(&visit.frame_without_flash()))
        (form(&visit.csrf(), PAGE, fields))
        (forgotten(visit))
    };
    Page::new("Sign in", content).narrow()
}

fn forgotten(visit: &Visit) -> Markup {
    html! {
        @if is_offered(visit) {
            p { a href="sign-in/forgotten" { "Forgotten your password?" } }
            p.hint { "Lost your phone and its recovery codes? An administrator of this server can give you a link." }
        } @else {
            p.hint { "Forgotten your password, or lost your phone and its recovery codes? An administrator of this server can give you a link that sets a new one." }
        }
    }
}

fn code_page(visit: &Visit, onward: &Onward, errors: &FieldErrors) -> Page {
    let fields = html! {
        (onward.fields())
        (Field::text(CODE, "Code").hint("Six digits from your app, or one of your recovery codes.")
            .autocomplete("one-time-code").required().autofocus().errors(errors))
        div.actions { (Button::primary("Sign in")) }
    };
    let content = html! {
        (PageHeader::new("Second factor").lead("Your password was right. Now the code that your phone shows for this feed."))
        (errors.summary(&visit.frame_without_flash()))
        (form(&visit.csrf(), CODE_PAGE, fields))
        h2 { "No phone at hand?" }
        p { "Use a recovery code: one of the codes that you put away when you enrolled. Without one, ask an administrator of this server for a link that removes the lost second factor." }
        (form(&visit.csrf(), "sign-out", html! { (onward.fields()) (Button::quiet("Start again")) }))
        p.hint { "Ends this sign-in, so that you can begin with another account." }
    };
    Page::new("Second factor", content).narrow()
}
