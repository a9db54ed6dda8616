//! Uploads that are slow, stop, or meet a server that dies: what is stored is whole, and nothing else is left.

use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::support::environment;
use crate::support::person::push_request;
use crate::support::{Feed, package};

#[test]
fn a_slow_upload_arrives() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let request = push_request(&package("Contoso.Core", "1.0.0").size(40_000).bytes()).api_key(&alice.key);
    let bytes = request.bytes(feed.endpoint().port());
    let mut connection = feed.connect();
    for piece in bytes.chunks(bytes.len() / 12) {
        connection.send(piece).unwrap();
        thread::sleep(Duration::from_millis(150));
    }
    assert_eq!(connection.answer(false).unwrap().status, 201);
}

#[test]
fn an_upload_that_stops_leaves_nothing() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let request = push_request(&package("Contoso.Core", "1.0.0").size(500_000).bytes()).api_key(&alice.key);
    let bytes = request.bytes(feed.endpoint().port());
    for part in [200, bytes.len() / 2, bytes.len() - 10] {
        let mut connection = feed.connect();
        connection.send(&bytes[..part]).unwrap();
        thread::sleep(Duration::from_millis(200));
        drop(connection);
    }
    wait_until("the spool is empty", || feed.spooled().is_empty());
    assert_eq!((feed.rows("version"), feed.rows("content")), (0, 0));
    assert!(feed.is_serving());
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
}

#[test]
fn many_stalled_uploads_do_not_keep_others_out() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mallory = feed.account("mallory");
    let request = push_request(&package("Contoso.Core", "1.0.0").size(500_000).bytes()).api_key(&mallory.key);
    let bytes = request.bytes(feed.endpoint().port());
    let stalled: Vec<_> = (0..80)
        .map(|_| {
            let mut connection = feed.connect();
            connection.send(&bytes[..bytes.len() / 3]).unwrap();
            connection
        })
        .collect();
    let began = Instant::now();
    assert_eq!(feed.get("/v3/index.json").status, 200);
    alice.push(package("Contoso.Other", "1.0.0").bytes()).accepted();
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    drop(stalled);
}

#[test]
fn the_server_ends_in_good_order_while_an_upload_stalls() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let request = push_request(&package("Contoso.Core", "1.0.0").size(500_000).bytes()).api_key(&alice.key);
    let bytes = request.bytes(feed.endpoint().port());
    let mut connection = feed.connect();
    connection.send(&bytes[..bytes.len() / 2]).unwrap();
    let began = Instant::now();
    let status = feed.stop();
    assert!(status.success(), "SIGTERM is a normal end: {status}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    feed.restart();
    assert_eq!((feed.rows("version"), feed.rows("content")), (0, 0));
    assert!(feed.spooled().is_empty());
}

#[test]
fn a_power_cut_during_a_push_leaves_a_whole_version_or_none() {
    let rounds = if environment::long("twenty power cuts during pushes (three are made now)") { 20 } else { 3 };
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut confirmed = Vec::new();
    for round in 0..rounds {
        let version = format!("1.0.{round}");
        let bytes = package("Contoso.Core", &version).size(3_000_000).bytes();
        let status = thread::scope(|scope| {
            let push = scope
                .spawn(|| feed.endpoint().ask(&push_request(&bytes).api_key(&alice.key)).map(|answer| answer.status));
            thread::sleep(Duration::from_millis(20 + 37 * (round % 20)));
            feed.kill();
            push.join().unwrap()
        });
        feed.restart();
        if status.is_ok_and(|status| status == 201) {
            confirmed.push(version.clone());
        }
        let versions = feed.versions("Contoso.Core");
        assert!(
            confirmed.iter().all(|version| versions.contains(version)),
            "what was confirmed is there: {versions:?}"
        );
        for version in &versions {
            let whole = feed.download("Contoso.Core", version);
            zip::ZipArchive::new(std::io::Cursor::new(whole)).unwrap();
        }
        assert_eq!(feed.rows("content"), feed.rows("version"), "pending content is swept at the start");
        assert!(feed.spooled().is_empty(), "round {round}: {:?}", feed.spooled());
        if !versions.contains(&version) {
            alice.push(&bytes).accepted();
            confirmed.push(version);
        }
    }
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let feed = Feed::start();
    let run = feed.assay(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert!(feed.is_serving());
}

#[test]
fn secrets_in_the_data_folder_are_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let feed = Feed::start();
    for file in ["", "assay.key", "tls/key.pem", "spool"] {
        let path = feed.data().join(file);
        if let Ok(metadata) = fs::metadata(&path) {
            assert_eq!(metadata.permissions().mode() & 0o077, 0, "{}", path.display());
        }
    }
    assert!(feed.data().join("assay.key").exists());
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(15), "not within 15 s: {what}");
        thread::sleep(Duration::from_millis(50));
    }
}
