//! What a push was answered, as its author would see it.

use super::http::Answer;

/// The catalogue of reason phrases promises at most this many characters.
const PHRASE: usize = 100;
/// At most this many warning lines, and this many bytes in all of them.
const WARNINGS: (usize, usize) = (8, 2048);

/// The answer to a push, unlist or relist.
#[derive(Debug)]
pub struct Verdict {
    /// The status code.
    pub status: u16,
    /// The reason phrase: the one line that the official client shows as the error.
    pub phrase: String,
    /// The `X-NuGet-Warning` lines.
    pub warnings: Vec<String>,
    /// The body, for people with curl.
    pub body: String,
    challenge: Option<String>,
}

impl Verdict {
    /// Reads an answer and checks what holds for every one of them.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        let warnings: Vec<String> = answer.headers_named("x-nuget-warning").into_iter().map(str::to_owned).collect();
        let printable = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        assert!(printable(&answer.phrase) && answer.phrase.len() <= PHRASE, "phrase `{}`", answer.phrase);
        assert!(warnings.iter().all(|line| printable(line)), "warnings {warnings:?}");
        assert!(warnings.len() <= WARNINGS.0, "{} warnings", warnings.len());
        assert!(warnings.iter().map(String::len).sum::<usize>() <= WARNINGS.1, "long warnings {warnings:?}");
        assert_ne!(answer.status, 303, "a client takes a push that was answered 303 for done");
        let challenge = answer.header("www-authenticate").map(str::to_owned);
        assert_eq!(answer.status == 401, challenge.is_some(), "a challenge belongs to 401, and only there");
        Self { status: answer.status, phrase: answer.phrase.clone(), warnings, body: answer.text(), challenge }
    }

    /// Asserts 201.
    pub fn accepted(self) -> Self {
        assert_eq!(self.status, 201, "should be accepted: {self:#?}");
        self
    }

    /// Asserts a refusal with this status, and that it says something in each of its three places.
    pub fn refused(self, status: u16) -> Self {
        assert_eq!(self.status, status, "should be refused with {status}: {self:#?}");
        assert!(!self.phrase.is_empty() && self.phrase != standard_phrase(status), "no reason given: {self:#?}");
        assert!(!self.body.trim().is_empty(), "nothing for people with curl: {self:#?}");
        self
    }

    /// Asserts that `text` stands in the phrase, a warning or the body; capitals do not count.
    pub fn saying(self, text: &str) -> Self {
        let all = format!("{}\n{}\n{}", self.phrase, self.warnings.join("\n"), self.body).to_lowercase();
        assert!(all.contains(&text.to_lowercase()), "should say `{text}`: {self:#?}");
        self
    }

    /// Asserts that `text` stands in a warning line, which is what the user of the official client reads beside the phrase.
    pub fn warning(self, text: &str) -> Self {
        let all = self.warnings.join("\n").to_lowercase();
        assert!(all.contains(&text.to_lowercase()), "should warn `{text}`: {self:#?}");
        self
    }

    /// Asserts 401 with a Basic challenge.
    pub fn asks_for_credentials(self) {
        assert_eq!(self.status, 401, "{self:#?}");
        assert!(self.challenge.as_deref().is_some_and(|value| value.starts_with("Basic realm=")), "{self:#?}");
    }
}

/// The phrase that goes with a status when nobody says anything better.
fn standard_phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        413 => "Payload Too Large",
        503 => "Service Unavailable",
        _ => "",
    }
}
