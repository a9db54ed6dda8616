//! Patterns of package IDs: only `*`, without regard to case.

use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use super::package_id::lower;

/// A pattern such as `Contoso.*`: characters of package IDs and `*`, which stands for any text, the empty one too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Pattern(String);

/// The longest pattern: a package ID has at most 100 characters.
pub const MAX_PATTERN: usize = 100;

/// Why a text is no pattern.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is no package ID pattern: 1 to {MAX_PATTERN} letters, digits, `.`, `-`, `_` and `*`")]
pub struct InvalidPattern(String);

impl Pattern {
    /// Whether `id` matches. Case is folded as for the identity of packages: an ID that is the same package in other letters
    /// (the Kelvin sign for a `k`) must not slip past a pattern. Linear in the text however many stars there are: a
    /// hostile pattern can't make it slow.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        let pattern = lower(&self.0);
        let mut rest = lower(id);
        let mut parts = pattern.split('*').collect::<Vec<_>>();
        let Some(last) = parts.pop() else { return false };
        if parts.is_empty() {
            return rest == last;
        }
        let Some(after_first) = rest.strip_prefix(parts.remove(0)) else { return false };
        rest = after_first.to_owned();
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = rest.split_off(at + part.len());
        }
        rest.ends_with(last)
    }

    /// How many characters are not stars: of several matching patterns the one with most wins.
    #[must_use]
    pub fn literal_characters(&self) -> usize {
        self.0.chars().filter(|character| *character != '*').count()
    }

    /// The text as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Of `(pattern, value)` pairs the value whose pattern matches `id` most literally; a tie goes to the smallest value,
/// which must be the strictest by its order.
#[must_use]
pub fn most_literal<T: Copy + Ord>(rules: &[(Pattern, T)], id: &str) -> Option<T> {
    let matching = rules.iter().filter(|(pattern, _)| pattern.matches(id));
    matching.min_by_key(|(pattern, value)| (Reverse(pattern.literal_characters()), *value)).map(|(_, value)| *value)
}

impl FromStr for Pattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let allowed = |character: char| character.is_alphanumeric() || matches!(character, '.' | '-' | '_' | '*');
        if text.is_empty() || text.chars().count() > MAX_PATTERN || !text.chars().all(allowed) {
            return Err(InvalidPattern(text.chars().filter(|c| !c.is_control()).take(MAX_PATTERN).collect()));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
    fn many_stars_on_a_long_text_end_at_once() {
        assert!(!matches(&"a*".repeat(50), &"a".repeat(49)));
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
