//! How an explanation looks: the decision, what to do next, every rule, who signed, who must sign.

use maud::{Markup, html};

use crate::domain::account::AccountName;
use crate::domain::required_signer::Signers;
use crate::domain::verdict::{
    CanChange, Explained, Failed, Found, Named, Outcome, RuleName, SignatureKind, Signer, VerdictKind,
};
use crate::feed::verdicts::WouldDo;
use crate::web::pages::components::{
    Badge, Callout, Facts, Table, account_link, counted, fingerprint, fingerprint_in_full, moment, prose, segment,
    thumbprint,
};
use crate::web::pages::refusal::capitalised;

/// The outcome as a word in a box.
pub(in crate::web::pages) fn badge(kind: VerdictKind, outcome: Outcome) -> Badge {
    let word = capitalised(kind.told(outcome));
    match outcome {
        Outcome::Accepted => Badge::good(word),
        Outcome::NotEnforced => Badge::warning(word),
        Outcome::Refused => Badge::bad(word),
    }
}

/// The decision in one sentence, and everything that is wrong where that is more than one thing.
pub(in crate::web::pages) fn decided(it: &Explained) -> Markup {
    let sentence = html! { p { (prose(&it.sentence)) "." } };
    let title = title(it);
    html! {
        @match it.outcome {
            Outcome::Accepted => (Callout::good(title, sentence)),
            Outcome::NotEnforced => (Callout::warning(title, html! {
                (sentence)
                p { "The stage of this server, or of this package ID, lets it in all the same. Once the rule is enforced, a push like this one is refused." }
            })),
            Outcome::Refused => (Callout::bad(title, sentence)),
        }
        @if let [_, _, ..] = it.failed.as_slice() {
            h2 { "What is wrong" }
            ul { @for failed in &it.failed { li { (named(failed)) ": " (prose(&failed.message)) "." } } }
        }
    }
}

/// What to do about it, in order.
pub(in crate::web::pages) fn next(it: &Explained) -> Markup {
    html! {
        @if !it.next.is_empty() {
            h2 { "What to do next" }
            ol { @for step in &it.next { li { (prose(step)) } } }
        }
        @for way in &it.otherwise { p { (prose(way)) } }
    }
}

