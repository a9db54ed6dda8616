//! `PUT /api/v2/package`: every form in which clients send a package, and everything that is wrong with a request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::support::person::push_request;
use crate::support::verdict::Verdict;
use crate::support::{Feed, Request, environment, package};

const PATH: &str = "/api/v2/package";

#[test]
fn packages_are_taken_in_every_form_that_clients_send() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let bytes = |number: u32| package("Contoso.Core", &format!("1.0.{number}")).bytes();
    let quoted = |bytes: &[u8], part: &str, after: &str| {
        let mut body = format!("--bound\r\nContent-Disposition: form-data{part}\r\n\r\n").into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n{after}--bound--\r\n").as_bytes());
        body
    };
    let form = |target: &str, body: Vec<u8>| {
        Request::new("PUT", target)
            .api_key(&alice.key)
            .header("Content-Type", "multipart/form-data; boundary=bound")
            .body(body)
    };
    let further = "--bound\r\nContent-Disposition: form-data; name=other\r\n\r\nignored\r\n";
    let expects = push_request(&bytes(8)).api_key(&alice.key).header("Expect", "100-continue");
    let forms = [
        ("as the official client", push_request(&bytes(1)).api_key(&alice.key)),
        ("without the slash", form(PATH, quoted(&bytes(2), "; name=\"package\"; filename=\"package\"", ""))),
        ("with the slash", form(&format!("{PATH}/"), quoted(&bytes(3), "; name=file", ""))),
        ("with further parts", form(PATH, quoted(&bytes(4), "; name=\"package\"; filename=\"x.nupkg\"", further))),
        (
            "bare, with a length",
            Request::new("PUT", PATH)
                .api_key(&alice.key)
                .header("Content-Type", "application/octet-stream")
                .body(bytes(5)),
        ),
        ("bare, in chunks, without a type", Request::new("PUT", PATH).api_key(&alice.key).chunked(&bytes(6))),
        ("in HTTP/1.0", form(PATH, quoted(&bytes(7), "; name=\"package\"; filename=\"package\"", "")).http_1_0()),
        ("after 100 Continue", expects),
        ("by POST", Request::new("POST", PATH).api_key(&alice.key).body(bytes(9))),
    ];
    for (what, request) in forms {
        let mut connection = feed.connect();
        let mut answer = connection.ask(&request).unwrap();
        while answer.status == 100 {
            answer = connection.answer(false).unwrap();
        }
        assert_eq!(answer.status, 201, "{what}: {} {}", answer.phrase, answer.text());
    }
    assert_eq!(feed.versions("Contoso.Core").len(), 9);
}

#[test]
fn a_pushed_version_is_visible_at_once_and_everywhere() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    for version in ["1.0.0", "1.1.0", "2.0.0"] {
        alice.push(package("Contoso.Core", version).bytes()).accepted();
        assert_eq!(feed.versions("Contoso.Core").last().map(String::as_str), Some(version));
        let found = feed.get("/v3/search?q=contoso").json();
        assert_eq!(found["data"][0]["version"], version);
        let registration = feed.get("/v3/registration-semver2/contoso.core/index.json").json();
        assert_eq!(registration["items"][0]["upper"], version);
    }
}

#[test]
fn one_version_is_one_version_however_it_is_spelled() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    for (id, version) in [
        ("Contoso.Core", "1.0.0.0"),
        ("Contoso.Core", "01.0.0"),
        ("Contoso.Core", "1.0"),
        ("Contoso.Core", "1.0.0+x"),
        ("CONTOSO.core", "1.0.0"),
    ] {
        alice.push(package(id, version).bytes()).refused(409).saying("exist");
    }
    assert_eq!(feed.rows("version"), 1);
}

#[test]
fn of_sixteen_pushes_of_one_version_exactly_one_is_stored() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    for round in 0..3 {
        let version = format!("1.0.{round}");
        // Other bytes each, so that none is the repetition of another.
        let packages: Vec<Vec<u8>> = (0..16)
            .map(|number| package("Contoso.Core", &version).description(&format!("build {number}")).bytes())
            .collect();
        let verdicts: Vec<u16> = thread::scope(|scope| {
            let pushes: Vec<_> = packages
                .iter()
                .map(|package| {
                    let alice = &alice;
                    scope.spawn(move || alice.push(package).status)
                })
                .collect();
            pushes.into_iter().map(|push| push.join().unwrap()).collect()
        });
        let count = |status: u16| verdicts.iter().filter(|own| **own == status).count();
        assert_eq!((count(201), count(409)), (1, 15), "{verdicts:?}");
        let winner = verdicts.iter().position(|status| *status == 201).unwrap();
        let nuspec = feed.get(&format!("/v3/flatcontainer/contoso.core/{version}/contoso.core.nuspec")).text();
        assert!(nuspec.contains(&format!("<description>build {winner}</description>")), "the winner's bytes: {nuspec}");
    }
    assert_eq!((feed.rows("version"), feed.rows("content")), (3, 3));
    assert!(feed.spooled().is_empty());
}

