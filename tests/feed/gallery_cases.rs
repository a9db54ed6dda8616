//! The acceptance cases of nuget.org's gallery (its own tests and code, 1 to 117 of our digest): each is a test here, or it is said
//! which tests show it, or why it can't be here.
//!
//! Tests are found in the sources, so a test that is renamed or removed leaves its case uncovered, and this fails.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::support::environment;

/// Cases that tests under other names show: number, what it is, and the tests, each with as much of its path as tells which it is.
const SHOWN: &[(u16, &str, &[&str])] = &[
    (73, "the client disconnects", &["interruptions::an_upload_that_stops_leaves_nothing"]),
    (
        86,
        "signed, nobody has certificates: unlike there refused at once",
        &["signed_push::a_signed_package_is_refused_while_nobody_has_certificates"],
    ),
    (
        87,
        "the same, with the fingerprint; in the client too",
        &[
            "signed_push::a_signed_package_is_refused_while_nobody_has_certificates",
            "life::a_certificate_counts_from_its_registration_to_its_removal_and_from_the_next_upload_on",
        ],
    ),
    (
        88,
        "required, and signed",
        &["signed_push::a_package_signed_with_a_registered_certificate_is_accepted_and_shown"],
    ),
    (
        92,
        "more entries than can be counted with our signature among them",
        &[
            "archive::directory_tests::the_largest_archive_that_can_be_signed_can_be_signed",
            "nupkg::tests::keeps_the_other_limits",
        ],
    ),
    (
        95,
        "the archive lies about lengths",
        &["nupkg::tests::bounds_what_it_unpacks_whatever_the_header_says", "nupkg::tests::notices_damage"],
    ),
    (
        100,
        "a version that is there, and whose signer is registered no more, stays",
        &[
            "pages_certificates::a_certificate_from_its_registration_to_its_removal_and_back",
            "life::a_certificate_counts_from_its_registration_to_its_removal_and_from_the_next_upload_on",
        ],
    ),
    (
        103,
        "the author's signature is broken, not trusted, or has no timestamp",
        &[
            "signed_push::a_tampered_package_is_refused_with_the_clients_own_code",
            "signed_push::a_package_that_ends_in_an_unknown_root_is_refused_with_the_roots_name",
            "signed_push::a_package_without_a_timestamp_is_refused_unless_the_policy_makes_it_optional",
            "golden_verdicts::what_the_official_client_refuses_is_refused_at_push_with_a_reason",
        ],
    ),
    (
        104,
        "the version's signer is kept and shown",
        &["signed_by::the_page_and_the_list_of_versions_say_who_signed_to_everybody_who_may_read"],
    ),
    (
        105,
        "several pushes of one version at once",
        &["publish::of_sixteen_pushes_of_one_version_exactly_one_is_stored"],
    ),
    (106, "the database fails", &["storage_full::a_database_that_can_not_grow_refuses_the_push_and_recovers"]),
    (
        108,
        "revoked after the timestamp: a version that is there still counts; unlike there every push is refused",
        &[
            "revocation::a_version_that_was_timestamped_before_the_revocation_still_counts",
            "golden::revocation::a_push_refuses_what_is_revoked_whenever_that_was",
        ],
    ),
    (
        109,
        "revoked before the timestamp",
        &[
            "revocation::imported_lists_say_of_each_golden_package_whether_its_signature_still_counts",
            "life::a_certificate_that_is_revoked_by_a_mark_or_a_list_lets_nothing_through",
        ],
    ),
    (
        110,
        "an expired certificate at the push, and later",
        &["life::a_certificate_that_has_expired_is_good_for_what_it_signed_and_is_here_and_for_no_further_push"],
    ),
    (
        111,
        "revoked after signing: the signature of a version stays good",
        &["revocation::a_version_that_was_timestamped_before_the_revocation_still_counts"],
    ),
    (
        113,
        "the issuer is silent: unlike there it is asked again without end and refuses nobody",
        &[
            "revocation::a_responder_that_is_down_blocks_no_push_and_is_asked_again_later",
            "revocation::schedule::waits_double_up_to_the_longest",
        ],
    ),
];

