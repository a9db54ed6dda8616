//! `RegistrationsBaseUrl`: what Visual Studio, `dotnet add package` and Renovate read.

use std::io::Read;

use serde_json::Value;

use crate::shelf::{MANY, get, get_with, shelf};
use crate::support::person::Person;
use crate::support::{Feed, package};

const SEMVER1: &str = "/v3/registration";
const SEMVER2: &str = "/v3/registration-semver2";

#[test]
fn an_index_has_pages_with_bounds_and_leaves_with_everything_needed() {
    let index = get(&format!("{SEMVER2}/a/index.json")).json();
    assert_eq!(index["count"], 1);
    let page = &index["items"][0];
    assert_eq!((&page["lower"], &page["upper"], &page["count"]), (&"1.0.0".into(), &"2.0.0".into(), &3.into()));
    let leaves = page["items"].as_array().unwrap();
    assert_eq!(leaves.len(), 3);
    for leaf in leaves {
        let entry = leaf["catalogEntry"].as_object().expect("an object: a text crashes the client");
        for member in ["@id", "id", "version", "listed", "tags", "packageContent", "published", "authors"] {
            assert!(entry.contains_key(member), "{member}");
        }
        assert_eq!(entry["id"], "A");
        assert_eq!(entry["packageContent"], leaf["packageContent"]);
        let content = leaf["packageContent"].as_str().unwrap();
        assert_eq!(get(&shelf().target(content)).status, 200, "{content}");
    }
    no_null(&index, "");
}

#[test]
fn a_version_with_metadata_is_shown_in_full_to_clients_that_know_it() {
    let index = get(&format!("{SEMVER2}/a/index.json")).json();
    assert_eq!(versions(&index), ["1.0.0", "1.1.0-beta", "2.0.0+m"]);
    let old = get(&format!("{SEMVER1}/a/index.json")).json();
    assert_eq!(versions(&old), ["1.0.0", "1.1.0-beta"]);
    assert_eq!(old["items"][0]["upper"], "1.1.0-beta");
}

#[test]
fn a_dependency_can_make_a_version_invisible_to_old_clients() {
    assert_eq!(versions(&get(&format!("{SEMVER1}/contoso.next/index.json")).json()), ["1.0.0"]);
    assert_eq!(versions(&get(&format!("{SEMVER2}/contoso.next/index.json")).json()), ["1.0.0", "3.0.0"]);
}

#[test]
fn an_unknown_id_is_404() {
    for path in ["nosuch/index.json", "a/nosuch.json", "a/page/0.0.1/0.0.2.json", "a/9.9.9.json"] {
        for hive in [SEMVER1, SEMVER2] {
            let status = get(&format!("{hive}/{path}")).status;
            assert!([404, 200].contains(&status), "{hive}/{path}: {status}");
        }
    }
    assert_eq!(get(&format!("{SEMVER2}/nosuch/index.json")).status, 404);
    assert_eq!(get(&format!("{SEMVER2}/a/9.9.9.json")).status, 404);
}

#[test]
fn many_versions_come_in_pages_of_64_that_can_all_be_fetched() {
    let index = get(&format!("{SEMVER2}/contoso.many/index.json")).json();
    let pages = index["items"].as_array().unwrap();
    assert_eq!(index["count"], pages.len());
    assert_eq!(pages.len(), MANY.div_ceil(64));
    let mut all = Vec::new();
    for page in pages {
        let document = match page.get("items") {
            Some(_) => page.clone(),
            None => {
                let document = get(&shelf().target(page["@id"].as_str().unwrap())).json();
                assert!(document["parent"].is_string(), "a page of its own names its index");
                document
            }
        };
        let leaves = document["items"].as_array().unwrap();
        assert!(leaves.len() <= 64);
        let entry = |leaf: &Value| leaf["catalogEntry"]["version"].as_str().unwrap().to_owned();
        assert_eq!(document["lower"], page["lower"]);
        assert_eq!(document["lower"], entry(&leaves[0]));
        assert_eq!(document["upper"], entry(leaves.last().unwrap()));
        all.extend(leaves.iter().map(entry));
    }
    let expected: Vec<String> = (0..MANY).map(|number| format!("1.{number}.0")).collect();
    assert_eq!(all, expected);
}

