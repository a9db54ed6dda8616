//! The certificates of the account that a key acts for: a build can see whether what it signs with is registered. Keys change none.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Path};
use actix_web::{HttpResponse, web};
use time::OffsetDateTime;

use super::respond;
use crate::domain::account::AccountName;
use crate::feed::certificates;
use crate::web::answer::Answer;
use crate::web::caller::Caller;
use crate::web::state::State;

const OTHER_ACCOUNT: Answer = Answer::new(StatusCode::FORBIDDEN, "API key acts for another account");

/// `GET /api/v1/accounts/{name}/certificates`
pub(crate) async fn list(caller: Caller, state: Data<State>, name: Path<String>) -> HttpResponse {
    let Ok(name) = name.parse::<AccountName>() else { return OTHER_ACCOUNT.into() };
    let app = state.app.clone();
    let (id, now) = (caller.grant.id, OffsetDateTime::now_utc());
    let read = move || {
        let stored = app.store.read(|r| match r.grant_again(id, now)? {
            Ok(grant) => certificates::of_key(r, &app.config, &name, &grant, now),
            Err(_) => Ok(None),
        });
        stored?.map(|stored| stored.details((&*app).into(), now)).transpose()
    };
    match web::block(read).await {
        Ok(Ok(Some(rows))) => HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(rows),
        Ok(Ok(None)) => OTHER_ACCOUNT.into(),
        Ok(Err(error)) => respond::internal(&error),
        Err(error) => respond::internal(&error),
    }
}
