//! The page on which a version is taken off the feed, and the administrators' list of those that were.

use crate::support::pages::Shown;
use crate::support::{Feed, Visitor, package};

const PAGE: &str = "packages/Contoso.Core/1.0.0/withdraw";
const LIST: &str = "admin/withdrawn";

/// A feed with the owner `ann`, the administrator `root`, and `bob`, who has nothing to do with it.
fn house() -> Feed {
    let feed = Feed::start();
    let ann = feed.account("ann");
    for version in ["1.0.0", "2.0.0"] {
        ann.push(package("Contoso.Core", version).icon().bytes()).accepted();
    }
    feed.account("bob");
    feed.account("root");
    feed.assay(&["account", "make-administrator", "root"]).succeeded();
    feed
}

fn signed_in<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

fn administrator(feed: &Feed) -> Visitor<'_> {
    let mut root = signed_in(feed, "root");
    root.enrol("root");
    root
}

/// The headings of the second level.
fn offers(shown: &Shown) -> Vec<String> {
    assert_eq!(shown.status, 200, "{}", shown.text());
    shown.inside("h2")
}

#[test]
fn owners_unlist_and_list_again_and_strangers_find_nothing() {
    let feed = house();
    let mut ann = signed_in(&feed, "ann");
    let package = ann.get("packages/Contoso.Core/1.0.0");
    assert!(package.targets().contains(&PAGE.to_owned()), "the way there: {:?}", package.targets());
    assert_eq!(offers(&ann.get(PAGE)), ["Unlist"]);
    let done = ann.submit(PAGE, &[("deed", "unlist")]);
    assert!(done.text().contains("Contoso.Core 1.0.0 is unlisted"), "{}", done.text());
    assert_eq!(offers(&done), ["List again"]);
    assert!(ann.get("packages/Contoso.Core/1.0.0").text().contains("This version is unlisted"));
    let done = ann.submit("packages/contoso.core/1.0/withdraw", &[("deed", "relist")]);
    assert!(done.text().contains("is listed again"), "{}", done.text());

    for (deed, fields) in
        [("hide", ("reason", "x")), ("show", ("", "")), ("remove", ("version", "1.0.0")), ("free", ("", ""))]
    {
        let refused = ann.post(PAGE, &[("deed", deed), fields]);
        assert_eq!(refused.status, 403, "{deed}: {}", refused.text());
    }
    assert_eq!(ann.post(PAGE, &[("deed", "other")]).status, 404);
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0", "2.0.0"]);

    let mut bob = signed_in(&feed, "bob");
    assert_eq!(bob.get(PAGE).status, 404);
    assert_eq!(bob.post(PAGE, &[("deed", "unlist")]).status, 404);
    assert!(!bob.get("packages/Contoso.Core/1.0.0").html.contains("withdraw"));
    for missing in
        ["packages/Contoso.Core/9.9.9/withdraw", "packages/No.Such/1.0.0/withdraw", "packages/Contoso.Core/x/withdraw"]
    {
        assert_eq!(ann.get(missing).status, 404, "{missing}");
    }
    assert_eq!(Visitor::of(&feed).get(PAGE).location.as_deref().map(|to| &to[..8]), Some("sign-in?"));
    assert_eq!(ann.get(LIST).status, 403);
}

