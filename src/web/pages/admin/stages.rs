//! `/admin/stages` and `/admin/stages.csv`: what would be refused if the rule about who must have signed were enforced.

mod outlook;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;
use url::form_urlencoded;

use super::policy::anchor;
use crate::domain::account::AccountName;
use crate::domain::policy::{Enforcement, Policy, setting};
use crate::feed::stages::{self, Outlook, Outlooks};
use crate::feed::verdicts::{NOT_ENFORCED_DAYS, ROOM};
use crate::store;
use crate::web::pages::components::{
    Button, Callout, Field, PageHeader, Table, account_link, count, counted, pagination, search_form,
};
use crate::web::pages::packages::page_number;
use crate::web::pages::page::Page;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::spreadsheet::{Sees, spreadsheet};
use crate::web::pages::viewer::Viewer;

pub(in crate::web::pages) use outlook::table;

/// The page.
const PATH: &str = "admin/stages";
/// Packages on one page.
const PER_PAGE: usize = 50;
/// Owners in the list of sums; the spreadsheet has all.
const OWNERS: usize = 25;

/// What was asked for. Whatever is no filter counts as none.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    owner: String,
    q: String,
    page: String,
}

impl Asked {
    fn lets_through(&self, outlook: &Outlook) -> bool {
        let owned = self.owner.trim().is_empty()
            || self.owner.trim().parse().is_ok_and(|owner: AccountName| outlook.owners.contains(&owner));
        owned && self.q.split_whitespace().all(|word| outlook.id.key().contains(&word.to_lowercase()))
    }

    fn is_empty(&self) -> bool {
        self.owner.trim().is_empty() && self.q.trim().is_empty()
    }

    fn href(&self, page: u64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([("owner", &self.owner), ("q", &self.q)].into_iter().filter(|(_, value)| !value.is_empty()));
        format!("{PATH}?{}", query.append_pair("page", &page.to_string()).finish())
    }
}

/// `GET admin/stages`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let (outlooks, policy) = read(&viewer).await?;
    let content = content(&viewer, &asked, &outlooks, &policy);
    Ok(viewer.visit.page(Page::new("Stages", content).section(Section::AdminStages)))
}

/// `GET admin/stages.csv`
pub(in crate::web) async fn export(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let (mut outlooks, _) = read(&viewer).await?;
    outlooks.packages.retain(|outlook| asked.lets_through(outlook));
    Ok(spreadsheet(&viewer, "stages", Sees::Server, Some(stages::csv(&outlooks)), |whole, _| Ok(whole.take())))
}

async fn read(viewer: &Viewer) -> Result<(Outlooks, Policy), Refusal> {
    let read = |app: &crate::app::App, _: &crate::feed::authority::Actor, now| {
        app.store.read(|r| {
            let policy = app.policy(r.policy()?);
            Ok::<_, store::Error>((Outlooks::read(r, &policy, None, now)?, policy))
        })
    };
    viewer.run(read).await
}

fn content(viewer: &Viewer, asked: &Asked, outlooks: &Outlooks, policy: &Policy) -> Markup {
    let found: Vec<&Outlook> = outlooks.packages.iter().filter(|outlook| asked.lets_through(outlook)).collect();
    let number = page_number(Some(&asked.page));
    let skip = usize::try_from(number - 1).unwrap_or(usize::MAX).saturating_mul(PER_PAGE);
    let shown: Vec<&Outlook> = found.iter().skip(skip).take(PER_PAGE).copied().collect();
    html! {
        (PageHeader::new("What enforcement would refuse")
            .lead("Packages whose next version would break the rule about who must have signed, if it is signed as the newest one is; and pushes that were let in although they broke it.")
            .action(Button::quiet("Export as CSV").link(asked.href(1).replace(PATH, "admin/stages.csv")))
            .action(Button::quiet("Who signed what, as CSV").link("admin/signers.csv")))
        (stage(policy))
        @if outlooks.packages.is_empty() { (nothing(outlooks.looked_at, policy)) }
        @else {
            @if asked.is_empty() {
                h2 { "By owner" }
                (by_owner(outlooks))
            }
            h2 { "By package" }
            (filters(asked))
            (table(&shown, &outlooks.certificates, viewer.visit.now()).empty(html! { "No package fits. " a href=(PATH) { "Show all" } }))
            (pagination(number, found.len().div_ceil(PER_PAGE) as u64, |page| asked.href(page)))
        }
        p.hint {
            (counted(outlooks.looked_at, "package")) " looked at, without other people’s. Whether a signature is valid is not asked here: an invalid one is refused in every stage. A push that was let in is remembered for "
            (NOT_ENFORCED_DAYS) " days: the newest " (count(u64::from(ROOM.not_enforced_of_pusher))) " of each who pushes, and the newest "
            (count(u64::from(ROOM.not_enforced_of_all))) " of all."
        }
    }
}

