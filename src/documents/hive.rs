//! The two sets of registration documents.

use crate::domain::manifest::Manifest;

/// Which packages a client can read (<https://learn.microsoft.com/nuget/api/registration-base-url-resource>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hive {
    /// For clients before NuGet 4.3: SemVer 2 packages are left out.
    SemVer1,
    /// Everything.
    SemVer2,
}

impl Hive {
    /// Both.
    pub const ALL: [Self; 2] = [Self::SemVer1, Self::SemVer2];

    /// The name under which its documents are stored.
    #[must_use]
    pub const fn stored_name(self) -> &'static str {
        match self {
            Self::SemVer1 => "semver1",
            Self::SemVer2 => "semver2",
        }
    }

    /// Whether a package stands in this set.
    #[must_use]
    pub fn holds(self, manifest: &Manifest) -> bool {
        self == Self::SemVer2 || !manifest.is_semver2()
    }
}