#[test]
fn an_administrator_hides_with_a_reason_and_shows_again() {
    let feed = house();
    let mut root = administrator(&feed);
    assert_eq!(offers(&root.get(PAGE)), ["Unlist", "Hide", "Remove 1.0.0 for good"]);
    for (reason, said) in [("", "Say why in a few words"), (&*"x".repeat(301), "at most 300 characters")] {
        let refused = root.post(PAGE, &[("deed", "hide"), ("reason", reason)]);
        assert!(refused.status == 422 && refused.text().contains(said), "{}", refused.text());
        assert!(reason.is_empty() || refused.html.contains(reason), "what was typed is kept");
    }
    let done = root.submit(PAGE, &[("deed", "hide"), ("reason", "A <b>password</b> is in it")]);
    assert!(done.text().contains("is hidden. Nobody gets it"), "{}", done.text());
    assert!(
        done.text().contains("A <b>password</b> is in it") && !done.html.contains("<b>password"),
        "text stays text"
    );
    assert_eq!(offers(&done), ["Show again", "Remove 1.0.0 for good"]);

    let mut ann = signed_in(&feed, "ann");
    let told = ann.get("account");
    assert!(told.text().contains("was hidden from everybody by root. The reason: A <b>password"), "{}", told.text());
    for path in ["packages/Contoso.Core/1.0.0", PAGE] {
        assert_eq!(ann.get(path).status, 404, "{path}");
    }
    let versions = signed_in(&feed, "bob").get("packages/Contoso.Core");
    assert!(!versions.text().contains("1.0.0") && versions.text().contains("2.0.0"));

    let seen = root.get("packages/Contoso.Core/1.0.0");
    assert!(seen.text().contains("This version is hidden Only administrators see this page"), "{}", seen.text());
    assert!(seen.text().contains("A <b>password</b> is in it"), "{}", seen.text());
    assert!(!seen.html.contains("/1.0.0/icon"), "an icon that nobody gets is not drawn");
    assert!(root.get("packages/Contoso.Core").text().contains("1.0.0 Hidden"));
    assert!(root.get("packages/Contoso.Core").inside("h1")[0].contains("2.0.0"));

    let list = root.get(LIST);
    let text = list.text();
    assert!(text.contains("Contoso.Core 1.0.0") && text.contains("root A <b>password</b> is in it"), "{text}");
    assert!(list.targets().contains(&PAGE.to_owned()));
    let back = root.submit(LIST, &[("deed", "show"), ("id", "Contoso.Core"), ("version", "1.0.0")]);
    assert!(back.text().contains("is shown again") && back.text().contains("No version is hidden"), "{}", back.text());
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0", "2.0.0"]);
    assert!(
        ann.get("account").text().contains("Version 1.0.0 of the package \"Contoso.Core\" was shown again by root.")
    );
}

#[test]
fn a_version_is_removed_by_typing_it_and_its_number_is_freed_on_purpose() {
    let feed = house();
    let mut root = administrator(&feed);
    let wrong = root.post(PAGE, &[("deed", "remove"), ("removal_reason", "Gone <wrong>"), ("version", "2.0.0")]);
    assert!(wrong.status == 422 && wrong.text().contains("Type 1.0.0 to remove it."), "{}", wrong.text());
    assert!(wrong.html.contains("Gone &lt;wrong&gt;"), "what was typed is kept");
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0", "2.0.0"]);
    let done = root.submit(PAGE, &[("deed", "remove"), ("removal_reason", ""), ("version", "1.0.0")]);
    assert!(done.text().contains("is removed for good. Its number can’t be pushed again."), "{}", done.text());
    assert_eq!(offers(&done), ["Free the number"]);
    assert_eq!(feed.versions("Contoso.Core"), ["2.0.0"]);
    assert_eq!(root.get("packages/Contoso.Core/1.0.0").status, 404);
    let list = root.get(LIST).text();
    assert!(list.contains("Contoso.Core 1.0.0") && list.contains("None was given"), "{list}");

    let mut ann = signed_in(&feed, "ann");
    assert_eq!(ann.get(PAGE).status, 404, "an owner can do nothing about it");
    assert!(
        ann.get("account")
            .text()
            .contains("Version 1.0.0 of the package \"Contoso.Core\" was removed for good by root.")
    );

    let freed = root.post(PAGE, &[("deed", "free")]);
    assert_eq!(freed.status, 303, "{}", freed.text());
    assert_eq!(root.follow(&freed).status, 404, "there is nothing left to do about it");
    assert!(root.get(LIST).text().contains("No version was removed"));
    assert!(ann.get("account").text().contains("was removed, and can be pushed again: root freed its number."));
}

#[test]
fn an_administrator_without_a_second_factor_takes_nothing_away_and_learns_of_nothing_hidden() {
    let feed = house();
    let mut root = signed_in(&feed, "root");
    let refused = root.post(PAGE, &[("deed", "hide"), ("reason", "x")]);
    assert!(refused.status == 403 && refused.text().contains("A second factor is needed"), "{}", refused.text());
    feed.assay(&["package", "hide", "Contoso.Core", "1.0.0", "--reason", "x"]).succeeded();
    for path in ["packages/Contoso.Core/1.0.0", PAGE] {
        assert_eq!(root.get(path).status, 404, "{path}");
    }
    root.enrol("root");
    assert_eq!(root.get(PAGE).status, 200);
}
