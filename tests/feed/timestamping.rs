//! Timestamps on the feed's own signature: what a client makes of them, and what a push meets when there are none.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::restore::repository_certificate;
use crate::support::timestamp_authority::{Authority, Mood};
use crate::support::{Feed, OfficialClient, golden, package};

fn set(feed: &Feed, authority: &Authority) {
    feed.assay(&["repository-certificate", "timestamping", "set", &authority.url]).succeeded();
}

#[test]
fn the_official_client_finds_a_timestamp_on_what_nobody_and_on_what_an_author_signed() {
    let feed = Feed::start();
    set(&feed, &Authority::start());
    let alice = feed.account("alice");
    let bob = feed.account("bob").with_certificate("leaf-3072");
    let Some(client) = OfficialClient::of(&alice) else { return };
    let bobs = OfficialClient::of(&bob).unwrap();
    let signed = package("Contoso.Signed", "1.0.0").signed_by("leaf-3072");

    client.push(package("Contoso.Plain", "1.0.0").bytes(), &[]).succeeded().not_saying("timestamp");
    bobs.push(&signed, &[]).succeeded().not_saying("timestamp");

    let root = repository_certificate(&feed);
    let client = client.trusting_root(&root.pem);
    let plain = client.verify(&feed.download("Contoso.Plain", "1.0.0")).succeeded();
    plain.not_saying("NU3027").not_saying("NU30").saying("Timestamp: ").saying("Signature type: Repository");
    let both = client.verify(&feed.download("Contoso.Signed", "1.0.0")).succeeded().not_saying("NU3027");
    let both = both.not_saying("NU30").saying("Signature type: Author").saying("Signature type: Repository");
    assert_eq!(both.0.matches("Timestamp: ").count(), 2, "{}", both.0);
    let project = client.project("app", &[("Contoso.Plain", "1.0.0"), ("Contoso.Signed", "1.0.0")]);
    project.restore(&[]).succeeded().not_saying("NU30");

    // Without an authority the client says what is missing.
    feed.assay(&["repository-certificate", "timestamping", "remove"]).succeeded();
    alice.push(package("Contoso.Plain", "2.0.0").bytes()).accepted();
    client.verify(&feed.download("Contoso.Plain", "2.0.0")).succeeded().saying("NU3027");
}

#[test]
fn an_authority_under_an_intermediate_is_stamped_with_its_whole_chain() {
    let feed = Feed::start();
    let authority = Authority::start();
    authority.now(Mood::Honest("tsa-int"));
    set(&feed, &authority);
    let alice = feed.account("alice");
    let Some(client) = OfficialClient::of(&alice) else { return };
    client.push(package("Contoso.Core", "1.0.0").bytes(), &[]).succeeded();
    let client = client.trusting_root(&repository_certificate(&feed).pem);
    client.verify(&feed.download("Contoso.Core", "1.0.0")).succeeded().not_saying("NU30").saying("Timestamp: ");
}

