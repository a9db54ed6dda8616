//! Every golden package is pushed once: what the official client refuses is refused here, and nothing of it stays.

use std::fmt::Write;

use crate::support::{Feed, golden};

/// The certificates of the authors of the golden packages that can be registered.
const AUTHORS: [&str; 5] = ["leaf-2048", "leaf-3072", "leaf-4096", "leaf-direct", "self-trusted"];

#[test]
fn what_the_official_client_refuses_is_refused_at_push_with_a_reason() {
    let feed = Feed::start();
    let mut alice = feed.account("alice");
    for author in AUTHORS {
        alice = alice.with_certificate(author);
    }
    let mut table = String::new();
    let mut accepted = 0;
    for golden in golden::packages() {
        let verdict = alice.push(golden.bytes());
        let name = golden.file.trim_end_matches(".nupkg");
        writeln!(table, "{name}: {} {}", verdict.status, verdict.phrase).unwrap();
        match verdict.status {
            201 => {
                accepted += 1;
                assert!(
                    golden.verifies,
                    "{name} ({}) is refused by the official client: {:?}",
                    golden.what, golden.codes
                );
                assert!(golden.kind.starts_with("author"), "{name} ({}) is {}", golden.what, golden.kind);
            }
            400 | 403 | 409 | 413 => {
                let status = verdict.status;
                let verdict = verdict.refused(status);
                assert!(!verdict.warnings.is_empty(), "{name}: nothing for the user to read but the phrase");
            }
            other => panic!("{name} ({}): {other} {}", golden.what, verdict.phrase),
        }
        assert!(feed.spooled().is_empty(), "{name} left a file in the spool");
    }
    assert_eq!(feed.rows("version"), accepted);
    assert_eq!(feed.rows("content"), accepted);
    assert!(feed.is_serving());
    insta::assert_snapshot!(table);
}
