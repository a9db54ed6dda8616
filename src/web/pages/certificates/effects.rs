//! What a change of certificates does to packages, for people: before it is done, and after.

use maud::{Markup, html};

use crate::domain::package_id::PackageId;
use crate::feed::certificates::Effects;
use crate::web::pages::components::{Callout, counted, package_link};

/// IDs that are named; of more only the number is told.
const NAMED: usize = 20;
/// The hidden field of a confirmation that said what is opened.
pub(super) const UNSIGNED: &str = "unsigned";

/// What will happen, in boxes that stand out.
pub(super) fn warnings(effects: &Effects) -> Markup {
    html! {
        @if !effects.opened.is_empty() {
            (Callout::bad("Packages without a signature will be accepted", html! {
                p { "Until now packages of these IDs had to be signed with an owner’s certificate. None is left that counts for them: from then on whoever may push can leave the signature out." }
                (ids(&effects.opened))
                p { "Every owner of them is told." }
            }))
        }
        @if !effects.closed.is_empty() {
            (Callout::warning("Packages will have to be signed", html! {
                p { "From then on packages of these IDs are refused without a signature:" }
                (ids(&effects.closed))
            }))
        }
        @if !effects.lapsed.is_empty() {
            (Callout::warning("Choices of the required signer will be forgotten", html! {
                p { "What the owners chose is not possible any more, and becomes: any owner." }
                ul {
                    @for (id, choice) in effects.lapsed.iter().take(NAMED) { li { (package_link(id)) ": " (choice.described()) } }
                    (and_more(effects.lapsed.len()))
                }
            }))
        }
    }
}

/// By that a form says that what is opened is meant.
pub(super) fn field(effects: &Effects) -> Markup {
    html! { @if !effects.opened.is_empty() { input type="hidden" name=(UNSIGNED) value=(effects.mark()); } }
}

/// What has happened, in sentences.
pub(in crate::web::pages) fn told(effects: &Effects) -> String {
    let mut sentences = Vec::new();
    if !effects.opened.is_empty() {
        sentences.push(format!("Packages without a signature are accepted from now on for {}.", some(&effects.opened)));
    }
    if !effects.closed.is_empty() {
        sentences.push(format!("From now on packages must be signed for {}.", some(&effects.closed)));
    }
    if !effects.lapsed.is_empty() {
        let ids: Vec<PackageId> = effects.lapsed.iter().map(|(id, _)| id.clone()).collect();
        sentences.push(format!("The choice of the required signer is forgotten for {}.", some(&ids)));
    }
    sentences.join(" ")
}

/// The first few, or how many.
fn some(ids: &[PackageId]) -> String {
    const FEW: usize = 3;
    if ids.len() > FEW {
        return counted(ids.len() as u64, "package ID");
    }
    ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

fn ids(ids: &[PackageId]) -> Markup {
    html! {
        ul {
            @for id in ids.iter().take(NAMED) { li { (package_link(id)) } }
            (and_more(ids.len()))
        }
    }
}

fn and_more(count: usize) -> Markup {
    html! { @if let Some(more) = count.checked_sub(NAMED).filter(|more| *more > 0) { li { "and " (more) " more" } } }
}
