//! `/accounts/{name}`: an account as others see it. Clients link the owners of a package here.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::components::{
    Badge, Button, Facts, PageHeader, Table, copyable, counted, day, package_link, pagination, segment, tabs,
};
use super::page::Page;
use super::refusal::Refusal;
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::account::{Account, AccountKind, AccountName};
use crate::domain::permission::{Action, Relation};
use crate::domain::reserved_prefix::Reservation;
use crate::feed::authority;
use crate::store;
use crate::store::registrations::OwnedPackage;

/// Packages on one page.
const PACKAGES: u32 = 50;

/// Which page of the list.
#[derive(Debug, serde::Deserialize)]
pub(in crate::web) struct Asked {
    page: Option<String>,
}

struct Shown {
    account: Account,
    relation: Relation,
    members: Option<usize>,
    packages: Vec<OwnedPackage>,
    count: u64,
    prefixes: Vec<Reservation>,
}

/// `GET accounts/{name}`
pub(in crate::web) async fn show(
    viewer: Viewer,
    name: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let number = super::packages::page_number(asked.page.as_deref());
    let shown = Shown::read(&viewer, &name, number).await?;
    Ok(viewer.visit.page(page(&viewer, &shown, number)))
}

/// The pages of an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    /// What everybody sees.
    Overview,
    /// Its members.
    Members,
    /// The certificates that its packages are signed with.
    Certificates,
    /// The keys that act for it.
    Keys,
}

/// The tabs of an organization, for those who may see its members.
pub(super) fn tabs_of(organization: &AccountName, current: Tab) -> Markup {
    let overview = format!("accounts/{}", segment(organization));
    let (members, certificates, keys) =
        (format!("{overview}/members"), format!("{overview}/certificates"), format!("{overview}/keys"));
    let here = match current {
        Tab::Overview => &overview,
        Tab::Members => &members,
        Tab::Certificates => &certificates,
        Tab::Keys => &keys,
    };
    let all = [
        (overview.as_str(), "Overview"),
        (members.as_str(), "Members"),
        (certificates.as_str(), "Certificates"),
        (keys.as_str(), "API keys"),
    ];
    tabs(&format!("Pages of {organization}"), &all, here)
}

impl Shown {
    async fn read(viewer: &Viewer, name: &str, number: u64) -> Result<Self, Refusal> {
        let name: AccountName = name.parse().map_err(|_| Refusal::Missing)?;
        let user = viewer.session.account.clone();
        let read = move |r: &store::Reads<'_>| {
            let Some(account) = r.account(&name)? else { return Ok(None) };
            let members = match account.kind {
                AccountKind::User => None,
                AccountKind::Organization => Some(r.members(account.id)?.len()),
            };
            Ok::<_, store::Error>(Some(Self {
                relation: authority::relation(r, &user, &account)?,
                members,
                packages: r.packages_of(account.id, (number - 1) * u64::from(PACKAGES), PACKAGES)?,
                count: r.count_packages_of(account.id)?,
                prefixes: r.reservations_of(account.id)?,
                account,
            }))
        };
        viewer.visit.run(move |app| app.store.read(read)).await?.ok_or(Refusal::Missing)
    }
}

fn page(viewer: &Viewer, shown: &Shown, number: u64) -> Page {
    let account = &shown.account;
    let inside = account.kind == AccountKind::Organization && viewer.offers(Action::SeeOrganization, shown.relation);
    let content = html! {
        (header(viewer, shown))
        @if inside { (tabs_of(&account.name, Tab::Overview)) }
        (facts(viewer, shown))
        h2 { "Packages" }
        (packages(shown))
        (pagination(number, shown.count.div_ceil(u64::from(PACKAGES)), |page| {
            format!("accounts/{}?page={page}", segment(&account.name))
        }))
    };
    let section = if inside { Section::Organizations } else { Section::Elsewhere };
    Page::new(account.name.to_string(), content).section(section)
}

/// The name; with the list of who signed its packages for those who may see its certificates.
fn header(viewer: &Viewer, shown: &Shown) -> PageHeader {
    let account = &shown.account;
    let header = PageHeader::new(html! { (account.name) " " (kind(account)) });
    if !viewer.offers(Action::SeeCertificates, shown.relation) {
        return header;
    }
    let path = format!("accounts/{}/signed.csv", segment(&account.name));
    header.action(Button::quiet("Who signed what, as CSV").link(path))
}

fn kind(account: &Account) -> Markup {
    html! {
        @match account.kind {
            AccountKind::User => (Badge::neutral("User")),
            AccountKind::Organization => (Badge::neutral("Organization")),
        }
        @if account.disabled { " " (Badge::warning("Disabled")) }
    }
}

fn facts(viewer: &Viewer, shown: &Shown) -> Markup {
    let you = (shown.relation == Relation::Oneself)
        .then(|| html! { "This is your own account. " a href="account" { "Manage it" } });
    let prefixes = (!shown.prefixes.is_empty()).then(|| html! {
        @for (number, reservation) in shown.prefixes.iter().enumerate() { @if number > 0 { ", " } (copyable(&reservation.pattern.to_string())) }
    });
    let members = shown.members.map(|members| {
        let text = counted(members as u64, "member");
        html! {
            @if viewer.offers(Action::SeeOrganization, shown.relation) {
                a href={ "accounts/" (segment(&shown.account.name)) "/members" } { (text) }
            } @else { (text) }
        }
    });
    let certificates = viewer.offers(Action::SeeCertificates, shown.relation).then(|| {
        html! {
            a href=(super::certificates::path_of(&shown.account.name)) { "Certificates of " (shown.account.name) }
        }
    });
    let anything = you.is_some() || prefixes.is_some() || members.is_some() || certificates.is_some();
    let facts = Facts::new().fact_if_known("You", you).fact_if_known("Members", members);
    let facts = facts.fact_if_known("Certificates", certificates);
    html! { @if anything { (facts.fact_if_known("Reserved package IDs", prefixes)) } }
}

fn packages(shown: &Shown) -> Markup {
    let empty = format!("{} owns no packages.", shown.account.name);
    let table = Table::new(format!("Packages of {}", shown.account.name)).column("Package");
    let table = table.numbers("Versions").numbers("Downloads").column("Last published").empty(empty);
    let rows = shown.packages.iter().fold(table, |table, package| {
        let published = package.published_at.map_or_else(|| html! { "never" }, day);
        table.row([
            package_link(&package.package_id),
            html! { (package.versions) },
            html! { (package.downloads) },
            published,
        ])
    });
    html! { (rows) }
}
