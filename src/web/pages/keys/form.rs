//! The form for a new key.

use maud::{Markup, html};

use super::Owners;
use super::filled::{ACTS_FOR, DAYS, Filled, KIND, LOOK, MINE, NAME, OFFERED_DAYS, PATTERNS, SCOPE, SERVICE};
use crate::domain::api_key::{KeyName, MAX_KEY_PATTERNS, Scope};
use crate::domain::package_id::PackageId;
use crate::domain::permission::Relation;
use crate::web::pages::components::{Button, Callout, Choices, Field, FieldErrors, PageHeader, form, package_link};
use crate::web::pages::page::Page;
use crate::web::pages::section::Section;
use crate::web::pages::visit::Visit;

/// Packages that are named when it is shown what patterns match; of more only the number is told.
const SHOWN_MATCHES: usize = 20;

/// The page. `matching` are the owner's packages that the patterns match, where that was asked.
pub(super) fn page(
    visit: &Visit,
    owners: &Owners,
    filled: &Filled,
    errors: &FieldErrors,
    matching: Option<&[PackageId]>,
) -> Page {
    let fields = html! {
        (Field::text(NAME, "Name").hint("So that you know it again, such as the name of the build server.").value(&filled.name)
            .max_length(u32::try_from(KeyName::MAX).unwrap_or(u32::MAX)).autocomplete("off").required().errors(errors))
        (whose(owners, filled, errors))
        (scopes(filled, errors, visit.state().live().policy.anonymous_read))
        (Field::lines(PATTERNS, "Package IDs", 3)
            .hint(format!("One pattern a line, {MAX_KEY_PATTERNS} at most; * stands for any text, as in Contoso.*. Left empty: every ID. Reading is never limited."))
            .value(&filled.patterns).placeholder("Contoso.*").errors(errors))
        (Field::select(DAYS, "Expires after", OFFERED_DAYS.map(|days| (days.to_string(), format!("{days} days"))))
            .value(&filled.days).required().errors(errors))
        div.actions {
            (Button::primary("Make the key"))
            (Button::quiet("Show what matches").sends(LOOK, "yes"))
            (Button::quiet("Cancel").link("account/keys"))
        }
    };
    let content = html! {
        (PageHeader::new("New API key").below(&[("account/keys", "API keys")], "New key")
            .lead("The key is shown once, on the next page, with what to do with it. Making one needs a fresh sign-in."))
        (errors.summary(&visit.frame_without_flash()))
        @if let Some(matching) = matching { (matches(&filled.acts_for, matching)) }
        (form(&visit.csrf(), "account/keys/new", fields))
    };
    Page::new("New API key", content).section(Section::Keys)
}

/// For which account it acts, and whose it is. Where there is nothing to choose, nothing is asked.
fn whose(owners: &Owners, filled: &Filled, errors: &FieldErrors) -> Markup {
    let administers = owners.iter().any(|(_, relation)| *relation == Relation::Administrator);
    let options = owners.iter().map(|(account, relation)| {
        let name = account.name.to_string();
        let text = if *relation == Relation::Oneself { format!("{name} (you)") } else { name.clone() };
        (name, text)
    });
    let chosen = if filled.service { SERVICE } else { MINE };
    html! {
        @if owners.len() == 1 { input type="hidden" name=(ACTS_FOR) value=(filled.acts_for); }
        @else {
            (Field::select(ACTS_FOR, "Acts for", options).value(&filled.acts_for).required().errors(errors)
                .hint("New packages will belong to this account, and only its packages can be changed."))
        }
        @if administers || filled.service {
            (Choices::one(KIND, "Whose key it is").chosen(chosen).errors(errors)
                .option_with_hint(MINE, "Mine", "It stops working when you leave the organization, or your account is disabled.")
                .option_with_hint(SERVICE, "A service key of the organization", "For build servers: it keeps working when you leave. Every administrator of the organization sees it and can revoke it."))
        } @else { input type="hidden" name=(KIND) value=(MINE); }
    }
}

fn scopes(filled: &Filled, errors: &FieldErrors, anonymous_read: bool) -> Markup {
    let reading = if anonymous_read {
        "Search, restore and download. Everybody may read this feed without a key, too."
    } else {
        "Search, restore and download everything. Pushing needs it too: tools look at the feed before they push."
    };
    let texts = |scope| match scope {
        Scope::Push => ("Push new packages and new versions", "Includes IDs that are not on this feed yet."),
        Scope::PushVersion => ("Push new versions only", "Of packages that are on this feed already; no new IDs."),
        Scope::Unlist => ("Unlist and relist", "Hides versions from search, and shows them again."),
        Scope::Read => ("Read", reading),
    };
    let group = Scope::ALL.into_iter().fold(Choices::any(SCOPE, "What it may do").errors(errors), |group, scope| {
        let (label, hint) = texts(scope);
        group.option_with_hint(scope.name(), label, hint)
    });
    html! { (filled.scopes.iter().fold(group, |group, scope| group.chosen(scope))) }
}

fn matches(owner: &str, matching: &[PackageId]) -> Markup {
    let content = html! {
        @if matching.is_empty() { p { "The patterns match none of the packages of " (owner) ". A key that may push new packages can make some that match." } }
        @else {
            ul { @for id in matching.iter().take(SHOWN_MATCHES) { li { (package_link(id)) } } }
            @if let Some(more) = matching.len().checked_sub(SHOWN_MATCHES).filter(|more| *more > 0) { p { "And " (more) " more." } }
        }
    };
    let title = match matching.len() {
        0 => "Nothing matches yet".to_owned(),
        1 => format!("One package of {owner} matches"),
        many => format!("{many} packages of {owner} match"),
    };
    html! { (Callout::info(title, content)) }
}
