use proptest::prelude::*;
use serde_json::Value;
use time::OffsetDateTime;
use time::macros::datetime;
use url::Url;

use super::registration::{self, Leaf};
use super::repository_signatures::{RepositoryCertificate, ResourceVersion, repository_signatures};
use super::search::{self, Filter, SearchPackage, SearchVersion};
use super::service_index::{Optional, service_index};
use super::*;
use crate::domain::fingerprint::Fingerprint;
use crate::domain::license_expression::LicenseExpression;
use crate::domain::manifest::{Dependency, DependencyGroup, License, Manifest};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;
use crate::domain::version_range::VersionRange;
use crate::domain::web_url::WebUrl;

const PUSHED: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
const EVERYTHING: Optional<'_> =
    Optional { readme_token: None, repository_signatures: true, pages: true, symbols: true, legacy_gallery: true };

fn urls() -> Urls {
    Urls::new(&Url::parse("https://feed.example/nuget").unwrap()).unwrap()
}

fn version(text: &str) -> NuGetVersion {
    NuGetVersion::parse(text).unwrap()
}

fn manifest(id: &str, text: &str) -> Manifest {
    Manifest::new(PackageId::parse_unicode(id).unwrap(), version(text))
}

fn package(manifest: &Manifest) -> PackageVersion<'_> {
    PackageVersion {
        id: &manifest.id,
        version: &manifest.version,
        manifest,
        listed: true,
        published: PUSHED,
        icon_token: None,
        signer: None,
        has_icon: false,
        has_readme: false,
        has_license_file: false,
    }
}

/// Everything a nuspec can say that a document repeats.
fn rich(id: &str, text: &str) -> Manifest {
    let needs = |id: &str, range: &str| Dependency {
        id: PackageId::parse(id).unwrap(),
        range: VersionRange::parse(range).unwrap(),
    };
    let group = |framework: Option<&str>, dependencies| DependencyGroup {
        target_framework: framework.map(str::to_owned),
        dependencies,
    };
    Manifest {
        title: Some("A \"title\"".into()),
        authors: Some("Ann, Bob".into()),
        description: Some("Line\nline".into()),
        summary: Some("Short".into()),
        release_notes: Some("not repeated".into()),
        language: Some("en-US".into()),
        tags: vec!["one".into(), "two".into()],
        project_url: Some(WebUrl::parse("https://project.example/").unwrap()),
        icon_url: Some(WebUrl::parse("https://project.example/icon.png").unwrap()),
        license_url: Some(WebUrl::parse("https://aka.ms/deprecateLicenseUrl").unwrap()),
        license: Some(License::Expression(LicenseExpression::parse("MIT OR Apache-2.0").unwrap())),
        require_license_acceptance: true,
        min_client_version: Some(version("2.12")),
        dependency_groups: vec![
            group(Some(".NETStandard2.0"), vec![needs("B", "1.0"), needs("C", "(, )")]),
            group(Some("net45"), vec![]),
            group(None, vec![needs("B", "[1.0]")]),
        ],
        ..manifest(id, text)
    }
}

/// Parses a document and checks what holds for all of them.
fn checked(bytes: &[u8]) -> Value {
    let value: Value = serde_json::from_slice(bytes).unwrap();
    check(&value, &mut Vec::new());
    value
}

fn check<'a>(value: &'a Value, path: &mut Vec<&'a str>) {
    match value {
        Value::Null => panic!("null at {path:?}"),
        Value::Array(items) => items.iter().for_each(|item| check(item, path)),
        Value::Object(members) => {
            for (name, member) in members {
                path.push(name);
                check(member, path);
                path.pop();
            }
        }
        Value::String(text) => {
            let name = path.last().copied().unwrap_or_default();
            let ours = ["@id", "packageContent", "registration", "parent", "readmeUrl", "contentUrl"].contains(&name);
            if ours {
                assert!(text.starts_with("https://feed.example/nuget/"), "{name}: {text}");
            }
            if ours || name.ends_with("Url") {
                let is_template = text.contains('{');
                let url = Url::parse(text).unwrap();
                assert!(is_template || url.as_str() == text, "{name} is not in normal form: {text}");
            }
        }
        Value::Bool(_) | Value::Number(_) => {}
    }
}

fn pretty(bytes: &[u8]) -> String {
    serde_json::to_string_pretty(&checked(bytes)).unwrap()
}

