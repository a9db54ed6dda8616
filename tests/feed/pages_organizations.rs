//! Organizations on the pages: creating one, inviting and accepting, roles, leaving, and who sees what.

use crate::support::{Feed, Visitor};

/// A feed with `ann`, `bob` and `eve`.
fn house() -> Feed {
    let feed = Feed::start();
    for name in ["ann", "bob", "eve"] {
        feed.account(name);
    }
    feed
}

/// Somebody who has enrolled, and given a code a moment ago.
fn with_code<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor.enrol(name);
    visitor
}

fn signed_in<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

/// `contoso` of ann.
fn contoso<'f>(feed: &'f Feed) -> Visitor<'f> {
    let mut ann = with_code(feed, "ann");
    ann.submit("account/organizations", &[("name", "Contoso")]);
    ann
}

/// The answer that a page offers to the newest invitation: a path.
fn answer(visitor: &mut Visitor<'_>, verb: &str) -> String {
    let targets = visitor.get("account/organizations").targets();
    targets.into_iter().rfind(|target| target.ends_with(&format!("/{verb}"))).expect("an invitation")
}

#[test]
fn an_organization_is_created_joined_by_consent_and_left() {
    let feed = house();
    let mut ann = with_code(&feed, "ann");
    let made = ann.submit("account/organizations", &[("name", "Contoso")]);
    assert!(made.text().contains("you are its administrator") && made.text().contains("ann You Administrator"));

    let invited = ann.submit("accounts/Contoso/members", &[("name", "bob"), ("role", "collaborator")]);
    assert!(invited.text().contains("bob is invited, and has 14 days to accept"), "{}", invited.text());
    assert_eq!(feed.rows("membership"), 1, "nothing changes before he agrees");

    let mut bob = with_code(&feed, "bob");
    let told = bob.get("account/organizations").text();
    assert!(
        told.contains("ann invites you to join the organization \"Contoso\" as a collaborator")
            && told.contains("Join Contoso"),
        "{told}"
    );
    let accept = answer(&mut bob, "accept");
    bob.submit(&accept, &[]);
    assert!(bob.get("accounts/Contoso/members").text().contains("bob You Collaborator"));
    assert!(ann.get("account").text().contains("bob is a collaborator of the organization \"Contoso\" now"));

    ann.submit("accounts/Contoso/members/bob/role", &[("role", "administrator")]);
    assert!(bob.get("accounts/Contoso/members").text().contains("Invite a member"), "he is an administrator now");
    let question = ann.get("accounts/Contoso/leave").text();
    assert!(question.contains("your API keys that act for it stop working"), "{question}");
    ann.submit("accounts/Contoso/leave", &[]);
    assert_eq!(ann.get("accounts/Contoso/members").status, 403);
    let kept = bob.submit("accounts/Contoso/leave", &[]);
    assert!(kept.text().contains("at least one administrator"), "{}", kept.text());
    assert_eq!(feed.rows("membership"), 1);
}

#[test]
fn a_link_to_an_invitation_that_is_only_followed_changes_nothing() {
    let feed = house();
    let mut ann = contoso(&feed);
    ann.submit("accounts/Contoso/members", &[("name", "bob"), ("role", "collaborator")]);
    let mut bob = with_code(&feed, "bob");
    for verb in ["accept", "decline"] {
        let path = answer(&mut bob, verb);
        let followed = bob.get(&path);
        assert_eq!((followed.status, followed.location.as_deref()), (303, Some("account/organizations")), "{verb}");
    }
    for path in
        ["accounts/Contoso/members/bob/role", "accounts/Contoso/invitations/1/withdraw", "accounts/Contoso/leave"]
    {
        assert!([200, 303].contains(&ann.get(path).status), "{path}");
    }
    assert_eq!((feed.rows("membership"), feed.rows("invitation")), (1, 1));
    let decline = answer(&mut bob, "decline");
    bob.submit(&decline, &[]);
    assert_eq!((feed.rows("membership"), feed.rows("invitation")), (1, 0));
}

#[test]
fn a_withdrawn_invitation_can_not_be_accepted() {
    let feed = house();
    let mut ann = contoso(&feed);
    ann.submit("accounts/Contoso/members", &[("name", "bob"), ("role", "administrator")]);
    let mut bob = with_code(&feed, "bob");
    let accept = answer(&mut bob, "accept");
    let page = ann.get("accounts/Contoso/members");
    let withdraw = page.targets().into_iter().find(|target| target.ends_with("/withdraw")).unwrap();
    ann.submit(&withdraw, &[]);
    let late = bob.post(&accept, &[]);
    assert!(late.status == 404 && late.text().contains("is not there any more"), "{}", late.text());
    assert_eq!(feed.rows("membership"), 1);
}