/// Cases that can't be here, and why.
const NOT_HERE: &[(u16, &str)] = &[
    (6, "a stream that can't seek: a file arrives whole, or its beginning with its size"),
    (32, "a sign-in by a directory without a second factor of ours: there is none"),
    (69, "there are no security policies of users; what the server demands of a push are cases of their own"),
    (80, "an ID is not locked; an administrator hides or removes versions (`withdrawals`)"),
    (107, "nothing waits for a validation: a version is published after everything was asked, or it is not there"),
    (112, "nothing waits for a validation, so no message about one can be consumed or repeated"),
];

#[test]
fn every_case_of_the_gallery_is_a_test_or_has_a_word_why_not() {
    let mut tests = BTreeSet::new();
    for folder in ["src", "tests"] {
        tests_below(&environment::repository().join(folder), folder, &mut tests);
    }
    let mut places: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for test in tests.iter().filter(|test| test.starts_with("tests::feed::gallery_")) {
        cases_in(test).into_iter().for_each(|case| places.entry(case).or_default().push(test));
    }
    for (case, what, shown_by) in SHOWN {
        for test in *shown_by {
            let there = tests.iter().any(|path| path.ends_with(&format!("::{test}")));
            assert!(there, "case {case} ({what}): there is no test `{test}`");
        }
        places.entry(*case).or_default().push(what);
    }
    NOT_HERE.iter().for_each(|(case, why)| places.entry(*case).or_default().push(why));
    let missing: Vec<u16> = (1..=117).filter(|case| !places.contains_key(case)).collect();
    assert!(missing.is_empty(), "cases without a test or a word: {missing:?}");
    let twice: Vec<_> = places.iter().filter(|(_, places)| places.len() != 1).collect();
    assert!(twice.is_empty(), "cases that are in two places: {twice:#?}");
    assert!(places.keys().all(|case| (1..=117).contains(case)), "{:?}", places.keys());
}

#[test]
fn the_numbers_of_cases_are_read_from_the_names_of_their_tests() {
    for (test, cases) in [
        ("a::case_5_a_file_of_10_001_bytes", vec![5]),
        ("a::cases_9_and_10_a_length", vec![9, 10]),
        ("a::cases_15_to_17_and_22_two_accounts", vec![15, 16, 17, 22]),
        ("a::case_47_and_48_fingerprints", vec![47, 48]),
        ("a::another_test_of_3", vec![]),
    ] {
        assert_eq!(cases_in(test), cases, "{test}");
    }
}

/// The numbers at the beginning of a test's name: `cases_15_to_17_and_22_…`.
fn cases_in(test: &str) -> Vec<u16> {
    let name = test.rsplit("::").next().unwrap_or_default();
    let Some(rest) = name.strip_prefix("cases_").or_else(|| name.strip_prefix("case_")) else { return Vec::new() };
    let mut found: Vec<u16> = Vec::new();
    let mut joined = Some("and");
    for word in rest.split('_') {
        match (word.parse::<u16>(), joined) {
            (Ok(last), Some("to")) => found.extend(found.last().copied().unwrap_or_default() + 1..=last),
            (Ok(case), Some(_)) => found.push(case),
            (Err(_), None) if matches!(word, "and" | "to") => {
                joined = Some(word);
                continue;
            }
            _ => break,
        }
        joined = None;
    }
    found
}

/// All functions that are marked as tests, as `folder::file::function`.
fn tests_below(folder: &Path, path: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let path = format!("{path}::{}", entry.file_stem().unwrap().to_string_lossy());
        if entry.is_dir() {
            tests_below(&entry, &path, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&entry).unwrap();
            let mut lines = text.lines().map(str::trim);
            while let Some(line) = lines.next() {
                if matches!(line, "#[test]" | "#[actix_web::test]") {
                    let function = lines.find_map(|line| line.trim_start_matches("async ").strip_prefix("fn "));
                    let name = function.and_then(|rest| rest.split('(').next());
                    found.extend(name.map(|name| format!("{path}::{name}")));
                }
            }
        }
    }
}
