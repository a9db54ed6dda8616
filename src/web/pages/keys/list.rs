//! Keys as tables: what counts first, then for a while what has ended.

use maud::{Markup, html};
use time::{Duration, OffsetDateTime, UtcOffset};

use super::{Owners, of_organization as path_of};
use crate::domain::account::AccountName;
use crate::domain::api_key::{Dead, Scope};
use crate::domain::ending;
use crate::domain::permission::Relation;
use crate::store::api_keys::ListedKey;
use crate::web::pages::components::{Badge, Button, PageHeader, Table, account_link, ago, day, segment, until};
use crate::web::pages::page::Page;
use crate::web::pages::profile::{Tab, tabs_of};
use crate::web::pages::section::Section;

/// Patterns of a key that its row names; of more only the number is told.
const SHOWN_PATTERNS: usize = 3;
/// How long a key that expired or was revoked stays in the list.
const RETIRED_SHOWN: Duration = Duration::days(90);

/// The page of one's own keys.
pub(super) fn own(keys: &[ListedKey], owners: &Owners, now: OffsetDateTime) -> Page {
    let table = Table::new("Your API keys").column("Name").column("Acts for");
    let table = further_columns(table).empty(html! {
        "You have no keys. A key lets a tool push or read in your name without your password: " a href="account/keys/new" { "make one" } "."
    });
    let cells = |key: &ListedKey| with_rest(vec![name(key), account_link(&key.owner)], key, now);
    let content = html! {
        (PageHeader::new("API keys").lead("What tools use instead of your password. A key is shown once, when it is made.")
            .action(Button::primary("New key").link("account/keys/new")))
        (rows(table, keys, now, cells))
        (service_keys(owners))
    };
    Page::new("API keys", content).section(Section::Keys)
}

/// The page of the keys that act for an organization.
pub(super) fn of_organization(organization: &AccountName, keys: &[ListedKey], now: OffsetDateTime) -> Page {
    let new = format!("account/keys/new?for={}&kind=service", segment(organization));
    let (above, title) = (format!("accounts/{}", segment(organization)), format!("API keys of {organization}"));
    let table = Table::new(&title).column("Name").column("Belongs to");
    let table = further_columns(table).empty(html! {
        "No key acts for " (organization) ". Build servers should have a service key, which stays when members leave: " a href=(new) { "make one" } "."
    });
    let cells = |key: &ListedKey| with_rest(vec![name(key), holder(key)], key, now);
    let content = html! {
        (PageHeader::new(&title).below(&[(&above, organization.as_str())], "API keys")
            .lead("Every key that acts for the organization: its own service keys, and those of its members.")
            .action(Button::primary("New service key").link(&new)))
        (tabs_of(organization, Tab::Keys))
        (rows(table, keys, now, cells))
    };
    Page::new(title, content).section(Section::Organizations)
}

/// How a sentence names a key.
pub(super) fn called(key: &ListedKey) -> String {
    if key.name.is_empty() { format!("`{}…`", key.hint) } else { format!("`{}`", key.name) }
}

/// Where the service keys are that the viewer looks after.
fn service_keys(owners: &Owners) -> Markup {
    let administered: Vec<_> = owners.iter().filter(|(_, relation)| *relation == Relation::Administrator).collect();
    html! {
        @if !administered.is_empty() {
            h2 { "Keys of organizations" }
            p { "You are an administrator of these organizations. Service keys belong to them, not to you." }
            ul { @for (organization, _) in administered { li { a href=(path_of(&organization.name)) { "API keys of " (organization.name) } } } }
        }
    }
}

fn further_columns(table: Table) -> Table {
    table.column("May").column("Package IDs").column("Created").column("Expires").column("Last used").actions()
}

/// Newest first; those that have ended, below, by when they did.
fn rows(table: Table, keys: &[ListedKey], now: OffsetDateTime, cells: impl Fn(&ListedKey) -> Vec<Markup>) -> Table {
    let mut retired: Vec<(OffsetDateTime, &ListedKey)> = Vec::new();
    let mut table = table;
    for key in keys.iter().rev() {
        match ended(key, now) {
            None => table = table.row(cells(key)),
            Some(at) if now - at < RETIRED_SHOWN => retired.push((at, key)),
            Some(_) => {}
        }
    }
    retired.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    retired.into_iter().fold(table, |table, (_, key)| table.muted_row(cells(key)))
}

