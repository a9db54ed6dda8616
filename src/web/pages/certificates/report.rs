//! What became of each file, where one was not registered.

use actix_web::http::StatusCode;
use maud::{Markup, html};

use super::upload::told;
use super::{Place, effects, guide, path_of, path_of_one};
use crate::domain::visible::brief;
use crate::feed::certificates::{Details, FileVerdict, Outcome, Registered, Report};
use crate::signature::ChainState;
use crate::web::pages::components::{Badge, Button, Callout, card, counted_as, fingerprint, prose};
use crate::web::pages::page::Page;
use crate::web::pages::refusal::capitalised;

pub(super) fn page(place: &Place, report: &Report) -> Page {
    let registered: Vec<&Registered> =
        report.verdicts.iter().filter_map(|verdict| verdict.result.as_ref().ok()).collect();
    let nothing = registered.is_empty();
    let said = match nothing {
        true => "Nothing was registered.".to_owned(),
        false => {
            let refused = (report.verdicts.len() - registered.len()) as u64;
            let refused = counted_as(refused, "file was refused.", "files were refused.");
            format!("{} {refused} {}", told(&registered), effects::told(&report.effects))
        }
    };
    let list = path_of(place.name());
    let content = html! {
        (place.header_below("What became of the files", "Files", &[]))
        @if nothing { (Callout::bad("", html! { p { (said) } })) }
        @else { (Callout::info("", html! { p { (prose(said.trim())) } })) }
        @for verdict in &report.verdicts { (of_file(place, verdict)) }
        div.actions {
            (Button::primary("Choose other files").link(format!("{list}?again#register")))
            (Button::quiet("Go to the list").link(list.as_str()))
        }
        (guide::guide())
    };
    let status = if nothing { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    place.page("What became of the files", content).status(status)
}

fn of_file(place: &Place, verdict: &FileVerdict) -> Markup {
    let content = match &verdict.result {
        Ok(registered) => of_certificate(place, registered),
        Err(why) => html! { p { (Badge::bad("Not registered")) " " (prose(&capitalised(&why.to_string()))) } },
    };
    card(if verdict.name.is_empty() { "A file without a name" } else { &verdict.name }, content)
}

fn of_certificate(place: &Place, registered: &Registered) -> Markup {
    let badge = match registered.outcome {
        Outcome::New => Badge::good("Registered"),
        Outcome::Enabled => Badge::good("Enabled again"),
        Outcome::Already => Badge::neutral("Registered already"),
    };
    let certificate = &registered.certificate;
    html! {
        p { (badge) " " a href=(path_of_one(place.name(), &certificate.fingerprint())) { (brief(&certificate.subject().to_string())) } }
        p { (fingerprint(&certificate.fingerprint())) }
        @if registered.outcome != Outcome::Already { p.hint { (chain(&registered.chain)) } }
        @if let Some(remark) = registered.remark() { p { (Badge::warning("Authority")) " " (remark) } }
    }
}

/// The same of a certificate that is registered already: the policy may have changed since.
pub(super) fn chain_of(details: &Details) -> String {
    match &details.untrusted_root {
        Some(root) => format!(
            "Its root, {}, is no trust anchor, so every push signed with it is refused (NU3018); an administrator can trust the root.",
            brief(root)
        ),
        None => chain(&details.chain),
    }
}

/// How far the chain of a certificate that was registered a moment ago leads, in a sentence.
pub(super) fn chain(chain: &ChainState) -> String {
    match chain {
        ChainState::Proven(_) => "Its chain is proven.".to_owned(),
        ChainState::Open { issuer } => format!(
            "Its chain is not yet proven: the certificate of its issuer, {}, is not known here. The first push signed with it shows it.",
            brief(issuer)
        ),
        ChainState::Untrusted { root } => format!(
            "Its root, {}, is no trust anchor; it counts because this server accepts registered certificates of unknown roots.",
            brief(root)
        ),
        ChainState::Broken => "Its chain is not proven.".to_owned(),
    }
}
