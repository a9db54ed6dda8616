//! Where this server and the official client may differ, each with the rule that explains it.

use super::client::Said;

/// The rule that explains a difference, if there is one.
pub fn explained(policy: &str, said: &Said, ours: &super::compare::Ours) -> Option<&'static str> {
    if said.thrown.is_some() && !said.accepted && !ours.accepted {
        return Some("the client threw instead of giving a verdict");
    }
    if policy == "accept" && said.accepted && said.codes.is_empty() && ours.unreadable {
        return Some("an archive without entries is no package: restore fails on it later, here it cannot be read");
    }
    None
}
