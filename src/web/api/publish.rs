//! `PackagePublish/2.0.0`: push, unlist, relist.
//!
//! <https://learn.microsoft.com/nuget/api/package-publish-resource>. What each status and text does to the .NET client
//! is told in [`answer`](crate::web::answer).

mod explanation;
pub(super) mod refusal;

use actix_web::http::StatusCode;
use actix_web::web::{self, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use time::OffsetDateTime;

use super::path::PackagePath;
use crate::feed::push::{self, Pushed, Pusher, Received};
use crate::feed::unlist;
use crate::web::answer::Answer;
use crate::web::caller::Caller;
use crate::web::drain::{closed_unless, drained};
use crate::web::shares::Who;
use crate::web::spool::{self, Body};
use crate::web::state::State;
use crate::web::uploads::Place;

/// `PUT /api/v2/package`, with or without a slash at its end.
pub(crate) async fn push(caller: Caller, request: HttpRequest, state: Data<State>, payload: Payload) -> HttpResponse {
    match receive(&caller, &request, &state, payload).await {
        Ok((received, place)) => publish(&state, Pusher::Key(caller.actor()), received, place).await.into(),
        Err(refused) => refused,
    }
}

/// Receives the package of an upload with a key, when a place is free. The place is held until all is done: what was received
/// waits in the spool, and must not fill the disk meanwhile.
///
/// # Errors
/// The answer, after the body was drained.
pub(super) async fn receive(
    caller: &Caller,
    request: &HttpRequest,
    state: &State,
    payload: Payload,
) -> Result<(Received, Place), HttpResponse> {
    let body = Body::new(payload);
    let place = match state.uploads.enter(Who::of_key(&caller.grant)).await {
        Ok(place) => place,
        Err(refusal) => return Err(drained(refusal, body, state).await),
    };
    match spool::receive(state, request, body.clone()).await {
        Ok(received) => Ok((received, place)),
        // Whoever is too slow is not waited for any longer.
        Err(slow) if slow.status == StatusCode::REQUEST_TIMEOUT => Err(closed_unless(false, slow.into())),
        Err(refusal) => {
            drop(place);
            Err(drained(refusal, body, state).await)
        }
    }
}

/// Runs the push on a thread that may block, when a place is free.
async fn publish(state: &State, pusher: Pusher, received: Received, place: Place) -> Answer {
    let app = state.app.clone();
    let Ok(turn) = state.pushes.clone().acquire_owned().await else { return refusal::internal() };
    // A client that hangs up ends this future, but not the push: the places go with the push.
    let push = move || {
        let _held = (place, turn);
        push::push(&app, &pusher, &received, OffsetDateTime::now_utc())
    };
    let pushed = web::block(push).await;
    let answer = match pushed {
        Ok(Ok(pushed)) => {
            let Pushed { id, version, repeated, .. } = &pushed;
            tracing::info!(%id, %version, "{}", if *repeated { "pushed again" } else { "pushed" });
            explanation::of_pushed(pushed, &state.app.urls)
        }
        Ok(Err(refused)) => explanation::of_refused(&refused, &state.app.urls),
        Err(_) => refusal::internal(),
    };
    if !answer.status.is_success() {
        tracing::info!(status = answer.status.as_u16(), reason = answer.reason, details = ?answer.details, "push refused");
    }
    answer
}

/// `DELETE /api/v2/package/{id}/{version}`
pub(crate) async fn unlist(caller: Caller, state: Data<State>, package: Path<PackagePath>) -> HttpResponse {
    set_listed(caller, state, package.into_inner(), false).await
}

/// `POST /api/v2/package/{id}/{version}`
pub(crate) async fn relist(caller: Caller, state: Data<State>, package: Path<PackagePath>) -> HttpResponse {
    set_listed(caller, state, package.into_inner(), true).await
}

async fn set_listed(caller: Caller, state: Data<State>, package: PackagePath, listed: bool) -> HttpResponse {
    let app = state.app.clone();
    let now = OffsetDateTime::now_utc();
    let changed =
        web::block(move || unlist::set_listed(&app, &caller.actor(), &package.id, &package.version, listed, now)).await;
    match changed {
        Ok(Ok(())) if listed => HttpResponse::Ok().finish(),
        Ok(Ok(())) => HttpResponse::NoContent().finish(),
        Ok(Err(error)) => refusal::of_unlist(&error).into(),
        Err(_) => refusal::internal().into(),
    }
}
