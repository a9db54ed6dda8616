//! `PackageBaseAddress`: version lists, packages and manifests by their addresses.

use crate::shelf::{get, get_with, pushed_a, shelf};
use crate::support::{Request, package};

#[test]
fn versions_are_listed_in_order_without_metadata() {
    assert_eq!(
        get("/v3/flatcontainer/a/index.json").json(),
        serde_json::json!({"versions": ["1.0.0", "1.1.0-beta", "2.0.0"]})
    );
}

#[test]
fn capitals_in_an_id_do_not_matter() {
    assert_eq!(get("/v3/flatcontainer/A/index.json").body, get("/v3/flatcontainer/a/index.json").body);
    assert_eq!(get("/v3/flatcontainer/CONTOSO.rich/index.json").status, 200);
}

#[test]
fn an_unlisted_version_stays_in_the_list() {
    assert_eq!(get("/v3/flatcontainer/u/index.json").json(), serde_json::json!({"versions": ["1.0.0"]}));
}

#[test]
fn an_unknown_id_is_404_and_small() {
    for path in [
        "/v3/flatcontainer/nosuch/index.json",
        "/v3/flatcontainer/..%2f/index.json",
        "/v3/flatcontainer/%00/index.json",
        "/v3/flatcontainer/%ff/index.json",
    ] {
        let answer = get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.len() < 200, "{path}: every restore asks for every ID; the answer must cost nothing");
    }
}

#[test]
fn a_package_is_served_whole_with_its_length() {
    let answer = get("/v3/flatcontainer/a/1.0.0/a.1.0.0.nupkg");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-length").unwrap(), answer.body.len().to_string());
    assert_eq!(answer.header("content-type"), Some("application/octet-stream"));
    assert_eq!(answer.header("transfer-encoding"), None);
    let pushed = pushed_a();
    assert!(answer.body.len() > pushed.len(), "it carries the feed's signature");
    assert_eq!(answer.body[..pushed.len() / 2], pushed[..pushed.len() / 2], "and is otherwise what was pushed");
}

#[test]
fn a_package_is_found_however_its_address_is_spelled() {
    let plain = get("/v3/flatcontainer/a/1.0.0/a.1.0.0.nupkg").body;
    for path in [
        "A/1.0.0/A.1.0.0.nupkg",
        "a/1.0.0/A.1.0.0.NUPKG",
        "a/1.0/a.1.0.nupkg",
        "a/01.0/a.01.0.nupkg",
        "a/1.0.0.0/a.1.0.0.0.nupkg",
    ] {
        let answer = get(&format!("/v3/flatcontainer/{path}"));
        assert!([200, 404].contains(&answer.status), "{path}: {}", answer.status);
        if answer.status == 200 {
            assert_eq!(answer.body, plain, "{path}");
        }
    }
    assert_eq!(get("/v3/flatcontainer/A/1.0.0/A.1.0.0.nupkg").status, 200);
    assert_eq!(get("/v3/flatcontainer/a/1.1.0-BETA/a.1.1.0-BETA.nupkg").status, 200);
}

#[test]
fn metadata_does_not_count_in_an_address() {
    assert_eq!(get("/v3/flatcontainer/a/2.0.0/a.2.0.0.nupkg").status, 200);
    for spelled in ["2.0.0+m", "2.0.0%2Bm"] {
        assert!([200, 404].contains(&get(&format!("/v3/flatcontainer/a/{spelled}/a.{spelled}.nupkg")).status));
    }
}

#[test]
fn what_is_not_there_is_404() {
    for path in [
        "a/9.9.9/a.9.9.9.nupkg",
        "a/not-a-version/a.not-a-version.nupkg",
        "a/1.0.0/b.1.0.0.nupkg",
        "a/1.0.0/a.1.1.0-beta.nupkg",
        "a/1.0.0/a.1.0.0.zip",
        "a/1.0.0/",
        "a/1.0.0/x.nuspec",
        "a/../a/1.0.0/nosuch",
    ] {
        assert_eq!(get(&format!("/v3/flatcontainer/{path}")).status, 404, "{path}");
    }
}

#[test]
fn the_manifest_is_served_byte_for_byte() {
    let answer = get("/v3/flatcontainer/a/1.0.0/a.nuspec");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.text(), package("A", "1.0.0").nuspec());
    assert!(answer.header("content-type").unwrap().starts_with("application/xml"), "{:?}", answer.headers);
}

#[test]
fn a_part_of_a_package_can_be_asked_for() {
    let path = "/v3/flatcontainer/a/1.0.0/a.1.0.0.nupkg";
    let whole = get(path).body;
    let first = get_with(path, "Range", "bytes=0-9");
    assert_eq!(first.status, 206);
    assert_eq!(first.body, whole[..10]);
    assert_eq!(first.header("content-range").unwrap(), format!("bytes 0-9/{}", whole.len()));
    let last = get_with(path, "Range", "bytes=-5");
    assert_eq!((last.status, last.body.as_slice()), (206, &whole[whole.len() - 5..]));
    let rest = get_with(path, "Range", "bytes=7-");
    assert_eq!((rest.status, rest.body.as_slice()), (206, &whole[7..]));
    assert_eq!(get_with(path, "Range", "bytes=99999999-").status, 416);
    for odd in ["bytes=5-2", "bytes=a-b", "lines=1-2", "bytes=", "bytes=-"] {
        assert!([200, 416].contains(&get_with(path, "Range", odd).status), "{odd}");
    }
    assert!([200, 206].contains(&get_with(path, "Range", "bytes=0-1,4-5").status));
}

#[test]
fn content_that_did_not_change_is_304() {
    for path in [
        "/v3/flatcontainer/a/1.0.0/a.1.0.0.nupkg",
        "/v3/flatcontainer/a/index.json",
        "/v3/registration-semver2/a/index.json",
        "/v3/index.json",
    ] {
        let tag = get(path).header("etag").unwrap_or_else(|| panic!("{path} has no ETag")).to_owned();
        for held in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned(), format!("W/{tag}")] {
            let again = get_with(path, "If-None-Match", &held);
            assert_eq!((again.status, again.body.len()), (304, 0), "{path} with {held}");
        }
        assert_eq!(get_with(path, "If-None-Match", "\"other\"").status, 200, "{path}");
    }
}

#[test]
fn packages_are_never_compressed_on_the_way() {
    let answer = get_with("/v3/flatcontainer/a/1.0.0/a.1.0.0.nupkg", "Accept-Encoding", "gzip, deflate");
    assert_eq!(answer.header("content-encoding"), None);
    assert!(answer.header("content-length").is_some());
}

#[test]
fn head_tells_the_length_of_a_package() {
    let feed = shelf();
    let path = "/v3/flatcontainer/a/1.0.0/a.1.0.0.nupkg";
    let head = feed.ask(&feed.reading(Request::new("HEAD", path)));
    let get = feed.get(path);
    assert_eq!((head.status, head.header("content-length")), (200, get.header("content-length")));
}

#[test]
fn a_readme_is_served_and_its_absence_is_404() {
    let readme = get("/v3/flatcontainer/contoso.rich/1.0.0/readme");
    assert_eq!((readme.status, readme.text().as_str()), (200, "# Rich\n\nText with `code`.\n"));
    assert!(readme.header("content-type").unwrap().starts_with("text/markdown"), "{:?}", readme.headers);
    assert_eq!(get("/v3/flatcontainer/a/1.0.0/readme").status, 404);
}
