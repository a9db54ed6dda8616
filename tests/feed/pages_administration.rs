//! The administrators' pages: accounts, the policy, the audit log, and who may not see them.

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
fn a_new_user_chooses_a_password_by_a_link_that_is_shown_once() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    let fields = [("kind", "user"), ("name", "Carol"), ("email", "carol@example.com")];
    let shown = ann.submit("admin/new-account", &fields);
    says(&shown, "The account Carol was created.");
    says(&shown, "carol@example.com Not confirmed");
    let link = shown.inside("code").into_iter().find(|text| text.contains("/welcome/")).expect("the link");
    assert!(!ann.get("admin/accounts/Carol").html.contains("/welcome/"));
    let mut carol = Visitor::of(&feed);
    let path = format!("welcome/{}", token_of(&link));
    let (password, again) = (password_of("Carol"), password_of("Carol"));
    let chosen = carol.post(&path, &[("new_password", &password), ("new_password_again", &again)]);
    assert_eq!(chosen.status, 303, "{}", chosen.text());
    carol.sign_in("Carol");
    assert_eq!(carol.get("account").status, 200);
    for (field, value, said) in
        [("name", "BOB", "exists"), ("name", "a b", "letter or digit"), ("email", "x", "no e-mail address")]
    {
        let mut fields = vec![("kind", "user"), (field, value)];
        if field == "email" {
            fields.push(("name", "dave"));
        }
        let shown = ann.post("admin/new-account", &fields);
        assert_eq!(shown.status, 422);
        says(&shown, said);
        assert!(shown.html.contains(&format!("value=\"{value}\"")), "what was typed stays: {}", shown.html);
    }
}

#[test]
fn a_new_organization_gets_the_administrator_that_was_named() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    let fields = [("kind", "organization"), ("name", "contoso"), ("administrator", "bob")];
    says(&ann.submit("admin/new-account", &fields), "bob is its administrator");
    says(&ann.get("admin/accounts/contoso"), "bob (administrator)");
    says(
        &signed_in(&feed, "bob").get("account"),
        "You were made the administrator of the organization \"contoso\" (ann).",
    );
    let nobody = [("kind", "organization"), ("name", "fabrikam"), ("administrator", "nobody")];
    says(&ann.post("admin/new-account", &nobody), "There is no account nobody");
}

#[test]
fn a_disabled_account_is_dead_at_once_and_comes_back_without_its_sessions() {
    let feed = house();
    let person = feed.account("carol");
    person.push(package("Carol.Core", "1.0.0").bytes()).accepted();
    let mut carol = signed_in(&feed, "carol");
    let (mut ann, _) = administrator(&feed);
    let question = ann.get("admin/accounts/carol/disable");
    for said in [
        "signed out of 1 browser",
        "1 key stops working",
        "Nobody else owns these, so that nobody can push to them: Carol.Core.",
        "The name stays taken",
    ] {
        says(&question, said);
    }
    says(&ann.submit("admin/accounts/carol/disable", &[]), "carol is disabled.");
    person.push(package("Carol.Core", "1.1.0").bytes()).refused(403);
    assert_eq!(carol.get("account").status, 303);
    assert_eq!(Visitor::of(&feed).try_password("carol", &password_of("carol")).status, 422);
    says(&ann.submit("admin/accounts/carol/enable", &[]), "carol is enabled.");
    person.push(package("Carol.Core", "1.1.0").bytes()).accepted();
    assert_eq!(carol.get("account").status, 303, "the old session stays ended");
    carol.sign_in("carol");
    let people = ann.get("admin/accounts/carol");
    says(&people, "Last sign-in just now");
}

#[test]
fn a_certificate_of_a_disabled_account_counts_as_registered_and_lets_nothing_through() {
    let feed = house();
    let carol = feed.account("carol").with_certificate("leaf-3072");
    let (mut ann, _) = administrator(&feed);
    let question = ann.get("admin/accounts/carol/disable");
    says(&question, "With 1 certificate no push is accepted any more.");
    says(&question, "no package begins to accept unsigned pushes by this");
    drop(carol);
}

#[test]
fn the_last_administrator_is_neither_disabled_nor_made_one_no_longer() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    for change in ["disable", "take-administrator"] {
        let shown = ann.submit(&format!("admin/accounts/ann/{change}"), &[]);
        says(&shown, "ann is the last administrator; make another one first.");
        says(&shown, "Second factor On");
    }
    says(&ann.submit("admin/accounts/bob/make-administrator", &[]), "bob is an administrator of this server.");
    let gone = ann.post("admin/accounts/ann/take-administrator", &[]);
    assert_eq!(gone.status, 303);
    assert_eq!(ann.get("admin").status, 403);
    feed.assay(&["account", "take-administrator", "bob"]).failed_saying("last administrator");
    feed.assay(&["account", "disable", "bob"]).failed_saying("last administrator");
}