/// All entries of a package as they stand in its pages, as `version listed`.
fn entries(person: &Person<'_>, id: &str) -> Vec<String> {
    let index = person.get(&format!("{SEMVER2}/{id}/index.json")).json();
    let mut entries = Vec::new();
    for page in index["items"].as_array().unwrap() {
        let target = page["@id"].as_str().unwrap().split("/v3/").nth(1).unwrap().to_owned();
        let document = person.get(&format!("/v3/{target}")).json();
        let leaves = document["items"].as_array().unwrap().clone();
        let entry = |leaf: &Value| leaf["catalogEntry"].clone();
        entries.extend(leaves.iter().map(entry).map(|e| format!("{} {}", e["version"].as_str().unwrap(), e["listed"])));
    }
    entries
}

#[test]
fn a_change_reaches_the_page_that_holds_it_and_an_earlier_version_moves_them_all() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut expected: Vec<String> = (0..129).map(|number| format!("1.{number}.0 true")).collect();
    for number in 0..129 {
        alice.push(package("Contoso.Many", &format!("1.{number}.0")).bytes()).accepted();
    }
    assert_eq!(entries(&alice, "contoso.many"), expected);
    assert_eq!(alice.unlist("Contoso.Many", "1.70.0").status, 204);
    expected[70] = "1.70.0 false".to_owned();
    assert_eq!(entries(&alice, "contoso.many"), expected);
    alice.push(package("Contoso.Many", "0.5.0").bytes()).accepted();
    expected.insert(0, "0.5.0 true".to_owned());
    assert_eq!(entries(&alice, "contoso.many"), expected);
}

#[test]
fn an_unlisted_version_says_so_as_a_boolean() {
    let index = get(&format!("{SEMVER2}/u/index.json")).json();
    assert_eq!(index["items"][0]["items"][0]["catalogEntry"]["listed"], Value::Bool(false));
    let index = get(&format!("{SEMVER2}/a/index.json")).json();
    assert_eq!(index["items"][0]["items"][0]["catalogEntry"]["listed"], Value::Bool(true));
}

#[test]
fn dependency_groups_keep_their_frameworks_and_their_emptiness() {
    let index = get(&format!("{SEMVER2}/contoso.groups/index.json")).json();
    let groups = index["items"][0]["items"][0]["catalogEntry"]["dependencyGroups"].as_array().unwrap().clone();
    assert_eq!(groups.len(), 3);
    assert_eq!(groups[0]["targetFramework"], "net45");
    assert!(groups[0].get("dependencies").and_then(Value::as_array).is_none_or(Vec::is_empty));
    assert!(groups[1].get("targetFramework").is_none(), "an empty framework would apply to nothing");
    let any = &groups[1]["dependencies"][0];
    assert_eq!(any["id"], "A");
    assert!(any.get("range").is_none_or(|range| range == "(, )"), "the short form `(,)` breaks the client: {any}");
    assert_eq!(groups[2]["dependencies"][0]["range"], "[1.0.0, 2.0.0)");
    assert_eq!(groups[2]["dependencies"][1]["range"], "[1.0.0, )");
}

#[test]
fn an_icon_address_that_is_none_is_left_out() {
    let index = get(&format!("{SEMVER2}/contoso.odd/index.json")).json();
    let icon = &index["items"][0]["items"][0]["catalogEntry"]["iconUrl"];
    assert!(icon.is_null() || icon == "", "it would break the whole page in the client: {icon}");
}

