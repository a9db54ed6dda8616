//! Every route, grouped by who calls it.

use actix_web::middleware::from_fn;
use actix_web::web::{ServiceConfig, delete, get, head, post, put, resource, scope};
use actix_web::{Resource, Route};

use super::api::{
    autocomplete, file, flat_container, health, original, publish, registration, repository_signatures, search, service_index,
    unknown,
};
use super::caller::{reading, reading_files, writing};

/// The routes below the path of the public URL.
pub(super) fn routes(config: &mut ServiceConfig) {
    open_to_all(config);
    files(config);
    push(config);
    read(config);
}

/// Nobody needs credentials: machines that watch, and clients that check signatures.
fn open_to_all(config: &mut ServiceConfig) {
    config
        .service(read_only("/healthz", || get().to(health::alive), || head().to(health::alive)))
        .service(read_only("/readyz", || get().to(health::ready), || head().to(health::ready)))
        .service(
            scope("/v3/repository-signatures")
                .service(read_only(
                    "/certificates/{fingerprint}.crt",
                    || get().to(repository_signatures::certificate),
                    || head().to(repository_signatures::certificate),
                ))
                .service(read_only(
                    "/{version}/index.json",
                    || get().to(repository_signatures::index),
                    || head().to(repository_signatures::index),
                ))
                .default_service(actix_web::web::to(unknown)),
        );
}

/// A token in the URL will do: Visual Studio fetches these without credentials.
fn files(config: &mut ServiceConfig) {
    let kinds: [(&str, fn() -> Route, fn() -> Route); 3] = [
        ("icon", || get().to(file::icon), || head().to(file::icon)),
        ("readme", || get().to(file::readme), || head().to(file::readme)),
        ("license", || get().to(file::license), || head().to(file::license)),
    ];
    for (kind, on_get, on_head) in kinds {
        let path = format!("/v3/flatcontainer/{{id}}/{{version}}/{kind}");
        config.service(read_only(&path, on_get, on_head).wrap(from_fn(reading_files)));
    }
}

/// Needs a key. Clients append a slash to the push URL; a redirect between the two would lose packages.
fn push(config: &mut ServiceConfig) {
    for path in ["/api/v2/package", "/api/v2/package/"] {
        config.service(
            resource(path).route(put().to(publish::push)).route(post().to(publish::push)).wrap(from_fn(writing)),
        );
    }
    config.service(
        resource("/api/v2/package/{id}/{version}")
            .route(delete().to(publish::unlist))
            .route(post().to(publish::relist))
            .wrap(from_fn(writing)),
    );
}

/// Needs the right to read.
fn read(config: &mut ServiceConfig) {
    config.service(
        scope("/v3")
            .wrap(from_fn(reading))
            .service(
                read_only("/index.json", || get().to(service_index::service_index), || head().to(service_index::service_index))
                    .route(put().to(service_index::not_a_place_to_push)),
            )
            .service(read_only("/flatcontainer/{id}/index.json", || get().to(flat_container::versions), || head().to(flat_container::versions)))
            .service(read_only("/flatcontainer/{id}/{version}/{file}", || get().to(flat_container::file), || head().to(flat_container::file)))
            // paket appends a slash to the address of completion.
            .service(read_only("/autocomplete/", || get().to(autocomplete::autocomplete), || head().to(autocomplete::autocomplete)))
            .service(read_only("/search", || get().to(search::search), || head().to(search::search)))
            .service(read_only("/autocomplete", || get().to(autocomplete::autocomplete), || head().to(autocomplete::autocomplete)))
            .service(read_only("/{hive}/{id}/index.json", || get().to(registration::index), || head().to(registration::index)))
            .service(read_only("/{hive}/{id}/page/{lower}/{upper}.json", || get().to(registration::page), || head().to(registration::page)))
            .service(read_only("/{hive}/{id}/{version}.json", || get().to(registration::leaf), || head().to(registration::leaf)))
            .default_service(actix_web::web::to(unknown)),
    );
    config.service(
        scope("/api/v1")
            .wrap(from_fn(reading))
            .service(read_only("/packages/{id}/{version}/original", || get().to(original::original), || head().to(original::original)))
            .default_service(actix_web::web::to(unknown)),
    );
    config.service(scope("/api").default_service(actix_web::web::to(unknown)));
}

/// A resource that is only read: GET, and HEAD with the same headers.
fn read_only(path: &str, on_get: impl Fn() -> Route, on_head: impl Fn() -> Route) -> Resource {
    resource(path).route(on_get()).route(on_head())
}
