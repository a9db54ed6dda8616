//! `/admin/policy`: settings, locked ones, and what is said before a change.

use super::*;

#[test]
fn a_setting_that_lets_more_in_says_so_before_it_is_changed() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    for (key, new, said) in [
        ("accept_untrusted_roots", "true", "nobody vouches for but the owner who registered it"),
        ("timestamp_required", "false", "without a timestamp become acceptable"),
        ("enforcement", "warn", "Unsigned packages become acceptable"),
        ("second_factor", "optional", "A password alone opens these pages"),
        ("anonymous_read", "true", "without an account"),
        (
            "foreign_ids",
            "Serilog.*\r\nNewtonsoft.Json",
            "Serilog.*, Newtonsoft.Json, unsigned packages become acceptable",
        ),
        ("second_factor", "everyone", "Without a second factor now: 1 user, 0 of them administrators"),
    ] {
        let path = format!("admin/policy/{key}");
        let before = value(&feed, key);
        let asked = ann.post(&path, &[("value", new)]);
        assert_eq!(asked.status, 200, "{key}");
        says(&asked, said);
        assert_eq!(value(&feed, key), before, "{key} is changed only when it was confirmed");
        let done = ann.submit(&path, &[("value", new), ("confirmed", "yes")]);
        says(&done, "It is in force now.");
        assert_eq!(value(&feed, key), new.replace("\r\n", ","), "{key}");
    }
    let asked = ann.post("admin/policy/enforcement", &[("value", "report")]);
    says(
        &asked,
        "From “is accepted, with a warning that the client shows” to “is accepted, and counted for administrators”.",
    );
    let back = ann.submit("admin/policy/enforcement", &[("value", "enforce")]);
    says(&back, "is refused. It is in force now.");
    says(&ann.submit("admin/policy/enforcement", &[("value", "enforce")]), "is refused, as before.");
}

#[test]
fn a_value_that_can_not_be_is_told_beside_its_field_and_stays_there() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    for (key, wrong, said) in [
        ("session_hours", "0", "a number from 1 to 2160"),
        ("foreign_ids", "a b", "is no package ID pattern"),
        ("enforcement", "off", "`enforce`, `warn` or `report`"),
        ("revocation_hosts", "http://pki.corp", "is not a host"),
        ("package_size_limit", "250 MB", "250 MB is no value for “Largest package”: a number of bytes from 1"),
    ] {
        let before = value(&feed, key);
        let shown = ann.post(&format!("admin/policy/{key}"), &[("value", wrong), ("confirmed", "yes")]);
        assert_eq!(shown.status, 422, "{key}");
        says(&shown, &said.replace('`', ""));
        assert_eq!(value(&feed, key), before);
    }
    assert_eq!(ann.post("admin/policy/nothing", &[("value", "1")]).status, 404);
    assert_eq!(ann.post("admin/policy/timestamp_authority", &[("value", "http://tsa.example/")]).status, 422);
}

#[test]
fn the_size_of_a_package_is_given_and_shown_with_its_unit() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    assert!(ann.get("admin/policy").html.contains("value=\"250 MiB\""), "the form begins with the size in force");
    let done = ann.submit("admin/policy/package_size_limit", &[("value", "1 GiB")]);
    says(&done, "Largest package: 1 GiB. It is in force now.");
    assert_eq!(value(&feed, "package_size_limit"), "1073741824");
    let shown = feed.assay(&["policy", "set", "package_size_limit", "100 MiB"]).succeeded();
    assert!(shown.contains("104857600 (100 MiB)"), "{shown}");
    feed.assay(&["policy", "set", "package_size_limit", "100 MB"]).failed_saying("such as `250 MiB`");
}

#[test]
fn a_locked_setting_is_shown_as_such_and_can_not_be_changed_by_any_way() {
    let folder = tempfile::TempDir::with_prefix("al").unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("assay.toml"), "[policy]\nsession_hours = 5\n").unwrap();
    let feed = furnished(Feed::with().data(&data).argument("--anonymous-read=false").start());
    let (mut ann, _) = administrator(&feed);
    let page = ann.get("admin/policy");
    says(&page, "Locked by assay.toml");
    says(&page, "Locked by an environment variable or a flag of assay serve");
    says(&page, "In force: 5 hours");
    for (key, new) in [("session_hours", "7"), ("anonymous_read", "true")] {
        assert!(!page.html.contains(&format!("action=\"admin/policy/{key}\"")), "{key} has no form");
        let shown = ann.post(&format!("admin/policy/{key}"), &[("value", new), ("confirmed", "yes")]);
        assert_eq!(shown.status, 422, "{key}");
        says(&shown, "is locked by");
        assert!(!shown.text().contains(&format!("{key} is locked")), "a page knows settings by their titles");
    }
    feed.assay(&["policy", "set", "session_hours", "7"]).failed_saying("is locked by `assay.toml`");
    let stored: i64 = feed.rows("policy");
    assert_eq!(stored, 0);
}

#[test]
fn everyone_must_enrol_is_felt_by_the_next_click() {
    let feed = house();
    let mut bob = signed_in(&feed, "bob");
    bob.submit("account/organizations", &[("name", "contoso")]);
    let (mut ann, _) = administrator(&feed);
    ann.submit("admin/policy/second_factor", &[("value", "everyone"), ("confirmed", "yes")]);
    let refused = bob.post("account/organizations", &[("name", "fabrikam")]);
    assert_eq!(refused.status, 403);
    says(&refused, "A second factor is needed");
}

#[test]
fn an_authority_for_timestamps_is_tried_before_it_is_used() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    let authority = Authority::start();
    let url = authority.url.as_str();
    authority.now(Mood::Says("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"));
    let failed = ann.post("admin/policy/timestamping", &[("url", url)]);
    assert_eq!(failed.status, 422);
    says(&failed, "failed");
    assert!(failed.html.contains(&format!("value=\"{url}\"")), "what was typed stays");
    assert_eq!(value(&feed, "timestamp_authority"), "");
    authority.now(Mood::Honest("stranger-tsa"));
    says(&ann.post("admin/policy/timestamping", &[("url", url)]), "no timestamp at all is better");
    says(&ann.submit("admin/policy/timestamping", &[("url", url), ("private", "yes")]), "Private root");
    authority.now(Mood::Honest("tsa"));
    let taken = ann.submit("admin/policy/timestamping", &[("url", url)]);
    says(&taken, "The trial was stamped on");
    assert!(!taken.text().contains("Private root"), "{}", taken.text());
    assert_eq!(value(&feed, "timestamp_authority"), url);
    says(&ann.submit("admin/policy/timestamping/remove", &[]), "get no timestamps from now on");
    assert_eq!(value(&feed, "timestamp_authority"), "");
}
