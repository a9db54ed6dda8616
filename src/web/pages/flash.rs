//! What the next page says about the form that was just sent.

use zeroize::Zeroizing;

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Tone {
    /// It was done.
    Done,
    /// It was done, and there is something to know.
    Warning,
    /// It was not done.
    Problem,
}

/// One message, shown once.
#[derive(Clone)]
pub(in crate::web) struct Flash {
    /// How it went.
    pub tone: Tone,
    /// One or two sentences.
    pub text: String,
    /// Something that is shown this once and never again: a new key, a link, recovery codes, one a line.
    pub secret: Option<Zeroizing<String>>,
}

impl Flash {
    /// It was done.
    pub fn done(text: impl Into<String>) -> Self {
        Self { tone: Tone::Done, text: text.into(), secret: None }
    }

    /// It was done, and there is something to know.
    pub fn warning(text: impl Into<String>) -> Self {
        Self { tone: Tone::Warning, text: text.into(), secret: None }
    }

    /// It was not done.
    pub fn problem(text: impl Into<String>) -> Self {
        Self { tone: Tone::Problem, text: text.into(), secret: None }
    }

    /// The same with something that is shown this once.
    #[must_use]
    pub fn with_secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = Some(Zeroizing::new(secret.into()));
        self
    }
}
