//! `/account/packages/stages`: what enforcement refuses, or would refuse, of one's own packages and those of one's organizations.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::PATH as LIST;
use crate::feed::authority;
use crate::feed::stages::{Outlook, Outlooks};
use crate::feed::verdicts::NOT_ENFORCED_DAYS;
use crate::web::pages::admin::stages::table;
use crate::web::pages::components::{PageHeader, counted, pagination};
use crate::web::pages::packages::page_number;
use crate::web::pages::page::Page;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// The page.
pub(super) const PATH: &str = "account/packages/stages";
/// Packages on one page.
const PER_PAGE: usize = 50;

/// Which page.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    page: Option<String>,
}

/// `GET account/packages/stages`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let outlooks = read(&viewer).await?;
    let content = content(&viewer, &outlooks, page_number(asked.page.as_deref()));
    Ok(viewer.visit.page(Page::new("What enforcement would refuse", content).section(Section::OwnPackages)))
}

async fn read(viewer: &Viewer) -> Result<Outlooks, Refusal> {
    let user = viewer.session.account.clone();
    let read = move |app: &crate::app::App, _: &authority::Actor, now| {
        app.store.read(|r| {
            let owners: Vec<_> = authority::acts_for(r, &user)?.into_iter().map(|(account, _)| account.id).collect();
            Outlooks::read(r, &app.policy(r.policy()?), Some(&owners), now)
        })
    };
    viewer.run(read).await
}

fn content(viewer: &Viewer, outlooks: &Outlooks, number: u64) -> Markup {
    let skip = usize::try_from(number - 1).unwrap_or(usize::MAX).saturating_mul(PER_PAGE);
    let shown: Vec<&Outlook> = outlooks.packages.iter().skip(skip).take(PER_PAGE).collect();
    let pages = outlooks.packages.len().div_ceil(PER_PAGE) as u64;
    html! {
        (PageHeader::new("What enforcement would refuse").below(&[(LIST, "Your packages")], "Enforcement")
            .lead("Packages of yours whose next version breaks the rule about who must have signed, if it is signed as the newest one is; and pushes that were let in although they broke it."))
        (table(&shown, &outlooks.certificates, viewer.visit.now()).empty(nothing(outlooks)))
        (pagination(number, pages, |page| format!("{PATH}?page={page}")))
        p.hint {
            (counted(outlooks.looked_at, "package")) " looked at, without other people’s. A push that was let in is remembered for " (NOT_ENFORCED_DAYS) " days."
        }
    }
}

fn nothing(outlooks: &Outlooks) -> Markup {
    html! {
        @if outlooks.looked_at == 0 { "You own no package with versions yet." }
        @else if outlooks.packages.is_empty() { "Every package of yours is signed as the rule wants it: the next version is accepted if it is signed as the newest one is." }
        @else { "There are not so many." }
    }
}
