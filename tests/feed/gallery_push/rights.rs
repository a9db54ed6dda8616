//! Cases 69 to 81 and 114 to 117: who may push what with which key, versions that are there, other addresses of the API.

use super::{feed, house, owned};
use crate::support::http::Request;
use crate::support::verdict::Verdict;
use crate::support::{Feed, package};

#[test]
fn cases_70_and_71_unlike_nuget_org_no_version_of_the_protocol_is_asked_for() {
    let bare = |version: &str| {
        let request = Request::new("PUT", "/api/v2/package").api_key(&house().bob.key);
        request.body(package("Case70", version).bytes())
    };
    Verdict::of(&feed().ask(&bare("1.0.0"))).accepted();
    Verdict::of(&feed().ask(&bare("1.1.0").header("X-NuGet-Protocol-Version", "1.0.0"))).accepted();
    Verdict::of(&feed().ask(&bare("1.2.0").header("X-NuGet-Client-Version", "2.8.6"))).accepted();
}

#[test]
fn case_76_an_owner_whose_account_is_disabled_pushes_nothing() {
    let feed = Feed::start();
    let bob = feed.account("bob");
    let key = service_key(&feed);
    bob.push_with_key(&key, package("Case76", "1.0.0").bytes()).accepted();
    feed.assay(&["account", "disable", "Contoso"]).succeeded();
    bob.push_with_key(&key, package("Case76", "1.1.0").bytes()).refused(403);
    bob.push_with_key(&key, package("Case76.New", "1.0.0").bytes()).refused(403);
    feed.assay(&["account", "disable", "bob"]).succeeded();
    bob.push(package("Bobs", "1.0.0").bytes()).refused(403);
}

/// An organization and its key; bob administers it.
fn service_key(feed: &Feed) -> String {
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "bob", "--administrator"]).succeeded();
    feed.assay(&["key", "create", "--account", "Contoso", "--service", "--scope", "push,push-version"]).succeeded()
}

#[test]
fn case_77_a_version_that_is_listed_unlisted_hidden_or_removed_is_409() {
    let bob = &house().bob;
    for version in ["1.0.0", "2.0.0", "3.0.0", "4.0.0"] {
        bob.push(package("Case77", version).bytes()).accepted();
    }
    let unlisted = bob.unlist("Case77", "2.0.0");
    assert!(unlisted.status / 100 == 2, "{unlisted:?}");
    feed().assay(&["package", "hide", "Case77", "3.0.0", "--reason", "a test"]).succeeded();
    feed().assay(&["package", "remove", "Case77", "4.0.0", "--reason", "a test"]).succeeded();
    for (version, said) in [
        ("1.0.0", "`Case77 1.0.0` exists already"),
        ("2.0.0", "`Case77 2.0.0` exists already"),
        ("3.0.0", "`Case77 3.0.0` exists already"),
        ("4.0.0", "removed"),
    ] {
        let other = package("Case77", version).description("another build").bytes();
        bob.push(other).refused(409).warning(said);
    }
}

#[test]
fn case_78_unlike_nuget_org_a_refused_push_leaves_no_version_so_there_is_nothing_to_replace() {
    let ann = &house().ann;
    let id = owned("Case78", &["bob", "ann"]);
    ann.push(package(&id, "1.0.0").bytes()).refused(400);
    assert!(feed().versions(&id).is_empty());
    feed().assay(&["package", "required-signer", &id, "--none"]).succeeded();
    ann.push(package(&id, "1.0.0").bytes()).accepted();
}

#[test]
fn case_79_unlike_nuget_org_what_a_key_may_not_is_403_for_new_and_known_ids() {
    let bob = &house().bob;
    let id = owned("Case79.Anns", &["ann"]);
    feed().assay(&["prefix", "reserve", "--account", "ann", "Case79.Reserved.*"]).succeeded();
    bob.push(package("Case79.Bobs", "1.0.0").bytes()).accepted();
    let reads = bob.new_key(&["--scope", "read"]);
    let versions = bob.new_key(&["--scope", "push-version"]);
    let others = bob.new_key(&["--scope", "push", "--pattern", "Fabrikam.*"]);
    for (key, id) in [
        (&reads, "Case79.New"),
        (&reads, "Case79.Bobs"),
        (&versions, "Case79.New"),
        (&others, "Case79.New"),
        (&others, "Case79.Bobs"),
        (&bob.key, id.as_str()),
        (&bob.key, "Case79.Reserved.New"),
    ] {
        bob.push_with_key(key, package(id, "2.0.0").bytes()).refused(403);
    }
    bob.push_with_key(&versions, package("Case79.Bobs", "2.0.0").bytes()).accepted();
}

#[test]
fn case_81_each_warning_is_a_line_of_its_own_beside_201() {
    let bob = &house().bob;
    let soon = bob.new_key(&["--scope", "push", "--expires", "3d"]);
    let told = bob.push_with_key(&soon, package("Case81", "1.0.0").bytes()).accepted();
    assert_eq!(told.warnings.len(), 2, "{told:?}");
    let _ = told.warning("the API key").warning("the feed signs for localhost");
}

#[test]
fn cases_114_and_115_unlike_nuget_org_there_is_no_place_for_symbols_yet() {
    let index = feed().get("/v3/index.json").text();
    assert!(!index.contains("SymbolPackagePublish"), "clients are not told of one: {index}");
    let request = Request::new("PUT", "/api/v2/symbolpackage").api_key(&house().bob.key);
    assert_eq!(feed().ask(&request.body(package("Case114", "1.0.0").bytes())).status, 404);
    let symbols = package("Case114", "1.0.0").package_type("SymbolsPackage").bytes();
    house().bob.push(symbols).refused(400).saying("symbol");
    assert!(feed().versions("Case114").is_empty());
}

#[test]
fn cases_116_and_117_unlike_nuget_org_there_are_no_verification_keys() {
    house().bob.push(package("Case116", "1.0.0").bytes()).accepted();
    for path in ["/api/v2/package/create-verification-key/Case116/1.0.0", "/api/v2/verifykey/Case116/1.0.0"] {
        let answer = feed().ask(&Request::new("POST", path).api_key(&house().bob.key));
        assert_eq!(answer.status, 404, "{path}: {}", answer.text());
    }
}
