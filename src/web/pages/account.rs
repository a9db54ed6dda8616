//! `/account`: who one is here, where mail goes, which organizations one belongs to, and what one was told.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use maud::{Markup, html};

use super::components::{
    Badge, Button, Facts, Field, FieldErrors, PageHeader, Table, account_link, card, form, moment, prose,
};
use super::email::{SENT, send_link};
use super::flash::Flash;
use super::frame::{NEWEST, NEWEST_SECURITY, below};
use super::page::Page;
use super::passwords;
use super::posted::Posted;
use super::refusal::{Refusal, capitalised};
use super::return_to::ReturnTo;
use super::second_factor::{demand_of, demanded, enrolment_path};
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::account::{Account, Role};
use crate::domain::email_address::{EmailAddress, MAX_EMAIL};
use crate::domain::notice::{Seen, Topic};
use crate::feed::{notices, own_account};
use crate::store;
use crate::store::email_addresses::StoredEmail;
use crate::store::notices::Notice;

const EMAIL: &str = "email";
const PASSWORD: &str = "password";
/// Notices of each topic that the page lists at most. They are kept for 90 days.
const LISTED: u32 = 200;

/// What the page shows.
struct Known {
    email: Option<StoredEmail>,
    organizations: Vec<(Account, Role)>,
    security: Vec<Notice>,
    others: Vec<Notice>,
}

/// `GET account`
pub(in crate::web) async fn show(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    Ok(viewer.visit.page(page(&viewer, None, &FieldErrors::default())?))
}

