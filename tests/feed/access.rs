//! Who gets what from every route: a table that is read like a page, and that has a new line as soon as there is a new route.
//!
//! The routes are taken from the source itself. Each is asked as each of nine people, in a session of its own that is written
//! into the database, so that no request depends on the one before. A form is sent empty but for its token: what is
//! refused for want of a right shows 303 or 403, what would be taken shows what the form says about its fields.

use std::fmt::Write;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::support::feed::Feed;
use crate::support::http::Request;
use crate::support::package::package;

const ROUTES: &str = include_str!("../../src/web/routes.rs");

/// How far a session has come.
#[derive(Clone, Copy, PartialEq)]
enum Session {
    None,
    WithoutFactor,
    /// A code was given just now.
    Fresh,
    /// A code was given yesterday.
    Stale,
    /// The password was given, the code was not.
    Awaited,
}

/// Somebody who asks.
const PEOPLE: [(&str, &str, Session); 9] = [
    ("anonymous", "", Session::None),
    ("user", "una", Session::WithoutFactor),
    ("user with second factor", "fay", Session::Fresh),
    ("collaborator", "col", Session::Fresh),
    ("organization administrator", "ora", Session::Fresh),
    ("server administrator", "adm", Session::Fresh),
    ("organization administrator, code given long ago", "ora", Session::Stale),
    ("server administrator, code given long ago", "adm", Session::Stale),
    ("server administrator, password given and code awaited", "adm", Session::Awaited),
];

/// A route as the source names it.
pub struct Route {
    pub path: String,
    pub methods: Vec<&'static str>,
}

/// Every route in the order of the source.
pub fn routes() -> Vec<Route> {
    let code = ROUTES.split("#[cfg(test)]").next().unwrap();
    let mut routes: Vec<Route> = Vec::new();
    let (mut scope, mut rest) = (String::new(), code);
    while let Some((before, after)) = rest.split_once('"') {
        let (literal, next) = after.split_once('"').expect("a closing quote");
        if before.contains("config.service(") || before.contains("\nfn ") {
            scope.clear();
        }
        if before.ends_with("scope(") {
            scope = literal.to_owned();
        } else if literal.starts_with('/') {
            let until = next.split('"').next().unwrap_or_default();
            let reads = before.ends_with("read_only(");
            let mut methods = if reads { vec!["GET", "HEAD"] } else { Vec::new() };
            for (call, method) in [("get()", "GET"), ("post()", "POST"), ("put()", "PUT"), ("delete()", "DELETE")] {
                // What follows belongs to this literal up to the next one.
                if until.contains(call) && !methods.contains(&method) {
                    methods.push(method);
                }
            }
            routes.push(Route { path: format!("{scope}{literal}"), methods });
        }
        rest = next;
    }
    // Two paths with the same handlers stand in one array.
    for index in (0..routes.len().saturating_sub(1)).rev() {
        if routes[index].methods.is_empty() {
            routes[index].methods = routes[index + 1].methods.clone();
        }
    }
    routes
}

/// The path with something that exists in the place of each parameter, where there can be such a thing.
fn concrete(path: &str) -> String {
    let mut path = path.to_owned();
    for (parameter, value) in [
        ("{id}/{version}/{file}", "contoso.core/1.0.0/contoso.core.1.0.0.nupkg"),
        ("flatcontainer/{id}", "flatcontainer/contoso.core"),
        ("{hive}", "registration"),
        ("{id}/{version}.json", "contoso.core/1.0.0.json"),
        ("{id}", "Contoso.Core"),
        ("{version}", "1.0.0"),
        ("{lower}", "1.0.0"),
        ("{upper}", "1.0.0"),
        ("{token}", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        ("{number}", "1"),
        ("admin/accounts/{name}", "admin/accounts/una"),
        ("assets/{name}", "assets/none.css"),
        ("{name}", "contoso"),
        ("{user}", "col"),
        ("{owner}", "contoso"),
        ("{pattern}", "Contoso.*"),
        ("{change}", "disable"),
        ("{key}", "enforcement"),
        ("{for}", "signing"),
        ("{fingerprint}", "0000000000000000000000000000000000000000000000000000000000000000"),
    ] {
        path = path.replace(parameter, value);
    }
    assert!(!path.contains('{'), "a parameter without a value for this test: {path}");
    path
}

/// A feed with a package of an organization, and everybody who asks.
fn feed() -> Feed {
    let feed = Feed::start();
    for name in ["una", "fay", "col", "ora", "adm"] {
        let mut create = vec!["account", "create", name, "--password-stdin"];
        if name == "adm" {
            create.push("--admin");
        }
        feed.assay_with_input(&create, "a password of the tests\n").succeeded();
    }
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "ora", "--administrator"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "col"]).succeeded();
    let key = feed.assay(&["key", "create", "--account", "ora", "--owner", "contoso", "--scope", "push"]).succeeded();
    let pushed =
        feed.ask(&crate::support::person::push_request(&package("Contoso.Core", "1.0.0").bytes()).api_key(&key));
    assert_eq!(pushed.status, 201, "{}", pushed.text());
    // The verdict with the number 1: of a package of the organization, pushed by its administrator.
    let other = package("Contoso.Core", "1.0.0").description("another build").bytes();
    let refused = feed.ask(&crate::support::person::push_request(&other).api_key(&key));
    assert_eq!(refused.status, 409, "{}", refused.text());
    feed
}

