//! The range of versions a dependency accepts.
//!
//! As strict as a publisher should be: forms that only some clients read are refused, because a range that a client
//! can't read breaks the whole document it stands in. It does not choose a version out of a list.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::excerpt::Excerpt;
use super::version::{InvalidVersion, NuGetVersion};

/// A range in NuGet's interval notation
/// (<https://learn.microsoft.com/nuget/concepts/package-versioning#version-ranges>).
///
/// [`Display`](fmt::Display) writes the normalized form that every client reads: `[1.0.0, 2.0.0)`, `[1.0.0, )`,
/// `[1.0.0, 1.0.0]`, `(, )`. It leaves build metadata out; serde keeps it, so that [`VersionRange::is_semver2`] answers
/// the same after a round trip.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionRange {
    min: Option<Bound>,
    max: Option<Bound>,
}

impl VersionRange {
    /// The range without bounds, `(, )`: what a dependency without a version means.
    #[must_use]
    pub fn any() -> Self {
        Self { min: None, max: None }
    }

    /// Reads `1.0` (at least), `[1.0]` (exactly) or two bounds, either of them open.
    ///
    /// # Errors
    /// [`InvalidVersionRange`]; among them floating versions (project files only), `(,)` (no client reads it), `(1.0)`
    /// and ranges that contain nothing.
    pub fn parse(text: &str) -> Result<Self, InvalidVersionRange> {
        let text = text.trim();
        let invalid = |rule: fn(String) -> InvalidVersionRange| rule(Excerpt(text).to_string());
        if text.is_empty() {
            return Err(InvalidVersionRange::Empty);
        }
        if text.contains('*') {
            return Err(invalid(|range| InvalidVersionRange::Floating { range }));
        }
        let Some((min_inclusive, inner)) = opened(text) else {
            return Ok(Self { min: Some(Bound { version: NuGetVersion::parse(text)?, inclusive: true }), max: None });
        };
        let Some((max_inclusive, inner)) = closed(inner) else {
            return Err(invalid(|range| InvalidVersionRange::Brackets { range }));
        };
        let Some((min, max)) = inner.split_once(',') else {
            if !min_inclusive || !max_inclusive {
                return Err(invalid(|range| InvalidVersionRange::ExactNeedsSquare { range }));
            }
            let bound = Bound { version: NuGetVersion::parse(inner)?, inclusive: true };
            return Ok(Self { min: Some(bound.clone()), max: Some(bound) });
        };
        if max.contains(',') {
            return Err(invalid(|range| InvalidVersionRange::Brackets { range }));
        }
        if min.is_empty() && max.is_empty() {
            return Err(invalid(|range| InvalidVersionRange::NoBounds { range }));
        }
        let range = Self { min: Bound::parse(min, min_inclusive)?, max: Bound::parse(max, max_inclusive)? };
        if let (Some(min), Some(max)) = (&range.min, &range.max)
            && (min.version > max.version || (min.version == max.version && !(min.inclusive && max.inclusive)))
        {
            return Err(invalid(|range| InvalidVersionRange::Nothing { range }));
        }
        Ok(range)
    }

    /// Whether a bound is a SemVer 2 version, which hides the depending package from old clients.
    #[must_use]
    pub fn is_semver2(&self) -> bool {
        self.bounds().any(|bound| bound.version.is_semver2())
    }

    /// Whether the version lies inside.
    #[must_use]
    pub fn satisfies(&self, version: &NuGetVersion) -> bool {
        let above =
            self.min.as_ref().is_none_or(|min| *version > min.version || (min.inclusive && *version == min.version));
        let below =
            self.max.as_ref().is_none_or(|max| *version < max.version || (max.inclusive && *version == max.version));
        above && below
    }

    fn bounds(&self) -> impl Iterator<Item = &Bound> {
        self.min.iter().chain(self.max.iter())
    }

    fn write(&self, show: impl Fn(&NuGetVersion) -> String) -> String {
        let mut text = String::new();
        text.push(if self.min.as_ref().is_some_and(|min| min.inclusive) { '[' } else { '(' });
        text.push_str(&self.min.as_ref().map(|min| show(&min.version)).unwrap_or_default());
        text.push_str(", ");
        text.push_str(&self.max.as_ref().map(|max| show(&max.version)).unwrap_or_default());
        text.push(if self.max.as_ref().is_some_and(|max| max.inclusive) { ']' } else { ')' });
        text
    }
}

/// Why a text is not a version range that may be published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVersionRange {
    /// Nothing there.
    #[error("a version range is empty")]
    Empty,
    /// `*` anywhere.
    #[error("version range `{range}` is floating, which is for project files only; name a lowest version")]
    Floating {
        /// The text, made printable.
        range: String,
    },
    /// The brackets do not match up, or there are more than two bounds.
    #[error("version range `{range}` is not one or two versions between brackets")]
    Brackets {
        /// The text, made printable.
        range: String,
    },
    /// One version with a round bracket.
    #[error("version range `{range}` has one version, which needs square brackets on both sides")]
    ExactNeedsSquare {
        /// The text, made printable.
        range: String,
    },
    /// `(,)` and the like, which no client reads.
    #[error("version range `{range}` has no bounds; leave the version out or write `(, )`")]
    NoBounds {
        /// The text, made printable.
        range: String,
    },
    /// The lower bound lies above the upper, or both are the same and one is exclusive.
    #[error("version range `{range}` contains no version")]
    Nothing {
        /// The text, made printable.
        range: String,
    },
    /// A bound is not a version.
    #[error(transparent)]
    Version(#[from] InvalidVersion),
}

impl fmt::Display for VersionRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.write(|version| version.normalized().to_owned()))
    }
}

