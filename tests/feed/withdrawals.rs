//! Versions that were taken off the feed: what clients get of unlisted, hidden and removed ones, and what comes back.

use std::thread;
use std::time::Duration;

use crate::access::{Route, routes};
use crate::support::package::Package;
use crate::support::{Feed, OfficialClient, Request, Visitor, package};

const REASON: &str = "It has a password in it";

/// A package with everything that is shown beside it.
fn rich(version: &str) -> Package {
    package("Contoso.Core", version).icon().readme("# Core").licence_file("You may.\n")
}

fn hide(feed: &Feed, version: &str) {
    feed.assay(&["package", "hide", "Contoso.Core", version, "--reason", REASON]).succeeded();
}

fn remove(feed: &Feed, version: &str) {
    feed.assay(&["package", "remove", "contoso.core", version, "--reason", REASON]).succeeded();
}

/// Every route that answers about a package, as `version` of `Contoso.Core` would be read. Pages for those who manage it are
/// left out: they are not for readers.
fn reads(version: &str) -> Vec<String> {
    let concrete = |route: Route| {
        let path = route.path.replace("{file}", "{id}.{version}.nupkg");
        let path = path.replace("{hive}", "registration-semver2").replace("{id}", "Contoso.Core");
        ["{version}", "{lower}", "{upper}"].iter().fold(path, |path, name| path.replace(name, version))
    };
    let of_packages = routes().into_iter().filter(|route| {
        let managed = ["/manage", "/withdraw", "/certificates"].iter().any(|part| route.path.contains(part));
        route.methods.contains(&"GET") && route.path.contains("{id}") && !managed
    });
    let mut all: Vec<String> = of_packages.map(concrete).collect();
    all.push(format!("/v3/flatcontainer/Contoso.Core/{version}/Contoso.Core.nuspec"));
    all.push(format!("/v3/registration/Contoso.Core/{version}.json"));
    all.push(format!("/v3/registration/Contoso.Core/page/{version}/{version}.json"));
    all.push("/v3/registration/Contoso.Core/index.json".to_owned());
    all.push("/v3/search?q=&prerelease=true&semVerLevel=2.0.0".to_owned());
    all.push("/v3/search?q=packageid:contoso.core&prerelease=true".to_owned());
    all.push("/v3/autocomplete?q=contoso".to_owned());
    all.push("/v3/autocomplete?id=Contoso.Core&prerelease=true&semVerLevel=2.0.0".to_owned());
    all.push("/".to_owned());
    all.push("/?q=contoso".to_owned());
    all.push("/accounts/alice".to_owned());
    assert!(all.len() > 18, "the routes were not found: {all:?}");
    all
}

/// What `who` reads: the status and the text.
fn read(feed: &Feed, who: &mut Visitor<'_>, path: &str) -> (u16, String) {
    if path.starts_with("/v3") || path.starts_with("/api") {
        let head = feed.ask(&feed.reading(Request::new("HEAD", path)));
        let answer = feed.get(path);
        assert_eq!(head.status, answer.status, "HEAD {path}");
        return (answer.status, answer.text());
    }
    let shown = who.get(path.trim_start_matches('/'));
    (shown.status, shown.html)
}

#[test]
fn a_hidden_version_is_found_by_no_route() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    for version in ["1.0.0", "2.7.1"] {
        alice.push(rich(version).bytes()).accepted();
    }
    // Not the owner, who has a notice that names the version.
    feed.account("bob");
    let mut reader = Visitor::of(&feed);
    reader.sign_in("bob");
    for path in reads("2.7.1") {
        let (status, text) = read(&feed, &mut reader, &path);
        assert_eq!(status, 200, "before it is hidden: {path}");
        let names_it = path.contains("2.7.1") || path.contains("packages/Contoso.Core");
        assert!(
            names_it || text.contains("2.7.1") || path.contains("autocomplete?q") || path == "/accounts/alice",
            "{path}"
        );
    }
    hide(&feed, "2.7.1");
    for path in reads("2.7.1") {
        let (status, text) = read(&feed, &mut reader, &path);
        let expected = if path.contains("2.7.1") { 404 } else { 200 };
        assert_eq!(status, expected, "{path}: {text}");
        // Nobody can tell it from one that never was.
        let never = read(&feed, &mut reader, &path.replace("2.7.1", "9.9.9")).1;
        assert_eq!(text.replace("2.7.1", "9.9.9"), never, "{path}");
        assert!(status == 404 || !text.contains("2.7.1"), "{path} tells of it: {text}");
    }
    for path in reads("1.0.0") {
        assert_eq!(read(&feed, &mut reader, &path).0, 200, "{path}");
    }
    hide(&feed, "1.0.0");
    for path in reads("1.0.0") {
        let (status, text) = read(&feed, &mut reader, &path);
        let about_it = path.to_lowercase().contains("/contoso.core");
        assert_eq!(status, if about_it { 404 } else { 200 }, "{path}: {text}");
        // The start page of an empty feed shows how to push, with an example.
        let text = text.replace("Your.Package.1.0.0.nupkg", "");
        let told = text.contains("1.0.0") || text.contains("Contoso.Core");
        assert!(status == 404 || !told, "{path} tells of it: {text}");
    }
    feed.assay(&["package", "show", "Contoso.Core", "2.7.1"]).succeeded();
    for path in reads("2.7.1") {
        assert_eq!(read(&feed, &mut reader, &path).0, 200, "{path}");
    }
}

