//! The cases of NuGet's and the gallery's own signature tests, by number, and where each is tested here.
//!
//! The gallery is the server of nuget.org; its cases (93 to 112) are those of a push. The manifest holds the client's verdict
//! for each golden package, and every scenario is compared with it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::manifest::cases;

/// Where a case is tested.
enum By {
    /// These golden packages, without the ending of their names.
    Golden(&'static [&'static str]),
    /// These test functions.
    Test(&'static [&'static str]),
    /// Nowhere, because it does not apply.
    No(&'static str),
}
use By::{Golden, No, Test};

/// Number, sentence, and where it is tested.
type Case = (u8, &'static str, &'static [By]);

const CASES: &[Case] = &[
    (1, "signature entry last, last in the directory", &[Golden(&["good-official-author-ts"])]),
    (2, "signature entry first, first in the directory", &[Golden(&["good-zip-sig-first"])]),
    (
        3,
        "signature entry first and last, last and first, in the middle of both",
        &[Golden(&["good-zip-sig-first-last", "good-zip-sig-last-first", "good-zip-sig-middle-middle"])],
    ),
    (
        4,
        "a signature that a ZIP library added, with attributes or flags",
        &[Golden(&["zip-sig-external-attributes", "zip-sig-flag-level-central"])],
    ),
    (5, "a deflated signature", &[Golden(&["zip-sig-deflated"])]),
    (6, "external attributes in the directory", &[Golden(&["zip-sig-external-attributes"])]),
    (
        7,
        "flags in the directory and in the local header",
        &[Golden(&["zip-sig-flag-level-central", "zip-sig-flag-level-local"])],
    ),
    (
        8,
        "a method in the directory and in the local header",
        &[Golden(&["zip-sig-deflated", "zip-sig-method-local-only"])],
    ),
    (
        9,
        "sizes altered in the directory and in the local header",
        &[Golden(&[
            "zip-sig-csize-central",
            "zip-sig-csize-local",
            "zip-sig-sizes-central-other",
            "zip-sig-sizes-local-short",
        ])],
    ),
    (
        10,
        "the content hash does not ask whether the signature entry is good",
        &[Test(&["facts_are_what_the_client_reads"])],
    ),
    (
        11,
        "the content hash of a signed package is that of the unsigned one",
        &[Test(&["the_content_hash_stays_the_same_whatever_is_signed"])],
    ),
    (
        12,
        "the flag for UTF-8 in the directory or the local header",
        &[Golden(&["zip-sig-flag-utf8", "zip-sig-flag-utf8-local-only"])],
    ),
    (13, "the name in upper case", &[Golden(&["zip-sig-name-upper", "zip-sig-name-local-case"])]),
    (14, "an empty archive", &[Golden(&["zip-empty"])]),
    (15, "an archive with nothing but a signature", &[Golden(&["zip-only-signature"])]),
    (
        16,
        "a file deleted, added, extended, cut, dated after signing",
        &[Golden(&[
            "zip-entry-removed",
            "zip-entry-added",
            "zip-changed-content",
            "zip-truncated",
            "zip-changed-date-local",
        ])],
    ),
    (17, "the signature entry removed", &[Golden(&["zip-signature-removed"])]),
    (
        18,
        "octets of the signature changed",
        &[Golden(&["cms-bad-signature"]), Test(&["the_client_and_we_say_the_same_about_every_mutant"])],
    ),
    (
        19,
        "Zip64 records",
        &[
            Golden(&["zip-zip64-eocd", "zip-zip64-extra-local", "zip-zip64-extra-central"]),
            Test(&["what_cannot_verify_is_not_signed", "zip64_is_named_as_such"]),
        ],
    ),
    (
        20,
        "as many entries as cannot be signed any more",
        &[Test(&["the_largest_archive_that_can_be_signed_can_be_signed"])],
    ),
    (
        21,
        "a signature taken out leaves the original, also with odd versions and attributes",
        &[Test(&["a_signature_that_is_put_in_comes_out_without_a_trace"]), Golden(&["good-zip-unix-attributes"])],
    ),
    (22, "taking a signature out of an unsigned package", &[Test(&["an_unsigned_package_comes_back_to_the_byte"])]),
    (
        23,
        "stripping what no repository signed changes nothing",
        &[Test(&["an_unsigned_package_comes_back_to_the_byte"])],
    ),
    (
        24,
        "stripping a repository's own signature gives the unsigned package",
        &[Test(&["our_own_mark_can_be_taken_off_and_renewed"])],
    ),
    (
        25,
        "stripping a countersignature gives the author's package",
        &[Test(&["our_own_mark_can_be_taken_off_and_renewed"])],
    ),
    (
        26,
        "stripping keeps countersignatures of unknown kind",
        &[No("a push refuses every countersignature that is not a repository's, so there is nothing to keep")],
    ),
    (
        27,
        "a comment is fine, octets before the archive are not",
        &[Golden(&["good-zip-archive-comment", "zip-prefix-before"])],
    ),
    (28, "a signature file that is no CMS", &[Golden(&["cms-garbage"])]),
    (29, "no signer, two signers", &[Golden(&["cms-zero-signers", "cms-two-signers"])]),
    (30, "no certificates", &[Golden(&["cert-no-certificates"])]),
    (31, "no signing-certificate-v2", &[Golden(&["cms-no-scv2"])]),
    (32, "signing-certificate-v2 with two values", &[Golden(&["cms-scv2-two-values"])]),
    (33, "a certificate issued anew for the same key", &[Golden(&["cms-reissued-certificate"])]),
    (34, "no signing time", &[Golden(&["cms-no-signing-time"])]),
    (35, "a CMS without attributes", &[Golden(&["cms-bare"])]),
    (36, "no commitment type, an unknown one", &[Golden(&["cms-no-commitment", "cms-commitment-unknown"])]),
    (
        37,
        "origin with an unknown one, origin twice",
        &[Golden(&["cms-commitment-origin-unknown", "cms-commitment-origin-twice"])],
    ),
    (
        38,
        "origin and receipt, in one attribute and in two",
        &[Golden(&["cms-commitment-both", "cms-commitment-both-two-attributes"])],
    ),
    (
        39,
        "qualifiers, and an empty list of them",
        &[Golden(&["cms-commitment-qualifiers", "cms-commitment-empty-qualifiers"])],
    ),
    (40, "content with the line ends of Windows", &[Golden(&["good-content-crlf"])]),
    (
        41,
        "content that breaks off",
        &[Test(&["odd_texts_fail_with_the_code_of_the_client"]), Golden(&["content-no-final-blank"])],
    ),
    (42, "another format version", &[Golden(&["content-version-2"])]),
    (43, "only unknown hashes, or SHA-1", &[Golden(&["content-sha1-oid", "content-unknown-oid"])]),
    (
        44,
        "malformed lines",
        &[
            Test(&["odd_texts_fail_with_the_code_of_the_client"]),
            Golden(&["content-key-underscore", "content-empty-value"]),
        ],
    ),
    (
        45,
        "every form of ESSCertIDv2",
        &[Golden(&[
            "good-cms-scv2-default",
            "good-cms-scv2-sha512",
            "good-cms-scv2-chain",
            "cms-scv2-no-issuer-serial",
        ])],
    ),
    (
        46,
        "signing-certificate-v2 with policies, and without certificates",
        &[Golden(&["good-cms-scv2-policies", "cms-scv2-empty"])],
    ),
    (47, "another name than a directory name", &[Golden(&["cms-scv2-dns-name"])]),
    (
        48,
        "URL missing, twice, http, relative, of another string type",
        &[Golden(&[
            "repo-no-url",
            "repo-url-two-values",
            "repo-http-url",
            "repo-relative-url",
            "repo-url-utf8string",
            "counter-no-url",
        ])],
    ),
    (
        49,
        "owners absent, of two values, empty, blank",
        &[Golden(&["good-repo-no-owners", "repo-owners-two-values", "repo-owners-empty", "repo-owners-blank"])],
    ),
    (50, "a countersignature without owners", &[Golden(&["good-both-ts-ts"])]),
    (51, "a countersignature of unknown kind", &[Golden(&["counter-unknown-type"])]),
    (52, "two repository countersignatures", &[Golden(&["counter-two-repo"])]),
    (53, "a countersignature on a repository's own signature", &[Golden(&["counter-on-repo-primary"])]),
    (
        54,
        "signing what a repository has signed already",
        &[Test(&["our_own_mark_can_be_taken_off_and_renewed", "who_signed_is_told"])],
    ),
    (
        55,
        "signing with a certificate that no client accepts",
        &[
            Test(&["what_cannot_verify_is_not_signed"]),
            No(
                "the server only takes a signer's certificate that passes its own verifier; the other refusals belong to the author's client",
            ),
        ],
    ),
    (56, "signing with a self-signed certificate", &[Test(&["what_may_be_pushed_verifies_after_signing"])]),
    (
        57,
        "signing with a certificate of an unknown authority",
        &[No("the feed embeds its whole chain, and its own root is what clients are told to trust")],
    ),
    (
        58,
        "no timestamp",
        &[Golden(&["good-author-no-timestamp"]), Test(&["a_timestamp_is_needed_unless_the_server_says_otherwise"])],
    ),
    (59, "expired, with a timestamp from before", &[Golden(&["good-author-expired-timestamped"])]),
    (60, "accuracy that reaches beyond the validity", &[Golden(&["ts-signer-accuracy-over-notafter"])]),
    (61, "two timestamps", &[Golden(&["good-ts-two"]), Test(&["every_difference_from_verify_has_a_rule"])]),
    (
        62,
        "a time outside of the authority's certificate",
        &[
            Golden(&["ts-gentime-before", "ts-expired-at-gentime"]),
            Test(&["the_client_says_the_same_about_packages_by_others"]),
        ],
    ),
    (63, "an untrusted timestamping authority", &[Golden(&["ts-untrusted"])]),
    (64, "a revoked timestamping authority", &[Golden(&["revoked-tsa"])]),
    (65, "a token that names no certificate", &[Golden(&["ts-no-ess"])]),
    (66, "a hash of 19 octets in signing-certificate", &[Golden(&["ts-ess-v1-short-hash"])]),
    (67, "a wrong hash of 20 octets in signing-certificate", &[Golden(&["good-ts-ess-v1-wrong-hash"])]),
    (
        68,
        "signing-certificate of version 1, of version 2, both",
        &[Golden(&["good-ts-ess-v1", "good-ts-openssl-essv2", "good-ts-ess-both"])],
    ),
    (69, "an untrusted signer where untrusted is and is not allowed", &[Golden(&["cert-untrusted-root"])]),
    (
        70,
        "an untrusted root that a list allows",
        &[Test(&["the_client_says_the_same_in_every_scenario"]), Golden(&["repo-untrusted-self-signed"])],
    ),
    (
        71,
        "a revoked signer",
        &[Golden(&["revoked-after-timestamp", "revoked-before-timestamp", "revoked-no-timestamp"])],
    ),
    (
        72,
        "no answer about revocation, in each mode",
        &[Golden(&["cert-crl-dead"]), Test(&["the_client_says_the_same_in_every_scenario"])],
    ),
    (73, "signer and authority expired, and no answer about revocation", &[Golden(&["good-author-and-tsa-expired"])]),
    (
        74,
        "the ten cases of leaning on a countersignature",
        &[Golden(&[
            "counter-author-trusted-repo-untrusted",
            "counter-author-untrusted-repo-trusted",
            "counter-author-untrusted-repo-untrusted",
            "counter-author-expired-repo-ts-inside",
            "counter-author-expired-repo-no-ts",
            "counter-author-expired-repo-expired-ts",
            "counter-author-expired-repo-untrusted",
            "counter-author-untrusted-expired-repo-ts",
            "counter-author-untrusted-expired-repo-no-ts",
            "revoked-counter",
        ])],
    ),
    (75, "a countersignature demanded and absent", &[No("no policy of the client demands one")]),
    (
        76,
        "an author wanted and a repository found, and the other way round",
        &[Test(&["the_client_says_the_same_in_every_scenario"])],
    ),
    (
        92,
        "a source that promises signatures allows neither unsigned nor untrusted packages",
        &[Test(&["the_client_says_the_same_in_every_scenario", "settings_by_policy"])],
    ),
    (
        93,
        "an author with timestamp and registered certificate",
        &[Test(&["a_package_signed_with_a_registered_certificate_is_accepted_and_shown"])],
    ),
    (94, "an author whose certificate has expired since", &[Test(&["expired_signers_pass_only_for_foreign_ids"])]),
    (
        95,
        "an untrusted author, an untrusted authority",
        &[Test(&["a_package_that_ends_in_an_unknown_root_is_refused_with_the_roots_name"]), Golden(&["ts-untrusted"])],
    ),
    (
        96,
        "nobody answers about revocation",
        &[Golden(&["cert-crl-dead"]), Test(&["every_difference_from_verify_has_a_rule"])],
    ),
    (
        97,
        "a file added or changed",
        &[Test(&["a_tampered_package_is_refused_with_the_clients_own_code"]), Golden(&["zip-entry-added"])],
    ),
    (
        98,
        "an author's countersignature",
        &[Golden(&["counter-author-type"]), Test(&["every_difference_from_verify_has_a_rule"])],
    ),
    (99, "a countersignature that claims both kinds", &[Golden(&["counter-both-types"])]),
    (
        100,
        "a countersignature of unknown kind",
        &[
            Golden(&["counter-unknown-type"]),
            Test(&["every_difference_from_verify_has_a_rule"]),
            No(
                "the gallery tolerates it; here a push refuses it by the rule of kinds, because it could not be kept and could not be removed without the author",
            ),
        ],
    ),
    (101, "a signature of unknown kind", &[Golden(&["cms-bare"]), Test(&["what_cannot_verify_is_not_signed"])]),
    (
        102,
        "a foreign repository's signature that is worth nothing is taken off",
        &[Test(&["a_foreign_repository_signature_is_taken_off_and_ours_put_on", "who_signed_is_told"])],
    ),
    (
        103,
        "the same for a package that is known already",
        &[Test(&["the_same_bytes_again_are_no_mistake_and_other_bytes_are"])],
    ),
    (
        104,
        "a foreign countersignature that is worth nothing is taken off",
        &[Test(&["what_may_be_pushed_verifies_after_signing"]), Golden(&["counter-untrusted-timestamp"])],
    ),
    (
        105,
        "a repository signature of its own is kept",
        &[No("a push always puts this feed's signature in the place of any other")],
    ),
    (
        106,
        "repository signatures are stripped before and kept after signing",
        &[Test(&["our_own_mark_can_be_taken_off_and_renewed"])],
    ),
    (
        107,
        "unsigned or only by a repository where a signature is required",
        &[Test(&["an_unsigned_package_is_refused_once_the_account_has_a_certificate"])],
    ),
    (
        108,
        "a certificate that is not registered",
        &[Test(&["a_package_signed_with_a_certificate_that_is_not_registered_is_refused_with_its_fingerprint"])],
    ),
    (
        109,
        "signed, and then not signed",
        &[No("a package that could not be signed is never published, so there is no such state")],
    ),
    (
        110,
        "facts about a signature that change",
        &[No("a version's bytes never change after it was published; nothing is extracted a second time")],
    ),
    (111, "another repository certificate", &[Test(&["our_own_mark_can_be_taken_off_and_renewed"])]),
    (
        112,
        "what a revocation does to a package, by time and kind",
        &[Test(&[
            "the_whole_table_of_standings",
            "imported_lists_say_of_each_golden_package_whether_its_signature_still_counts",
        ])],
    ),
];

