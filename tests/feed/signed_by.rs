//! Who signed what, everywhere it is told: pages, search, registrations, spreadsheets, the terminal, and the official client,
//! which must not mind.

use serde_json::{Value, json};

use crate::restore::repository_certificate;
use crate::support::pages::Shown;
use crate::support::{Feed, OfficialClient, Request, Visitor, golden, package};

const SIGNED: &str = "good-author-rsa3072-sha384.nupkg";
const CERTIFICATE: &str = "leaf-3072";
const SUBJECT: &str = "CN=Assay Golden Author 3072, O=Assay Golden, C=SE";
const ID: &str = "golden.good-author-rsa3072-sha384";

fn signed_in<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

#[track_caller]
fn says(shown: &Shown, parts: &[&str]) {
    for part in parts {
        assert!(shown.text().contains(part), "`{part}` in: {}", shown.text());
    }
}

/// A feed with a package of alice, signed, and one that nobody signed.
fn house() -> Feed {
    furnished(Feed::start())
}

fn furnished(feed: Feed) -> Feed {
    let alice = feed.account("alice").with_certificate(CERTIFICATE);
    alice.push(golden::read(SIGNED)).accepted();
    feed.account("bob").push(package("Bobs.Plain", "1.0.0").bytes()).accepted();
    feed
}

#[test]
fn the_page_and_the_list_of_versions_say_who_signed_to_everybody_who_may_read() {
    let feed = house();
    let fingerprint = golden::fingerprint(CERTIFICATE);
    let feeds = repository_certificate(&feed).fingerprint.to_lowercase();
    let page = format!("packages/{ID}/1.0.0");
    assert_ne!(Visitor::of(&feed).get(&page).status, 200, "a stranger does not read here");
    feed.assay(&["policy", "set", "anonymous_read", "true"]).succeeded();
    feed.restart();
    for mut visitor in [signed_in(&feed, "bob"), Visitor::of(&feed)] {
        let shown = visitor.get(&page);
        let hash = hex::encode(<sha2::Sha512 as sha2::Digest>::digest(golden::read(SIGNED)));
        says(
            &shown,
            &[
                "Signed by alice",
                "Assay Golden Author 3072",
                "It was signed not later than 20",
                ", without a timestamp",
                &hash,
            ],
        );
        assert!(shown.html.contains(&format!("title=\"{SUBJECT}\"")), "the whole subject is in the title");
        for digits in [&fingerprint, &feeds] {
            assert!(shown.html.contains(&format!("title=\"SHA-256 {digits}\"")), "{digits}");
        }
        says(&shown, &["not later than", "The feed’s signature has no timestamp", "NU3037"]);
        says(&visitor.get("packages/Bobs.Plain"), &["Signed by Not signed by its author"]);
    }
}

#[test]
fn other_peoples_packages_and_rules_that_were_not_kept_are_marked() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-2048");
    feed.assay(&["policy", "set", "foreign_ids", ID]).succeeded();
    alice.push(golden::read(SIGNED)).accepted();
    feed.assay(&["policy", "set", "foreign_ids", ""]).succeeded();
    feed.assay(&["policy", "set", "enforcement", "report"]).succeeded();
    alice.push(package("Contoso.Plain", "1.0.0").bytes()).accepted();
    let mut visitor = signed_in(&feed, "alice");
    let foreign = visitor.get(&format!("packages/{ID}"));
    says(&foreign, &["no account of this feed Other people’s package", "Assay Golden Author 3072"]);
    let plain = visitor.get("packages/Contoso.Plain");
    says(&plain, &["Not signed by its author Rule not kept", "The right people have not signed this version"]);
    assert!(!foreign.text().contains("Rule not kept") && !plain.text().contains("Other people’s package"));
}

#[test]
fn a_version_that_ends_with_its_signers_certificate_says_so_in_time() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "timestamp_required", "false"]).succeeded();
    let file = "good-author-no-timestamp.nupkg";
    let alice = feed.account("alice").with_certificate(CERTIFICATE);
    alice.push(golden::read(file)).accepted();
    let shown = signed_in(&feed, "alice").get(&format!("packages/{}", golden::identity(file)));
    says(
        &shown,
        &[
            "has no timestamp, nor has the author’s. The author’s certificate ends on 2056-01-01",
            "NU3037",
            "None: nothing proves when it was signed",
        ],
    );
}

