//! The pages that say why there is no page: a plain sentence, and ways back.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, HeaderValue, RETRY_AFTER};
use maud::html;

use super::components::prose;
use super::frame::Frame;
use super::page::Page;

/// Why there is no page. What is said is for people and never the inner text of an error.
#[derive(Debug, Clone)]
#[must_use]
pub(in crate::web) struct Problem(Box<Said>);

/// In a box, because it is the error of many results that are nearly always fine.
#[derive(Debug, Clone)]
struct Said {
    status: StatusCode,
    heading: String,
    text: String,
    ways: Vec<(String, String)>,
    reference: Option<String>,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// Any problem: `heading` is a few words, `text` one or two sentences that say what to do.
    pub fn new(status: StatusCode, heading: impl Into<String>, text: impl Into<String>) -> Self {
        let (heading, text) = (heading.into(), text.into());
        Self(Box::new(Said { status, heading, text, ways: Vec::new(), reference: None, header: None }))
    }

    /// 400: the request can't be understood; `text` says what is wrong with it.
    pub fn bad_request(text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "That request can’t be read", text)
    }

    /// 400 for a form that is none, or was cut.
    pub fn unreadable_form() -> Self {
        Self::bad_request("The form could not be read. Go back and send it once more.")
    }

    /// 403 for a form that carries no token, or another visitor's.
    pub fn stale_form() -> Self {
        let text = "The form was open too long, or comes from another page. Nothing was changed. Go back, load the page again and send it once more.";
        Self::new(StatusCode::FORBIDDEN, "The form has expired", text)
    }

    /// 403: known, and not allowed; `text` says what is missing.
    pub fn forbidden(text: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "You may not do that", text)
    }

    /// 404: nothing is there, or nothing that the viewer may know of.
    pub fn not_found() -> Self {
        let text = "There is nothing at this address, or you may not see it.";
        Self::new(StatusCode::NOT_FOUND, "Not found", text)
    }

    /// 405; `allowed` as in `GET, HEAD` (RFC 9110, 15.5.6 wants it named).
    pub fn method_not_allowed(allowed: &'static str) -> Self {
        let text = "This address does not take that kind of request.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "Not possible here", text)
            .header(ALLOW, HeaderValue::from_static(allowed))
    }

    /// 413; `text` names the limit.
    pub fn too_large(text: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "That is too large", text)
    }

    /// 429, with the seconds to wait.
    pub fn too_many(wait_seconds: u32) -> Self {
        let text = format!("Too many attempts. Wait {}, then try again.", waiting(wait_seconds));
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Slow down, please", text).after(wait_seconds)
    }

    /// 500. `reference` is the number under which the log tells more.
    pub fn internal(reference: impl Into<String>) -> Self {
        let text = "Something went wrong on the server. Whether your last change was made is uncertain: look before you repeat it.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "That did not work", text).reference(reference)
    }

    /// 503, for what passes in seconds.
    pub fn unavailable(reference: impl Into<String>, wait_seconds: u32) -> Self {
        let text = format!("The server is busy with something else. Try again in {}.", waiting(wait_seconds));
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "Not right now", text).reference(reference).after(wait_seconds)
    }

    /// A way on, before the way home: a path below the public URL, and what to call it.
    pub fn way(mut self, href: impl Into<String>, text: impl Into<String>) -> Self {
        self.0.ways.push((href.into(), text.into()));
        self
    }

    /// The answer.
    pub fn respond(self, frame: &Frame) -> HttpResponse {
        let said = *self.0;
        let mut ways = said.ways;
        if frame.viewer.is_none() {
            ways.push(("sign-in".to_owned(), "Sign in".to_owned()));
        }
        if frame.viewer.is_some() || frame.may_read {
            ways.push(("./".to_owned(), "Start page".to_owned()));
        }
        let content = html! {
            div.problem {
                p.problem-status { (said.status.as_u16()) }
                h1 { (said.heading) }
                p.lead { (prose(&said.text)) }
                @if let Some(reference) = &said.reference {
                    p { "Reference for the administrator: " code { (reference) } }
                }
                ul.ways { @for (href, text) in &ways { li { a href=(href) { (text) } } } }
            }
        };
        let mut response = Page::new(said.heading, content).status(said.status).narrow().respond(frame);
        if let Some((name, value)) = said.header {
            response.headers_mut().insert(name, value);
        }
        response
    }

    fn reference(mut self, reference: impl Into<String>) -> Self {
        self.0.reference = Some(reference.into());
        self
    }

    fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.header = Some((name, value));
        self
    }

    fn after(self, seconds: u32) -> Self {
        self.header(RETRY_AFTER, HeaderValue::from(seconds))
    }
}

fn waiting(seconds: u32) -> String {
    match seconds {
        0 | 1 => "a second".to_owned(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;

    use super::*;

    #[actix_web::test]
    async fn every_problem_has_its_status_a_sentence_and_a_way_back() {
        let problems = [
            (400, Problem::bad_request("The file came without a name.")),
            (403, Problem::forbidden("Only an owner of `A` may do that.")),
            (403, Problem::stale_form()),
            (404, Problem::not_found()),
            (405, Problem::method_not_allowed("GET, HEAD")),
            (413, Problem::too_large("A certificate has at most 10 000 bytes.")),
            (429, Problem::too_many(60)),
            (500, Problem::internal("4f2a")),
            (503, Problem::unavailable("4f2a", 5)),
        ];
        for (status, problem) in problems {
            for frame in [Frame::of("alice", "x"), Frame { may_read: false, ..Frame::of_stranger("x") }] {
                let response = problem.clone().respond(&frame);
                assert_eq!(response.status().as_u16(), status);
                assert_eq!(response.headers().contains_key(RETRY_AFTER), matches!(status, 429 | 503));
                assert_eq!(response.headers().contains_key(ALLOW), status == 405);
                let html = String::from_utf8(to_bytes(response.into_body()).await.unwrap().to_vec()).unwrap();
                let ways = html.split("class=\"ways\"").nth(1).unwrap();
                assert!(ways.contains(if frame.viewer.is_some() { "href=\"./\"" } else { "href=\"sign-in\"" }));
                assert_eq!(html.contains("4f2a"), status >= 500);
            }
        }
    }

    #[test]
    fn a_wait_is_said_in_words() {
        assert_eq!([1, 30, 91, 600].map(waiting), ["a second", "30 seconds", "2 minutes", "10 minutes"]);
    }
}
