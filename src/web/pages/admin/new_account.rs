//! `/admin/new-account`: a new user, or a new organization.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::{Markup, html};

use crate::domain::account::{AccountName, MAX_ACCOUNT_NAME};
use crate::domain::email_address::{EmailAddress, MAX_EMAIL};
use crate::domain::permission::{Action, Relation};
use crate::feed::accounts::{NewUser, create_user};
use crate::feed::organizations::{self, FirstAdministrator};
use crate::web::pages::components::{Button, Field, FieldErrors, PageHeader, card, form, segment};
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;
use crate::web::pages::visit::Visit;

const PATH: &str = "admin/new-account";
const KIND: &str = "kind";
const NAME: &str = "name";
const EMAIL: &str = "email";
const ADMINISTRATOR: &str = "administrator";
const USER: &str = "user";
const ORGANIZATION: &str = "organization";

/// `GET admin/new-account`
pub(in crate::web) async fn show(viewer: Viewer) -> HttpResponse {
    let first = viewer.session.account.name.to_string();
    let (user, organization) = (Typed::default(), Typed { administrator: first, ..Typed::default() });
    let errors = [FieldErrors::of_form(USER), FieldErrors::of_form(ORGANIZATION)];
    viewer.visit.page(page(&viewer.visit, &user, &organization, &errors))
}

/// `POST admin/new-account`
pub(in crate::web) async fn create(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    viewer.expect_able(Action::ChangeServer, Relation::Stranger)?;
    let organization = posted.text(KIND) == ORGANIZATION;
    let mut errors = FieldErrors::of_form(if organization { ORGANIZATION } else { USER });
    let made = match organization {
        true => new_organization(&viewer, &posted, &mut errors).await,
        false => new_user(&viewer, &posted, &mut errors).await,
    };
    match made {
        Ok((name, flash)) => Ok(viewer.visit.redirect_saying(flash, &format!("admin/accounts/{}", segment(&name)))),
        Err(Refusal::Said(why)) => {
            if errors.is_empty() {
                errors.add_to_form(capitalised(&why));
            }
            Ok(shown_again(&viewer, &posted, organization, errors))
        }
        Err(refusal) => Err(refusal),
    }
}

/// A new user, and the link that is shown once.
async fn new_user(viewer: &Viewer, posted: &Posted, errors: &mut FieldErrors) -> Result<(AccountName, Flash), Refusal> {
    let name = field::<AccountName>(posted, NAME, errors);
    let email = match posted.text(EMAIL) {
        "" => Ok(None),
        _ => field::<EmailAddress>(posted, EMAIL, errors).map(Some),
    };
    let new = NewUser { name: name?, email: email?, administrator: posted.is_ticked(ADMINISTRATOR) };
    let name = new.name.clone();
    let link = viewer.run(move |app, actor, now| create_user(&app.store, &new, actor, now)).await?;
    let text = format!(
        "The account `{name}` was created. Give this link to whom it is for: it leads to a page that sets the password, works once, and is good for 72 hours."
    );
    let url = link.url_on(&viewer.visit.state().app.urls);
    Ok((name, Flash::done(text).with_secret(url.as_str())))
}

async fn new_organization(
    viewer: &Viewer,
    posted: &Posted,
    errors: &mut FieldErrors,
) -> Result<(AccountName, Flash), Refusal> {
    let name = field::<AccountName>(posted, NAME, errors);
    let first = field::<AccountName>(posted, ADMINISTRATOR, errors);
    let (name, first) = (name?, first?);
    let text = format!("The organization `{name}` was created. `{first}` is its administrator, and was told.");
    let made = viewer.run(move |app, actor, now| {
        organizations::create(&app.store, &name, FirstAdministrator::Named(&first), actor, now)
    });
    let made = made.await?;
    Ok((made.name, Flash::done(text)))
}

/// A field as its type, or the field's error.
fn field<T: std::str::FromStr<Err: std::fmt::Display>>(
    posted: &Posted,
    name: &str,
    errors: &mut FieldErrors,
) -> Result<T, Refusal> {
    posted.text(name).parse().map_err(|error: T::Err| {
        errors.add(name, capitalised(&error.to_string()));
        Refusal::Said(error.to_string())
    })
}

fn shown_again(viewer: &Viewer, posted: &Posted, organization: bool, errors: FieldErrors) -> HttpResponse {
    let typed = Typed {
        name: posted.text(NAME).to_owned(),
        email: posted.text(EMAIL).to_owned(),
        administrator: posted.text(ADMINISTRATOR).to_owned(),
    };
    let page = if organization {
        page(&viewer.visit, &Typed::default(), &typed, &[FieldErrors::of_form(USER), errors])
    } else {
        page(&viewer.visit, &typed, &Typed::default(), &[errors, FieldErrors::of_form(ORGANIZATION)])
    };
    viewer.visit.page(page.status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// What stands in the fields of one form.
#[derive(Default)]
struct Typed {
    name: String,
    email: String,
    /// A ticked box, or a name.
    administrator: String,
}

fn page(visit: &Visit, user: &Typed, organization: &Typed, errors: &[FieldErrors; 2]) -> Page {
    let [of_user, of_organization] = errors;
    let frame = visit.frame_without_flash();
    let content = html! {
        (PageHeader::new("New account").below(&[("admin/accounts", "Accounts")], "New account")
            .lead("The name is for good: it stands in the signatures of packages, and nobody else ever gets it."))
        (of_user.summary(&frame))
        (of_organization.summary(&frame))
        (card("A user", form(&visit.csrf(), PATH, user_fields(user, of_user))))
        (card("An organization", form(&visit.csrf(), PATH, organization_fields(organization, of_organization))))
    };
    Page::new("New account", content).section(Section::AdminAccounts)
}

fn user_fields(typed: &Typed, errors: &FieldErrors) -> Markup {
    html! {
        input type="hidden" name=(KIND) value=(USER);
        (name_field("Account name", typed, errors))
        (Field::email(EMAIL, "E-mail").value(typed.email.as_str()).autocomplete("off").max_length(max(MAX_EMAIL))
            .hint("Where mail of this feed goes once the user has confirmed it.").errors(errors))
        (Field::tick(ADMINISTRATOR, "Administrator of this server", !typed.administrator.is_empty())
            .hint("May do everything on these pages, after enrolling a second factor.").errors(errors))
        p.hint { "You get a link that the user chooses a password by. Nobody but the user learns the password." }
        div.actions { (Button::primary("Create the user")) }
    }
}

fn organization_fields(typed: &Typed, errors: &FieldErrors) -> Markup {
    html! {
        input type="hidden" name=(KIND) value=(ORGANIZATION);
        (name_field("Organization’s name", typed, errors))
        (Field::text(ADMINISTRATOR, "First administrator").value(typed.administrator.as_str()).required()
            .hint("The user who invites the other members, and registers its certificates.").autocomplete("off").errors(errors))
        div.actions { (Button::primary("Create the organization")) }
    }
}

fn name_field(label: &str, typed: &Typed, errors: &FieldErrors) -> Field {
    Field::text(NAME, label)
        .value(typed.name.as_str())
        .required()
        .autocomplete("off")
        .max_length(max(MAX_ACCOUNT_NAME))
        .hint("Letters, digits, dots, hyphens and underscores.")
        .errors(errors)
}

fn max(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
