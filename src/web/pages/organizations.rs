//! `/account/organizations`: those that somebody belongs to, what they were asked, and a new one.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::components::{Badge, Button, Field, FieldErrors, PageHeader, Table, account_link, form, segment};
use super::flash::Flash;
use super::invitations::{self, Waiting};
use super::page::Page;
use super::posted::Posted;
use super::refusal::{Refusal, capitalised};
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::account::{Account, AccountName, MAX_ACCOUNT_NAME, Role};
use crate::domain::permission::{Action, Relation};
use crate::feed::organizations::{self, FirstAdministrator};
use crate::store;

/// This page.
pub(super) const HOME: &str = "account/organizations";
const NAME: &str = "name";

/// An organization of the viewer's.
struct Mine {
    organization: Account,
    role: Role,
    members: usize,
}

/// `GET account/organizations`
pub(in crate::web) async fn show(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    Ok(viewer.visit.page(page(&viewer, "", &FieldErrors::default())?))
}

/// `POST account/organizations`: a new one.
pub(in crate::web) async fn create(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    viewer.expect_able(Action::CreateOrganization, Relation::Stranger)?;
    let typed = posted.text(NAME);
    match try_create(&viewer, typed).await {
        Ok(made) => {
            let said = format!("{} is made, and you are its administrator. Invite the others here.", made.name);
            let members = format!("accounts/{}/members", segment(&made.name));
            Ok(viewer.visit.redirect_saying(Flash::done(said), &members))
        }
        Err(Refusal::Said(why)) => {
            let mut errors = FieldErrors::default();
            errors.add(NAME, capitalised(&why));
            let again = page(&viewer, typed, &errors)?;
            Ok(viewer.visit.page(again.status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn try_create(viewer: &Viewer, typed: &str) -> Result<Account, Refusal> {
    let name = typed_name(typed)?;
    viewer
        .run(move |app, actor, now| organizations::create(&app.store, &name, FirstAdministrator::Creator, actor, now))
        .await
}

/// An account's name out of a form.
pub(super) fn typed_name(typed: &str) -> Result<AccountName, Refusal> {
    typed.parse().map_err(|error: crate::domain::account::InvalidAccountName| Refusal::Said(error.to_string()))
}

fn page(viewer: &Viewer, typed: &str, errors: &FieldErrors) -> Result<Page, Refusal> {
    let waiting = invitations::waiting_for(viewer)?;
    let lead = "An organization owns packages and certificates for a team, and API keys can act for it. Its members come and go; what it owns stays.";
    let content = html! {
        (PageHeader::new("Organizations").lead(lead))
        (errors.summary(&viewer.visit.frame_without_flash()))
        (waiting_invitations(viewer, &waiting))
        h2 { "Your organizations" }
        (table(&mine(viewer)?))
        h2 { "Create an organization" }
        (new_form(viewer, typed, errors))
    };
    Ok(Page::new("Organizations", content).section(Section::Organizations))
}

fn waiting_invitations(viewer: &Viewer, waiting: &[Waiting]) -> Markup {
    html! {
        @if !waiting.is_empty() {
            h2 { "Invitations" }
            (invitations::table(viewer, waiting))
        }
    }
}

fn mine(viewer: &Viewer) -> Result<Vec<Mine>, Refusal> {
    let user = viewer.session.account.id;
    let read = |r: &store::Reads<'_>| {
        let belongs = r.organizations_of(user)?.into_iter();
        let with_members = belongs.map(|(organization, role)| {
            let members = r.members(organization.id)?.len();
            Ok(Mine { organization, role, members })
        });
        with_members.collect::<Result<Vec<_>, store::Error>>()
    };
    Ok(viewer.visit.state().app.store.look_up(read)?)
}

fn table(mine: &[Mine]) -> Markup {
    let empty = "You belong to no organization. Create one below, or ask an administrator of one to invite you.";
    let table = Table::new("Organizations that you belong to").column("Organization").column("Your role");
    let table = table.numbers("Members").actions().empty(empty);
    let rows = mine.iter().fold(table, |table, Mine { organization, role, members }| {
        let link = format!("accounts/{}/members", segment(&organization.name));
        table.row([
            account_link(&organization.name),
            role_badge(*role),
            html! { (members) },
            html! { (Button::quiet("Members").small().about(format!("of {}", organization.name)).link(link)) },
        ])
    });
    html! { (rows) }
}

/// A role, so that administrators stand out.
pub(super) fn role_badge(role: Role) -> Markup {
    match role {
        Role::Administrator => html! { (Badge::accent("Administrator")) },
        Role::Collaborator => html! { (Badge::neutral("Collaborator")) },
    }
}

fn new_form(viewer: &Viewer, typed: &str, errors: &FieldErrors) -> Markup {
    let hint = "Letters, digits, “-”, “_” and “.”. It shares one space with the names of users, and can never be changed or used again.";
    let fields = html! {
        (Field::text(NAME, "Name").hint(hint).value(typed).required().autocomplete("off")
            .max_length(u32::try_from(MAX_ACCOUNT_NAME).unwrap_or(u32::MAX)).errors(errors))
        div.actions { (Button::primary("Create organization")) }
    };
    form(&viewer.visit.csrf(), HOME, fields)
}
