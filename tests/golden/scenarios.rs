//! The verdicts of the official client under every configuration in which it was asked, against ours: accepted or not, and
//! the same set of codes at the levels error and warning.

use std::collections::BTreeSet;

use assay::signature::Policy;

use crate::manifest::{anchors, cases, report, scenarios, verdict};

/// Where this server and the client differ: package, scenario or `*` for all in which they can differ, and the rule that
/// explains it. A line that is no longer true fails the test as much as a missing one.
const EXCEPTIONS: &[(&str, &str, &str)] = &[];

/// Every scenario with the packages in it: 10 times 600.
#[test]
fn the_client_says_the_same_in_every_scenario() {
    let anchors = anchors();
    let mut used: BTreeSet<usize> = BTreeSet::new();
    let mut wrong = Vec::new();
    for (scenario, policy) in scenarios() {
        let policy = Policy::from(policy);
        let (mut agree, mut differ) = (0, 0);
        for case in cases() {
            let expected = case.verdict(&scenario);
            let report = report(&case, &policy, &anchors);
            let found = verdict(report.as_ref());
            // A client that threw has told no codes.
            let same = found.accepted == expected.accepted && (case.threw(&scenario) || found.codes == expected.codes);
            if same {
                agree += 1;
                continue;
            }
            differ += 1;
            let excused =
                EXCEPTIONS.iter().position(|(file, of, _)| *file == case.file && (*of == "*" || *of == scenario));
            if let Some(line) = excused {
                used.insert(line);
                continue;
            }
            let own: Vec<String> = report.iter().flat_map(|r| &r.issues).map(ToString::to_string).collect();
            wrong.push(format!("{scenario}: {}: client {expected:?}, we {found:?}: {own:?}", case.file));
        }
        println!("{scenario}: {agree} of {} agree", agree + differ);
    }
    let unused: Vec<_> = EXCEPTIONS.iter().enumerate().filter(|(line, _)| !used.contains(line)).collect();
    assert!(wrong.is_empty(), "{} differ: {wrong:#?}", wrong.len());
    assert!(unused.is_empty(), "these agree now, take them off the list: {unused:?}");
}
