//! The owners of a package ID on the pages: asked, accepted, removed, and what that does to signatures.

use serde_json::json;

use crate::support::{Feed, Visitor, golden, package};

/// Somebody who has enrolled, and given a code a moment ago.
fn with_code<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor.enrol(name);
    visitor
}

/// The owners as search tells clients.
fn owners(feed: &Feed, id: &str) -> serde_json::Value {
    feed.get(&format!("/v3/search?q=packageid:{id}")).json()["data"][0]["owners"].clone()
}

fn accept(visitor: &mut Visitor<'_>) {
    let targets = visitor.get("account/organizations").targets();
    let path = targets.into_iter().rfind(|target| target.ends_with("/accept")).expect("an invitation");
    visitor.submit(&path, &[]);
}

#[test]
fn an_owner_is_asked_agrees_may_push_and_is_removed_again() {
    let feed = Feed::start();
    let (ann_person, bob_person) = (feed.account("ann"), feed.account("bob"));
    ann_person.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let mut ann = with_code(&feed, "ann");
    let asked = ann.submit("packages/contoso.core/manage", &[("name", "bob")]);
    assert!(asked.text().contains("bob is asked, and becomes an owner by accepting"), "{}", asked.text());
    assert_eq!(owners(&feed, "contoso.core"), json!(["ann"]));
    bob_person.push(package("Contoso.Core", "1.1.0").bytes()).refused(403);

    let mut bob = with_code(&feed, "bob");
    assert_eq!(bob.get("packages/contoso.core/manage").status, 403);
    accept(&mut bob);
    assert_eq!(owners(&feed, "contoso.core"), json!(["ann", "bob"]), "search says so at once");
    bob_person.push(package("Contoso.Core", "1.1.0").bytes()).accepted();
    assert!(ann.get("account").text().contains("bob is an owner of the package \"Contoso.Core\" now"));

    bob.submit("packages/contoso.core/manage/owners/ann/remove", &[]);
    assert_eq!(owners(&feed, "contoso.core"), json!(["bob"]));
    ann_person.push(package("Contoso.Core", "1.2.0").bytes()).refused(403);
    let kept = bob.submit("packages/contoso.core/manage/owners/bob/remove", &[]);
    assert!(kept.text().contains("at least one owner"), "{}", kept.text());
}

#[test]
fn a_removal_that_opens_an_id_to_unsigned_packages_says_so_and_is_not_done_unsaid() {
    let feed = Feed::start();
    let ann_person = feed.account("ann");
    let bob_person = feed.account("bob");
    ann_person.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let mut ann = with_code(&feed, "ann");
    ann.submit("packages/Contoso.Core/manage", &[("name", "bob")]);
    let mut bob = with_code(&feed, "bob");
    accept(&mut bob);
    let file = golden::certificate("leaf-3072");
    feed.assay(&["certificate", "add", "--account", "ann", file.to_str().unwrap()]).succeeded();
    bob_person.push(package("Contoso.Core", "1.1.0").bytes()).refused(400).saying("NU3004");

    let path = "packages/Contoso.Core/manage/owners/ann/remove";
    let question = bob.get(path);
    assert!(question.text().contains("Packages without a signature will be accepted"), "{}", question.text());
    let unsaid = bob.post(path, &[]);
    assert!(unsaid.status == 409 && unsaid.text().contains("will be accepted"), "{}", unsaid.text());
    assert_eq!(feed.rows("registration_owner"), 2, "nothing was changed");
    bob.submit(path, &[("unsigned", "meant")]);
    bob_person.push(package("Contoso.Core", "1.1.0").bytes()).accepted();
}

#[test]
fn an_organization_that_one_administers_owns_at_once_and_others_are_asked() {
    let feed = Feed::start();
    let person = feed.account("ann");
    feed.account("bob");
    for (organization, member) in [("Contoso", "ann"), ("Fabrikam", "bob")] {
        feed.assay(&["account", "create", organization, "--organization"]).succeeded();
        feed.assay(&["account", "add-member", organization, member, "--administrator"]).succeeded();
    }
    person.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let mut ann = with_code(&feed, "ann");
    let added = ann.submit("packages/Contoso.Core/manage", &[("name", "contoso")]);
    assert!(added.text().contains("contoso is an owner now"), "{}", added.text());
    ann.submit("packages/Contoso.Core/manage", &[("name", "fabrikam")]);
    assert_eq!(owners(&feed, "contoso.core"), json!(["ann", "Contoso"]));

    let mut bob = with_code(&feed, "bob");
    assert!(bob.get("account/organizations").text().contains("Own Contoso.Core as Fabrikam"));
    accept(&mut bob);
    assert_eq!(owners(&feed, "contoso.core"), json!(["ann", "Contoso", "Fabrikam"]));
}

