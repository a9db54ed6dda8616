//! The administrators' pages: who may not see them, the overview, and one file for each of the larger ones.

mod accounts;
mod audit;
mod policy;

use std::time::Duration;

use crate::support::pages::{Shown, password_of, token_of};
use crate::support::timestamp_authority::{Authority, Mood};
use crate::support::totp::Phone;
use crate::support::{Feed, Request, Visitor, package};

/// All pages, with an account `bob`.
const PAGES: [&str; 10] = [
    "admin",
    "admin/accounts",
    "admin/new-account",
    "admin/accounts/bob",
    "admin/accounts/bob/disable",
    "admin/accounts/bob/revoke-keys",
    "admin/policy",
    "admin/policy/enforcement",
    "admin/audit",
    "admin/audit.csv",
];
/// All forms, with fields that would change something.
const FORMS: [(&str, &[(&str, &str)]); 11] = [
    ("admin/new-account", &[("kind", "user"), ("name", "carol"), ("administrator", "yes")]),
    ("admin/new-account", &[("kind", "organization"), ("name", "fabrikam"), ("administrator", "bob")]),
    ("admin/accounts/bob/disable", &[]),
    ("admin/accounts/bob/make-administrator", &[]),
    ("admin/accounts/bob/end-sessions", &[]),
    ("admin/accounts/bob/revoke-keys", &[]),
    ("admin/accounts/bob/password-link", &[]),
    ("admin/policy/enforcement", &[("value", "report"), ("confirmed", "yes")]),
    ("admin/policy/session_hours", &[("value", "500")]),
    ("admin/policy/timestamping", &[("url", "http://127.0.0.1:9/")]),
    ("admin/policy/timestamping/remove", &[]),
];

/// A feed with the administrator `ann`, and `bob`.
fn house() -> Feed {
    furnished(Feed::start())
}

fn furnished(feed: Feed) -> Feed {
    for name in ["ann", "bob"] {
        feed.account(name);
    }
    feed.assay(&["account", "make-administrator", "ann"]).succeeded();
    feed
}

fn signed_in<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

/// `ann` in a second-factor session.
fn administrator(feed: &Feed) -> (Visitor<'_>, Phone) {
    let mut ann = signed_in(feed, "ann");
    let (phone, _) = ann.enrol("ann");
    (ann, phone)
}

fn execute(feed: &Feed, sql: &str) {
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    assert_ne!(database.execute(sql, []).unwrap(), 0, "{sql}");
}

fn value(feed: &Feed, key: &str) -> String {
    let shown = feed.assay(&["policy", "show", "--json"]).succeeded();
    let all: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let setting = all.as_array().unwrap().iter().find(|setting| setting["key"] == key).unwrap();
    setting["value"].as_str().unwrap().to_owned()
}

/// What the forms above could change.
fn state(feed: &Feed) -> (String, String, i64) {
    let list = feed.assay(&["account", "list", "--json"]).succeeded();
    let accounts: serde_json::Value = serde_json::from_str(&list).unwrap();
    let facts = |account: &serde_json::Value| format!("{account:#}");
    let bob = accounts.as_array().unwrap().iter().filter(|account| account["name"] != "ann").map(facts).collect();
    (bob, feed.assay(&["policy", "show"]).succeeded(), feed.rows("audit"))
}

#[track_caller]
fn says(shown: &Shown, text: &str) {
    assert!(shown.text().contains(text), "`{text}` in: {}", shown.text());
}

#[test]
fn nobody_but_administrators_with_a_second_factor_sees_or_changes_anything() {
    let feed = house();
    let before = state(&feed);
    let mut stranger = Visitor::of(&feed);
    let mut bob = signed_in(&feed, "bob");
    let mut ann = signed_in(&feed, "ann");
    for page in PAGES {
        assert_eq!(stranger.get(page).status, 303, "{page} for a stranger");
        says(&bob.get(page), "only an administrator of the server may");
        let shown = ann.get(page);
        assert_eq!(shown.status, 403, "{page} without a second factor");
        says(&shown, "A second factor is needed");
    }
    for (form, fields) in FORMS {
        assert_eq!(stranger.post(form, fields).status, 303, "{form} by a stranger");
        assert_eq!(bob.post(form, fields).status, 403, "{form} by bob");
        assert_eq!(ann.post(form, fields).status, 403, "{form} without a second factor");
    }
    let (before_bob, before_policy, _) = before;
    let (after_bob, after_policy, _) = state(&feed);
    let without_sign_in =
        |text: &str| text.lines().filter(|line| !line.contains("last_sign_in_at")).collect::<String>();
    assert_eq!((without_sign_in(&after_bob), after_policy), (without_sign_in(&before_bob), before_policy));
}

#[test]
fn a_code_that_was_given_long_ago_and_a_form_without_its_token_change_nothing() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    for page in PAGES {
        let status = if page == "admin/policy/enforcement" { 303 } else { 200 };
        assert_eq!(ann.get(page).status, status, "{page}");
    }
    let before = state(&feed);
    for (form, fields) in FORMS {
        let shown = ann.post_raw(form, fields);
        assert_eq!(shown.status, 403, "{form}");
        says(&shown, "The form has expired");
    }
    execute(&feed, "UPDATE session SET second_factor_at = 0 WHERE second_factor_at IS NOT NULL");
    for (form, fields) in FORMS {
        let shown = ann.post(form, fields);
        assert_eq!(shown.status, 403, "{form}");
        says(&shown, "Confirm that it is you");
    }
    assert_eq!(state(&feed), before);
    for page in ["admin", "admin/accounts", "admin/policy", "admin/audit"] {
        assert_eq!(ann.get(page).status, 200, "{page} can be seen");
    }
}

#[test]
fn what_was_sent_goes_on_when_the_code_is_given() {
    let feed = house();
    let (mut ann, mut phone) = administrator(&feed);
    execute(&feed, "UPDATE session SET second_factor_at = 0 WHERE second_factor_at IS NOT NULL");
    let asked = ann.post("admin/policy/session_hours", &[("value", "500")]);
    says(&asked, "What you sent is kept on this page");
    let fields = [("value", "500"), ("confirm_code", &phone.code())];
    says(&ann.submit("admin/policy/session_hours", &fields), "500 hours. It is in force now.");
}

#[test]
fn the_overview_tells_what_needs_a_look() {
    let feed = house();
    feed.account("carol");
    feed.assay(&["account", "make-administrator", "carol"]).succeeded();
    let (mut ann, _) = administrator(&feed);
    let page = ann.get("admin");
    for said in ["Signatures name this machine only", "An administrator has no second factor", "carol", "Users 3"] {
        says(&page, said);
    }
    assert!(!page.text().contains("No roots for signers"), "{}", page.text());
    assert!(page.text().contains("First steps are left"), "certificates");
    feed.account("dora").with_certificate("leaf-3072");
    assert!(!ann.get("admin").text().contains("First steps are left"));
    feed.assay(&["policy", "set", "accept_untrusted_roots", "true"]).succeeded();
    says(&ann.get("admin"), "Registered certificates may end in any root");
}

#[test]
fn the_pages_name_no_secret_and_are_not_kept() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    for page in PAGES {
        let shown = ann.get(page);
        assert_eq!(shown.header("cache-control"), Some("no-store"), "{page}");
        assert!(!shown.html.contains("$argon2"), "{page}");
    }
    let head = feed.ask(&Request::get("/admin"));
    assert_eq!(head.status, 303);
}