#[test]
fn the_service_index_names_every_type_that_clients_look_for() {
    let lines = |optional| {
        let value = checked(&service_index(&urls(), optional));
        assert_eq!(value["version"], "3.0.0");
        let resources = value["resources"].as_array().unwrap();
        let lines = resources.iter().map(|resource| {
            let client = resource.get("clientVersion").map(|version| format!(" from {version}")).unwrap_or_default();
            format!("{}{client} {}\n", resource["@type"].as_str().unwrap(), resource["@id"].as_str().unwrap())
        });
        lines.collect::<String>()
    };
    let all = lines(EVERYTHING);
    insta::assert_snapshot!(all);
    let fewer = lines(Optional::default());
    for kind in ["Signatures", "SymbolPackagePublish", "LegacyGallery", "PackageDetails", "OwnerDetails"] {
        assert!(all.contains(kind) && !fewer.contains(kind), "{kind}");
    }
}

#[test]
fn a_feed_on_plain_http_has_nothing_that_needs_https() {
    let http = Urls::new(&Url::parse("http://feed.example").unwrap()).unwrap();
    let text = String::from_utf8(service_index(&http, EVERYTHING)).unwrap();
    for kind in ["RepositorySignatures", "PackageDetailsUriTemplate", "OwnerDetailsUriTemplate", "https:"] {
        assert!(!text.contains(kind), "{kind}");
    }
    assert_eq!(repository_signatures(&http, ResourceVersion::V5_0_0, true, &[]), None);
}

#[test]
fn a_leaf_says_everything_once() {
    let manifest = rich("A.b", "1.0-RC.1+Meta");
    let package = PackageVersion {
        listed: false,
        icon_token: Some("a+b"),
        has_icon: true,
        has_readme: true,
        ..package(&manifest)
    };
    insta::assert_snapshot!(pretty(&registration::leaf_fragment(&urls(), Hive::SemVer2, &package)));
    insta::assert_snapshot!(pretty(&registration::leaf_document(&urls(), Hive::SemVer1, &package)));
}

#[test]
fn a_leaf_of_a_bare_package_leaves_the_rest_out() {
    let manifest = manifest("A", "1");
    insta::assert_snapshot!(pretty(&registration::leaf_fragment(&urls(), Hive::SemVer1, &package(&manifest))));
}

#[test]
fn licence_and_icon_come_from_the_package_first() {
    let mut manifest = rich("A", "1");
    let entry = |package: &PackageVersion<'_>| {
        let value = checked(&registration::leaf_fragment(&urls(), Hive::SemVer1, package));
        (value["catalogEntry"]["licenseUrl"].clone(), value["catalogEntry"]["iconUrl"].clone())
    };
    let (license, icon) = entry(&package(&manifest));
    assert_eq!(license, "https://licenses.nuget.org/MIT%20OR%20Apache-2.0");
    assert_eq!(icon, "https://project.example/icon.png");
    manifest.license = Some(License::File("l.txt".into()));
    let embedded =
        PackageVersion { has_icon: true, has_license_file: true, icon_token: Some("t"), ..package(&manifest) };
    let (license, icon) = entry(&embedded);
    assert_eq!(license, "https://feed.example/nuget/v3/flatcontainer/a/1.0.0/license?token=t");
    assert_eq!(icon, "https://feed.example/nuget/v3/flatcontainer/a/1.0.0/icon?token=t");
    manifest.license = None;
    assert_eq!(entry(&package(&manifest)).0, "https://aka.ms/deprecateLicenseUrl");
}

#[test]
fn ranges_and_frameworks_are_written_so_that_every_client_reads_them() {
    let mut manifest = rich("A", "1");
    manifest.dependency_groups.push(DependencyGroup { target_framework: Some("Any".into()), dependencies: vec![] });
    let value = checked(&registration::leaf_fragment(&urls(), Hive::SemVer1, &package(&manifest)));
    let groups = value["catalogEntry"]["dependencyGroups"].as_array().unwrap();
    assert_eq!(groups[0]["targetFramework"], ".NETStandard2.0");
    assert_eq!(groups[0]["dependencies"][0]["range"], "[1.0.0, )");
    assert_eq!(groups[0]["dependencies"][1]["range"], "(, )");
    assert_eq!(groups[1], serde_json::json!({"targetFramework": "net45"}));
    assert_eq!(groups[2].get("targetFramework"), None);
    assert_eq!(groups[2]["dependencies"][0]["range"], "[1.0.0, 1.0.0]");
    assert_eq!(groups[3], serde_json::json!({}));
}

