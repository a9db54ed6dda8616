//! `POST /api/v1/verdicts`, `GET /api/v1/verdicts/{number}`, and `assay verdict`.

use super::{number, signed_in};
use crate::support::http::{Answer, Request};
use crate::support::person::Person;
use crate::support::{Feed, golden, package};

fn dry_run(person: &Person<'_>, package: &[u8]) -> Answer {
    let request = Request::new("POST", "/api/v1/verdicts").api_key(&person.key);
    person.feed.ask(&request.header("Content-Type", "application/octet-stream").body(package))
}

fn outcome(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let told = answer.json();
    let rule = told["failed"][0]["rule"].as_str().unwrap_or_default().to_owned();
    (told["outcome"].as_str().unwrap().to_owned(), rule)
}

#[test]
fn a_dry_run_says_what_a_push_would_be_told_and_publishes_nothing() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let bob = feed.account("bob");
    bob.push(package("Bobs.Own", "1.0.0").bytes()).accepted();
    feed.assay(&["prefix", "reserve", "--account", "bob", "Reserved.*"]).succeeded();
    let core = package("Contoso.Core", "1.0.0").bytes();
    let told = |outcome: &str, rule: &str| (outcome.to_owned(), rule.to_owned());

    assert_eq!(outcome(&dry_run(&alice, &core)), told("accepted", ""));
    assert!(feed.versions("Contoso.Core").is_empty() && feed.spooled().is_empty());
    assert_eq!(feed.rows("version"), 1, "nothing but bob's is there");
    alice.push(&core).accepted();
    assert_eq!(outcome(&dry_run(&alice, &core)), told("accepted", ""), "the same push once more");
    let other = package("Contoso.Core", "1.0.0").description("other").bytes();
    assert_eq!(outcome(&dry_run(&alice, &other)), told("refused", "version"));
    assert_eq!(outcome(&dry_run(&alice, &package("Bobs.Own", "2.0.0").bytes())), told("refused", "right-to-push"));
    assert_eq!(outcome(&dry_run(&alice, &package("Reserved.A", "1.0.0").bytes())), told("refused", "reserved-prefix"));
    let signed = golden::read("good-author-rsa3072-sha384.nupkg");
    assert_eq!(outcome(&dry_run(&alice, &signed)), told("refused", "push-rule"));
    assert_eq!(outcome(&dry_run(&alice, &golden::read("cms-bad-signature.nupkg"))), told("refused", "signature"));
    let alice = alice.with_certificate("leaf-3072");
    assert_eq!(outcome(&dry_run(&alice, &signed)), told("accepted", ""));
    feed.assay(&["policy", "set", "enforcement", "warn"]).succeeded();
    let unsigned = package("Contoso.Core", "1.1.0").bytes();
    assert_eq!(outcome(&dry_run(&alice, &unsigned)), told("not-enforced", "push-rule"));
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"]);
}

#[test]
fn the_json_says_who_signed_which_rule_and_whose_certificates_would_do() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-2048");
    let answer = dry_run(&alice, &golden::read("good-author-rsa3072-sha384.nupkg"));
    let told = answer.json();
    assert_eq!(told["signer"]["fingerprint"], golden::fingerprint("leaf-3072"));
    assert_eq!(told["signer"]["thumbprint"].as_str().unwrap().len(), 40);
    assert_eq!((told["signature"].as_str(), told["stage"].as_str()), (Some("author"), Some("enforce")));
    assert_eq!(told["failed"][0]["code"], "NU3034");
    assert_eq!(told["signers"], serde_json::json!([{ "account": "alice", "active": 1, "inactive": 0 }]));
    assert_eq!(told["canChange"]["owners"], serde_json::json!(["alice"]));
    assert_eq!(told["rule"], "packages must be signed with the certificate of alice", "the sentence of the page");
    assert_eq!(told["canChange"]["administrators"], false, "whether there is one, and not who");
    assert!(told["timestamp"]["time"].as_str().unwrap().ends_with('Z'));
    let url = told["url"].as_str().unwrap();
    assert_eq!(url, format!("{}verdicts/{}", feed.source().replace("v3/index.json", ""), told["number"]));
    let rules = told["rules"].as_array().unwrap();
    let found = |name: &str| rules.iter().find(|named| named["rule"] == name).unwrap()["found"].as_str().unwrap();
    assert_eq!(
        ["path", "timestamp", "push-rule", "feed-signature"].map(found),
        ["passed", "passed", "failed", "not-judged"]
    );
}

