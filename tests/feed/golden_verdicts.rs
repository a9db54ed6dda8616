//! Every golden package is pushed once: what the official client refuses is refused here, and nothing of it stays.

use std::fmt::Write;

use crate::support::person::Person;
use crate::support::{Feed, OfficialClient, golden};

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
    let mut accepted = Vec::new();
    for golden in golden::packages() {
        let verdict = alice.push(golden.bytes());
        let name = golden.file.trim_end_matches(".nupkg");
        writeln!(table, "{name}: {} {}", verdict.status, verdict.phrase).unwrap();
        match verdict.status {
            201 => {
                assert!(
                    golden.verifies,
                    "{name} ({}) is refused by the official client: {:?}",
                    golden.what, golden.codes
                );
                assert!(golden.kind.starts_with("author"), "{name} ({}) is {}", golden.what, golden.kind);
                accepted.push(name.to_owned());
            }
            400 | 403 | 409 | 413 => {
                let status = verdict.status;
                let verdict = verdict.refused(status);
                let told = !verdict.warnings.is_empty() || verdict.phrase == "upload is empty";
                assert!(told, "{name}: nothing for the user to read but the phrase");
            }
            other => panic!("{name} ({}): {other} {}", golden.what, verdict.phrase),
        }
        assert!(feed.spooled().is_empty(), "{name} left a file in the spool");
    }
    let count = i64::try_from(accepted.len()).unwrap();
    assert_eq!((feed.rows("version"), feed.rows("content")), (count, count));
    assert!(feed.is_serving());
    insta::assert_snapshot!(table);
    verify_what_is_served(&feed, &alice, &accepted);
}

/// What was let in and countersigned passes `dotnet nuget verify`, all of it in one call.
fn verify_what_is_served(feed: &Feed, alice: &Person<'_>, names: &[String]) {
    let Some(client) = OfficialClient::of(alice) else { return };
    let client = client.trusting_root(&crate::restore::repository_certificate(feed).pem);
    let folder = client.folder().join("served");
    std::fs::create_dir(&folder).unwrap();
    for name in names {
        let id = golden::identity(&format!("{name}.nupkg"));
        std::fs::write(folder.join(format!("{name}.nupkg")), feed.download(&id, "1.0.0")).unwrap();
    }
    let run = client.run(&["nuget", "verify", "served/*.nupkg", "--all", "-v", "normal"]);
    let refused: Vec<&str> = run.said.lines().filter(|line| line.starts_with("error")).collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    let said = run.succeeded();
    assert_eq!(said.0.matches("Signature type: Author").count(), names.len());
    assert_eq!(said.0.matches("Signature type: Repository").count(), names.len());
}
