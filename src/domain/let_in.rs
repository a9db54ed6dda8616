//! On what grounds a version is on the feed, as far as the question goes who must have signed it.

use serde::Serialize;

/// What let a version in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetIn {
    /// The push rule was satisfied.
    Rule,
    /// Its ID is on the list of other people's packages, so nobody asked who signed.
    Foreign,
    /// The push rule refused it, and an enforcement stage let it in all the same.
    Stage,
}
