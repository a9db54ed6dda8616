//! NuGet's version: SemVer 2.0.0 with one to four numbers, and an order of its own.
//!
//! The rules are those of the official `NuGet.Versioning` library, its peculiarities included, because every client
//! decides by them. This module does not know which versions exist, nor whether one is listed.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::excerpt::Excerpt;

/// Longest version a package may be pushed with, in characters
/// (<https://learn.microsoft.com/nuget/reference/nuspec#version>). [`NuGetVersion::parse`] itself takes longer ones,
/// because a dependency may name them.
pub const MAX_PUSHED_LENGTH: usize = 64;

/// Largest value of each of the four numbers: .NET keeps them as signed 32-bit integers.
pub const MAX_NUMBER: u32 = 2_147_483_647;

/// A version such as `1.0`, `1.2.3.4` or `1.0.0-rc.1+build`.
///
/// Equality, order and hash follow NuGet's precedence: letter case and build metadata do not count, and missing
/// numbers are zero. A label that .NET reads as an integer counts by value, a leading `-` included: `--5` is the number
/// minus five. So `1.0.0--5` equals `1.0.0--05` though their [`keys`](Self::key) differ.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NuGetVersion {
    original: String,
    normalized: String,
    numbers: [u32; 4],
    labels: Vec<Label>,
    metadata: Option<String>,
}

impl NuGetVersion {
    /// Reads `major[.minor[.patch[.revision]]][-label(.label)*][+metadata(.metadata)*]`.
    ///
    /// Outer white space is dropped, and white space around the dots of the numeric part too; leading zeros of numbers
    /// are allowed and dropped.
    ///
    /// # Errors
    /// [`InvalidVersion`] names the broken rule.
    pub fn parse(text: &str) -> Result<Self, InvalidVersion> {
        let original = text.trim();
        if original.is_empty() {
            return Err(InvalidVersion::Empty);
        }
        let (before_metadata, metadata) = match original.split_once('+') {
            Some((before, metadata)) => (before, Some(metadata)),
            None => (original, None),
        };
        let (number_part, label_part) = match before_metadata.split_once('-') {
            Some((numbers, labels)) => (numbers, Some(labels)),
            None => (before_metadata, None),
        };
        let numbers = numbers(number_part, original)?;
        let labels = match label_part {
            Some(part) => part.split('.').map(|label| Label::parse(label, original)).collect::<Result<_, _>>()?,
            None => Vec::new(),
        };
        if let Some(part) = metadata
            && !part.split('.').all(is_identifier)
        {
            return Err(InvalidVersion::Metadata { version: Excerpt(original).to_string() });
        }
        let [major, minor, patch, revision] = numbers;
        let mut normalized = format!("{major}.{minor}.{patch}");
        if revision > 0 {
            normalized.push_str(&format!(".{revision}"));
        }
        if let Some(part) = label_part {
            normalized.push('-');
            normalized.push_str(part);
        }
        Ok(Self { original: original.to_owned(), normalized, numbers, labels, metadata: metadata.map(str::to_owned) })
    }

    /// The text as given, without outer white space.
    #[must_use]
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The normalized form: three numbers, the fourth only if it is not zero, labels in their own case, no metadata.
    #[must_use]
    pub fn normalized(&self) -> &str {
        &self.normalized
    }

    /// The normalized form with `+metadata` if there is any.
    #[must_use]
    pub fn full(&self) -> String {
        self.to_string()
    }

    /// The normalized form in lower case: storage key and the `LOWER_VERSION` of URLs.
    #[must_use]
    pub fn key(&self) -> String {
        self.normalized.to_ascii_lowercase()
    }

    /// Whether there is a label, so that the version is left out where prereleases are not wanted.
    #[must_use]
    pub fn is_prerelease(&self) -> bool {
        !self.labels.is_empty()
    }

    /// Whether a client older than NuGet 4.3 can't read it: more than one label, or build metadata
    /// (<https://learn.microsoft.com/nuget/concepts/package-versioning#semantic-versioning-200>).
    #[must_use]
    pub fn is_semver2(&self) -> bool {
        self.labels.len() > 1 || self.metadata.is_some()
    }
}

/// Why a text is not a NuGet version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidVersion {
    /// Nothing there.
    #[error("a version is empty")]
    Empty,
    /// The numeric part is not one to four numbers separated by dots.
    #[error("version `{version}` does not start with one to four numbers separated by dots")]
    Numbers {
        /// The text, made printable.
        version: String,
    },
    /// A number above [`MAX_NUMBER`].
    #[error("version `{version}` has a number above {MAX_NUMBER}")]
    NumberTooLarge {
        /// The text, made printable.
        version: String,
    },
    /// A label is empty or has a character other than a letter, a digit or a hyphen.
    #[error("version `{version}` has a bad prerelease label; allowed are letters, digits and `-`, between single dots")]
    Label {
        /// The text, made printable.
        version: String,
    },
    /// A label of digits only starts with a zero (SemVer 2.0.0, 9).
    #[error("version `{version}` has a numeric prerelease label with a leading zero")]
    LeadingZero {
        /// The text, made printable.
        version: String,
    },
    /// A part of the metadata is empty or has a bad character.
    #[error("version `{version}` has bad build metadata; allowed are letters, digits and `-`, between single dots")]
    Metadata {
        /// The text, made printable.
        version: String,
    },
}