#[test]
fn the_official_client_restores_what_is_unlisted_and_not_what_is_hidden_or_removed() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let Some(client) = OfficialClient::of(&alice) else { return };
    for version in ["1.0.0", "2.0.0"] {
        alice.push(package("Contoso.Core", version).bytes()).accepted();
    }
    let restored = |name: &str| {
        let project = client.project(name, &[("Contoso.Core", "[2.0.0]")]);
        project.forget_packages();
        project.restore(&["--no-http-cache"])
    };
    feed.assay(&["package", "unlist", "Contoso.Core", "2.0.0"]).succeeded();
    assert_eq!(client.search("contoso"), [("Contoso.Core".to_owned(), "1.0.0".to_owned())]);
    restored("unlisted").succeeded();
    feed.assay(&["package", "relist", "Contoso.Core", "2.0.0"]).succeeded();
    assert_eq!(client.search("contoso"), [("Contoso.Core".to_owned(), "2.0.0".to_owned())]);
    hide(&feed, "2.0.0");
    assert_eq!(client.search("contoso"), [("Contoso.Core".to_owned(), "1.0.0".to_owned())]);
    restored("hidden").failed().saying("NU1102").saying("Contoso.Core");
    feed.assay(&["package", "show", "Contoso.Core", "2.0.0"]).succeeded();
    restored("shown").succeeded();
    remove(&feed, "2.0.0");
    restored("removed").failed().saying("NU1102");
    remove(&feed, "1.0.0");
    restored("the last one removed").failed().saying("NU1101");
    assert!(client.search("contoso").is_empty());
}

#[test]
fn a_removed_number_is_refused_with_words_that_say_who_frees_it() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let bob = feed.account("bob");
    let bytes = package("Contoso.Core", "1.0.0").bytes();
    alice.push(&bytes).accepted();
    hide(&feed, "1.0.0");
    alice.push(&bytes).refused(409).saying("exists already");
    assert_eq!(alice.unlist("Contoso.Core", "1.0.0").status, 404, "nobody unlists what nobody sees");
    remove(&feed, "1.0.0");
    let phrase = "version was removed; an administrator can free the number";
    assert_eq!(alice.push(&bytes).refused(409).phrase, phrase);
    alice.push(package("Contoso.Core", "1.0.0.0").bytes()).refused(409).saying(phrase);
    assert_eq!((feed.rows("version"), feed.rows("content")), (0, 0), "nothing stays of a refused push");
    bob.push(package("Contoso.Core", "3.0.0").bytes()).refused(403);
    if let Some(client) = OfficialClient::of(&alice) {
        client.push(&bytes, &[]).failed().saying(phrase);
        // What build servers say: it takes 409 for done.
        client.push(&bytes, &["--skip-duplicate"]).succeeded().saying("already exists").saying("was removed");
    }
    feed.assay(&["package", "free", "Contoso.Core", "1.0.0"]).succeeded();
    alice.push(package("Contoso.Core", "1.0.0").description("Without the password").bytes()).accepted();
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"]);
    assert_eq!(feed.rows("content"), 1);
}

