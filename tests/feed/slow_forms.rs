//! Forms that are sent slowly: what counted when the head arrived need not count when the body has.

use std::time::Instant;

use rusqlite::Connection as Database;

use crate::support::feed::Feed;
use crate::support::pages::Visitor;

/// A form with its token whose body is held back until `meanwhile` has happened. The status of the answer, and its text.
fn sent_slowly(
    feed: &Feed,
    visitor: &mut Visitor<'_>,
    path: &str,
    field: &str,
    meanwhile: impl FnOnce(),
) -> (u16, String) {
    let token = visitor.csrf(path);
    let body = format!("csrf={token}&{field}");
    let head = format!(
        "POST /{path} HTTP/1.1\r\nHost: localhost\r\nCookie: __Host-assay={}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n",
        visitor.cookie("__Host-assay").unwrap(),
        body.len()
    );
    let mut connection = feed.connect();
    connection.send(head.as_bytes()).unwrap();
    // The server has the head, and has let it in, when it answers another request after it.
    assert!(feed.is_serving());
    std::thread::sleep(std::time::Duration::from_millis(300));
    meanwhile();
    connection.send(body.as_bytes()).unwrap();
    let answer = connection.answer(false).unwrap();
    (answer.status, answer.text())
}

fn sql(feed: &Feed, statement: &str) {
    let database = Database::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    database.execute_batch(statement).unwrap();
}

#[test]
fn a_second_factor_that_has_grown_stale_while_a_form_arrived_counts_no_more() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann").enrol("ann");
    assert_eq!(ann.post("account/organizations", &[("name", "contoso")]).status, 303);
    feed.account("bob");
    let path = "accounts/contoso/members";
    let stale = || sql(&feed, "UPDATE session SET second_factor_at = second_factor_at - 86400");
    let (status, text) = sent_slowly(&feed, &mut ann, path, "name=bob&role=collaborator", stale);
    assert_eq!(status, 403, "{text}");
    assert!(text.contains("Confirm that it is you"), "{text}");
    assert_eq!(feed.rows("invitation"), 0);
}

#[test]
fn a_session_that_has_ended_while_a_form_arrived_does_and_shows_nothing() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let ended = || sql(&feed, "DELETE FROM session");
    let (status, _) = sent_slowly(&feed, &mut ann, "account/organizations", "name=contoso", ended);
    assert_eq!(status, 303);
    assert!(feed.assay(&["account", "list", "--json"]).succeeded().contains("\"ann\""));
    assert!(!feed.assay(&["account", "list", "--json"]).succeeded().contains("contoso"));
}

#[test]
fn a_link_that_has_ended_while_a_form_arrived_opens_nothing() {
    let feed = Feed::start();
    feed.account("ann");
    let made = feed.assay(&["account", "reset-password", "ann", "--link"]).succeeded();
    let path = made.split_whitespace().find_map(|word| word.find("reset/").map(|at| word[at..].to_owned())).unwrap();
    let mut visitor = Visitor::of(&feed);
    let password = "a new password of ann";
    let field = format!("new_password={password}&new_password_again={password}").replace(' ', "+");
    // It ends by the clock alone: no row changes while the form is on its way.
    assert_eq!(visitor.get(&path).status, 200);
    sql(&feed, "UPDATE one_time_link SET expires_at = unixepoch() + 3");
    let pause = || std::thread::sleep(std::time::Duration::from_secs(4));
    let (status, text) = sent_slowly(&feed, &mut visitor, &path, &field, pause);
    assert_eq!(status, 404, "{text}");
}

#[test]
fn a_form_that_does_not_come_is_not_waited_for() {
    let feed = Feed::start();
    let mut connection = feed.connect();
    let began = Instant::now();
    let head = "POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 60000\r\n\r\nname=";
    connection.send(head.as_bytes()).unwrap();
    let answer = connection.answer(false).unwrap();
    assert_eq!(answer.status, 408, "{}", answer.text());
    assert!(answer.text().contains("took too long"), "{}", answer.text());
    assert!(began.elapsed().as_secs() < 120);
}
