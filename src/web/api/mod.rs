//! The NuGet protocol: one file a resource. Paths of URLs are parsed here, once; what does not parse does not exist.

pub(super) mod autocomplete;
pub(super) mod certificates;
pub(super) mod file;
pub(super) mod flat_container;
pub(super) mod health;
pub(super) mod original;
mod path;
pub(super) mod publish;
mod query;
pub(super) mod registration;
pub(super) mod repository_signatures;
mod respond;
pub(super) mod search;
pub(super) mod service_index;
pub(super) mod verdicts;

use actix_web::HttpResponse;

/// Any path under the API that is no route: a small 404, not a page.
pub(super) async fn unknown() -> HttpResponse {
    respond::not_found()
}
