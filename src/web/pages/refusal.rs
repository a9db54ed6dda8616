//! Why a page is not shown or a form not taken, from every operation, and what the person sees.

mod accounts;
mod api_keys;
mod certificates;
mod organizations;
mod own_account;
mod packages;
mod push;
mod revocation;
mod server;
mod sign_in;
mod unknown_roots;
mod verdicts;

use std::error::Error as StdError;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use super::confirm;
use super::frame::below;
use super::onward::Onward;
use super::posted::Replay;
use super::problem::Problem;
use super::sign_in::PAGE;
use super::visit::Visit;
use crate::domain::permission::Denied;
use crate::feed::authority::Refused;
use crate::store;
use crate::vault::random;

/// What a handler refuses. The middleware shows it.
#[derive(Debug, Clone)]
pub(in crate::web) enum Refusal {
    /// Something about what was typed or clicked, said in a sentence for the person: a form shows it beside its fields, or it
    /// becomes a page of its own.
    Said(String),
    /// There is no such thing, or nothing that they may know of.
    Missing,
    /// It is not allowed, or not yet: a code or password that is missing is asked for in place.
    Denied(Denied),
    /// A code or password given in place was wrong: asked for again, with the reason.
    NotConfirmed(Denied, String),
    /// Nobody is signed in.
    SignIn,
    /// A page that says why.
    Problem(Problem),
}

impl Refusal {
    /// A failure that is ours: logged with its cause under a number, told with the number alone.
    pub fn internal(error: &(dyn StdError + 'static)) -> Self {
        let reference = random::<5>().map(hex::encode).unwrap_or_default();
        tracing::error!(%error, reference, "a page could not be made");
        Self::Problem(Problem::internal(reference))
    }

    /// 400 for a query that has a part twice, or one of another kind.
    pub fn unreadable_address() -> Self {
        Self::Problem(Problem::bad_request(
            "What follows the question mark in the address is not what this page is asked for. Go back, or open the page without it.",
        ))
    }

    /// The page that says so. What was posted is offered again where only a code or password is missing.
    pub fn show(self, visit: &Visit, replay: Option<&Replay>) -> HttpResponse {
        match self {
            Self::Said(text) => {
                let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "That was not done", capitalised(&text));
                problem.way(below(&visit.here()), "Back").respond(&visit.frame())
            }
            Self::Missing => Problem::not_found().respond(&visit.frame()),
            Self::Denied(denied @ Denied::NotYours(_)) => Problem::forbidden(not_yours(denied)).respond(&visit.frame()),
            Self::Denied(denied) => confirm::page(visit, denied, None, replay),
            Self::NotConfirmed(denied, why) => confirm::page(visit, denied, Some(&why), replay),
            Self::SignIn => visit.redirect(&Onward::from(visit).after(PAGE)),
            Self::Problem(problem) => problem.respond(&visit.frame()),
        }
    }
}

/// Whose it is and who may, for a page that stands alone: the rule speaks of an account that the page has not named.
fn not_yours(denied: Denied) -> String {
    match denied {
        Denied::NotYours(who) if who.starts_with("only its ") => {
            format!("This belongs to an account that yours may not act for; {who}.")
        }
        other => capitalised(&other.to_string()),
    }
}

/// A sentence for a page: messages of operations begin in lower case and have no full stop.
pub(in crate::web) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    let sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    if sentence.ends_with(['.', '!', '?']) { sentence } else { format!("{sentence}.") }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Said(text) | Self::NotConfirmed(_, text) => f.write_str(text),
            Self::Missing => f.write_str("not found"),
            Self::Denied(denied) => denied.fmt(f),
            Self::SignIn => f.write_str("nobody is signed in"),
            Self::Problem(_) => f.write_str("the page could not be made"),
        }
    }
}

/// Where the middleware is missing; [`Refusal::show`] is the answer everywhere else.
impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Said(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Missing => StatusCode::NOT_FOUND,
            Self::Denied(_) | Self::NotConfirmed(..) => StatusCode::FORBIDDEN,
            Self::SignIn => StatusCode::UNAUTHORIZED,
            Self::Problem(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Denied(denied) => Self::Denied(denied),
            Refused::SignedOut => Self::SignIn,
            Refused::Store(error) => error.into(),
        }
    }
}

impl From<store::Error> for Refusal {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Full(_) => {
                let text = "The disk of the server is full. Nothing was changed; tell its administrator.";
                Self::Problem(Problem::new(StatusCode::INSUFFICIENT_STORAGE, "Server storage is full", text))
            }
            store::Error::Busy(_) | store::Error::Pool(_) => Self::Problem(Problem::unavailable("database busy", 5)),
            other => Self::internal(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::permission::{Action, Factor, Relation, Standing, may};
    use crate::domain::policy::SecondFactor;

    #[test]
    fn a_refusal_that_speaks_of_its_members_says_first_whose() {
        let stranger = Standing {
            relation: Relation::Stranger,
            server_administrator: false,
            factor: Factor::Fresh,
            fresh: true,
            required: SecondFactor::Optional,
        };
        let said = Action::ALL.into_iter().filter_map(|action| may(&stranger, action).err()).map(not_yours);
        let said: Vec<String> = said.collect();
        assert!(said.iter().any(|text| text.contains("its members")), "{said:?}");
        for text in said {
            assert_eq!(text.contains(" its "), text.starts_with("This belongs to an account"), "{text}");
        }
    }
}
