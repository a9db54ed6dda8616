//! The push rule, applied to the facts of a push under the server's enforcement stage.

use super::Error;
use super::facts::Facts;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::let_in::LetIn;
use crate::domain::policy::Enforcement;
use crate::domain::push_rule::{self, Accepted, Signed};
use crate::signature::{self, VerifiedPackage};

/// Why a push is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The rule is satisfied.
    InOrder(Accepted),
    /// Other people's package: its own signature is all that counts.
    Foreign,
    /// The rule is broken, but not enforced yet.
    NotEnforced {
        /// What would have been refused.
        refused: push_rule::Refused,
        /// Whether the person who pushed is told.
        warn: bool,
    },
}

impl Verdict {
    /// On what grounds the version goes in.
    pub const fn let_in(&self) -> LetIn {
        match self {
            Self::InOrder(_) => LetIn::Rule,
            Self::Foreign => LetIn::Foreign,
            Self::NotEnforced { .. } => LetIn::Stage,
        }
    }
}

/// The author's certificate, if the package is signed by its author.
pub(super) fn author(verified: &VerifiedPackage) -> Option<&Fingerprint> {
    match verified.signed() {
        signature::Signed::ByAuthor(fingerprint) => Some(fingerprint),
        signature::Signed::Unsigned | signature::Signed::RepositoryOnly => None,
    }
}

/// Decides.
///
/// # Errors
/// [`Error::Rule`] when the rule refuses and is enforced.
pub(super) fn judge(facts: &Facts, verified: &VerifiedPackage) -> Result<Verdict, Error> {
    if facts.foreign {
        return Ok(Verdict::Foreign);
    }
    let signed = author(verified).map_or(Signed::Unsigned, Signed::ByAuthor);
    match push_rule::decide(signed, &facts.owners, &facts.required_signer()) {
        Ok(accepted) => Ok(Verdict::InOrder(accepted)),
        Err(refused) => match facts.stage() {
            Enforcement::Enforce => Err(Error::Rule(refused)),
            stage => Ok(Verdict::NotEnforced { refused, warn: stage == Enforcement::Warn }),
        },
    }
}
