//! `RegistrationsBaseUrl`: what a package says about each of its versions, prepared when it changed.
//!
//! <https://learn.microsoft.com/nuget/api/registration-base-url-resource>

use actix_web::web::{self, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;

use super::path::{PackagePath, id_key};
use super::respond;
use crate::app::App;
use crate::documents::{Hive, etag};
use crate::domain::version::NuGetVersion;
use crate::feed::documents;
use crate::store::documents::Encoding;
use crate::web::caller::asker;
use crate::web::state::State;
use crate::web::turns::busy;

/// `{hive}`: `registration` (SemVer 1) or `registration-semver2`.
#[derive(Deserialize)]
pub(crate) struct HivePath {
    hive: String,
}

impl HivePath {
    fn hive(&self) -> Option<Hive> {
        match self.hive.as_str() {
            "registration" => Some(Hive::SemVer1),
            "registration-semver2" => Some(Hive::SemVer2),
            _ => None,
        }
    }
}

/// `GET {hive}/{id}/index.json`
pub(crate) async fn index(request: HttpRequest, state: Data<State>, path: Path<(String, String)>) -> HttpResponse {
    let (hive, id) = path.into_inner();
    let Some(hive) = (HivePath { hive }).hive() else { return respond::not_found() };
    prepared(&request, &state, &id, &documents::index_name(hive)).unwrap_or_else(respond::not_found)
}

/// `{lower}/{upper}` of a page.
#[derive(Deserialize)]
pub(crate) struct PagePath {
    id: String,
    lower: String,
    upper: String,
}

/// `GET {hive}/{id}/page/{lower}/{upper}.json`. A client may hold a link to a page whose bounds have changed since: it
/// gets the versions between the bounds, because a 404 there crashes it.
pub(crate) async fn page(
    request: HttpRequest,
    state: Data<State>,
    hive: Path<HivePath>,
    page: Path<PagePath>,
) -> HttpResponse {
    let PagePath { id, lower, upper } = page.into_inner();
    let bounds = (NuGetVersion::parse(&lower), NuGetVersion::parse(&upper));
    let (Some(hive), (Ok(lower), Ok(upper))) = (hive.hive(), bounds) else { return respond::not_found() };
    if let Some(response) = prepared(&request, &state, &id, &documents::page_name(hive, &lower, &upper)) {
        return response;
    }
    let Some(key) = id_key(&id) else { return respond::not_found() };
    made_now(&request, &state, move |app| documents::page_between(app, &key, hive, &lower, &upper)).await
}

/// A page that was not prepared, and so is read from many rows: in turn, and on a thread that may take its time.
async fn made_now(
    request: &HttpRequest,
    state: &State,
    make: impl FnOnce(&App) -> Result<Option<Vec<u8>>, documents::Error> + Send + 'static,
) -> HttpResponse {
    let Some(turn) = state.turns.enter(asker(request, state)).await else { return busy() };
    let app = state.app.clone();
    // A client that hangs up ends this future, but not the read: the turn goes with that.
    let read = move || {
        let _turn = turn;
        make(&app)
    };
    match web::block(read).await {
        Ok(Ok(Some(body))) => {
            let etag = etag(&body);
            respond::document(request, body, &etag, Encoding::Identity)
        }
        Ok(Ok(None)) => respond::not_found(),
        Ok(Err(error)) => respond::internal(&error),
        Err(error) => respond::internal(&error),
    }
}

/// `GET {hive}/{id}/{version}.json`
pub(crate) async fn leaf(
    request: HttpRequest,
    state: Data<State>,
    hive: Path<HivePath>,
    package: Path<PackagePath>,
) -> HttpResponse {
    let Some(hive) = hive.hive() else { return respond::not_found() };
    match documents::leaf(&state.app, &package.id, &package.version, hive) {
        Ok(Some(body)) => {
            let etag = etag(&body);
            respond::document(&request, body, &etag, Encoding::Identity)
        }
        Ok(None) => respond::not_found(),
        Err(error) => respond::internal(&error),
    }
}

fn prepared(request: &HttpRequest, state: &Data<State>, id: &str, name: &str) -> Option<HttpResponse> {
    let key = id_key(id)?;
    let encoding = respond::encoding(request.headers());
    match state.app.store.look_up(|r| r.document(&key, name, encoding)) {
        Ok(found) => found.map(|(body, etag)| respond::document(request, body, &etag, encoding)),
        Err(error) => Some(respond::internal(&error)),
    }
}
