//! Icon, readme and licence of a version, taken out of the package when it was pushed.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::path::PackagePath;
use super::respond::{self, REVALIDATE};
use crate::documents::etag;
use crate::web::state::State;

/// `GET {id}/{version}/icon`
pub(crate) async fn icon(request: HttpRequest, state: Data<State>, package: Path<PackagePath>) -> HttpResponse {
    file(&request, &state, &package, "icon")
}

/// `GET {id}/{version}/readme`
pub(crate) async fn readme(request: HttpRequest, state: Data<State>, package: Path<PackagePath>) -> HttpResponse {
    file(&request, &state, &package, "readme")
}

/// `GET {id}/{version}/license`
pub(crate) async fn license(request: HttpRequest, state: Data<State>, package: Path<PackagePath>) -> HttpResponse {
    file(&request, &state, &package, "license")
}

fn file(request: &HttpRequest, state: &State, package: &PackagePath, kind: &str) -> HttpResponse {
    let found = match state.app.store.look_up(|r| r.package_file(&package.id, &package.version, kind)) {
        Ok(Some(found)) => found,
        Ok(None) => return respond::not_found(),
        Err(error) => return respond::internal(&error),
    };
    let etag = format!("\"{}\"", etag(&found.bytes));
    let mut response = respond::tagged(request, &etag, REVALIDATE);
    if respond::response_is_not_modified(request, &etag) {
        return response.finish();
    }
    // A package decides these bytes: a browser must neither guess another type nor run anything in them.
    response
        .insert_header((CONTENT_TYPE, found.media_type))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .body(found.bytes)
}