/// Everything as it was, and a new session for `name`: what its cookie holds.
fn new_session(database: &Connection, name: &str, session: Session, number: usize) -> String {
    let token = URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{name} {number}")));
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let id: i64 = database.query_row("SELECT id FROM account WHERE name = ?1", [name], |row| row.get(0)).unwrap();
    database.execute("UPDATE account SET disabled = 0", []).unwrap();
    database
        .execute(
            "INSERT OR REPLACE INTO membership SELECT o.id, u.id, CASE u.name WHEN 'ora' THEN 'administrator' ELSE 'collaborator' END
             FROM account o, account u WHERE o.name = 'contoso' AND u.name IN ('ora', 'col')",
            [],
        )
        .unwrap();
    database
        .execute(
            "INSERT OR REPLACE INTO invitation (id, invitee, organization, role, invited_by, created_at, expires_at)
             SELECT 1, u.id, o.id, 'collaborator', 'ora', 0, ?1 FROM account o, account u WHERE o.name = 'contoso' AND u.name = 'fay'",
            [now + 1_000_000],
        )
        .unwrap();
    database.execute("DELETE FROM membership WHERE user = (SELECT id FROM account WHERE name = 'fay')", []).unwrap();
    if session != Session::WithoutFactor {
        database.execute("INSERT OR REPLACE INTO second_factor VALUES (?1, x'00', 0, ?2)", (id, now)).unwrap();
    }
    let given = match session {
        Session::Fresh => Some(now),
        Session::Stale => Some(now - 86_400),
        Session::None | Session::WithoutFactor | Session::Awaited => None,
    };
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    database
        .execute(
            "INSERT INTO session (hash, account, complete, created_at, last_seen_at, password_at, second_factor_at, address, browser, seen_notice)
             VALUES (?1, ?2, ?5, ?3, ?3, ?3, ?4, '127.0.0.1', 'test', 0)",
            (hash.as_slice(), id, now, given, session != Session::Awaited),
        )
        .unwrap();
    token
}

fn csrf(token: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, b"assay csrf 1"))
}

/// The database of a running feed.
fn database(feed: &Feed) -> Connection {
    let database = Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    database
}

#[test]
fn who_gets_what_from_every_route() {
    let feed = feed();
    let database = database(&feed);
    let routes = routes();
    assert!(routes.len() > 80, "the routes were not found: {}", routes.len());
    let mut table = String::new();
    for (column, (who, _, _)) in PEOPLE.iter().enumerate() {
        writeln!(table, "{}: {who}", column + 1).unwrap();
    }
    let mut number = 0;
    for route in routes {
        assert!(!route.methods.is_empty(), "{} has no method", route.path);
        for method in &route.methods {
            write!(table, "\n{method:<7}{:<62}", route.path).unwrap();
            for (_, name, session) in PEOPLE {
                number += 1;
                let token = match name {
                    "" => URL_SAFE_NO_PAD.encode(Sha256::digest(format!("nobody {number}"))),
                    name => new_session(&database, name, session, number),
                };
                let request = Request::new(method, &concrete(&route.path)).header("Cookie", &cookie(&token));
                let answer = feed.ask(&if *method == "POST" && !route.path.starts_with("/api") {
                    form(request, &format!("csrf={}", csrf(&token)))
                } else {
                    request
                });
                let to_sign_in = answer.header("location").is_some_and(|to| to.starts_with("/sign-in"));
                let shown =
                    if answer.status == 303 && to_sign_in { "sign in".to_owned() } else { answer.status.to_string() };
                write!(table, "{shown:<8}").unwrap();
            }
            table.truncate(table.trim_end().len());
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn no_form_is_taken_without_the_token_of_its_visitor() {
    let feed = feed();
    let database = database(&feed);
    let forms: Vec<Route> = routes()
        .into_iter()
        .filter(|route| route.methods.contains(&"POST") && !route.path.starts_with("/api"))
        .collect();
    assert!(forms.len() > 30, "the forms were not found: {}", forms.len());
    for (number, route) in forms.iter().enumerate() {
        for (which, posted) in [("none", String::new()), ("another's", format!("csrf={}", csrf("somebody else")))] {
            let session = if route.path == "/sign-in/code" { Session::Awaited } else { Session::Fresh };
            let token = new_session(&database, "adm", session, 10 * number + posted.len());
            let request = Request::new("POST", &concrete(&route.path)).header("Cookie", &cookie(&token));
            // A plain form is read for every handler; one with files by the handlers that want it, and no other takes it.
            let part = "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\nwrong\r\n--x--\r\n";
            let with_files = request.clone().header("Content-Type", "multipart/form-data; boundary=x").body(part);
            let (plain, with_files) = (feed.ask(&form(request, &posted)), feed.ask(&with_files));
            assert_eq!(plain.status, 403, "{} with the token {which}: {}", route.path, plain.text());
            assert!(plain.text().contains("The form has expired"), "{}: {}", route.path, plain.text());
            assert!(matches!(with_files.status, 400 | 403), "{}: {}", route.path, with_files.status);
        }
    }
}

fn cookie(token: &str) -> String {
    format!("__Host-assay={token}")
}

fn form(request: Request, body: &str) -> Request {
    request.header("Content-Type", "application/x-www-form-urlencoded").body(body)
}
