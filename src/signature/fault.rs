//! The one failure that ends the reading of a signature, with the client's code for it.

use super::asn1;
use super::issue::{Code, Issue, Level, Part, Rule};
use super::problem::Problem;

/// A failure that ends the reading of a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) code: Option<Code>,
    pub(crate) problem: Problem,
    pub(crate) timestamp: bool,
}

impl Fault {
    pub(crate) fn new(code: u16, why: impl Into<String>) -> Self {
        Self { code: Some(Code(code)), problem: Problem::Structure(why.into()), timestamp: false }
    }

    pub(crate) const fn too_many(what: &'static str, limit: usize) -> Self {
        Self { code: None, problem: Problem::TooMany { what, limit }, timestamp: false }
    }

    pub(crate) const fn missing_certificate(code: u16) -> Self {
        Self { code: Some(Code(code)), problem: Problem::CertificateMissing, timestamp: false }
    }

    pub(crate) fn issue(self, part: Part) -> Issue {
        let rule = match (self.code, &self.problem) {
            (Some(_), _) => None,
            (None, Problem::Entry(_)) => Some(Rule::Archive),
            (None, _) => Some(Rule::Limit),
        };
        Issue { code: self.code, rule, level: Level::Error, part, timestamp: self.timestamp, problem: self.problem }
    }
}

impl From<asn1::Error> for Fault {
    /// The client reports any decoding error without a code of its own as NU3003.
    fn from(error: asn1::Error) -> Self {
        Self::new(3003, error.to_string())
    }
}
