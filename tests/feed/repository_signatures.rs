//! `RepositorySignatures`: the list of the feed's marks. Any flaw in it stops every restore, so every member is looked at.

use std::thread::sleep;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::shelf::shelf;
use crate::support::{Feed, Request, package};

#[test]
fn every_document_has_exactly_what_the_client_demands_and_needs_no_credentials() {
    let feed = shelf();
    for version in ["4.7.0", "4.9.0", "5.0.0"] {
        let document = feed.ask(&Request::get(&format!("/v3/repository-signatures/{version}/index.json"))).json();
        assert_eq!(document["allRepositorySigned"], false, "{version}");
        let certificates = document["signingCertificates"].as_array().unwrap();
        assert_eq!(certificates.len(), 1);
        for certificate in certificates {
            let url = certificate["contentUrl"].as_str().unwrap();
            assert!(url.starts_with("https://"), "{url}");
            let der = feed.ask(&Request::get(&feed.target(url)));
            assert_eq!(der.status, 200);
            let fingerprint = certificate["fingerprints"]["2.16.840.1.101.3.4.2.1"].as_str().unwrap();
            assert_eq!(fingerprint, hex::encode(Sha256::digest(&der.body)));
            for member in ["subject", "issuer"] {
                assert!(certificate[member].as_str().unwrap().contains('='), "{member}");
            }
            for member in ["notBefore", "notAfter"] {
                let text = certificate[member].as_str().unwrap();
                assert_eq!(text.len(), "2026-01-02T03:04:05.0000000Z".len(), "{text}");
                OffsetDateTime::parse(text, &Rfc3339).unwrap();
            }
        }
    }
}

#[test]
fn the_promise_that_all_is_signed_is_made_in_5_0_0_only_and_only_when_switched_on() {
    let feed = Feed::start();
    feed.account("alice").push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    feed.assay(&["policy", "set", "all_repository_signed", "true"]).succeeded();
    wait_for_the_promise(&feed);
    assert_eq!((promise(&feed, "4.7.0"), promise(&feed, "4.9.0")), (false.into(), false.into()));
}

/// Waits until the feed says that all its packages are signed.
pub fn wait_for_the_promise(feed: &Feed) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while promise(feed, "5.0.0") != true {
        assert!(Instant::now() < deadline, "what one process changes, the server sees within a second");
        sleep(Duration::from_millis(50));
    }
}

fn promise(feed: &Feed, version: &str) -> serde_json::Value {
    let path = format!("/v3/repository-signatures/{version}/index.json");
    feed.ask(&Request::get(&path)).json()["allRepositorySigned"].clone()
}

#[test]
fn the_key_survives_a_restart() {
    let feed = Feed::start();
    let before = crate::restore::repository_certificate(&feed).fingerprint;
    feed.restart();
    assert_eq!(crate::restore::repository_certificate(&feed).fingerprint, before);
    let shown = feed.assay(&["repository-certificate", "show"]).succeeded();
    assert!(shown.to_uppercase().contains(&before), "{shown}");
}

#[test]
fn only_reading_is_allowed() {
    let path = "/v3/repository-signatures/5.0.0/index.json";
    let head = shelf().ask(&Request::new("HEAD", path));
    assert_eq!((head.status, head.body.len()), (200, 0));
    for method in ["POST", "PUT", "DELETE"] {
        let status = shelf().ask(&Request::new(method, path).body("")).status;
        assert!([404, 405, 401].contains(&status), "{method}: {status}");
    }
}
