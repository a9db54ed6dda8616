//! The rules by name: what a refusal names, and what a page lists as kept or broken.

use serde::{Deserialize, Serialize};

/// A rule that every push must keep, in the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleName {
    /// The file is a package whose nuspec can be read.
    Package,
    /// Whoever pushes may push this ID.
    RightToPush,
    /// A new ID is not reserved for others.
    ReservedPrefix,
    /// The version is new.
    Version,
    /// The archive has one reading, extracts safely and can be signed.
    Archive,
    /// There is one nuspec for the client to read.
    Manifest,
    /// The signature costs no more than the server spends on it.
    Limit,
    /// What the client verifies: the signature is whole and fits the package.
    Signature,
    /// An author's signature, or none that counts.
    Kind,
    /// RSASSA-PKCS1-v1_5 with SHA-2.
    Algorithm,
    /// The certificates lead to a trust anchor, each as RFC 5280 wants it.
    Path,
    /// The signer's certificate is valid now.
    ValidNow,
    /// Exactly one valid timestamp.
    Timestamp,
    /// No certificate is known to be revoked.
    Revocation,
    /// The right people signed.
    PushRule,
    /// The feed can sign it, too.
    FeedSignature,
}

impl RuleName {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Package,
        Self::RightToPush,
        Self::ReservedPrefix,
        Self::Version,
        Self::Archive,
        Self::Manifest,
        Self::Limit,
        Self::Signature,
        Self::Kind,
        Self::Algorithm,
        Self::Path,
        Self::ValidNow,
        Self::Timestamp,
        Self::Revocation,
        Self::PushRule,
        Self::FeedSignature,
    ];

    /// The rule as something that is so when it is kept.
    #[must_use]
    pub const fn kept(self) -> &'static str {
        match self {
            Self::Package => "The file is a package that can be read",
            Self::RightToPush => "Whoever pushes may push this package",
            Self::ReservedPrefix => "The ID is not reserved for somebody else",
            Self::Version => "The version is new",
            Self::Archive => "The archive has one reading and extracts safely",
            Self::Manifest => "There is exactly one nuspec",
            Self::Limit => "The signature is of a usual size",
            Self::Signature => "The signature is whole and fits the package",
            Self::Kind => "It is signed as authors sign",
            Self::Algorithm => "It is signed with RSA and SHA-2",
            Self::Path => "The signer’s certificate leads to a trust anchor",
            Self::ValidNow => "The signer’s certificate is valid now",
            Self::Timestamp => "It has one valid timestamp",
            Self::Revocation => "No certificate is known to be revoked",
            Self::PushRule => "The right people signed",
            Self::FeedSignature => "The feed can sign it",
        }
    }

    /// What it is about, in a few words for people.
    #[must_use]
    pub const fn about(self) -> &'static str {
        match self {
            Self::Package => "the file",
            Self::RightToPush => "who may push",
            Self::ReservedPrefix => "reserved IDs",
            Self::Version => "the version",
            Self::Archive => "the archive",
            Self::Manifest => "the nuspec",
            Self::Limit => "the size of the signature",
            Self::Signature => "the signature",
            Self::Kind => "the kind of signature",
            Self::Algorithm => "algorithms",
            Self::Path => "the signer’s chain",
            Self::ValidNow => "the signer’s validity",
            Self::Timestamp => "the timestamp",
            Self::Revocation => "revocation",
            Self::PushRule => "who must have signed",
            Self::FeedSignature => "the feed’s signature",
        }
    }

    /// Its name, as JSON has it too.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Package => "package",
            Self::RightToPush => "right-to-push",
            Self::ReservedPrefix => "reserved-prefix",
            Self::Version => "version",
            Self::Archive => "archive",
            Self::Manifest => "manifest",
            Self::Limit => "limit",
            Self::Signature => "signature",
            Self::Kind => "kind",
            Self::Algorithm => "algorithm",
            Self::Path => "path",
            Self::ValidNow => "valid-now",
            Self::Timestamp => "timestamp",
            Self::Revocation => "revocation",
            Self::PushRule => "push-rule",
            Self::FeedSignature => "feed-signature",
        }
    }

    /// Whether it is about the package's signature: without one there is nothing to ask.
    #[must_use]
    pub const fn is_about_the_signature(self) -> bool {
        matches!(
            self,
            Self::Limit
                | Self::Signature
                | Self::Kind
                | Self::Algorithm
                | Self::Path
                | Self::ValidNow
                | Self::Timestamp
                | Self::Revocation
        )
    }
}

/// What a rule found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// It is kept.
    Passed,
    /// It is broken.
    Failed,
    /// There is nothing that it is about.
    NotNeeded,
    /// It was not asked, because something before it was wrong.
    NotJudged,
}

/// A rule and what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// Which rule.
    pub rule: RuleName,
    /// What it found.
    pub found: Found,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_called_the_same_everywhere() {
        for rule in RuleName::ALL {
            assert_eq!(serde_json::to_string(&rule).unwrap(), format!("\"{}\"", rule.word()));
        }
    }
}