#[test]
fn descriptions_licences_and_icons_are_told() {
    let index = get(&format!("{SEMVER2}/contoso.rich/index.json")).json();
    let entry = &index["items"][0]["items"][0]["catalogEntry"];
    assert_eq!(entry["title"], "The Rich One");
    assert_eq!(entry["licenseExpression"], "MIT");
    assert_eq!(entry["projectUrl"], "https://contoso.example/rich");
    assert_eq!(entry["tags"], serde_json::json!(["metal", "office"]));
    let icon = shelf().target(entry["iconUrl"].as_str().unwrap());
    let stranger = shelf().ask(&crate::support::Request::get(&icon));
    assert_eq!(stranger.status, 200, "Visual Studio asks for icons without credentials");
    assert_eq!(stranger.header("content-type"), Some("image/png"));
    assert_eq!(stranger.body, crate::support::package::PNG);
    let guessed = shelf().ask(&crate::support::Request::get(icon.split('?').next().unwrap()));
    if icon.contains('?') {
        assert!(guessed.status == 401 || guessed.status == 404, "the token is needed: {}", guessed.status);
    }
}

#[test]
fn a_licence_file_can_be_opened_from_its_address() {
    let index = get(&format!("{SEMVER2}/contoso.licensed/index.json")).json();
    let url = index["items"][0]["items"][0]["catalogEntry"]["licenseUrl"].as_str().unwrap().to_owned();
    let answer = shelf().ask(&crate::support::Request::get(&shelf().target(&url)));
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("You may."));
}

#[test]
fn a_leaf_stands_alone_with_a_text_for_its_entry() {
    let index = get(&format!("{SEMVER2}/a/index.json")).json();
    let leaf = get(&shelf().target(index["items"][0]["items"][0]["@id"].as_str().unwrap())).json();
    assert!(leaf.get("catalogEntry").is_none_or(Value::is_string));
    assert_eq!(leaf["listed"], true);
    let content = leaf["packageContent"].as_str().unwrap();
    assert!(content.ends_with("/a/1.0.0/a.1.0.0.nupkg"), "{content}");
    assert_eq!(get(&shelf().target(leaf["registration"].as_str().unwrap())).status, 200);
}

#[test]
fn documents_are_compressed_for_those_who_ask() {
    for path in [format!("{SEMVER2}/contoso.many/index.json"), "/v3/flatcontainer/contoso.many/index.json".to_owned()] {
        let plain = get_with(&path, "Accept-Encoding", "identity");
        let small = get_with(&path, "Accept-Encoding", "gzip, deflate");
        assert_eq!(plain.header("content-encoding"), None, "{path}");
        assert_eq!(small.header("content-encoding"), Some("gzip"), "{path}");
        for answer in [&plain, &small] {
            let vary = answer.header("vary").unwrap_or_default().to_lowercase();
            assert!(vary.contains("accept-encoding"), "{path}: Vary `{vary}`");
        }
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(small.body.as_slice()).read_to_end(&mut unpacked).unwrap();
        assert_eq!(unpacked, plain.body, "{path}");
        assert!(small.body.len() < plain.body.len(), "{path}");
    }
}

#[test]
fn capitals_in_an_id_do_not_matter() {
    assert_eq!(get(&format!("{SEMVER2}/A/index.json")).body, get(&format!("{SEMVER2}/a/index.json")).body);
}

/// Every version of an index whose pages are inlined.
fn versions(index: &Value) -> Vec<String> {
    let pages = index["items"].as_array().unwrap().iter();
    let leaves = pages.flat_map(|page| page["items"].as_array().expect("inlined").iter());
    leaves.map(|leaf| leaf["catalogEntry"]["version"].as_str().unwrap().to_owned()).collect()
}

/// Some clients take a null for a fault: what is not there must be left out.
fn no_null(value: &Value, path: &str) {
    match value {
        Value::Null => panic!("null at {path}"),
        Value::Object(members) => members.iter().for_each(|(name, value)| no_null(value, &format!("{path}/{name}"))),
        Value::Array(items) => items.iter().for_each(|value| no_null(value, &format!("{path}[]"))),
        _ => {}
    }
}