#[test]
fn up_to_127_versions_stand_in_the_index_and_128_in_pages() {
    let id = PackageId::parse("A.B").unwrap();
    let versions: Vec<_> = (0..200).map(|number| version(&format!("1.{number}.0-X"))).collect();
    let leaves: Vec<_> = versions.iter().map(|version| Leaf { version, json: b"{}" }).collect();
    let sizes = |count: usize| {
        let index = checked(&registration::index_with_leaves(&urls(), Hive::SemVer2, &id, &leaves[..count]).unwrap());
        let items = index["items"].as_array().unwrap();
        assert_eq!(index["count"], items.len());
        let inlined: Vec<_> = items.iter().map(|page| page["items"].as_array().unwrap().len()).collect();
        let counts: Vec<_> = items.iter().map(|page| page["count"].as_u64().unwrap()).collect();
        assert_eq!(counts, inlined.iter().map(|count| *count as u64).collect::<Vec<_>>());
        counts
    };
    assert_eq!(sizes(1), [1]);
    assert_eq!(sizes(64), [64]);
    assert_eq!(sizes(65), [64, 1]);
    assert_eq!(sizes(127), [64, 63]);
    assert_eq!(registration::index_with_leaves(&urls(), Hive::SemVer2, &id, &[]), None);
    assert_eq!(registration::index_of_pages(&urls(), Hive::SemVer2, &id, &[]), None);
}

#[test]
fn an_index_of_pages_names_each_with_its_bounds_and_count() {
    let id = PackageId::parse("A.B").unwrap();
    let versions: Vec<_> = (0..129).map(|number| version(&format!("1.{number}.0-X"))).collect();
    let leaves: Vec<_> = versions.iter().map(|version| Leaf { version, json: b"{}" }).collect();
    let all: Vec<_> = versions.iter().collect();
    let index = checked(&registration::index_of_pages(&urls(), Hive::SemVer2, &id, &all).unwrap());
    let counts: Vec<_> = index["items"].as_array().unwrap().iter().map(|page| page["count"].clone()).collect();
    assert_eq!(counts, [64, 64, 1]);
    assert!(index["items"].as_array().unwrap().iter().all(|page| page.get("items").is_none()));
    let second = checked(&registration::page(&urls(), Hive::SemVer2, &id, &leaves[64..128]).unwrap());
    assert_eq!(second["@id"], "https://feed.example/nuget/v3/registration-semver2/a.b/page/1.64.0-x/1.127.0-x.json");
    assert_eq!(second["@id"], index["items"][1]["@id"]);
    assert_eq!(second["parent"], index["@id"]);
    assert_eq!((&second["lower"], &second["upper"]), (&Value::from("1.64.0-X"), &Value::from("1.127.0-X")));
    assert_eq!(second["items"].as_array().unwrap().len(), 64);
}

#[test]
fn an_index_in_one_piece() {
    let manifests = [manifest("A", "1.0.0"), manifest("A", "2.0.0+m")];
    let made = |hive: Hive| {
        let held: Vec<_> = manifests.iter().filter(|manifest| hive.holds(manifest)).collect();
        let json: Vec<_> = held.iter().map(|m| registration::leaf_fragment(&urls(), hive, &package(m))).collect();
        let leaves: Vec<_> =
            held.iter().zip(&json).map(|(manifest, json)| Leaf { version: &manifest.version, json }).collect();
        checked(&registration::index_with_leaves(&urls(), hive, &manifests[0].id, &leaves).unwrap())
    };
    let (old, new) = (made(Hive::SemVer1), made(Hive::SemVer2));
    assert_eq!(old["items"][0]["upper"], "1.0.0");
    assert_eq!(new["items"][0]["upper"], "2.0.0");
    assert_eq!(new["items"][0]["items"][1]["catalogEntry"]["version"], "2.0.0+m");
    insta::assert_snapshot!(serde_json::to_string_pretty(&old).unwrap());
}

#[test]
fn the_version_list_is_lower_case_without_metadata() {
    let versions = [version("0.9-Beta"), version("1"), version("1.0.1.4"), version("2.0.0+Meta")];
    let bytes = flat_container::versions(&versions);
    assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"versions":["0.9.0-beta","1.0.0","1.0.1.4","2.0.0"]}"#);
}

