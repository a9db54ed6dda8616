//! A form that was sent: read up to a limit, its token compared, and only then looked at.
//!
//! The middleware reads it before any handler is asked, so no handler can forget the token; and it looks at the clock and at
//! the session again afterwards, because a form may be sent as slowly as its sender likes.

use std::future::{Ready, ready};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev, web};
use futures_util::StreamExt;
use tokio::time::timeout;
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::confirm;
use super::csrf;
use super::problem::Problem;
use super::refusal::Refusal;
use super::visit::Visit;

/// Largest form in bytes: a long list of patterns and some room.
pub(in crate::web) const MAX_FORM: usize = 64 * 1024;
/// How long a form may take to arrive.
const LONGEST: Duration = Duration::from_secs(30);
/// Most fields of a form.
const MAX_FIELDS: usize = 500;

/// The fields of a form whose token was right. Wiped from memory when dropped.
#[derive(Clone, Default)]
pub(in crate::web) struct Posted(Vec<(String, Zeroizing<String>)>);

/// The form of this request, for a page that asks for the code in place and then sends it again.
#[derive(Clone)]
pub(in crate::web) struct Replay(pub Posted);

impl Posted {
    /// The fields of an urlencoded body, or nothing when there are too many.
    fn parse(body: &[u8]) -> Option<Self> {
        let fields: Vec<_> = form_urlencoded::parse(body)
            .take(MAX_FIELDS + 1)
            .map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned())))
            .collect();
        (fields.len() <= MAX_FIELDS).then_some(Self(fields))
    }

    /// The fields of a form with files, which were read one by one.
    pub fn of_fields(fields: Vec<(String, Zeroizing<String>)>) -> Self {
        Self(fields)
    }

    /// The field without blanks around it; empty when it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.first(name).unwrap_or_default().trim()
    }

    /// The field as it was typed: blanks belong to a password.
    pub fn secret(&self, name: &str) -> Zeroizing<String> {
        Zeroizing::new(self.first(name).unwrap_or_default().to_owned())
    }

    /// All fields of that name: ticked boxes of a group.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Whether a box is ticked.
    pub fn is_ticked(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// The fields that a page sends again: all but the token and what was given in place.
    pub fn to_replay(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = |name: &str| matches!(name, csrf::FIELD | confirm::PASSWORD | confirm::CODE | confirm::CANCEL);
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).filter(move |(name, _)| !own(name))
    }
}

impl Posted {
    /// Reads the form of a visit from its body and compares its token. How long that took is up to whoever sent it: the caller
    /// asks again who they are, and what time it is.
    ///
    /// # Errors
    /// A form that is too large, too slow, can't be read, or has another token.
    pub(super) async fn read(visit: &Visit, payload: dev::Payload) -> Result<Self, Refusal> {
        let body = tokio::select! {
            body = timeout(LONGEST, collect(payload)) => body.unwrap_or_else(|_| Err(too_slow()))?,
            () = visit.state().patience.stopped() => return Err(too_slow()),
        };
        let posted = Self::parse(&body).ok_or_else(unreadable)?;
        if visit.csrf().is(posted.text(csrf::FIELD)) { Ok(posted) } else { Err(Problem::stale_form().into()) }
    }
}

async fn collect(mut payload: dev::Payload) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    let mut body = Zeroizing::new(Vec::new());
    while let Some(chunk) = payload.next().await {
        let chunk: web::Bytes = chunk.map_err(|_| unreadable())?;
        if body.len() + chunk.len() > MAX_FORM {
            return Err(Refusal::Problem(too_large()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The form that was read before the handler was asked.
impl FromRequest for Posted {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let posted = request.extensions().get::<Replay>().map(|replay| replay.0.clone());
        ready(posted.ok_or_else(unreadable))
    }
}

fn too_slow() -> Refusal {
    let text = "The form took too long to arrive. Nothing was changed. Go back and send it once more.";
    Problem::new(StatusCode::REQUEST_TIMEOUT, "That took too long", text).into()
}

fn unreadable() -> Refusal {
    Refusal::Problem(Problem::unreadable_form())
}

fn too_large() -> Problem {
    let kib = MAX_FORM / 1024;
    Problem::too_large(format!("A form may have {kib} KiB. Go back, shorten what you typed, and send it again."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_in_any_number_and_blanks_belong_to_secrets_only() {
        let posted = Posted::parse(b"name=+ann+&scope=push&scope=read&password=+a+b+&tick=on").unwrap();
        assert_eq!(posted.text("name"), "ann");
        assert_eq!(posted.all("scope").collect::<Vec<_>>(), ["push", "read"]);
        assert_eq!(posted.secret("password").as_str(), " a b ");
        assert!(posted.is_ticked("tick") && !posted.is_ticked("other"));
        assert_eq!(posted.text("other"), "");
    }

    #[test]
    fn a_form_that_is_sent_again_leaves_token_password_and_code_behind() {
        let posted =
            Posted::parse(b"csrf=t&name=ann&confirm_password=secret&confirm_code=123456&confirm_cancel=account")
                .unwrap();
        assert_eq!(posted.to_replay().collect::<Vec<_>>(), [("name", "ann")]);
    }

    #[test]
    fn a_form_has_at_most_five_hundred_fields() {
        assert!(Posted::parse("a=1&".repeat(MAX_FIELDS).as_bytes()).is_some());
        assert!(Posted::parse("a=1&".repeat(MAX_FIELDS + 1).as_bytes()).is_none());
    }
}
