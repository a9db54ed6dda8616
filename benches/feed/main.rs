//! How fast is the feed, beside the least that the same work costs: `cargo bench --bench feed`.
//!
//! Signing and verifying stand beside a bare SHA-256 and RSA of the same sizes; each document and download stands beside
//! nginx serving the same bytes from files, measured in turn, so that a busy machine slows both. It asserts nothing.
//! `cargo bench --bench feed -- credentials` measures one part alone: `signatures`, `reads` or `credentials`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, unused_imports)]
#[path = "../../tests/support/mod.rs"]
mod support;

mod credentials;
mod nginx;
mod oracle;
mod signatures;
mod table;

use std::process::Command;
use std::time::Duration;

use support::{Feed, package};

fn main() {
    let only: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|one| one == name);
    if wanted("signatures") {
        signatures::run();
    }
    let missing: Vec<&str> = ["nginx", "wrk", "taskset"].into_iter().filter(|tool| !installed(tool)).collect();
    if missing.is_empty() {
        if wanted("reads") {
            reads();
        }
        if wanted("credentials") {
            credentials::run();
        }
    } else {
        println!("skipped: the comparison with nginx needs {} (apt-get install nginx-light wrk)", missing.join(", "));
    }
}

fn reads() {
    let feed = Feed::with().argument("--plain-http").argument("--anonymous-read").start();
    let alice = feed.account("alice");
    for number in 0..200 {
        alice.push(package("Contoso.Many", &format!("1.{number}.0")).bytes()).accepted();
    }
    alice.push(package("Contoso.Large", "1.0.0").size(1024 * 1024).bytes()).accepted();
    let subjects = [
        ("service index", "/v3/index.json"),
        ("version list, 200 versions", "/v3/flatcontainer/contoso.many/index.json"),
        ("registration, 200 versions", "/v3/registration-semver2/contoso.many/index.json"),
        ("download, 1 MiB", "/v3/flatcontainer/contoso.large/1.0.0/contoso.large.1.0.0.nupkg"),
        ("an unknown id", "/v3/flatcontainer/no.such/index.json"),
        ("search", "/v3/search?q=contoso"),
    ];
    let nginx = nginx::Nginx::serving(&feed, &subjects.map(|(_, path)| path));
    let mut rows = Vec::new();
    for (what, path) in subjects {
        let ours = format!("http://127.0.0.1:{}{path}", feed.endpoint().port());
        let theirs = nginx.url(path);
        let mut rounds: Vec<(f64, f64)> = (0..3).map(|_| (rate(&ours), rate(&theirs))).collect();
        rounds.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let (assay, nginx) = rounds[1];
        rows.push(vec![what.to_owned(), format!("{assay:.0}"), format!("{nginx:.0}"), format!("{:.2}", assay / nginx)]);
    }
    table::print(&["requests a second, one processor", "assay", "nginx", "ratio"], &rows);
}

/// Requests a second over 32 kept connections.
fn rate(url: &str) -> f64 {
    let load = load(url, None, None);
    assert!(url.contains("no.such") || !load.refused, "{url}");
    load.rate
}

/// What a server did under load.
#[derive(Clone, Copy)]
struct Load {
    /// Requests a second.
    rate: f64,
    /// The server's processor time for one request.
    processor: Duration,
    /// Whether any answer was no 2xx.
    refused: bool,
}

/// Asks over 32 kept connections for three seconds, each time with `header`. `pid` is the server's.
fn load(url: &str, header: Option<&str>, pid: Option<u32>) -> Load {
    let mut wrk = Command::new("taskset");
    wrk.args(["-c", "1", "wrk", "-t1", "-c32", "-d3s"]);
    if let Some(header) = header {
        wrk.args(["-H", header]);
    }
    let before = pid.map(processor_time);
    let said = support::environment::output(wrk.arg(url));
    let spent = pid.map(processor_time).zip(before).map(|(after, before)| after - before);
    let number = |text: Option<&str>| -> f64 {
        text.and_then(|number| number.trim().parse().ok()).unwrap_or_else(|| panic!("wrk: {said}"))
    };
    let lines = || said.lines().map(str::trim);
    let count = number(lines().find_map(|line| line.split_once(" requests in ")).map(|(count, _)| count));
    let rate = number(lines().find_map(|line| line.strip_prefix("Requests/sec:")));
    Load { rate, processor: spent.unwrap_or_default().div_f64(count), refused: said.contains("Non-2xx") }
}

/// The processor time that a process has taken so far (`proc_pid_stat(5)`: fields 14 and 15, in hundredths of a second).
fn processor_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("a process");
    let after_name = stat.rsplit_once(") ").expect("a name").1;
    let ticks: u64 = after_name.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 10)
}

fn installed(tool: &str) -> bool {
    let script = format!("command -v {tool}");
    Command::new("sh").args(["-c", &script]).output().is_ok_and(|output| output.status.success())
}
