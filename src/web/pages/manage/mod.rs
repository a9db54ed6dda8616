//! `/packages/{id}/manage`: what the owners of a package ID decide about it. One file a section of the page.

pub(in crate::web) mod owners;
pub(in crate::web) mod required_signer;
pub(in crate::web) mod void_signatures;

use actix_web::{HttpResponse, web};
use maud::html;
use time::OffsetDateTime;

use super::components::{FieldErrors, PageHeader, segment};
use super::page::Page;
use super::refusal::Refusal;
use super::section::Section;
use super::viewer::Viewer;
use crate::app::App;
use crate::domain::account::{Account, AccountName};
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Relation};
use crate::domain::required_signer::{Offer, offers};
use crate::feed::authority;
use crate::feed::required_signer::Judgement;
use crate::store;
use crate::store::invitations::Invitation;
use crate::store::registrations::Registration;

/// A package as somebody sees it who belongs to its owners, or runs the server.
struct Shown {
    id: PackageId,
    relation: Relation,
    owners: Vec<owners::Owner>,
    waiting: Vec<Invitation>,
    judgement: Judgement,
    /// The choices of the required signer, the impossible ones too.
    offers: Vec<Offer>,
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
    let shown = Shown::read(&viewer, &id).await?;
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

/// The same as the database has it, with the choices: rules of owners with hundreds of certificates are nothing for the thread
/// that answers everybody.
struct Read {
    package: Registration,
    relation: Relation,
    owners: Vec<owners::Owner>,
    /// As what the viewer stands to each owner.
    accounts: Vec<(AccountName, Relation)>,
    waiting: Vec<Invitation>,
    judgement: Judgement,
    offers: Vec<Offer>,
    void: void_signatures::Counts,
}

impl Read {
    /// `None` for a package ID that is not on the feed.
    fn of(
        reads: &store::Reads<'_>,
        app: &App,
        id: &PackageId,
        user: &Account,
        now: OffsetDateTime,
    ) -> Result<Option<Self>, store::Error> {
        let Some(package) = reads.registration(id)? else { return Ok(None) };
        let accounts = crate::feed::owners::accounts(reads, &package)?;
        let judgement = Judgement::read(reads, &app.policy(reads.policy()?), &package, now)?;
        let relations = accounts.iter().map(|owner| Ok((owner.name.clone(), authority::relation(reads, user, owner)?)));
        Ok(Some(Self {
            relation: authority::nearest_relation(reads, user, &accounts.iter().collect::<Vec<_>>())?,
            owners: owners::read(reads, &package, &accounts, user)?,
            accounts: relations.collect::<Result<_, store::Error>>()?,
            waiting: reads.invitations_to_own(package.id, now)?,
            offers: offers(&judgement.owners),
            judgement,
            void: void_signatures::Counts::read(reads, package.id)?,
            package,
        }))
    }
}

impl Shown {
    async fn read(viewer: &Viewer, id: &str) -> Result<Self, Refusal> {
        let id = PackageId::parse_unicode(id).map_err(|_| Refusal::Missing)?;
        let user = viewer.session.account.clone();
        let read = viewer.run(move |app, _, now| app.store.read(|r| Read::of(r, app, &id, &user, now)));
        let read = read.await?.ok_or(Refusal::Missing)?;
        // It may be looked at before there is a second factor: that is asked for when something is changed.
        viewer.expect_theirs(Action::SeeCertificates, read.relation)?;
        let registers = |(_, relation): &(AccountName, Relation)| viewer.offers(Action::ManageCertificates, *relation);
        Ok(Self {
            may_manage: viewer.offers(Action::ManageOwners, read.relation),
            may_choose: viewer.offers(Action::ChooseRequiredSigner, read.relation),
            registers_for: read.accounts.into_iter().filter(registers).map(|(name, _)| name).collect(),
            id: read.package.package_id,
            relation: read.relation,
            owners: read.owners,
            waiting: read.waiting,
            judgement: read.judgement,
            offers: read.offers,
            void: read.void,
        })
    }
}
