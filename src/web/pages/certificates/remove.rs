//! `/accounts/{name}/certificates/{fingerprint}/remove`: what that does in this case, and the button.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::{Place, effects, named, path_of, path_of_one};
use crate::domain::certificate::{CertificateStatus, RegistrationStatus};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::permission::Action;
use crate::domain::visible::brief;
use crate::feed::certificates::{self, Effects, Error, Meant, Removed};
use crate::store::certificates::Removal;
use crate::store::listed_certificates::ListedCertificate;
use crate::web::pages::components::{Confirm, Facts, counted_as, fingerprint_in_full};
use crate::web::pages::flash::Flash;
use crate::web::pages::page::Page;
use crate::web::pages::posted::Posted;
use crate::web::pages::problem::Problem;
use crate::web::pages::refusal::Refusal;
use crate::web::pages::viewer::Viewer;

/// `GET accounts/{name}/certificates/{fingerprint}/remove`
pub(in crate::web) async fn show(viewer: Viewer, path: web::Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    let place = Place::read(&viewer, &path.0)?;
    viewer.may(Action::ManageCertificates, place.relation)?;
    ask(&viewer, &place, named(&path.1)?, StatusCode::OK).await
}

/// `POST accounts/{name}/certificates/{fingerprint}/remove`
pub(in crate::web) async fn remove(
    viewer: Viewer,
    posted: Posted,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Refusal> {
    let place = Place::read(&viewer, &path.0)?;
    viewer.expect_able(Action::ManageCertificates, place.relation)?;
    let fingerprint = named(&path.1)?;
    let (account, shown) = (place.name().clone(), posted.text(effects::UNSIGNED).to_owned());
    let done = viewer.run(move |app, actor, now| {
        match certificates::remove(&app.store, &app.config, &account, &fingerprint, Meant::Shown(&shown), actor, now) {
            Err(Error::OpensToUnsigned(_) | Error::Unsignable(_) | Error::Unknown { .. }) => Ok(None),
            done => done.map(Some),
        }
    });
    match done.await? {
        Some(removed) => Ok(viewer.visit.redirect_saying(Flash::done(said(&removed)), &path_of(place.name()))),
        // Since the question was asked, another answer to it has become necessary, or none.
        None => ask(&viewer, &place, fingerprint, StatusCode::CONFLICT).await,
    }
}

fn said(removed: &Removed) -> String {
    let kept = match removed.removal {
        Removal::Deleted | Removal::Disabled(0) => "The certificate is removed.".to_owned(),
        Removal::Disabled(versions) => {
            let versions = counted_as(versions.into(), "version signed with it stays", "versions signed with it stay");
            format!("The certificate is removed; {versions} on the feed.")
        }
    };
    format!("{kept} {}", effects::told(&removed.effects)).trim().to_owned()
}

/// The question; or that it was removed meanwhile, in another tab or by somebody else.
async fn ask(
    viewer: &Viewer,
    place: &Place,
    fingerprint: Fingerprint,
    status: StatusCode,
) -> Result<HttpResponse, Refusal> {
    let account = place.name().clone();
    let read = viewer.run(move |app, actor, now| {
        match app.store.read(|r| certificates::removing(r, &app.config, &account, &fingerprint, actor, now)) {
            Err(Error::Unknown { .. }) => Ok(None),
            read => read.map(Some),
        }
    });
    match read.await? {
        Some((row, effects)) => Ok(viewer.visit.page(confirmation(viewer, place, &row, &effects).status(status))),
        None => {
            let text = "It was removed already, or never registered. Nothing was changed.";
            let gone = Problem::new(StatusCode::NOT_FOUND, "This certificate is not registered", text);
            Err(Refusal::Problem(gone.way(path_of(place.name()), "The certificates that are")))
        }
    }
}

fn confirmation(viewer: &Viewer, place: &Place, row: &ListedCertificate, effects: &Effects) -> Page {
    let one = path_of_one(place.name(), &row.fingerprint);
    let subject = brief(&row.subject);
    let csrf = viewer.visit.csrf();
    let button = if effects.opened.is_empty() { "Remove" } else { "Remove, and accept unsigned packages" };
    let confirm =
        Confirm::new(&csrf, format!("{one}/remove"), "Remove this certificate", consequences(place, row, effects));
    let content = html! {
        (place.header_below("Remove a certificate", "Remove", &[(&one, &subject)]))
        (Facts::new()
            .fact("Certificate", html! { (subject) })
            .fact("Fingerprint (SHA-256)", fingerprint_in_full(&row.fingerprint))
            .fact("Account", html! { (place.name()) }))
        (confirm.fields(effects::field(effects)).button(button).cancel(path_of(place.name())))
    };
    place.page("Remove a certificate", content)
}

fn consequences(place: &Place, row: &ListedCertificate, effects: &Effects) -> Markup {
    html! {
        (effects::warnings(effects))
        ul {
            (effects::signed_with_it(row.status, effects))
            @match row.versions {
                0 if row.hidden > 0 => li { (counted_as(row.hidden.into(), "version that is hidden is signed with it as one of ", "versions that are hidden are signed with it as one of ")) (place.name()) ", and no other. The certificate goes from the list, and comes back as removed when an administrator shows such a version again." },
                0 => li { "No version on the feed is signed with it as one of " (place.name()) ": its row goes." },
                1 => li { "1 version on the feed is signed with it as one of " (place.name()) ". It stays as it is, and so does the row, as removed." },
                many => li { (many) " versions on the feed are signed with it as one of " (place.name()) ". They stay as they are, and so does the row, as removed." },
            }
            @if effects.is_nothing() && effects.unenforced.is_empty() { li { "For which packages a signature is needed does not change." } }
            @match row.status {
                RegistrationStatus::Kept(CertificateStatus::Expired | CertificateStatus::Revoked) => li { "It could not be registered again while it is " (row.status.word()) "." },
                _ => li { "To let it count again, upload it again." },
            }
        }
    }
}