impl fmt::Display for NuGetVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.normalized)?;
        match &self.metadata {
            Some(metadata) => write!(f, "+{metadata}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for NuGetVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NuGetVersion({:?})", self.original)
    }
}

impl FromStr for NuGetVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl TryFrom<String> for NuGetVersion {
    type Error = InvalidVersion;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<NuGetVersion> for String {
    fn from(version: NuGetVersion) -> Self {
        version.original
    }
}

impl Ord for NuGetVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.labels.is_empty(), other.labels.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.labels.cmp(&other.labels),
        })
    }
}

impl PartialOrd for NuGetVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for NuGetVersion {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for NuGetVersion {}

impl Hash for NuGetVersion {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.numbers.hash(state);
        self.labels.hash(state);
    }
}

/// One prerelease label as it takes part in the order: numbers before text (the order of the variants).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Label {
    /// What .NET's `int.TryParse` takes: 32 bits with a sign. Longer digits are text.
    Number(i32),
    /// In lower case. The library compares upper-case forms, but no allowed character lies between the two alphabets.
    Text(String),
}

impl Label {
    fn parse(label: &str, version: &str) -> Result<Self, InvalidVersion> {
        if !is_identifier(label) {
            return Err(InvalidVersion::Label { version: Excerpt(version).to_string() });
        }
        if label.len() > 1 && label.starts_with('0') && label.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidVersion::LeadingZero { version: Excerpt(version).to_string() });
        }
        Ok(match label.parse() {
            Ok(number) => Self::Number(number),
            Err(_) => Self::Text(label.to_ascii_lowercase()),
        })
    }
}

