//! A table as a CSV file that the browser saves, sent piece by piece.
//!
//! A client may read as slowly as it likes, so each piece is asked for anew: whoever has lost the right, or the session, gets no
//! further one. A file that breaks off ends its connection without the end of the body, so that nobody takes it for whole.

use std::time::Duration;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpResponse, web};
use futures_util::stream::{self, Stream};
use thiserror::Error;
use time::OffsetDateTime;
use time::macros::format_description;
use tokio::time::Instant;

use super::viewer::Viewer;
use crate::domain::account::AccountName;
use crate::domain::permission::Action;
use crate::feed::authority::{Actor, Refused, authorize};
use crate::store::{self, Reads, Store};
use crate::web::shares::Who;
use crate::web::state::State;

/// How long a file may take in all. A million lines are about 300 MB: 500 KB a second.
const LONGEST: Duration = Duration::from_secs(600);

/// What whoever gets the file must be allowed to see, from the first piece to the last.
#[derive(Debug, Clone)]
pub(super) enum Sees {
    /// The server.
    Server,
    /// The certificates of an account.
    CertificatesOf(AccountName),
}

/// Why a file breaks off.
#[derive(Debug, Error)]
enum BrokenOff {
    /// The session has ended, the account was disabled, or the right was taken away.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The client reads too slowly.
    #[error("it took too long")]
    TooSlow,
    /// Too much else is asked for at once.
    #[error("no turn came")]
    Busy,
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The thread that read ended.
    #[error(transparent)]
    Thread(#[from] actix_web::error::BlockingError),
}

/// Sends what `next` makes of `export` until that is `None`. The file is called `NAME-DAY.csv`.
pub(super) fn spreadsheet<E: Send + 'static>(
    viewer: &Viewer,
    name: &str,
    sees: Sees,
    export: E,
    next: fn(&mut E, &Store) -> Result<Option<String>, store::Error>,
) -> HttpResponse {
    let pieces = pieces(viewer.visit.state().clone(), (viewer.visit.who(), viewer.actor(), sees), export, next);
    let day = viewer.visit.now().format(format_description!("[year]-[month]-[day]")).unwrap_or_default();
    let mut response = HttpResponse::Ok();
    response.insert_header((CONTENT_TYPE, "text/csv; charset=utf-8; header=present"));
    response.insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    response.insert_header((CACHE_CONTROL, "no-store"));
    response.insert_header((HeaderName::from_static("cross-origin-resource-policy"), "same-origin"));
    if let Ok(disposition) = HeaderValue::from_str(&format!("attachment; filename=\"{name}-{day}.csv\"")) {
        response.insert_header((CONTENT_DISPOSITION, disposition));
    }
    response.streaming(pieces)
}

/// The pieces for `whom`, each read in a turn of its own, and only for somebody who still may have it.
fn pieces<E: Send + 'static>(
    state: web::Data<State>,
    whom: (Who, Actor, Sees),
    export: E,
    next: fn(&mut E, &Store) -> Result<Option<String>, store::Error>,
) -> impl Stream<Item = Result<web::Bytes, BrokenOff>> {
    let end = Instant::now() + LONGEST;
    stream::try_unfold((export, whom), move |(mut export, whom)| {
        let state = state.clone();
        async move {
            if Instant::now() >= end {
                return Err(BrokenOff::TooSlow);
            }
            let turn = state.turns.enter(whom.0).await.ok_or(BrokenOff::Busy)?;
            let store = state.app.store.clone();
            let read = move || {
                let _turn = turn;
                store.read(|r| still_sees(r, &whom.1, &whom.2, OffsetDateTime::now_utc()))?;
                let piece = next(&mut export, &store)?;
                Ok(piece.map(|piece| (web::Bytes::from(piece), (export, whom))))
            };
            web::block(read).await?.inspect_err(|why: &BrokenOff| tracing::info!(%why, "a CSV file broke off"))
        }
    })
}