/// The broken rules by name; nothing when none is broken.
fn title(it: &Explained) -> String {
    let name = |failed: &Failed| failed.code.clone().unwrap_or_else(|| failed.rule.about().to_owned());
    match it.failed.as_slice() {
        [] => String::new(),
        [Failed { code: Some(code), rule, .. }] => format!("{code}: {}", rule.about()),
        [only] => capitalised(only.rule.about()),
        several => several.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

/// Everything else about it. `would_do` is of the accounts whose certificates the reader may see.
pub(in crate::web::pages) fn explained(it: &Explained, would_do: &[WouldDo]) -> Markup {
    rest(it, would_do, false)
}

/// The same below the signer's certificate, which is not shown twice.
pub(super) fn explained_below(it: &Explained, would_do: &[WouldDo]) -> Markup {
    rest(it, would_do, true)
}

fn rest(it: &Explained, would_do: &[WouldDo], certificate_above: bool) -> Markup {
    html! {
        @if !it.warnings.is_empty() {
            h2 { "Good to know" }
            ul { @for warning in &it.warnings { li { (prose(&capitalised(warning))) } } }
        }
        @if it.signature != SignatureKind::NotJudged {
            h2 { "Who signed" }
            (signed(it, certificate_above))
        }
        @if !it.rule.is_empty() {
            h2 { "Who must sign" }
            p { (prose(&capitalised(&it.rule))) }
            (signers(&it.signers, would_do))
        }
        (who(&it.can_change, it))
        h2 { "Every rule" }
        (rules(&it.rules))
    }
}

/// A broken rule by NuGet's code, or its own name.
fn named(failed: &Failed) -> Markup {
    html! {
        @match &failed.code { Some(code) => code { (code) }, None => span.quiet-text { (failed.rule.about()) } }
    }
}

/// What is wrong, in a table: a code alone tells nobody anything.
pub(super) fn in_a_cell(failed: &Failed) -> Markup {
    html! {
        span.breaks { (prose(&capitalised(&failed.message))) }
        @if let Some(code) = &failed.code { div.quiet-text { code { (code) } } }
    }
}

fn signed(it: &Explained, certificate_above: bool) -> Facts {
    let facts = Facts::new().fact("Signature", html! { (it.signature.word()) });
    let Some(signer) = &it.signer else { return facts };
    let facts = if certificate_above {
        facts.fact("Certificate", html! { (signer.subject) ", shown above" })
    } else {
        of_certificate(facts, signer)
    };
    match &it.timestamp {
        Some(stamp) => {
            facts.fact("Timestamp", html! { (moment(stamp.time)) div.quiet-text { "by " (stamp.authority) } })
        }
        None => facts.fact("Timestamp", html! { "none" }),
    }
}

/// A certificate's names, validity and fingerprints. The names are what it calls itself.
pub(super) fn of_certificate(facts: Facts, signer: &Signer) -> Facts {
    let sha1 = hex::decode(&signer.thumbprint).ok().and_then(|bytes| <[u8; 20]>::try_from(bytes).ok());
    facts
        .fact("Certificate", html! { (signer.subject) })
        .fact("Issued by", html! { (signer.issuer) })
        .fact("Valid", html! { (moment(signer.not_before)) " to " (moment(signer.not_after)) })
        .fact("Fingerprint", fingerprint_in_full(&signer.fingerprint))
        .fact_if_known("Thumbprint", sha1.map(|sha1| thumbprint(&sha1)))
        .fact_if_known("Registered by", signer.registered_by.as_ref().map(account_link))
}

fn signers(signers: &[Signers], would_do: &[WouldDo]) -> Markup {
    if signers.is_empty() {
        return Markup::default();
    }
    let table =
        Table::new("Whose certificates would do").column("Account").column("Active certificates").column("Others");
    let table = signers.iter().fold(table, |table, signers| {
        table.row([
            account_link(&signers.account),
            active(signers, would_do.iter().find(|it| it.account == signers.account)),
            html! { @if signers.inactive == 0 { span.quiet-text { "–" } } @else { (signers.inactive) " not active" } },
        ])
    });
    html! { (table) }
}

/// How many would do, and for those who may see them, which: with a link to no page that would refuse the reader.
fn active(signers: &Signers, would_do: Option<&WouldDo>) -> Markup {
    // Those that are named are those of now: beside them stands no number of when it was decided.
    let named = would_do.map(|it| it.certificates.len()).filter(|named| *named > 0);
    let count = counted(named.unwrap_or(signers.active) as u64, "certificate");
    let Some(would_do) = would_do else { return html! { (count) } };
    html! {
        a href={ "accounts/" (segment(&signers.account)) "/certificates" } { (count) }
        @for (name, which) in &would_do.certificates { div { (name) " " (fingerprint(which)) } }
    }
}

fn who(can_change: &CanChange, it: &Explained) -> Markup {
    let manage = it.package.as_ref().filter(|_| !it.new_id);
    html! {
        @if !can_change.owners.is_empty() || can_change.administrators { h2 { "Who can change it" } }
        @if !can_change.owners.is_empty() {
            p {
                // Where nothing is told about the rule, the question is not who signs.
                @if it.rule.is_empty() { "Owners: " }
                @else { "Owners who can register certificates, or choose whose signature is required: " }
                (names(&can_change.owners)) "."
                @if let Some(package) = manage { " " a href={ "packages/" (segment(&package.id)) "/manage" } { "Manage " (package.id) } "." }
            }
        }
        @if can_change.administrators { p { "An administrator of this server." } }
    }
}

fn names(names: &[AccountName]) -> Markup {
    html! { @for (at, name) in names.iter().enumerate() { @if at > 0 { ", " } (account_link(name)) } }
}

fn rules(rules: &[Named]) -> Markup {
    html! {
        ul.rules {
            @for named in rules {
                @let quiet = matches!(named.found, Found::NotNeeded | Found::NotJudged);
                li class=[quiet.then_some("quiet-text")] { (found(named.found, named.rule)) " " span { (named.rule.kept()) } }
            }
        }
    }
}

fn found(found: Found, rule: RuleName) -> Badge {
    match found {
        Found::Passed if rule == RuleName::Revocation => Badge::good("None known"),
        Found::Passed => Badge::good("Kept"),
        Found::Failed => Badge::bad("Broken"),
        Found::NotNeeded => Badge::neutral("Not needed"),
        Found::NotJudged => Badge::neutral("Not looked at"),
    }
}
