//! Who must sign the packages of an ID: the rule in words, the choices, and the question before a choice.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};
use serde::Deserialize;

use super::{Sent, Shown, home};
use crate::domain::account::AccountName;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::domain::push_rule::RequiredSigner;
use crate::domain::regime::Regime;
use crate::domain::required_signer::{NotOffered, Offer, Rule};
use crate::domain::signature_change::SignatureChange;
use crate::feed::required_signer::{self, Choosing, Plan, Step};
use crate::store;
use crate::web::pages::components::{
    Button, Callout, Choices, Confirm, Facts, FieldErrors, PageHeader, prose, question_form, segment,
};
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::second_factor::needed_for;
use crate::web::pages::section::Section;
use crate::web::pages::viewer::Viewer;

/// The choice, as [`RequiredSigner::key`] writes it.
pub(in crate::web::pages) const CHOICE: &str = "choice";
/// The mark of what whoever confirms was told.
pub(in crate::web::pages) const TOLD: &str = "told";

/// What was asked for.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    choice: String,
}

/// `GET packages/{id}/manage/required-signer?choice=…`: what the choice would do.
pub(in crate::web) async fn ask(
    viewer: Viewer,
    id: web::Path<String>,
    asked: web::Query<Asked>,
) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &id).await?;
    viewer.expect_theirs(Action::ChooseRequiredSigner, shown.relation)?;
    let Some(choice) = RequiredSigner::of_key(&asked.choice) else {
        return Ok(viewer.visit.redirect(&home(&shown.id)));
    };
    question(&viewer, &shown, choice, StatusCode::OK).await
}

/// `POST packages/{id}/manage/required-signer`: chooses.
pub(in crate::web) async fn choose(
    viewer: Viewer,
    posted: Posted,
    id: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let shown = Shown::read(&viewer, &id).await?;
    viewer.expect_able(Action::ChooseRequiredSigner, shown.relation)?;
    let Some(choice) = RequiredSigner::of_key(posted.text(CHOICE)) else {
        return Ok(again(&viewer, &shown, "choose one of these"));
    };
    let told = posted.text(TOLD).parse().ok();
    let choosing = Choosing { ids: vec![shown.id.clone()], choice: choice.clone(), told: told.or(Some(NEVER_TOLD)) };
    match try_choose(&viewer, choosing).await {
        Ok(Chosen::Done) => {
            let said = format!("The required signer of {} is now: {}.", shown.id, choice.described());
            Ok(viewer.visit.redirect_saying(Flash::done(said), &home(&shown.id)))
        }
        Ok(Chosen::Asks) => question(&viewer, &Shown::read(&viewer, &id).await?, choice, StatusCode::CONFLICT).await,
        Err(Refusal::Said(why)) => Ok(again(&viewer, &shown, &why)),
        Err(refusal) => Err(refusal),
    }
}

/// What nobody was ever told: a form without the mark is asked about first.
pub(in crate::web::pages) const NEVER_TOLD: Fingerprint = Fingerprint::from_bytes([0; 32]);

/// What became of a choice.
pub(in crate::web::pages) enum Chosen {
    Done,
    /// Since the question was asked, it has become another one.
    Asks,
}

/// Chooses, unless that has to be asked again.
///
/// # Errors
/// What the operation refuses.
pub(in crate::web::pages) async fn try_choose(viewer: &Viewer, choosing: Choosing) -> Result<Chosen, Refusal> {
    let chosen = viewer.run(move |app, actor, now| {
        match required_signer::choose(&app.store, &app.config, &choosing, actor, now) {
            Err(required_signer::Error::ToldOtherwise) => Ok(Chosen::Asks),
            other => other.map(|_| Chosen::Done),
        }
    });
    chosen.await
}

