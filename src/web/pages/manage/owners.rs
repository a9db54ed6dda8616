//! Who owns a package ID: the owners on its management page, adding one and removing one.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::{Sent, Shown, home};
use crate::domain::account::{Account, AccountKind, AccountName};
use crate::domain::ownership::{self, Adding, NotRemoved};
use crate::domain::package_id::PackageId;
use crate::domain::permission::Action;
use crate::domain::regime::Regime;
use crate::domain::reserved_prefix;
use crate::domain::signature_change::SignatureChange;
use crate::feed::owners;
use crate::store;
use crate::store::registrations::Registration;
use crate::web::pages::components::{
    Badge, Button, ButtonForm, Callout, Confirm, Field, FieldErrors, PageHeader, Table, account_link, form, segment,
    until,
};
use crate::web::pages::flash::Flash;
use crate::web::pages::invitations;
use crate::web::pages::organizations::typed_name;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::second_factor::needed_for;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

const NAME: &str = "name";
/// Sent by the confirmation that said that unsigned packages will be accepted.
const UNSIGNED: &str = "unsigned";

/// An owner, as the viewer sees it.
pub(super) struct Owner {
    account: Account,
    /// Whether it holds the prefix that the ID is reserved under.
    holds_prefix: bool,
    /// Whether the viewer may remove it.
    removable: Result<(), NotRemoved>,
}