#[test]
fn an_invitation_that_can_not_be_made_is_explained_beside_what_was_typed() {
    let feed = house();
    let mut ann = contoso(&feed);
    feed.assay(&["account", "create", "Fabrikam", "--organization"]).succeeded();
    feed.assay(&["account", "disable", "eve"]).succeeded();
    for (typed, why) in [
        ("nobody", "no account nobody"),
        ("bob@example.com", "ASCII letters"),
        ("fabrikam", "an organization can’t be a member"),
        ("eve", "that account is disabled"),
        ("ann", "is a member already"),
    ] {
        let refused = ann.post("accounts/Contoso/members", &[("name", typed), ("role", "collaborator")]);
        assert_eq!(refused.status, 422, "{typed}");
        assert!(refused.text().contains(why), "{typed}: {}", refused.text());
        assert!(refused.html.contains(&format!("value=\"{typed}\"")), "{typed} is still there");
    }
    assert_eq!(feed.rows("invitation"), 0);
}

#[test]
fn a_profile_is_for_everybody_who_is_signed_in_and_the_members_for_members() {
    let feed = house();
    contoso(&feed);
    feed.assay_with_input(&["account", "create", "root", "--admin", "--password-stdin"], "the long password of root\n")
        .succeeded();
    let mut eve = signed_in(&feed, "eve");
    let profile = eve.get("accounts/contoso");
    assert!(profile.status == 200 && profile.text().contains("1 member"), "{}", profile.text());
    assert!(!profile.targets().iter().any(|target| target.ends_with("/members")));
    assert_eq!(eve.get("accounts/Contoso/members").status, 403);
    for (path, status) in [
        ("accounts/ann", 200),
        ("accounts/nobody", 404),
        ("accounts/a%2Fb", 404),
        ("accounts/ann/members", 404),
        ("accounts/nobody/members", 404),
    ] {
        assert_eq!(eve.get(path).status, status, "{path}");
    }
    let mut root = with_code(&feed, "root");
    assert_eq!(root.get("accounts/Contoso/members").status, 200);
    let mut stranger = Visitor::of(&feed);
    for path in ["accounts/Contoso", "accounts/Contoso/members", "account/organizations"] {
        let shown = stranger.get(path);
        assert!(shown.status == 303 && shown.location.unwrap().starts_with("sign-in"), "{path}");
    }
}

#[test]
fn members_are_changed_with_a_second_factor_and_a_form_of_ones_own() {
    let feed = house();
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "ann", "--administrator"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "bob"]).succeeded();
    let mut ann = signed_in(&feed, "ann");
    let forms: [(&str, &[(&str, &str)]); 4] = [
        ("accounts/Contoso/members", &[("name", "eve"), ("role", "collaborator")]),
        ("accounts/Contoso/members/bob/role", &[("role", "administrator")]),
        ("accounts/Contoso/members/bob/remove", &[]),
        ("accounts/Contoso/leave", &[]),
    ];
    for (path, fields) in forms {
        let refused = ann.post(path, fields);
        assert!(refused.status == 403 && refused.text().contains("second factor"), "{path}: {}", refused.text());
    }
    let mut ann = with_code(&feed, "ann");
    let mut eve = with_code(&feed, "eve");
    for (path, fields) in forms {
        assert_eq!(ann.post_raw(path, fields).status, 403, "{path} without a token");
        assert_eq!(eve.post(path, fields).status, 403, "{path} by somebody else");
    }
    assert_eq!((feed.rows("membership"), feed.rows("invitation")), (2, 0));
}

#[test]
fn the_last_administrator_is_offered_nothing_that_would_be_refused() {
    let feed = house();
    let mut ann = contoso(&feed);
    feed.assay(&["account", "add-member", "Contoso", "bob"]).succeeded();
    let offered = |ann: &mut Visitor<'_>| {
        let targets = ann.get("accounts/Contoso/members").targets();
        ["leave", "members/ann/role", "members/bob/role", "members/bob/remove"]
            .map(|path| targets.contains(&format!("accounts/Contoso/{path}")))
    };
    assert_eq!(offered(&mut ann), [false, false, true, true]);
    assert!(ann.get("accounts/Contoso/members").text().contains("make another member an administrator first"));
    feed.assay(&["account", "add-member", "Contoso", "bob", "--administrator"]).succeeded();
    assert_eq!(offered(&mut ann), [true; 4]);
    feed.assay(&["account", "disable", "bob"]).succeeded();
    assert_eq!(offered(&mut ann), [false, false, true, true], "who can't sign in is no administrator");
}

