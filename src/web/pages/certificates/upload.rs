//! `POST accounts/{name}/certificates`: files with certificates, and what became of each.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::{Place, effects, list_page, path_of, report};
use crate::domain::certificate::MAX_REGISTRATION_PATTERNS;
use crate::domain::pattern::Pattern;
use crate::domain::permission::Action;
use crate::domain::visible::brief;
use crate::feed::certificates::{self, Error, NewRegistrations, Outcome, Registered, Report, UploadedFile};
use crate::web::pages::components::{Button, Field, FieldErrors, counted_as, upload_form};
use crate::web::pages::flash::Flash;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::upload_form::{CutUploadForm, UploadForm};
use crate::web::pages::viewer::Viewer;

/// The certificates.
const FILES: &str = "files";
/// Those above them.
const CHAIN: &str = "chain";
/// Patterns of package IDs, one a line.
pub(super) const PATTERNS: &str = "patterns";

/// What was typed. Files can't be shown again.
#[derive(Debug, Default)]
pub(super) struct Typed {
    patterns: String,
}

/// `POST accounts/{name}/certificates`
pub(in crate::web) async fn upload(
    viewer: Viewer,
    CutUploadForm(form): CutUploadForm,
    name: web::Path<String>,
) -> Result<HttpResponse, Refusal> {
    let place = Place::read(&viewer, &name)?;
    viewer.expect_able(Action::ManageCertificates, place.relation)?;
    let (typed, mut errors) = (Typed { patterns: form.posted.text(PATTERNS).to_owned() }, FieldErrors::default());
    if form.files(FILES).next().is_none() {
        errors.add(FILES, "Choose at least one file.");
    }
    let patterns = patterns(&form.posted, &mut errors);
    if !errors.is_empty() {
        return again(&viewer, &place, &typed, &errors).await;
    }
    match register(&viewer, &place, form, patterns).await? {
        Ok(report) => Ok(answer(&viewer, &place, &report)),
        Err(why) => {
            let field = if matches!(why, Error::Chain(_)) { CHAIN } else { "" };
            errors.add(field, capitalised(&why.to_string()));
            again(&viewer, &place, &typed, &errors).await
        }
    }
}

/// Registers them. What concerns the form is for the form.
async fn register(
    viewer: &Viewer,
    place: &Place,
    form: UploadForm,
    patterns: Vec<Pattern>,
) -> Result<Result<Report, Error>, Refusal> {
    let account = place.name().clone();
    let done = viewer.run(move |app, actor, now| {
        let named = |field| -> Vec<UploadedFile<'_>> {
            let files = form.files(field);
            files.map(|file| UploadedFile { name: &file.name, bytes: &file.bytes, size: file.size }).collect()
        };
        let (files, chain) = (named(FILES), named(CHAIN));
        let new = NewRegistrations { account: &account, files: &files, chain: &chain, patterns: &patterns };
        match certificates::register_all(&app.store, &app.config, &app.answers, &new, actor, now) {
            Err(
                why @ (Error::Chain(_)
                | Error::TooManyPatterns(_)
                | Error::TooManyAccountPatterns(_)
                | Error::Unsettled),
            ) => Ok(Err(why)),
            done => {
                // Its issuer is asked at once whether it is revoked.
                app.bell.ring();
                done.map(Ok)
            }
        }
    });
    done.await
}

/// The patterns that were typed, one a line.
pub(super) fn patterns(posted: &Posted, errors: &mut FieldErrors) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for line in posted.text(PATTERNS).split(['\n', ',']).map(str::trim).filter(|line| !line.is_empty()) {
        match line.parse() {
            Ok(pattern) => patterns.push(pattern),
            Err(invalid) => {
                let invalid: crate::domain::pattern::InvalidPattern = invalid;
                errors.add(PATTERNS, capitalised(&invalid.to_string()));
                return Vec::new();
            }
        }
    }
    patterns
}

