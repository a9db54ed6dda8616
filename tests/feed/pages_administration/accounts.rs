//! `/admin/accounts`: making accounts, what is done to them, and finding them.

use super::*;

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
