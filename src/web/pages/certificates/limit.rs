//! `POST accounts/{name}/certificates/{fingerprint}/patterns`: for which package IDs a certificate counts.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::upload::{PATTERNS, patterns};
use super::{Place, details, effects, named, path_of_one, status};
use crate::domain::certificate::MAX_REGISTRATION_PATTERNS;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;
use crate::domain::permission::Action;
use crate::feed::certificates::{self, Error, Limited, Meant};
use crate::web::pages::components::{Button, Confirm, Field, FieldErrors, form};
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::refusal::{Refusal, capitalised};
use crate::web::pages::viewer::Viewer;

/// `POST accounts/{name}/certificates/{fingerprint}/patterns`
pub(in crate::web) async fn change(
    viewer: Viewer,
    posted: Posted,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let place = Place::read(&viewer, &path.0)?;
    viewer.expect_able(Action::ManageCertificates, place.relation)?;
    let (fingerprint, mut errors) = (named(&path.1)?, FieldErrors::default());
    let patterns = patterns(&posted, &mut errors);
    if errors.is_empty() {
        match limit(&viewer, &place, fingerprint, &patterns, posted.text(effects::UNSIGNED)).await {
            Ok(Some(limited)) => return Ok(done(&viewer, &place, &fingerprint, &limited)),
            Ok(None) => return ask(&viewer, &place, fingerprint, patterns).await,
            Err(Refusal::Said(why)) => errors.add(PATTERNS, capitalised(&why)),
            Err(refusal) => return Err(refusal),
        }
    }
    let page = details::page(&viewer, &place, fingerprint, 1, Some(posted.text(PATTERNS)), &errors).await?;
    Ok(viewer.visit.page(page.status(StatusCode::UNPROCESSABLE_ENTITY)))
}

/// `GET accounts/{name}/certificates/{fingerprint}/patterns`: to the certificate.
pub(in crate::web) async fn back(viewer: Viewer, path: web::Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    let place = Place::read(&viewer, &path.0)?;
    Ok(viewer.visit.redirect(&path_of_one(place.name(), &named(&path.1)?)))
}

/// `None` when it opens something that was not shown, or nobody could push any more.
async fn limit(
    viewer: &Viewer,
    place: &Place,
    fingerprint: Fingerprint,
    patterns: &[Pattern],
    shown: &str,
) -> Result<Option<Limited>, Refusal> {
    let (account, patterns, shown) = (place.name().clone(), patterns.to_vec(), shown.to_owned());
    let limited = viewer.run(move |app, actor, now| {
        match certificates::limit(
            &app.store,
            &app.config,
            &account,
            &fingerprint,
            &patterns,
            Meant::Shown(&shown),
            actor,
            now,
        ) {
            Err(Error::OpensToUnsigned(_) | Error::Unsignable(_)) => Ok(None),
            done => done.map(Some),
        }
    });
    limited.await
}

fn done(viewer: &Viewer, place: &Place, fingerprint: &Fingerprint, limited: &Limited) -> HttpResponse {
    let said = match limited.changed {
        true => format!("The package IDs are changed. {}", effects::told(&limited.effects)),
        false => "It counts for these package IDs already. Nothing was changed.".to_owned(),
    };
    viewer.visit.redirect_saying(Flash::done(said.trim()), &path_of_one(place.name(), fingerprint))
}

/// The last question, with everything that it opens or closes.
async fn ask(
    viewer: &Viewer,
    place: &Place,
    fingerprint: Fingerprint,
    patterns: Vec<Pattern>,
) -> Result<HttpResponse, Refusal> {
    let (account, wanted) = (place.name().clone(), patterns.clone());
    let effects = viewer.run(move |app, actor, now| {
        app.store.read(|r| certificates::limiting(r, &app.config, &account, &fingerprint, &wanted, actor, now))
    });
    let effects = effects.await?;
    let one = path_of_one(place.name(), &fingerprint);
    let typed = patterns.iter().map(Pattern::as_str).collect::<Vec<_>>().join("\n");
    let consequences = html! {
        p { "The certificate will count only for: " (status::limits(&patterns)) "." }
        (effects::warnings(&effects))
        ul { (effects::signed_with_it_elsewhere(&effects)) }
    };
    let button =
        if effects.opened.is_empty() { "Change the package IDs" } else { "Change, and accept unsigned packages" };
    let fields = html! {
        input type="hidden" name=(PATTERNS) value=(typed);
        (effects::field(&effects))
    };
    let csrf = viewer.visit.csrf();
    let confirm = Confirm::new(&csrf, format!("{one}/patterns"), "Change the package IDs", consequences);
    let content = html! {
        (place.header_below("Change the package IDs", "Package IDs", &[(&one, "Certificate")]))
        (confirm.fields(fields).button(button).cancel(one.as_str()))
    };
    Ok(viewer.visit.page(asked(place, content)))
}

fn asked(place: &Place, content: Markup) -> Page {
    place.page("Change the package IDs", content).status(StatusCode::CONFLICT)
}

/// The form on the certificate's page.
pub(super) fn patterns_form(viewer: &Viewer, path: &str, typed: &str, errors: &FieldErrors) -> Markup {
    let fields = html! {
        (Field::lines(PATTERNS, "Package IDs", 3)
            .hint(format!("One pattern a line, {MAX_REGISTRATION_PATTERNS} at most; * stands for any text. Left empty: every ID. For other IDs the account counts as if it had not registered this certificate."))
            .value(typed).placeholder("Contoso.*").errors(errors))
        div.actions { (Button::quiet("Change")) }
    };
    form(&viewer.visit.csrf(), &format!("{path}/patterns"), fields)
}