/// When a key ended for good; `None` while it counts, or could count again.
fn ended(key: &ListedKey, now: OffsetDateTime) -> Option<OffsetDateTime> {
    key.revoked_at.or_else(|| (key.expires_at <= now).then_some(key.expires_at))
}

fn with_rest(mut cells: Vec<Markup>, key: &ListedKey, now: OffsetDateTime) -> Vec<Markup> {
    let revoke =
        || Button::danger("Revoke").small().about(key_title(key)).link(format!("account/keys/{}/revoke", key.id));
    cells.extend([
        html! { (scopes(key)) },
        patterns(key),
        day(key.created_at),
        expiry(key, now),
        last_use(key, now),
        html! { @if ended(key, now).is_none() { (revoke()) } },
    ]);
    cells
}

fn key_title(key: &ListedKey) -> &str {
    if key.name.is_empty() { &key.hint } else { key.name.as_str() }
}

fn name(key: &ListedKey) -> Markup {
    html! {
        @if !key.name.is_empty() { (key.name) " " }
        code.quiet-text { (key.hint) "…" }
    }
}

/// Whose key it is. A service key whose maker has no say any more is marked: somebody may have a copy.
fn holder(key: &ListedKey) -> Markup {
    html! {
        @if !key.service { (account_link(&key.account)) }
        @else {
            (Badge::accent("Service key"))
            @if !key.created_by.is_empty() { " " span.quiet-text { "made by " (key.created_by) } }
            @if key.maker_left { " " (Badge::warning("Maker left")) " who is no administrator now and may have a copy" }
        }
    }
}

/// For which IDs: the first patterns, which may break after their dots.
pub(super) fn patterns(key: &ListedKey) -> Markup {
    let more = key.patterns.len().saturating_sub(SHOWN_PATTERNS);
    html! {
        @if key.patterns.is_empty() { "all" }
        @for (number, pattern) in key.patterns.iter().take(SHOWN_PATTERNS).enumerate() {
            @if number > 0 { ", " }
            code { @for part in pattern.as_str().split_inclusive('.') { (part) wbr; } }
        }
        @if more > 0 { " and " (more) " more" }
    }
}

/// What it may do, in words.
pub(super) fn scopes(key: &ListedKey) -> String {
    key.scopes.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn expiry(key: &ListedKey, now: OffsetDateTime) -> Markup {
    let dead = key.life.check(now);
    html! {
        @match (key.revoked_at, dead) {
            (Some(at), _) => { (Badge::neutral("Revoked")) " " (day(at)) },
            (None, Err(Dead::Expired)) => { (Badge::neutral("Expired")) " " (day(key.expires_at)) },
            (None, Err(dead)) => { (Badge::bad("Does not work")) " " (why(key, dead)) },
            (None, Ok(())) if ending::is_soon(key.created_at, key.expires_at, now) => {
                (day(key.expires_at)) " " (Badge::warning(soon(key.expires_at, now)))
            },
            (None, Ok(())) => (until(key.expires_at, now)),
        }
    }
}

/// Why a key that has not ended does not work now.
fn why(key: &ListedKey, dead: Dead) -> String {
    match dead {
        Dead::HolderLeft => format!("{} is no member of {} any more", key.account, key.owner),
        Dead::HolderDisabled => format!("{} is disabled", key.account),
        Dead::OwnerDisabled => format!("{} is disabled", key.owner),
        Dead::Unknown | Dead::Revoked | Dead::Expired => dead.to_string(),
    }
}

/// Counted in days of the calendar, as the date beside it is.
fn soon(ends: OffsetDateTime, now: OffsetDateTime) -> String {
    match (ends.to_offset(UtcOffset::UTC).date() - now.to_offset(UtcOffset::UTC).date()).whole_days() {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        days => format!("in {days} days"),
    }
}

fn last_use(key: &ListedKey, now: OffsetDateTime) -> Markup {
    html! {
        @match key.last_used_at {
            Some(at) => { (ago(at, now)) @if !key.last_used_from.is_empty() { " from " (key.last_used_from) } },
            None => span.quiet-text { "never" },
        }
    }
}

const fn word(scope: Scope) -> &'static str {
    match scope {
        Scope::Push => "push",
        Scope::PushVersion => "push versions",
        Scope::Unlist => "unlist",
        Scope::Read => "read",
    }
}

#[cfg(test)]
mod tests;