#[test]
fn sixteen_repetitions_of_one_push_are_one_version() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let bytes = package("Contoso.Core", "1.0.0").bytes();
    let verdicts: Vec<u16> = thread::scope(|scope| {
        let pushes: Vec<_> = (0..16).map(|_| scope.spawn(|| alice.push(&bytes).status)).collect();
        pushes.into_iter().map(|push| push.join().unwrap()).collect()
    });
    assert!(verdicts.iter().all(|status| *status == 201), "{verdicts:?}");
    assert_eq!((feed.rows("version"), feed.rows("content")), (1, 1));
}

#[test]
fn nobody_pushes_without_a_key() {
    let feed = Feed::start();
    let push = push_request(&package("Contoso.Core", "1.0.0").bytes());
    Verdict::of(&feed.ask(&push)).asks_for_credentials();
}

#[test]
fn a_wrong_key_is_refused_and_never_challenged() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut almost = alice.key.clone();
    almost.replace_range(almost.len() - 1.., if almost.ends_with('0') { "1" } else { "0" });
    for key in ["nonsense", "assay_", &almost, "az", &"k".repeat(5000)] {
        alice.push_with_key(key, package("Contoso.Core", "1.0.0").bytes()).refused(403).saying("key");
    }
    assert_eq!(feed.rows("content"), 0);
    assert!(feed.spooled().is_empty());
}

#[test]
fn a_refusal_of_a_large_package_still_reaches_the_client() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let large = package("Contoso.Core", "1.0.0").size(30_000_000).bytes();
    alice.push_with_key("nonsense", &large).refused(403).saying("key");
    feed.assay(&["policy", "set", "package_size_limit", "1000000"]).succeeded();
    thread::sleep(std::time::Duration::from_millis(1500));
    alice.push(&large).refused(413).saying("1000000");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
}

#[test]
fn memory_does_not_grow_with_the_package() {
    if !environment::long("a push of 150 MB beside the server's memory") {
        return;
    }
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Small", "1.0.0").bytes()).accepted();
    let before = feed.own_memory();
    let large = package("Contoso.Large", "1.0.0").size(150_000_000).bytes();
    let done = AtomicBool::new(false);
    let peak = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while !done.load(Ordering::Relaxed) {
                peak = peak.max(feed.own_memory());
                thread::sleep(std::time::Duration::from_millis(10));
            }
            peak
        });
        let verdict = alice.push(&large);
        let served = feed.get("/v3/flatcontainer/contoso.large/1.0.0/contoso.large.1.0.0.nupkg");
        done.store(true, Ordering::Relaxed);
        verdict.accepted();
        assert!(served.body.len() > 150_000_000);
        watch.join().unwrap()
    });
    assert!(peak - before < 60_000_000, "from {before} to {peak} bytes");
}

#[test]
fn a_client_that_waits_for_the_word_to_go_on_hears_a_refusal_instead() {
    let feed = Feed::start();
    let mut connection = feed.connect();
    let head = "PUT /api/v2/package HTTP/1.1\r\nHost: localhost\r\nX-NuGet-ApiKey: nonsense\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n";
    connection.send(head.as_bytes()).unwrap();
    let mut answer = connection.answer(false).unwrap();
    if answer.status == 100 {
        connection.send(&vec![0; 1_000_000]).unwrap();
        answer = connection.answer(false).unwrap();
    }
    assert_eq!(answer.status, 403);
}

#[test]
fn requests_that_are_no_push_are_answered_plainly() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let put = || Request::new("PUT", PATH).api_key(&alice.key);
    let multipart = "multipart/form-data; boundary=bound";
    for (what, request) in [
        ("no body at all", put().body("")),
        ("a form without parts", put().header("Content-Type", multipart).body("--bound--\r\n")),
        (
            "a form that stops",
            put()
                .header("Content-Type", multipart)
                .body("--bound\r\nContent-Disposition: form-data; name=package\r\n\r\nPK"),
        ),
        (
            "a form without its boundary",
            put().header("Content-Type", "multipart/form-data").body("--bound\r\n\r\nPK\r\n--bound--"),
        ),
        (
            "a form with another boundary",
            put().header("Content-Type", multipart).body("--other\r\n\r\nPK\r\n--other--"),
        ),
        (
            "an empty first part",
            put()
                .header("Content-Type", multipart)
                .body("--bound\r\nContent-Disposition: form-data; name=package\r\n\r\n\r\n--bound--\r\n"),
        ),
    ] {
        let verdict = Verdict::of(&feed.ask(&request));
        assert_eq!(verdict.status, 400, "{what}: {verdict:?}");
        let _ = verdict.refused(400);
    }
    assert_eq!(feed.ask(&Request::get(PATH).api_key(&alice.key)).status / 100, 4);
    assert!(feed.spooled().is_empty());
}
