//! The package as it was pushed, before the feed signed it: built from what is served and the recipe kept with it.

use actix_web::body::SizedStream;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::path::PackagePath;
use super::respond::{self, IMMUTABLE};
use crate::archive::Rewrite;
use crate::store;
use crate::store::pushed_packages::Original;
use crate::web::content_stream;
use crate::web::state::State;

/// `GET /api/v1/packages/{id}/{version}/original`
pub(crate) async fn original(request: HttpRequest, state: Data<State>, package: Path<PackagePath>) -> HttpResponse {
    let Original { content, recipe, sha512 } =
        match state.app.store.look_up(|r| r.original(&package.id, &package.version)) {
            Ok(Some(found)) => found,
            Ok(None) => return respond::not_found(),
            Err(error) => return respond::internal(&error),
        };
    let Ok(recipe) = Rewrite::from_bytes(&recipe) else { return respond::internal(&store::Error::Corrupt("original")) };
    let etag = format!("\"{}\"", hex::encode(sha512.get(..20).unwrap_or_default()));
    let mut response = respond::tagged(&request, &etag, IMMUTABLE);
    if respond::response_is_not_modified(&request, &etag) {
        return response.finish();
    }
    let body = content_stream::rewritten(&state.app.store, content, &recipe);
    response.insert_header((CONTENT_TYPE, "application/octet-stream")).body(SizedStream::new(recipe.len(), body))
}
