//! `/verdicts/{number}`: a verdict, explained; and `/account/verdicts`, those of one's own pushes and dry runs.

mod registering;
mod since;
mod view;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::components::{Badge, Facts, PageHeader, Table, account_link, ago, moment, until};
use super::flash::Flash;
use super::page::Page;
use super::posted::Posted;
use super::refusal::Refusal;
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::permission::{Action, Relation};
use crate::domain::policy::Enforcement;
use crate::domain::verdict::{Failed, VerdictKind, VerdictNumber};
use crate::feed::verdicts::{self, Standing, VERDICT_DAYS, WouldDo};
use crate::store;
use crate::store::verdicts::KeptVerdict;

pub(in crate::web::pages) use view::{badge, decided, explained, next};

const LIST: &str = "account/verdicts";
/// Verdicts that the list shows at most.
const LISTED: u32 = 100;

/// `GET verdicts/{number}`
pub(in crate::web) async fn show(viewer: Viewer, number: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let number = number_of(&number)?;
    let loaded = load(&viewer, number).await?;
    Ok(viewer.visit.page(page(&viewer, &loaded)))
}

/// `GET verdicts/{number}/register`: where a code that was asked for in between leads back to.
pub(in crate::web) async fn back(viewer: Viewer, number: web::Path<String>) -> Result<HttpResponse, Refusal> {
    Ok(viewer.visit.redirect(&path(number_of(&number)?)))
}

/// `POST verdicts/{number}/register`
pub(in crate::web) async fn register(
    viewer: Viewer,
    number: web::Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let number = number_of(&number)?;
    let (account, limit) = registering::chosen(&posted)?;
    let name = account.clone();
    let registered = viewer.run(move |app, actor, now| verdicts::register(app, number, &name, limit, actor, now)).await;
    let done = registered.map(|done| Flash::done(registering::said(&done, &account)));
    viewer.visit.done_or_said(done, &path(number))
}

/// `GET account/verdicts`
pub(in crate::web) async fn list(viewer: Viewer) -> Result<HttpResponse, Refusal> {
    let (account, now) = (viewer.session.account.clone(), viewer.visit.now());
    let own = viewer.visit.run(move |app| app.store.read(|r| verdicts::own(r, &account, LISTED, now))).await?;
    let content = html! {
        (PageHeader::new("Verdicts").lead(format!(
            "Pushes that were refused and dry runs: yours, those of your organizations’ keys, and those of others that concern packages of yours. They are kept for {VERDICT_DAYS} days."
        )))
        (table(&own, &viewer))
    };
    Ok(viewer.visit.page(Page::new("Verdicts", content).section(Section::Account)))
}

fn number_of(text: &str) -> Result<VerdictNumber, Refusal> {
    text.parse().map(VerdictNumber).map_err(|_| Refusal::Missing)
}

fn path(number: VerdictNumber) -> String {
    format!("verdicts/{}", number.0)
}

/// A verdict, and what is so about it now.
struct Loaded {
    verdict: KeptVerdict,
    standing: Standing,
}

async fn load(viewer: &Viewer, number: VerdictNumber) -> Result<Loaded, Refusal> {
    let (account, now) = (viewer.session.account.clone(), viewer.visit.now());
    let found = viewer.visit.run(move |app| {
        app.store.read(|r| {
            let Some(found) = verdicts::find(r, &account, number, now)? else { return Ok(None) };
            let standing = verdicts::standing(r, app, &account, &found.verdict, now)?;
            Ok::<_, store::Error>(Some((found, standing)))
        })
    });
    let (found, mut standing) = found.await?.ok_or(Refusal::Missing)?;
    if found.as_administrator {
        viewer.may(Action::SeeServer, Relation::Stranger)?;
    }
    standing.would_do = seen(viewer, standing.would_do);
    Ok(Loaded { verdict: found.verdict, standing })
}

/// The accounts whose certificates the reader may see. Which certificates they are is shown after a second factor; the link asks
/// for it.
fn seen(viewer: &Viewer, would_do: Vec<WouldDo>) -> Vec<WouldDo> {
    let offered = would_do.into_iter().filter(|it| viewer.offers(Action::SeeCertificates, it.relation));
    let shown = |it: &WouldDo| viewer.may(Action::SeeCertificates, it.relation).is_ok();
    offered.map(|it| if shown(&it) { it } else { WouldDo { certificates: Vec::new(), ..it } }).collect()
}

