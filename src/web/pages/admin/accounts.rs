//! `/admin/accounts`: who has an account here.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;
use time::OffsetDateTime;
use url::form_urlencoded;

use super::managed_account;
use crate::domain::account::AccountKind;
use crate::store;
use crate::store::account_facts::{AccountFacts, AccountFilter};
use crate::web::pages::components::{Badge, Button, Field, PageHeader, Table, ago, pagination, search_form};
use crate::web::pages::page::Page;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// Accounts on one page of the list.
const PER_PAGE: u32 = 50;
/// The page.
const PATH: &str = "admin/accounts";

/// What was asked for. Whatever is no filter counts as none.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::web) struct Asked {
    q: String,
    kind: String,
    state: String,
    page: String,
}

impl Asked {
    fn filter(&self) -> AccountFilter {
        let kind = match self.kind.as_str() {
            "user" => Some(AccountKind::User),
            "organization" => Some(AccountKind::Organization),
            _ => None,
        };
        let disabled = match self.state.as_str() {
            "enabled" => Some(false),
            "disabled" => Some(true),
            _ => None,
        };
        AccountFilter { text: self.q.trim().to_owned(), kind, administrators: self.kind == "administrator", disabled }
    }

    fn page(&self) -> u64 {
        self.page.parse().ok().filter(|page| (1..=u64::from(u32::MAX)).contains(page)).unwrap_or(1)
    }

    fn href(&self, page: u64) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("q", &self.q), ("kind", &self.kind), ("state", &self.state)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        format!("{PATH}?{}", query.append_pair("page", &page.to_string()).finish())
    }
}

/// `GET admin/accounts`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    let (filter, page) = (asked.filter(), asked.page());
    let skip = (page - 1) * u64::from(PER_PAGE);
    let (found, count) = viewer
        .run(move |app, _, now| {
            app.store.read(|r| {
                let found = r.account_facts(&filter, skip, PER_PAGE, now)?;
                Ok::<_, store::Error>((found, r.count_accounts(&filter)?))
            })
        })
        .await?;
    let content = content(&asked, &found, count, viewer.visit.now());
    Ok(viewer.visit.page(Page::new("Accounts", content).section(Section::AdminAccounts)))
}

fn content(asked: &Asked, found: &[AccountFacts], count: u64, now: OffsetDateTime) -> Markup {
    html! {
        (PageHeader::new("Accounts")
            .lead("Users sign in; organizations have members. Names are never changed and never used again.")
            .action(Button::primary("New account").link("admin/new-account")))
        (filters(asked))
        (table(found, now))
        (pagination(asked.page(), count.div_ceil(PER_PAGE.into()), |page| asked.href(page)))
    }
}

fn filters(asked: &Asked) -> Markup {
    let kinds =
        [("", "All"), ("user", "Users"), ("administrator", "Administrators"), ("organization", "Organizations")];
    let states = [("", "All"), ("enabled", "Enabled"), ("disabled", "Disabled")];
    search_form(
        PATH,
        html! {
            (Field::search("q", "Name or e-mail").value(asked.q.as_str()))
            (Field::select("kind", "Kind", kinds).value(asked.kind.as_str()))
            (Field::select("state", "State", states).value(asked.state.as_str()))
            (Button::quiet("Filter"))
        },
    )
}

fn table(found: &[AccountFacts], now: OffsetDateTime) -> Table {
    let mut table = Table::new("Accounts")
        .column("Name")
        .column("Kind")
        .column("Second factor")
        .column("E-mail")
        .column("Membership")
        .numbers("Keys")
        .column("Last sign-in")
        .empty(html! { "No account fits. " a href=(PATH) { "Show all" } });
    for facts in found {
        let cells = row(facts, now);
        table = if facts.account.disabled { table.muted_row(cells) } else { table.row(cells) };
    }
    table
}

fn row(facts: &AccountFacts, now: OffsetDateTime) -> [Markup; 7] {
    let account = &facts.account;
    let user = account.kind == AccountKind::User;
    [
        html! { (managed_account(&account.name)) @if account.disabled { " " (Badge::neutral("Disabled")) } },
        html! { (kind(account.kind)) @if account.administrator { " " (Badge::accent("Administrator")) } },
        html! { @if user { (second_factor(facts)) } @else { (nothing()) } },
        html! { @match &facts.email { Some(email) => (email), None => (nothing()) } },
        html! { (membership(facts)) },
        html! { (facts.keys) },
        html! { @match facts.last_sign_in_at { Some(at) => (ago(at, now)), None if user => span.quiet-text { "never" }, None => (nothing()) } },
    ]
}

/// What an account is called by its kind.
pub(super) const fn kind(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::User => "User",
        AccountKind::Organization => "Organization",
    }
}

/// Whether a user has a second factor.
pub(super) fn second_factor(facts: &AccountFacts) -> Badge {
    match (facts.enrolled, facts.account.administrator) {
        (true, _) => Badge::good("On"),
        (false, true) => Badge::warning("None"),
        (false, false) => Badge::neutral("None"),
    }
}

/// `2 organizations` of a user, `3 members` of an organization.
fn membership(facts: &AccountFacts) -> Markup {
    let (one, many) = match facts.account.kind {
        AccountKind::User => ("organization", "organizations"),
        AccountKind::Organization => ("member", "members"),
    };
    html! {
        @match facts.memberships { 0 => (nothing()), 1 => { "1 " (one) }, number => { (number) " " (many) } }
    }
}

/// What stands in a cell for nothing.
pub(super) fn nothing() -> Markup {
    html! { span.quiet-text { "–" } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: &str, state: &str, page: &str) -> Asked {
        Asked { q: " a&b ".to_owned(), kind: kind.to_owned(), state: state.to_owned(), page: page.to_owned() }
    }

    #[test]
    fn what_is_no_filter_counts_as_none() {
        let none = asked("x", "y", "-1");
        assert_eq!(none.filter(), AccountFilter { text: "a&b".to_owned(), ..AccountFilter::default() });
        assert_eq!([none.page(), asked("", "", "0").page(), asked("", "", "7").page()], [1, 1, 7]);
        let some = asked("administrator", "disabled", "").filter();
        assert!(some.administrators && some.disabled == Some(true) && some.kind.is_none());
    }

    #[test]
    fn the_links_of_pages_keep_the_filter() {
        assert_eq!(asked("user", "", "1").href(2), "admin/accounts?q=+a%26b+&kind=user&page=2");
    }
}
