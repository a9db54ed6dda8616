//! The rules of a push: every package that the client verifies and this server refuses must have a named rule for it.

use std::fmt::Write;

use assay::signature::{Level, Policy, PushOptions};

use crate::manifest::{anchors, cases, report};

/// The rules and codes that refuse a package, each once.
fn refusals(report: &assay::signature::Report) -> Vec<String> {
    let mut names: Vec<String> = report
        .issues
        .iter()
        .filter(|issue| issue.level == Level::Error)
        .map(|issue| match issue.rule {
            Some(rule) => rule.to_string(),
            None => issue.name(),
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

#[test]
fn every_difference_from_verify_has_a_rule() {
    let anchors = anchors();
    let mut table = String::new();
    for case in cases() {
        let own = PushOptions::default();
        let push = Policy::Push(own.clone());
        let Some(found) = report(&case, &push, &anchors) else {
            continue;
        };
        let verify = report(&case, &Policy::Verify, &anchors).unwrap();
        let foreign = Policy::Push(PushOptions {
            foreign: true,
            timestamp_required: false,
            ..own
        });
        let as_foreign = report(&case, &foreign, &anchors).unwrap();
        assert_eq!(found.accepted, refusals(&found).is_empty(), "{}", case.file);
        if verify.accepted && !found.accepted {
            let rules = refusals(&found);
            let named = |name: &String| !name.starts_with("NU");
            // Without help of its countersignature a package has the codes of the client as well as the rule.
            assert!(rules.iter().any(named), "{}: {rules:?}", case.file);
            let or_foreign = if as_foreign.accepted {
                " (not for a foreign ID without need of a timestamp)"
            } else {
                ""
            };
            writeln!(table, "{}: {}{or_foreign}", case.file, rules.join(", ")).unwrap();
        }
        if !verify.accepted && found.accepted {
            let kind = &case.line["kind"];
            writeln!(
                table,
                "{}: accepted as {}",
                case.file,
                kind.as_str().unwrap()
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn what_verify_refuses_for_an_author_no_push_accepts() {
    let anchors = anchors();
    for case in cases()
        .into_iter()
        .filter(|case| case.line["kind"].as_str().unwrap().starts_with("author"))
    {
        let lenient = Policy::Push(PushOptions {
            foreign: true,
            timestamp_required: false,
            ..PushOptions::default()
        });
        let verify = report(&case, &Policy::Verify, &anchors).unwrap();
        let push = report(&case, &lenient, &anchors).unwrap();
        assert!(verify.accepted || !push.accepted, "{}", case.file);
    }
}
