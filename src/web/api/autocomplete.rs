//! `SearchAutocompleteService`: IDs that begin with what was typed, or the versions of one.
//!
//! <https://learn.microsoft.com/nuget/api/search-autocomplete-service-resource>

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::query::Query;
use super::search;
use crate::documents;
use crate::domain::package_id::PackageId;
use crate::feed::search::understand;
use crate::store::search::SearchQuery;
use crate::store::{self, Reads};
use crate::web::state::State;

/// `GET /v3/autocomplete?q=…` or `?id=…`
pub(crate) async fn autocomplete(request: HttpRequest, state: Data<State>) -> HttpResponse {
    let query = Query::of(&request);
    let app = state.app.clone();
    match (query.value("q"), query.value("id")) {
        (None, Some(id)) => {
            let id = id.to_owned();
            search::found(app, move |r| versions(r, &query, &id)).await
        }
        (typed, _) => {
            let mut wanted = query.search();
            let _ = understand(typed.unwrap_or_default(), &mut wanted);
            search::found(app, move |r| ids(r, &wanted)).await
        }
    }
}

fn ids(reads: &Reads<'_>, wanted: &SearchQuery) -> Result<Vec<u8>, store::Error> {
    let found = reads.search_ids(wanted)?;
    Ok(documents::search::autocomplete_ids(found.total, found.hits.iter().map(String::as_str)))
}

fn versions(reads: &Reads<'_>, query: &Query, id: &str) -> Result<Vec<u8>, store::Error> {
    let Ok(id) = PackageId::parse_unicode(id) else { return Ok(documents::search::autocomplete_versions(&[])) };
    let versions = match reads.registration(&id)? {
        Some(registration) => reads.versions(registration.id)?,
        None => Vec::new(),
    };
    let (prerelease, semver2) = (query.prerelease(), query.semver2());
    let shown =
        versions.iter().filter(|v| v.listed && (prerelease || !v.version.is_prerelease()) && (semver2 || !v.semver2));
    Ok(documents::search::autocomplete_versions(shown.map(|v| &v.version)))
}