/// The question before a choice; where there is nothing to ask, the management page says why.
async fn question(
    viewer: &Viewer,
    shown: &Shown,
    choice: RequiredSigner,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let (id, wanted) = (shown.id.clone(), choice.clone());
    let step = viewer.run(move |app, _, now| {
        app.store.read(|r| {
            let Some(registration) = r.registration(&id)? else { return Ok(None) };
            Ok::<_, store::Error>(Some(Step::read(r, &app.policy(r.policy()?), &registration, &wanted, now)?))
        })
    });
    let step = step.await?.ok_or(Refusal::Missing)?;
    match &step.after {
        Err(why) => Ok(again(viewer, shown, &why.to_string())),
        Ok(_) if step.was == choice => {
            let said = format!("The required signer of {} is that already: {}.", shown.id, choice.described());
            Ok(viewer.visit.redirect_saying(Flash::done(said), &home(&shown.id)))
        }
        Ok(after) => {
            let after = after.clone();
            let plan = Plan { choice, steps: vec![step] };
            Ok(viewer.visit.page(confirmation(viewer, shown, &plan, &after).status(status)))
        }
    }
}

/// The management page with what was wrong with the choice.
fn again(viewer: &Viewer, shown: &Shown, why: &str) -> HttpResponse {
    let mut errors = FieldErrors::default();
    // Where there is nothing to choose, no field stands on the page.
    if has_choices(&shown.offers) {
        errors.add(CHOICE, capitalised(why));
    } else {
        errors.add_to_form(capitalised(why));
    }
    let sent = Sent { errors, ..Sent::default() };
    viewer.visit.page(super::page(viewer, shown, &sent).status(StatusCode::UNPROCESSABLE_ENTITY))
}

/// The rule and the choices.
pub(super) fn section(shown: &Shown, errors: &FieldErrors) -> Markup {
    let judgement = &shown.judgement;
    html! {
        h2 { "Who must sign" }
        @if let (Regime::Foreign, Some(exception)) = (judgement.regime, judgement.regime.exception()) {
            // What does not count must not be read first.
            p.rule { (capitalised(exception)) }
            p.hint { "If it stood on that list no longer: " (judgement.rule.sentence()) "." }
            (caveats(&judgement.rule, None))
        } @else {
            p.rule { (capitalised(&judgement.rule.sentence())) }
            (caveats(&judgement.rule, judgement.regime.exception()))
        }
        @if shown.may_choose { (choices(shown, &shown.offers, errors)) }
        @else {
            p.hint { "Required signer: " (judgement.rule.choice.described()) ". Only its owners choose another: a user, or the administrators of an organization." }
        }
    }
}

/// Why a push may meet something else, and that nobody could push.
fn caveats(rule: &Rule, exception: Option<&str>) -> Markup {
    html! {
        @if let Some(exception) = exception {
            (Callout::info("Now this decides", html! { p { (capitalised(exception)) } }))
        }
        @if let Some(warning) = rule.warning() { (no_signer(&warning)) }
    }
}

/// That nobody could sign.
pub(in crate::web::pages) fn no_signer(warning: &str) -> Callout {
    Callout::warning(
        "Nobody could sign",
        html! { p { (capitalised(warning)) " An owner registers another certificate on the certificates page of the account." } },
    )
}

fn choices(shown: &Shown, offers: &[Offer], errors: &FieldErrors) -> Markup {
    let possible = offers.iter().filter_map(|offer| offer.rule.as_ref().ok().map(|rule| (&offer.choice, rule)));
    let refused: Vec<_> =
        offers.iter().filter_map(|offer| offer.rule.as_ref().err().map(|why| (&offer.choice, why))).collect();
    let group = Choices::one(CHOICE, "Required signer").chosen(shown.judgement.rule.choice.key()).errors(errors);
    let group = possible.fold(group, |group, (choice, rule)| {
        group.option_with_hint(choice.key(), capitalised_choice(choice), explained(choice, rule))
    });
    html! {
        @if !has_choices(offers) {
            p.hint { "There is nothing to choose while no owner has a certificate for this ID. Once one is registered, its packages have to be signed." }
            @for name in &shown.registers_for { p { (register(name)) } }
        } @else {
            (question_form(&format!("{}/required-signer", home(&shown.id)), html! {
                (group)
                (Button::quiet("See what would change"))
            }))
            @if !refused.is_empty() { (not_possible(shown, &refused)) }
        }
    }
}

