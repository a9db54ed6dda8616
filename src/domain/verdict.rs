//! A decision about a package, explained: what was decided, which rule it broke, who signed, what to do next.
//!
//! It is made once, when a push, an upload or a dry run has been judged, and kept as JSON: so members are only ever added,
//! and whoever reads it later reads what was true then. It holds no secret, and its texts are safe to show: what a package
//! or a certificate wrote went through [`told`].

mod registering;
mod rule;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::account::AccountName;
use super::fingerprint::Fingerprint;
use super::policy::Enforcement;
use super::required_signer::Signers;
use super::visible::visible;

pub use registering::would_help;
pub use rule::{Found, Named, RuleName};

/// The number of a kept verdict, as its URL has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VerdictNumber(pub i64);

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerdictKind {
    /// A push by a client.
    Push,
    /// An upload on a page.
    Upload,
    /// What a push would be told, without one.
    DryRun,
}

impl VerdictKind {
    /// The word for it, as JSON has it too.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Upload => "upload",
            Self::DryRun => "dry-run",
        }
    }

    /// How it came out, or would have.
    #[must_use]
    pub const fn told(self, outcome: Outcome) -> &'static str {
        match (self, outcome) {
            (Self::DryRun, Outcome::Accepted) => "would be accepted",
            (Self::DryRun, Outcome::NotEnforced) => "would be let in",
            (Self::DryRun, Outcome::Refused) => "would be refused",
            (_, outcome) => outcome.word(),
        }
    }
}

/// How it came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is in order.
    Accepted,
    /// The push rule refuses it, and the stage lets it in.
    NotEnforced,
    /// It is refused.
    Refused,
}

impl Outcome {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::NotEnforced => "not enforced",
            Self::Refused => "refused",
        }
    }
}

/// The longest text of an explanation in bytes.
pub const MAX_TOLD: usize = 800;
/// The most names that one list of an explanation has.
pub const MAX_NAMES: usize = 20;

/// Text that somebody else had a part in, fit to be kept and shown: what steers is shown and not obeyed, and after
/// [`MAX_TOLD`] bytes it is cut.
#[must_use]
pub fn told(text: &str) -> String {
    let shown = visible(text);
    if shown.len() <= MAX_TOLD {
        return shown;
    }
    let end = shown.floor_char_boundary(MAX_TOLD - '…'.len_utf8());
    format!("{}…", shown.get(..end).unwrap_or_default())
}

/// The whole explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// How it came out.
    pub outcome: Outcome,
    /// How strictly the push rule was taken for this package.
    pub stage: Enforcement,
    /// What was decided, in one sentence.
    pub sentence: String,
    /// The package, unless it could not be read so far.
    pub package: Option<PackageNamed>,
    /// Whether the ID was new: then the account that it was pushed for counts as its owner.
    pub new_id: bool,
    /// Whether the ID is other people's, so that the signature alone counts.
    pub foreign: bool,
    /// What the signature is.
    pub signature: SignatureKind,
    /// Whoever signed, as author or as a foreign repository.
    pub signer: Option<Signer>,
    /// The timestamp of that signature.
    pub timestamp: Option<Stamp>,
    /// Every rule, in the order in which they are asked, and what it found.
    pub rules: Vec<Named>,
    /// What is wrong: the first is what the answer names.
    pub failed: Vec<Failed>,
    /// Who must have signed, in the words of the page where the owners choose it. Empty for whoever was refused before that was
    /// asked: how many certificates others have is not theirs to know.
    pub rule: String,
    /// Whose certificates would do. Empty where `rule` is.
    pub signers: Vec<Signers>,
    /// Whether it would be accepted if an owner registered the certificate that it is signed with.
    pub register: bool,
    /// Who can change something about it.
    pub can_change: CanChange,
    /// What to do next, in order.
    pub next: Vec<String>,
    /// What others could do instead.
    pub otherwise: Vec<String>,
    /// What the person should know besides.
    pub warnings: Vec<String>,
}

/// A package by ID and version, as its nuspec spells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageNamed {
    /// The ID.
    pub id: String,
    /// The version.
    pub version: String,
}

/// What a signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SignatureKind {
    /// It was not looked at: something before it was wrong.
    NotJudged,
    /// None.
    None,
    /// An author's.
    Author,
    /// A foreign repository's alone, which is taken off and counts as none.
    Repository,
    /// One that claims neither.
    Unknown,
    /// One that could not be read.
    Unreadable,
}

impl SignatureKind {
    /// In a few words.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotJudged => "not looked at",
            Self::None => "not signed",
            Self::Author => "author signature",
            Self::Repository => "another feed’s signature only",
            Self::Unknown => "a signature of unknown kind",
            Self::Unreadable => "a signature that can’t be read",
        }
    }
}

/// A signer's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Signer {
    /// SHA-256.
    pub fingerprint: Fingerprint,
    /// SHA-1, which Windows shows: 40 hexadecimal digits.
    pub thumbprint: String,
    /// Its subject.
    pub subject: String,
    /// Its issuer.
    pub issuer: String,
    /// From when it is valid.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// Which owner has registered it, whether or not that makes the signature count.
    pub registered_by: Option<AccountName>,
}

/// A timestamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The time that it says.
    #[serde(with = "time::serde::rfc3339")]
    pub time: OffsetDateTime,
    /// The authority: the subject of its certificate.
    pub authority: String,
    /// SHA-256 of that certificate.
    pub fingerprint: Fingerprint,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Which rule.
    pub rule: RuleName,
    /// NuGet's own code, where there is one.
    pub code: Option<String>,
    /// What is wrong, in a sentence that begins in lower case.
    pub message: String,
    /// What to do.
    pub advice: String,
}

/// Who can change something about a verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanChange {
    /// Owners of the ID: each can register certificates, and choose whose signature is required.
    pub owners: Vec<AccountName>,
    /// Whether an administrator of the server can. Who that is, is not told: whoever may push would have a list of the accounts
    /// that are worth an attack.
    pub administrators: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dry_run_is_not_told_like_a_push() {
        for outcome in [Outcome::Accepted, Outcome::NotEnforced, Outcome::Refused] {
            assert_eq!(VerdictKind::Push.told(outcome), outcome.word());
            assert!(VerdictKind::DryRun.told(outcome).starts_with("would be "));
        }
        for kind in [VerdictKind::Push, VerdictKind::Upload, VerdictKind::DryRun] {
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.word()));
        }
    }

    #[test]
    fn what_steers_is_shown_and_long_texts_are_cut_between_letters() {
        assert_eq!(told("CN=\r\nX-Evil: 1"), "CN=\\u{d}\\u{a}X-Evil: 1");
        let long = told(&"ü".repeat(5000));
        assert!(long.len() <= MAX_TOLD && long.ends_with("ü…"), "{}", long.len());
        assert_eq!(told(&"x".repeat(MAX_TOLD)).len(), MAX_TOLD);
    }
}
