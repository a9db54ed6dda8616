//! Taking a version off the feed: why.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use super::visible::visible;

/// Why somebody hides or removes a version: 1 to [`Reason::MAX`] characters on one line, without blanks around them. It stands in
/// the audit log, in notices and on pages, so nothing in it steers how the rest is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Reason(String);

/// Why a text is no reason.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidReason {
    /// Nothing was said.
    #[error("say why in a few words: the owners read it, and whoever looks into the audit log later")]
    Empty,
    /// Too long.
    #[error("a reason has at most {max} characters, not {0}; shorten it", max = Reason::MAX)]
    Length(usize),
    /// A line break, or a mark that can't be seen and turns the text around it.
    #[error("a reason stands on one line and has no invisible characters; write it without them")]
    Character,
}

impl Reason {
    /// Most characters of a reason: a sentence or two.
    pub const MAX: usize = 300;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = InvalidReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        match text.chars().count() {
            0 => Err(InvalidReason::Empty),
            length if length > Self::MAX => Err(InvalidReason::Length(length)),
            _ if visible(text) != text => Err(InvalidReason::Character),
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line_that_people_can_read() {
        assert_eq!("  It has a password in it.  ".parse(), Ok(Reason("It has a password in it.".to_owned())));
        assert_eq!("é".repeat(Reason::MAX).parse::<Reason>().map(|reason| reason.as_str().len()), Ok(2 * Reason::MAX));
        for (text, expected) in [
            ("", InvalidReason::Empty),
            (" \t ", InvalidReason::Empty),
            (&"x".repeat(Reason::MAX + 1), InvalidReason::Length(Reason::MAX + 1)),
            ("one\ntwo", InvalidReason::Character),
            ("good\u{202e}dab", InvalidReason::Character),
        ] {
            assert_eq!(text.parse::<Reason>(), Err(expected), "{text:?}");
        }
    }
}
