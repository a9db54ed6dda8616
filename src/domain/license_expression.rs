//! The licence of a package as an SPDX expression.
//!
//! It checks the grammar that NuGet defines. It does not hold SPDX's lists: an unknown licence identifier passes, as it
//! does (with a warning) at the official client.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::excerpt::Excerpt;

/// Longest expression in bytes (nuget.org's column is 500 characters wide).
pub const MAX_LENGTH: usize = 500;

/// The only version of the expression language (<https://learn.microsoft.com/nuget/reference/nuspec#license>).
pub const VERSION: &str = "1.0.0";

/// Deepest nesting of parentheses; nobody writes more, and the reader calls itself once a level.
const MAX_DEPTH: usize = 32;

/// An expression such as `MIT`, `GPL-2.0-only WITH Classpath-exception-2.0` or `(MIT OR Apache-2.0) AND BSD-3-Clause`,
/// white space between the words reduced to one blank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LicenseExpression(String);

impl LicenseExpression {
    /// Reads an expression: identifiers with an optional `+`, `WITH` an exception, `AND`, `OR`, parentheses, or
    /// `UNLICENSED` alone. Operators are upper case.
    ///
    /// # Errors
    /// [`InvalidLicenseExpression`] names the broken rule.
    pub fn parse(text: &str) -> Result<Self, InvalidLicenseExpression> {
        if text.trim().is_empty() {
            return Err(InvalidLicenseExpression::Empty);
        }
        if text.len() > MAX_LENGTH {
            return Err(InvalidLicenseExpression::TooLong);
        }
        let words = words(text);
        let malformed = || InvalidLicenseExpression::Malformed { expression: Excerpt(text.trim()).to_string() };
        let mut reader = Reader { rest: &words };
        reader.expression(MAX_DEPTH).ok_or_else(malformed)?;
        if !reader.rest.is_empty() || (words.len() > 1 && words.contains(&"UNLICENSED")) {
            return Err(malformed());
        }
        Ok(Self(words.join(" ").replace("( ", "(").replace(" )", ")")))
    }

    /// The expression.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is not a licence expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLicenseExpression {
    /// Nothing there.
    #[error("a license expression is empty")]
    Empty,
    /// More than [`MAX_LENGTH`] bytes.
    #[error("a license expression is longer than {MAX_LENGTH} characters")]
    TooLong,
    /// Against the grammar.
    #[error("license expression `{expression}` is not SPDX identifiers joined by AND, OR and WITH")]
    Malformed {
        /// The text, made printable.
        expression: String,
    },
}

impl fmt::Display for LicenseExpression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for LicenseExpression {
    type Error = InvalidLicenseExpression;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<LicenseExpression> for String {
    fn from(expression: LicenseExpression) -> Self {
        expression.0
    }
}

fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for mut piece in text.split_whitespace() {
        while let Some(at) = piece.find(['(', ')']) {
            let (before, rest) = piece.split_at(at);
            let (bracket, after) = rest.split_at(1);
            words.extend((!before.is_empty()).then_some(before));
            words.push(bracket);
            piece = after;
        }
        words.extend((!piece.is_empty()).then_some(piece));
    }
    words
}

struct Reader<'a, 'b> {
    rest: &'b [&'a str],
}

impl<'a> Reader<'a, '_> {
    fn expression(&mut self, depth: usize) -> Option<()> {
        self.operand(depth)?;
        while let Some(&("AND" | "OR")) = self.rest.first() {
            self.next()?;
            self.operand(depth)?;
        }
        Some(())
    }

    fn operand(&mut self, depth: usize) -> Option<()> {
        let word = self.next()?;
        if word == "(" {
            self.expression(depth.checked_sub(1)?)?;
            return (self.next()? == ")").then_some(());
        }
        if !is_identifier(word.strip_suffix('+').unwrap_or(word)) {
            return None;
        }
        if self.rest.first() == Some(&"WITH") {
            self.next()?;
            return is_identifier(self.next()?).then_some(());
        }
        Some(())
    }

    fn next(&mut self) -> Option<&'a str> {
        let (word, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(word)
    }
}

fn is_identifier(word: &str) -> bool {
    !word.is_empty()
        && !matches!(word, "AND" | "OR" | "WITH")
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_the_grammar() {
        for (text, normal) in [
            ("MIT", "MIT"),
            ("GPL-2.0+", "GPL-2.0+"),
            ("UNLICENSED", "UNLICENSED"),
            ("MIT  OR\tApache-2.0", "MIT OR Apache-2.0"),
            ("( MIT OR(Apache-2.0) )AND X", "(MIT OR (Apache-2.0)) AND X"),
            ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ] {
            assert_eq!(LicenseExpression::parse(text).unwrap().as_str(), normal);
        }
    }

    #[test]
    fn refuses_what_is_against_it() {
        for text in [
            "MIT OR",
            "OR MIT",
            "MIT Apache-2.0",
            "(MIT",
            "MIT)",
            "()",
            "MIT WITH (X)",
            "MIT AND UNLICENSED",
            "a/b",
            "+",
        ] {
            let error = LicenseExpression::parse(text).unwrap_err();
            assert!(matches!(error, InvalidLicenseExpression::Malformed { .. }), "{text}");
        }
        assert_eq!(LicenseExpression::parse(" "), Err(InvalidLicenseExpression::Empty));
        assert_eq!(LicenseExpression::parse(&"a".repeat(501)), Err(InvalidLicenseExpression::TooLong));
    }

    #[test]
    fn bounds_the_nesting() {
        let nested = |depth| format!("{}MIT{}", "(".repeat(depth), ")".repeat(depth));
        assert!(LicenseExpression::parse(&nested(32)).is_ok());
        assert!(LicenseExpression::parse(&nested(33)).is_err());
    }

    proptest! {
        #[test]
        fn normal_form_is_stable(text in "[(]?(MIT|A\\+|B WITH C)( ?[)])?( (AND|OR) [(]? ?(X|Y)[)]?){0,3}|\\PC{0,20}") {
            if let Ok(parsed) = LicenseExpression::parse(&text) {
                prop_assert_eq!(LicenseExpression::parse(parsed.as_str()).unwrap(), parsed);
            }
        }
    }
}
