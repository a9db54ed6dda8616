//! Answers to the machines that push: the verdict in the reason phrase, the details in `X-NuGet-Warning`.
//!
//! The NuGet client shows nothing but these two (seen with SDK 10.0.401): the reason phrase as the error, each
//! `X-NuGet-Warning` as a warning line, both read as Latin-1. paket shows the body. So the phrase comes from a fixed
//! catalogue of short ASCII texts, whatever varies goes into warnings, and the body repeats both for people with curl.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};

/// Lines of warnings at most.
const MAX_WARNINGS: usize = 8;
/// Characters of all warnings at most: proxies limit the size of headers.
const MAX_WARNING_CHARACTERS: usize = 2048;
/// Characters of a line with a link at most: a public URL is shorter.
const MAX_LINK: usize = 1024;
/// Seconds after which a client may try again, unless an answer says another number.
const RETRY_SECONDS: u64 = 5;

const WARNING: HeaderName = HeaderName::from_static("x-nuget-warning");

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status.
    pub status: StatusCode,
    /// A short ASCII text that does not vary.
    pub reason: &'static str,
    /// Details, one line each.
    pub details: Vec<String>,
    /// Where all of it is explained: a URL of ours. It is the last line, and never what is cut.
    pub link: Option<String>,
    /// After how many seconds the client may try again.
    pub retry_seconds: u64,
}

impl Answer {
    /// An answer without details.
    pub const fn new(status: StatusCode, reason: &'static str) -> Self {
        Self { status, reason, details: Vec::new(), link: None, retry_seconds: RETRY_SECONDS }
    }

    /// The same with a further line of details.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// The same with the address of the explanation.
    #[must_use]
    pub fn explained_at(self, link: Option<String>) -> Self {
        Self { link, ..self }
    }

    /// The same for a client that may try again after `wait`, for an answer whose status says so.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self
    }
}

impl From<Answer> for HttpResponse {
    fn from(answer: Answer) -> Self {
        let mut response = Self::build(answer.status);
        response.reason(answer.reason);
        let warnings = warnings(&answer.details, answer.link.as_deref());
        for line in &warnings {
            if let Ok(value) = HeaderValue::from_str(line) {
                response.append_header((WARNING, value));
            }
        }
        match answer.status {
            StatusCode::UNAUTHORIZED => response.insert_header((WWW_AUTHENTICATE, CHALLENGE)),
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                response.insert_header((RETRY_AFTER, answer.retry_seconds))
            }
            _ => &mut response,
        };
        response.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"));
        let mut body = format!("{}\n", answer.reason);
        warnings.iter().for_each(|line| body.extend([line.as_str(), "\n"]));
        response.body(body)
    }
}

/// The challenge on every 401. Without it the .NET client never sends credentials.
pub(crate) const CHALLENGE: &str = "Basic realm=\"Assay\", charset=\"UTF-8\"";

/// Lines fit for headers: printable ASCII, within the limits. Everything else becomes `?`: a package decides part of
/// these texts, and must not write headers of its own. The link has its place before the details share the rest.
fn warnings(details: &[String], link: Option<&str>) -> Vec<String> {
    let link = link.map(|link| format!("Explained at {}", printable(link))).filter(|link| link.len() <= MAX_LINK);
    let mut room = MAX_WARNING_CHARACTERS - link.as_ref().map_or(0, String::len);
    let mut lines = Vec::new();
    for detail in details.iter().take(MAX_WARNINGS - usize::from(link.is_some())) {
        let line: String = printable(detail).chars().take(room).collect();
        room -= line.len();
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines.extend(link);
    lines
}

fn printable(text: &str) -> String {
    text.chars().map(|c| if matches!(c, ' '..='~') { c } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_become_printable_ascii_headers_and_body() {
        let answer = Answer::new(StatusCode::BAD_REQUEST, "package is not valid").detail("ein\r\nX-Evil: gültig");
        let response = HttpResponse::from(answer);
        assert_eq!(response.head().reason(), "package is not valid");
        assert_eq!(response.headers().get("x-nuget-warning").unwrap(), "ein??X-Evil: g?ltig");
        assert!(response.headers().get("x-evil").is_none());
    }

    #[test]
    fn a_flood_of_details_is_cut() {
        let details: Vec<String> = (0..20).map(|_| "x".repeat(500)).collect();
        let lines = warnings(&details, None);
        assert_eq!((lines.len(), lines.iter().map(String::len).sum::<usize>()), (5, 2048));
        assert_eq!(warnings(&vec!["short".to_owned(); 20], None).len(), 8);
    }

    #[test]
    fn the_link_is_never_what_is_cut() {
        let url = "https://feed.example/verdicts/12";
        for details in [Vec::new(), vec!["x".repeat(5000)], vec!["y".to_owned(); 20]] {
            let lines = warnings(&details, Some(url));
            assert_eq!(lines.last().map(String::as_str), Some("Explained at https://feed.example/verdicts/12"));
            assert!(lines.len() <= MAX_WARNINGS);
            assert!(lines.iter().map(String::len).sum::<usize>() <= MAX_WARNING_CHARACTERS);
        }
        let endless = format!("https://feed.example/{}", "x".repeat(3000));
        assert_eq!(warnings(&["y".to_owned()], Some(&endless)), ["y"]);
    }

    #[test]
    fn a_401_carries_the_challenge_and_what_may_pass_carries_a_time() {
        let unauthorized = HttpResponse::from(Answer::new(StatusCode::UNAUTHORIZED, "credentials required"));
        assert_eq!(unauthorized.headers().get(WWW_AUTHENTICATE).unwrap(), CHALLENGE);
        let busy = HttpResponse::from(Answer::new(StatusCode::SERVICE_UNAVAILABLE, "server is busy"));
        assert_eq!(busy.headers().get(RETRY_AFTER).unwrap(), "5");
        let slowed = Answer::new(StatusCode::TOO_MANY_REQUESTS, "too many").retry_after(Duration::from_millis(1001));
        assert_eq!(HttpResponse::from(slowed).headers().get(RETRY_AFTER).unwrap(), "2", "not a moment too early");
    }
}