fn search_version<'a>(package: &PackageVersion<'a>, downloads: u64) -> SearchVersion<'a> {
    let PackageVersion { version, manifest, listed, .. } = *package;
    SearchVersion { version, semver2: manifest.is_semver2(), listed, downloads }
}

/// The result of a package, with the manifest of its latest version looked up as the store does it.
fn search_result(filter: Filter, found: &SearchPackage<'_>, manifests: &[Manifest]) -> Option<Vec<u8>> {
    let latest = found.latest(filter)?;
    let manifest = manifests.iter().find(|manifest| manifest.version == *latest.version)?;
    Some(search::result_fragment(&urls(), filter, found, &package(manifest)))
}

#[test]
fn the_latest_version_moves_with_the_filter() {
    let manifests = ["1.1.0", "1.2.0-beta", "1.3.0+metadata", "1.4.0-delta.4"].map(|text| manifest("A", text));
    let versions: Vec<_> = manifests.iter().map(|manifest| search_version(&package(manifest), 2)).collect();
    let found = SearchPackage { owners: &["ann"], total_downloads: 9, versions: &versions };
    let latest = Filter::ALL.map(|filter| {
        let value = checked(&search_result(filter, &found, &manifests).unwrap());
        let versions = value["versions"].as_array().unwrap().len();
        (value["version"].as_str().unwrap().to_owned(), versions)
    });
    assert_eq!(
        latest,
        [
            ("1.1.0".to_owned(), 1),
            ("1.2.0-beta".to_owned(), 2),
            ("1.3.0+metadata".to_owned(), 2),
            ("1.4.0-delta.4".to_owned(), 4)
        ]
    );
}

#[test]
fn unlisted_versions_are_no_hits() {
    let manifest = manifest("A", "1");
    let unlisted = PackageVersion { listed: false, ..package(&manifest) };
    let versions = [search_version(&unlisted, 1)];
    let found = SearchPackage { owners: &[], total_downloads: 1, versions: &versions };
    for filter in Filter::ALL {
        assert!(found.latest(filter).is_none());
    }
}

