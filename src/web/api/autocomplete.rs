//! `SearchAutocompleteService`: IDs that begin with what was typed, or the versions of one.
//!
//! <https://learn.microsoft.com/nuget/api/search-autocomplete-service-resource>

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::query::Query;
use super::{respond, search};
use crate::documents;
use crate::domain::package_id::PackageId;
use crate::store;
use crate::web::state::State;

/// `GET /v3/autocomplete?q=…` or `?id=…`
pub(crate) async fn autocomplete(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let query = Query::of(&request);
    let body = match (query.value("q"), query.value("id")) {
        (None, Some(id)) => versions(&state, &query, id),
        (typed, _) => ids(&state, &query, typed.unwrap_or_default()),
    };
    body.map_or_else(|error| respond::internal(&error), search::json)
}

fn ids(state: &State, query: &Query, typed: &str) -> Result<Vec<u8>, store::Error> {
    let mut wanted = query.search();
    crate::feed::search::understand(typed, &mut wanted);
    let found = state.app.store.read(|r| r.search_ids(&wanted))?;
    Ok(documents::search::autocomplete_ids(found.total, found.hits.iter().map(String::as_str)))
}

fn versions(state: &State, query: &Query, id: &str) -> Result<Vec<u8>, store::Error> {
    let Ok(id) = PackageId::parse_unicode(id) else { return Ok(documents::search::autocomplete_versions(&[])) };
    let versions = state.app.store.read(|r| match r.registration(&id)? {
        Some(registration) => r.versions(registration.id),
        None => Ok(Vec::new()),
    })?;
    let (prerelease, semver2) = (query.prerelease(), query.semver2());
    let shown =
        versions.iter().filter(|v| v.listed && (prerelease || !v.version.is_prerelease()) && (semver2 || !v.semver2));
    Ok(documents::search::autocomplete_versions(shown.map(|v| &v.version)))
}