async fn again(viewer: &Viewer, place: &Place, typed: &Typed, errors: &FieldErrors) -> Result<HttpResponse, Refusal> {
    let page = list_page(viewer, place, typed, errors).await?;
    Ok(viewer.visit.page(page.status(StatusCode::UNPROCESSABLE_ENTITY)))
}

/// Back to the list where all went well; otherwise a page about what did not.
fn answer(viewer: &Viewer, place: &Place, report: &Report) -> HttpResponse {
    let registered: Option<Vec<&Registered>> =
        report.verdicts.iter().map(|verdict| verdict.result.as_ref().ok()).collect();
    match registered {
        Some(registered) => {
            let text = format!("{} {}", told(&registered), effects::told(&report.effects));
            let open = |it: &Registered| !it.chain.is_proven() && it.outcome != Outcome::Already;
            let heeded = registered.iter().any(|it| open(it) || it.remark().is_some());
            let flash = if heeded { Flash::warning(text.trim()) } else { Flash::done(text.trim()) };
            viewer.visit.redirect_saying(flash, &path_of(place.name()))
        }
        None => viewer.visit.page(report::page(place, report)),
    }
}

/// What was registered, in a sentence or three.
pub(super) fn told(registered: &[&Registered]) -> String {
    if let [one] = registered {
        let subject = brief(&one.certificate.subject().to_string());
        let done = match one.outcome {
            Outcome::New => format!("Registered: {subject}. {}", report::chain(&one.chain)),
            Outcome::Enabled => format!("Enabled again: {subject}. {}", report::chain(&one.chain)),
            Outcome::Already => format!("It was registered already: {subject}. Nothing was changed."),
        };
        return match one.remark() {
            Some(remark) => format!("{done} {remark}"),
            None => done,
        };
    }
    let count = |wanted: &dyn Fn(&Registered) -> bool| registered.iter().filter(|it| wanted(it)).count() as u64;
    let mut sentences = Vec::new();
    for (outcome, one, many) in [
        (Outcome::New, "certificate is registered.", "certificates are registered."),
        (Outcome::Enabled, "certificate counts again.", "certificates count again."),
        (Outcome::Already, "was registered already.", "were registered already."),
    ] {
        let found = count(&|it| it.outcome == outcome);
        if found > 0 {
            sentences.push(counted_as(found, one, many));
        }
    }
    let open = count(&|it| !it.chain.is_proven() && it.outcome != Outcome::Already);
    if open > 0 {
        sentences.push(format!(
            "{} not yet proven: the first push will show it.",
            counted_as(open, "chain is", "chains are")
        ));
    }
    let authorities = count(&|it| it.remark().is_some());
    if authorities > 0 {
        sentences.push(format!(
            "{}: such a one counts for packages that are signed with it itself alone.",
            counted_as(authorities, "is the certificate of an authority", "are certificates of authorities")
        ));
    }
    sentences.join(" ")
}

/// The form.
pub(super) fn form(viewer: &Viewer, place: &Place, typed: &Typed, errors: &FieldErrors) -> Markup {
    let fields = html! {
        (Field::files(FILES, "Certificates", ".cer,.crt,.der,.pem")
            .hint("One certificate in each file, in DER or PEM; several files at once, 20 of both kinds at most. Never a private key.")
            .required().errors(errors))
        (Field::files(CHAIN, "The certificates above them", ".cer,.crt,.der,.pem")
            .hint("Those of the issuing authorities, if your certification authority gave them to you. Without them the first push shows them.")
            .errors(errors))
        (Field::lines(PATTERNS, "Only for these package IDs", 2)
            .hint(format!("One pattern a line, {MAX_REGISTRATION_PATTERNS} at most; * stands for any text, as in Contoso.*. Left empty: every ID."))
            .value(&typed.patterns).placeholder("Contoso.*").errors(errors))
        div.actions { (Button::primary("Register")) }
    };
    upload_form(&viewer.visit.csrf(), &path_of(place.name()), fields)
}
