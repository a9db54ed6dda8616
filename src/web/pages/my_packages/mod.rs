//! `/account/packages`: the package IDs of whoever is signed in and of their organizations, and what pushes of them meet.

pub(in crate::web) mod choosing;
pub(in crate::web) mod stages;

use std::collections::BTreeSet;

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;
use url::form_urlencoded;

use super::components::{
    Badge, Button, Field, PageHeader, Table, account_link, ago, breakable, counted, counted_as, form, package_link,
    pagination, search_form, segment,
};
use super::manage::required_signer::CHOICE;
use super::packages::page_number;
use super::page::Page;
use super::refusal::Refusal;
use super::second_factor::needed_for;
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::account::{Account, AccountName};
use crate::domain::package_id::PackageId;
use crate::domain::permission::{Action, Relation};
use crate::domain::push_rule::RequiredSigner;
use crate::domain::regime::Regime;
use crate::domain::required_signer::possible_choices;
use crate::feed::authority;
use crate::feed::required_signer::Judgement;
use crate::store;
use crate::store::owned_packages::{OwnedFilter, OwnedRegistration};

/// Packages on one page: fewer than can be chosen for at once.
const PER_PAGE: u32 = 50;
/// The page.
const PATH: &str = "account/packages";
/// The ticked packages.
const ID: &str = "id";
/// Words of a filter; more are left out.
const MAX_WORDS: usize = 8;

/// What was asked for. Whatever is no filter counts as none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    q: String,
    owner: String,
    page: String,
}

/// A list of packages with the accounts that one may look after.
struct Shown {
    /// The viewer and their organizations.
    accounts: Vec<(Account, Relation)>,
    packages: Vec<Owned>,
    /// What is possible for one at least of those that the viewer may choose for.
    choices: Vec<RequiredSigner>,
    count: u64,
}

/// A package of theirs.
struct Owned {
    package: OwnedRegistration,
    judgement: Judgement,
    /// Whether the viewer may choose who must sign.
    may_choose: bool,
}

/// `GET account/packages`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &asked).await?;
    let content = html! {
        (PageHeader::new("Your packages").lead("What you and your organizations own, and who must sign the next version of it.")
            .action(Button::quiet("What enforcement would refuse").link(stages::PATH)))
        (filters(&asked, &shown.accounts))
        (list(&viewer, &asked, &shown))
        (pagination(page_number(Some(&asked.page)), shown.count.div_ceil(PER_PAGE.into()), |page| asked.href(page)))
    };
    Ok(viewer.visit.page(Page::new("Your packages", content).section(Section::OwnPackages)))
}

/// `GET account/packages/required-signer`: to the list, where the packages are ticked.
pub(in crate::web) async fn back(viewer: Viewer) -> HttpResponse {
    viewer.visit.redirect(PATH)
}

impl Asked {
    fn words(&self) -> Vec<String> {
        self.q.split_whitespace().take(MAX_WORDS).map(str::to_lowercase).collect()
    }

    fn is_filtered(&self) -> bool {
        !self.q.trim().is_empty() || !self.owner.is_empty()
    }

    fn href(&self, page: u64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", &self.q), ("owner", &self.owner)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("{PATH}?{}", query.append_pair("page", &page.to_string()).finish())
    }
}

impl Shown {
    async fn read(viewer: &Viewer, asked: &Asked) -> Result<Self, Refusal> {
        let user = viewer.session.account.clone();
        let (words, owner) = (asked.words(), asked.owner.parse::<AccountName>().ok());
        let skip = (page_number(Some(&asked.page)) - 1) * u64::from(PER_PAGE);
        let offers = [Relation::Stranger, Relation::Collaborator, Relation::Administrator, Relation::Oneself]
            .map(|relation| (relation, viewer.offers(Action::ChooseRequiredSigner, relation)));
        let read = move |app: &crate::app::App, _: &authority::Actor, now| {
            app.store.read(|r| {
                let accounts = authority::acts_for(r, &user)?;
                let wanted = accounts.iter().filter(|(account, _)| owner.as_ref().is_none_or(|it| *it == account.name));
                let filter = OwnedFilter { owners: wanted.map(|(account, _)| account.id).collect(), words };
                let policy = app.policy(r.policy()?);
                let packages = r.owned_registrations(&filter, skip, PER_PAGE)?.into_iter().map(|package| {
                    let judgement = Judgement::read(r, &policy, &package.registration, now)?;
                    let owned = |relation: &Relation| {
                        let mut own = accounts.iter().filter(|(_, own)| own == relation);
                        own.any(|(account, _)| judgement.owners.iter().any(|owner| owner.account == account.name))
                    };
                    let may_choose = offers.iter().any(|(relation, offered)| *offered && owned(relation));
                    Ok::<_, store::Error>(Owned { package, judgement, may_choose })
                });
                let packages = packages.collect::<Result<Vec<_>, _>>()?;
                let count = r.count_owned_registrations(&filter)?;
                // Here, and not where the page is made: that is the thread that answers everybody.
                let choices = choices(&packages);
                Ok::<_, store::Error>(Self { packages, choices, count, accounts })
            })
        };
        viewer.run(read).await
    }
}

