//! `/admin/withdrawn`: versions that were taken off the feed, with reasons, and the way back.

use actix_web::{HttpResponse, web};
use maud::{Markup, Render, html};

use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::store;
use crate::store::withdrawals::Withdrawn;
use crate::web::pages::components::{Button, ButtonForm, PageHeader, Table, breakable, counted, moment, pagination};
use crate::web::pages::flash::Flash;
use crate::web::pages::package::deed::{DEED, Deed, FREE, SHOW};
use crate::web::pages::package::withdraw;
use crate::web::pages::packages::page_number;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// This page.
const HOME: &str = "admin/withdrawn";
const ID: &str = "id";
const VERSION: &str = "version";
/// Versions on one page of either list.
const SHOWN: u32 = 50;

/// Which part of the two lists.
#[derive(Debug, serde::Deserialize)]
pub(in crate::web) struct Asked {
    hidden: Option<String>,
    removed: Option<String>,
}

/// One of the two lists.
struct List {
    /// Those of this page.
    versions: Vec<Withdrawn>,
    /// How many there are in all.
    count: u64,
    /// Which page.
    number: u64,
}

impl List {
    fn read(
        number: u64,
        count: u64,
        read: impl FnOnce(u64, u32) -> Result<Vec<Withdrawn>, store::Error>,
    ) -> Result<Self, store::Error> {
        let skip = number.saturating_sub(1).saturating_mul(u64::from(SHOWN));
        Ok(Self { versions: read(skip, SHOWN)?, count, number })
    }

    fn pages(&self) -> u64 {
        self.count.div_ceil(u64::from(SHOWN))
    }
}

/// `GET admin/withdrawn`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let (hidden, removed) = (page_number(asked.hidden.as_deref()), page_number(asked.removed.as_deref()));
    let read = move |app: &crate::app::App| {
        app.store.read(|r| {
            let (count, burnt) = r.count_withdrawn()?;
            let hidden = List::read(hidden, count, |skip, limit| r.hidden_versions(skip, limit))?;
            let removed = List::read(removed, burnt, |skip, limit| r.removed_versions(skip, limit))?;
            Ok::<_, store::Error>((hidden, removed))
        })
    };
    let (hidden, removed) = viewer.visit.run(read).await?;
    Ok(viewer.visit.page(page(&viewer, &hidden, &removed)))
}

/// `POST admin/withdrawn`: shows a version again, or frees its number.
pub(in crate::web) async fn undo(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    let id = PackageId::parse_unicode(posted.text(ID)).map_err(|_| Refusal::Missing)?;
    let version = NuGetVersion::parse(posted.text(VERSION)).map_err(|_| Refusal::Missing)?;
    let deed = match posted.text(DEED) {
        SHOW => Deed::Show,
        FREE => Deed::Free,
        _ => return Err(Refusal::Missing),
    };
    let said = deed.done(&id, &version);
    let made = viewer.run(move |app, actor, now| deed.make(app, actor, &id, &version, now)).await;
    viewer.visit.done_or_said(made.map(|()| Flash::done(said)), HOME)
}

fn page(viewer: &Viewer, hidden: &List, removed: &List) -> Page {
    let lead =
        "Versions that nobody gets any more. To take another one off the feed, open its page and choose “Withdraw”.";
    let content = html! {
        (PageHeader::new("Withdrawn versions").lead(lead))
        h2 #hidden { "Hidden" }
        p { "Kept here, and shown to administrators alone. They can be shown again." }
        (table(viewer, hidden, "Hidden", SHOW, "No version is hidden."))
        (pagination(hidden.number, hidden.pages(), |page| format!("{HOME}?hidden={page}&removed={}#hidden", removed.number)))
        h2 #removed { "Removed" }
        p { "Gone for good. Nobody can push these numbers again until they are freed." }
        (table(viewer, removed, "Removed", FREE, "No version was removed, or all their numbers were freed."))
        (pagination(removed.number, removed.pages(), |page| format!("{HOME}?hidden={}&removed={page}#removed", hidden.number)))
    };
    Page::new("Withdrawn versions", content).section(Section::AdminWithdrawn)
}

fn table(viewer: &Viewer, list: &List, did: &str, undo: &str, empty: &str) -> Markup {
    let empty = if list.count > 0 { "The list ends before this page." } else { empty };
    let caption = format!("{did}: {}", counted(list.count, "version"));
    let table = Table::new(caption).column("Version").column(did).column("By").column("Reason").actions().empty(empty);
    let rows = list.versions.iter().fold(table, |table, row| {
        let number = row.version.full();
        let name = html! {
            a.version href=(withdraw::path(&row.package_id, &row.version)) { (breakable(row.package_id.as_str())) " " (number) }
        };
        let text = if undo == SHOW { "Show again" } else { "Free the number" };
        let about = format!("{} {number}", row.package_id);
        let button = match undo {
            SHOW => ButtonForm::new(&viewer.visit.csrf(), HOME, Button::quiet(text).small().about(about))
                .hidden(DEED, undo)
                .hidden(ID, row.package_id.to_string())
                .hidden(VERSION, number)
                .render(),
            // Its own page says first what follows from it.
            _ => Button::quiet(text).small().about(about).link(withdraw::path(&row.package_id, &row.version)).render(),
        };
        let reason = html! { @if row.reason.is_empty() { span.quiet-text { "None was given" } } @else { (row.reason) } };
        table.row([name, moment(row.at), html! { (row.by) }, reason, button])
    });
    html! { (rows) }
}
