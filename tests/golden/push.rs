//! The rules of a push: every package that the client verifies and this server refuses must have a named rule for it.

use std::fmt::Write;

use assay::signature::{Certificate, Level, Policy, Problem, PushOptions};

use crate::manifest::{anchors, cases, report, scenarios};

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
        let verify = report(&case, &Policy::verify(), &anchors).unwrap();
        let foreign = Policy::Push(PushOptions { foreign: true, timestamp_required: false, ..own });
        let as_foreign = report(&case, &foreign, &anchors).unwrap();
        assert_eq!(found.accepted, refusals(&found).is_empty(), "{}", case.file);
        if verify.accepted && !found.accepted {
            let rules = refusals(&found);
            let named = |name: &String| !name.starts_with("NU");
            // Without help of its countersignature a package has the codes of the client as well as the rule.
            assert!(rules.iter().any(named), "{}: {rules:?}", case.file);
            let or_foreign =
                if as_foreign.accepted { " (not for a foreign ID without need of a timestamp)" } else { "" };
            writeln!(table, "{}: {}{or_foreign}", case.file, rules.join(", ")).unwrap();
        }
        if !verify.accepted && found.accepted {
            let kind = &case.line["kind"];
            writeln!(table, "{}: accepted as {}", case.file, kind.as_str().unwrap()).unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn what_verify_refuses_for_an_author_no_push_accepts() {
    let anchors = anchors();
    for case in cases().into_iter().filter(|case| case.line["kind"].as_str().unwrap().starts_with("author")) {
        let lenient = Policy::Push(PushOptions { foreign: true, timestamp_required: false, ..PushOptions::default() });
        let verify = report(&case, &Policy::verify(), &anchors).unwrap();
        let push = report(&case, &lenient, &anchors).unwrap();
        assert!(verify.accepted || !push.accepted, "{}", case.file);
    }
}

fn accepted(file: &str, options: &PushOptions) -> Result<(), Vec<String>> {
    let case = cases().into_iter().find(|case| case.file == file).unwrap();
    let report = report(&case, &Policy::Push(options.clone()), &anchors()).unwrap();
    if report.accepted { Ok(()) } else { Err(refusals(&report)) }
}

#[test]
fn a_registration_is_an_anchor_only_where_untrusted_roots_are_accepted() {
    let case = cases().into_iter().find(|case| case.file == "cert-untrusted-root.nupkg").unwrap();
    let signer = case.line["signer"].as_str().unwrap().parse().unwrap();
    let stranger = "0".repeat(64).parse().unwrap();
    let options = |accept_untrusted_roots, registered| PushOptions {
        accept_untrusted_roots,
        registered: [registered].into(),
        ..PushOptions::default()
    };
    assert_eq!(accepted("cert-untrusted-root.nupkg", &options(true, signer)), Ok(()));
    assert_eq!(accepted("cert-untrusted-root.nupkg", &options(false, signer)), Err(vec!["NU3018".into()]));
    assert_eq!(accepted("cert-untrusted-root.nupkg", &options(true, stranger)), Err(vec!["NU3018".into()]));
}

#[test]
fn a_registration_heals_nothing_but_the_root() {
    for file in
        ["cert-wrong-eku.nupkg", "cert-sha1-signed.nupkg", "cms-bad-signature.nupkg", "zip-changed-content.nupkg"]
    {
        let case = cases().into_iter().find(|case| case.file == file).unwrap();
        let signer = case.line["signer"].as_str().unwrap().parse().unwrap();
        let options =
            PushOptions { accept_untrusted_roots: true, registered: [signer].into(), ..PushOptions::default() };
        assert!(accepted(file, &options).is_err(), "{file}");
    }
}

#[test]
fn an_unknown_root_is_told_with_its_name_and_bytes() {
    let case = cases().into_iter().find(|case| case.file == "cert-untrusted-root.nupkg").unwrap();
    let report = report(&case, &Policy::Push(PushOptions::default()), &anchors()).unwrap();
    let found = report.errors().find_map(|issue| match &issue.problem {
        Problem::UntrustedRoot { subject, root, der, .. } => Some((subject.clone(), *root, der.clone())),
        _ => None,
    });
    let (subject, root, der) = found.unwrap();
    let certificate = Certificate::from_der(&der).unwrap();
    assert_eq!((certificate.subject().to_string(), certificate.fingerprint()), (subject, root));
}

#[test]
fn expired_signers_pass_only_for_foreign_ids() {
    let file = "good-author-and-tsa-expired.nupkg";
    assert_eq!(accepted(file, &PushOptions::default()), Err(vec!["valid-now".into()]));
    assert_eq!(accepted(file, &PushOptions { foreign: true, ..PushOptions::default() }), Ok(()));
}

#[test]
fn a_timestamp_is_needed_unless_the_server_says_otherwise() {
    let file = "good-author-no-timestamp.nupkg";
    assert_eq!(accepted(file, &PushOptions::default()), Err(vec!["timestamp".into()]));
    assert_eq!(accepted(file, &PushOptions { timestamp_required: false, ..PushOptions::default() }), Ok(()));
}

#[test]
fn all_problems_are_named_at_once() {
    let options = PushOptions::default();
    assert_eq!(
        accepted("counter-author-untrusted-expired-repo-ts.nupkg", &options),
        Err(["NU3018", "NU3037", "path", "timestamp"].map(str::to_owned).to_vec())
    );
    assert_eq!(
        accepted("ts-untrusted-expired-signer.nupkg", &options),
        Err(["NU3028", "NU3037"].map(str::to_owned).to_vec())
    );
}

/// File, structure, signature value, certificate, chain, timestamp, time, countersignature: whatever found it first.
#[test]
fn problems_are_told_in_the_order_of_a_verification() {
    let told = |file: &str| -> Vec<String> {
        let case = cases().into_iter().find(|case| case.file == file).unwrap();
        let report = report(&case, &Policy::Push(PushOptions::default()), &anchors()).unwrap();
        report.errors().map(|issue| format!("{} of the {}", issue.name(), issue.part)).collect()
    };
    insta::assert_snapshot!(
        [
            "counter-author-untrusted-expired-repo-ts.nupkg",
            "counter-author-expired-repo-untrusted.nupkg",
            "ts-untrusted-expired-signer.nupkg",
            "ts-not-yet-valid.nupkg",
            "cms-digest-sha224.nupkg",
            "counter-author-type.nupkg",
        ]
        .map(|file| format!("{file}: {}", told(file).join(", ")))
        .join("\n")
    );
}

/// The sentence of every problem in the golden packages, once each, with the facts of the package left out.
#[test]
fn sentences_say_what_is_wrong_and_what_to_do() {
    let anchors = anchors();
    let mut sentences = std::collections::BTreeSet::new();
    let mut policies = vec![Policy::Push(PushOptions::default())];
    policies.extend(scenarios().into_iter().map(|(_, policy)| Policy::from(policy)));
    for case in cases() {
        for policy in &policies {
            for issue in report(&case, policy, &anchors).into_iter().flat_map(|report| report.issues) {
                let text = issue.to_string();
                assert!(text.is_ascii() || text.contains('`'), "{text}");
                assert!(!text.ends_with('.') && !text.contains('\n'), "{text}");
                let masked: String = text
                    .split(' ')
                    .map(|word| {
                        let hex = word.trim_end_matches([',', ';']);
                        if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) {
                            word.replace(hex, "<fingerprint>")
                        } else {
                            word.to_owned()
                        }
                    })
                    .collect::<Vec<_>>()
                    .join(" ");
                let masked = mask_dates(&masked);
                sentences.insert(format!("{} {masked}", issue.name()));
            }
        }
    }
    let mut kept: Vec<String> = Vec::new();
    for sentence in sentences {
        // One example of sentences that differ only in what stands in quotes.
        let bare: String = sentence.split('`').step_by(2).collect();
        if !kept.iter().any(|known| known.split('`').step_by(2).collect::<String>() == bare) {
            kept.push(sentence);
        }
    }
    insta::assert_snapshot!(kept.join("\n"));
}

fn mask_dates(text: &str) -> String {
    let is_date = |word: &str| word.len() >= 20 && word.as_bytes()[4] == b'-' && word.as_bytes()[19] == b'Z';
    text.split(' ')
        .map(|word| if is_date(word) { format!("<time>{}", &word[20..]) } else { word.to_owned() })
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn a_cross_certificate_behind_its_untrusted_twin_is_told() {
    for (file, expected) in [("cert-cross-signed-both.nupkg", true), ("cert-untrusted-root.nupkg", false)] {
        let case = cases().into_iter().find(|case| case.file == file).unwrap();
        let report = report(&case, &Policy::Push(PushOptions::default()), &anchors()).unwrap();
        let told =
            report.errors().any(|issue| matches!(&issue.problem, Problem::UntrustedRoot { way_round: true, .. }));
        assert_eq!(told, expected, "{file}");
    }
}