#[test]
fn search_finds_by_who_signed() {
    let feed = house();
    let fingerprint = golden::fingerprint(CERTIFICATE);
    let found = |query: &str| {
        let answer = feed.get(&format!("/v3/search?q={query}")).json();
        let ids = answer["data"].as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    for query in
        ["signed-by:ALICE", &format!("signed-by:{}", &fingerprint[..8]), &format!("golden+signed-by:{fingerprint}")]
    {
        assert_eq!(found(query), [ID], "{query}");
    }
    assert_eq!(found("signed-by:none"), ["Bobs.Plain"]);
    for query in [
        "signed-by:bob",
        "signed-by:alice+signed-by:none",
        "plain+signed-by:alice",
        "signed-by:00000000",
        &format!("signed-by:{}", &fingerprint[..7]),
    ] {
        assert!(found(query).is_empty(), "{query}");
    }
    let completed = feed.get("/v3/autocomplete?q=signed-by:alice").json();
    assert_eq!(completed["data"], json!([ID]));

    let mut visitor = signed_in(&feed, "bob");
    let shown = visitor.get("?q=signed-by:none");
    says(&shown, &["1 package found", "Bobs.Plain", "signed-by:none for those with a version that no author signed"]);
    says(&visitor.get("?q=signed-by:nobody-here"), &["No package fits all of that", "looks at all versions"]);
}

#[test]
fn what_was_on_the_feed_before_its_certificate_was_registered_is_counted_listed_found_and_keeps_the_row() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "enforcement", "report"]).succeeded();
    let alice = feed.account("alice");
    alice.push(golden::read(SIGNED)).accepted();
    feed.account("bob").with_certificate("leaf-2048");
    let alice = alice.with_certificate(CERTIFICATE);

    let told = feed.ask(&Request::get("/api/v1/accounts/alice/certificates").api_key(&alice.key)).json();
    assert_eq!(told[0]["versions"], 1, "{told}");
    let listed: Value = serde_json::from_str(&feed.assay(&["certificate", "list", "--json"]).succeeded()).unwrap();
    assert_eq!((&listed[0]["versions"], &listed[1]["versions"]), (&json!(1), &json!(0)));
    let hits = |who: &str| feed.get(&format!("/v3/search?q=signed-by:{who}")).json()["totalHits"].clone();
    assert_eq!((hits("alice"), hits("bob")), (json!(1), json!(0)));
    let mut visitor = signed_in(&feed, "alice");
    says(&visitor.get(&format!("packages/{ID}")), &["certificate registered by alice Rule not kept"]);

    visitor.enrol("alice");
    let page = format!("accounts/alice/certificates/{}", golden::fingerprint(CERTIFICATE));
    let shown = visitor.get(&page);
    assert!(shown.targets().contains(&format!("packages/{ID}/1.0.0")), "{:?}", shown.targets());
    says(
        &visitor.get(&format!("{page}/remove")),
        &["1 version on the feed is signed with it", "so does the row, as removed"],
    );
    let alice = alice.without_certificate(CERTIFICATE);
    says(&visitor.get("accounts/alice/certificates"), &["Removed", "Upload it again to enable it."]);
    assert_eq!(hits("alice"), 0, "a registration that was removed vouches for nothing");
    drop(alice);
}

#[test]
fn other_peoples_versions_count_for_an_owner_who_registers_their_certificate_afterwards() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    feed.assay(&["policy", "set", "foreign_ids", ID]).succeeded();
    alice.push(golden::read(SIGNED)).accepted();
    let alice = alice.with_certificate(CERTIFICATE);
    let told = feed.ask(&Request::get("/api/v1/accounts/alice/certificates").api_key(&alice.key)).json();
    assert_eq!(told[0]["versions"], 1, "{told}");
    let shown = signed_in(&feed, "alice").get(&format!("packages/{ID}"));
    says(&shown, &["certificate registered by alice Other people’s package"]);
}

#[test]
fn a_hidden_version_is_not_found_by_its_signer() {
    let feed = house();
    feed.assay(&["policy", "set", "enforcement", "report"]).succeeded();
    let alice = crate::support::person::Person {
        feed: &feed,
        name: "alice".to_owned(),
        password: String::new(),
        key: String::new(),
    };
    let key = alice.new_key(&["--scope", "push,push-version"]);
    alice.push_with_key(&key, package(ID, "2.0.0").bytes()).accepted();
    let hits = || feed.get("/v3/search?q=signed-by:alice").json()["totalHits"].clone();
    assert_eq!(hits(), 1);
    feed.assay(&["package", "hide", ID, "1.0.0", "--reason", "It was a mistake."]).succeeded();
    assert_eq!(hits(), 0, "what readers don't see is not told by a filter either");
}