#[test]
fn an_organization_with_certificates_that_owns_at_once_makes_signatures_needed_and_everybody_reads_it() {
    let feed = Feed::start();
    let (person, _) = (feed.account("ann"), feed.account("bob"));
    person.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    for member in ["ann", "bob"] {
        feed.assay(&["account", "add-member", "Contoso", member, "--administrator"]).succeeded();
    }
    let file = golden::certificate("leaf-3072");
    feed.assay(&["certificate", "add", "--account", "contoso", file.to_str().unwrap()]).succeeded();
    let mut ann = with_code(&feed, "ann");
    let added = ann.submit("packages/Contoso.Core/manage", &[("name", "contoso")]).text();
    assert!(added.contains("is an owner now. Packages without a signature are refused from now on."), "{added}");
    let mut bob = with_code(&feed, "bob");
    let told = bob.get("account").text();
    assert!(told.contains("now. Packages without a signature are refused from now on."), "{told}");
    person.push(package("Contoso.Core", "1.1.0").bytes()).refused(400).saying("NU3004");

    let path = "packages/Contoso.Core/manage/owners/Contoso/remove";
    let removed = ann.submit(path, &[("unsigned", "meant")]).text();
    assert!(removed.contains("no owner any more. Packages without a signature are accepted from now on."), "{removed}");
    let told = bob.get("account").text();
    assert!(told.contains("removed it. Packages without a signature are accepted from now on."), "{told}");
    person.push(package("Contoso.Core", "1.1.0").bytes()).accepted();
}

#[test]
fn what_can_not_be_done_is_explained_and_nobody_else_manages() {
    let feed = Feed::start();
    let person = feed.account("ann");
    feed.account("bob");
    person.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let mut ann = with_code(&feed, "ann");
    ann.submit("packages/Contoso.Core/manage", &[("name", "bob")]);
    for (typed, why) in [
        ("ann", "is an owner already"),
        ("bob", "is invited already"),
        ("nobody", "no account nobody"),
        ("bob@example.com", "ASCII letters"),
    ] {
        let refused = ann.post("packages/Contoso.Core/manage", &[("name", typed)]);
        assert!(refused.status == 422 && refused.text().contains(why), "{typed}: {}", refused.text());
    }
    assert_eq!(ann.get("packages/Nothing/manage").status, 404);
    assert_eq!(ann.get("packages/Contoso.Core/manage/owners/bob/remove").status, 404, "bob is no owner yet");

    let mut bob = with_code(&feed, "bob");
    assert_eq!(bob.get("packages/Contoso.Core/manage").status, 403);
    for (path, fields) in [
        ("packages/Contoso.Core/manage", &[("name", "bob")][..]),
        ("packages/Contoso.Core/manage/owners/ann/remove", &[]),
    ] {
        assert_eq!(bob.post(path, fields).status, 403, "{path}");
        assert_eq!(ann.post_raw(path, fields).status, 403, "{path} without a token");
    }
    let mut without = Visitor::of(&feed);
    feed.account("carl").push(package("Carl.Tools", "1.0.0").bytes()).accepted();
    without.sign_in("carl");
    assert_eq!(without.get("packages/Carl.Tools/manage").status, 200, "it may be seen");
    let refused = without.post("packages/Carl.Tools/manage", &[("name", "bob")]);
    assert!(refused.status == 403 && refused.text().contains("second factor"), "{}", refused.text());
    assert_eq!((feed.rows("registration_owner"), feed.rows("invitation")), (2, 1));
}

#[test]
fn the_page_offers_to_remove_and_to_ask_whom_the_rules_let_and_says_why_not() {
    let feed = Feed::start();
    let person = feed.account("ann");
    for name in ["bob", "carl", "dora"] {
        feed.account(name);
    }
    person.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let mut ann = with_code(&feed, "ann");
    let home = "packages/Contoso.Core/manage";
    let removable =
        |ann: &mut Visitor<'_>, owner: &str| ann.get(home).targets().contains(&format!("{home}/owners/{owner}/remove"));
    assert!(!removable(&mut ann, "ann") && ann.get(home).text().contains("keeps at least one owner"));
    ann.submit(home, &[("name", "bob")]);
    let mut bob = with_code(&feed, "bob");
    accept(&mut bob);
    assert!(removable(&mut ann, "ann") && removable(&mut ann, "bob"));
    feed.assay(&["prefix", "reserve", "--account", "bob", "Contoso.*"]).succeeded();
    assert!(!removable(&mut ann, "bob") && ann.get(home).text().contains("reserved for that account"));
    assert!(removable(&mut bob, "bob"), "who holds the prefix may remove a holder");
    feed.assay(&["prefix", "release", "--account", "bob", "Contoso.*"]).succeeded();
    feed.assay(&["account", "disable", "bob"]).succeeded();
    assert!(!removable(&mut ann, "ann") && removable(&mut ann, "bob"), "a disabled owner is nobody");
    for name in ["carl", "dora"] {
        ann.submit(home, &[("name", name)]);
    }
    assert!(!ann.get(home).text().contains("as many invitations are waiting"));
    feed.account("eve");
    ann.submit(home, &[("name", "eve")]);
    assert!(ann.get(home).text().contains("as many invitations are waiting"));
}

#[test]
fn whoever_has_no_second_factor_is_told_before_adding_an_owner() {
    let feed = Feed::start();
    feed.account("ann").push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let page = ann.get("packages/Contoso.Core/manage");
    for text in ["Adding an owner asks for a code of your phone", "by accepting, which needs a second factor"] {
        assert!(page.text().contains(text), "{text}: {}", page.text());
    }
    let enrol = "account/security/second-factor?return_to=packages%2FContoso%2ECore%2Fmanage".to_owned();
    assert!(page.targets().contains(&enrol), "{:?}", page.targets());
    ann.enrol("ann");
    assert!(!ann.get("packages/Contoso.Core/manage").targets().contains(&enrol));
}
