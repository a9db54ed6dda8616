//! The page of background jobs, and the command that lists their last runs.

use std::time::{Duration, Instant};

use crate::support::pages::password_of;
use crate::support::{Feed, Visitor};

/// Longer than any job takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn administrator<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let password = format!("{}\n", password_of(name));
    feed.assay_with_input(&["account", "create", name, "--admin", "--password-stdin"], &password).succeeded();
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

fn runs(feed: &Feed) -> Vec<serde_json::Value> {
    serde_json::from_str(&feed.assay(&["jobs", "--json"]).succeeded()).unwrap()
}

fn run_of(feed: &Feed, job: &str) -> serde_json::Value {
    let until = Instant::now() + PATIENCE;
    loop {
        let found = runs(feed).into_iter().find(|run| run["job"] == job && run["outcome"] != "unfinished");
        match found {
            Some(run) => return run,
            None => assert!(Instant::now() < until, "{job} has not run"),
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn jobs_are_listed_with_their_last_result_on_the_page_and_on_the_terminal() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "second_factor", "optional"]).succeeded();
    let mut ann = administrator(&feed, "ann");
    assert_eq!(run_of(&feed, "sweep")["outcome"], "succeeded");
    assert_eq!(run_of(&feed, "revocation")["outcome"], "succeeded");
    assert_eq!(run_of(&feed, "endings")["outcome"], "succeeded");
    // The server sees a policy that another process has set within a second.
    let until = Instant::now() + PATIENCE;
    while ann.get("admin/jobs").status != 200 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(100));
    }
    let page = ann.get("admin/jobs");
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    for part in [
        "Check for revoked certificates",
        "Forget what has ended",
        "Nothing had ended.",
        "took less than a second",
        "Check now",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!((text.matches("Succeeded").count(), text.matches("Not yet run").count()), (3, 3), "{text}");
    let table = feed.assay(&["jobs"]).succeeded();
    assert!(table.contains("OUTCOME") && table.contains("sweep"), "{table}");
}

#[test]
fn whoever_may_see_the_page_may_have_revocation_checked_and_nobody_else() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "second_factor", "optional"]).succeeded();
    feed.account("bob");
    let mut bob = Visitor::of(&feed);
    bob.sign_in("bob");
    assert_eq!(bob.post("admin/jobs/revocation", &[]).status, 403);
    let mut ann = administrator(&feed, "ann");
    // The server sees what another process has changed within a second.
    let seen = (0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        ann.get("admin/jobs").status == 200
    });
    assert!(seen, "the policy lets an administrator without a factor in");
    let shown = ann.submit("admin/jobs/revocation", &[]);
    assert!(shown.text().contains("All issuers are asked now"), "{}", shown.text());
    assert_eq!(ann.post_raw("admin/jobs/revocation", &[("csrf", "another")]).status, 403);
}

#[test]
fn documents_that_are_made_anew_at_a_start_are_a_run_that_is_told() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(crate::support::package("Contoso.Core", "1.0.0").bytes()).accepted();
    // The port of the public URL is another one after each start.
    feed.restart();
    let run = run_of(&feed, "documents");
    assert_eq!(run["outcome"], "succeeded");
    assert!(run["result"].as_str().unwrap().starts_with("made the documents of 1 packages"), "{run}");
}