#[test]
fn a_download_that_is_on_its_way_ends_as_it_began_unless_its_bytes_are_removed() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    for version in ["1.0.0", "2.0.0"] {
        alice.push(package("Contoso.Core", version).size(24_000_000).bytes()).accepted();
    }
    let whole = feed.download("Contoso.Core", "1.0.0");
    let begun = |version: &str| {
        let path = format!("/v3/flatcontainer/contoso.core/{version}/contoso.core.{version}.nupkg");
        let mut connection = feed.connect();
        connection.send(&feed.reading(Request::get(&path)).bytes(feed.endpoint().port())).unwrap();
        // As much as fits between the two goes out, and then the server waits for the reader.
        thread::sleep(Duration::from_millis(700));
        connection
    };
    let (mut hidden, mut removed) = (begun("1.0.0"), begun("2.0.0"));
    hide(&feed, "1.0.0");
    remove(&feed, "2.0.0");
    let answer = hidden.answer(false).expect("the whole of it");
    assert!(answer.status == 200 && answer.body == whole);
    let broken = removed.answer(false);
    assert!(broken.is_err(), "a part must not look like the whole: {} bytes", broken.unwrap().body.len());
    assert!(feed.is_serving());
    let (ids, gone) = (feed.rows("content"), feed.rows("removed_version"));
    assert_eq!((ids, gone), (1, 1));
}

#[test]
fn the_room_of_what_was_removed_comes_back() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    alice.push(package("Contoso.Core", "2.0.0").size(20_000_000).bytes()).accepted();
    remove(&feed, "2.0.0");
    feed.stop();
    let length = std::fs::metadata(feed.data().join("assay.db")).unwrap().len();
    assert!(length < 4_000_000, "{length} bytes");
    feed.restart();
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"]);
}

#[test]
fn a_command_beside_the_server_leaves_pushes_alone_that_are_on_their_way() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let large = package("Contoso.Core", "2.0.0").size(30_000_000).bytes();
    thread::scope(|scope| {
        let push = scope.spawn(|| alice.push(&large));
        while !push.is_finished() {
            for change in ["unlist", "relist"] {
                feed.assay(&["package", change, "Contoso.Core", "1.0.0"]).succeeded();
            }
        }
        push.join().unwrap().accepted();
    });
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0", "2.0.0"]);
}

#[test]
fn the_command_line_says_how_every_version_stands() {
    let feed = Feed::start();
    feed.assay(&["package", "hide", "Contoso.Core", "1.0.0", "--reason", "x"])
        .failed_saying("no package `Contoso.Core`");
    let alice = feed.account("alice");
    for version in ["1.0.0", "2.0.0", "3.0.0", "4.0.0-rc.1"] {
        alice.push(package("Contoso.Core", version).bytes()).accepted();
    }
    feed.assay(&["package", "unlist", "Contoso.Core", "1.0"]).succeeded();
    hide(&feed, "2.0.0");
    remove(&feed, "3.0.0");
    let listed = feed.assay(&["package", "list", "contoso.core"]).succeeded();
    let states: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    assert_eq!(
        states,
        [
            ["VERSION", "STATE"],
            ["1.0.0", "unlisted"],
            ["2.0.0", "hidden"],
            ["3.0.0", "removed"],
            ["4.0.0-rc.1", "listed"]
        ]
    );
    assert!(listed.contains(&format!("by command line: {REASON}")), "{listed}");
    let json = feed.assay(&["package", "list", "Contoso.Core", "--json"]).succeeded();
    let rows: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(rows[1]["withdrawn"]["reason"], REASON);
    assert_eq!(rows[2]["state"], "removed");
    assert_eq!(rows[3]["withdrawn"], serde_json::Value::Null);
    for (arguments, said) in [
        (vec!["hide", "Contoso.Core", "9.9.9", "--reason", "x"], "`Contoso.Core 9.9.9` is not on this feed"),
        (vec!["free", "Contoso.Core", "1.0.0"], "is on this feed, so its number is not free"),
        (vec!["remove", "No.Such", "1.0.0"], "there is no package `No.Such`"),
        (vec!["list", "No.Such"], "there is no package `No.Such`"),
    ] {
        feed.assay(&[&["package"], arguments.as_slice()].concat()).failed_saying(said);
    }
    for usage in [vec!["hide", "Contoso.Core", "1.0.0"], vec!["hide", "Contoso.Core", "1.0.0", "--reason", " "]] {
        assert_eq!(feed.assay(&[&["package"], usage.as_slice()].concat()).code, 2, "{usage:?}");
    }
    let done = feed.assay(&["package", "show", "Contoso.Core", "2.0.0", "--json"]).succeeded();
    assert_eq!(done.trim(), r#"{"id":"Contoso.Core","version":"2.0.0","state":"shown"}"#);
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0", "2.0.0", "4.0.0-rc.1"]);
}