/// Whether more than one choice is possible.
fn has_choices(offers: &[Offer]) -> bool {
    offers.iter().filter(|offer| offer.rule.is_ok()).count() > 1
}

/// `Any owner`
fn capitalised_choice(choice: &RequiredSigner) -> String {
    capitalised(&choice.described()).trim_end_matches('.').to_owned()
}

/// What a choice means now, and what becomes of it later.
fn explained(choice: &RequiredSigner, rule: &Rule) -> String {
    let later = match choice {
        RequiredSigner::AnyOwner => "An owner who registers a certificate later may sign too.",
        RequiredSigner::OneOwner(_) => "It stays so when other owners register certificates.",
        RequiredSigner::NoSignatureNeeded => "This ends by itself once every owner has a certificate.",
    };
    let warning = rule.warning().map(|warning| format!(" {}", capitalised(&warning))).unwrap_or_default();
    format!("{} {later}{warning}", capitalised(&rule.sentence()))
}

fn not_possible(shown: &Shown, refused: &[(&RequiredSigner, &NotOffered)]) -> Markup {
    html! {
        p.hint { "Not possible as things stand:" }
        ul.hint {
            @for (choice, why) in refused {
                li {
                    (capitalised_choice(choice)) ": " (prose(&why.to_string())) ". "
                    @if let NotOffered::HasNoCertificates(name) = why { @if shown.registers_for.contains(name) { (register(name)) } }
                }
            }
        }
    }
}

/// Where a certificate of an owner is registered.
fn register(owner: &AccountName) -> Markup {
    html! { a href={ "accounts/" (segment(owner)) "/certificates" } { "Register a certificate of " (owner) } }
}

/// The last question.
fn confirmation(viewer: &Viewer, shown: &Shown, plan: &Plan, after: &Rule) -> Page {
    let id = &shown.id;
    let title = match &plan.choice {
        RequiredSigner::AnyOwner => format!("Let any owner sign {id}"),
        RequiredSigner::NoSignatureNeeded => format!("Need no signature on {id}"),
        RequiredSigner::OneOwner(name) => format!("Let only {name} sign {id}"),
    };
    let change = plan.steps.first().map(|step| &step.change);
    let consequences = html! {
        @if let Some(change) = change { (unsigned(change)) }
        (Facts::new()
            .fact("Now", capitalised(&shown.judgement.rule.sentence()))
            .fact("From then on", capitalised(&after.sentence())))
        (caveats(after, shown.judgement.regime.exception()))
        p { "Versions that are on the feed stay as they are. The other owners are told." }
    };
    let fields = html! {
        input type="hidden" name=(CHOICE) value=(plan.choice.key());
        input type="hidden" name=(TOLD) value=(plan.mark());
    };
    let opens = change.is_some_and(|change| change.opens_to_unsigned);
    let button = if opens { "Accept unsigned packages" } else { title.as_str() };
    let (csrf, back, above) = (viewer.visit.csrf(), home(id), format!("packages/{}", segment(id)));
    let content = html! {
        (PageHeader::new("Choose the required signer").below(&[("./", "Packages"), (&above, id.as_str()), (&back, "Manage")], "Required signer"))
        (needed_for(viewer, "Choosing who must sign"))
        (Confirm::new(&csrf, format!("{back}/required-signer"), &title, consequences).fields(fields).button(button).cancel(&back))
    };
    Page::new(title, content).section(Section::Packages)
}

/// What becomes of packages without a signature.
fn unsigned(change: &SignatureChange) -> Markup {
    html! {
        @if change.opens_to_unsigned {
            (Callout::bad("Packages without a signature will be accepted", html! {
                p { "Until now a package of this ID had to be signed with an owner’s certificate. From then on whoever may push can leave the signature out." }
            }))
        }
        @if change.demands_signature {
            (Callout::warning("Packages will have to be signed", html! {
                p { "From then on packages without a signature are refused." }
            }))
        }
    }
}