impl FromStr for VersionRange {
    type Err = InvalidVersionRange;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for VersionRange {
    type Error = InvalidVersionRange;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<VersionRange> for String {
    fn from(range: VersionRange) -> Self {
        range.write(NuGetVersion::full)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Bound {
    version: NuGetVersion,
    inclusive: bool,
}

impl Bound {
    fn parse(text: &str, inclusive: bool) -> Result<Option<Self>, InvalidVersion> {
        if text.trim().is_empty() {
            return Ok(None);
        }
        Ok(Some(Self { version: NuGetVersion::parse(text)?, inclusive }))
    }
}

fn opened(text: &str) -> Option<(bool, &str)> {
    match text.strip_prefix('[') {
        Some(rest) => Some((true, rest)),
        None => text.strip_prefix('(').map(|rest| (false, rest)),
    }
}

fn closed(text: &str) -> Option<(bool, &str)> {
    match text.strip_suffix(']') {
        Some(rest) => Some((true, rest)),
        None => text.strip_suffix(')').map(|rest| (false, rest)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(text: &str) -> VersionRange {
        VersionRange::parse(text).unwrap()
    }

    #[test]
    fn normalizes_as_the_official_library() {
        for (text, normalized) in [
            ("1.0", "[1.0.0, )"),
            ("[1.0]", "[1.0.0, 1.0.0]"),
            ("[1.0,2.0)", "[1.0.0, 2.0.0)"),
            (" [ 1.0 , 2.0 ) ", "[1.0.0, 2.0.0)"),
            ("(1.0,)", "(1.0.0, )"),
            ("[1.0,]", "[1.0.0, )"),
            ("(,1.0]", "(, 1.0.0]"),
            ("[,1.0]", "(, 1.0.0]"),
            ("(, )", "(, )"),
            ("[ , ]", "(, )"),
            ("[1.0.0+m,)", "[1.0.0, )"),
            ("[1.0-Beta,1.0]", "[1.0.0-Beta, 1.0.0]"),
            ("[1.0,1.0]", "[1.0.0, 1.0.0]"),
        ] {
            assert_eq!(range(text).to_string(), normalized);
        }
        assert_eq!(VersionRange::any().to_string(), "(, )");
        assert_eq!(range("[ , ]"), VersionRange::any());
    }

    #[test]
    fn refuses_each_broken_rule_by_name() {
        for (text, message) in [
            ("", "a version range is empty"),
            ("*", "version range `*` is floating, which is for project files only; name a lowest version"),
            ("[1.*,2)", "version range `[1.*,2)` is floating, which is for project files only; name a lowest version"),
            ("(,)", "version range `(,)` has no bounds; leave the version out or write `(, )`"),
            ("(,]", "version range `(,]` has no bounds; leave the version out or write `(, )`"),
            ("(1.0)", "version range `(1.0)` has one version, which needs square brackets on both sides"),
            ("[1.0)", "version range `[1.0)` has one version, which needs square brackets on both sides"),
            ("[1.0,1.0)", "version range `[1.0,1.0)` contains no version"),
            ("[2.0,1.0]", "version range `[2.0,1.0]` contains no version"),
            ("[1,2,3]", "version range `[1,2,3]` is not one or two versions between brackets"),
            ("[1.0", "version range `[1.0` is not one or two versions between brackets"),
            ("[", "version range `[` is not one or two versions between brackets"),
            ("1.0]", "version `1.0]` does not start with one to four numbers separated by dots"),
            ("[]", "a version is empty"),
            ("[a,2]", "version `a` does not start with one to four numbers separated by dots"),
        ] {
            assert_eq!(VersionRange::parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn knows_what_lies_inside() {
        for (text, inside, outside) in [
            ("1.0", vec!["1.0", "2.0", "1.0+x"], vec!["0.9", "1.0-a"]),
            ("(1.0,2.0)", vec!["1.5", "2.0-a"], vec!["1.0", "2.0"]),
            ("[1.0]", vec!["1.0.0.0"], vec!["1.0.1"]),
            ("(, )", vec!["0", "1-a"], vec![]),
            ("(,1.0]", vec!["0.1", "1.0"], vec!["1.0.1"]),
        ] {
            for version in inside {
                assert!(range(text).satisfies(&NuGetVersion::parse(version).unwrap()), "{version} in {text}");
            }
            for version in outside {
                assert!(!range(text).satisfies(&NuGetVersion::parse(version).unwrap()), "{version} not in {text}");
            }
        }
    }

    #[test]
    fn semver2_survives_serde() {
        for (text, semver2) in
            [("1.0", false), ("1.0-a", false), ("1.0-a.1", true), ("(,1.0+m]", true), ("(, )", false)]
        {
            let parsed = range(text);
            assert_eq!(parsed.is_semver2(), semver2, "{text}");
            let json = serde_json::to_string(&parsed).unwrap();
            assert_eq!(serde_json::from_str::<VersionRange>(&json).unwrap().is_semver2(), semver2, "{json}");
        }
    }

    proptest! {
        #[test]
        fn display_is_read_back_as_the_same_range(
            text in "[\\[(] ?([0-3](\\.[0-3]){0,3}(-[a-b])?)? ?, ?([4-6](\\.[0-3])?)? ?[\\])]|[0-9]\\.[0-9]|\\[[0-9]\\]"
        ) {
            if let Ok(parsed) = VersionRange::parse(&text) {
                let again = range(&parsed.to_string());
                prop_assert_eq!(&again, &parsed);
                prop_assert_eq!(again.to_string(), parsed.to_string());
            }
        }

        #[test]
        fn any_text_is_answered(text in "[\\[\\](),0-9. *a-]{0,12}|\\PC{0,30}") {
            if let Err(error) = VersionRange::parse(&text) {
                prop_assert!(error.to_string().is_ascii());
            }
        }
    }
}