#[test]
fn every_case_has_its_place() {
    let numbers: Vec<u8> = CASES.iter().map(|(number, ..)| *number).collect();
    let expected: Vec<u8> = (1..=76).chain([92]).chain(93..=112).collect();
    assert_eq!(numbers, expected);
    let packages: BTreeSet<String> =
        cases().into_iter().map(|case| case.file.trim_end_matches(".nupkg").into()).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut functions = BTreeSet::new();
    for folder in ["src", "tests"] {
        test_functions(&root.join(folder), &mut functions);
    }
    for (number, sentence, places) in CASES {
        assert!(!places.is_empty(), "{number}: {sentence}");
        for place in *places {
            match place {
                Golden(files) => files.iter().for_each(|file| assert!(packages.contains(*file), "{number}: no {file}")),
                Test(names) => names.iter().for_each(|name| assert!(functions.contains(*name), "{number}: no {name}")),
                No(why) => assert!(why.len() > 20, "{number}"),
            }
        }
    }
}

/// The names of all functions that are marked as tests.
fn test_functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            test_functions(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&entry).unwrap();
            let lines: Vec<&str> = text.lines().map(str::trim).collect();
            for pair in lines
                .windows(2)
                .filter(|pair| matches!(pair[0], "#[test]") || pair[0].starts_with("#[actix_web::test]"))
            {
                let name =
                    pair[1].trim_start_matches("async ").strip_prefix("fn ").and_then(|rest| rest.split('(').next());
                found.extend(name.map(str::to_owned));
            }
        }
    }
}
