//! Unlisting hides a version from search and from nobody who has asked for it before.

use crate::support::{Feed, OfficialClient, package};

#[test]
fn an_unlisted_version_leaves_search_and_still_restores() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let Some(client) = OfficialClient::of(&alice) else { return };
    for version in ["1.0.0", "2.0.0"] {
        alice.push(package("Contoso.Core", version).bytes()).accepted();
    }
    client.delete("Contoso.Core", "2.0.0").succeeded();
    assert_eq!(client.search("contoso"), [("Contoso.Core".to_owned(), "1.0.0".to_owned())]);
    client.delete("Contoso.Core", "1.0.0").succeeded();
    assert!(client.search("contoso").is_empty());

    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0", "2.0.0"]);
    client.project("app", &[("Contoso.Core", "2.0.0")]).restore(&[]).succeeded();

    assert_eq!(alice.relist("Contoso.Core", "2.0.0").status, 200);
    assert_eq!(client.search("contoso"), [("Contoso.Core".to_owned(), "2.0.0".to_owned())]);
}

#[test]
fn unlisting_finds_a_version_however_it_is_spelled() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.5.0").bytes()).accepted();
    alice.push(package("Contoso.Core", "2.0.0+build.7").bytes()).accepted();
    for (id, version) in [("contoso.core", "1.05.0"), ("CONTOSO.CORE", "1.5"), ("Contoso.Core", "1.5.0.0")] {
        assert!([200, 204].contains(&alice.unlist(id, version).status), "{id} {version}");
        assert!(listed(&feed).iter().all(|version| version != "1.5.0"), "{id} {version}");
        assert_eq!(alice.relist(id, version).status, 200);
        assert!(listed(&feed).contains(&"1.5.0".to_owned()), "{id} {version}");
    }
    for version in ["2.0.0+build.7", "2.0.0%2Bbuild.7", "2.0.0"] {
        assert!([200, 204].contains(&alice.unlist("Contoso.Core", version).status), "{version}");
        assert_eq!(alice.relist("Contoso.Core", version).status, 200);
    }
    assert_eq!(alice.relist("Contoso.Core", "2.0.0").status, 200, "again is no mistake");
}

#[test]
fn what_does_not_exist_can_not_be_unlisted() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    for (id, version) in
        [("Contoso.Core", "9.9.9"), ("Contoso.Core", "not-a-version"), ("No.Such", "1.0.0"), ("..", "1.0.0")]
    {
        assert_eq!(alice.unlist(id, version).status, 404, "{id} {version}");
        assert_eq!(alice.relist(id, version).status, 404, "{id} {version}");
    }
}

#[test]
fn only_an_owner_with_the_right_key_may_unlist() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let bob = feed.account("bob");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();

    bob.unlist("Contoso.Core", "1.0.0").refused(403);
    let mut push_only = feed.account("carol");
    push_only.key = alice.new_key(&["--scope", "push"]);
    push_only.unlist("Contoso.Core", "1.0.0").refused(403);
    push_only.key = "assay_nonsense".to_owned();
    push_only.unlist("Contoso.Core", "1.0.0").refused(403);
    assert_eq!(listed(&feed), ["1.0.0"]);
}

/// The listed versions, as search shows them.
fn listed(feed: &Feed) -> Vec<String> {
    let found = feed.get("/v3/search?q=packageid:contoso.core&prerelease=true&semVerLevel=2.0.0").json();
    let versions = found["data"][0]["versions"].as_array().cloned().unwrap_or_default();
    versions.iter().map(|version| version["version"].as_str().unwrap().to_owned()).collect()
}
