//! `/sign-in/forgotten`: a link to choose a new password, by mail.
//!
//! Whatever name is given, the answer is the same and comes at the same time: what there is to do is done after it.

use actix_web::{HttpResponse, web};
use maud::html;

use super::components::{Button, Field, FieldErrors, PageHeader, form};
use super::flash::Flash;
use super::page::Page;
use super::passwords::ask_for_link;
use super::posted::Posted;
use super::refusal::Refusal;
use super::visit::Visit;
use crate::domain::account::AccountName;
use crate::feed::forgotten_password::{self, FORGOTTEN_LINK_LASTS};

const NAME: &str = "name";

/// Whether this server mails such links.
pub(super) fn is_offered(visit: &Visit) -> bool {
    visit.state().app.config.mail.is_some()
}

/// `GET sign-in/forgotten`
pub(in crate::web) async fn show(visit: Visit) -> Result<HttpResponse, Refusal> {
    if !is_offered(&visit) {
        return Err(Refusal::Missing);
    }
    Ok(visit.page(page(&visit)))
}

/// `POST sign-in/forgotten`
pub(in crate::web) async fn ask(visit: Visit, posted: Posted) -> Result<HttpResponse, Refusal> {
    if !is_offered(&visit) {
        return Err(Refusal::Missing);
    }
    ask_for_link(&visit)?;
    if let Ok(name) = posted.text(NAME).parse() {
        mail_later(&visit, name);
    }
    let said = "If there is such an account with a confirmed e-mail address, a link to choose a new password is on its way there.";
    Ok(visit.redirect_saying(Flash::done(said), "sign-in"))
}

/// Nobody waits for it: a stranger could tell by the time whether there was something to write.
fn mail_later(visit: &Visit, name: AccountName) {
    let (app, from, now) = (visit.state().app.clone(), visit.address().to_string(), visit.now());
    drop(web::block(move || {
        if let Err(error) = forgotten_password::mail_link(&app, &name, &from, now) {
            tracing::error!(%error, "a link to choose a new password could not be mailed");
        }
    }));
}

fn page(visit: &Visit) -> Page {
    let lead = "You get a link by mail, at the e-mail address that is confirmed for your account.";
    let fields = html! {
        (Field::text(NAME, "Account name").autocomplete("username").required().errors(&FieldErrors::default()))
        div.actions { (Button::primary("Send me a link")) }
    };
    let content = html! {
        (PageHeader::new("Forgotten password").lead(lead))
        (form(&visit.csrf(), "sign-in/forgotten", fields))
        p.hint {
            "The link is good for " (FORGOTTEN_LINK_LASTS.whole_hours()) " hour. It sets a new password; a second factor stays. \
             Without a confirmed address, or when nothing comes, an administrator of this server can give you a link."
        }
        p { a href="sign-in" { "Back to signing in" } }
    };
    Page::new("Forgotten password", content).narrow()
}
