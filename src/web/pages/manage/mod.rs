//! `/packages/{id}/manage`: what the owners of a package ID decide about it. One file a section of the page.

pub(in crate::web) mod owners;
pub(in crate::web) mod required_signer;
pub(in crate::web) mod void_signatures;

use actix_web::{HttpResponse, web};
use maud::html;

use super::components::{FieldErrors, PageHeader, segment};
use super::page::Page;
use super::refusal::Refusal;
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::account::{Account, AccountName};
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Relation};
use crate::feed::authority;
use crate::feed::required_signer::Judgement;
use crate::store;
use crate::store::invitations::Invitation;

/// A package as somebody sees it who belongs to its owners, or runs the server.
struct Shown {
    id: PackageId,
    relation: Relation,
    owners: Vec<owners::Owner>,
    waiting: Vec<Invitation>,
    judgement: Judgement,
    void: void_signatures::Counts,
    may_manage: bool,
    may_choose: bool,
    /// The owners whose certificates the viewer may register.
    registers_for: Vec<AccountName>,
}

/// What was sent with a form that is shown again, and what was wrong with it.
#[derive(Default)]
struct Sent {
    owner: String,
    errors: FieldErrors,
}

/// `GET packages/{id}/manage`
pub(in crate::web) async fn show(viewer: Viewer, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &id)?;
    Ok(viewer.visit.page(page(&viewer, &shown, &Sent::default())))
}

/// The page, section by section. What is said about one lies in its own file.
fn page(viewer: &Viewer, shown: &Shown, sent: &Sent) -> Page {
    let id = &shown.id;
    let above = format!("packages/{}", segment(id));
    let lead = "Owners push versions, and their certificates say whose signature counts.";
    let content = html! {
        (PageHeader::new(html! { "Manage " (id) }).below(&[("./", "Packages"), (&above, id.as_str())], "Manage").lead(lead))
        (sent.errors.summary(&viewer.visit.frame_without_flash()))
        (void_signatures::section(id, shown.void))
        (required_signer::section(shown, &sent.errors))
        (owners::section(viewer, shown, &sent.owner, &sent.errors))
    };
    Page::new(format!("Manage {id}"), content).section(Section::Packages)
}

fn home(id: &PackageId) -> String {
    format!("packages/{}/manage", segment(id))
}

impl Shown {
    fn read(viewer: &Viewer, id: &str) -> Result<Self, Refusal> {
        let id = PackageId::parse_unicode(id).map_err(|_| Refusal::Missing)?;
        let (user, now) = (viewer.session.account.clone(), viewer.visit.now());
        let app = &viewer.visit.state().app;
        let read = |r: &store::Reads<'_>| {
            let Some(package) = r.registration(&id)? else { return Ok(None) };
            let accounts = crate::feed::owners::accounts(r, &package)?;
            let relation = authority::nearest_relation(r, &user, &accounts.iter().collect::<Vec<_>>())?;
            Ok::<_, store::Error>(Some(Self {
                relation,
                registers_for: registers_for(viewer, r, &accounts)?,
                owners: owners::read(r, &package, &accounts, &user)?,
                waiting: r.invitations_to_own(package.id, now)?,
                judgement: Judgement::read(r, &app.policy(r.policy()?), &package, now)?,
                void: void_signatures::Counts::read(r, package.id)?,
                may_manage: viewer.offers(Action::ManageOwners, relation),
                may_choose: viewer.offers(Action::ChooseRequiredSigner, relation),
                id: package.package_id,
            }))
        };
        let shown = app.store.read(read)?.ok_or(Refusal::Missing)?;
        // It may be looked at before there is a second factor: that is asked for when something is changed.
        viewer.expect_theirs(Action::SeeCertificates, shown.relation)?;
        Ok(shown)
    }
}

fn registers_for(viewer: &Viewer, r: &store::Reads<'_>, owners: &[Account]) -> Result<Vec<AccountName>, store::Error> {
    let mut names = Vec::new();
    for owner in owners {
        let relation = authority::relation(r, &viewer.session.account, owner)?;
        if viewer.offers(Action::ManageCertificates, relation) {
            names.push(owner.name.clone());
        }
    }
    Ok(names)
}
