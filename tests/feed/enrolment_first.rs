//! Who lacks a second factor that a form needs is told so before its fields are looked at: nobody corrects a form in vain.

use std::time::{Duration, Instant};

use crate::support::pages::{Shown, password_of};
use crate::support::{Feed, Visitor};

#[track_caller]
fn asks_to_enrol(shown: &Shown, what: &str) {
    let asked = shown.status == 403 && shown.text().contains("Your account has no second factor yet");
    assert!(asked, "{what}: {} {}", shown.status, shown.text());
}

/// The server goes by a change within a second.
fn everyone_must_enrol(feed: &Feed, visitor: &mut Visitor<'_>) {
    feed.assay(&["policy", "set", "second_factor", "everyone"]).succeeded();
    let deadline = Instant::now() + Duration::from_secs(5);
    while !visitor.get("account").text().contains("This server wants you to have a second factor") {
        assert!(Instant::now() < deadline, "the change is not in force");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn where_everyone_must_enrol_a_form_with_mistakes_leads_there_too() {
    let feed = Feed::start();
    let key = feed.account("ann").key;
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    assert_eq!(ann.get("account/keys/new").status, 200);
    assert_eq!(ann.post("account/keys/new", &[("name", "")]).status, 422, "the fields are looked at");
    everyone_must_enrol(&feed, &mut ann);
    asks_to_enrol(&ann.get("account/keys/new"), "the form for a key");
    for fields in [&[("name", "")][..], &[("name", ""), ("look", "yes")]] {
        asks_to_enrol(&ann.post("account/keys/new", fields), "a key");
    }
    asks_to_enrol(&ann.post("account/organizations", &[("name", "no such name")]), "an organization");
    assert_eq!(ann.get("account/keys").status, 200, "what is there can be seen");
    // As the setting says: keys that were made before keep working.
    let request = crate::support::person::push_request(&crate::support::package("Anns.Tools", "1.0.0").bytes());
    assert_eq!(feed.ask(&request.api_key(&key)).status, 201);
    ann.enrol("ann");
    assert_eq!(ann.get("account/keys/new").status, 200);
    assert_eq!(ann.post("account/organizations", &[("name", "no such name")]).status, 422);
}

#[test]
fn an_administrator_without_a_second_factor_corrects_no_form_in_vain() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "second_factor", "optional"]).succeeded();
    let create = ["account", "create", "ann", "--admin", "--password-stdin"];
    feed.assay_with_input(&create, &format!("{}\n", password_of("ann"))).succeeded();
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let deadline = Instant::now() + Duration::from_secs(5);
    while ann.get("admin/new-account").status != 200 {
        assert!(Instant::now() < deadline, "the change is not in force");
        std::thread::sleep(Duration::from_millis(50));
    }
    for kind in ["user", "organization"] {
        asks_to_enrol(&ann.post("admin/new-account", &[("kind", kind), ("name", "a b")]), kind);
    }
    asks_to_enrol(&ann.post("admin/prefixes", &[("pattern", "*.*"), ("account", "a b")]), "a prefix");
    asks_to_enrol(&ann.upload("admin/trust/add", &[("for", "name")], &[]), "roots");
}
