//! `/welcome/{token}`: the way in for the first administrator, and for people whose account was made by one.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::html;

use super::components::{Button, Field, FieldErrors, PageHeader, form, steps};
use super::flash::Flash;
use super::new_password;
use super::next_steps::STEPS;
use super::page::Page;
use super::passwords;
use super::posted::Posted;
use super::refusal::{Refusal, capitalised};
use super::sign_in::with_session;
use super::visit::Visit;
use crate::domain::account::AccountName;
use crate::domain::email_address::{EmailAddress, MAX_EMAIL};
use crate::domain::secret_token::SecretToken;
use crate::feed::first_administrator::{self, FirstAdministrator};
use crate::feed::one_time_links::{self, look_up};
use crate::feed::sign_in::Arrival;
use crate::store::one_time_links::{OneTimeLink, Purpose};

const NAME: &str = "name";
const EMAIL: &str = "email";

/// `GET welcome/{token}`: nothing is changed by looking.
pub(in crate::web) async fn show(visit: Visit, token: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let link = link(&visit, &token)?;
    Ok(visit.page(page(&visit, &token, &link, &Posted::default(), &FieldErrors::default())))
}

/// `POST welcome/{token}`
pub(in crate::web) async fn choose(
    visit: Visit,
    token: web::Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let link = link(&visit, &token)?;
    let mut errors = FieldErrors::default();
    let done = match &link.account {
        None => create_administrator(&visit, &token, &posted, &mut errors).await,
        Some((_, account)) => choose_password(&visit, &token, account, &posted, &mut errors).await,
    };
    match done {
        Err(Refusal::Said(why)) => {
            if errors.is_empty() {
                errors.add_to_form(capitalised(&why));
            }
            let page = page(&visit, &token, &link, &posted, &errors);
            Ok(visit.page(page.status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        other => other,
    }
}

fn link(visit: &Visit, token: &str) -> Result<OneTimeLink, Refusal> {
    let purposes = [Purpose::FirstAdministrator, Purpose::NewAccount];
    Ok(visit.state().app.store.look_up(|r| look_up(r, token, &purposes, visit.now()))?)
}

async fn create_administrator(
    visit: &Visit,
    token: &str,
    posted: &Posted,
    errors: &mut FieldErrors,
) -> Result<HttpResponse, Refusal> {
    let (name, email) = (name(posted, errors), email(posted, errors));
    let Some(name) = name else { return Err(wrong_fields()) };
    let password = new_password::chosen(visit, posted, &name, errors);
    if !errors.is_empty() {
        return Err(wrong_fields());
    }
    let (token, from, browser, now) =
        (token.to_owned(), visit.address().to_string(), visit.browser().to_owned(), visit.now());
    let new = FirstAdministrator { password: passwords::hash(visit, &name, password).await?, email };
    let session: SecretToken = visit
        .run(move |app| {
            first_administrator::create(
                app,
                &token,
                &new,
                Arrival { address: &from, browser: &browser, known: false },
                now,
            )
        })
        .await?;
    visit.forget_old_session().await?;
    Ok(with_session(visit, visit.redirect("welcome?step=2"), &session, Some(&name)))
}

async fn choose_password(
    visit: &Visit,
    token: &str,
    account: &AccountName,
    posted: &Posted,
    errors: &mut FieldErrors,
) -> Result<HttpResponse, Refusal> {
    let new = new_password::chosen(visit, posted, account, errors);
    if !errors.is_empty() {
        return Err(wrong_fields());
    }
    let new = passwords::hash(visit, account, new).await?;
    let (token, from, now) = (token.to_owned(), visit.address().to_string(), visit.now());
    let name = visit.run(move |app| one_time_links::choose_password(&app.store, &token, &new, &from, now)).await?;
    let flash = Flash::done(format!("Your password is set. Sign in as `{name}` now."));
    Ok(visit.redirect_saying(flash, "sign-in"))
}

/// The form is shown again; what is wrong stands at its fields.
fn wrong_fields() -> Refusal {
    Refusal::Said(String::new())
}

fn name(posted: &Posted, errors: &mut FieldErrors) -> Option<AccountName> {
    let name = posted.text(NAME).parse::<AccountName>();
    name.map_err(|invalid| errors.add(NAME, capitalised(&invalid.to_string()))).ok()
}

fn email(posted: &Posted, errors: &mut FieldErrors) -> Option<EmailAddress> {
    let typed = posted.text(EMAIL);
    if typed.is_empty() {
        return None;
    }
    typed
        .parse()
        .map_err(|invalid: crate::domain::email_address::InvalidEmailAddress| {
            errors.add(EMAIL, capitalised(&invalid.to_string()))
        })
        .ok()
}

fn page(visit: &Visit, token: &str, link: &OneTimeLink, posted: &Posted, errors: &FieldErrors) -> Page {
    let action = format!("welcome/{token}");
    match &link.account {
        None => first_page(visit, &action, posted, errors),
        Some((_, account)) => {
            let lead = html! { "An administrator made the account " strong { (account) } " for you. Choose the password that you will sign in with." };
            let fields = html! {
                // For password managers, which want to know whose password it is.
                input type="hidden" name="username" autocomplete="username" value=(account);
                (new_password::fields(errors))
                div.actions { (Button::primary("Set my password")) }
            };
            let content = html! {
                (PageHeader::new("Welcome").lead(lead))
                (errors.summary(&visit.frame_without_flash()))
                (form(&visit.csrf(), &action, fields))
            };
            Page::new("Welcome", content).narrow()
        }
    }
}

fn first_page(visit: &Visit, action: &str, posted: &Posted, errors: &FieldErrors) -> Page {
    let fields = html! {
        (Field::text(NAME, "Account name").value(posted.text(NAME)).autocomplete("username").required().max_length(40).errors(errors)
            .hint("Letters, digits, “-”, “_” and “.”. It stands in the signatures of your packages and is never changed."))
        (new_password::fields(errors))
        (Field::email(EMAIL, "E-mail address").value(posted.text(EMAIL)).max_length(MAX_EMAIL.try_into().unwrap_or(254)).errors(errors)
            .hint("For notices, once this server can send mail. You can add it later."))
        div.actions { (Button::primary("Create the administrator")) }
    };
    let content = html! {
        (steps(&STEPS, 1))
        (PageHeader::new("Welcome to Assay").lead("This server has no administrator yet. Create the account that runs it; you will be signed in at once."))
        (errors.summary(&visit.frame_without_flash()))
        (form(&visit.csrf(), action, fields))
        p.hint { "This page goes away as soon as there is an administrator." }
    };
    Page::new("Welcome to Assay", content).narrow()
}
