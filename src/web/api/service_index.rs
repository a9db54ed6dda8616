//! The service index: where everything else is. Prepared when the server starts.
//!
//! <https://learn.microsoft.com/nuget/api/service-index>

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::respond;
use crate::store::documents::Encoding;
use crate::web::state::State;

/// `GET /v3/index.json`
pub(crate) async fn service_index(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let live = state.live();
    respond::document(&request, live.service_index.body.clone(), &live.service_index.etag, Encoding::Identity)
}

/// `PUT /v3/index.json`: paket pushes to the index itself when it is told so. A success would lose the package.
pub(crate) async fn not_a_place_to_push() -> HttpResponse {
    HttpResponse::MethodNotAllowed().reason("push to the PackagePublish resource, not to the index").finish()
}
