//! `/accounts/{name}/certificates`: whose signature counts for what an account owns.

pub(in crate::web) mod check;
pub(in crate::web) mod details;
mod effects;
mod guide;
pub(in crate::web) mod history;
pub(in crate::web) mod limit;
mod list;
pub(in crate::web) mod remove;
mod report;
mod status;
mod upload;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::components::{Button, FieldErrors, PageHeader, segment};
use super::page::Page;
use super::profile::{Tab, tabs_of};
use super::refusal::Refusal;
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::account::{Account, AccountKind, AccountName};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::{Action, Relation};
use crate::feed::{authority, certificates};
use crate::store;

pub(in crate::web::pages) use effects::told;
pub(in crate::web) use upload::upload;

/// The account whose page it is, and what the viewer is to it.
struct Place {
    account: Account,
    relation: Relation,
    /// Whether the viewer may change something, though a code may still be asked for.
    manages: bool,
}

/// `GET account/certificates`: to one's own.
pub(in crate::web) async fn mine(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    Ok(viewer.visit.redirect(&path_of(&viewer.session.account.name)))
}

/// `GET accounts/{name}/certificates`
pub(in crate::web) async fn show(viewer: Viewer, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let place = Place::read(&viewer, &name)?;
    let page = list_page(&viewer, &place, &upload::Typed::default(), &FieldErrors::default()).await?;
    Ok(viewer.visit.page(page))
}

/// The list with the form below it, as it was filled in.
async fn list_page(
    viewer: &Viewer,
    place: &Place,
    typed: &upload::Typed,
    errors: &FieldErrors,
) -> Result<Page, Refusal> {
    let account = place.account.name.clone();
    let list = viewer.run(move |app, actor, now| certificates::list(app.into(), &account, actor, now)).await?;
    Ok(list::page(viewer, place, &list.rows, typed, errors))
}

/// The certificates page of an account.
pub(super) fn path_of(account: &AccountName) -> String {
    format!("accounts/{}/certificates", segment(account))
}

/// The page of one of its certificates.
fn path_of_one(account: &AccountName, fingerprint: &Fingerprint) -> String {
    format!("{}/{fingerprint}", path_of(account))
}

fn named(text: &str) -> Result<Fingerprint, Refusal> {
    text.parse().map_err(|_| Refusal::Missing)
}

impl Place {
    /// The account of that name, for those who may see its certificates. Whoever lacks a second factor is asked for it here.
    fn read(viewer: &Viewer, name: &str) -> Result<Self, Refusal> {
        let name: AccountName = name.parse().map_err(|_| Refusal::Missing)?;
        let user = viewer.session.account.clone();
        let read = |r: &store::Reads<'_>| {
            let Some(account) = r.account(&name)? else { return Ok(None) };
            let relation = authority::relation(r, &user, &account)?;
            Ok::<_, store::Error>(Some((account, relation)))
        };
        let (account, relation) = viewer.visit.state().app.store.look_up(read)?.ok_or(Refusal::Missing)?;
        viewer.may(Action::SeeCertificates, relation)?;
        let manages = viewer.offers(Action::ManageCertificates, relation);
        Ok(Self { account, relation, manages })
    }

    fn name(&self) -> &AccountName {
        &self.account.name
    }

    /// Whether it is the viewer's own.
    fn is_own(&self) -> bool {
        self.relation == Relation::Oneself
    }

    fn is_organization(&self) -> bool {
        self.account.kind == AccountKind::Organization
    }

    /// `Certificates`, or whose.
    fn title(&self) -> String {
        if self.is_own() { "Certificates".to_owned() } else { format!("Certificates of {}", self.name()) }
    }

    /// What stands at the top of the list.
    fn header(&self, lead: &'static str) -> Markup {
        let history = Button::quiet("History").link(format!("{}/history", path_of(self.name())));
        let header = PageHeader::new(self.title()).lead(lead).action(history);
        let above = format!("accounts/{}", segment(self.name()));
        let header =
            if self.is_own() { header } else { header.below(&[(&above, self.name().as_str())], "Certificates") };
        html! { (header) (self.tabs()) }
    }

    /// What stands at the top of the pages below the list.
    fn header_below(&self, title: &str, here: &str, further: &[(&str, &str)]) -> Markup {
        let (above, list) = (format!("accounts/{}", segment(self.name())), path_of(self.name()));
        let mut way = vec![(list.as_str(), "Certificates")];
        if !self.is_own() {
            way.insert(0, (&above, self.name().as_str()));
        }
        way.extend(further);
        html! { (PageHeader::new(title).below(&way, here)) }
    }

    fn tabs(&self) -> Markup {
        html! { @if self.is_organization() { (tabs_of(self.name(), Tab::Certificates)) } }
    }

    const fn section(&self) -> Section {
        match self.relation {
            Relation::Oneself => Section::Certificates,
            Relation::Administrator | Relation::Collaborator => Section::Organizations,
            Relation::Stranger => Section::Elsewhere,
        }
    }

    fn page(&self, title: impl Into<String>, content: Markup) -> Page {
        Page::new(title.into(), content).section(self.section())
    }
}
