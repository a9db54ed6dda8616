//! How fast is the feed, beside the least that the same work costs: `cargo bench --bench feed`.
//!
//! Signing and verifying stand beside a bare SHA-256 and RSA of the same sizes; each document and download stands beside
//! nginx serving the same bytes from files, measured in turn, so that a busy machine slows both. It asserts nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[allow(dead_code, unused_imports)]
#[path = "../../tests/support/mod.rs"]
mod support;

mod nginx;
mod oracle;
mod signatures;
mod table;

use std::process::Command;

use support::{Feed, package};

fn main() {
    signatures::run();
    let missing: Vec<&str> = ["nginx", "wrk", "taskset"].into_iter().filter(|tool| !installed(tool)).collect();
    if missing.is_empty() {
        reads();
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
    let mut wrk = Command::new("taskset");
    wrk.args(["-c", "1", "wrk", "-t1", "-c32", "-d3s", url]);
    let said = support::environment::output(&mut wrk);
    assert!(url.contains("no.such") || !said.contains("Non-2xx"), "{url}: {said}");
    let line = said.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
    line.and_then(|number| number.trim().parse().ok()).unwrap_or_else(|| panic!("wrk: {said}"))
}

fn installed(tool: &str) -> bool {
    let script = format!("command -v {tool}");
    Command::new("sh").args(["-c", &script]).output().is_ok_and(|output| output.status.success())
}