#[test]
fn registrations_tell_who_signed_and_the_official_client_does_not_mind() {
    let feed = house();
    let entry = |id: &str| {
        let index = feed.get(&format!("/v3/registration-semver2/{}/index.json", id.to_lowercase())).json();
        index["items"][0]["items"][0]["catalogEntry"].clone()
    };
    let signed = &entry(ID)["signedBy"];
    assert_eq!(signed["account"], "alice");
    assert_eq!(signed["fingerprint"], golden::fingerprint(CERTIFICATE));
    assert_eq!(signed["subject"], SUBJECT);
    assert!(signed["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{signed}");
    assert_eq!(entry("Bobs.Plain")["signedBy"], Value::Null, "nobody is not told");

    let bob = crate::support::person::Person::create(&feed, "carol");
    let Some(client) = OfficialClient::of(&bob) else { return };
    client.project("app", &[(ID, "1.0.0"), ("Bobs.Plain", "1.0.0")]).restore(&[]).succeeded();
    assert_eq!(client.search("signed-by:alice"), [(ID.to_owned(), "1.0.0".to_owned())]);
}

#[test]
fn the_documents_of_an_older_server_are_made_anew_and_stay_the_same_bytes_afterwards() {
    // The address stays the same when the server starts again: it alone would make the documents anew.
    let feed = furnished(Feed::with().behind_proxy("https://feed.example").start());
    let index = || feed.get(&format!("/v3/registration-semver2/{ID}/index.json")).body;
    let before = index();
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.execute("UPDATE meta SET value = CAST(replace(CAST(value AS TEXT), '4 ', '3 ') AS BLOB) WHERE key = 'documents_made_for'", []).unwrap();
    database.execute("UPDATE version SET leaf_semver2 = CAST('{}' AS BLOB)", []).unwrap();
    database
        .execute("UPDATE document SET plain = CAST('{}' AS BLOB), etag = 'old' WHERE name LIKE '%index'", [])
        .unwrap();
    drop(database);
    assert_ne!(index(), before);
    feed.restart();
    assert_eq!(index(), before);
}

#[test]
fn who_signed_what_is_a_spreadsheet_for_administrators_and_for_those_who_see_the_certificates() {
    let feed = house();
    feed.assay(&["account", "make-administrator", "bob"]).succeeded();
    feed.account("eve");
    let fingerprint = golden::fingerprint(CERTIFICATE);
    let line = format!("\"{ID}\",\"1.0.0\"");

    let mut bob = signed_in(&feed, "bob");
    bob.enrol("bob");
    let all = bob.get("admin/signers.csv");
    assert_eq!((all.status, all.header("content-type")), (200, Some("text/csv; charset=utf-8; header=present")));
    let lines: Vec<&str> = all.html.lines().collect();
    assert_eq!(lines.len(), 3, "{}", all.html);
    assert!(lines[0].starts_with("\"package\",\"version\",\"published\",\"pusher\",\"owner_account\""), "{}", lines[0]);
    assert!(
        lines[1].starts_with(&line) && lines[1].contains(&format!("\"alice\",\"{SUBJECT}\",\"{fingerprint}\"")),
        "{}",
        lines[1]
    );
    assert!(lines[1].contains(&repository_certificate(&feed).fingerprint.to_lowercase()), "{}", lines[1]);
    assert!(
        lines[2].starts_with("\"Bobs.Plain\",\"1.0.0\"") && lines[2].contains("\"bob\",\"\",\"\",\"\""),
        "{}",
        lines[2]
    );

    let mut alice = signed_in(&feed, "alice");
    assert_ne!(alice.get("accounts/alice/signed.csv").status, 200, "a second factor comes first");
    alice.enrol("alice");
    let own = alice.get("accounts/alice/signed.csv");
    assert!(own.status == 200 && own.html.lines().count() == 2 && own.html.contains(&line), "{}", own.html);
    assert!(alice.get("accounts/alice").targets().contains(&"accounts/alice/signed.csv".to_owned()));
    assert_eq!(alice.get("admin/signers.csv").status, 403);
    let mut eve = signed_in(&feed, "eve");
    eve.enrol("eve");
    assert_eq!(eve.get("accounts/alice/signed.csv").status, 403);
    assert_eq!(eve.get("accounts/nobody/signed.csv").status, 404);
    assert!(!eve.get("accounts/alice").targets().contains(&"accounts/alice/signed.csv".to_owned()));
}

#[test]
fn the_terminal_tells_the_same() {
    let feed = house();
    let table = feed.assay(&["signers"]).succeeded();
    assert!(table.contains("SIGNED BY") && table.contains("Bobs.Plain") && table.contains("nobody"), "{table}");
    let json: Value =
        serde_json::from_str(&feed.assay(&["signers", "--account", "alice", "--json"]).succeeded()).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1, "{json}");
    assert_eq!(json[0]["account"], "alice");
    assert_eq!(json[0]["fingerprint"], golden::fingerprint(CERTIFICATE));
    assert_eq!((&json[0]["letIn"], &json[0]["feedTimestamp"]), (&json!("rule"), &json!(false)));
    let csv = feed.assay(&["signers", "--csv"]).succeeded();
    assert!(csv.lines().count() == 3 && csv.starts_with("\"package\""), "{csv}");
    feed.assay(&["signers", "--account", "nobody"]).failed_saying("nobody");
}
