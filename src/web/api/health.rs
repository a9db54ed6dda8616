//! For machines that watch the server.

use actix_web::HttpResponse;
use actix_web::web::Data;

use crate::web::state::State;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// `GET /readyz`: the database answers too.
pub(crate) async fn ready(state: Data<State>) -> HttpResponse {
    match state.app.store.look_up(|r| r.policy()) {
        Ok(_) => HttpResponse::Ok().content_type("text/plain").body("ready\n"),
        Err(error) => {
            tracing::error!(%error, "the database does not answer");
            HttpResponse::ServiceUnavailable().content_type("text/plain").body("the database does not answer\n")
        }
    }
}
