//! `/account/security/second-factor`: enrolling a second factor or replacing it, and its recovery codes.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use maud::{Markup, html};

use super::components::{Button, Callout, Field, FieldErrors, PageHeader, copyable, form, steps};
use super::flash::Flash;
use super::page::Page;
use super::passwords;
use super::posted::Posted;
use super::qr::qr;
use super::refusal::{Refusal, capitalised};
use super::return_to::{Asked, ReturnTo};
use super::section::Section;
use super::viewer::Viewer;
use crate::domain::permission::{Action, Demand, Relation, demand};
use crate::domain::recovery_code::RecoveryCode;
use crate::domain::totp::TotpSecret;
use crate::feed::second_factor::{self, Error};

const PASSWORD: &str = "password";
const CODE: &str = "code";
const HERE: &str = "account/security/second-factor";
const CODES: &str = "account/security/recovery-codes";
const STEPS: [&str; 3] = ["Password", "Phone", "Recovery codes"];

/// The page that enrols, and leads to `return_to` afterwards.
pub(super) fn enrolment_path(return_to: &ReturnTo) -> String {
    return_to.after(HERE)
}

/// Whether whoever is signed in has yet to enrol, and for what.
pub(super) fn demand_of(viewer: &Viewer) -> Demand {
    let session = &viewer.session;
    demand(viewer.visit.rules().second_factor, session.account.administrator, session.enrolled)
}

/// What the policy demands, in words; nothing when it demands nothing. `way` leads to what it wants.
pub(super) fn demanded(demand: Demand, way: &Markup) -> Markup {
    let text = match demand {
        Demand::Nothing => return Markup::default(),
        Demand::ToAdminister => {
            "It wants one from its administrators. Until you enrol one, the administration pages stay closed to you."
        }
        Demand::ToDoAnything => {
            "It wants one from everybody. Until you enrol one, your account does nothing on these pages but read; keys that you made before keep working."
        }
    };
    html! { (Callout::warning("This server wants you to have a second factor", html! { p { (text) } (way) })) }
}

/// Said beforehand, where `what` needs a second factor and whoever is signed in has none: nobody shall fill in a form only to learn
/// it. The link comes back to this page.
pub(super) fn needed_for(viewer: &Viewer, what: &str) -> Markup {
    let here = ReturnTo::from(viewer.visit.here());
    html! {
        @if !viewer.session.enrolled {
            (Callout::warning("A second factor is needed", html! {
                p { (what) " asks for a code of your phone, and your account has no second factor yet. " a href=(enrolment_path(&here)) { "Enrol a second factor" } ", which takes a minute; then you come back here." }
            }))
        }
    }
}

/// `GET account/security/second-factor`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    if viewer.session.enrolled {
        viewer.may(Action::ChangeSecondFactor, Relation::Oneself)?;
    }
    let page = match begun(&viewer)? {
        Some(secret) => scan(&viewer, &secret, &asked.return_to, &FieldErrors::default()),
        None => ask_password(&viewer, &asked.return_to, &FieldErrors::default()),
    };
    Ok(viewer.visit.page(page))
}

