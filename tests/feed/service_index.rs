//! `/v3/index.json`: what the feed offers, in the spelling that each client looks for.

use crate::shelf::{get, shelf};
use crate::support::{Feed, Request};

#[test]
fn the_index_is_of_version_3_and_every_address_absolute() {
    let index = get("/v3/index.json").json();
    assert!(index["version"].as_str().unwrap().starts_with("3."));
    let base = shelf().source().replace("/v3/index.json", "/");
    for resource in index["resources"].as_array().unwrap() {
        assert!(resource["@id"].as_str().unwrap().starts_with(&base), "{resource}");
        assert!(resource["@type"].is_string(), "some clients read nothing else: {resource}");
    }
}

#[test]
fn every_type_that_a_client_prefers_is_there() {
    let types = types(&get("/v3/index.json").json());
    for wanted in [
        "PackageBaseAddress/3.0.0",
        "RegistrationsBaseUrl",
        "RegistrationsBaseUrl/3.0.0-beta",
        "RegistrationsBaseUrl/3.0.0-rc",
        "RegistrationsBaseUrl/3.4.0",
        "RegistrationsBaseUrl/3.6.0",
        "RegistrationsBaseUrl/Versioned",
        "SearchQueryService",
        "SearchQueryService/3.0.0-beta",
        "SearchQueryService/3.0.0-rc",
        "SearchQueryService/3.5.0",
        "SearchAutocompleteService",
        "SearchAutocompleteService/3.0.0-beta",
        "SearchAutocompleteService/3.0.0-rc",
        "SearchAutocompleteService/3.5.0",
        "PackagePublish/2.0.0",
        "ReadmeUriTemplate/6.13.0",
        "RepositorySignatures/4.7.0",
        "RepositorySignatures/4.9.0",
        "RepositorySignatures/5.0.0",
    ] {
        assert!(types.iter().any(|own| own == wanted), "{wanted} is missing");
    }
    assert!(!types.iter().any(|own| own.starts_with("VulnerabilityInfo")), "there is no vulnerability data to show");
}

#[test]
fn versioned_registrations_are_for_clients_from_4_3_on() {
    let index = get("/v3/index.json").json();
    let versioned = resource(&index, "RegistrationsBaseUrl/Versioned");
    assert_eq!(versioned["clientVersion"], "4.3.0-alpha");
    assert_eq!(versioned["@id"], resource(&index, "RegistrationsBaseUrl/3.6.0")["@id"]);
    assert_ne!(versioned["@id"], resource(&index, "RegistrationsBaseUrl/3.4.0")["@id"]);
}

#[test]
fn templates_keep_their_braces() {
    let index = get("/v3/index.json").json();
    let readme = resource(&index, "ReadmeUriTemplate/6.13.0")["@id"].as_str().unwrap().to_owned();
    assert!(readme.contains("/{lower_id}/{lower_version}/readme"), "{readme}");
}

#[test]
fn head_answers_with_the_same_headers_and_no_body() {
    let feed = shelf();
    let get = feed.get("/v3/index.json");
    let head = feed.ask(&feed.reading(Request::new("HEAD", "/v3/index.json")));
    assert_eq!((head.status, head.body.len()), (200, 0));
    for name in ["content-type", "content-length", "etag"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
    }
}

#[test]
fn what_a_peer_says_about_the_public_address_is_ignored() {
    let feed = shelf();
    let plain = feed.get("/v3/index.json").body;
    for (name, value) in [
        ("X-Forwarded-Proto", "http"),
        ("X-Forwarded-Host", "evil.example"),
        ("Forwarded", "proto=http;host=evil.example"),
        ("Host", "evil.example"),
    ] {
        let answer = feed.ask(&feed.reading(Request::get("/v3/index.json")).header(name, value));
        assert_eq!(answer.status, 200, "{name}");
        assert_eq!(answer.body, plain, "{name}");
    }
}

#[test]
fn a_plain_http_feed_offers_nothing_that_needs_https() {
    let feed = Feed::with().argument("--plain-http").start();
    assert!(feed.source().starts_with("http://"), "{}", feed.source());
    let types = types(&feed.get("/v3/index.json").json());
    for absent in ["RepositorySignatures", "PackageDetailsUriTemplate", "OwnerDetailsUriTemplate"] {
        assert!(!types.iter().any(|own| own.starts_with(absent)), "{absent}");
    }
    let alice = feed.account("alice");
    alice.push(crate::support::package("Contoso.Core", "1.0.0").bytes()).accepted();
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"], "it works as a plain feed");
}

#[test]
fn behind_a_proxy_every_address_is_the_public_one_and_packages_are_signed() {
    let feed = Feed::with().behind_proxy("https://feed.example/nuget").start();
    assert_eq!(feed.source(), "https://feed.example/nuget/v3/index.json");
    let index = feed.get("/nuget/v3/index.json").json();
    for resource in index["resources"].as_array().unwrap() {
        assert!(resource["@id"].as_str().unwrap().starts_with("https://feed.example/nuget/"), "{resource}");
    }
    assert!(types(&index).contains(&"RepositorySignatures/5.0.0".to_owned()));
    for path in ["/nuget/v3/index.json", "/nuget/sign-in", "/nuget/v3/nosuch", "/nosuch"] {
        let always = feed.get(path);
        assert_eq!(always.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
    }
}

#[test]
fn with_the_certificate_that_the_server_made_browsers_may_still_click_through_a_warning() {
    for path in ["/v3/index.json", "/sign-in", "/v3/nosuch"] {
        assert_eq!(get(path).header("strict-transport-security"), None, "{path}");
    }
}

#[test]
fn unknown_paths_are_404_and_never_a_page_with_200() {
    for path in
        ["/v3", "/v3/", "/v3/nosuch", "/v3/index.json/x", "/api", "/api/v2/nosuch", "/api/v9/x", "/v3/flatcontainer/"]
    {
        let answer = get(path);
        assert_eq!(answer.status, 404, "{path}");
    }
    let put = shelf().ask(&shelf().reading(Request::new("PUT", "/v3/index.json")).body("x"));
    assert_eq!(put.status, 405, "a push to the index itself would be lost with exit code 0");
}

/// The values of `@type`.
fn types(index: &serde_json::Value) -> Vec<String> {
    let resources = index["resources"].as_array().unwrap().iter();
    resources.map(|resource| resource["@type"].as_str().unwrap().to_owned()).collect()
}

fn resource<'i>(index: &'i serde_json::Value, kind: &str) -> &'i serde_json::Value {
    let mut resources = index["resources"].as_array().unwrap().iter();
    resources.find(|resource| resource["@type"] == kind).unwrap_or_else(|| panic!("no {kind}"))
}
