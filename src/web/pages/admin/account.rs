//! `/admin/accounts/{name}`: one account, as those who run the server manage it.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use time::OffsetDateTime;

use super::account_change::Change;
use super::accounts::{kind, second_factor};
use super::managed_account;
use crate::domain::account::{Account, AccountKind, AccountName, Role};
use crate::domain::browser;
use crate::domain::certificate::CertificateStatus;
use crate::store::account_facts::AccountFacts;
use crate::store::api_keys::ListedKey;
use crate::store::sessions::Session;
use crate::store::{self, Reads};
use crate::web::pages::components::{
    Badge, Button, ButtonForm, Facts, PageHeader, Table, account_link, ago, breakable, card, day, moment, segment,
    until,
};
use crate::web::pages::csrf::CsrfToken;
use crate::web::pages::page::Page;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// Everything that the page shows.
struct Shown {
    facts: AccountFacts,
    recovery_codes: u32,
    /// A user's organizations, or an organization's members.
    others: Vec<(Account, Role)>,
    packages: usize,
    certificates: usize,
    active: usize,
    sessions: Vec<Session>,
    keys: Vec<ListedKey>,
}

impl Shown {
    fn read(r: &Reads<'_>, name: &AccountName, now: OffsetDateTime) -> Result<Option<Self>, store::Error> {
        let Some(account) = r.account(name)? else { return Ok(None) };
        let Some(facts) = r.facts_of(account.id, now)? else { return Ok(None) };
        let registered = r.registered_certificates(account.id, now)?;
        let user = account.kind == AccountKind::User;
        Ok(Some(Self {
            facts,
            recovery_codes: r.unused_recovery_codes(account.id)?,
            others: if user { r.organizations_of(account.id)? } else { r.members(account.id)? },
            packages: r.owned_ids(account.id)?.len(),
            certificates: registered.len(),
            active: registered.iter().filter(|it| it.status == CertificateStatus::Active).count(),
            sessions: r.sessions_of(account.id)?,
            keys: r.keys(Some(account.id))?,
        }))
    }
}

/// `GET admin/accounts/{name}`
pub(in crate::web) async fn show(viewer: Viewer, name: web::Path<String>) -> Result<HttpResponse, Refusal> {
    let name: AccountName = name.parse().map_err(|_| Refusal::Missing)?;
    let shown = viewer.run(move |app, _, now| app.store.read(|r| Shown::read(r, &name, now))).await?;
    let shown = shown.ok_or(Refusal::Missing)?;
    let content = page(&shown, &viewer.visit.csrf(), viewer.visit.now());
    let title = shown.facts.account.name.to_string();
    Ok(viewer.visit.page(Page::new(title, content).section(Section::AdminAccounts)))
}

/// What an account's page can do, and did: `GET` asks, `POST` does it.
pub(in crate::web) use super::account_change::{ask, make};

/// What an account's page is called.
pub(super) fn path(name: &AccountName) -> String {
    format!("admin/accounts/{}", segment(name))
}

fn page(shown: &Shown, csrf: &CsrfToken, now: OffsetDateTime) -> Markup {
    let account = &shown.facts.account;
    let title = html! {
        (account.name)
        @if account.administrator { " " (Badge::accent("Administrator")) }
        @if account.disabled { " " (Badge::neutral("Disabled")) }
    };
    let public = format!("accounts/{}", segment(&account.name));
    html! {
        (PageHeader::new(title).below(&[("admin/accounts", "Accounts")], account.name.as_str())
            .action(Button::quiet("Page of the account").link(public)))
        (facts(shown, now))
        @if account.kind == AccountKind::User {
            @if !account.disabled { (links(shown, csrf)) }
            h2 { "Sessions" }
            (sessions(&shown.sessions, now))
            @if !shown.sessions.is_empty() { (button(csrf, account, Change::EndSessions)) }
        }
        h2 { "API keys" }
        (keys(&shown.keys, now))
        @if shown.keys.iter().any(|key| key.revoked_at.is_none()) { p { (leads_to(account, Change::RevokeKeys)) } }
        (state(account))
    }
}

