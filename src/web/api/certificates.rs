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
    // Building chains is work for a processor: like a page it waits for its turn, and keeps nobody else from one.
    let _turn = state.page_turns.enter(caller.grant.account).await;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::domain::account::AccountId;
    use crate::domain::api_key::{ApiKeyId, KeyGrant};
    use crate::feed::test_server::TestServer;
    use crate::web::patience::Patience;

    #[actix_web::test]
    async fn a_key_that_asks_again_and_again_waits_for_its_own_account_and_for_no_other() {
        let (app, _folder) = TestServer::new().into_parts();
        let (_running, patience) = Patience::new();
        let state = Data::new(State::new(Arc::new(app), patience).unwrap());
        let (ann, bob) = (AccountId(1), AccountId(2));
        let moment = Duration::from_millis(200);
        let mut turns = Vec::new();
        while let Ok(turn) = timeout(moment, state.page_turns.enter(ann)).await {
            turns.push(turn);
        }
        let ask = |account| {
            let grant = KeyGrant {
                id: ApiKeyId(9),
                account,
                owner: account,
                scopes: "read".parse().unwrap(),
                patterns: Vec::new(),
                expires_at: OffsetDateTime::now_utc(),
            };
            list(Caller::of(grant), state.clone(), Path::from("ann".to_owned()))
        };
        assert!(timeout(moment, ask(ann)).await.is_err(), "all that ann has is in use");
        let long = Duration::from_secs(60);
        assert_eq!(timeout(long, ask(bob)).await.unwrap().status(), 403);
        turns.clear();
        assert_eq!(timeout(long, ask(ann)).await.unwrap().status(), 403);
    }
}
