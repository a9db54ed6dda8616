//! Passwords and codes that pages are given: tested and hashed behind the gate, and slowed when they are wrong.

use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use zeroize::Zeroizing;

use super::components::FieldErrors;
use super::cookies::Names;
use super::posted::Posted;
use super::problem::Problem;
use super::refusal::{Refusal, capitalised};
use super::visit::Visit;
use crate::domain::account::AccountName;
use crate::feed::sign_in::{self, TestedPassword};
use crate::password::NewPassword;
use crate::store;
use crate::web::password_gate::{Answer, NotHashed};
use crate::web::throttle::{Attempt, Ticket};

/// What is said at the sign-in, of wrong passwords and unknown accounts alike.
pub(super) const WRONG_NAME_OR_PASSWORD: &str = "the account name or the password is wrong";
/// Seconds after which somebody may try again when too many sign in at once.
const BUSY_SECONDS: u32 = 5;

/// The password that somebody has, as it was typed into a form.
pub(super) struct Typed<'a> {
    /// The form.
    pub posted: &'a Posted,
    /// The field's name.
    pub field: &'a str,
    /// What the field's label calls it, within a sentence.
    pub called: &'a str,
}

/// Tests the password of `account`; `None` when it is wrong. An account that does not exist costs the same and is answered the
/// same.
///
/// # Errors
/// Too many tries.
pub(super) async fn test(
    visit: &Visit,
    request: &HttpRequest,
    account: &AccountName,
    secret: Zeroizing<String>,
) -> Result<Option<TestedPassword>, Refusal> {
    let state = visit.state();
    let stored = state.app.store.look_up(|r| r.password_hash(account))?.map(|(_, hash)| hash);
    let answer = state.passwords.test(&attempt(visit, request, account), stored.clone(), secret).await;
    match (answer, stored) {
        (Answer::Right, Some(hash)) => Ok(Some(TestedPassword { account: account.clone(), hash })),
        (Answer::Right | Answer::Wrong, _) => Ok(None),
        (Answer::Busy, _) => Err(Problem::too_many(BUSY_SECONDS).into()),
        (Answer::Slowed(wait), _) => Err(too_many(wait)),
    }
}

/// Tests what was typed as the password of `account`. A wrong one is an entry in `errors` at its field.
///
/// # Errors
/// [`Refusal::Said`] for a wrong one; too many tries.
pub(super) async fn test_typed(
    visit: &Visit,
    request: &HttpRequest,
    account: &AccountName,
    typed: Typed<'_>,
    errors: &mut FieldErrors,
) -> Result<TestedPassword, Refusal> {
    let tested = test(visit, request, account, typed.posted.secret(typed.field)).await?;
    tested.ok_or_else(|| {
        let wrong = format!("the {} is wrong", typed.called);
        errors.add(typed.field, capitalised(&wrong));
        Refusal::Said(wrong)
    })
}

/// Hashes the new password that somebody chose for `account`, once they have shown that they may: by their old one, or by a
/// good link.
///
/// # Errors
/// A password that can't be used; too many at once.
pub(super) async fn hash(
    visit: &Visit,
    account: &AccountName,
    chosen: Zeroizing<String>,
) -> Result<NewPassword, Refusal> {
    visit.state().passwords.hash(chosen, account, visit.host()).await.map_err(|error| match error {
        NotHashed::Busy => Problem::too_many(BUSY_SECONDS).into(),
        NotHashed::Unusable(unusable) => Refusal::Said(unusable.to_string()),
    })
}

/// Hashes a password anew that was right, if the settings want another work now than when it was hashed.
pub(super) async fn rehash(visit: &Visit, tested: TestedPassword, plain: Zeroizing<String>) {
    let Some(hash) = visit.state().passwords.rehash(&tested.hash, plain).await else { return };
    let stored = visit.run(move |app| {
        sign_in::rehash(app, &tested, &hash);
        Ok::<_, Refusal>(())
    });
    drop(stored.await);
}

/// Begins a try of a code of `account`. It counts as failed unless the ticket is told otherwise.
///
/// # Errors
/// Too many tries.
pub(super) fn try_code(visit: &Visit, request: &HttpRequest, account: &AccountName) -> Result<Ticket, Refusal> {
    let attempt = attempt(visit, request, account);
    visit.state().throttle.try_code_now(&attempt, Instant::now()).map_err(|wait| too_many(wait.0))
}

/// Counts a sign-in to `account` if it will await a code. Whether the browser is known.
///
/// # Errors
/// Too many.
pub(super) fn count_sign_in(visit: &Visit, request: &HttpRequest, account: &AccountName) -> Result<bool, Refusal> {
    let (state, attempt) = (visit.state(), attempt(visit, request, account));
    let enrolled = state.app.store.look_up(|r| {
        let account = r.account(account)?;
        account.map_or(Ok(false), |account| Ok::<_, store::Error>(r.second_factor(account.id)?.is_some()))
    })?;
    if enrolled {
        state.throttle.await_code_now(&attempt, Instant::now()).map_err(|wait| too_many(wait.0))?;
    }
    Ok(attempt.known)
}

/// Counts a link that is to be mailed.
///
/// # Errors
/// Too many.
pub(super) fn ask_for_link(visit: &Visit) -> Result<(), Refusal> {
    let asked = visit.state().throttle.ask_for_link_now(visit.address(), Instant::now());
    asked.map_err(|wait| too_many(wait.0))
}

fn attempt<'a>(visit: &Visit, request: &HttpRequest, account: &'a AccountName) -> Attempt<'a> {
    let known = Names::of(visit.state()).knows(request, visit.state(), account);
    Attempt { account_key: account.key(), address: visit.address(), known }
}

fn too_many(wait: Duration) -> Refusal {
    Problem::too_many(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1)).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::test::TestRequest;
    use actix_web::web;

    use super::*;
    use crate::feed::test_server::{PASSWORD, TestServer};
    use crate::web::patience::Patience;
    use crate::web::state::State;

    #[actix_web::test]
    async fn while_too_many_wait_a_new_password_is_told_to_come_back() {
        let (app, _folder) = TestServer::new().into_parts();
        let (_running, patience) = Patience::new();
        let state = web::Data::new(State::new(Arc::new(app), patience).unwrap());
        let visit = Visit::arrive(&TestRequest::default().app_data(state.clone()).to_srv_request()).unwrap();
        let ann = "ann".parse().unwrap();
        let chosen = |text: &str| hash(&visit, &ann, Zeroizing::new(text.to_owned()));
        assert_eq!(*chosen(PASSWORD).await.unwrap().account(), ann);
        assert!(matches!(chosen("Feed-Example-2026").await, Err(Refusal::Said(_))), "the host's name");
        let _full = state.passwords.fill().await;
        let refused = chosen(PASSWORD).await.unwrap_err().show(&visit, None);
        assert_eq!(refused.status(), 429);
        let waits = refused.headers().get("retry-after").and_then(|value| value.to_str().ok());
        assert_eq!(waits, Some(BUSY_SECONDS.to_string().as_str()));
    }
}
