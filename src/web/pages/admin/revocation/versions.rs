//! `/admin/revocation/versions` and `.csv`: all versions whose signature does not count, of all packages, and what becomes of them.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;
use url::form_urlencoded;

use super::{VERSIONS, header};
use crate::domain::account::AccountName;
use crate::domain::permission::{Action, Relation};
use crate::feed::void_signatures::Export;
use crate::store;
use crate::store::void_signatures::{VoidFilter, VoidVersion};
use crate::store::{Reads, Store};
use crate::web::pages::components::{Button, Field, counted, pagination, search_form};
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::spreadsheet::{Sees, spreadsheet};
use crate::web::pages::viewer::Viewer;
use crate::web::pages::void_signatures::choosing::{self, AGAIN, Answer, Filled, Place};

/// Versions on one page: each is a field of the form.
const ON_A_PAGE: u32 = 100;
const SHOWN: [(&str, &str); 2] = [("", "All"), ("undecided", "Not decided yet")];

/// The query. What is misspelt in it is as good as absent.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    package: String,
    owner: String,
    show: String,
    page: String,
}

/// What the page shows.
struct Found {
    versions: Vec<VoidVersion>,
    found: u64,
    all: u64,
}

/// `GET admin/revocation/versions`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let found = find(&viewer, &asked).await?;
    Ok(viewer.visit.page(page(&viewer, &asked, &found, &Filled::default())))
}

/// `POST admin/revocation/versions`
pub(in crate::web) async fn choose(
    viewer: Viewer,
    asked: web::Query<Asked>,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    viewer.may(Action::ChangeServer, Relation::Stranger)?;
    let path = asked.href(VERSIONS, None);
    match choosing::take(&viewer, &place(&path), &posted).await? {
        Answer::Response(response) => Ok(response),
        Answer::Again(filled) => {
            let found = find(&viewer, &asked).await?;
            Ok(viewer.visit.page(page(&viewer, &asked, &found, &filled).status(AGAIN)))
        }
    }
}

/// `GET admin/revocation/versions.csv`
pub(in crate::web) async fn export(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let own = asked.into_inner();
    let filter = viewer.visit.run(move |app| app.store.read(|r| own.filter(r))).await?;
    let next = |export: &mut Option<Export>, store: &Store| export.as_mut().map_or(Ok(None), |it| it.next(store));
    Ok(spreadsheet(&viewer, "void-signatures", Sees::Server, filter.map(Export::new), next))
}

impl Asked {
    /// `None` when there is no such owner, and so no version of theirs.
    fn filter(&self, reads: &Reads<'_>) -> Result<Option<VoidFilter>, store::Error> {
        let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let owner = match text(&self.owner).map(|owner| owner.parse::<AccountName>()) {
            None => None,
            Some(Err(_)) => return Ok(None),
            Some(Ok(name)) => match reads.account(&name)? {
                Some(account) => Some(account.id),
                None => return Ok(None),
            },
        };
        let (package, undecided) = (text(&self.package), self.show == "undecided");
        Ok(Some(VoidFilter { package, owner, registration: None, undecided }))
    }

    fn number(&self) -> u64 {
        self.page.parse().unwrap_or(1).max(1)
    }

    fn href(&self, path: &str, page: Option<u64>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let filter = [("package", &self.package), ("owner", &self.owner), ("show", &self.show)];
        query.extend_pairs(filter.into_iter().filter(|(_, value)| !value.is_empty()));
        if let Some(page) = page {
            query.append_pair("page", &page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

async fn find(viewer: &Viewer, asked: &Asked) -> Result<Found, Refusal> {
    let asked = asked.clone();
    let found = viewer.visit.run(move |app| {
        app.store.read(|r| {
            let all = r.count_void_versions(&VoidFilter::default())?;
            let Some(filter) = asked.filter(r)? else {
                return Ok(Found { versions: Vec::new(), found: 0, all });
            };
            let skip = (asked.number() - 1).saturating_mul(u64::from(ON_A_PAGE));
            let (versions, found) = (r.void_versions(&filter, skip, ON_A_PAGE)?, r.count_void_versions(&filter)?);
            Ok::<_, store::Error>(Found { versions, found, all })
        })
    });
    found.await
}

fn place(path: &str) -> Place<'_> {
    Place {
        path,
        back: path,
        name: "Signatures that no longer count",
        section: Section::AdminRevocation,
        administrates: true,
    }
}

fn page(viewer: &Viewer, asked: &Asked, found: &Found, filled: &Filled) -> Page {
    let path = asked.href(VERSIONS, None);
    let content = html! {
        (header(None, VERSIONS, None, found.all))
        (filled.errors.summary(&viewer.visit.frame_without_flash()))
        @if found.all == 0 { p.empty { "All signatures on the feed count, as far as is known." } }
        @else {
            p { "Nothing is done about these versions by itself: everybody still gets them, but those that are hidden. Their owners decide as well, on the management page of each package." }
            (filters(asked))
            @if found.found != found.all { p.hint { (found.found) " of " (counted(found.all, "version")) "." } }
            @if found.versions.is_empty() { p.empty { "No version is like that. " a href=(VERSIONS) { "Show all" } "." } }
            @else {
                (choosing::list(&viewer.visit.csrf(), &place(&path), &found.versions, filled))
                (pagination(asked.number(), found.found.div_ceil(u64::from(ON_A_PAGE)), |page| asked.href(VERSIONS, Some(page))))
            }
        }
    };
    Page::new("Signatures that no longer count", content).section(Section::AdminRevocation)
}

fn filters(asked: &Asked) -> Markup {
    search_form(
        VERSIONS,
        html! {
            (Field::search("package", "Package").value(asked.package.as_str()).placeholder("Contoso.*"))
            (Field::search("owner", "Owner").value(asked.owner.as_str()))
            (Field::select("show", "Show", SHOWN).value(asked.show.as_str()))
            (Button::quiet("Filter"))
            (Button::quiet("Export as CSV").link(asked.href("admin/revocation/versions.csv", None)))
        },
    )
}
