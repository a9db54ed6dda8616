//! Patterns of package IDs: only `*`, without regard to case.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use thiserror::Error;

use super::package_id::{PackageId, lower};

/// A pattern such as `Contoso.*`: characters of package IDs and `*`, which stands for any text, the empty one too.
///
/// [`FromStr`] is for what somebody writes now, [`Pattern::kept`] for what was written before and is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    written: String,
    /// In the letters that are compared, made once: an account may have thousands of patterns, and of IDs too.
    key: String,
}

/// The longest pattern: a package ID has at most 100 characters.
pub const MAX_PATTERN: usize = 100;
/// Stars of one pattern at most: each is one more search in every ID that the pattern is compared with.
pub const MAX_STARS: usize = 8;

/// Why a text is no pattern.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidPattern {
    /// Something else stands there.
    #[error("`{0}` is no package ID pattern: 1 to {MAX_PATTERN} letters, digits, `.`, `-`, `_` and `*`")]
    Characters(String),
    /// Too many stars.
    #[error("`{0}` has more than {MAX_STARS} stars; leave some out, for one `*` stands for any text")]
    Stars(String),
}

impl Pattern {
    /// A pattern that was written before and is kept: it may have more stars than [`MAX_STARS`], which there was no limit of.
    ///
    /// # Errors
    /// [`InvalidPattern::Characters`].
    pub fn kept(text: &str) -> Result<Self, InvalidPattern> {
        let allowed = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_' | '*');
        if text.is_empty() || text.chars().count() > MAX_PATTERN || !text.chars().all(allowed) {
            let shown = text.chars().filter(|c| !c.is_control()).take(MAX_PATTERN).collect();
            return Err(InvalidPattern::Characters(shown));
        }
        Ok(Self { written: text.to_owned(), key: lower(text) })
    }

    /// Whether it matches `id`, going by its key: an ID that is the same package in other letters (the Kelvin sign for a `k`)
    /// must not slip past a pattern. Allocates nothing, and is linear in the text however many stars there are: a hostile
    /// pattern can't make it slow.
    #[must_use]
    pub fn covers(&self, id: &PackageId) -> bool {
        self.matches_key(id.key())
    }

    /// The same for a text that is no package ID. Where many patterns are compared with one ID, [`covers`](Self::covers) does
    /// not fold it again and again.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.matches_key(&lower(text))
    }

    fn matches_key(&self, key: &str) -> bool {
        let Some((first, others)) = self.key.split_once('*') else { return self.key == key };
        let Some(mut rest) = key.strip_prefix(first) else { return false };
        let (between, last) = others.rsplit_once('*').unwrap_or(("", others));
        for part in between.split('*') {
            let Some((_, after)) = rest.split_once(part) else { return false };
            rest = after;
        }
        rest.ends_with(last)
    }

    /// How many characters are not stars: of several matching patterns the one with most wins.
    #[must_use]
    pub fn literal_characters(&self) -> usize {
        self.written.chars().filter(|character| *character != '*').count()
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The text by which two spellings are the same pattern.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Of `(pattern, value)` pairs the value whose pattern matches `id` most literally; a tie goes to the smallest value,
/// which must be the strictest by its order.
#[must_use]
pub fn most_literal<T: Copy + Ord>(rules: &[(Pattern, T)], id: &str) -> Option<T> {
    let key = lower(id);
    let matching = rules.iter().filter(|(pattern, _)| pattern.matches_key(&key));
    matching.min_by_key(|(pattern, value)| (Reverse(pattern.literal_characters()), *value)).map(|(_, value)| *value)
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pattern = Self::kept(text)?;
        if text.matches('*').count() > MAX_STARS {
            return Err(InvalidPattern::Stars(text.to_owned()));
        }
        Ok(pattern)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.written)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, id: &str) -> bool {
        pattern.parse::<Pattern>().unwrap().matches(id)
    }

    #[test]
    fn a_star_stands_for_any_text_and_case_does_not_count() {
        for (pattern, id, expected) in [
            ("Contoso.Core", "contoso.core", true),
            ("Contoso.Core", "Contoso.Core.Extra", false),
            ("Contoso.*", "CONTOSO.a.b", true),
            ("Contoso.*", "Contoso", false),
            ("Contoso*", "Contoso", true),
            ("*", "Anything", true),
            ("*.Core", "Contoso.Core", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "abcd", false),
            ("aa*aa", "aaa", false),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, id), expected, "{pattern} on {id}");
        }
    }

    #[test]
    fn an_id_that_is_the_same_package_in_other_letters_matches_too() {
        assert!(matches("Kontoso.*", "\u{212a}ontoso.Core"));
    }

    #[test]
    fn a_package_id_is_compared_by_its_key() {
        let pattern: Pattern = "Contoso.*.Core".parse().unwrap();
        for (id, expected) in [("CONTOSO.a.CORE", true), ("Contoso.Core", false), ("Contoso.a.Core.b", false)] {
            assert_eq!(pattern.covers(&id.parse().unwrap()), expected, "{id}");
            assert_eq!(pattern.matches(id), expected, "{id}");
        }
        assert_eq!((pattern.key(), pattern.as_str()), ("contoso.*.core", "Contoso.*.Core"));
    }

    #[test]
    fn many_stars_are_refused_where_they_are_written_and_read_where_they_are_kept() {
        assert!("a*".repeat(MAX_STARS).parse::<Pattern>().is_ok());
        let many = "a*".repeat(MAX_STARS + 1);
        let error = many.parse::<Pattern>().unwrap_err();
        assert_eq!(error, InvalidPattern::Stars(many.clone()));
        assert!(error.to_string().contains("more than 8 stars"), "{error}");
        assert!(Pattern::kept(&many).unwrap().matches(&"a".repeat(MAX_STARS + 1)));
        assert!(Pattern::kept("a b").is_err());
    }

    #[test]
    fn many_stars_on_a_long_text_end_at_once() {
        let hostile = Pattern::kept(&"a*".repeat(50)).unwrap();
        assert!(!hostile.matches(&"a".repeat(49)));
        assert!(hostile.matches(&"a".repeat(50)));
    }

    #[test]
    fn the_most_literal_pattern_wins_and_a_tie_goes_to_the_stricter() {
        let rules =
            [("*", 3), ("Contoso.*", 2), ("*.Contoso", 1), ("C*toso.*", 0)].map(|(p, v)| (p.parse().unwrap(), v));
        assert_eq!(most_literal(&rules, "Other"), Some(3));
        assert_eq!(most_literal(&rules, "Contoso.Core"), Some(2));
        assert_eq!(most_literal(&rules, "Contoso.Contoso"), Some(1));
    }

    #[test]
    fn other_wildcards_and_separators_are_refused() {
        for text in ["", "a?", "a/b", "a b", "[a]", "a,b"] {
            assert!(text.parse::<Pattern>().is_err(), "`{text}` was taken");
        }
    }
}