/// The stages as they are, and where they are changed.
fn stage(policy: &Policy) -> Markup {
    let link = |key: &str, text: &str| {
        let target = setting(key).map(anchor).unwrap_or_default();
        html! { a href={ "admin/policy#" (target) } { (text) } }
    };
    let text = html! {
        p {
            "A push that breaks the rule " strong { (meaning(policy.enforcement)) } ". " (link("enforcement", "Change it under Policy"))
        }
        @if policy.enforcement_patterns.is_empty() {
            p { "All package IDs have the same stage. " (link("enforcement_patterns", "Give some IDs a stage of their own")) " to get there in steps." }
        } @else {
            p {
                "Some IDs have a stage of their own: "
                @for (number, staged) in policy.enforcement_patterns.iter().enumerate() {
                    @if number > 0 { ", " }
                    code { (staged.pattern) } " " (word(staged.stage))
                }
                ". " (link("enforcement_patterns", "Change them"))
            }
        }
    };
    html! { (Callout::info("", text)) }
}

const fn meaning(stage: Enforcement) -> &'static str {
    match stage {
        Enforcement::Enforce => "is refused",
        Enforcement::Warn => "is accepted with a warning that the client shows",
        Enforcement::Report => "is accepted, and counted here",
    }
}

const fn word(stage: Enforcement) -> &'static str {
    match stage {
        Enforcement::Enforce => "refused",
        Enforcement::Warn => "accepted with a warning",
        Enforcement::Report => "accepted and counted",
    }
}

fn nothing(looked_at: u64, policy: &Policy) -> Markup {
    let enforced = policy.enforcement == Enforcement::Enforce && policy.enforcement_patterns.is_empty();
    html! {
        p.empty {
            @if looked_at == 0 { "There are no packages yet to look at." }
            @else if enforced { "Every package is signed as the rule wants it: the next version of each is accepted if it is signed as the newest one is." }
            @else { "Every package is signed as the rule wants it, and no push has broken it lately. You can enforce the rule for all of them." }
        }
    }
}

fn by_owner(outlooks: &Outlooks) -> Markup {
    let mut sums: Vec<_> = outlooks.by_owner().into_iter().collect();
    sums.sort_by_key(|(_, sum)| std::cmp::Reverse((sum.refused, sum.let_in)));
    let table = Table::new("By owner")
        .column("Owner")
        .numbers("Packages that would be refused")
        .numbers("Pushes let in")
        .actions()
        .empty("No package of anybody is concerned.");
    let rows = sums.iter().take(OWNERS).fold(table, |table, (owner, sum)| {
        let asked = Asked { owner: owner.to_string(), ..Asked::default() };
        let see = Button::quiet("See them").small().about(owner.to_string()).link(asked.href(1));
        table.row([account_link(owner), html! { (count(sum.refused)) }, html! { (count(sum.let_in)) }, html! { (see) }])
    });
    html! {
        (rows)
        @if sums.len() > OWNERS { p.hint { "And " (counted((sums.len() - OWNERS) as u64, "more owner")) ": the CSV file has them all." } }
    }
}

fn filters(asked: &Asked) -> Markup {
    search_form(
        PATH,
        html! {
            (Field::search("owner", "Owner").value(asked.owner.as_str()))
            (Field::search("q", "Words of the ID").value(asked.q.as_str()))
            (Button::quiet("Filter"))
        },
    )
}
