//! What a client is told: status, phrase, warnings and the link; and the page behind the link.

use std::fmt::Write;

use super::{administrator, database, number, refusals, signed_in};
use crate::support::{Feed, golden, package};

/// The answer to each refusal is a row of the table; the page of each says the same and more.
#[test]
fn every_refusal_says_the_rule_the_way_out_and_where_it_is_explained() {
    let feed = Feed::start();
    administrator(&feed, "root");
    let alice = feed.account("alice");
    let mut visitor = signed_in(&feed, "alice");
    let home = feed.source().replace("v3/index.json", "");
    let mut table = String::new();
    for (name, verdict) in refusals(&feed, &alice) {
        let number = number(&verdict);
        writeln!(table, "{name}: {} {}", verdict.status, verdict.phrase).unwrap();
        for line in &verdict.warnings {
            writeln!(
                table,
                "    {}",
                line.replace(&home, "https://feed.example/").replace(&format!("/verdicts/{number}"), "/verdicts/N")
            )
            .unwrap();
        }
        let told = alice.get(&format!("/api/v1/verdicts/{number}")).json();
        let page = visitor.get(&format!("verdicts/{number}"));
        assert_eq!(page.status, 200, "{name}: {}", page.text());
        let text = page.text().replace('`', "");
        let said = |told: &serde_json::Value| {
            let told = told.as_str().unwrap().replace('`', "");
            let rest = told.chars().skip(1).collect::<String>();
            assert!(text.contains(&rest), "{name}: `{told}` is not on the page: {text}");
        };
        said(&told["sentence"]);
        told["next"].as_array().unwrap().iter().for_each(said);
        told["otherwise"].as_array().unwrap().iter().for_each(said);
        assert!(text.contains("Refused") && text.contains("What to do next"), "{name}: {text}");
    }
    insta::assert_snapshot!(table);
}

/// Attackers with a key look for whom to attack, and for who has no good certificate left.
#[test]
fn a_stranger_who_pushes_learns_neither_who_administers_nor_how_many_certificates_owners_have() {
    let feed = Feed::start();
    administrator(&feed, "root");
    let bob = feed.account("bob").with_certificate("leaf-3072");
    let alice = feed.account("alice");
    bob.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    let id = golden::identity("good-author-rsa3072-sha384.nupkg");
    let refused = alice.push(package(&id, "9.0.0").bytes()).refused(403);
    let number = number(&refused);
    let told = alice.get(&format!("/api/v1/verdicts/{number}")).text();
    let page = signed_in(&feed, "alice").get(&format!("verdicts/{number}")).text();
    for text in [refused.warnings.join("\n"), told, page.clone()] {
        assert!(text.contains("bob"), "owners are known to whoever reads: {text}");
        assert!(!text.contains("root") && !text.contains("certificate of bob"), "{text}");
        assert!(!text.contains("\"inactive\"") && !text.contains("active)"), "{text}");
    }
    assert!(page.contains("Who can change it") && !page.contains("Who must sign"), "{page}");
    // Whoever may push it is told, and still no names of administrators.
    let hers = super::number(&bob.push(package(&id, "9.0.0").bytes()).refused(400));
    let page = signed_in(&feed, "bob").get(&format!("verdicts/{hers}")).text();
    assert!(page.contains("Packages must be signed with the certificate of bob"), "{page}");
    assert!(page.contains("An administrator of this server.") && !page.contains("root"), "{page}");
}

/// What stages let in is counted before they are made stricter: it is there when the version is.
#[test]
fn what_a_stage_lets_in_is_kept_in_the_transaction_that_publishes_it_and_never_stands_in_its_way() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    feed.assay(&["policy", "set", "enforcement", "warn"]).succeeded();
    let trigger = |what: &str| {
        let sql = format!(
            "DROP TRIGGER IF EXISTS broken; CREATE TRIGGER broken BEFORE INSERT ON verdict BEGIN SELECT RAISE({what}, 'broken'); END"
        );
        database(&feed).execute_batch(&sql).unwrap();
    };
    trigger("ABORT");
    let warned = alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    assert!(warned.warnings.iter().all(|line| !line.contains("/verdicts/")), "there is none: {warned:#?}");
    assert_eq!((feed.rows("version"), feed.rows("verdict")), (1, 0));
    // When the verdict takes the transaction with it, the version was in the same one.
    trigger("ROLLBACK");
    alice.push(package("Contoso.Core", "1.1.0").bytes()).refused(500);
    assert_eq!((feed.rows("version"), feed.rows("verdict")), (1, 0));
    database(&feed).execute_batch("DROP TRIGGER broken").unwrap();
    alice.push(package("Contoso.Core", "1.1.0").bytes()).accepted();
    assert_eq!((feed.rows("version"), feed.rows("verdict")), (2, 1));
}

