//! A signature on the feed that does not count any more: what it comes from, and what people may do about it.

use std::fmt;

use serde::Serialize;

/// What it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The signer's certificate is revoked, and no timestamp proves that the signature is older.
    Signer,
    /// A certificate above the signer's is revoked.
    Issuer,
    /// The certificate of the timestamping authority is revoked.
    Authority,
    /// A certificate above that one is revoked.
    AuthorityIssuer,
    /// The signer's chain leads to no trust anchor any more.
    Path,
    /// The timestamping authority's chain does not.
    AuthorityPath,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Signer, Self::Issuer, Self::Authority, Self::AuthorityIssuer, Self::Path, Self::AuthorityPath];

    /// Its word: in the database and in exports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signer => "signer",
            Self::Issuer => "issuer",
            Self::Authority => "authority",
            Self::AuthorityIssuer => "authority-issuer",
            Self::Path => "path",
            Self::AuthorityPath => "authority-path",
        }
    }

    /// Whether a certificate is revoked or on hold, and not only out of the lists of trust anchors.
    #[must_use]
    pub const fn is_revocation(self) -> bool {
        !matches!(self, Self::Path | Self::AuthorityPath)
    }
}

/// What somebody chose to do about a version whose signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// Leave it as it is: it stays marked, and nobody is reminded again.
    Keep,
    /// Take it out of search; whoever names it still gets it.
    Unlist,
    /// Take it from everybody, until an administrator shows it again.
    Hide,
    /// Delete it for good.
    Remove,
}

impl Choice {
    /// All of them, the mildest first.
    pub const ALL: [Self; 4] = [Self::Keep, Self::Unlist, Self::Hide, Self::Remove];

    /// Its word: in forms, in the database and in records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Unlist => "unlist",
            Self::Hide => "hide",
            Self::Remove => "remove",
        }
    }

    /// The choice of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|choice| choice.name() == name)
    }

    /// Whether only the server's administrators may: builds that name the version break.
    #[must_use]
    pub const fn is_for_administrators(self) -> bool {
        matches!(self, Self::Hide | Self::Remove)
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_has_its_own_name_and_owners_may_only_what_breaks_no_build() {
        for choice in Choice::ALL {
            assert_eq!(Choice::named(choice.name()), Some(choice));
        }
        let for_owners: Vec<_> = Choice::ALL.into_iter().filter(|choice| !choice.is_for_administrators()).collect();
        assert_eq!(for_owners, [Choice::Keep, Choice::Unlist]);
        assert_eq!(Choice::named("Keep"), None);
    }
}
