//! A disk that fills up: the push is refused with the reason, the old state is kept, and nothing has to be repaired.

use crate::support::{Feed, package};

/// No file may grow beyond 6 MiB (in blocks of 512 bytes).
const LIMIT: u64 = 6 * 2048;

#[test]
fn a_full_disk_refuses_the_push_and_keeps_what_was_there() {
    let feed = Feed::with().file_limit(LIMIT).start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    for round in 0..3 {
        let large = package("Contoso.Large", &format!("1.0.{round}")).size(12_000_000).bytes();
        alice.push(large).refused(413).saying("server storage is full");
        assert!(feed.spooled().is_empty());
        assert_eq!(feed.rows("version"), 1);
        assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"]);
    }
    alice.push(package("Contoso.Core", "1.0.1").bytes()).accepted();
    assert!(feed.versions("Contoso.Large").is_empty());
}

#[test]
fn a_database_that_can_not_grow_refuses_the_push_and_recovers() {
    let feed = Feed::with().file_limit(LIMIT).start();
    let alice = feed.account("alice");
    let mut stored = 0;
    let refused = (0..12).find_map(|number| {
        let verdict = alice.push(package("Contoso.Core", &format!("1.0.{number}")).size(1_000_000).bytes());
        stored += usize::from(verdict.status == 201);
        (verdict.status != 201).then_some(verdict)
    });
    let _ = refused.expect("the database outgrows its limit").refused(413).saying("server storage is full");
    assert!(stored > 0);
    assert_eq!(feed.versions("Contoso.Core").len(), stored);
    assert!(feed.spooled().is_empty());

    assert!(feed.stop().success());
    let roomier = Feed::with().data(feed.data()).without_trust().start();
    let mut again = roomier.account("bob");
    again.key = alice.key.clone();
    again.push(package("Contoso.Core", "2.0.0").size(1_000_000).bytes()).accepted();
    assert_eq!(roomier.versions("Contoso.Core").len(), stored + 1);
    assert_eq!(roomier.rows("content"), roomier.rows("version"));
}