#[test]
fn inviting_and_withdrawing_without_end_leaves_nothing_on_the_pages_of_whom_it_is_for() {
    let feed = house();
    let mut ann = contoso(&feed);
    let mut bob = with_code(&feed, "bob");
    let before = feed.rows("notice");
    let mut refused = None;
    for _ in 0..5 {
        let invited = ann.post("accounts/Contoso/members", &[("name", "bob"), ("role", "collaborator")]);
        if invited.status != 303 {
            refused = Some(invited);
            continue;
        }
        let targets = ann.get("accounts/Contoso/members").targets();
        let withdraw = targets.into_iter().find(|target| target.ends_with("/withdraw")).unwrap();
        ann.submit(&withdraw, &[]);
    }
    assert_eq!(feed.rows("notice"), before);
    let refused = refused.expect("the third within an hour is refused");
    let why = "That account was invited to the same 2 times within an hour";
    assert!(refused.status == 422 && refused.text().contains(why), "{}", refused.text());
    // A stolen session that has read all that will ever be told mutes nothing of it.
    let muted = bob.post("account/notices/read", &[("newest", "9223372036854775807"), ("return_to", "account")]);
    assert_eq!(muted.status, 303);
    let page = bob.get("account").text();
    assert!(page.contains("A second factor was enrolled for your account."), "{page}");
    ann.submit("accounts/Contoso/members", &[("name", "eve"), ("role", "collaborator")]);
    feed.assay(&["account", "add-member", "Contoso", "bob"]).succeeded();
    let page = bob.get("account/organizations").text();
    assert!(page.contains("bob is a collaborator of the organization"), "it is told after all: {page}");
}

const ENROL: &str = "account/security/second-factor?return_to=";

#[test]
fn whoever_has_no_second_factor_is_told_before_inviting_and_before_accepting() {
    let feed = house();
    let mut ann = contoso(&feed);
    ann.submit("accounts/Contoso/members", &[("name", "bob"), ("role", "administrator")]);
    let members = ann.get("accounts/Contoso/members");
    assert!(members.text().contains("need a second factor to accept"), "of whoever is invited: {}", members.text());
    assert!(!members.html.contains(ENROL), "she has one");

    let mut bob = signed_in(&feed, "bob");
    let asked = bob.get("account/organizations");
    assert!(asked.text().contains("Accepting asks for a code of your phone"), "{}", asked.text());
    assert!(asked.targets().contains(&format!("{ENROL}account%2Forganizations")), "{:?}", asked.targets());
    bob.enrol("bob");
    assert!(!bob.get("account/organizations").html.contains(ENROL));

    feed.assay(&["account", "add-member", "Contoso", "eve", "--administrator"]).succeeded();
    let members = signed_in(&feed, "eve").get("accounts/Contoso/members");
    assert!(members.text().contains("Inviting asks for a code of your phone"), "{}", members.text());
    assert!(members.targets().contains(&format!("{ENROL}accounts%2FContoso%2Fmembers")), "{:?}", members.targets());
}

#[test]
fn the_same_invitation_again_is_said_to_wait_and_leaves_no_record() {
    let feed = house();
    let mut ann = contoso(&feed);
    let fields = [("name", "bob"), ("role", "collaborator")];
    ann.submit("accounts/Contoso/members", &fields);
    let before = (feed.rows("audit"), feed.rows("notice"));
    let again = ann.post("accounts/Contoso/members", &fields);
    assert_eq!(again.status, 422);
    let said = "that account is invited already as a collaborator, and has to accept";
    assert!(again.text().contains(said), "{}", again.text());
    assert_eq!((feed.rows("audit"), feed.rows("notice")), before);
}

#[test]
fn an_invitation_that_was_answered_is_no_notice_any_more() {
    let feed = house();
    let mut ann = contoso(&feed);
    let mut bob = with_code(&feed, "bob");
    let seen = bob.get("account").text();
    bob.post("account/notices/read", &[("newest", "9999"), ("newest_security", "9999"), ("return_to", "account")]);
    assert!(!bob.get("account").text().contains("notice for you"), "{seen}");
    for verb in ["decline", "accept"] {
        ann.submit("accounts/Contoso/members", &[("name", "bob"), ("role", "collaborator")]);
        assert!(bob.get("account").text().contains("A notice for you"));
        let answer = answer(&mut bob, verb);
        bob.submit(&answer, &[]);
        let page = bob.get("account").text();
        assert!(!page.contains("notice for you") && page.contains("ann invites you to join"), "{verb}: {page}");
    }
    assert!(!bob.get("account").html.contains(">New<"), "in the list too");
}

#[test]
fn whoever_does_not_belong_is_told_to_what() {
    let feed = house();
    contoso(&feed);
    let mut bob = signed_in(&feed, "bob");
    let closed = bob.get("accounts/Contoso/members");
    assert_eq!(closed.status, 403);
    let said = "Only members of Contoso and the server’s administrators see who belongs to it.";
    assert!(closed.text().contains(said), "{}", closed.text());
    assert!(closed.targets().contains(&"accounts/Contoso".to_owned()));
    let closed = bob.get("accounts/Contoso/keys");
    assert!(
        closed.status == 403 && closed.text().contains("an account that yours may not act for"),
        "{}",
        closed.text()
    );
}
