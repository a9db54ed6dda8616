//! What is wrong with the file beside its signature: what keeps a push out, and what the client's commands trip over after
//! their verdict.

use std::io::{self, Read, Seek};

use super::client_policy::{ClientPolicy, Command};
use super::issue::{Issue, Level, Part, Rule};
use super::opinion::Opinion;
use super::policy::Policy;
use super::problem::Problem;
use crate::archive::{Archive, Finding};

/// The rules that the file breaks.
pub(crate) fn check<R: Read + Seek>(reader: &mut R, archive: &Archive, policy: &Policy) -> io::Result<Opinion> {
    let mut issues = Vec::new();
    if matches!(policy, Policy::Push(_)) {
        let findings = archive.check_strict(reader)?;
        issues.extend(findings.into_iter().map(|finding| broken(Rule::Archive, Problem::Archive(finding))));
    }
    let found = archive.root_manifests();
    // Restore fails without a nuspec as well, but not for its signature.
    if found != 1 && (matches!(policy, Policy::Push(_)) || is_verify(policy)) {
        issues.push(broken(Rule::Manifest, Problem::Manifests { found }));
    }
    if is_verify(policy) && archive.is_split() {
        issues.push(broken(Rule::Archive, Problem::Archive(Finding::Disks)));
    }
    Ok(Opinion { valid: issues.is_empty(), issues })
}

/// Whether the verify command judges. It reads identity and content hash after its verdict, and fails where they cannot be
/// read.
const fn is_verify(policy: &Policy) -> bool {
    matches!(policy, Policy::Client(ClientPolicy { command: Command::Verify { .. }, .. }))
}

const fn broken(rule: Rule, problem: Problem) -> Issue {
    Issue { code: None, rule: Some(rule), level: Level::Error, part: Part::Package, timestamp: false, problem }
}
