//! The pages of packages: search and browse, one package, one version, and who may look.

use crate::support::{Feed, Request, Visitor, package};

fn signed_in<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

#[test]
fn packages_are_listed_twenty_five_a_page_and_found_by_their_words() {
    let feed = Feed::start();
    let ann = feed.account("ann");
    for number in 0..26 {
        ann.push(package(&format!("Contoso.Service{number:02}"), "1.0.0").description("One of many").bytes())
            .accepted();
    }
    ann.push(
        package("Fabrikam.Ledger", "2.0.0-beta.1")
            .description("Money &amp; &lt;b&gt;more&lt;/b&gt;")
            .tags("ledger")
            .bytes(),
    )
    .accepted();
    let mut visitor = signed_in(&feed, "ann");
    let first = visitor.get("");
    assert!(
        first.text().contains("27 packages on this feed") && first.text().contains("Page 1 of 2"),
        "{}",
        first.text()
    );
    let second = visitor.get("?page=2");
    assert!(second.text().contains("Fabrikam.Ledger 2.0.0-beta.1"), "{}", second.text());
    assert!(second.text().contains("Money & <b>more</b>") && !second.html.contains("<b>more"), "text stays text");

    let found = visitor.get("?q=ledger");
    assert!(
        found.text().contains("1 package found") && found.text().contains("by ann 0 downloads"),
        "{}",
        found.text()
    );
    assert!(found.html.contains("value=\"ledger\""), "the search box keeps it");
    let none = visitor.get("?q=nothinglikethat");
    assert!(none.status == 200 && none.text().contains("No package has all of these words"), "{}", none.text());
    for odd in ["?page=0", "?page=-1", "?page=99999999999", "?page=x&q=%ff", "?q=%22%3Cscript%3E&page=3"] {
        let shown = visitor.get(odd);
        assert!(shown.status == 200 && !shown.html.contains("<script>"), "{odd}: {}", shown.status);
    }
}

#[test]
fn a_package_shows_its_newest_stable_version_what_it_needs_and_how_to_install_it() {
    let feed = Feed::start();
    let ann = feed.account("ann");
    for version in ["1.0.0", "1.1.0", "2.0.0-rc.1"] {
        let made = package("Contoso.Core", version).description("First.\n\nSecond.");
        ann.push(made.dependencies("net8.0", &[("Contoso.Base", "[1.0.0, 2.0.0)")]).bytes()).accepted();
    }
    assert_eq!(ann.unlist("Contoso.Core", "1.0.0").status, 204);
    let mut visitor = signed_in(&feed, "ann");
    let shown = visitor.get("packages/contoso.core");
    let text = shown.text();
    assert!(shown.inside("h1")[0].starts_with("Contoso.Core 1.1.0"), "{:?}", shown.inside("h1"));
    for part in [
        "dotnet add package Contoso.Core --version 1.1.0",
        "net8.0 Contoso.Base [1.0.0, 2.0.0)",
        "Owned by ann",
        "2.0.0-rc.1 Prerelease",
        "1.0.0 Unlisted",
        "Not signed by its author",
    ] {
        assert!(text.contains(part), "`{part}` in {text}");
    }
    assert!(shown.targets().contains(&"packages/Contoso.Core/manage".to_owned()), "its owner manages it");
    let old = visitor.get("packages/Contoso.Core/1.0.0").text();
    assert!(old.contains("This version is unlisted") && old.contains("--version 1.0.0"), "{old}");
    for missing in ["packages/Nothing", "packages/Contoso.Core/9.9.9", "packages/Contoso.Core/x", "packages/a%2F..%2Fb"]
    {
        assert_eq!(visitor.get(missing).status, 404, "{missing}");
    }
    feed.account("bob");
    let others = signed_in(&feed, "bob").get("packages/Contoso.Core");
    assert!(!others.targets().iter().any(|target| target.ends_with("/manage")));
}

#[test]
fn a_signed_version_names_whose_certificate_signed_it() {
    let feed = Feed::start();
    let ann = feed.account("ann").with_certificate("leaf-3072");
    ann.push(crate::support::golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    let list = feed.get("/v3/search?q=").json();
    let id = list["data"][0]["id"].as_str().unwrap().to_owned();
    let shown = signed_in(&feed, "ann").get(&format!("packages/{id}"));
    assert!(shown.text().contains("Signed by ann Certificate Assay Golden Author 3072"), "{}", shown.text());
    assert!(shown.html.contains(&crate::support::golden::fingerprint("leaf-3072")));
}

#[test]
fn packages_are_for_whoever_may_read() {
    let feed = Feed::start();
    feed.account("ann").push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let paths = ["", "packages/Contoso.Core", "packages/Contoso.Core/1.0.0"];
    let mut stranger = Visitor::of(&feed);
    for path in paths {
        let shown = stranger.get(path);
        assert!(shown.status == 303 && shown.location.unwrap().starts_with("sign-in"), "{path}");
    }
    assert_eq!(stranger.get("packages/Nothing").status, 303, "nobody finds out what exists");
    feed.assay(&["policy", "set", "anonymous_read", "true"]).succeeded();
    feed.restart();
    let mut stranger = Visitor::of(&feed);
    for path in paths {
        assert_eq!(stranger.get(path).status, 200, "{path}");
        assert_eq!(feed.ask(&Request::new("HEAD", &format!("/{path}"))).status, 200, "{path}");
    }
    let shown = stranger.get("packages/Contoso.Core");
    assert!(!shown.targets().iter().any(|target| target.ends_with("/manage")));
    assert_eq!(stranger.get("packages/Contoso.Core/manage").status, 303, "owners sign in");
}

#[test]
fn an_empty_feed_says_how_the_first_package_comes_there() {
    let feed = Feed::start();
    feed.account("ann");
    let shown = signed_in(&feed, "ann").get("");
    let source = || format!("dotnet nuget add source {} --name assay", feed.source());
    let blocks = shown.inside("pre");
    assert_eq!(blocks[0], format!("{} --username ann --password KEY --store-password-in-clear-text", source()));
    assert_eq!(blocks[1], "dotnet nuget push Your.Package.1.0.0.nupkg --source assay --api-key KEY");
    assert!(shown.text().contains("with the scope read") && shown.targets().contains(&"account/keys".to_owned()));
    feed.assay(&["policy", "set", "anonymous_read", "true"]).succeeded();
    feed.restart();
    let shown = signed_in(&feed, "ann").get("");
    assert_eq!(shown.inside("pre")[0], source(), "nobody needs credentials to read");
    assert!(!shown.text().contains("with the scope read"));
    let stranger = Visitor::of(&feed).get("");
    assert!(stranger.text().contains("no packages on this feed yet") && stranger.inside("pre").is_empty());
}
