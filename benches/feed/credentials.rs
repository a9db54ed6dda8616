//! What credentials cost: the same document for everybody, for nobody, with a key and with a password.
//!
//! A restore asks for each URL twice, first without credentials (the official client never sends them unasked). So the refusal
//! must cost next to nothing, and neither a key nor a remembered password may cost a slow hash. Requests a second move
//! with whatever else the machine does; the processor time of a request is steadier.

use std::time::{Duration, Instant};

use base64::Engine;

use crate::nginx::{self, Nginx};
use crate::support::{Feed, Request, package};
use crate::{Load, load, table};

/// The document that is asked for: a version list.
const PATH: &str = "/v3/flatcontainer/contoso.many/index.json";
/// How often each is measured, in turn.
const ROUNDS: usize = 5;

/// Prints the table.
pub fn run() {
    let open = feed(&["--plain-http", "--anonymous-read"]);
    let closed = feed(&["--plain-http"]);
    let alice = closed.account("alice");
    let key = alice.new_key(&["--scope", "read"]);
    let nginx = Nginx::serving(&open, &[PATH]);
    nginx::pin(closed.pid());
    let url = |feed: &Feed| format!("http://127.0.0.1:{}{PATH}", feed.endpoint().port());
    let basic = |secret: &str| {
        let token = base64::engine::general_purpose::STANDARD.encode(format!("alice:{secret}"));
        Some(format!("Authorization: Basic {token}"))
    };
    let first = timed(&closed, &alice.password);
    let subjects = [
        ("nginx, the same bytes", nginx.url(PATH), None, nginx.pid()),
        ("anonymous reading", url(&open), None, open.pid()),
        ("401 without credentials", url(&closed), None, closed.pid()),
        ("Basic with a key", url(&closed), basic(&key), closed.pid()),
        ("Basic with a password, remembered", url(&closed), basic(&alice.password), closed.pid()),
    ];
    let mut rounds: Vec<Vec<Load>> = subjects.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for ((what, url, header, pid), loads) in subjects.iter().zip(&mut rounds) {
            let load = load(url, header.as_deref(), Some(*pid));
            assert_eq!(load.refused, what.starts_with("401"), "{what}");
            loads.push(load);
        }
    }
    let medians: Vec<Load> = rounds.into_iter().map(median).collect();
    let anonymous = medians[1].processor;
    let rows: Vec<Vec<String>> = subjects
        .iter()
        .zip(&medians)
        .map(|((what, ..), load)| {
            let time = load.processor.as_secs_f64() * 1e6;
            let ratio = load.processor.as_secs_f64() / anonymous.as_secs_f64();
            vec![(*what).to_owned(), format!("{:.0}", load.rate), format!("{time:.1}"), format!("{ratio:.2}")]
        })
        .collect();
    table::print(
        &["a version list, one processor", "requests/s", "processor µs/request", "of anonymous reading"],
        &rows,
    );
    println!("the first request with a password, which runs Argon2: {:.1} ms", first.as_secs_f64() * 1e3);
    println!("the next one: {:.1} ms", timed(&closed, &alice.password).as_secs_f64() * 1e3);
}

fn feed(arguments: &[&str]) -> Feed {
    let feed = arguments.iter().fold(Feed::with(), |start, argument| start.argument(argument)).start();
    let pusher = feed.account("pusher");
    for number in 0..50 {
        pusher.push(package("Contoso.Many", &format!("1.{number}.0")).bytes()).accepted();
    }
    feed
}

fn timed(feed: &Feed, password: &str) -> Duration {
    let began = Instant::now();
    assert_eq!(feed.ask(&Request::get(PATH).basic("alice", password)).status, 200);
    began.elapsed()
}

fn median(mut loads: Vec<Load>) -> Load {
    loads.sort_by_key(|load| load.processor);
    loads[loads.len() / 2]
}
