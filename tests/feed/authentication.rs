//! Who may read: Basic with an account's key or password, and nobody else.

use crate::shelf::shelf;
use crate::support::{Feed, Request, package};

const PROTECTED: [&str; 8] = [
    "/v3/index.json",
    "/v3/search?q=a",
    "/v3/autocomplete",
    "/v3/flatcontainer/a/index.json",
    "/v3/flatcontainer/nosuch/index.json",
    "/v3/flatcontainer/a/1.0.0/a.1.0.0.nupkg",
    "/v3/registration-semver2/a/index.json",
    "/v3/nosuch",
];

#[test]
fn a_stranger_is_challenged_everywhere_and_cheaply() {
    let mut connection = shelf().connect();
    for path in PROTECTED {
        for method in ["GET", "HEAD"] {
            let answer = connection.ask(&Request::new(method, path)).unwrap();
            assert_eq!(answer.status, 401, "{method} {path}");
            let challenges = answer.headers_named("www-authenticate");
            assert_eq!(challenges.len(), 1, "{path}: .NET prefers anything else to Basic");
            assert!(challenges[0].starts_with("Basic realm=\""), "{path}: {challenges:?}");
            assert!(answer.body.len() < 300, "{path}");
        }
    }
}

#[test]
fn wrong_credentials_are_challenged_again() {
    let feed = shelf();
    let alice_key = feed.assay(&["key", "create", "--account", "alice", "--scope", "read"]).succeeded();
    let wrong = format!("{}x", &alice_key[..alice_key.len() - 1]);
    for (user, password) in
        [("alice", "wrong"), ("alice", ""), ("nobody", "wrong"), ("", ""), ("alice", wrong.as_str())]
    {
        let answer = feed.ask(&Request::get("/v3/index.json").basic(user, password));
        assert_eq!(answer.status, 401, "{user}:{password}");
        assert!(answer.header("www-authenticate").is_some());
    }
}

#[test]
fn a_key_says_itself_whose_it_is() {
    let feed = shelf();
    let key = feed.assay(&["key", "create", "--account", "alice", "--scope", "read"]).succeeded();
    for user in ["alice", "Alice", "somebody", ""] {
        assert_eq!(feed.ask(&Request::get("/v3/index.json").basic(user, &key)).status, 200, "user name `{user}`");
    }
}

#[test]
fn malformed_credentials_are_challenged_too() {
    for value in
        ["Basic", "Basic ", "Basic !!!", "Basic YWxpY2U=", "Basic /////w==", "Bearer abc", "Negotiate abc", "", "x"]
    {
        let answer = shelf().ask(&Request::get("/v3/index.json").header("Authorization", value));
        assert_eq!(answer.status, 401, "`{value}`");
    }
    let twice = Request::get("/v3/index.json").basic("a", "b").basic("c", "d");
    assert!([400, 401].contains(&shelf().ask(&twice).status));
}

#[test]
fn names_are_case_insensitive_and_passwords_may_hold_anything() {
    let feed = Feed::start();
    let password = "pässwörd: with : colons & ünïcode";
    feed.assay_with_input(&["account", "create", "Alice", "--password-stdin"], &format!("{password}\n")).succeeded();
    for name in ["Alice", "alice", "ALICE"] {
        let answer = feed.ask(&Request::get("/v3/index.json").basic(name, password));
        assert_eq!(answer.status, 200, "{name}");
    }
}

#[test]
fn a_password_never_pushes() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let push = crate::support::person::push_request(&package("Contoso.Core", "1.0.0").bytes());
    let answer = feed.ask(&push.basic("alice", &alice.password));
    assert_eq!(answer.status, 403);
    assert!(feed.versions("Contoso.Core").is_empty());
}

#[test]
fn a_password_neither_unlists_nor_lists_again() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    for method in ["DELETE", "POST"] {
        let request = Request::new(method, "/api/v2/package/Contoso.Core/1.0.0").basic("alice", &alice.password);
        assert_eq!(feed.ask(&request).status, 403, "{method}");
        let request = Request::new(method, "/api/v2/package/Contoso.Core/1.0.0").api_key(&alice.password);
        assert_eq!(feed.ask(&request).status, 403, "{method}");
    }
}

#[test]
fn the_password_of_an_account_with_a_second_factor_does_not_read_and_its_keys_do() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let read = |secret: &str| feed.ask(&Request::get("/v3/index.json").basic("alice", secret)).status;
    assert_eq!((read(&alice.password), read(&alice.key)), (200, 200));
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    database.execute("INSERT INTO second_factor SELECT id, x'00', 0, 0 FROM account WHERE name = 'alice'", []).unwrap();
    assert_eq!(read(&alice.password), 401, "although the answer about the password is remembered");
    assert_eq!(read(&alice.key), 200);
    database.execute("DELETE FROM second_factor", []).unwrap();
    assert_eq!(read(&alice.password), 200);
}

#[test]
fn a_key_as_basic_password_pushes() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let push = crate::support::person::push_request(&package("Contoso.Core", "1.0.0").bytes());
    let answer = feed.ask(&push.basic("alice", &alice.key));
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[test]
fn anonymous_reading_opens_packages_and_nothing_else() {
    let feed = Feed::with().argument("--anonymous-read").start();
    let alice = feed.account("alice");
    alice.push(package("A", "1.0.0").bytes()).accepted();
    for path in ["/v3/index.json", "/v3/search", "/v3/flatcontainer/a/1.0.0/a.1.0.0.nupkg"] {
        assert_eq!(feed.ask(&Request::get(path)).status, 200, "{path}");
    }
    let push = crate::support::person::push_request(&package("B", "1.0.0").bytes());
    assert_eq!(feed.ask(&push).status, 401);
}

#[test]
fn machines_may_ask_whether_the_server_is_well() {
    for path in ["/healthz", "/readyz"] {
        assert_eq!(shelf().ask(&Request::get(path)).status, 200, "{path}");
    }
}
