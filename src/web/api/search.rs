//! `SearchQueryService`: packages by their words.
//!
//! <https://learn.microsoft.com/nuget/api/search-query-service-resource>

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use std::sync::Arc;

use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::query::Query;
use super::respond::{self, REVALIDATE};
use crate::app::App;
use crate::documents;
use crate::feed::search;
use crate::store::{self, Reads};
use crate::web::state::State;

/// `GET /v3/search?q=…`
pub(crate) async fn search(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let query = Query::of(&request);
    let mut wanted = query.search();
    // Filters beyond the first two are left out in silence: no client of NuGet knows what to do with an error here.
    let _ = search::understand(query.value("q").unwrap_or_default(), &mut wanted);
    found(state.app.clone(), move |r| r.search(&wanted).map(|it| documents::search::results(it.total, &it.hits))).await
}

/// The answer to a search, which may look at many packages: on a thread that may take its time, so that other requests
/// don't wait.
pub(super) async fn found(
    app: Arc<App>,
    search: impl FnOnce(&Reads<'_>) -> Result<Vec<u8>, store::Error> + Send + 'static,
) -> HttpResponse {
    match web::block(move || app.store.read(search)).await {
        Ok(Ok(body)) => json(body),
        Ok(Err(error)) => respond::internal(&error),
        Err(error) => respond::internal(&error),
    }
}

/// A JSON body that is made for each request. Searches may be read by pages of other origins, as on nuget.org.
fn json(body: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "application/json"))
        .insert_header((CACHE_CONTROL, REVALIDATE))
        .insert_header(("Access-Control-Allow-Origin", "*"))
        .body(body)
}