/// SemVer's identifier: one or more of `[0-9A-Za-z-]`.
fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn numbers(part: &str, version: &str) -> Result<[u32; 4], InvalidVersion> {
    let mut numbers = [0; 4];
    let mut slots = numbers.iter_mut();
    for text in part.split('.').map(str::trim) {
        let slot = slots.next().ok_or_else(|| InvalidVersion::Numbers { version: Excerpt(version).to_string() })?;
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidVersion::Numbers { version: Excerpt(version).to_string() });
        }
        *slot = text
            .parse()
            .ok()
            .filter(|number| *number <= MAX_NUMBER)
            .ok_or_else(|| InvalidVersion::NumberTooLarge { version: Excerpt(version).to_string() })?;
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    use std::hash::DefaultHasher;

    use proptest::prelude::*;

    use super::*;

    fn version(text: &str) -> NuGetVersion {
        NuGetVersion::parse(text).unwrap()
    }

    #[test]
    fn normalizes_as_the_official_library() {
        let cases = [
            // text, normalized, full, SemVer 2?
            ("1", "1.0.0", "1.0.0", false),
            ("1.0", "1.0.0", "1.0.0", false),
            ("1.0.0.0", "1.0.0", "1.0.0", false),
            ("01.00", "1.0.0", "1.0.0", false),
            ("1.02.3", "1.2.3", "1.2.3", false),
            ("1.0.0.4", "1.0.0.4", "1.0.0.4", false),
            ("1.0.0.0-RC", "1.0.0-RC", "1.0.0-RC", false),
            ("1.0.0-Beta.1+AbC", "1.0.0-Beta.1", "1.0.0-Beta.1+AbC", true),
            ("1.0.0+01", "1.0.0", "1.0.0+01", true),
            ("1.0.0--5", "1.0.0--5", "1.0.0--5", false),
            ("  1 . 2 . 3  ", "1.2.3", "1.2.3", false),
            ("1.0-00a", "1.0.0-00a", "1.0.0-00a", false),
            ("1.0-0", "1.0.0-0", "1.0.0-0", false),
            ("1.0-rc-01", "1.0.0-rc-01", "1.0.0-rc-01", false),
            ("1.0.0+a-b", "1.0.0", "1.0.0+a-b", true),
            ("2147483647", "2147483647.0.0", "2147483647.0.0", false),
            ("00000000000000000001.0", "1.0.0", "1.0.0", false),
        ];
        for (text, normalized, full, semver2) in cases {
            let parsed = version(text);
            assert_eq!((parsed.normalized(), parsed.full().as_str(), parsed.is_semver2()), (normalized, full, semver2));
            assert_eq!(parsed.original(), text.trim());
        }
        assert_eq!(version("1.0.0-RC.1+Meta").key(), "1.0.0-rc.1");
    }

    #[test]
    fn refuses_each_broken_rule_by_name() {
        use InvalidVersion as E;
        type Matches = fn(&E) -> bool;
        let cases: Vec<(&str, Matches)> = vec![
            ("", |e| matches!(e, E::Empty)),
            (" \t", |e| matches!(e, E::Empty)),
            ("v1.0", |e| matches!(e, E::Numbers { .. })),
            ("1.2.3.4.5", |e| matches!(e, E::Numbers { .. })),
            ("1.", |e| matches!(e, E::Numbers { .. })),
            (".1", |e| matches!(e, E::Numbers { .. })),
            ("1..2", |e| matches!(e, E::Numbers { .. })),
            ("1 2.0", |e| matches!(e, E::Numbers { .. })),
            ("-1.0", |e| matches!(e, E::Numbers { .. })),
            ("1.0.\u{661}", |e| matches!(e, E::Numbers { .. })),
            ("2147483648", |e| matches!(e, E::NumberTooLarge { .. })),
            ("99999999999999999999", |e| matches!(e, E::NumberTooLarge { .. })),
            ("1.0-", |e| matches!(e, E::Label { .. })),
            ("1.0-a..b", |e| matches!(e, E::Label { .. })),
            ("1.0-a_b", |e| matches!(e, E::Label { .. })),
            ("1.0-a b", |e| matches!(e, E::Label { .. })),
            ("1.0-\u{e9}", |e| matches!(e, E::Label { .. })),
            ("1.0-beta.01", |e| matches!(e, E::LeadingZero { .. })),
            ("1.0+", |e| matches!(e, E::Metadata { .. })),
            ("1.0+a+b", |e| matches!(e, E::Metadata { .. })),
            ("1.0+a.", |e| matches!(e, E::Metadata { .. })),
        ];
        for (text, is_expected) in cases {
            let error = NuGetVersion::parse(text).unwrap_err();
            assert!(is_expected(&error), "{text}: {error}");
            assert!(error.to_string().is_ascii());
        }
    }

    #[test]
    fn orders_as_the_official_library() {
        let ascending = [
            "0.9",
            "1.0.0--5",
            "1.0.0-0",
            "1.0.0-3",
            "1.0.0-3.0",
            "1.0.0-2147483647",
            "1.0.0-2147483648", // no longer a number, so after every number
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-alpha10",
            "1.0.0-ALPHA2",
            "1.0.0-rc.2",
            "1.0.0-rc.10",
            "1.0.0",
            "1.0.0.1-a",
            "1.0.0.1",
            "1.0.1",
            "1.10",
            "2",
        ];
        for pair in ascending.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn equal_versions_hash_alike() {
        for (left, right) in [
            ("1.0.0-alpha", "1.0.0-ALPHA"),
            ("1", "1.0.0.0+x"),
            ("1.0.0+a", "1.0.0+b"),
            ("1.0.0--5", "1.0.0--05"),
            ("1.0.0--0", "1.0.0-0"),
        ] {
            assert_eq!(version(left), version(right));
            assert_eq!(hash(&version(left)), hash(&version(right)));
        }
        assert_ne!(version("1.0.0"), version("1.0.0-a"));
    }

    #[test]
    fn serde_keeps_the_original_text() {
        let parsed: NuGetVersion = serde_json::from_str("\"01.0+x\"").unwrap();
        assert_eq!(serde_json::to_string(&parsed).unwrap(), "\"01.0+x\"");
        assert!(serde_json::from_str::<NuGetVersion>("\"latest\"").is_err());
    }

    fn hash(version: &NuGetVersion) -> u64 {
        let mut hasher = DefaultHasher::new();
        version.hash(&mut hasher);
        hasher.finish()
    }

    fn any_version() -> impl Strategy<Value = NuGetVersion> {
        "[0-2](\\.[0-2]){0,3}(-(0|-?[1-9]|[aAbB-]{1,2}|2147483648)(\\.(0|[1-9]|[aAbB]{1,2})){0,2})?(\\+[a0]{1,2})?"
            .prop_map(|text| NuGetVersion::parse(&text).unwrap())
    }

    proptest! {
        #[test]
        fn order_is_total(a in any_version(), b in any_version(), c in any_version()) {
            prop_assert_eq!(a.cmp(&b), b.cmp(&a).reverse());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
            if a == b {
                prop_assert_eq!(hash(&a), hash(&b));
                prop_assert_eq!(a.cmp(&c), b.cmp(&c));
            }
        }

        #[test]
        fn normalizing_is_idempotent_and_keeps_identity(a in any_version()) {
            let again = NuGetVersion::parse(a.normalized()).unwrap();
            prop_assert_eq!(again.normalized(), a.normalized());
            prop_assert_eq!(&again, &a);
            prop_assert_eq!(NuGetVersion::parse(&a.key()).unwrap().key(), a.key());
            let shown = NuGetVersion::parse(&a.to_string()).unwrap();
            prop_assert_eq!(shown.full(), a.full());
            prop_assert_eq!(shown.is_semver2(), a.is_semver2());
        }

        #[test]
        fn any_text_is_answered(text in "[0-9a-z.+ -]{0,20}|\\PC{0,40}") {
            if let Err(error) = NuGetVersion::parse(&text) {
                prop_assert!(error.to_string().is_ascii());
            }
        }
    }
}
