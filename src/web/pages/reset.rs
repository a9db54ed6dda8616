//! `/reset/{token}`: a new password, or the removal of a second factor that was lost, by a link of an administrator.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::html;

use super::components::{Button, Field, FieldErrors, PageHeader, form};
use super::flash::Flash;
use super::new_password;
use super::page::Page;
use super::passwords;
use super::posted::Posted;
use super::refusal::{Refusal, capitalised};
use super::visit::Visit;
use crate::domain::account::AccountName;
use crate::feed::one_time_links::{self, Error, look_up};
use crate::store::one_time_links::Purpose;

const PASSWORD: &str = "password";

/// A link, and whose it is.
struct Reset {
    token: String,
    purpose: Purpose,
    account: AccountName,
}

/// `GET reset/{token}`: nothing is changed by looking.
pub(in crate::web) async fn show(visit: Visit, token: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let reset = find(&visit, &token)?;
    Ok(visit.page(page(&visit, &reset, &FieldErrors::default())))
}

/// `POST reset/{token}`
pub(in crate::web) async fn reset(
    visit: Visit,
    request: HttpRequest,
    token: web::Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let reset = find(&visit, &token)?;
    let mut errors = FieldErrors::default();
    let done = match reset.purpose {
        Purpose::SecondFactor => remove_factor(&visit, &request, &reset, &posted, &mut errors).await,
        _ => set_password(&visit, &reset, &posted, &mut errors).await,
    };
    match done {
        Err(Refusal::Said(why)) => {
            if errors.is_empty() {
                errors.add_to_form(capitalised(&why));
            }
            Ok(visit.page(page(&visit, &reset, &errors).status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        other => other,
    }
}

fn find(visit: &Visit, token: &str) -> Result<Reset, Refusal> {
    let purposes = [Purpose::Password, Purpose::SecondFactor];
    let link = visit.state().app.store.look_up(|r| look_up(r, token, &purposes, visit.now()))?;
    let (_, account) = link.account.ok_or(Error::Dead)?;
    Ok(Reset { token: token.to_owned(), purpose: link.purpose, account })
}

async fn set_password(
    visit: &Visit,
    reset: &Reset,
    posted: &Posted,
    errors: &mut FieldErrors,
) -> Result<HttpResponse, Refusal> {
    let new = new_password::chosen(visit, posted, &reset.account, errors);
    if !errors.is_empty() {
        return Err(Refusal::Said(String::new()));
    }
    let new = passwords::hash(visit, &reset.account, new).await?;
    let (token, from, now) = (reset.token.clone(), visit.address().to_string(), visit.now());
    visit.run(move |app| one_time_links::choose_password(&app.store, &token, &new, &from, now)).await?;
    let text = "Your new password is set, and you were signed out everywhere. Sign in with it now.";
    Ok(visit.redirect_saying(Flash::done(text), "sign-in"))
}

async fn remove_factor(
    visit: &Visit,
    request: &HttpRequest,
    reset: &Reset,
    posted: &Posted,
    errors: &mut FieldErrors,
) -> Result<HttpResponse, Refusal> {
    let typed = passwords::Typed { posted, field: PASSWORD, called: "password" };
    let tested = passwords::test_typed(visit, request, &reset.account, typed, errors).await?;
    let (token, from, now) = (reset.token.clone(), visit.address().to_string(), visit.now());
    visit.run(move |app| one_time_links::remove_second_factor(&app.store, &token, &tested, &from, now)).await?;
    let text = "Your second factor is removed, and you were signed out everywhere. Sign in, then enrol your new phone under Security.";
    Ok(visit.redirect_saying(Flash::done(text), "sign-in"))
}

fn page(visit: &Visit, reset: &Reset, errors: &FieldErrors) -> Page {
    let (title, lead, fields, button) = match reset.purpose {
        Purpose::SecondFactor => (
            "Remove a second factor",
            "Give your password. Then the phone or app that you lost counts no longer, its recovery codes neither, and you can enrol another one.",
            html! { (Field::password(PASSWORD, "Password").autocomplete("current-password").required().errors(errors)) },
            "Remove the second factor",
        ),
        _ => (
            "Choose a new password",
            "The old one counts no longer, and you are signed out everywhere. A second factor stays as it is: you will be asked for its code.",
            new_password::fields(errors),
            "Set the password",
        ),
    };
    let fields = html! {
        input type="hidden" name="username" autocomplete="username" value=(reset.account);
        (fields)
        div.actions { (Button::primary(button)) }
    };
    let content = html! {
        (PageHeader::new(title).lead(html! { "For the account " strong { (reset.account) } ". " (lead) }))
        (errors.summary(&visit.frame_without_flash()))
        (form(&visit.csrf(), &format!("reset/{}", reset.token), fields))
    };
    Page::new(title, content).narrow()
}