fn facts(shown: &Shown, now: OffsetDateTime) -> Facts {
    let AccountFacts { account, email, email_confirmed, has_password, created_at, last_sign_in_at, .. } = &shown.facts;
    let facts = Facts::new().fact("Kind", kind(account.kind));
    let facts = if account.kind == AccountKind::User {
        let email = email.as_ref().map(|email| {
            html! { (email) " " @if *email_confirmed { (Badge::good("Confirmed")) } @else { (Badge::neutral("Not confirmed")) } }
        });
        let signed_in = html! { @match last_sign_in_at { Some(at) => (ago(*at, now)), None => "Never" } };
        facts
            .fact("Second factor", html! { (second_factor(&shown.facts)) @if shown.facts.enrolled { " " (shown.recovery_codes) " unused recovery codes" } })
            .fact("Password", if *has_password { "Chosen" } else { "Not chosen yet" })
            .fact_if_known("E-mail", email)
            .fact("Last sign-in", signed_in)
            .fact("Organizations", accounts_with_roles(&shown.others, "None"))
    } else {
        facts.fact("Members", accounts_with_roles(&shown.others, "Nobody: it can’t be managed until somebody is added"))
    };
    facts
        .fact("Package IDs", html! { (shown.packages) })
        .fact(
            "Certificates",
            html! {
                (shown.certificates)
                @if shown.active < shown.certificates { ", " (shown.active) " of them active" }
            },
        )
        .fact("Created", moment(*created_at))
}

fn accounts_with_roles(accounts: &[(Account, Role)], nobody: &str) -> Markup {
    html! {
        @if accounts.is_empty() { (nobody) }
        @for (number, (account, role)) in accounts.iter().enumerate() {
            @if number > 0 { ", " }
            (managed_account(&account.name))
            @if *role == Role::Administrator { " (administrator)" }
            @if account.disabled { " (disabled)" }
        }
    }
}

/// What helps somebody in again.
fn links(shown: &Shown, csrf: &CsrfToken) -> Markup {
    let account = &shown.facts.account;
    card(
        "Letting them in again",
        html! {
            p { "A link is shown to you once, works once, and is good for 72 hours. An earlier one of the same kind is good no longer. Give it to nobody but " (account.name) "." }
            div.actions {
                @if shown.facts.has_password { (button(csrf, account, Change::PasswordLink)) }
                @else { (button(csrf, account, Change::FirstPasswordLink)) }
                @if shown.facts.enrolled { (button(csrf, account, Change::SecondFactorLink)) }
            }
        },
    )
}

fn sessions(sessions: &[Session], now: OffsetDateTime) -> Table {
    let table = Table::new("Sessions").column("Browser").column("From").column("Signed in").column("Last request");
    sessions.iter().fold(table.empty("Signed in nowhere."), |table, session| {
        table.row([
            html! { span title=(session.browser) { (browser::describe(&session.browser)) } },
            html! { (session.address) },
            ago(session.times.created_at, now),
            ago(session.times.last_seen_at, now),
        ])
    })
}

fn keys(keys: &[ListedKey], now: OffsetDateTime) -> Table {
    let table = Table::new("API keys")
        .column("Name")
        .column("Begins with")
        .column("Belongs to")
        .column("Acts for")
        .column("May")
        .column("Packages")
        .column("Expires")
        .column("Last used");
    keys.iter().fold(table.empty("There are none."), |table, key| {
        let cells = key_cells(key, now);
        if key.life.check(now).is_ok() { table.row(cells) } else { table.muted_row(cells) }
    })
}

fn key_cells(key: &ListedKey, now: OffsetDateTime) -> [Markup; 8] {
    [
        html! { @if key.name.is_empty() { span.quiet-text { "without a name" } } @else { (key.name) } },
        html! { code { (key.hint) "…" } },
        account_link(&key.account),
        account_link(&key.owner),
        html! { (key.scopes.to_string().replace(',', ", ")) },
        html! {
            @if key.patterns.is_empty() { "all" }
            @for pattern in &key.patterns { code { (breakable(pattern.as_str())) } " " }
        },
        html! { @match key.revoked_at { Some(at) => { "revoked " (day(at)) }, None => (until(key.expires_at, now)) } },
        html! {
            @match key.last_used_at { Some(at) => { (ago(at, now)) " from " (key.last_used_from) }, None => span.quiet-text { "never" } }
        },
    ]
}

/// What makes the account something else: each leads to a page that says what will happen.
fn state(account: &Account) -> Markup {
    let administrator = match (account.kind, account.administrator) {
        (AccountKind::Organization, _) => None,
        (AccountKind::User, true) => Some(Change::TakeAdministrator),
        (AccountKind::User, false) if account.disabled => None,
        (AccountKind::User, false) => Some(Change::MakeAdministrator),
    };
    card(
        "Changing the account",
        html! {
            p { "Each of these shows first what it means." }
            div.actions {
                @if let Some(change) = administrator { (leads_to(account, change)) }
                (leads_to(account, if account.disabled { Change::Enable } else { Change::Disable }))
            }
        },
    )
}

fn leads_to(account: &Account, change: Change) -> Button {
    let button = if change.takes() { Button::danger(change.title()) } else { Button::quiet(change.title()) };
    button.link(change.path(&account.name))
}

fn button<'a>(csrf: &'a CsrfToken, account: &Account, change: Change) -> ButtonForm<'a> {
    ButtonForm::new(csrf, change.path(&account.name), Button::quiet(change.title()))
}
