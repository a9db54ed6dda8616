//! What one part of the client's verification says about a package, and how the parts add up.
//!
//! The client has a row of providers (integrity, lists, trust). Each gives issues and a status, and a package is valid when
//! all of them say so; a fault that is thrown on the way takes the place of everything that the others found.

use super::behaviour::Behaviour;
use super::fault::Fault;
use super::issue::{Code, Issue, Level, Part};
use super::problem::Problem;

/// Issues and a status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opinion {
    pub(crate) issues: Vec<Issue>,
    pub(crate) valid: bool,
}

/// A fault that ends the verification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thrown {
    issue: Issue,
    /// No exception of signatures but one that nobody catches: the client fails whatever its policy.
    uncaught: bool,
}

impl Opinion {
    /// Nothing is wrong.
    pub(crate) const VALID: Self = Self { issues: Vec::new(), valid: true };

    /// One issue that refuses the package.
    pub(crate) fn refusing(issue: Issue) -> Self {
        Self { issues: vec![issue], valid: false }
    }

    /// Both together.
    pub(crate) fn and(mut self, mut other: Self) -> Self {
        self.issues.append(&mut other.issues);
        Self { issues: self.issues, valid: self.valid && other.valid }
    }
}

impl Thrown {
    /// What the client catches.
    pub(crate) fn fault(part: Part, fault: Fault) -> Self {
        // Without a code there is no verdict of the client: it fails, or we stop where it would go on.
        let uncaught = fault.code.is_none();
        Self { issue: fault.issue(part), uncaught }
    }

    /// A list that asks for the certificate of a countersigner which is not there.
    pub(crate) const fn countersigner_without_certificate() -> Self {
        let issue = Issue {
            code: Some(Code(3010)),
            rule: None,
            level: Level::Error,
            part: Part::Countersignature,
            timestamp: false,
            problem: Problem::CertificateMissing,
        };
        Self { issue, uncaught: true }
    }

    /// What the whole verification then says.
    pub(crate) fn opinion(self, behaviour: Behaviour) -> Opinion {
        let valid = behaviour.allow_illegal && !self.uncaught;
        let level = if valid { Level::Warning } else { Level::Error };
        Opinion { issues: vec![Issue { level, ..self.issue }], valid }
    }
}
