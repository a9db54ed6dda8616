//! `/account/email/{token}`: confirms an e-mail address by the link that was sent there. `/account/confirmation`: sends it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::html;

use super::components::{Button, PageHeader, form};
use super::flash::Flash;
use super::page::Page;
use super::passwords::ask_for_link;
use super::posted::Posted;
use super::problem::Problem;
use super::refusal::Refusal;
use super::viewer::Viewer;
use super::visit::Visit;
use crate::app::App;
use crate::feed::one_time_links::{Error, look_up};
use crate::feed::{mailing, own_account};
use crate::store::one_time_links::Purpose;

/// What is said when the link is on its way.
pub(super) const SENT: &str = "A link to confirm your e-mail address is on its way there.";

/// `GET account/email/{token}`: nothing is changed by looking.
pub(in crate::web) async fn show(visit: Visit, token: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let link =
        visit.state().app.store.look_up(|r| look_up(r, &token, &[Purpose::Email], visit.now())).map_err(refused)?;
    let (_, account) = link.account.ok_or(Error::Dead).map_err(refused)?;
    let lead = html! { "Is " strong { (link.detail) } " where notices for the account " strong { (account) } " go?" };
    let content = html! {
        (PageHeader::new("Confirm an address").lead(lead))
        (form(&visit.csrf(), &format!("account/email/{token}"), html! { div.actions { (Button::primary("Yes, send them there")) } }))
    };
    Ok(visit.page(Page::new("Confirm an address", content).narrow()))
}

/// `POST account/email/{token}`
pub(in crate::web) async fn confirm(
    visit: Visit,
    token: web::Path<String>,
    _posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let (from, now) = (visit.address().to_string(), visit.now());
    let confirm = move |app: &App| match own_account::confirm_email(&app.store, &token, &from, now) {
        Err(own_account::Error::Link(error)) => Err(refused(error)),
        other => Ok(other?),
    };
    let (_, email) = visit.run::<_, Refusal>(confirm).await?;
    let next = if visit.viewer().is_some() { "account" } else { "sign-in" };
    Ok(visit.redirect_saying(Flash::done(format!("Notices go to {email} from now on.")), next))
}

/// Whoever holds a dead link gets another one by themselves: no administrator makes links of this kind.
fn refused(error: Error) -> Refusal {
    let Error::Dead = error else { return error.into() };
    let text = "It was used, was replaced by a newer one, or is too old. Your account page says whether your e-mail address is \
                confirmed; if it is not, have a new link sent from there.";
    let problem = Problem::new(StatusCode::NOT_FOUND, "This link is good no longer", text);
    problem.way("account", "Your account").into()
}

/// `POST account/confirmation`: the link once more.
pub(in crate::web) async fn send(viewer: Viewer, _posted: Posted) -> Result<HttpResponse, Refusal> {
    send_link(&viewer).await?;
    Ok(viewer.visit.redirect_saying(Flash::done(SENT), "account"))
}

/// Mails the link that confirms the address of whoever is signed in.
///
/// # Errors
/// Too many links from this place, no address that waits to be confirmed, or a server without mail.
pub(super) async fn send_link(viewer: &Viewer) -> Result<(), Refusal> {
    ask_for_link(&viewer.visit)?;
    let account = viewer.session.account.clone();
    viewer.run(move |app, actor, now| mailing::send_confirmation(app, &account, actor, now)).await
}
