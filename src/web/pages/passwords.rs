//! Passwords and codes that pages are given: tested behind the gate, and slowed when they are wrong.

use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use zeroize::Zeroizing;

use super::cookies::Names;
use super::problem::Problem;
use super::refusal::Refusal;
use super::visit::Visit;
use crate::domain::account::AccountName;
use crate::feed::sign_in::TestedPassword;
use crate::web::password_gate::Answer;
use crate::web::throttle::{Attempt, Ticket};

/// What is said of every wrong password and every unknown account.
pub(super) const WRONG: &str = "the account name or the password is wrong";
/// Seconds after which somebody may try again when too many sign in at once.
const BUSY_SECONDS: u32 = 5;

/// Tests the password of `account`. An account that does not exist costs the same and is answered the same.
///
/// # Errors
/// [`Refusal::Said`] with [`WRONG`]; too many tries.
pub(super) async fn test(
    visit: &Visit,
    request: &HttpRequest,
    account: &AccountName,
    secret: Zeroizing<String>,
) -> Result<TestedPassword, Refusal> {
    let state = visit.state();
    let stored = state.app.store.read(|r| r.password_hash(account))?.map(|(_, hash)| hash);
    let answer = state.passwords.test(&attempt(visit, request, account), stored.clone(), secret).await;
    match (answer, stored) {
        (Answer::Right, Some(hash)) => Ok(TestedPassword { account: account.clone(), hash }),
        (Answer::Right | Answer::Wrong, _) => Err(Refusal::Said(WRONG.to_owned())),
        (Answer::Busy, _) => Err(Problem::too_many(BUSY_SECONDS).into()),
        (Answer::Slowed(wait), _) => Err(too_many(wait)),
    }
}

/// Begins a try of a code of `account`. It counts as failed unless the ticket is told otherwise.
///
/// # Errors
/// Too many tries.
pub(super) fn try_code(visit: &Visit, request: &HttpRequest, account: &AccountName) -> Result<Ticket, Refusal> {
    let attempt = attempt(visit, request, account);
    visit.state().throttle.try_code_now(&attempt, Instant::now()).map_err(|wait| too_many(wait.0))
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
