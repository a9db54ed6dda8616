//! What has changed since a verdict, above everything else on its page: whoever did as it said must not be told to do it again.

use maud::{Markup, html};

use crate::domain::verdict::Outcome;
use crate::feed::verdicts::{Offer, Settled};
use crate::store::verdicts::KeptVerdict;
use crate::web::pages::components::Callout;

/// What has changed; nothing while nothing has.
pub(super) fn since(verdict: &KeptVerdict, offer: &Offer, trusted_since: bool) -> Markup {
    let refused = verdict.explained.outcome == Outcome::Refused;
    html! {
        @if let Some(why) = offer.settled { (settled(why, refused)) }
        @if offer.not_theirs { (not_theirs(verdict)) }
        @if trusted_since { (trusted()) }
    }
}

/// That nothing is left to do.
fn settled(why: Settled, refused: bool) -> Callout {
    let text = match why {
        Settled::Registered => "An owner has registered the certificate since then.",
        Settled::RuleAccepts => "The rule about who must have signed accepts the package by now.",
        Settled::Foreign => {
            "The ID counts as other people’s package by now: only the signature itself is asked about, and nobody has to sign."
        }
        Settled::Warned => {
            "The rule about who must have signed is not enforced for this ID by now: the package is accepted with a warning."
        }
        Settled::Reported => {
            "The rule about who must have signed is not enforced for this ID by now: the package is accepted, and counted."
        }
    };
    Callout::good("This is settled", html! { p { (text) @if refused { " Push the package again." } } })
}

/// That nothing helps any more. What the verdict advised would end in another refusal.
fn not_theirs(verdict: &KeptVerdict) -> Callout {
    let owner = &verdict.owner.1;
    let how = if verdict.explained.new_id {
        "Somebody else has created it since then"
    } else {
        "That has changed since then"
    };
    Callout::warning(
        "The ID belongs to others by now",
        html! {
            p { (how) ", and " (owner) " is none of its owners. A push for " (owner) " is refused whoever signed, until one of the owners adds " (owner) "." }
        },
    )
}

/// That the root is trusted by now. Whether everything else is in order, the next push finds out.
fn trusted() -> Callout {
    Callout::good(
        "The signer’s chain is trusted by now",
        html! {
            p { "It ended in a root that was no trust anchor when this was decided, and leads to one since then. Push the package again." }
        },
    )
}