fn page(viewer: &Viewer, loaded: &Loaded) -> Page {
    let Loaded { verdict, standing: Standing { offer, would_do, trusted_since } } = loaded;
    let it = &verdict.explained;
    let over = offer.settled.is_some() || offer.not_theirs;
    let named =
        it.package.as_ref().map_or_else(|| "A file".to_owned(), |named| format!("{} {}", named.id, named.version));
    let content = html! {
        (PageHeader::new(html! { (named) " " (badge(verdict.kind, it.outcome)) }).below(&[(LIST, "Verdicts")], &format!("Number {}", verdict.number.0)))
        (since::since(verdict, offer, *trusted_since))
        (decided(it))
        @if !over { (next(it)) }
        (registering::section(viewer, verdict, offer))
        (roots(viewer, verdict))
        @if offer.accounts.is_empty() { (explained(it, would_do)) } @else { (view::explained_below(it, would_do)) }
        h2 { "About this verdict" }
        (about(viewer, verdict))
    };
    Page::new(format!("{named}: {}", verdict.kind.told(it.outcome)), content).section(Section::Account)
}

/// Where an administrator looks at the root that a chain ended in.
fn roots(viewer: &Viewer, verdict: &KeptVerdict) -> Markup {
    let unknown = |failed: &Failed| matches!(failed.code.as_deref(), Some("NU3018" | "NU3028"));
    let administers = viewer.offers(Action::ChangeServer, Relation::Stranger);
    html! {
        @if administers && verdict.explained.failed.iter().any(unknown) {
            p.hint { "Roots that pushes ended in can be looked at, and trusted, on the page " a href="admin/trust" { "Trust" } "." }
        }
    }
}

fn about(viewer: &Viewer, verdict: &KeptVerdict) -> Facts {
    let now = viewer.visit.now();
    Facts::new()
        .fact("Asked as", html! { (asked_as(verdict.kind)) ", " (moment(verdict.at)) " (" (ago(verdict.at, now)) ")" })
        .fact("By", account_link(&verdict.pusher.1))
        .fact("For", account_link(&verdict.owner.1))
        .fact("The rule about signers was", html! { (stage(verdict.explained.stage)) })
        .fact("Kept until", until(verdict.expires_at, now))
}

/// How strictly the rule about who must have signed was taken.
const fn stage(stage: Enforcement) -> &'static str {
    match stage {
        Enforcement::Enforce => "enforced",
        Enforcement::Warn => "not enforced: whoever pushes is warned",
        Enforcement::Report => "not enforced: pushes are counted",
    }
}

const fn asked_as(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Push => "push",
        VerdictKind::Upload => "upload on a page",
        VerdictKind::DryRun => "dry run: nothing was published",
    }
}

fn table(own: &[KeptVerdict], viewer: &Viewer) -> Table {
    let now = viewer.visit.now();
    let table = Table::new("Verdicts").column("Package").column("Verdict").column("Why").column("By").column("When");
    let table = table.empty("Nothing was refused lately. A refused push tells the client the address of its verdict, which is listed here too.");
    own.iter().fold(table, |table, verdict| table.row(row(verdict, now)))
}

fn row(verdict: &KeptVerdict, now: time::OffsetDateTime) -> [Markup; 5] {
    let it = &verdict.explained;
    let named =
        it.package.as_ref().map_or_else(|| "a file".to_owned(), |named| format!("{} {}", named.id, named.version));
    [
        html! { a href=(path(verdict.number)) { (named) } },
        html! { (badge(verdict.kind, it.outcome)) @if verdict.kind == VerdictKind::DryRun { " " (Badge::neutral("Dry run")) } },
        html! { @match it.failed.first() { Some(first) => (view::in_a_cell(first)), None => span.quiet-text { "–" } } },
        account_link(&verdict.pusher.1),
        ago(verdict.at, now),
    ]
}
