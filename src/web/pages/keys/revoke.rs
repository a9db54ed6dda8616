//! The question before a key is revoked.

use maud::html;

use super::list::{called, patterns, scopes};
use crate::store::api_keys::ListedKey;
use crate::web::pages::components::{Confirm, Facts, PageHeader, account_link, ago, day, prose};
use crate::web::pages::page::Page;
use crate::web::pages::section::Section;
use crate::web::pages::visit::Visit;

/// The page; `back` is the list that it was reached from.
pub(super) fn page(visit: &Visit, key: &ListedKey, back: &str) -> Page {
    let called = called(key);
    let used = key.last_used_at.map(|at| html! { (ago(at, visit.now())) " from " (key.last_used_from) });
    let facts = Facts::new()
        .fact("Begins with", html! { code { (key.hint) "…" } })
        .fact("Belongs to", account_link(&key.account))
        .fact("Acts for", account_link(&key.owner))
        .fact("May", scopes(key))
        .fact("Package IDs", patterns(key))
        .fact("Created", html! { (day(key.created_at)) @if !key.created_by.is_empty() { " by " (key.created_by) } })
        .fact("Expires", day(key.expires_at))
        .fact("Last used", used.unwrap_or_else(|| html! { "never" }));
    let consequences = html! {
        p { "Whatever uses this key is refused from that moment on. A revoked key can’t be brought back; make a new one instead." }
        p { "What was pushed with it stays on the feed." }
    };
    let csrf = visit.csrf();
    let action = format!("account/keys/{}/revoke", key.id);
    let content = html! {
        (PageHeader::new(html! { "Revoke " (prose(&called)) @if !key.name.is_empty() { " (" code { (key.hint) "…" } ")" } }).below(&[(back, "API keys")], "Revoke"))
        (facts)
        (Confirm::new(&csrf, action, "Revoke the key", consequences).cancel(back))
    };
    Page::new("Revoke an API key", content).section(Section::Keys)
}
