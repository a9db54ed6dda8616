//! Signatures of a package that do not count any more: a part of the page, and `/packages/{id}/manage/void-signatures`, where its
//! owners decide about them.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::{Shown, home};
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Relation};
use crate::store;
use crate::store::registrations::RegistrationId;
use crate::store::void_signatures::{VoidFilter, VoidVersion};
use crate::web::pages::components::{Button, Callout, PageHeader, counted_as, pagination, segment};
use crate::web::pages::packages::page_number;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;
use crate::web::pages::void_signatures::choosing::{self, AGAIN, Answer, Filled, Place};

/// Versions on one page: each is a field of the form.
const ON_A_PAGE: u32 = 50;

/// Which page of the versions.
#[derive(Debug, Default, serde::Deserialize)]
pub(in crate::web) struct Asked {
    page: Option<String>,
}

/// How many there are, and how many of them nothing was decided about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    all: u64,
    undecided: u64,
}

impl Counts {
    /// Those of a package.
    pub fn read(reads: &store::Reads<'_>, package: RegistrationId) -> Result<Self, store::Error> {
        let filter = |undecided| VoidFilter { registration: Some(package), undecided, ..VoidFilter::default() };
        Ok(Self {
            all: reads.count_void_versions(&filter(false))?,
            undecided: reads.count_void_versions(&filter(true))?,
        })
    }
}

/// The part of the management page; nothing while all signatures count.
pub(super) fn section(id: &PackageId, counts: Counts) -> Markup {
    let Counts { all, undecided } = counts;
    if all == 0 {
        return Markup::default();
    }
    let have = counted_as(all, "version has", "versions have");
    let content = html! {
        p { (have) " a signature that does not count any more, since a certificate was revoked or is not trusted any more. Everybody still gets "
            @if all == 1 { "it" } @else { "them" } "; nothing was done about " @if all == 1 { "it" } @else { "them" } " by itself." }
        p {
            @if undecided == 0 { "You have decided about all of them." }
            @else if undecided == all { "Decide what becomes of " @if all == 1 { "it." } @else { "them." } }
            @else { "Nothing is decided yet about " (undecided) " of them." }
        }
        div.actions {
            @let path = page_of(id);
            @if undecided == 0 { (Button::quiet("Look at them").link(path)) } @else { (Button::primary("Decide").link(path)) }
        }
    };
    let title = "Signatures that no longer count";
    let callout = if undecided == 0 { Callout::info("", content) } else { Callout::bad("", content) };
    html! { section #void-signatures { h2 { (title) } (callout) } }
}

fn page_of(id: &PackageId) -> String {
    format!("{}/void-signatures", home(id))
}

/// `GET packages/{id}/manage/void-signatures`
pub(in crate::web) async fn show(
    viewer: Viewer,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &id).await?;
    Ok(viewer.visit.page(page(&viewer, &shown, page_number(asked.page.as_deref()), &Filled::default()).await?))
}

/// `POST packages/{id}/manage/void-signatures`
pub(in crate::web) async fn choose(
    viewer: Viewer,
    id: web::Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &id).await?;
    viewer.may(Action::DecideAboutSignatures, shown.relation)?;
    let path = page_of(&shown.id);
    match choosing::take(&viewer, &place(&viewer, &path), &posted).await? {
        Answer::Response(response) => Ok(response),
        Answer::Again(filled) => Ok(viewer.visit.page(page(&viewer, &shown, 1, &filled).await?.status(AGAIN))),
    }
}

fn place<'a>(viewer: &Viewer, path: &'a str) -> Place<'a> {
    Place {
        path,
        back: path,
        name: "Signatures that no longer count",
        section: Section::Packages,
        administrates: viewer.offers(Action::ChangeServer, Relation::Stranger),
    }
}

async fn page(viewer: &Viewer, shown: &Shown, number: u64, filled: &Filled) -> Result<Page, Refusal> {
    let (id, path) = (&shown.id, page_of(&shown.id));
    let (versions, all) = read(viewer, id, number).await?;
    let (above, back) = (format!("packages/{}", segment(id)), home(id));
    let lead = "A certificate was revoked, or is not trusted any more, so nothing proves whose these versions are. They stay as they are until you decide.";
    let content = html! {
        (PageHeader::new("Signatures that no longer count")
            .below(&[("./", "Packages"), (&above, id.as_str()), (&back, "Manage")], "Signatures").lead(lead))
        (filled.errors.summary(&viewer.visit.frame_without_flash()))
        @if versions.is_empty() { p.empty { "All signatures of " (id) " count, as far as is known." } }
        @else if viewer.offers(Action::DecideAboutSignatures, shown.relation) { (choosing::list(&viewer.visit.csrf(), &place(viewer, &path), &versions, filled)) }
        @else { (choosing::table(&versions, None)) p.hint { "Its owners decide: whoever administers the organization, or the server." } }
        (pagination(number, all.div_ceil(u64::from(ON_A_PAGE)), |page| format!("{path}?page={page}")))
    };
    Ok(Page::new(format!("Signatures of {id} that no longer count"), content).section(Section::Packages))
}

async fn read(viewer: &Viewer, id: &PackageId, number: u64) -> Result<(Vec<VoidVersion>, u64), Refusal> {
    let id = id.clone();
    let read = move |r: &store::Reads<'_>| {
        let Some(package) = r.registration(&id)? else { return Ok((Vec::new(), 0)) };
        let filter = VoidFilter { registration: Some(package.id), ..VoidFilter::default() };
        let skip = number.saturating_sub(1).saturating_mul(u64::from(ON_A_PAGE));
        Ok::<_, store::Error>((r.void_versions(&filter, skip, ON_A_PAGE)?, r.count_void_versions(&filter)?))
    };
    viewer.visit.run(move |app| app.store.read(read)).await
}
