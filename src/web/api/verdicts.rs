//! Dry runs, and the verdicts that are kept: what a push would be told, as JSON.

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use actix_web::web::{self, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use time::OffsetDateTime;

use super::publish::{receive, refusal};
use super::respond;
use crate::documents::Urls;
use crate::domain::account::AccountId;
use crate::domain::verdict::{Explained, VerdictKind, VerdictNumber};
use crate::feed::push::{self, Pusher, Received};
use crate::feed::verdicts::{self, Kept};
use crate::store::verdicts::KeptVerdict;
use crate::web::answer::Answer;
use crate::web::caller::Caller;
use crate::web::state::State;
use crate::web::uploads::Place;

/// A verdict as it is answered. `number` and `url` are null where it could not be kept.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    number: Option<VerdictNumber>,
    url: Option<String>,
    kind: VerdictKind,
    #[serde(with = "time::serde::rfc3339")]
    at: OffsetDateTime,
    #[serde(flatten)]
    explained: &'a Explained,
}

/// `POST /api/v1/verdicts`: what a push of the body would be told.
pub(crate) async fn dry_run(
    caller: Caller,
    request: HttpRequest,
    state: Data<State>,
    payload: Payload,
) -> HttpResponse {
    match receive(&caller, &request, &state, payload).await {
        Ok((received, place)) => {
            judge(&state, caller.grant.account, Pusher::Key(caller.actor()), received, place).await
        }
        Err(refused) => refused,
    }
}

/// Runs it on a thread that may block, when a place for pushes is free.
async fn judge(state: &State, account: AccountId, pusher: Pusher, received: Received, place: Place) -> HttpResponse {
    let app = state.app.clone();
    let Ok(turn) = state.pushes.clone().acquire_owned().await else { return refusal::internal().into() };
    let now = OffsetDateTime::now_utc();
    let judged = web::block(move || {
        let _held = (place, turn);
        push::dry_run(&app, &pusher, &received, now)
    });
    match judged.await {
        Ok(Ok(Kept { mut explained, number })) => {
            explained.register &= may_register(state, account, number, now);
            shown(&state.app.urls, number, VerdictKind::DryRun, now, &explained)
        }
        Ok(Err(error)) => refused(refusal::of_push(&error)),
        Err(_) => refusal::internal().into(),
    }
}

/// What is answered to a file that is no package, as a push of it is.
fn refused(answer: Answer) -> HttpResponse {
    tracing::info!(status = answer.status.as_u16(), reason = answer.reason, details = ?answer.details, "dry run refused");
    answer.into()
}

/// `GET /api/v1/verdicts/{number}`, for the account whose key asked.
pub(crate) async fn verdict(caller: Caller, state: Data<State>, number: Path<String>) -> HttpResponse {
    let Ok(number) = number.parse().map(VerdictNumber) else { return respond::not_found() };
    let (account, now) = (caller.grant.account, OffsetDateTime::now_utc());
    match state.app.store.look_up(|r| r.verdict(number, now)) {
        Ok(Some(KeptVerdict { pusher, kind, at, mut explained, .. })) if pusher.0 == account => {
            explained.register &= may_register(&state, account, Some(number), now);
            shown(&state.app.urls, Some(number), kind, at, &explained)
        }
        Ok(_) => respond::not_found(),
        Err(error) => respond::internal(&error),
    }
}

/// Whether it is theirs to register the certificate, as the page would offer it: others would be sent there for nothing.
fn may_register(state: &State, account: AccountId, number: Option<VerdictNumber>, now: OffsetDateTime) -> bool {
    let app = &state.app;
    let may = number.map(|number| app.store.look_up(|r| verdicts::registrable(r, app, account, number, now)));
    matches!(may, Some(Ok(true)))
}

fn shown(
    urls: &Urls,
    number: Option<VerdictNumber>,
    kind: VerdictKind,
    at: OffsetDateTime,
    explained: &Explained,
) -> HttpResponse {
    let shown = Shown { number, url: number.map(|number| urls.verdict(number)), kind, at, explained };
    match serde_json::to_string_pretty(&shown) {
        Ok(json) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "application/json"))
            .insert_header((CACHE_CONTROL, "no-store"))
            .body(json + "\n"),
        Err(error) => respond::internal(&error),
    }
}
