//! `/admin/revocation`: what issuers say about the certificates that matter here, and what follows from it.

mod filter;
pub(in crate::web) mod import;
pub(in crate::web) mod mark;
pub(in crate::web) mod versions;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use time::OffsetDateTime;

use self::filter::{Asked, SHOWN, Shown};
use crate::domain::permission::Action;
use crate::domain::visible::{brief, visible};
use crate::feed::authority::{self, authorize};
use crate::feed::jobs::{Job, Running};
use crate::feed::revocation::{self, Asking, Learnt, ListedStatus, Word};
use crate::store;
use crate::store::void_signatures::VoidFilter;
use crate::web::pages::components::{
    Badge, Button, ButtonForm, Callout, Field, PageHeader, Table, account_link, ago, counted, counted_as, day,
    fingerprint, moment, pagination, progress, prose, search_form, tabs,
};
use crate::web::pages::csrf::CsrfToken;
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// The page.
const PATH: &str = "admin/revocation";
/// The page of the signatures that do not count.
const VERSIONS: &str = "admin/revocation/versions";
/// Seconds after which the page loads itself again while somebody is asked.
const REFRESH: u32 = 3;

/// Everything that the page shows.
struct Facts {
    certificates: Vec<ListedStatus>,
    void: u64,
    undecided: u64,
    running: Option<Running>,
}

/// `GET admin/revocation`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let now = viewer.visit.now();
    let facts = viewer.visit.run(move |app| {
        let certificates = revocation::list(&app.store, &app.answers, now)?;
        let running =
            app.jobs.standings()?.into_iter().find(|one| one.job == Job::Revocation).and_then(|one| one.running);
        let count = |undecided| VoidFilter { undecided, ..VoidFilter::default() };
        let (void, undecided) = app.store.read(|r| {
            Ok::<_, store::Error>((r.count_void_versions(&count(false))?, r.count_void_versions(&count(true))?))
        })?;
        Ok::<_, store::Error>(Facts { certificates, void, undecided, running })
    });
    let facts = facts.await?;
    let page =
        Page::new("Revocation", content(&viewer.visit.csrf(), &asked, &facts, now)).section(Section::AdminRevocation);
    Ok(viewer.visit.page(if facts.running.is_some() { page.refresh(REFRESH) } else { page }))
}

/// `POST admin/revocation/check`: asks all issuers now. It changes nothing that they would not have changed within a day.
pub(in crate::web) async fn check(viewer: Viewer, _posted: Posted) -> Result<HttpResponse, Refusal> {
    let rung = viewer.run(|app, actor, now| {
        app.store.read(|r| authorize(r, actor, Action::SeeServer, None, now))?;
        app.bell.ring_for_all();
        Ok::<_, authority::Refused>(())
    });
    rung.await?;
    Ok(viewer
        .visit
        .redirect_saying(Flash::done("All issuers are asked now. What they say shows below in some seconds."), PATH))
}

/// `POST admin/revocation/{fingerprint}/check`: asks about one certificate now.
pub(in crate::web) async fn check_one(
    viewer: Viewer,
    fingerprint: web::Path<String>,
    _posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let fingerprint = fingerprint.parse().map_err(|_| Refusal::Missing)?;
    let asking = viewer.run(move |app, actor, now| {
        app.store.read(|r| authorize(r, actor, Action::SeeServer, None, now))?;
        Ok::<_, authority::Refused>(revocation::ask_about(app, &fingerprint))
    });
    let flash = match asking.await? {
        Asking::Now => Flash::done("Its issuers are asked now. What they say shows below in some seconds."),
        Asking::WaitAMinute => Flash::warning("They were asked just now. Wait a minute before you ask again."),
    };
    Ok(viewer.visit.redirect_saying(flash, PATH))
}

/// Where a code or sign-in that was asked for in between leads back to.
pub(in crate::web) async fn back(viewer: Viewer) -> HttpResponse {
    viewer.visit.redirect(PATH)
}

/// The top of both pages; with a button to ask all issuers where there is a `csrf`.
fn header(csrf: Option<&CsrfToken>, current: &str, certificates: Option<usize>, void: u64) -> Markup {
    // They are counted where they are listed alone: finding out which matter takes a while.
    let certificates =
        certificates.map_or_else(|| "Certificates".to_owned(), |count| format!("Certificates ({count})"));
    let void = format!("Signatures that no longer count ({void})");
    html! {
        (PageHeader::new("Revocation")
            .lead("What issuers say about the certificates of signers and timestamping authorities, and the versions whose signature no longer counts by it.")
            .action(html! { @if let Some(csrf) = csrf { (ButtonForm::new(csrf, "admin/revocation/check", Button::quiet("Ask all now"))) } })
            .action(Button::quiet("Import a list").link("admin/revocation/import"))
            .action(Button::quiet("Mark as revoked").link("admin/revocation/mark")))
        (tabs("Revocation", &[(PATH, &certificates), (VERSIONS, &void)], current))
    }
}

fn content(csrf: &CsrfToken, asked: &Asked, facts: &Facts, now: OffsetDateTime) -> Markup {
    let shown = asked.choose(&facts.certificates);
    html! {
        (header(Some(csrf).filter(|_| facts.running.is_none()), PATH, Some(facts.certificates.len()), facts.void))
        (alarm(facts))
        @if let Some(running) = facts.running { (running_check(running)) }
        @if facts.certificates.is_empty() { (nothing_yet()) }
        @else {
            (search_form(PATH, html! {
                (Field::search("q", "Name or fingerprint").value(asked.q.as_str()))
                (Field::select("show", "Show", SHOWN).value(asked.show.as_str()))
                (Button::quiet("Filter"))
            }))
            @if !asked.is_for_all() { p.hint { (shown.found) " of " (counted(facts.certificates.len() as u64, "certificate")) "." } }
            (table(csrf, &shown, now))
            p.hint { "“Signs” counts all versions on the feed, hidden ones too, and whoever’s signature it counted as. The certificates page of an account counts those that readers see and that were let in as signed by the account: not what a stage let in against the rule." }
            (pagination(shown.page, shown.pages, |page| asked.page_path(page)))
        }
    }
}