/// `POST account/security/second-factor`: the password begins an enrolment.
pub(in crate::web) async fn begin(
    viewer: Viewer,
    request: HttpRequest,
    posted: Posted,
) -> Result<HttpResponse, Refusal> {
    let return_to = ReturnTo::of(&posted).unwrap_or_default();
    if viewer.session.enrolled && viewer.may(Action::ChangeSecondFactor, Relation::Oneself).is_err() {
        // The page asks for the code first: nothing may carry the password along.
        return Ok(viewer.visit.redirect(&enrolment_path(&return_to)));
    }
    let mut errors = FieldErrors::default();
    match try_begin(&viewer, &request, &posted, &mut errors).await {
        Ok(()) => Ok(viewer.visit.redirect(&enrolment_path(&return_to))),
        Err(Refusal::Said(_)) if !errors.is_empty() => {
            let page = ask_password(&viewer, &return_to, &errors);
            Ok(viewer.visit.page(page.status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        Err(refusal) => Err(refusal),
    }
}

async fn try_begin(
    viewer: &Viewer,
    request: &HttpRequest,
    posted: &Posted,
    errors: &mut FieldErrors,
) -> Result<(), Refusal> {
    let typed = passwords::Typed { posted, field: PASSWORD, called: "password" };
    let tested = passwords::test_typed(&viewer.visit, request, &viewer.session.account.name, typed, errors).await?;
    viewer.run(move |app, actor, now| second_factor::begin(app, actor, &tested, now).map(drop)).await
}

/// `POST account/security/second-factor/finish`: the first code.
pub(in crate::web) async fn finish(viewer: Viewer, posted: Posted) -> Result<HttpResponse, Refusal> {
    let return_to = ReturnTo::of(&posted).unwrap_or_default();
    let Some(secret) = begun(&viewer)? else {
        let flash = Flash::problem("The enrolment took too long. Begin it again.");
        return Ok(viewer.visit.redirect_saying(flash, &enrolment_path(&return_to)));
    };
    let _alone = viewer.visit.state().replaced_secrets.lock().await;
    let (account, code) = (viewer.session.account.clone(), posted.secret(CODE));
    match viewer.run(move |app, actor, now| second_factor::finish(app, actor, &account, &code, now)).await {
        Ok(codes) => {
            let flash =
                Flash::done("Your second factor is on. These are your recovery codes.").with_secret(listed(&codes));
            Ok(viewer.visit.redirect_saying(flash, &return_to.after(CODES)))
        }
        Err(Refusal::Said(why)) => {
            let mut errors = FieldErrors::default();
            errors.add(CODE, capitalised(&why));
            let page = scan(&viewer, &secret, &return_to, &errors);
            Ok(viewer.visit.page(page.status(StatusCode::UNPROCESSABLE_ENTITY)))
        }
        Err(refusal) => Err(refusal),
    }
}

/// `GET account/security/recovery-codes`: what they are. The codes themselves stand above, once.
pub(in crate::web) async fn show_codes(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    if !viewer.session.enrolled {
        return Ok(viewer.visit.redirect("account/security"));
    }
    let left = viewer.visit.state().app.store.look_up(|r| r.unused_recovery_codes(viewer.session.account.id))?;
    let next = asked.return_to.unless_start().unwrap_or("account/security");
    let content = html! {
        (PageHeader::new("Recovery codes").below(&[("account/security", "Security")], "Recovery codes")
            .lead("Each code gets you in once, in place of the code from your phone. You need one on the day that the phone is lost or broken."))
        ul {
            li { "Print them, or copy them into your password manager. Keep them apart from the phone." }
            li { "They are shown when they are made, and never again; the server itself can’t read them." }
            li { "You have " (left) " unused " (if left == 1 { "code" } else { "codes" }) ". Under Security you make new ones, which void the old." }
        }
        div.actions { (Button::primary("I have put them away").link(next)) }
    };
    Ok(viewer.visit.page(Page::new("Recovery codes", content).section(Section::Security)))
}

/// `POST account/security/recovery-codes`: new ones.
pub(in crate::web) async fn new_codes(viewer: Viewer, _posted: Posted) -> Result<HttpResponse, Refusal> {
    let _alone = viewer.visit.state().replaced_secrets.lock().await;
    let account = viewer.session.account.clone();
    let codes = viewer.run(move |app, actor, now| second_factor::new_recovery_codes(app, actor, &account, now)).await?;
    let flash = Flash::done("These are your new recovery codes; the old ones are void.").with_secret(listed(&codes));
    Ok(viewer.visit.redirect_saying(flash, CODES))
}

/// `POST account/security/second-factor/remove`
pub(in crate::web) async fn remove(viewer: Viewer, _posted: Posted) -> Result<HttpResponse, Refusal> {
    let account = viewer.session.account.clone();
    viewer.run(move |app, actor, now| second_factor::remove(app, actor, &account, now)).await?;
    let flash = Flash::done("Your second factor is removed, and your other sessions are ended.");
    Ok(viewer.visit.redirect_saying(flash, "account/security"))
}

/// The secret that waits in this session for its first code.
fn begun(viewer: &Viewer) -> Result<Option<TotpSecret>, Refusal> {
    let visit = &viewer.visit;
    match second_factor::begun(&visit.state().app, &viewer.actor(), &viewer.session.account, visit.now()) {
        Ok(secret) => Ok(Some(secret)),
        Err(Error::NotBegun) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn listed(codes: &[RecoveryCode]) -> String {
    codes.iter().map(|code| code.reveal().to_string()).collect::<Vec<_>>().join("\n")
}

fn ask_password(viewer: &Viewer, return_to: &ReturnTo, errors: &FieldErrors) -> Page {
    let fields = html! {
        (return_to.field())
        input type="hidden" name="username" autocomplete="username" value=(viewer.session.account.name);
        (Field::password(PASSWORD, "Password").autocomplete("current-password").required().errors(errors))
        div.actions { (Button::primary("Continue")) (Button::quiet("Cancel").link("account/security")) }
    };
    let replaces = html! {
        @if viewer.session.enrolled {
            (Callout::info("", html! { p { "You have a second factor. Once the new one has given its first code, the old one and its recovery codes count no longer, and your other sessions end." } }))
        }
    };
    let lead = "You need an app that makes codes: Microsoft or Google Authenticator, Aegis, 1Password, Bitwarden and many others do. First, your password.";
    page(
        viewer,
        1,
        lead,
        html! { (errors.summary(&viewer.visit.frame_without_flash())) (replaces) (form(&viewer.visit.csrf(), HERE, fields)) },
    )
}

fn scan(viewer: &Viewer, secret: &TotpSecret, return_to: &ReturnTo, errors: &FieldErrors) -> Page {
    let uri = secret.provisioning_uri(&viewer.visit.host(), &viewer.session.account.name);
    let fields = html! {
        (return_to.field())
        (Field::code(CODE, "Code that the app shows now").hint("Six digits. It proves that app and server agree.").errors(errors))
        div.actions { (Button::primary("Turn it on")) (Button::quiet("Cancel").link("account/security")) }
    };
    let content = html! {
        (errors.summary(&viewer.visit.frame_without_flash()))
        div.enrolment {
            @if let Some(drawing) = qr(&uri, "QR code for the app on your phone. The same secret stands beside it, to be typed.") { (drawing) }
            div {
                p { "If the phone can’t scan, type this secret into the app. It is time-based, with six digits." }
                p { (copyable(&secret.typed())) }
                p.hint { "The app will show it as " strong { (viewer.visit.host()) } ", " strong { (viewer.session.account.name) } "." }
            }
        }
        (form(&viewer.visit.csrf(), &format!("{HERE}/finish"), fields))
    };
    page(viewer, 2, "Scan this with the app on your phone, then type the code that it shows.", content)
}

fn page(viewer: &Viewer, step: usize, lead: &str, content: Markup) -> Page {
    let title = if viewer.session.enrolled { "Replace the second factor" } else { "Enrol a second factor" };
    let content = html! {
        (PageHeader::new(title).below(&[("account/security", "Security")], "Second factor").lead(lead))
        (steps(&STEPS, step))
        (content)
    };
    Page::new(title, content).section(Section::Security)
}
