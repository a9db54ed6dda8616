//! `SearchQueryService`: what people find.

use serde_json::Value;

use crate::shelf::{get, get_with};

#[test]
fn everything_is_found_by_nothing() {
    for query in ["", "?q="] {
        let found = search(query);
        let hits = found["totalHits"].as_u64().unwrap();
        assert_eq!(hits, 20, "every ID with a listed stable version that needs no SemVer 2");
        for result in found["data"].as_array().unwrap() {
            assert!(result["id"].is_string() && result["version"].is_string(), "{result}");
            let versions = result["versions"].as_array().expect("without it the client crashes");
            assert!(versions.iter().all(|version| version["version"].is_string() && version["downloads"].is_u64()));
            let types = result["packageTypes"].as_array().unwrap();
            assert!(types[0]["name"].is_string(), "{result}");
        }
    }
}

#[test]
fn nonsense_finds_nothing() {
    assert_eq!(search("?q=PackageDoesNotExist"), serde_json::json!({"totalHits": 0, "data": []}));
}

#[test]
fn take_gives_exactly_that_many() {
    for take in 1..=10 {
        let found = search(&format!("?take={take}"));
        assert_eq!(found["data"].as_array().unwrap().len(), take);
        assert_eq!(found["totalHits"], 20);
    }
}

#[test]
fn pages_do_not_overlap_and_keep_their_order() {
    let whole = ids(&search("?take=10"));
    let both: Vec<String> = [search("?skip=0&take=5"), search("?skip=5&take=5")].iter().flat_map(ids).collect();
    assert_eq!(both, whole);
    assert!(ids(&search("?skip=1000")).is_empty());
}

#[test]
fn odd_numbers_are_clamped() {
    for query in
        ["take=0", "take=-1", "take=abc", "skip=-1", "take=99999", "skip=abc", "take=", "skip=99999999999999999999"]
    {
        let answer = get(&format!("/v3/search?{query}"));
        assert_eq!(answer.status, 200, "{query}");
        let found = answer.json();
        assert_eq!(found["totalHits"], 20, "{query}");
    }
    assert!(ids(&search("?take=0")).is_empty());
}

#[test]
fn prereleases_and_semver_2_move_the_latest_version() {
    for (query, version) in [
        ("prerelease=false", "1.0.0"),
        ("prerelease=true", "1.1.0-beta"),
        ("prerelease=True", "1.1.0-beta"),
        ("prerelease=false&semVerLevel=2.0.0", "2.0.0+m"),
        ("prerelease=true&semVerLevel=2.0.0", "2.0.0+m"),
        ("prerelease=false&semVerLevel=2.1.0", "2.0.0+m"),
        ("prerelease=false&semVerLevel=nonsense", "1.0.0"),
        ("", "1.0.0"),
    ] {
        let found = search(&format!("?q=packageid:A&{query}"));
        assert_eq!(found["data"][0]["version"], version, "{query}");
    }
}

#[test]
fn a_search_offers_every_listed_version_that_passes() {
    let found = search("?q=packageid:A&prerelease=true&semVerLevel=2.0.0");
    let versions: Vec<&str> =
        found["data"][0]["versions"].as_array().unwrap().iter().map(|v| v["version"].as_str().unwrap()).collect();
    assert_eq!(versions, ["1.0.0", "1.1.0-beta", "2.0.0+m"]);
}

#[test]
fn an_unlisted_package_is_not_found() {
    assert!(!ids(&search("?q=U&take=100&prerelease=true&semVerLevel=2.0.0")).contains(&"U".to_owned()));
    assert!(ids(&search("?q=packageid:U")).is_empty());
}

#[test]
fn package_types_filter_without_regard_to_case() {
    let found = search("?packageType=DOTnettOoL");
    assert_eq!(ids(&found), ["T"]);
    assert_eq!(found["data"][0]["packageTypes"][0]["name"], "DotnetTool");
    assert_eq!(ids(&search("?packageTypeFilter=DotnetTool")), ["T"]);
    let dependencies = search("?packageType=Dependency&take=100");
    assert_eq!(dependencies["totalHits"], 19);
    for odd in ["cannot$be:a;package|type", "4c5a1f7e-0b2d-4b57-9d3b-1f6c5f0e7a11", "'%22"] {
        assert_eq!(search(&format!("?packageType={odd}"))["totalHits"], 0, "{odd}");
    }
    assert_eq!(search("?packageType=")["totalHits"], 20);
}

#[test]
fn an_id_can_be_asked_for_exactly() {
    for query in ["packageid:a", "packageid:A", "PackageId:A"] {
        assert_eq!(ids(&search(&format!("?q={query}"))), ["A"], "{query}");
    }
}

#[test]
fn an_id_finds_itself_first_in_any_case_and_by_its_last_word() {
    for query in ["Contoso.Rich", "contoso.rich", "CONTOSO.RICH", "rich"] {
        assert_eq!(ids(&search(&format!("?q={query}")))[0], "Contoso.Rich", "{query}");
    }
    assert_eq!(search("?q=fabrikam&take=100")["totalHits"], 12);
    assert_eq!(ids(&search("?q=metal+office")), ["Contoso.Rich"]);
}

#[test]
fn parameters_that_mean_nothing_here_are_ignored() {
    let query = "?supportedFramework=.NETFramework,Version=v4.7.2&supportedFramework=.NETCoreApp,Version=v8.0&supportedFramework=x&framework=net8.0&luceneQuery=false";
    assert_eq!(search(query)["totalHits"], 20);
}

#[test]
fn odd_texts_do_no_harm() {
    let long = "a".repeat(10 * 1024);
    for text in [
        "%22",
        "%22%22",
        "%25",
        "'",
        "%5C",
        "%00",
        "*",
        "a*",
        "^a",
        "AND",
        "OR",
        "NOT",
        "NEAR(",
        "(",
        ")",
        "a%20OR%20b",
        "-a",
        "id:",
        "packageid:",
        "tags:%22x",
        "col:umn",
        "%F0%9F%94%A5",
        "%FF%FE",
        "%",
        "a&q=b",
        "++",
        "{}",
        "%0d%0a",
        &long,
    ] {
        for path in ["/v3/search", "/v3/autocomplete"] {
            let status = get(&format!("{path}?q={text}")).status;
            assert!([200, 400, 414].contains(&status), "{path} {text}: {status}");
        }
    }
}

#[test]
fn other_peoples_web_pages_may_search() {
    let answer = get_with("/v3/search", "Origin", "https://pages.example");
    assert!(answer.header("access-control-allow-origin").is_some());
}

fn search(query: &str) -> Value {
    get(&format!("/v3/search{query}")).json()
}

fn ids(found: &Value) -> Vec<String> {
    found["data"].as_array().unwrap().iter().map(|result| result["id"].as_str().unwrap().to_owned()).collect()
}