/// Every way of not giving a good timestamp, and what is said about it.
fn failures() -> Vec<(Mood, &'static str, &'static str)> {
    let (unreachable, invalid) = ("can not be reached", "gave no valid timestamp");
    vec![
        (Mood::Says("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), unreachable, "status 500"),
        (
            Mood::Says("HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
            unreachable,
            "redirect (302)",
        ),
        (Mood::Says("garbage"), unreachable, "connection"),
        (Mood::Floods, unreachable, "larger than 65536 bytes"),
        (Mood::Says("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>"), invalid, "no timestamp response"),
        (
            Mood::Says("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n\u{30}\u{5}\u{30}\u{3}\u{2}\u{1}\u{2}"),
            invalid,
            "status 2",
        ),
        // The nonce is what comes before the last three octets, the imprint's hash what comes before the nonce.
        (Mood::Misread(|query| flip(query, 5)), invalid, "NU3026"),
        (Mood::Misread(|query| flip(query, 3 + 32 + 2 + 5)), invalid, "NU3019"),
        (Mood::Tampering(|reply| flip(reply, 5)), invalid, "NU3021"),
        (Mood::Honest("stranger-tsa"), invalid, "NU3028"),
        (Mood::Silent, unreachable, "10000 ms"),
    ]
}

fn flip(bytes: &mut [u8], from_the_end: usize) {
    let place = bytes.len() - from_the_end;
    bytes[place] ^= 1;
}

#[test]
fn without_a_good_timestamp_a_push_is_told_to_come_again_and_leaves_nothing() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let authority = Authority::start();
    set(&feed, &authority);
    for (mood, reason, detail) in failures() {
        authority.now(mood.clone());
        let began = Instant::now();
        let answer = feed
            .ask(&crate::support::person::push_request(&package("Contoso.Core", "1.0.0").bytes()).api_key(&alice.key));
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{mood:?}");
        let verdict = crate::support::verdict::Verdict::of(&answer);
        verdict.refused(503).saying(reason).warning(detail);
        assert!(began.elapsed() < Duration::from_secs(14), "{mood:?} took {:?}", began.elapsed());
        assert_eq!((feed.rows("version"), feed.rows("content")), (0, 0), "{mood:?}");
    }
    authority.now(Mood::Honest("tsa"));
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
}

#[test]
fn best_effort_lets_a_package_in_without_a_timestamp_and_says_so() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let authority = Authority::start();
    set(&feed, &authority);
    feed.assay(&["policy", "set", "own_timestamp", "best-effort"]).succeeded();
    for (number, (mood, _, detail)) in failures().into_iter().enumerate() {
        authority.now(mood);
        let version = format!("1.0.{number}");
        alice.push(package("Contoso.Core", &version).bytes()).accepted().warning("has no timestamp").warning(detail);
    }
    assert!(feed.log().contains("a package goes in without a timestamp"));
    authority.now(Mood::Honest("tsa"));
    assert!(
        alice
            .push(package("Contoso.Core", "2.0.0").bytes())
            .accepted()
            .warnings
            .iter()
            .all(|line| !line.contains("timestamp"))
    );
}

#[test]
fn an_authority_is_taken_only_after_a_trial() {
    let feed = Feed::start();
    let authority = Authority::start();
    let command = |more: &[&str]| {
        let mut arguments = vec!["repository-certificate", "timestamping", "set", authority.url.as_str()];
        arguments.extend(more);
        feed.assay(&arguments)
    };
    for (mood, _, detail) in failures() {
        authority.now(mood);
        command(&[]).failed_saying(detail);
    }
    let show = || feed.assay(&["repository-certificate", "timestamping", "show"]).succeeded();
    assert!(show().contains("no timestamps"), "{}", show());

    authority.now(Mood::Honest("stranger-tsa"));
    for said in ["Stranger Time Root", "--private-tsa", "no timestamp at all is better"] {
        command(&[]).failed_saying(said);
    }
    assert!(command(&["--private-tsa"]).succeeded().contains("warning: clients"));
    assert!(show().contains("warning: clients"));
    authority.now(Mood::Honest("tsa"));
    assert!(!command(&["--private-tsa"]).succeeded().contains("warning"));
    assert!(show().contains(&authority.url) && !show().contains("warning"));
    // The switch is not kept for an authority that does not need it.
    authority.now(Mood::Honest("stranger-tsa"));
    feed.account("alice").push(package("Contoso.Core", "1.0.0").bytes()).refused(503).warning("Stranger Time Root");

    for key in ["timestamp_authority", "private_timestamp_authority"] {
        feed.assay(&["policy", "set", key, "true"]).failed_saying("timestamping set");
    }
    for (url, said) in [
        ("ldap://tsa.example/", "neither http nor https"),
        ("http://a:b@tsa.example/", "credentials"),
        ("tsa.example", "absolute"),
    ] {
        feed.assay(&["repository-certificate", "timestamping", "set", url]).failed_saying(said);
    }
}

#[test]
fn a_locked_authority_is_checked_at_each_push_and_not_changed_by_commands() {
    let authority = Authority::start();
    let folder = tempfile::TempDir::with_prefix("al").unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let settings = format!("[policy]\ntimestamp_authority = \"{}\"\n", authority.url);
    std::fs::write(data.join("assay.toml"), settings).unwrap();
    let feed = Feed::with().data(&data).start();
    let alice = feed.account("alice");
    authority.now(Mood::Honest("stranger-tsa"));
    alice.push(package("Contoso.Core", "1.0.0").bytes()).refused(503).warning("NU3028");
    authority.now(Mood::Honest("tsa"));
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    feed.assay(&["repository-certificate", "timestamping", "remove"]).failed_saying("locked");
    feed.assay(&["repository-certificate", "timestamping", "set", &authority.url]).failed_saying("locked");
}

#[test]
fn an_authority_that_turns_out_to_be_revoked_stamps_no_more() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let authority = Authority::start();
    authority.now(Mood::Honest("crl-tsa-revoked"));
    let listed = |name: &str| -> Option<Value> {
        let rows = feed.assay(&["revocation", "list", "--json"]).succeeded();
        let rows: Vec<Value> = serde_json::from_str(&rows).unwrap();
        rows.into_iter().find(|row| row["fingerprint"] == golden::fingerprint(name))
    };
    assert!(listed("crl-tsa-revoked").is_none());
    set(&feed, &authority);
    assert!(listed("crl-tsa-revoked").is_some(), "it is asked about before it stamps anything");
    // Nobody has said anything yet.
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let asked =
        |name| listed(name).is_some_and(|row| row["failures"][0].as_str().is_some_and(|why| why.contains("ts.crl")));
    let until = Instant::now() + Duration::from_secs(60);
    while !asked("crl-tsa-revoked") && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(asked("crl-tsa-revoked"), "its issuer was not asked");

    let list = golden::trust().join("crl/ts.crl");
    let said = feed.assay(&["revocation", "import", list.to_str().unwrap()]).succeeded();
    assert!(said.contains("REVOKED") && said.contains(&golden::fingerprint("crl-tsa-revoked")), "{said}");
    let content = feed.rows("content");
    let refused = alice.push(package("Contoso.Core", "2.0.0").bytes()).refused(503);
    refused.saying("gave no valid timestamp").warning("NU3028").warning("was revoked at 2023-01-01");
    assert_eq!((feed.rows("version"), feed.rows("content")), (1, content));
    let again = ["repository-certificate", "timestamping", "set", &authority.url];
    feed.assay(&again).failed_saying("was revoked at 2023-01-01");

    // An authority that changes its certificate is asked about with the first package that it stamps.
    authority.now(Mood::Honest("crl-tsa-good"));
    assert!(listed("crl-tsa-good").is_none());
    alice.push(package("Contoso.Core", "2.0.0").bytes()).accepted();
    assert!(listed("crl-tsa-good").is_some());

    authority.now(Mood::Honest("crl-tsa-revoked"));
    feed.assay(&["policy", "set", "own_timestamp", "best-effort"]).succeeded();
    alice.push(package("Contoso.Core", "3.0.0").bytes()).accepted().warning("has no timestamp").warning("NU3028");
}