#[test]
fn an_upload_that_can_not_be_read_is_answered_as_a_push_of_it() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    for file in [b"no package".to_vec(), Vec::new(), package("A B", "1.0.0").bytes()] {
        let (dry, pushed) = (dry_run(&alice, &file), alice.push(&file));
        assert_eq!((dry.status, dry.phrase.as_str()), (pushed.status, pushed.phrase.as_str()));
    }
}

#[test]
fn the_package_may_come_as_it_is_or_as_the_client_sends_it() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let part = "--x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: form-data; name=package\r\n\r\n";
    let package = package("Contoso.Core", "1.0.0").bytes();
    let body = [part.as_bytes(), &package, b"\r\n--x--\r\n"].concat();
    let request = Request::new("POST", "/api/v1/verdicts").api_key(&alice.key);
    let multipart = request.header("Content-Type", "multipart/form-data; boundary=x").chunked(&body);
    assert_eq!(outcome(&feed.ask(&multipart)).0, "accepted");
}

#[test]
fn a_key_that_may_not_push_asks_nothing_either() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let reads = alice.new_key(&["--scope", "read"]);
    let ask = |request: Request| feed.ask(&request.body(package("A", "1.0.0").bytes()));
    let post = || Request::new("POST", "/api/v1/verdicts");
    assert_eq!(ask(post().api_key(&reads)).status, 403);
    assert_eq!(ask(post()).status, 401);
    assert_eq!(ask(post().basic("alice", &alice.key)).status, 200, "a key as the Basic password will do");
    assert_eq!(ask(post().basic("alice", &alice.password)).status, 403, "a password only ever reads");
}

#[test]
fn a_verdict_is_for_the_account_of_the_key() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let mallory = feed.account("mallory");
    let number = number(&alice.push(package("Contoso.Core", "1.0.0").bytes()).refused(400));
    let path = format!("/api/v1/verdicts/{number}");
    let told = alice.get(&path);
    assert_eq!((told.status, told.json()["kind"].as_str()), (200, Some("push")));
    let second = alice.new_key(&["--scope", "push-version"]);
    assert_eq!(feed.ask(&Request::get(&path).api_key(&second)).status, 200, "another key of hers");
    assert_eq!(mallory.get(&path).status, 404);
    for missing in ["/api/v1/verdicts/999", "/api/v1/verdicts/x", "/api/v1/verdicts/99999999999999999999"] {
        assert_eq!(alice.get(missing).status, 404, "{missing}");
    }
}

#[test]
fn the_terminal_lists_and_explains_them() {
    let feed = Feed::start();
    assert!(feed.assay(&["verdict", "list"]).succeeded().contains("no verdict is kept"));
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let number = number(&alice.push(package("Contoso.Core", "1.0.0").bytes()).refused(400));
    let list = feed.assay(&["verdict", "list", "--account", "alice"]).succeeded();
    assert!(list.contains("Contoso.Core 1.0.0") && list.contains("refused") && list.contains("NU3004"), "{list}");
    let shown = feed.assay(&["verdict", "show", &number]).succeeded();
    assert!(shown.contains("was refused") && shown.contains("1. Sign it with"), "{shown}");
    let json: serde_json::Value =
        serde_json::from_str(&feed.assay(&["--json", "verdict", "show", &number]).succeeded()).unwrap();
    assert_eq!(
        (json["outcome"].as_str(), json["by"].as_str(), json["for"].as_str()),
        (Some("refused"), Some("alice"), Some("alice"))
    );
    feed.assay(&["verdict", "show", "999"]).failed_saying("no verdict 999");
}

#[test]
fn ones_own_verdicts_are_listed_with_those_of_ones_organizations_keys() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    feed.account("bob");
    feed.assay(&["account", "create", "Contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "Contoso", "alice", "--administrator"]).succeeded();
    let service = feed.assay(&["key", "create", "--account", "Contoso", "--service", "--scope", "push"]).succeeded();
    let mut visitor = signed_in(&feed, "alice");
    assert!(visitor.get("account/verdicts").text().contains("Nothing was refused lately"));
    assert!(visitor.get("account").targets().contains(&"account/verdicts".to_owned()));
    alice.push(package("Alices.Own", "1.0.0").bytes()).refused(400);
    alice.push_with_key(&service, golden::read("cms-bad-signature.nupkg")).refused(400);
    dry_run(&alice, &package("Alices.Trial", "1.0.0").bytes());
    let text = visitor.get("account/verdicts").text();
    for named in ["Alices.Own 1.0.0", "golden.cms-bad-signature", "Alices.Trial 1.0.0", "Dry run", "Contoso"] {
        assert!(text.contains(named), "{named}: {text}");
    }
    assert!(signed_in(&feed, "bob").get("account/verdicts").text().contains("Nothing was refused lately"));
}
