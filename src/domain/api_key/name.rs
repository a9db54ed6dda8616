//! What an account calls one of its keys.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

/// The name of a key, for its owner's list: up to [`KeyName::MAX`] characters on one line, without blanks around them. It may be
/// empty, for keys that are made on the command line without one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct KeyName(String);

/// Why a text is no name.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidKeyName {
    /// Too long.
    #[error("the name of a key has at most {max} characters, not {0}; shorten it", max = KeyName::MAX)]
    Length(usize),
    /// A character that can't be seen, or that turns the text around it: a list of keys must show what it has. Or a backtick,
    /// which ends a value in our messages.
    #[error(
        "the name of a key has no line breaks, backticks or invisible characters; write it with letters and digits"
    )]
    Character,
}

impl KeyName {
    /// Most characters of a name: a column of a table.
    pub const MAX: usize = 60;

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for KeyName {
    type Err = InvalidKeyName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let length = text.chars().count();
        if length > Self::MAX {
            return Err(InvalidKeyName::Length(length));
        }
        if text.chars().any(|character| character.is_control() || character == '`' || is_invisible(character)) {
            return Err(InvalidKeyName::Character);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Characters without a shape, and those that change the direction of their neighbours (Unicode, UAX #9, section 2).
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_at_most_sixty_characters() {
        assert_eq!(" build server ".parse::<KeyName>().unwrap().as_str(), "build server");
        assert_eq!("Bücher-CI".parse::<KeyName>().unwrap().as_str(), "Bücher-CI");
        assert!("".parse::<KeyName>().unwrap().is_empty());
        assert!("ü".repeat(60).parse::<KeyName>().is_ok());
        assert_eq!("ü".repeat(61).parse::<KeyName>(), Err(InvalidKeyName::Length(61)));
    }

    #[test]
    fn a_name_can_not_pretend_to_be_another_one() {
        for text in ["a\nb", "a\u{202e}b", "a\u{200b}b", "a\u{2066}b", "a\u{0}b", "\u{feff}", "a`b"] {
            assert_eq!(text.parse::<KeyName>(), Err(InvalidKeyName::Character), "{text:?}");
        }
    }
}
