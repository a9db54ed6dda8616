//! What a change of certificates does to packages, for people: before it is done, and after.

use maud::{Markup, html};

use crate::domain::certificate::{CertificateStatus, RegistrationStatus};
use crate::domain::package_id::PackageId;
use crate::feed::certificates::{Effects, StillAccepted};
use crate::web::pages::components::{Callout, counted, package_link};

/// IDs that are named; of more only the number is told.
const NAMED: usize = 20;
/// The hidden field of a confirmation that said what is opened, and where nobody can push.
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
        @if !effects.unsignable.is_empty() {
            (Callout::bad("Nobody will be able to push", html! {
                p { "Packages of these IDs have to be signed, and of the certificates that count for them none is left that is active:" }
                (ids(&effects.unsignable))
                p { "Until an owner registers another certificate, every push to them is refused." }
            }))
        }
        @if !effects.unenforced.is_empty() {
            (Callout::info("Not enforced now", html! {
                p { "For these IDs the rule changes as well, but nothing comes of it while it is not enforced for them:" }
                ul {
                    @for (id, regime) in effects.unenforced.iter().take(NAMED) {
                        li { (package_link(id)) @if let Some(why) = regime.remark() { ": " (why) } }
                    }
                    (and_more(effects.unenforced.len()))
                }
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

/// By that a form says that what people are asked about is meant.
pub(super) fn field(effects: &Effects) -> Markup {
    html! { @if effects.are_asked_about() { input type="hidden" name=(UNSIGNED) value=(effects.mark()); } }
}

/// What becomes of pushes that are signed with a certificate which had this `status` and is removed.
pub(super) fn signed_with_it(status: RegistrationStatus, effects: &Effects) -> Markup {
    let fail = match status {
        RegistrationStatus::Kept(CertificateStatus::Active) | RegistrationStatus::Removed => {
            "fail from now on".to_owned()
        }
        RegistrationStatus::Kept(status) => format!("fail already, because it {}", status.predicate()),
    };
    let pushes = if effects.lenient_server { "Where the rule is enforced, pushes" } else { "Pushes" };
    html! {
        li {
            (pushes) " signed with it " (fail)
            @if effects.still_accepted.is_empty() { "." } @else { ", except for these package IDs:" (still_accepted(effects)) }
        }
    }
}

/// The same where it counts for some package IDs no more.
pub(super) fn signed_with_it_elsewhere(effects: &Effects) -> Markup {
    html! {
        li {
            "For all other package IDs it counts no more"
            @if effects.still_accepted.is_empty() { "." } @else { ", but packages signed with it are accepted nevertheless for:" (still_accepted(effects)) }
        }
    }
}

fn still_accepted(effects: &Effects) -> Markup {
    html! {
        ul {
            @for (id, why) in effects.still_accepted.iter().take(NAMED) {
                li {
                    (package_link(id)) ": "
                    @match why {
                        StillAccepted::RegisteredBy(owner) => { (owner) " has registered it too" }
                        StillAccepted::Unenforced(regime) => (regime.remark().unwrap_or_default()),
                    }
                }
            }
            (and_more(effects.still_accepted.len()))
        }
    }
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
    if !effects.unsignable.is_empty() {
        sentences.push(format!(
            "Nobody can push to {} now, because no certificate that counts is active.",
            some(&effects.unsignable)
        ));
    }
    if !effects.still_accepted.is_empty() {
        let ids: Vec<PackageId> = effects.still_accepted.iter().map(|(id, _)| id.clone()).collect();
        sentences.push(format!("Packages signed with it are still accepted for {}.", some(&ids)));
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