fn still_sees(reads: &Reads<'_>, actor: &Actor, sees: &Sees, now: OffsetDateTime) -> Result<(), Refused> {
    let authorized = match sees {
        Sees::Server => authorize(reads, actor, Action::SeeServer, None, now),
        Sees::CertificatesOf(name) => {
            let account = reads.account(name)?.ok_or(Refused::SignedOut)?;
            authorize(reads, actor, Action::SeeCertificates, Some(&account), now)
        }
    };
    authorized.map(drop)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::Arc;

    use futures_util::StreamExt;

    use super::*;
    use crate::domain::account::Account;
    use crate::domain::policy::SecondFactor;
    use crate::feed::accounts;
    use crate::feed::test_server::TestServer;
    use crate::web::patience::Patience;

    struct House {
        state: web::Data<State>,
        eve: Account,
        actor: Actor,
        _folder: tempfile::TempDir,
    }

    impl House {
        /// `eve` runs the server, and has just signed in.
        fn new() -> Self {
            let server = TestServer::new();
            let eve = server.administrator("eve");
            server.administrator("ann");
            let token = server.sign_in(&eve, OffsetDateTime::now_utc()).token;
            let mut actor = server.actor_of(&token);
            actor.rules.second_factor = SecondFactor::Optional;
            let actor = Actor::Session(actor);
            let (app, folder) = server.into_parts();
            let (_running, patience) = Patience::new();
            Self { state: web::Data::new(State::new(Arc::new(app), patience).unwrap()), eve, actor, _folder: folder }
        }

        fn store(&self) -> &Store {
            &self.state.app.store
        }

        /// A file without an end.
        fn file(&self) -> Pin<Box<impl Stream<Item = Result<web::Bytes, BrokenOff>>>> {
            let whom = (Who::Account(self.eve.id), self.actor.clone(), Sees::Server);
            Box::pin(pieces(self.state.clone(), whom, (), |(), _| Ok(Some("a,b\r\n".to_owned()))))
        }
    }

    /// What takes it away that `eve` may have the file.
    type Loss = fn(&House, OffsetDateTime);

    #[actix_web::test]
    async fn a_file_breaks_off_when_whoever_gets_it_may_not_see_it_any_more() {
        let losses: [Loss; 3] = [
            |house, now| {
                accounts::set_administrator(house.store(), &house.eve.name, false, &Actor::CommandLine, now).unwrap();
            },
            |house, now| {
                accounts::set_disabled(house.store(), &house.eve.name, true, &Actor::CommandLine, now).unwrap();
            },
            |house, now| {
                accounts::end_sessions(house.store(), &house.eve.name, &Actor::CommandLine, now).unwrap();
            },
        ];
        for loses in losses {
            let house = House::new();
            let mut file = house.file();
            assert_eq!(file.next().await.unwrap().unwrap(), "a,b\r\n");
            assert!(file.next().await.unwrap().is_ok());
            loses(&house, OffsetDateTime::now_utc());
            assert!(matches!(file.next().await, Some(Err(BrokenOff::Refused(_)))));
        }
    }

    #[actix_web::test]
    async fn each_piece_waits_for_its_turn_like_a_page() {
        let house = House::new();
        let mut file = house.file();
        assert!(file.next().await.unwrap().is_ok());
        let mut taken = Vec::new();
        while let Ok(Some(turn)) =
            tokio::time::timeout(Duration::from_millis(50), house.state.turns.enter(house.eve.id)).await
        {
            taken.push(turn);
        }
        let waits = tokio::time::timeout(Duration::from_millis(50), file.next()).await;
        assert!(waits.is_err(), "all turns of eve are taken");
        taken.clear();
        assert!(file.next().await.unwrap().is_ok());
    }

    #[actix_web::test]
    async fn whoever_reads_too_slowly_gets_a_part() {
        let house = House::new();
        let mut file = house.file();
        assert!(file.next().await.unwrap().is_ok());
        tokio::time::pause();
        tokio::time::advance(LONGEST).await;
        assert!(matches!(file.next().await, Some(Err(BrokenOff::TooSlow))));
    }
}
