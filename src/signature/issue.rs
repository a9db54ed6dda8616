//! What is wrong with a signature, in facts, and as sentences that say what to do.
//!
//! A problem has NuGet's own code where NuGet has one, and the name of the server's rule where the client would let it
//! pass. Messages are ASCII apart from names in certificates, and never hold octets of the package unescaped.

use std::fmt;

use super::problem::Problem;

/// A code of NuGet, such as NU3008 (learn.microsoft.com, NuGet errors and warnings reference).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub(crate) u16);

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NU{:04}", self.0)
    }
}

/// A rule of this server on top of the client's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// The signature must be an author's; countersignatures must be a repository's.
    Kind,
    /// Exactly one valid timestamp.
    Timestamp,
    /// The signer's certificate must be valid at this moment.
    ValidNow,
    /// The path to the trust anchor must hold by RFC 5280, without help of a countersignature.
    Path,
    /// RSASSA-PKCS1-v1_5 with SHA-2.
    Algorithm,
    /// The archive must have one reading and extract safely.
    Archive,
    /// The package must have one nuspec for the client to read.
    Manifest,
    /// The signature may not cost more than the server spends on it.
    Limit,
}

impl Rule {
    /// The name of the rule, as reports and settings have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Timestamp => "timestamp",
            Self::ValidNow => "valid-now",
            Self::Path => "path",
            Self::Algorithm => "algorithm",
            Self::Archive => "archive",
            Self::Manifest => "manifest",
            Self::Limit => "limit",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether an issue refuses the package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// It does not.
    Warning,
    /// It does.
    Error,
}

/// What an issue is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The package as a file.
    Package,
    /// An author's primary signature.
    Author,
    /// A repository's primary signature.
    Repository,
    /// A primary signature of unknown or not yet known kind.
    Signature,
    /// The repository countersignature.
    Countersignature,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Package => "package",
            Self::Author => "author signature",
            Self::Repository => "repository signature",
            Self::Signature => "signature",
            Self::Countersignature => "repository countersignature",
        })
    }
}

/// One finding about a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// NuGet's code, where it has one.
    pub code: Option<Code>,
    /// The server's rule, where the client has none.
    pub rule: Option<Rule>,
    /// Whether it refuses the package.
    pub level: Level,
    /// What it is about.
    pub part: Part,
    /// Whether it is about the timestamp of that part.
    pub timestamp: bool,
    /// The facts.
    pub problem: Problem,
}

impl Issue {
    /// The whole sentence: what is wrong with which part, and what to do.
    #[must_use]
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// Whether it counts as an error.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self.level, Level::Error)
    }

    /// The name of what is broken: NuGet's code, else the server's rule.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.code, self.rule) {
            (Some(code), _) => code.to_string(),
            (None, Some(rule)) => rule.to_string(),
            (None, None) => "archive".into(),
        }
    }
}
