//! *Register this certificate for …*, on the page of a verdict.

use maud::{Markup, html};

use super::path;
use super::view::of_certificate;
use crate::domain::account::AccountName;
use crate::domain::permission::{Action, Relation};
use crate::feed::verdicts::{Done, Limit, Offer, Removed, prefix};
use crate::store::verdicts::KeptVerdict;
use crate::web::pages::certificates::told;
use crate::web::pages::components::{Button, Choices, Facts, card, day, form, segment};
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::viewer::Viewer;

const ACCOUNT: &str = "account";
const LIMIT: &str = "limit";
const THIS_ID: &str = "id";
const PREFIX: &str = "prefix";
const ALL: &str = "all";

/// What was chosen in the form.
pub(super) fn chosen(posted: &Posted) -> Result<(AccountName, Limit), Refusal> {
    let account = posted.text(ACCOUNT).parse::<AccountName>();
    let account = account.map_err(|_| Refusal::Said("choose the account that signs with it".to_owned()))?;
    let limit = match posted.text(LIMIT) {
        THIS_ID => Limit::ThisId,
        PREFIX => Limit::Prefix,
        ALL => Limit::All,
        _ => return Err(Refusal::Said("choose for which packages the certificate counts".to_owned())),
    };
    Ok((account, limit))
}

/// What was done, and what follows from it for packages, in the words of the list of certificates.
pub(super) fn said(done: &Done, account: &AccountName) -> String {
    let registered =
        format!("The certificate `{}` is registered for {account}. Push the package again.", done.fingerprint);
    format!("{registered} {}", told(&done.effects)).trim_end().to_owned()
}

/// The part of the page about a certificate that was not registered; nothing where that is not what is missing.
pub(super) fn section(viewer: &Viewer, verdict: &KeptVerdict, offer: &Offer) -> Markup {
    let it = &verdict.explained;
    let (Some(signer), Some(id)) = (&it.signer, &verdict.id) else { return Markup::default() };
    if offer.settled.is_some() || offer.not_theirs {
        return Markup::default();
    }
    if offer.accounts.is_empty() {
        return html! { @if it.register { (elsewhere(offer)) (foreign(viewer)) } };
    }
    let title = match offer.accounts.as_slice() {
        [one] => format!("Register this certificate for {one}"),
        _ => "Register this certificate".to_owned(),
    };
    card(
        &title,
        html! {
            p { "Whoever holds it can sign packages in that name from then on. It came with the package, and a certificate can call itself anything: "
                strong { "compare the fingerprint with the one that whoever signed gives you by another way." } }
            (of_certificate(Facts::new(), signer))
            (removed(&offer.removed))
            (form(&viewer.visit.csrf(), &format!("{}/register", path(verdict.number)), html! {
                (accounts(&offer.accounts))
                (limits(id.as_str(), prefix(id), offer))
                div.actions { (Button::primary(button(&offer.accounts))) }
            }))
            (elsewhere(offer))
            (foreign(viewer))
        },
    )
}

/// An account that has registered the certificate for other package IDs changes that, and does not register it again.
fn elsewhere(offer: &Offer) -> Markup {
    html! {
        @for account in &offer.elsewhere {
            p {
                (account) " has registered this certificate, but not for this package ID. "
                a href={ "accounts/" (segment(account)) "/certificates" } { "Change for which IDs it counts" } "."
            }
        }
    }
}

fn accounts(accounts: &[AccountName]) -> Markup {
    match accounts {
        [one] => html! { input type="hidden" name=(ACCOUNT) value=(one); },
        several => {
            let choices = several.iter().fold(Choices::one(ACCOUNT, "For which account"), |choices, account| {
                choices.option(account.as_str(), account.as_str())
            });
            html! { (choices) }
        }
    }
}

fn limits(id: &str, prefix: Option<String>, offer: &Offer) -> Choices {
    let all = if offer.first {
        "Then every package of the account needs a signature: it has no certificate so far that counts for this one."
    } else {
        "For the account’s own signing certificate."
    };
    let choices = Choices::one(LIMIT, "For which packages it counts").option_with_hint(
        THIS_ID,
        format!("Only {id}"),
        "For one package, such as one of other people’s.",
    );
    let choices = match &prefix {
        Some(prefix) => choices.option(PREFIX, format!("All that match {prefix}")),
        None => choices,
    };
    let choices = choices.option_with_hint(ALL, "All packages of the account", all);
    match before(id, prefix.as_deref(), &offer.removed) {
        Some(chosen) => choices.chosen(chosen),
        None => choices,
    }
}

/// What is chosen at first: never less than a registration counted for that was removed. `None` where no choice is the same.
fn before(id: &str, prefix: Option<&str>, removed: &[Removed]) -> Option<&'static str> {
    let patterns: Vec<String> = removed.iter().flat_map(|removed| &removed.patterns).map(ToString::to_string).collect();
    let is = |pattern: &str, other: &str| pattern.eq_ignore_ascii_case(other);
    match patterns.as_slice() {
        _ if removed.is_empty() => Some(THIS_ID),
        _ if removed.iter().any(|removed| removed.patterns.is_empty()) => Some(ALL),
        [only] if is(only, id) => Some(THIS_ID),
        [only] if prefix.is_some_and(|prefix| is(only, prefix)) => Some(PREFIX),
        _ => None,
    }
}

/// What was registered before, and for which package IDs it counted.
fn removed(removed: &[Removed]) -> Markup {
    html! {
        @for Removed { account, at, patterns } in removed {
            p {
                (account) " had registered it for "
                @if patterns.is_empty() { "all its packages" }
                @for (place, pattern) in patterns.iter().enumerate() { @if place > 0 { ", " } code { (pattern) } }
                ", and removed it on " (day(*at)) "."
            }
        }
    }
}

fn button(accounts: &[AccountName]) -> String {
    match accounts {
        [one] => format!("Register this certificate for {one}"),
        _ => "Register this certificate".to_owned(),
    }
}

/// Other people's packages need not be registered one by one.
fn foreign(viewer: &Viewer) -> Markup {
    let administers = viewer.offers(Action::ChangeServer, Relation::Stranger);
    html! {
        @if administers {
            p.hint {
                "If this is other people’s package, you can also "
                a href="admin/policy#setting-foreign_ids" { "add its ID to the list of foreign IDs" }
                ": whoever signed those, only the signature itself counts."
            }
        }
    }
}
