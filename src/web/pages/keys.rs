//! `/account/keys`: the keys of whoever is signed in, a new one, revoking one; and `/accounts/{name}/keys` of an organization.

mod filled;
mod form;
mod list;
mod made;
mod revoke;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};

use self::filled::{Asked, Filled, LOOK};
use super::components::{FieldErrors, segment};
use super::flash::Flash;
use super::posted::Posted;
use super::refusal::{Refusal, capitalised};
use super::viewer::Viewer;
use crate::domain::account::{Account, AccountName};
use crate::domain::api_key::ApiKeyId;
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Relation};
use crate::feed::api_keys::{self, Wanted};
use crate::feed::{accounts, authority};
use crate::store;
use crate::store::api_keys::ListedKey;

/// Where one's own keys are.
const HOME: &str = "account/keys";

/// The accounts that somebody may act for, and what they are to each.
type Owners = Vec<(Account, Relation)>;

/// `GET account/keys`
pub(in crate::web) async fn show(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    let user = viewer.session.account.clone();
    let (keys, owners) = viewer
        .visit
        .run(move |app| {
            let both = |r: &store::Reads<'_>| Ok((api_keys::of_user(r, &user)?, authority::acts_for(r, &user)?));
            app.store.read::<_, store::Error>(both)
        })
        .await?;
    Ok(viewer.visit.page(list::own(&keys, &owners, viewer.visit.now())))
}

/// `GET accounts/{name}/keys`
pub(in crate::web) async fn show_of_organization(
    viewer: Viewer,
    name: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let name: AccountName = name.parse().map_err(|_| Refusal::Missing)?;
    let listed = viewer
        .run(move |app, actor, now| match api_keys::acting_for(&app.store, &name, actor, now) {
            Err(api_keys::Error::Account(accounts::Error::Unknown(_) | accounts::Error::Kind { .. })) => {
                Err(Refusal::Missing)
            }
            listed => Ok(listed?),
        })
        .await;
    let (organization, keys) = listed?;
    Ok(viewer.visit.page(list::of_organization(&organization.name, &keys, viewer.visit.now())))
}

/// `GET account/keys/new`
pub(in crate::web) async fn show_new(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    viewer.expect_able(Action::CreateKey, Relation::Oneself)?;
    let owners = owners(&viewer).await?;
    let filled = Filled::at_first(&asked, &viewer.session.account.name);
    Ok(viewer.visit.page(form::page(&viewer.visit, &owners, &filled, &FieldErrors::default(), None)))
}

/// `POST account/keys/new`: makes the key, or only shows which packages the patterns match.
pub(in crate::web) async fn create(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    viewer.expect_able(Action::CreateKey, Relation::Oneself)?;
    let filled = Filled::of(&posted);
    let wanted = match filled.wanted(&viewer.session.account.name) {
        Ok(wanted) => wanted,
        Err(errors) => return again(&viewer, &filled, &errors).await,
    };
    if posted.is_ticked(LOOK) {
        return look(&viewer, &filled, wanted).await;
    }
    match make(&viewer, wanted).await {
        Err(Refusal::Said(why)) => {
            let mut errors = FieldErrors::default();
            errors.add_to_form(capitalised(&why));
            again(&viewer, &filled, &errors).await
        }
        answered => answered,
    }
}

/// Makes the key, and leads to the list that has it, which shows it once.
async fn make(viewer: &Viewer, wanted: Wanted) -> Result<HttpResponse, Refusal> {
    let order = wanted.clone();
    let made = viewer.run(move |app, actor, now| api_keys::create(&app.store, &order, actor, now)).await?;
    let back = if made.service { of_organization(&made.owner) } else { HOME.to_owned() };
    let state = viewer.visit.state();
    let open = state.live().policy.anonymous_read;
    Ok(viewer.visit.redirect_saying(made::flash(&made, &wanted, &state.app.urls, open), &back))
}

/// `GET account/keys/{number}/revoke`
pub(in crate::web) async fn show_revoke(viewer: Viewer, number: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let id = numbered(&number)?;
    let key = viewer.run(move |app, actor, now| api_keys::to_revoke(&app.store, id, actor, now)).await?;
    Ok(viewer.visit.page(revoke::page(&viewer.visit, &key, &back_from(&viewer, &key))))
}

/// `POST account/keys/{number}/revoke`
pub(in crate::web) async fn revoke(
    viewer: Viewer,
    _posted: Posted,
    number: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let id = numbered(&number)?;
    let key = viewer.run(move |app, actor, now| api_keys::revoke(&app.store, id, actor, now)).await?;
    let said = format!("The key {} is revoked. Whatever still uses it is refused from now on.", list::called(&key));
    Ok(viewer.visit.redirect_saying(Flash::done(said), &back_from(&viewer, &key)))
}

fn numbered(text: &str) -> Result<ApiKeyId, Refusal> {
    text.parse().map(ApiKeyId).map_err(|_| Refusal::Missing)
}

/// The list in which the viewer found the key.
fn back_from(viewer: &Viewer, key: &ListedKey) -> String {
    if key.account == viewer.session.account.name { HOME.to_owned() } else { of_organization(&key.owner) }
}

fn of_organization(name: &AccountName) -> String {
    format!("accounts/{}/keys", segment(name))
}

async fn owners(viewer: &Viewer) -> Result<Owners, Refusal> {
    let user = viewer.session.account.clone();
    viewer.visit.run(move |app| app.store.read(|r| authority::acts_for(r, &user))).await
}

async fn again(viewer: &Viewer, filled: &Filled, errors: &FieldErrors) -> Result<HttpResponse, Refusal> {
    let owners = owners(viewer).await?;
    let page = form::page(&viewer.visit, &owners, filled, errors, None);
    Ok(viewer.visit.page(page.status(StatusCode::UNPROCESSABLE_ENTITY)))
}

/// The form again, with the packages of the owner that the patterns match.
async fn look(viewer: &Viewer, filled: &Filled, wanted: Wanted) -> Result<HttpResponse, Refusal> {
    let owners = owners(viewer).await?;
    // Only those that the viewer may act for: the form says so, but a form can be changed.
    let owner =
        owners.iter().find(|(account, _)| account.name.as_str() == filled.acts_for).map(|(account, _)| account.id);
    let patterns = wanted.patterns;
    let matching = viewer.visit.run(move |app| {
        let owned = owner.map_or_else(|| Ok(Vec::new()), |owner| app.store.read(|r| r.ids_owned_by(owner)))?;
        let matches = |id: &PackageId| patterns.is_empty() || patterns.iter().any(|pattern| pattern.covers(id));
        Ok::<_, store::Error>(owned.into_iter().filter(matches).collect::<Vec<_>>())
    });
    let matching = matching.await?;
    Ok(viewer.visit.page(form::page(&viewer.visit, &owners, filled, &FieldErrors::default(), Some(&matching))))
}