/// `POST packages/{id}/manage`: adds an owner.
pub(in crate::web) async fn add(
    viewer: Viewer,
    posted: Posted,
    id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &id).await?;
    viewer.expect_able(Action::ManageOwners, shown.relation)?;
    let typed = posted.text(NAME);
    match try_add(&viewer, &shown.id, typed).await {
        Ok(said) => Ok(viewer.visit.redirect_saying(Flash::done(said), &home(&shown.id))),
        Err(Refusal::Said(why)) => {
            let mut errors = FieldErrors::default();
            errors.add(NAME, capitalised(&why));
            let again = super::page(&viewer, &shown, &Sent { owner: typed.to_owned(), errors });
            Ok(viewer.visit.page(again.status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn try_add(viewer: &Viewer, id: &PackageId, typed: &str) -> Result<String, Refusal> {
    let (name, id) = (typed_name(typed)?, id.clone());
    let account = name.clone();
    let added = viewer.run(move |app, actor, now| owners::add(app, &id, &account, actor, now)).await?;
    Ok(match added.adding {
        Adding::AtOnce => with_news(format!("{name} is an owner now."), added.change.as_ref()),
        Adding::ByInvitation => format!("{name} is asked, and becomes an owner by accepting."),
    })
}

/// What was done, and what becomes of packages by it.
fn with_news(done: String, change: Option<&SignatureChange>) -> String {
    match change.and_then(SignatureChange::news) {
        Some(news) => format!("{done} {news}"),
        None => done,
    }
}

/// `GET packages/{id}/manage/owners/{owner}/remove`
pub(in crate::web) async fn show_remove(
    viewer: Viewer,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &path.0).await?;
    viewer.expect_theirs(Action::ManageOwners, shown.relation)?;
    Ok(viewer.visit.page(confirmation(&viewer, &shown, &path.1).await?))
}

/// `POST packages/{id}/manage/owners/{owner}/remove`
pub(in crate::web) async fn remove(
    viewer: Viewer,
    posted: Posted,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &path.0).await?;
    let owner: AccountName = path.1.parse().map_err(|_| Refusal::Missing)?;
    let said = format!("{owner} is no owner any more.");
    match try_remove(&viewer, &shown.id, owner, posted.is_ticked(UNSIGNED)).await {
        Ok(Removed::Done(change)) => {
            let said = with_news(said, Some(&change));
            Ok(viewer.visit.redirect_saying(Flash::done(said), &after(&viewer, &shown).await))
        }
        Ok(Removed::Asks) => {
            Ok(viewer.visit.page(confirmation(&viewer, &shown, &path.1).await?.status(StatusCode::CONFLICT)))
        }
        Err(refusal) => viewer.visit.done_or_said(Err(refusal), &home(&shown.id)),
    }
}

/// What became of a removal.
enum Removed {
    Done(SignatureChange),
    /// Since the question was asked, an answer to it has become necessary.
    Asks,
}

async fn try_remove(viewer: &Viewer, id: &PackageId, owner: AccountName, meant: bool) -> Result<Removed, Refusal> {
    let id = id.clone();
    let removed = viewer.run(move |app, actor, now| match owners::remove(app, &id, &owner, meant, actor, now) {
        Err(owners::Error::OpensToUnsigned) => Ok(Removed::Asks),
        other => other.map(Removed::Done),
    });
    removed.await
}

/// Whoever removed themselves may not see the page any more.
async fn after(viewer: &Viewer, shown: &Shown) -> String {
    match Shown::read(viewer, shown.id.as_str()).await {
        Ok(_) => home(&shown.id),
        Err(_) => format!("packages/{}", segment(&shown.id)),
    }
}

/// `POST packages/{id}/manage/invitations/{number}/withdraw`
pub(in crate::web) async fn withdraw(
    viewer: Viewer,
    _posted: Posted,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let id = PackageId::parse_unicode(&path.0).map_err(|_| Refusal::Missing)?;
    invitations::withdraw(&viewer, &path.1, &home(&id)).await
}

/// `GET packages/{id}/manage/invitations/{number}/withdraw`: to the list.
pub(in crate::web) async fn back(viewer: Viewer, path: web::Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    let id = PackageId::parse_unicode(&path.0).map_err(|_| Refusal::Missing)?;
    Ok(viewer.visit.redirect(&home(&id)))
}

/// The owners of a package, and what `user` may do to each.
///
/// # Errors
/// What the store says.
pub(super) fn read(
    r: &store::Reads<'_>,
    package: &Registration,
    accounts: &[Account],
    user: &Account,
) -> Result<Vec<Owner>, store::Error> {
    let reservations = r.reservations()?;
    let shown = accounts.iter().map(|owner| {
        let holds_prefix = reserved_prefix::holds(&package.package_id, &reservations, &owner.name);
        let removable = owners::removable(r, package, accounts, owner, Some(user))?;
        Ok(Owner { account: owner.clone(), holds_prefix, removable })
    });
    shown.collect()
}

/// The owners, those who were asked, and the form that asks one more.
pub(super) fn section(viewer: &Viewer, shown: &Shown, typed: &str, errors: &FieldErrors) -> Markup {
    html! {
        h2 { "Owners" }
        (owners_table(viewer, shown))
        @if shown.may_manage {
            (waiting(viewer, shown))
            h2 { "Add an owner" }
            @match ownership::room(shown.owners.len(), shown.waiting.len()) {
                Err(why) => p.hint { (capitalised(&why.to_string())) },
                Ok(adding) => (addition_form(viewer, &shown.id, adding, typed, errors)),
            }
        }
    }
}

fn owners_table(viewer: &Viewer, shown: &Shown) -> Markup {
    let table = Table::new(format!("Owners of {}", shown.id)).column("Owner").column("Kind").actions();
    let rows = shown.owners.iter().fold(table, |table, Owner { account: owner, holds_prefix, removable }| {
        let name = html! {
            (account_link(&owner.name)) " "
            @if owner.id == viewer.session.account.id { (Badge::neutral("You")) " " }
            @if *holds_prefix { (Badge::accent("Holds the prefix")) " " }
            @if owner.disabled { (Badge::warning("Disabled")) }
        };
        let kind = if owner.kind == AccountKind::Organization { "Organization" } else { "User" };
        let path = format!("{}/owners/{}/remove", home(&shown.id), segment(&owner.name));
        let remove = Button::danger("Remove").small().about(owner.name.to_string()).link(path);
        let cells = [name, html! { (kind) }, html! { @if shown.may_manage && removable.is_ok() { (remove) } }];
        if owner.disabled { table.muted_row(cells) } else { table.row(cells) }
    });
    let kept: BTreeSet<String> = shown.owners.iter().filter_map(|owner| owner.removable.err()).map(said).collect();
    html! {
        (rows)
        @if shown.may_manage { @for why in kept { p.hint { (why) } } }
    }
}

/// Why there is no button.
fn said(why: NotRemoved) -> String {
    capitalised(&why.to_string())
}

fn waiting(viewer: &Viewer, shown: &Shown) -> Markup {
    let table = Table::new("Accounts that were asked").column("Asked").column("By").column("Ends").actions();
    let rows = shown.waiting.iter().fold(table, |table, invitation| {
        let path = format!("{}/invitations/{}/withdraw", home(&shown.id), invitation.id.0);
        let button = Button::quiet("Withdraw").small().about(format!("the invitation of {}", invitation.invitee.1));
        table.row([
            account_link(&invitation.invitee.1),
            invitations::from(&invitation.invited_by),
            until(invitation.expires_at, viewer.visit.now()),
            html! { (ButtonForm::new(&viewer.visit.csrf(), path, button)) },
        ])
    });
    html! { @if !shown.waiting.is_empty() { h2 { "Asked to become an owner" } (rows) } }
}

fn addition_form(viewer: &Viewer, id: &PackageId, adding: Adding, typed: &str, errors: &FieldErrors) -> Markup {
    let hint = match adding {
        Adding::ByInvitation => {
            "A user or an organization. An organization that you administer is added at once; everybody else is asked, and becomes an owner by accepting, which needs a second factor."
        }
        Adding::AtOnce => {
            "Only an organization that you administer, or yourself, for now: as many invitations are waiting as there may be. Withdraw one to ask somebody else."
        }
    };
    let fields = html! {
        (Field::text(NAME, "Account name").hint(hint).value(typed).required().autocomplete("off").errors(errors))
        div.actions { (Button::primary("Add owner")) }
    };
    html! {
        (needed_for(viewer, "Adding an owner"))
        (form(&viewer.visit.csrf(), &home(id), fields))
    }
}

/// The last question, with everything that the removal does.
async fn confirmation(viewer: &Viewer, shown: &Shown, owner: &str) -> Result<Page, Refusal> {
    let owner: AccountName = owner.parse().map_err(|_| Refusal::Missing)?;
    let (id, name) = (shown.id.clone(), owner.clone());
    let change = viewer.run(move |app, _, now| {
        app.store.read(|r| owners::removal(r, app, &id, &name, now)).map_err(|error| match error {
            owners::Error::NoOwner(_) => Refusal::Missing,
            other => other.into(),
        })
    });
    let change = change.await?;
    let title = format!("Remove {owner} from {}", shown.id);
    let action = format!("{}/owners/{}/remove", home(&shown.id), segment(&owner));
    let consequences = html! {
        (warnings(&change))
        p { (account_link(&owner)) " can’t push versions of " (shown.id) " any more, nor manage it. Versions that are on the feed stay." }
        p { "To become an owner again, it has to be asked by an owner, and to accept." }
    };
    let fields = html! { @if change.opens_to_unsigned { input type="hidden" name=(UNSIGNED) value="meant"; } };
    let (csrf, back, above) = (viewer.visit.csrf(), home(&shown.id), format!("packages/{}", segment(&shown.id)));
    let button = if change.opens_to_unsigned { "Remove, and accept unsigned packages" } else { title.as_str() };
    let content = html! {
        (PageHeader::new("Remove an owner").below(&[("./", "Packages"), (&above, shown.id.as_str()), (&back, "Manage")], "Remove an owner"))
        (Confirm::new(&csrf, action, &title, consequences).fields(fields).button(button).cancel(&back))
    };
    Ok(Page::new(title, content).section(Section::Packages))
}

/// What becomes of the signatures that packages of this ID need.
fn warnings(change: &SignatureChange) -> Markup {
    html! {
        @if change.opens_to_unsigned {
            (Callout::bad("Packages without a signature will be accepted", html! {
                p { "Until now a package of this ID had to be signed with an owner’s certificate. Of the owners who stay nobody has one: from then on whoever may push can leave the signature out." }
            }))
        }
        @if change.demands_signature {
            (Callout::warning("Packages will have to be signed", html! {
                p { "All owners who stay have certificates: from then on packages without a signature are refused." }
            }))
        }
        @if change.unsignable {
            (Callout::bad("Nobody will be able to push", html! {
                p { "A package of this ID has to be signed, and of the certificates of the owners who stay none that counts is active. Until one of them registers another certificate, every push is refused." }
            }))
        }
        @if let Some(exception) = change.unenforced.and_then(Regime::exception) {
            (Callout::info("Not enforced now", html! {
                p { "The rule changes, but nothing comes of it now: " (exception) "." }
            }))
        }
        @if let Some(choice) = &change.lapses {
            (Callout::warning("The required signer will be forgotten", html! {
                p { "The owners chose: " (choice.described()) ". That is not possible any more, and becomes: any owner." }
            }))
        }
    }
}
