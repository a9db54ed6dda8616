//! Whoever follows the links of the pages, and the addresses of their forms, arrives somewhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::pages::password_of;
use crate::support::{Feed, Visitor, golden, package};

/// A feed where every kind of page has something to link to: `ann` runs the server and `contoso`.
fn furnished() -> Feed {
    let feed = Feed::start();
    let create = ["account", "create", "ann", "--admin", "--password-stdin"];
    feed.assay_with_input(&create, &format!("{}\n", password_of("ann"))).succeeded();
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "ann", "--administrator"]).succeeded();
    let bob = feed.account("bob").with_certificate("leaf-3072");
    feed.assay(&["account", "add-member", "contoso", "bob"]).succeeded();
    bob.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    feed.account("zoe").push(golden::read("cert-untrusted-root.nupkg")).refused(400);
    feed.assay(&["key", "create", "--account", "ann", "--owner", "contoso", "--name", "build"]).succeeded();
    let service = feed.assay(&["key", "create", "--account", "contoso", "--service", "--name", "ci"]).succeeded();
    let pushed =
        feed.ask(&crate::support::person::push_request(&package("Contoso.Core", "1.0.0").bytes()).api_key(&service));
    assert_eq!(pushed.status, 201, "{}", pushed.text());
    feed.assay(&["prefix", "reserve", "--account", "contoso", "Contoso.*"]).succeeded();
    feed
}

/// A target below the public URL without what names a place on its page; `None` for another host's.
fn internal(target: &str) -> Option<&str> {
    let path = target.split('#').next().unwrap_or_default();
    let path = path.strip_prefix("./").or_else(|| path.strip_prefix('/')).unwrap_or(path);
    (!path.contains("://") && !path.starts_with("mailto:")).then_some(path)
}

#[test]
fn no_link_leads_nowhere() {
    let feed = furnished();
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    ann.enrol("ann");
    ann.submit("accounts/contoso/members", &[("name", "zoe"), ("role", "collaborator")]);
    ann.submit("packages/Contoso.Core/manage", &[("name", "zoe")]);
    // A page with any query stands for all of its path.
    let mut seen = BTreeSet::new();
    let mut waiting: Vec<(String, String)> =
        ["", "account", "admin", "admin/accounts"].map(|page| (page.to_owned(), "the beginning".to_owned())).into();
    let mut lost = BTreeMap::new();
    while let Some((target, from)) = waiting.pop() {
        let path = target.split('?').next().unwrap_or_default().to_owned();
        if !seen.insert(path) {
            continue;
        }
        let shown = ann.get(&target);
        if matches!(shown.status, 404 | 500..) {
            lost.insert(target.clone(), format!("{target} on {from}: {}", shown.status));
        }
        let found = shown.targets().into_iter().chain(shown.location.clone());
        waiting.extend(found.filter_map(|found| Some((internal(&found)?.to_owned(), target.clone()))));
    }
    assert!(lost.is_empty(), "{lost:#?}");
    for page in [
        "admin/accounts/bob",
        "accounts/contoso/keys",
        "admin/audit",
        "packages/Contoso.Core/manage",
        "account/security/second-factor",
    ] {
        assert!(seen.contains(page), "{page} was not found: {seen:?}");
    }
}