/// `POST account/email`
pub(in crate::web) async fn set_email(
    viewer: Viewer,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let mut errors = FieldErrors::default();
    match try_email(&viewer, &request, &posted, &mut errors).await {
        Ok(text) => Ok(viewer.visit.redirect_saying(Flash::done(text), "account")),
        Err(Refusal::Said(why)) => {
            if errors.is_empty() {
                errors.add_to_form(capitalised(&why));
            }
            let page = page(&viewer, Some(posted.text(EMAIL)), &errors)?;
            Ok(viewer.visit.page(page.status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn try_email(
    viewer: &Viewer,
    request: &HttpRequest,
    posted: &Posted,
    errors: &mut FieldErrors,
) -> Result<&'static str, Refusal> {
    let typed = posted.text(EMAIL);
    let email = if typed.is_empty() { None } else { Some(typed.parse::<EmailAddress>()) };
    let email = email.transpose().map_err(|invalid| {
        errors.add(EMAIL, capitalised(&invalid.to_string()));
        Refusal::Said(String::new())
    })?;
    let name = &viewer.session.account.name;
    let typed = passwords::Typed { posted, field: PASSWORD, called: "password" };
    let password = passwords::test_typed(&viewer.visit, request, name, typed, errors).await?;
    let set = email.is_some();
    viewer
        .run(move |app, actor, now| own_account::set_email(&app.store, actor, &password, email.as_ref(), now))
        .await?;
    if !set {
        return Ok("Your e-mail address is removed.");
    }
    // The address is saved whatever comes of the link, which the page offers to send again.
    let sent = viewer.visit.state().app.config.mail.is_some() && send_link(viewer).await.is_ok();
    Ok(if sent { SENT } else { "Your e-mail address is saved." })
}

/// `POST account/notices/read`
pub(in crate::web) async fn read_notices(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    let number = |name| posted.text(name).parse().unwrap_or(0);
    let seen = Seen { security: number(NEWEST_SECURITY), others: number(NEWEST) };
    let actor = viewer.session_actor();
    viewer.run(move |app, _, now| notices::mark_read(&app.store, &actor, seen, now)).await?;
    let return_to = ReturnTo::of(&posted);
    Ok(viewer.visit.redirect(return_to.as_ref().map_or("account", ReturnTo::address)))
}

fn read(viewer: &Viewer) -> Result<Known, store::Error> {
    let account = viewer.session.account.id;
    viewer.visit.state().app.store.look_up(|r| {
        Ok(Known {
            email: r.email(account)?,
            organizations: r.organizations_of(account)?,
            security: r.notices_about(account, Topic::Security, LISTED)?,
            others: r.notices_about(account, Topic::Other, LISTED)?,
        })
    })
}

fn page(viewer: &Viewer, typed: Option<&str>, errors: &FieldErrors) -> Result<Page, Refusal> {
    let known = read(viewer)?;
    let account = &viewer.session.account;
    let content = html! {
        (PageHeader::new(html! { (account.name) @if account.administrator { " " (Badge::accent("Administrator")) } }))
        (errors.summary(&viewer.visit.frame_without_flash()))
        (hint(viewer))
        (facts(viewer, &known))
        p { a href="account/verdicts" { "Verdicts" } ": why your pushes were refused, and what dry runs said." }
        h2 { "Organizations" }
        (organizations(&known.organizations))
        h2 #notices-of-mine { "Security notices" }
        (read_all(viewer, &known))
        (told(viewer, Topic::Security, "About sign-in, keys and rights, in the last 90 days", &known.security, "Nothing yet. Here you are told when your password, second factor, e-mail address, keys or rights are changed."))
        h2 { "Other notices" }
        (told(viewer, Topic::Other, "What else you were told in the last 90 days", &known.others, "Nothing yet. Here you are told of invitations, of owners and members, and of keys and certificates that end."))
        (card("E-mail address", email_form(viewer, known.email.as_ref(), typed, errors)))
    };
    Ok(Page::new("Account", content).section(Section::Account))
}

/// What the policy wants and the account has not.
fn hint(viewer: &Viewer) -> Markup {
    let back = enrolment_path(&ReturnTo::from("account".to_owned()));
    demanded(demand_of(viewer), &html! { (Button::primary("Enrol a second factor").link(back)) })
}

fn facts(viewer: &Viewer, known: &Known) -> Facts {
    let kind = if viewer.session.account.administrator { "User, administrator of this server" } else { "User" };
    let factor = if viewer.session.enrolled { Badge::good("On") } else { Badge::neutral("Off") };
    Facts::new()
        .fact("Kind", html! { (kind) })
        .fact("Second factor", html! { (factor) " " a href="account/security" { "Security" } })
        .fact("Public page", account_link(&viewer.session.account.name))
        .fact(
            "E-mail",
            html! {
                @match &known.email {
                    None => span.quiet-text { "none" },
                    Some(email) => { (email.address) " " @if email.confirmed { (Badge::good("Confirmed")) } @else { (Badge::warning("Not confirmed")) } },
                }
            },
        )
}

fn email_form(viewer: &Viewer, email: Option<&StoredEmail>, typed: Option<&str>, errors: &FieldErrors) -> Markup {
    let value = typed.or(email.map(|email| email.address.as_str())).unwrap_or_default();
    html! {
        p { "Where notices about your account, keys and certificates go. They stand on these pages too." }
        @if email.is_some_and(|email| !email.confirmed) { (unconfirmed(viewer)) }
        (form(&viewer.visit.csrf(), "account/email", html! {
            (Field::email(EMAIL, "E-mail address").value(value).max_length(MAX_EMAIL.try_into().unwrap_or(254)).hint("Left empty, there is none.").errors(errors))
            (Field::password(PASSWORD, "Your password").autocomplete("current-password").required().errors(errors))
            div.actions { (Button::primary("Save")) }
        }))
    }
}

fn unconfirmed(viewer: &Viewer) -> Markup {
    html! {
        @if viewer.visit.state().app.config.mail.is_some() {
            p.hint { "The address is not confirmed, so nothing else is sent to it. Open the link that was mailed there." }
            (form(&viewer.visit.csrf(), "account/confirmation", html! { (Button::quiet("Send the link again")) }))
        } @else {
            p.hint { "The address is not confirmed, so nothing is sent to it. This server sends no mail yet; once it does, you can have a link sent there that confirms it." }
        }
    }
}

fn organizations(organizations: &[(Account, Role)]) -> Markup {
    let mut table = Table::new("Organizations that you belong to").column("Name").column("Role").empty(html! {
        "You belong to no organization. " a href="account/organizations" { "Make one, or answer an invitation" } "."
    });
    for (organization, role) in organizations {
        let role = if *role == Role::Administrator { "administrator" } else { "collaborator" };
        table = table.row([account_link(&organization.name), html! { (role) }]);
    }
    html! {
        (table)
        @if !organizations.is_empty() { p { a href="account/organizations" { "Organizations and invitations" } } }
    }
}

/// A button for all that the page lists, when something of it is new.
fn read_all(viewer: &Viewer, known: &Known) -> Markup {
    let (security, others) = (known.security.iter(), known.others.iter());
    let listed = security.map(|notice| (Topic::Security, notice)).chain(others.map(|notice| (Topic::Other, notice)));
    let new = listed.clone().filter(|(topic, notice)| notice.id > viewer.session.seen.about(*topic) && !notice.settled);
    let seen = Seen::of(listed.map(|(topic, notice)| (topic, notice.id)));
    html! {
        @if new.count() > 0 {
            (form(&viewer.visit.csrf(), "account/notices/read", html! {
                input type="hidden" name=(NEWEST) value=(seen.others);
                input type="hidden" name=(NEWEST_SECURITY) value=(seen.security);
                (ReturnTo::from("account".to_owned()).field())
                (Button::quiet("Mark all as read").small())
            }))
        }
    }
}

fn told(viewer: &Viewer, topic: Topic, caption: &'static str, notices: &[Notice], empty: &'static str) -> Markup {
    let mut table = Table::new(caption).column("When").column("Notice").empty(empty);
    let seen = viewer.session.seen.about(topic);
    for notice in notices {
        let text = html! {
            @if notice.link.is_empty() { (prose(&notice.text)) } @else { a href=(below(&notice.link)) { (prose(&notice.text)) } }
            @if notice.id > seen && !notice.settled { " " (Badge::accent("New")) }
        };
        table = table.row([moment(notice.at), text]);
    }
    html! { (table) }
}