fn filters(asked: &Asked, accounts: &[(Account, Relation)]) -> Markup {
    let all = [(String::new(), "All of them".to_owned())];
    let owners = accounts.iter().map(|(account, _)| (account.name.to_string(), account.name.to_string()));
    search_form(
        PATH,
        html! {
            (Field::search("q", "Words of the ID").value(asked.q.as_str()))
            (Field::select("owner", "Owner", all.into_iter().chain(owners)).value(asked.owner.as_str()))
            (Button::quiet("Filter"))
        },
    )
}

fn list(viewer: &Viewer, asked: &Asked, shown: &Shown) -> Markup {
    let table = table(viewer, asked, &shown.packages);
    html! {
        @if shown.packages.iter().any(|owned| owned.may_choose) {
            (needed_for(viewer, "Choosing who must sign"))
            (form(&viewer.visit.csrf(), &format!("{PATH}/required-signer"), html! {
                (table)
                (choice(&shown.choices))
            }))
        } @else { (table) }
    }
}

/// What the push rule allows for one at least of the packages that the viewer may choose for. The owners are those of all of them.
fn choices(packages: &[Owned]) -> Vec<RequiredSigner> {
    let choosable = packages.iter().filter(|owned| owned.may_choose);
    let (mut owners, mut none) = (BTreeSet::new(), false);
    for choice in choosable.flat_map(|owned| possible_choices(&owned.judgement.owners)) {
        match choice {
            RequiredSigner::OneOwner(name) => _ = owners.insert(name),
            RequiredSigner::NoSignatureNeeded => none = true,
            RequiredSigner::AnyOwner => {}
        }
    }
    let none = none.then_some(RequiredSigner::NoSignatureNeeded);
    [RequiredSigner::AnyOwner].into_iter().chain(owners.into_iter().map(RequiredSigner::OneOwner)).chain(none).collect()
}

/// What can be chosen for those that are ticked.
fn choice(choices: &[RequiredSigner]) -> Markup {
    let choices = choices.iter().map(|choice| (choice.key(), choice.described()));
    html! {
        div.table-choice {
            (Field::select(CHOICE, "Required signer of the ticked packages", choices).required()
                .hint("The next page says what that would do to each of them, before anything is changed."))
            (Button::quiet("See what would change"))
        }
    }
}

fn table(viewer: &Viewer, asked: &Asked, packages: &[Owned]) -> Table {
    let empty = if asked.is_filtered() {
        html! { "No package of yours fits. " a href=(PATH) { "Show all" } }
    } else {
        html! { "You own no package yet. Whoever pushes the first version of a package ID owns it, alone or for an organization: make an API key under " a href="account/keys" { "API keys" } "." }
    };
    let table = Table::new("Your packages")
        .column("Package")
        .column("Owners")
        .numbers("Versions")
        .column("Last published")
        .column("Required signer")
        .column("Now")
        .actions()
        .empty(empty);
    packages.iter().fold(table, |table, owned| table.row(row(viewer, owned)))
}

fn row(viewer: &Viewer, owned: &Owned) -> [Markup; 7] {
    let (package, judgement) = (&owned.package, &owned.judgement);
    let id = &package.registration.package_id;
    let home = format!("packages/{}/manage", segment(id));
    let manage = Button::quiet("Manage").small().about(id.to_string()).link(home.as_str());
    let owners = judgement.owners.iter().enumerate();
    [
        html! { @if owned.may_choose { (tick(id)) }
            // Without a version that readers see, its page is there for nobody.
            @if package.versions > 0 { (package_link(id)) } @else { a href=(home) { (breakable(id.as_str())) } }
            @if package.void > 0 {
                " " a href={ (home) "#void-signatures" } { (Badge::bad(counted_as(package.void.into(), "void signature", "void signatures"))) }
            }
        },
        html! { @for (number, owner) in owners { @if number > 0 { ", " } (account_link(&owner.account)) } },
        html! {
            @if package.versions > 0 || package.hidden == 0 { (package.versions) }
            @if package.hidden > 0 { span.quiet-text { @if package.versions > 0 { ", " } (package.hidden) " hidden" } }
        },
        html! { @match package.published_at { Some(at) => (ago(at, viewer.visit.now())), None => span.quiet-text { "–" } } },
        html! { (judgement.chosen.described()) },
        html! { (rule_now(judgement)) },
        html! { (manage) },
    ]
}

fn tick(id: &PackageId) -> Markup {
    html! { input.tick type="checkbox" name=(ID) value=(id) aria-label={ "Choose for " (id) }; }
}

/// What the next push meets.
fn rule_now(judgement: &Judgement) -> Markup {
    let rule = &judgement.rule;
    html! {
        @match judgement.regime {
            Regime::Foreign => { "any signature or none " (Badge::neutral("Other people’s")) }
            Regime::Enforced => { (rule.short()) }
            Regime::Warned | Regime::Reported => { (rule.short()) " " (Badge::warning("Not enforced")) }
        }
        @if rule.warning().is_some() { " " (Badge::bad("Nobody can sign")) }
    }
}

/// `3 packages`
fn packages(count: usize) -> String {
    counted(u64::try_from(count).unwrap_or(u64::MAX), "package")
}