#[test]
fn the_stage_warn_lets_it_in_with_the_same_explanation_and_report_says_nothing() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    feed.assay(&["policy", "set", "enforcement", "warn"]).succeeded();
    let warned = alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    let warned = warned.warning("will be refused once the server enforces").warning("alice (1 active)");
    let page = signed_in(&feed, "alice").get(&format!("verdicts/{}", number(&warned)));
    assert!(page.text().contains("Not enforced") && page.text().contains("lets it in all the same"), "{}", page.text());

    feed.assay(&["policy", "set", "enforcement", "report"]).succeeded();
    let silent = alice.push(package("Contoso.Core", "1.1.0").bytes()).accepted();
    assert!(
        silent.warnings.iter().all(|line| !line.contains("/verdicts/") && !line.contains("enforce")),
        "{silent:#?}"
    );
    let kept: (i64, i64) = database(&feed)
        .query_row(
            "SELECT count(*), min((expires_at - at) / 86400) FROM verdict WHERE outcome = 'not-enforced'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert_eq!(kept, (2, 90), "both are counted for as long as the page of stages looks back");
}

#[test]
fn a_verdict_that_can_not_be_kept_changes_nothing_but_the_link() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let bytes = package("Contoso.Core", "1.0.0").bytes();
    let kept = alice.push(&bytes).refused(400);
    database(&feed).execute("ALTER TABLE verdict RENAME TO elsewhere", []).unwrap();
    let lost = alice.push(&bytes).refused(400);
    assert_eq!((kept.status, &kept.phrase), (lost.status, &lost.phrase));
    assert_eq!(kept.warnings[..kept.warnings.len() - 1], lost.warnings);
    // The log is read beside the server, and may be a little behind.
    let logged = (0..200).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        feed.log().contains("could not be kept")
    });
    assert!(logged, "{}", feed.log());
}

#[test]
fn a_bad_key_is_told_nothing_and_nothing_is_kept_of_it() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let bad = alice.push_with_key("assay_0000000000000000000000000000000000000000000", package("A", "1.0.0").bytes());
    assert!(bad.warnings.iter().all(|line| !line.contains("/verdicts/")), "{bad:#?}");
    assert_eq!((bad.status, feed.rows("verdict")), (403, 0));
}

#[test]
fn what_a_package_wrote_stays_text_on_the_wire_and_on_the_page() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut visitor = signed_in(&feed, "alice");
    for evil in
        ["</script><script>alert(1)</script>", "a&#13;&#10;X-Evil: 1", "&#27;[2J", "ünal\u{202e}", &"x".repeat(3000)]
    {
        let version = evil.replace('<', "&lt;");
        let verdict = alice.push(package("Name", &version).bytes()).refused(400);
        let page = visitor.get(&format!("verdicts/{}", number(&verdict)));
        assert_eq!(page.status, 200);
        assert_eq!(page.html.matches("<script").count(), 1, "{}", page.html);
        assert!(!page.html.contains('\u{1b}') && !page.html.contains('\u{202e}'), "{}", page.html);
    }
}

#[test]
fn nothing_secret_is_in_what_is_kept() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-2048");
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).refused(400);
    let (explained, certificates): (String, i64) = database(&feed)
        .query_row("SELECT explained, length(certificates) FROM verdict", [], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    assert!(!explained.contains(&alice.key) && !explained.contains("assay_"), "{explained}");
    assert!(certificates > 500, "the certificate that signed is kept: {certificates}");
    assert!(explained.contains(&golden::fingerprint("leaf-3072")));
}
