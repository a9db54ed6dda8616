//! Every route, grouped by who calls it.

use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, delete, get, head, post, put, resource, scope, to};
use actix_web::{FromRequest, Handler, Resource, Responder};

use super::api::{
    autocomplete, file, flat_container, health, original, publish, registration, repository_signatures, search,
    service_index, unknown,
};
use super::caller::{reading, reading_files, writing};
use super::pages::assets;

/// The routes below the path of the public URL.
pub(super) fn routes(config: &mut ServiceConfig) {
    open_to_all(config);
    files(config);
    push(config);
    read(config);
    config.service(scope("/api").default_service(to(unknown)));
}

/// Nobody needs credentials: machines that watch, clients that check signatures, and what pages are drawn with.
fn open_to_all(config: &mut ServiceConfig) {
    config.service(read_only("/assets/{name}", assets::asset));
    config.service(read_only("/healthz", health::alive)).service(read_only("/readyz", health::ready)).service(
        scope("/v3/repository-signatures")
            .service(read_only("/certificates/{fingerprint}.crt", repository_signatures::certificate))
            .service(read_only("/{version}/index.json", repository_signatures::index))
            .default_service(to(unknown)),
    );
}

/// A token in the URL will do: Visual Studio fetches these without credentials.
fn files(config: &mut ServiceConfig) {
    let files = [
        read_only("/v3/flatcontainer/{id}/{version}/icon", file::icon),
        read_only("/v3/flatcontainer/{id}/{version}/readme", file::readme),
        read_only("/v3/flatcontainer/{id}/{version}/license", file::license),
    ];
    for file in files {
        config.service(file.wrap(from_fn(reading_files)));
    }
}

/// Needs a key. Clients append a slash to the push URL; a redirect between the two would lose packages.
fn push(config: &mut ServiceConfig) {
    for path in ["/api/v2/package", "/api/v2/package/"] {
        let pushed = resource(path).route(put().to(publish::push)).route(post().to(publish::push));
        config.service(pushed.wrap(from_fn(writing)));
    }
    let listing = resource("/api/v2/package/{id}/{version}");
    let listing = listing.route(delete().to(publish::unlist)).route(post().to(publish::relist));
    config.service(listing.wrap(from_fn(writing)));
}

/// Needs the right to read.
fn read(config: &mut ServiceConfig) {
    config.service(
        scope("/v3")
            .wrap(from_fn(reading))
            .service(
                read_only("/index.json", service_index::service_index)
                    .route(put().to(service_index::not_a_place_to_push)),
            )
            .service(read_only("/flatcontainer/{id}/index.json", flat_container::versions))
            .service(read_only("/flatcontainer/{id}/{version}/{file}", flat_container::file))
            .service(read_only("/search", search::search))
            .service(read_only("/autocomplete", autocomplete::autocomplete))
            // paket appends a slash to the address of completion.
            .service(read_only("/autocomplete/", autocomplete::autocomplete))
            .service(read_only("/{hive}/{id}/index.json", registration::index))
            .service(read_only("/{hive}/{id}/page/{lower}/{upper}.json", registration::page))
            .service(read_only("/{hive}/{id}/{version}.json", registration::leaf))
            .default_service(to(unknown)),
    );
    config.service(
        scope("/api/v1")
            .wrap(from_fn(reading))
            .service(read_only("/packages/{id}/{version}/original", original::original))
            .default_service(to(unknown)),
    );
}

/// A resource that is only read: GET, and HEAD with the same headers.
fn read_only<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    resource(path).route(get().to(handler.clone())).route(head().to(handler))
}
