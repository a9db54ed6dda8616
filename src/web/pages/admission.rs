//! Who is let onto a page: decided by a middleware from the headers alone, before a byte of the body is read. It also turns what
//! handlers refuse into pages.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::ORIGIN;
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};

use super::confirm;
use super::cookies;
use super::origin;
use super::posted::{Posted, Replay};
use super::problem::Problem;
use super::refusal::Refusal;
use super::upload_form::is_form;
use super::viewer::Viewer;
use super::visit::Visit;
use crate::domain::permission::{Action, Relation};

/// For pages that strangers may see: signing in, set-up links.
pub(in crate::web) async fn visiting(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    visit(request, next, |_| Ok(())).await
}

/// For pages about packages: everybody with anonymous reading, otherwise whoever is signed in.
pub(in crate::web) async fn browsing(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let open = |visit: &Visit| visit.state().live().policy.anonymous_read;
    visit(request, next, move |visit| if open(visit) { Ok(()) } else { signed_in_viewer(visit).map(drop) }).await
}

/// For pages of people who are signed in.
pub(in crate::web) async fn signed_in(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    visit(request, next, |visit| signed_in_viewer(visit).map(drop)).await
}

/// For the pages of server administrators.
pub(in crate::web) async fn administering(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    visit(request, next, |visit| Ok(signed_in_viewer(visit)?.may(Action::SeeServer, Relation::Stranger)?)).await
}

fn signed_in_viewer(visit: &Visit) -> Result<Viewer, Refusal> {
    visit.viewer().ok_or(Refusal::SignIn)
}

async fn visit(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
    admit: impl Fn(&Visit) -> Result<(), Refusal>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let mut visit = match Visit::arrive(&request) {
        Ok(visit) => visit,
        Err(refusal) => return Ok(request.into_response(HttpResponse::from_error(refusal))),
    };
    // A page has the same headers for HEAD; the server leaves its body out, by what was asked and not by this.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let admitted = match expect_same_origin(&request, &visit).and_then(|()| admit(&visit)) {
        Ok(()) => with_form(&mut request, &mut visit, &admit).await,
        Err(refusal) => Err(refusal),
    };
    request.extensions_mut().insert(visit.clone());
    let mut response = match admitted {
        Ok(()) => next.call(request).await?,
        Err(refusal) => {
            let replay = request.extensions().get::<Replay>().cloned();
            // Not `from_error`: on its way into the service's response it would lose which error it was.
            request.into_response(refusal.show(&visit, replay.as_ref()))
        }
    };
    let refusal = response.response().error().and_then(|error| error.as_error::<Refusal>()).cloned();
    if let Some(refusal) = refusal {
        let replay = response.request().extensions().get::<Replay>().cloned();
        let shown = refusal.show(&visit, replay.as_ref());
        response = response.into_response(shown);
    } else if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        let allowed = if response.request().method() == Method::GET { "POST" } else { "GET, HEAD" };
        response = response.into_response(Problem::method_not_allowed(allowed).respond(&visit.frame()));
    }
    let cookies = cookies::Names::of(visit.state());
    let planted = response.response().cookies().any(|cookie| cookie.name() == cookies.visitor);
    if !planted && cookies.read(response.request()).is_none() {
        let cookie = cookies.visitor_cookie(visit.token());
        response.response_mut().add_cookie(&cookie).map_err(Error::from)?;
    }
    Ok(response)
}

/// Reads the form of a request that has one, and asks once more who sent it: whoever sends it slowly must not use a session, a
/// code or an hour that has ended meanwhile. What it brings along in place, a code or a password, is taken then, and the
/// visit is that of somebody who has given it. A form with files is read by [`UploadForm`](super::upload_form::UploadForm).
async fn with_form(
    request: &mut ServiceRequest,
    visit: &mut Visit,
    admit: &impl Fn(&Visit) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    if request.method() != Method::POST || is_form(request.headers()) {
        return Ok(());
    }
    let payload = request.take_payload();
    let posted = Posted::read(visit, payload).await?;
    *visit = Visit::arrive(request)?;
    admit(visit)?;
    request.extensions_mut().insert(Replay(posted.clone()));
    if confirm::take(visit, request.request(), &posted).await? {
        *visit = Visit::arrive(request)?;
    }
    Ok(())
}

/// A form that another site made the browser send is refused by what the browser says about its origin, before its body is
/// read. The token in the form decides; this is the second lock.
fn expect_same_origin(request: &ServiceRequest, visit: &Visit) -> Result<(), Refusal> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(());
    }
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let foreign_site = text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    let public = visit.state().app.urls.home();
    let foreign_origin = text(ORIGIN.as_str()).is_some_and(|origin| !origin::is_own(origin, headers, &public));
    if foreign_site || foreign_origin { Err(Refusal::Problem(Problem::stale_form())) } else { Ok(()) }
}
