//! Where this server and the official client may differ, each with the rule that explains it.

use super::client::Said;

/// The rule that explains a difference, if there is one.
pub fn explained(_policy: &str, said: &Said, _ours: &super::compare::Ours) -> Option<&'static str> {
    if said.thrown.is_some() && !said.accepted {
        return Some("the client threw instead of giving a verdict");
    }
    None
}
