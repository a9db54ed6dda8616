//! Where this server and the official client may differ, each with the rule that explains it.
//!
//! None of them lets anything pass that the client refuses. In a long run each must explain something, or it goes.

use std::collections::BTreeSet;

use super::client::Said;
use super::compare::Ours;

/// A rule that explains differences.
pub struct Exception {
    pub name: &'static str,
    pub rule: &'static str,
    applies: fn(&str, &Said, &Ours) -> bool,
    /// At most so many of 1000 mutants of a family.
    pub limit: usize,
}

pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        name: "client-threw",
        rule: "the client fails with an exception instead of a verdict, so it tells no codes; both refuse",
        applies: |_, said, ours| said.thrown.is_some() && !said.accepted && !ours.accepted,
        limit: 1000,
    },
    Exception {
        name: "empty-archive",
        rule: "an archive without entries is an unsigned package for the client, which fails when it is extracted; here it cannot be read",
        applies: |_, said, ours| ours.unreadable && codes(&said.codes).is_subset(&set(&["NU3004"])),
        limit: 1000,
    },
    Exception {
        name: "beyond-end",
        rule: "an entry that reaches beyond the end of the file is told before what else is wrong with its header",
        applies: |_, said, ours| {
            // In accept mode the client goes on with a warning, whatever the entry is.
            !ours.accepted && ours.codes.is_empty() && codes(&said.codes) == set(&["NU3005"])
        },
        limit: 20,
    },
    Exception {
        name: "first-fault",
        rule: "in a signature that is malformed in several ways, or in a way that the client's libraries meet in another order, another fault is told first; both refuse, or accept mode lets it pass with a warning",
        applies: |policy, said, ours| {
            let malformed = is_malformed(&said.codes) || is_malformed(&ours.codes);
            let nothing_passes = said.accepted || !ours.accepted;
            malformed && nothing_passes && (policy.starts_with("accept") || (!said.accepted && !ours.accepted))
        },
        limit: 40,
    },
    Exception {
        name: "stricter-reading",
        rule: "an encoding that no signer writes, which OpenSSL and .NET repair (constructed strings in certificates, octets behind a structure in an attribute), is refused as malformed",
        applies: |_, said, ours| said.accepted && is_malformed(&ours.codes),
        limit: 20,
    },
    Exception {
        name: "countersigner-first",
        rule: "a countersigner whose commitment can not be read is told before the chain of the primary signature, and accept mode lets what can not be read pass with a warning; no push asks in that mode about a package with a countersignature",
        applies: |policy, said, ours| {
            let codes = (codes(&said.codes), codes(&ours.codes));
            policy.starts_with("accept") && !said.accepted && codes == (set(&["NU3012"]), set(&["NU3003"]))
        },
        limit: 1,
    },
];

/// The exception that explains a difference, if there is one.
pub fn explained(policy: &str, said: &Said, ours: &Ours) -> Option<&'static Exception> {
    EXCEPTIONS.iter().find(|exception| (exception.applies)(policy, said, ours))
}

/// Codes without their levels.
fn codes(set: &BTreeSet<String>) -> BTreeSet<&str> {
    set.iter().filter_map(|code| code.split(' ').nth(1)).collect()
}

fn set<'a>(list: &[&'a str]) -> BTreeSet<&'a str> {
    list.iter().copied().collect()
}

/// Whether one of the codes is for a signature that cannot be read or does not verify.
fn is_malformed(found: &BTreeSet<String>) -> bool {
    let structural =
        set(&["NU3000", "NU3003", "NU3009", "NU3010", "NU3011", "NU3012", "NU3020", "NU3021", "NU3028", "NU3030"]);
    !codes(found).is_disjoint(&structural)
}
