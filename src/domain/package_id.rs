//! The identifier of a package.
//!
//! It knows the grammar and the identity of identifiers. It does not know which identifiers exist, who owns them or
//! which prefixes are reserved.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::excerpt::Excerpt;

/// Longest identifier in UTF-16 units, as nuget.org and the official client count
/// (<https://learn.microsoft.com/nuget/reference/nuspec#id>).
pub const MAX_LENGTH: usize = 100;

/// A package identifier: the text as it was pushed, and the lower-case key that decides identity.
///
/// The grammar is NuGet's `^\w+([.-]\w+)*$`: words of letters, digits and underscores, joined by single dots or hyphens.
/// Two identifiers are the same when their keys are the same; order and hash follow the key too.
///
/// [`FromStr`] and serde accept what [`PackageId::parse_unicode`] accepts: whatever a feed may ever hold. The stricter
/// [`PackageId::parse`] is for the door where new packages come in.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageId {
    pushed: String,
    key: String,
}

impl PackageId {
    /// Reads an identifier of ASCII letters, digits, `_`, `.` and `-`.
    ///
    /// # Errors
    /// [`InvalidPackageId`] names the broken rule.
    pub fn parse(text: &str) -> Result<Self, InvalidPackageId> {
        match text.chars().find(|character| !character.is_ascii()) {
            Some(character) => {
                Err(InvalidPackageId::NotAscii { id: Excerpt(text).to_string(), code_point: u32::from(character) })
            }
            None => Self::parse_unicode(text),
        }
    }

    /// Reads an identifier whose words may use letters and digits of any script in the Basic Multilingual Plane
    /// (.NET's `\w` never matches a surrogate).
    ///
    /// Letters that look alike in two scripts make different identifiers, so a feed must choose to allow this.
    ///
    /// # Errors
    /// [`InvalidPackageId`] names the broken rule.
    pub fn parse_unicode(text: &str) -> Result<Self, InvalidPackageId> {
        if text.is_empty() {
            return Err(InvalidPackageId::Empty);
        }
        let length = text.encode_utf16().take(MAX_LENGTH + 1).count();
        if length > MAX_LENGTH {
            return Err(InvalidPackageId::TooLong { id: Excerpt(text).to_string() });
        }
        let mut after_word = false;
        for character in text.chars() {
            let joins = matches!(character, '.' | '-');
            if !joins && !is_word(character) {
                return Err(InvalidPackageId::Character {
                    id: Excerpt(text).to_string(),
                    code_point: u32::from(character),
                });
            }
            if joins && !after_word {
                return Err(InvalidPackageId::Separator { id: Excerpt(text).to_string() });
            }
            after_word = !joins;
        }
        if !after_word {
            return Err(InvalidPackageId::Separator { id: Excerpt(text).to_string() });
        }
        Ok(Self { pushed: text.to_owned(), key: lower(text) })
    }

    /// The identifier in the case in which it was given, for display.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.pushed
    }

    /// The lower-case form: identity, storage key and the `LOWER_ID` of URLs.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Why a text is not a package identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPackageId {
    /// Nothing there.
    #[error("a package id is empty")]
    Empty,
    /// More than [`MAX_LENGTH`] UTF-16 units.
    #[error("package id `{id}` is longer than {MAX_LENGTH} characters")]
    TooLong {
        /// The beginning of the text.
        id: String,
    },
    /// A character outside ASCII where only ASCII is allowed.
    #[error("package id `{id}` has the character U+{code_point:04X}, but this feed takes ASCII ids only")]
    NotAscii {
        /// The text, made printable.
        id: String,
        /// The offending character.
        code_point: u32,
    },
    /// A character that is neither a word character nor `.` or `-`.
    #[error("package id `{id}` has the character U+{code_point:04X}; allowed are letters, digits, `_`, `.` and `-`")]
    Character {
        /// The text, made printable.
        id: String,
        /// The offending character.
        code_point: u32,
    },
    /// A dot or hyphen at the start, at the end or beside another one.
    #[error("package id `{id}` has a `.` or `-` that does not stand between two words")]
    Separator {
        /// The text, made printable.
        id: String,
    },
}

impl fmt::Display for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.pushed)
    }
}

impl fmt::Debug for PackageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PackageId({:?})", self.pushed)
    }
}

impl FromStr for PackageId {
    type Err = InvalidPackageId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse_unicode(text)
    }
}

impl TryFrom<String> for PackageId {
    type Error = InvalidPackageId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse_unicode(&text)
    }
}

impl From<PackageId> for String {
    fn from(id: PackageId) -> Self {
        id.pushed
    }
}

