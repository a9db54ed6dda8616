//! The mark of a version whose signature does not count: what happened, since when, and what clients do.

use maud::{Markup, html};

use crate::domain::void_signature::{Cause, Choice};
use crate::feed::revocation::{Learnt, Word};
use crate::feed::void_signatures::because;
use crate::store::void_signatures::VoidSignature;
use crate::web::pages::components::{Badge, Button, Callout, day, fingerprint, prose};
use crate::web::pages::refusal::capitalised;

/// The word for it in a list of versions.
pub(in crate::web) fn void_badge(void: &VoidSignature) -> Badge {
    if void.voided.for_good { Badge::bad("Signature void") } else { Badge::warning("Signature on hold") }
}

/// The box on the page of the version. `learnt` is what is known about the certificate that it comes from; `decide` leads whoever
/// may to where it is decided about.
pub(in crate::web) fn void_mark(void: &VoidSignature, learnt: Option<&Learnt>, decide: Option<&str>) -> Markup {
    let content = html! {
        p { (capitalised(&because(&void.voided, "it is"))) " " (certificate(void)) }
        p { (clients(void.voided.cause, learnt.is_some_and(Learnt::is_only_marked))) }
        p { (decision(void)) " Found out on " (day(void.found_at)) "." }
        @if let Some(path) = decide {
            div.actions { @if void.decided.is_none() { (Button::primary("Decide").link(path)) } @else { (Button::quiet("Decide otherwise").link(path)) } }
        }
    };
    if void.voided.for_good {
        html! { (Callout::bad("The signature of this version does not count any more", content)) }
    } else {
        html! { (Callout::warning("The signature of this version does not count for now", content)) }
    }
}

/// The box on the page of a version that still counts here though its signer is revoked by now; nothing where it is not.
pub(in crate::web) fn revoked_signer_note(learnt: &Learnt) -> Markup {
    let Some(since) = learnt.revoked_at.filter(|_| learnt.status.refuses()) else { return Markup::default() };
    let is = if learnt.status == Word::Hold { "on hold" } else { "revoked" };
    let content = html! {
        p { "The signer’s certificate is " (is) " since " (day(since)) ". A timestamp proves that this version was signed before, so its signature counts here." }
        p {
            @if learnt.is_only_marked() { "Clients do not know of it: an administrator of this server marked it, and they go by what its issuer publishes." }
            @else { (prose("Clients on Linux refuse it nevertheless as soon as they learn of that (`NU3012`): they do not go by the timestamp. What those on Windows do was not tried.")) }
        }
    };
    html! { (Callout::warning(format!("Its signer’s certificate is {is} by now"), content)) }
}

fn certificate(void: &VoidSignature) -> Markup {
    html! { "Certificate " (fingerprint(&void.voided.certificate)) }
}

/// What the official clients make of it, as far as that was seen: on Linux.
fn clients(cause: Cause, marked: bool) -> Markup {
    prose(match cause {
        Cause::Path | Cause::AuthorityPath => {
            "Clients go by trusted roots of their own, so what they say about it is not changed by this server."
        }
        _ if marked => {
            "An administrator of this server marked the certificate. Clients do not know of that: they go by what its issuer publishes, and install the version as before."
        }
        Cause::Signer => {
            "Clients on Linux that check signatures refuse to install it as soon as they learn of that (`NU3012`), whatever a timestamp says. What those on Windows do was not tried."
        }
        Cause::Issuer => {
            "Clients on Linux that check signatures refuse to install it as soon as they learn of that (`NU3012`), whatever their settings. What those on Windows do was not tried."
        }
        Cause::Authority | Cause::AuthorityIssuer => {
            "Clients on Linux install it and leave the timestamp out of account; once the signer’s certificate has ended, those that require signatures refuse it. `dotnet nuget verify` fails at once (`NU3028`). What those on Windows do was not tried."
        }
    })
}

fn decision(void: &VoidSignature) -> Markup {
    let Some(decided) = &void.decided else {
        return html! { "Nothing was done about it yet: its owners decide." };
    };
    let what = match decided.choice {
        Choice::Keep => "to keep it as it is",
        Choice::Unlist => "to unlist it",
        Choice::Hide => "to hide it",
        Choice::Remove => "to remove it",
    };
    html! { (decided.by) " decided on " (day(decided.at)) " " (what) "." }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::domain::fingerprint::Fingerprint;
    use crate::store::void_signatures::{Decided, Voided};

    fn void(cause: Cause, for_good: bool) -> VoidSignature {
        let since = cause.is_revocation().then_some(datetime!(2026-01-05 0:00 UTC));
        let voided = Voided { cause, certificate: Fingerprint::of(b"one"), since, why: "x".to_owned(), for_good };
        VoidSignature { voided, found_at: datetime!(2026-01-10 0:00 UTC), decided: None }
    }

    fn text(markup: &Markup) -> String {
        let mut text = String::new();
        for piece in markup.0.replace("</p>", " ").split('<') {
            text += piece.split_once('>').map_or(piece, |(_, rest)| rest);
        }
        text
    }

    #[test]
    fn the_mark_of_each_cause_says_what_happened_and_what_clients_do() {
        let mut shown = String::new();
        for cause in Cause::ALL {
            shown += &format!("{}: {}\n\n", cause.name(), text(&void_mark(&void(cause, true), None, None)));
        }
        shown += &format!("on hold: {}\n\n", text(&void_mark(&void(Cause::Signer, false), None, None)));
        let decided = Decided { choice: Choice::Keep, by: "ann".to_owned(), at: datetime!(2026-01-11 0:00 UTC) };
        let kept = VoidSignature { decided: Some(decided), ..void(Cause::Signer, true) };
        shown += &format!("kept: {}", text(&void_mark(&kept, None, None)));
        insta::assert_snapshot!("marks", shown);
        assert!(!shown.contains("Decide"));
        let for_owner = void_mark(&void(Cause::Signer, true), None, Some("packages/A/manage/void-signatures"));
        assert!(for_owner.0.contains("href=\"packages/A/manage/void-signatures\""), "{}", for_owner.0);
    }
}