#[test]
fn a_search_answer_in_one_piece() {
    let manifests = [rich("A.b", "1.0.0"), rich("A.b", "1.1.0-Beta")];
    let versions: Vec<_> = manifests
        .iter()
        .zip([5, 3])
        .map(|(manifest, downloads)| search_version(&package(manifest), downloads))
        .collect();
    let found = SearchPackage { owners: &["ann", "team"], total_downloads: u64::MAX, versions: &versions };
    let everything = Filter { prerelease: true, semver2: true };
    let fragment = search_result(everything, &found, &manifests).unwrap();
    insta::assert_snapshot!(pretty(&search::results(7, [fragment])));
    assert_eq!(search::results(0, Vec::<Vec<u8>>::new()), br#"{"totalHits":0,"data":[]}"#);
}

#[test]
fn completion_has_two_forms() {
    let ids = search::autocomplete_ids(2, ["A", "b"]);
    assert_eq!(String::from_utf8(ids).unwrap(), r#"{"totalHits":2,"data":["A","b"]}"#);
    let versions = search::autocomplete_versions(&[version("1"), version("2-A+m")]);
    assert_eq!(String::from_utf8(versions).unwrap(), r#"{"data":["1.0.0","2.0.0-A+m"]}"#);
    assert_eq!(search::autocomplete_versions(&[]), br#"{"data":[]}"#);
}

#[test]
fn only_the_newest_signatures_document_may_say_that_all_is_signed() {
    let certificate = RepositoryCertificate {
        fingerprint: [0xAB; 32],
        subject: "CN=Feed, O=\"A, B\"",
        issuer: "CN=Root",
        not_before: PUSHED,
        not_after: datetime!(2036-01-02 03:04:05.5 UTC),
    };
    for (version, expected) in ResourceVersion::ALL.into_iter().zip([false, false, true]) {
        let document = checked(&repository_signatures(&urls(), version, true, &[certificate]).unwrap());
        assert_eq!(document["allRepositorySigned"], expected);
    }
    let document = repository_signatures(&urls(), ResourceVersion::V5_0_0, false, &[certificate]).unwrap();
    insta::assert_snapshot!(pretty(&document));
    let empty = repository_signatures(&urls(), ResourceVersion::V4_7_0, true, &[]).unwrap();
    assert_eq!(empty, br#"{"allRepositorySigned":false,"signingCertificates":[]}"#);
}

proptest! {
    #[test]
    fn whatever_a_package_says_the_documents_stay_sound(
        id in "[A-Za-z\u{c0}-\u{d6}\u{3b1}-\u{3c9}_]{1,8}([.-][A-Z0-9_]{1,5}){0,2}",
        number in "[0-9]{1,3}(\\.[0-9]){0,3}(-[a-zA-Z-]{1,5}(\\.[1-9])?)?(\\+[a-z0-9]{1,3})?",
        texts in proptest::collection::vec(any::<Option<String>>(), 7),
        tags in proptest::collection::vec(any::<String>(), 0..4),
        flags in any::<[bool; 5]>(),
        token in any::<Option<String>>(),
        owners in proptest::collection::vec(any::<String>(), 0..4),
    ) {
        let mut manifest = rich(&id, &number);
        manifest.title = texts[0].clone();
        manifest.authors = texts[1].clone();
        manifest.description = texts[2].clone();
        manifest.summary = texts[3].clone();
        manifest.language = texts[4].clone();
        manifest.dependency_groups[0].target_framework = texts[5].clone();
        manifest.tags = tags;
        if let Some(path) = texts[6].clone() {
            manifest.license = Some(License::File(path));
        }
        let package = PackageVersion {
            listed: flags[0],
            has_icon: flags[1],
            has_readme: flags[2],
            has_license_file: flags[3],
            icon_token: token.as_deref(),
            ..package(&manifest)
        };
        let hive = if flags[4] { Hive::SemVer1 } else { Hive::SemVer2 };
        checked(&registration::leaf_document(&urls(), hive, &package));
        let json = registration::leaf_fragment(&urls(), hive, &package);
        let leaf = Leaf { version: &manifest.version, json: &json };
        let index = checked(&registration::index_with_leaves(&urls(), hive, &manifest.id, &[leaf]).unwrap());
        checked(&registration::page(&urls(), hive, &manifest.id, &[leaf]).unwrap());
        let entry = &index["items"][0]["items"][0]["catalogEntry"];
        prop_assert_eq!(entry["id"].as_str(), Some(id.as_str()));
        prop_assert_eq!(entry["listed"].as_bool(), Some(flags[0]));
        prop_assert!(entry["tags"].is_array());

        // The id comes back out of the address.
        let content = Url::parse(entry["packageContent"].as_str().unwrap()).unwrap();
        let segment = content.path_segments().unwrap().nth(3).unwrap();
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8().unwrap();
        prop_assert_eq!(decoded.as_ref(), manifest.id.key());

        let owners: Vec<_> = owners.iter().map(String::as_str).collect();
        let versions = [search_version(&package, 0)];
        let found = SearchPackage { owners: &owners, total_downloads: 0, versions: &versions };
        for filter in Filter::ALL {
            let hit = found.latest(filter).map(|_| search::result_fragment(&urls(), filter, &found, &package));
            prop_assert_eq!(hit.is_some(), filter.shows(&versions[0]));
            checked(&search::results(1, hit));
        }
    }
}

#[test]
fn who_signed_is_told_as_far_as_it_is_known() {
    let manifest = manifest("Contoso.Core", "1.0.0");
    let fingerprint = Fingerprint::from_bytes([0xab; 32]);
    let told = |signer: Option<Signer<'_>>| {
        let leaf =
            registration::leaf_fragment(&urls(), Hive::SemVer2, &PackageVersion { signer, ..package(&manifest) });
        serde_json::from_slice::<Value>(&leaf).unwrap()["catalogEntry"]["signedBy"].clone()
    };
    let whole = Signer {
        account: Some("Contoso"),
        fingerprint: &fingerprint,
        subject: Some("CN=\"Contoso, Inc.\""),
        timestamp: Some(PUSHED),
    };
    let digits = "ab".repeat(32);
    assert_eq!(
        told(Some(whole)),
        serde_json::json!({
            "account": "Contoso", "fingerprint": digits, "subject": "CN=\"Contoso, Inc.\"", "timestamp": "2026-01-02T03:04:05.0000000Z"
        })
    );
    let bare = Signer { account: None, subject: None, timestamp: None, ..whole };
    assert_eq!(told(Some(bare)), serde_json::json!({ "fingerprint": digits }));
    assert_eq!(told(None), Value::Null);
}