impl PartialEq for PackageId {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for PackageId {}

impl PartialOrd for PackageId {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PackageId {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for PackageId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

/// Roughly .NET's `\w` (letters, non-spacing marks, decimal digits, connectors), narrowed to what Rust's character
/// tables can tell: letters and numbers of the first plane, and `_`.
fn is_word(character: char) -> bool {
    character == '_' || (character.is_alphanumeric() && u32::from(character) <= 0xFFFF)
}

/// Lower case as .NET's invariant culture makes it: one character for one character, without context. Letters whose
/// full mapping is longer (`U+0130`) stay as they are, and the final sigma gets no special form, so that the key of a
/// key is that key.
pub(super) fn lower(text: &str) -> String {
    text.chars()
        .map(|character| {
            let mut mapped = character.to_lowercase();
            match (mapped.next(), mapped.next()) {
                (Some(one), None) => one,
                _ => character,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_words_joined_by_single_dots_and_hyphens() {
        for id in ["A", "_", "a.b-c_d", "Newtonsoft.Json", "1", "xunit.runner.visualstudio", "a__b", "_._"] {
            assert_eq!(PackageId::parse(id).unwrap().as_str(), id);
        }
        assert!(PackageId::parse(&"a".repeat(100)).is_ok());
    }

    #[test]
    fn refuses_each_broken_rule_by_name() {
        let long = "a".repeat(101);
        let cases: Vec<(&str, &str)> = vec![
            ("", "a package id is empty"),
            (".a", "package id `.a` has a `.` or `-` that does not stand between two words"),
            ("a.", "package id `a.` has a `.` or `-` that does not stand between two words"),
            ("a..b", "package id `a..b` has a `.` or `-` that does not stand between two words"),
            ("a.-b", "package id `a.-b` has a `.` or `-` that does not stand between two words"),
            ("..", "package id `..` has a `.` or `-` that does not stand between two words"),
            ("a b", "package id `a b` has the character U+0020; allowed are letters, digits, `_`, `.` and `-`"),
            ("a/b", "package id `a/b` has the character U+002F; allowed are letters, digits, `_`, `.` and `-`"),
            ("a\r\nb", "package id `a??b` has the character U+000D; allowed are letters, digits, `_`, `.` and `-`"),
            ("a\n", "package id `a?` has the character U+000A; allowed are letters, digits, `_`, `.` and `-`"),
            ("\u{e9}", "package id `?` has the character U+00E9, but this feed takes ASCII ids only"),
        ];
        for (id, message) in cases {
            assert_eq!(PackageId::parse(id).unwrap_err().to_string(), message);
        }
        assert!(matches!(PackageId::parse(&long), Err(InvalidPackageId::TooLong { .. })));
    }

    #[test]
    fn unicode_words_need_the_other_door() {
        let id = PackageId::parse_unicode("\u{c9}t\u{e9}.\u{39f}\u{394}\u{39f}\u{3a3}").unwrap();
        assert_eq!(id.key(), "\u{e9}t\u{e9}.\u{3bf}\u{3b4}\u{3bf}\u{3c3}", "no final sigma");
        assert!(PackageId::parse_unicode("\u{10400}").is_err(), "second plane");
        assert!(PackageId::parse_unicode("a\u{202e}b").is_err(), "direction override");
        assert_eq!(PackageId::parse_unicode("\u{130}").unwrap().key(), "\u{130}");
        assert_eq!(PackageId::parse_unicode("\u{212a}").unwrap(), PackageId::parse("k").unwrap(), "Kelvin sign");
    }

    #[test]
    fn serde_uses_the_same_door() {
        let id: PackageId = serde_json::from_str("\"A.b\"").unwrap();
        assert_eq!((id.as_str(), id.key()), ("A.b", "a.b"));
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"A.b\"");
        assert!(serde_json::from_str::<PackageId>("\"../a\"").is_err());
    }

    proptest! {
        #[test]
        fn case_never_matters_for_identity(id in "[A-Za-z0-9_]{1,8}([.-][A-Za-z0-9_]{1,8}){0,3}") {
            let parsed = PackageId::parse(&id).unwrap();
            let upper = PackageId::parse(&id.to_uppercase()).unwrap();
            prop_assert_eq!(&parsed, &upper);
            prop_assert_eq!(parsed.key(), id.to_lowercase());
            let of_key = PackageId::parse(parsed.key()).unwrap();
            prop_assert_eq!(of_key.key(), parsed.key());
            prop_assert_eq!(parsed.to_string(), id);
        }

        #[test]
        fn any_text_is_answered_and_the_key_is_stable(text in "\\PC{0,110}") {
            match PackageId::parse_unicode(&text) {
                Ok(id) => {
                    let of_key = PackageId::parse_unicode(id.key()).unwrap();
                    prop_assert_eq!(of_key.key(), id.key());
                }
                Err(error) => prop_assert!(error.to_string().is_ascii()),
            }
        }
    }
}