fn alarm(facts: &Facts) -> Markup {
    if facts.undecided == 0 {
        return Markup::default();
    }
    let have = counted_as(facts.undecided, "version has", "versions have");
    let content = html! {
        p { (have) " a signature that does not count any more, and nobody decided what becomes of that. Everybody still gets what is on the feed." }
        div.actions { (Button::primary("Look at them").link(format!("{VERSIONS}?show=undecided"))) }
    };
    html! { (Callout::bad("Signatures no longer count", content)) }
}

fn running_check(running: Running) -> Markup {
    let (done, total) = running.progress.map_or((0, None), |(done, total)| (done, Some(total)));
    html! { (Callout::info("Issuers are asked", html! { (progress("Certificates looked at", done, total)) })) }
}

fn nothing_yet() -> Markup {
    html! { p.empty { "No certificate matters here yet: nothing signed is on the feed, and none is registered." } }
}

fn table(csrf: &CsrfToken, shown: &Shown<'_>, now: OffsetDateTime) -> Table {
    let table = Table::new("Certificates that matter here")
        .column("Certificate")
        .column("Status")
        .column("Learnt")
        .column("Next check")
        .column("Used for")
        .actions()
        .empty(html! { "No certificate is like that. " a href=(PATH) { "Show all" } "." });
    shown.certificates.iter().fold(table, |table, one| {
        table.row([
            html! { (brief(&one.subject)) div { (fingerprint(&one.fingerprint)) } },
            status(&one.learnt),
            learnt(&one.learnt, now),
            next_check(&one.learnt, now),
            uses(one),
            actions(csrf, one),
        ])
    })
}

fn status(learnt: &Learnt) -> Markup {
    let badge = match learnt.status {
        Word::Good => Badge::good("Good"),
        Word::Revoked => Badge::bad("Revoked"),
        Word::Hold => Badge::warning("On hold"),
        Word::Unknown => Badge::neutral("Not known"),
    };
    html! {
        (badge)
        @if let Some(at) = learnt.revoked_at { " since " (day(at)) }
        @if let Some(by) = learnt.marked_by.as_deref().filter(|_| !learnt.is_only_marked()) {
            div.quiet-text { "also marked by " (visible(by)) "; the earlier day counts" }
        }
        @if !learnt.reason.is_empty() { div.quiet-text { (prose(&capitalised(&visible(&learnt.reason)))) } }
    }
}

fn learnt(learnt: &Learnt, now: OffsetDateTime) -> Markup {
    html! {
        @match learnt.learnt_at {
            Some(at) => {
                (moment(at))
                div.quiet-text.breaks { @if !learnt.is_only_marked() { "from " } (visible(&learnt.source)) }
                @if let Some(until) = learnt.next_update.filter(|_| learnt.status == Word::Good) {
                    div.quiet-text { "counts until " (day(until)) }
                }
            },
            None => span.quiet-text { "–" },
        }
        @if let Some(at) = learnt.checked_at.filter(|at| learnt.learnt_at.is_none_or(|learnt| *at - learnt > time::Duration::MINUTE)) {
            div.quiet-text { "looked at " (ago(at, now)) }
        }
    }
}

fn next_check(learnt: &Learnt, now: OffsetDateTime) -> Markup {
    html! {
        @match learnt.next_check {
            Some(at) if at > now => (moment(at)),
            Some(_) => "Now",
            None => {
                span.quiet-text { "Nobody is asked: it names no list or responder, or its chain is not proven here. " a href="admin/revocation/import" { "Import a list" } }
            },
        }
        @for failure in &learnt.failures { div { (Badge::warning("No answer")) div.quiet-text.breaks { (prose(&visible(failure))) } } }
    }
}

fn uses(one: &ListedStatus) -> Markup {
    let uses = &one.uses;
    html! {
        @if uses.signed > 0 { div { "Signs " (counted(uses.signed, "version")) } }
        @if uses.stamped > 0 { div { "Stamps " (counted(uses.stamped, "version")) } }
        @if !uses.registered_by.is_empty() {
            div { "Registered by " @for (number, account) in uses.registered_by.iter().enumerate() { @if number > 0 { ", " } (account_link(account)) } }
        }
        @if uses.signed == 0 && uses.stamped == 0 && uses.registered_by.is_empty() { span.quiet-text { "Vouches for others" } }
    }
}

fn actions(csrf: &CsrfToken, one: &ListedStatus) -> Markup {
    let (path, about) = (format!("{PATH}/{}", one.fingerprint), brief(&one.subject));
    html! {
        @if one.learnt.next_check.is_some() {
            (ButtonForm::new(csrf, format!("{path}/check"), Button::quiet("Ask now").small().about(about.clone())))
        }
        @if one.learnt.marked_by.is_some() {
            (Button::quiet("Unmark").small().about(about).link(format!("{path}/unmark")))
        } @else if one.learnt.status != Word::Revoked {
            (Button::danger("Mark as revoked").small().about(about).link(format!("{PATH}/mark?fingerprint={}", one.fingerprint)))
        }
    }
}
