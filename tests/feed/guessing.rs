//! Who guesses passwords is slowed; who knows theirs, or has a key, is not.

use crate::support::http::Answer;
use crate::support::{Feed, Request};

fn read(feed: &Feed, user: &str, secret: &str, client: &str) -> Answer {
    feed.ask(&Request::get("/v3/index.json").basic(user, secret).header("X-Forwarded-For", client))
}

fn guess(feed: &Feed, user: &str, client: &str, tries: usize) -> Vec<u16> {
    (0..tries).map(|number| read(feed, user, &format!("guess number {number}"), client).status).collect()
}

#[test]
fn guesses_are_told_to_wait_and_keys_are_not() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let here = "127.0.0.1";
    assert_eq!(guess(&feed, "alice", here, 6), [401; 6]);
    let slowed = read(&feed, "alice", "guess number 7", here);
    assert_eq!((slowed.status, slowed.header("retry-after")), (429, Some("1")));
    assert!(slowed.text().contains("too many wrong passwords"), "{}", slowed.text());
    assert_eq!(read(&feed, "alice", &alice.password, here).status, 429, "the right one is not told from the others");
    assert_eq!(read(&feed, "alice", &alice.key, here).status, 200);
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(read(&feed, "alice", &alice.password, here).status, 200);
    assert_eq!(guess(&feed, "alice", here, 6), [401; 6], "what was counted is answered, and the waits are over");
}

#[test]
fn an_account_that_does_not_exist_is_slowed_like_one_that_does() {
    let feed = Feed::start();
    feed.account("alice");
    let mut answers = guess(&feed, "alice", "", 8);
    assert_eq!(answers, guess(&feed, "nobody", "", 8));
    answers.dedup();
    assert_eq!(answers, [401, 429]);
}

#[test]
fn a_header_that_a_client_writes_itself_gives_nobody_another_address() {
    let feed = Feed::start();
    feed.account("alice");
    let answers: Vec<u16> =
        (0..8).flat_map(|number| guess(&feed, "alice", &format!("203.0.113.{number}"), 1)).collect();
    // The same guess from the same address is not counted again, so these are eight different ones.
    let different: Vec<u16> = (0..8)
        .map(|number| read(&feed, "alice", &format!("other {number}"), &format!("203.0.113.{number}")).status)
        .collect();
    assert!(answers.iter().all(|status| *status == 401), "{answers:?}");
    assert_eq!(different[..5], [401; 5]);
    assert_eq!(different[5..], [429; 3]);
}

#[test]
fn behind_a_proxy_a_stranger_is_slowed_and_not_the_others() {
    let feed = Feed::with().behind_proxy("https://feed.example").start();
    let alice = feed.account("alice");
    assert_eq!(guess(&feed, "alice", "203.0.113.66", 8), [401, 401, 401, 401, 401, 401, 429, 429]);
    assert_eq!(guess(&feed, "alice", "198.51.100.9, 203.0.113.66", 8)[6..], [429, 429], "the left end is made up");
    assert_eq!(read(&feed, "alice", &alice.password, "203.0.113.1").status, 200);
}

#[test]
fn a_proxy_is_believed_when_it_is_named() {
    let feed = Feed::with().environment("ASSAY_TRUSTED_PROXIES", "127.0.0.0/8, ::1").start();
    let alice = feed.account("alice");
    assert_eq!(guess(&feed, "alice", "203.0.113.66", 8)[6..], [429, 429]);
    assert_eq!(read(&feed, "alice", &alice.password, "203.0.113.1").status, 200);
}
