//! `SearchQueryService`: packages by their words.
//!
//! <https://learn.microsoft.com/nuget/api/search-query-service-resource>

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::query::Query;
use super::respond::{self, REVALIDATE};
use crate::documents;
use crate::feed::search;
use crate::web::state::State;

/// `GET /v3/search?q=…`
pub(crate) async fn search(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let query = Query::of(&request);
    let mut wanted = query.search();
    search::understand(query.value("q").unwrap_or_default(), &mut wanted);
    match state.app.store.read(|r| r.search(&wanted)) {
        Ok(found) => json(documents::search::results(found.total, &found.hits)),
        Err(error) => respond::internal(&error),
    }
}

/// A JSON body that is made for each request. Searches may be read by pages of other origins, as on nuget.org.
pub(super) fn json(body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, REVALIDATE))
        .insert_header(("Access-Control-Allow-Origin", "*"))
        .body(body)
}