/// The object identifier of the attribute with a timestamp, 1.2.840.113549.1.9.16.2.14.
const TIMESTAMP: [u8; 13] = [0x06, 11, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 2, 14];

#[test]
fn pushes_at_once_are_all_stamped_and_do_not_queue_for_the_authority() {
    let feed = Feed::start();
    let authority = Authority::start();
    set(&feed, &authority);
    let alice = feed.account("alice");
    // One push for each processor is on its way; an authority that is asked one question at a time would never answer.
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    authority.now(Mood::Together(processors.min(8)));
    std::thread::scope(|scope| {
        for number in 0..8 {
            let alice = &alice;
            scope.spawn(move || {
                let pushed = alice.push(package(&format!("Contoso.Part{number}"), "1.0.0").bytes()).accepted();
                assert!(pushed.warnings.iter().all(|line| !line.contains("timestamp")), "{:?}", pushed.warnings);
            });
        }
    });
    assert_eq!(feed.rows("version"), 8);
    for number in 0..8 {
        let served = feed.download(&format!("Contoso.Part{number}"), "1.0.0");
        let stamps = served.windows(TIMESTAMP.len()).filter(|window| *window == TIMESTAMP).count();
        assert_eq!(stamps, 1, "Contoso.Part{number}");
    }
}

#[test]
fn a_push_whose_facts_change_while_it_is_stamped_is_stamped_anew_and_leaves_nothing_behind() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    for (then, required, accepted) in [
        (Mood::Honest("tsa"), "false", true),
        (Mood::Says("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n"), "true", false),
    ] {
        let authority = Authority::start();
        set(&feed, &authority);
        authority.now(Mood::Together(2));
        let version = if accepted { "1.0.0" } else { "2.0.0" };
        let pushed = std::thread::scope(|scope| {
            let push = scope.spawn(|| alice.push(package("Contoso.Core", version).bytes()));
            authority.await_request();
            feed.assay(&["policy", "set", "timestamp_required", required]).succeeded();
            // What is held gets its timestamp, which is for nothing; this is for the second attempt.
            authority.now(then);
            authority.join();
            push.join().unwrap()
        });
        if accepted {
            _ = pushed.accepted()
        } else {
            _ = pushed.refused(503).warning("status 500")
        }
        assert_eq!((feed.rows("version"), feed.rows("content")), (1, 1), "{version}");
    }
    let served = feed.download("Contoso.Core", "1.0.0");
    assert_eq!(served.windows(TIMESTAMP.len()).filter(|window| *window == TIMESTAMP).count(), 1);
}

/// A proxy would resolve the name once more, behind the guard's back.
#[test]
fn a_proxy_of_the_environment_is_not_asked() {
    let dead = "http://127.0.0.1:9";
    let mut start = Feed::with();
    for name in ["ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"] {
        start = start.environment(name, dead);
    }
    let feed = start.start();
    set(&feed, &Authority::start());
    feed.account("alice").push(package("Contoso.Core", "1.0.0").bytes()).accepted();
}