#[test]
fn links_sessions_and_keys_of_an_account_are_managed_on_its_page() {
    let feed = house();
    let person = feed.account("carol");
    let mut carol = signed_in(&feed, "carol");
    carol.enrol("carol");
    let (mut ann, _) = administrator(&feed);
    for (change, page) in [("password-link", "/reset/"), ("second-factor-link", "/reset/")] {
        let shown = ann.submit(&format!("admin/accounts/carol/{change}"), &[]);
        assert!(shown.inside("code").iter().any(|text| text.contains(page)), "{change}: {}", shown.text());
    }
    says(&ann.submit("admin/accounts/carol/first-password-link", &[]), "carol has a password");
    says(&ann.submit("admin/accounts/bob/second-factor-link", &[]), "bob has no second factor");
    says(&ann.submit("admin/accounts/carol/end-sessions", &[]), "carol is signed out: 1 session.");
    assert_eq!(carol.get("account").status, 303);
    says(&ann.get("admin/accounts/carol/revoke-keys"), "1 key dies at once and for ever");
    says(&ann.submit("admin/accounts/carol/revoke-keys", &[]), "Revoked for ever: 1 key.");
    person.push(package("Carol.Core", "1.0.0").bytes()).refused(403);
    assert_eq!(ann.post("admin/accounts/carol/delete", &[]).status, 404);
    assert_eq!(ann.get("admin/accounts/nobody").status, 404);
    assert_eq!(ann.get("admin/accounts/nobody/disable").status, 404);
}

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
    says(&done, "Largest package: 1073741824 bytes (1 GiB). It is in force now.");
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
    assert_eq!(page.targets().iter().filter(|target| target.starts_with("welcome?step=")).count(), 1, "certificates");
    feed.account("dora").with_certificate("leaf-3072");
    assert!(!ann.get("admin").text().contains("First steps are left"));
    feed.assay(&["policy", "set", "accept_untrusted_roots", "true"]).succeeded();
    says(&ann.get("admin"), "Registered certificates may end in any root");
}

#[test]
fn accounts_are_listed_filtered_and_paged() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    for number in 0..51 {
        feed.assay(&["account", "create", &format!("team-{number:02}"), "--organization"]).succeeded();
    }
    feed.assay(&["account", "disable", "team-07"]).succeeded();
    let names = |shown: &Shown| shown.inside("th").into_iter().filter(|name| name.starts_with("team-")).count();
    let first = ann.get("admin/accounts?kind=organization");
    assert_eq!(names(&first), 50);
    says(&first, "Page 1 of 2");
    assert!(first.targets().contains(&"admin/accounts?kind=organization&page=2".to_owned()), "{:?}", first.targets());
    assert_eq!(names(&ann.get("admin/accounts?kind=organization&page=2")), 1);
    assert_eq!(names(&ann.get("admin/accounts?state=disabled")), 1);
    assert_eq!(names(&ann.get("admin/accounts?q=TEAM-1")), 10);
    says(&ann.get("admin/accounts?q=%25&page=x"), "No account fits.");
}

#[test]
fn the_audit_log_is_filtered_paged_and_exported() {
    let feed = house();
    let (mut ann, _) = administrator(&feed);
    ann.submit("admin/policy/session_hours", &[("value", "500")]);
    execute(
        &feed,
        "INSERT INTO audit (at, actor, action, subject, detail) VALUES (0, '=2+2', 'key.create', 'a\"b', '@x')",
    );
    let all = ann.get("admin/audit");
    says(&all, "Changed the policy policy.set");
    says(&all, "from 336 to 500");
    says(&all, "command line");
    let one = ann.get("admin/audit?actor=ANN&action=policy.*&subject=session_hours&from=2020-01-01");
    says(&one, "from 336 to 500");
    assert_eq!(one.inside("tr").len(), 2, "{}", one.text());
    says(&ann.get("admin/audit?address=192.0.2.*"), "Nothing is on record that fits.");
    assert_eq!(ann.get("admin/audit?to=1970-01-01").inside("tr").len(), 2);
    let exported = ann.get("admin/audit.csv?to=1970-01-01");
    assert_eq!(exported.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    assert!(exported.header("content-disposition").unwrap().starts_with("attachment; filename=\"audit-"));
    let lines: Vec<&str> = exported.html.split("\r\n").collect();
    assert_eq!(lines[0], "\"number\",\"at\",\"actor\",\"address\",\"action\",\"subject\",\"detail\"");
    assert!(lines[1].ends_with(",\"'=2+2\",\"\",\"key.create\",\"a\"\"b\",\"'@x\""), "{}", lines[1]);
    assert_eq!(lines.len(), 3);
    for number in 0..101 {
        let sql = "INSERT INTO audit (at, actor, action, subject) VALUES (0, 'zed', 'key.create'";
        execute(&feed, &format!("{sql}, 'number {number}')"));
    }
    let first = ann.get("admin/audit?actor=zed");
    assert_eq!(first.inside("tr").len(), 101);
    let older = first.targets().into_iter().find(|target| target.contains("before=")).expect("a link to older ones");
    let second = ann.get(&older);
    says(&second, "number 0");
    assert_eq!(second.inside("tr").len(), 2);
    let newer = second.targets().into_iter().find(|target| target.contains("after=")).expect("a link to newer ones");
    assert_eq!(ann.get(&newer).inside("tr").len(), 101);
}

#[test]
fn the_command_line_shows_the_log_too() {
    let feed = house();
    let shown = |more: &[&str]| {
        let mut arguments = vec!["audit"];
        arguments.extend(more);
        feed.assay(&arguments).succeeded()
    };
    assert!(shown(&["--action", "account.*"]).contains("account.make-administrator"));
    assert!(!shown(&["--action", "account.*"]).contains("key.create"));
    assert_eq!(shown(&["--actor", "nobody"]), "nothing is on record that fits");
    assert_eq!(shown(&["--until", "2000-01-01"]), "nothing is on record that fits");
    assert_eq!(shown(&["--lines", "1"]).lines().count(), 2);
    let json: serde_json::Value = serde_json::from_str(&shown(&["--subject", "ANN", "--json"])).unwrap();
    assert_eq!(json[0]["action"], "account.make-administrator");
    let csv = shown(&["--csv", "--action", "account.create", "--since", "2000-01-01"]);
    assert!(csv.starts_with("\"number\",") && csv.lines().count() == 3, "{csv}");
    let wrong = feed.assay(&["audit", "--since", "yesterday"]);
    assert_eq!(wrong.code, 2);
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
