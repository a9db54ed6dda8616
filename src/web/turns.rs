//! Turns at reads that may take long: searches, pages, what is made only when it is asked for. Each holds a reader of the database
//! while it runs, so there are only so many at once, and one person has only a part of them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::ErrorInternalServerError;
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, rt, web};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::answer::Answer;
use super::caller::asker;
use super::shares::{Shares, Who};
use super::state::State;

/// Reads at once: fewer than the database has readers, because some of those are at work for the server itself.
const AT_ONCE: usize = 24;
/// Those of strangers: whoever has an account gets in, however many addresses strangers have.
const OF_STRANGERS: usize = 12;
/// Those of one person; further ones wait. A browser asks for a few.
const OF_ONE_PERSON: usize = 4;
/// How long a read waits for its turn.
const WAIT: Duration = Duration::from_secs(10);
/// When it may come again.
pub(super) const BUSY_SECONDS: u32 = 2;

const BUSY: Answer = Answer::new(StatusCode::SERVICE_UNAVAILABLE, "server is busy");

/// All turns.
pub(crate) struct Turns {
    all: Arc<Semaphore>,
    of_strangers: Arc<Semaphore>,
    of_people: Shares,
}

/// A turn that is taken. Dropping it gives it back, so it goes with the read, which ends later than a request whose client
/// hangs up.
pub(super) struct Turn {
    _share: OwnedSemaphorePermit,
    _strangers: Option<OwnedSemaphorePermit>,
    _all: OwnedSemaphorePermit,
}

impl Turns {
    /// All turns free.
    pub fn new() -> Self {
        let turns = |most| Arc::new(Semaphore::new(most));
        Self { all: turns(AT_ONCE), of_strangers: turns(OF_STRANGERS), of_people: Shares::of(OF_ONE_PERSON) }
    }

    /// Waits for a turn; `None` when none came in time.
    pub async fn enter(&self, who: impl Into<Who>) -> Option<Turn> {
        let who = who.into();
        let wait = async {
            let share = self.of_people.enter(who).await?;
            let strangers = match who {
                Who::Address(_) => Some(Arc::clone(&self.of_strangers).acquire_owned().await.ok()?),
                Who::Account(_) | Who::ServiceKeysOf(_) => None,
            };
            let all = Arc::clone(&self.all).acquire_owned().await.ok()?;
            Some(Turn { _share: share, _strangers: strangers, _all: all })
        };
        timeout(WAIT, wait).await.ok().flatten()
    }
}

/// Lets a request of the API pass when its turn comes. For what runs on a thread that may take its time.
pub(super) async fn in_turn(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let Some(state) = request.app_data::<web::Data<State>>().cloned() else {
        return Err(ErrorInternalServerError("route without state"));
    };
    let Some(turn) = state.turns.enter(asker(request.request(), &state)).await else {
        return Ok(request.into_response(busy()));
    };
    // A client that hangs up ends this future, but not what was begun: the turn goes with that.
    let begun = rt::spawn(async move {
        let _turn = turn;
        next.call(request).await
    });
    begun.await.map_err(ErrorInternalServerError)?
}

/// What the API answers when no turn came: clients come again by themselves.
pub(super) fn busy() -> HttpResponse {
    BUSY.retry_after(Duration::from_secs(u64::from(BUSY_SECONDS))).into()
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use actix_web::test::{TestRequest, call_service, init_service};
    use time::OffsetDateTime;

    use super::*;
    use crate::domain::account::AccountId;
    use crate::feed::test_server::TestServer;
    use crate::web::patience::Patience;
    use crate::web::routes::routes;

    const ANN: AccountId = AccountId(1);
    const BOB: AccountId = AccountId(2);

    fn stranger(number: u8) -> Who {
        Who::stranger(std::net::IpAddr::from([192, 0, 2, number]))
    }

    #[tokio::test(start_paused = true)]
    async fn one_person_has_a_share_of_the_turns_and_is_told_to_come_back_for_more() {
        let turns = Turns::new();
        let mut anns = Vec::new();
        for _ in 0..OF_ONE_PERSON {
            anns.push(turns.enter(ANN).await.unwrap());
        }
        assert!(turns.enter(ANN).await.is_none());
        assert!(turns.enter(BOB).await.is_some());
        drop(anns.pop());
        assert!(turns.enter(ANN).await.is_some());
        assert_eq!(busy().headers().get("retry-after").unwrap(), "2");
    }

    #[actix_web::test]
    async fn while_no_turn_is_free_searches_are_told_to_come_back_and_what_a_restore_asks_for_is_answered() {
        let (app, _folder) = TestServer::new().into_parts();
        app.store.write(|w| w.set_policy("anonymous_read", "true")).unwrap();
        app.refresh(OffsetDateTime::now_utc()).unwrap();
        let (_running, patience) = Patience::new();
        let state = web::Data::new(State::new(Arc::new(app), patience).unwrap());
        let service = init_service(App::new().app_data(state.clone()).configure(routes)).await;
        // The status of an answer, and whether it says when to come again.
        let ask = async |path: &str| {
            let answer = call_service(&service, TestRequest::get().uri(path).to_request()).await;
            (answer.status().as_u16(), answer.headers().contains_key("retry-after"))
        };
        let long = ["/v3/search?q=a", "/v3/autocomplete?q=a", "/v3/registration/a/page/0.0.0/1.0.0.json", "/"];
        for (path, status) in long.into_iter().zip([200, 200, 404, 200]) {
            assert_eq!(ask(path).await, (status, false), "{path}");
        }
        let mut taken = Vec::new();
        for number in 0..3 {
            for _ in 0..OF_ONE_PERSON {
                taken.push(state.turns.enter(stranger(number)).await.unwrap());
            }
        }
        tokio::time::pause();
        for path in long {
            assert_eq!(ask(path).await, (503, true), "{path}");
        }
        for path in ["/healthz", "/readyz", "/v3/index.json"] {
            assert_eq!(ask(path).await, (200, false), "{path}");
        }
        for path in ["/v3/flatcontainer/a/index.json", "/v3/registration/a/index.json"] {
            assert_eq!(ask(path).await, (404, false), "{path}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_leave_turns_to_those_who_have_an_account() {
        let turns = Turns::new();
        let mut taken = Vec::new();
        for number in 0..30 {
            for _ in 0..OF_ONE_PERSON {
                taken.extend(turns.enter(stranger(number)).await);
            }
        }
        assert_eq!(taken.len(), OF_STRANGERS);
        assert!(turns.enter(ANN).await.is_some());
    }
}
