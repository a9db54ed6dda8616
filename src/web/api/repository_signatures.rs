//! `RepositorySignatures`: the certificates that this feed signs with.
//!
//! Every restore asks for it, and any flaw in the answer stops the restore. So the bytes are prepared, nothing here asks
//! the database, and nobody needs credentials.
//! <https://learn.microsoft.com/nuget/api/repository-signatures-resource>

use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::respond;
use crate::store::documents::Encoding;
use crate::web::state::State;

/// `GET /v3/repository-signatures/{version}/index.json`
pub(crate) async fn index(request: HttpRequest, state: Data<State>, version: Path<String>) -> HttpResponse {
    let live = state.live();
    match live.repository_signatures.iter().find(|(known, _)| *known == version.as_str()) {
        Some((_, document)) => respond::document(&request, document.body.clone(), &document.etag, Encoding::Identity),
        None => respond::not_found(),
    }
}

/// `GET /v3/repository-signatures/certificates/{fingerprint}.crt`: the certificate as DER.
pub(crate) async fn certificate(request: HttpRequest, state: Data<State>, fingerprint: Path<String>) -> HttpResponse {
    let live = state.live();
    let wanted = fingerprint.to_ascii_lowercase();
    let Some(found) = live.certificates.iter().find(|certificate| certificate.fingerprint.to_string() == wanted) else {
        return respond::not_found();
    };
    let etag = format!("\"{wanted}\"");
    let mut response = respond::tagged(&request, &etag, respond::IMMUTABLE);
    if respond::response_is_not_modified(&request, &etag) {
        return response.finish();
    }
    response.insert_header((CONTENT_TYPE, "application/pkix-cert")).body(found.der.clone())
}
