//! The certificates page of an account: registering from files, what each file is told, limits, removal, history.

use crate::support::pages::{Shown, password_of};
use crate::support::{Feed, Request, Visitor, golden};

/// The page of an account.
fn page(account: &str) -> String {
    format!("accounts/{account}/certificates")
}

fn page_of(account: &str, certificate: &str) -> String {
    format!("accounts/{account}/certificates/{}", golden::fingerprint(certificate))
}

fn der(name: &str) -> Vec<u8> {
    std::fs::read(golden::certificate(name)).unwrap()
}

/// Somebody with an account, in a second-factor session.
fn person<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    feed.account(name);
    signed_in(feed, name)
}

fn signed_in<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor.enrol(name);
    visitor
}

fn administrator<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let input = format!("{}\n", password_of(name));
    feed.assay_with_input(&["account", "create", name, "--admin", "--password-stdin"], &input).succeeded();
    signed_in(feed, name)
}

/// An organization with an administrator and a collaborator.
fn contoso(feed: &Feed) -> (Visitor<'_>, Visitor<'_>) {
    let (ann, col) = (person(feed, "ann"), person(feed, "col"));
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "ann", "--administrator"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "col"]).succeeded();
    (ann, col)
}

/// Chooses golden certificates and sends the form.
fn upload(visitor: &mut Visitor<'_>, account: &str, certificates: &[&str]) -> Shown {
    upload_with(visitor, account, certificates, &[], "")
}

fn upload_with(
    visitor: &mut Visitor<'_>,
    account: &str,
    certificates: &[&str],
    chain: &[&str],
    patterns: &str,
) -> Shown {
    let named = |field: &'static str, names: &[&str]| -> Vec<(&'static str, String, Vec<u8>)> {
        names.iter().map(|name| (field, format!("{name}.cer"), der(name))).collect()
    };
    let files = [named("files", certificates), named("chain", chain)].concat();
    let files: Vec<(&str, &str, &[u8])> =
        files.iter().map(|(field, name, bytes)| (*field, name.as_str(), bytes.as_slice())).collect();
    visitor.upload(&page(account), &[("patterns", patterns)], &files)
}

#[track_caller]
fn says(shown: &Shown, text: &str) {
    assert!(shown.text().contains(text), "`{text}` is not on the page: {}", shown.text());
}

#[track_caller]
fn does_not_say(shown: &Shown, text: &str) {
    assert!(!shown.text().contains(text), "`{text}` is on the page: {}", shown.text());
}

#[test]
fn a_certificate_from_its_registration_to_its_removal_and_back() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut page_visitor = signed_in(&feed, "alice");
    let mine = page_visitor.get("account/certificates");
    assert_eq!(mine.location.as_deref(), Some("accounts/alice/certificates"));
    let empty = page_visitor.follow(&mine);
    says(&empty, "No certificate is registered, so packages of alice are accepted without a signature");
    says(&empty, "Choose “No, do not export the private key”");

    let sent = upload(&mut page_visitor, "alice", &["leaf-3072"]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let list = page_visitor.follow(&sent);
    says(&list, "Registered: CN=");
    says(&list, "Its chain is not yet proven: the certificate of its issuer");
    says(&list, "Active Chain not yet proven");
    let digits = golden::fingerprint("leaf-3072");
    assert!(list.html.contains(&format!("data-copy=\"{digits}\"")), "the SHA-256 is copied whole");
    assert!(list.html.contains("title=\"SHA-1 "), "{}", list.html);

    // The first push proves the chain, and the version is counted and listed.
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    let list = page_visitor.get(&page("alice"));
    does_not_say(&list, "Chain not yet proven");
    assert!(list.targets().contains(&format!("{}#versions", page_of("alice", "leaf-3072"))), "{:?}", list.targets());
    let one = page_visitor.get(&page_of("alice", "leaf-3072"));
    for text in ["Serial number", "RSA 3072", "code signing", "Proven", "Assay Golden Code Root A", "1.0.0"] {
        says(&one, text);
    }

    // Removing it says what happens here: a version stays, and unsigned packages become acceptable.
    let asked = page_visitor.get(&format!("{}/remove", page_of("alice", "leaf-3072")));
    says(&asked, "1 version on the feed is signed with it as one of alice. It stays as it is");
    says(&asked, "Packages without a signature will be accepted");
    let id = golden::identity("good-author-rsa3072-sha384.nupkg");
    says(&asked, &id);
    let mark = hidden(&asked, "unsigned");
    let path = format!("{}/remove", page_of("alice", "leaf-3072"));
    let again = page_visitor.post(&path, &[]);
    assert_eq!(again.status, 409, "what was not shown is not done: {}", again.text());
    assert_eq!(page_visitor.post(&path, &[("unsigned", "meant")]).status, 409);
    says(&page_visitor.get(&page("alice")), "Active");
    let done = page_visitor.submit(&path, &[("unsigned", &mark)]);
    says(&done, "The certificate is removed; 1 version signed with it stays on the feed.");
    says(&done, "Removed");
    says(&done, "Upload it again to enable it.");
    assert!(done.html.contains("<tr class=\"muted\""), "{}", done.html);
    alice.push(golden::read("good-author-sha256WithRSA.nupkg")).refused(400);

    let back = upload(&mut page_visitor, "alice", &["leaf-3072"]);
    let list = page_visitor.follow(&back);
    says(&list, "Enabled again: CN=");
    does_not_say(&list, "Removed");

    let history = page_visitor.get(&format!("{}/history", page("alice")));
    for text in ["Registered the certificate", "Removed the certificate", "alice", "it had been removed"] {
        says(&history, text);
    }
    assert_eq!(history.inside("tr").len(), 4, "{}", history.text());
    says(&page_visitor.get("account"), "alice removed a certificate of alice");
}

/// The value of a hidden field.
#[track_caller]
fn hidden(shown: &Shown, name: &str) -> String {
    let mark = format!("name=\"{name}\" value=\"");
    let rest = shown.html.split(&mark).nth(1).unwrap_or_else(|| panic!("no field `{name}`: {}", shown.html));
    rest.split('"').next().unwrap().to_owned()
}

#[test]
fn each_file_is_told_by_its_name_and_the_good_ones_are_registered() {
    let feed = Feed::start();
    let mut ann = person(&feed, "ann");
    let (good, key) = (der("leaf-3072"), std::fs::read(golden::trust().join("keys/leaf-3072.key.pem")).unwrap());
    let files: [(&str, &str, &[u8]); 4] = [
        ("files", "good.cer", &good),
        ("files", "secret.pem", &key),
        ("files", "old.cer", &der("leaf-expired")),
        ("files", "<b>.cer", b"<html><head>"),
    ];
    let shown = ann.upload(&page("ann"), &[], &files);
    assert_eq!(shown.status, 200, "{}", shown.text());
    assert_eq!(shown.inside("h2")[..4], ["good.cer", "secret.pem", "old.cer", "<b>.cer"], "{}", shown.text());
    says(&shown, "This file is a private key; it was not kept");
    says(&shown, "it expired at 2022");
    says(&shown, "This file is a web page");
    assert_eq!(feed.rows("certificate_registration"), 1);
    let body = String::from_utf8_lossy(&key).lines().nth(3).unwrap().to_owned();
    assert!(!shown.html.contains(&body) && !feed.log().contains(&body), "a key is repeated nowhere");

    let shown = ann.upload(&page("ann"), &[], &files[1..]);
    assert_eq!(shown.status, 422);
    says(&shown, "Nothing was registered.");
    let shown = ann.upload(&page("ann"), &[("patterns", "A.*\nnot a pattern")], &[]);
    assert_eq!(shown.status, 422);
    says(&shown, "Choose at least one file.");
    says(&shown, "not a pattern is no package ID pattern");
    assert!(shown.html.contains("A.*\nnot a pattern</textarea>"), "what was typed is kept");
}

/// Whoever builds packages has them beside the certificate.
#[test]
fn a_package_that_is_chosen_by_mistake_is_named_however_large_it_is_and_costs_no_other_file() {
    let feed = Feed::start();
    let mut ann = person(&feed, "ann");
    let large = crate::support::package("Contoso.Core", "1.0.0").size(20 << 20).bytes();
    let noise: Vec<u8> = (0..=250u8).cycle().take((2 << 20) + 1).collect();
    let files: [(&str, &str, &[u8]); 4] = [
        ("files", "core.nupkg", &large),
        ("files", "good.cer", &der("leaf-3072")),
        ("files", "noise.bin", &noise),
        ("files", "other.cer", &der("leaf-2048")),
    ];
    let shown = ann.upload(&page("ann"), &[("patterns", "Contoso.*")], &files);
    assert_eq!(shown.status, 200, "{}", shown.text());
    assert_eq!(shown.inside("h2")[..4], ["core.nupkg", "good.cer", "noise.bin", "other.cer"], "{}", shown.text());
    says(&shown, "This file is a package; take the certificate that is wanted out of its signature");
    says(&shown, "The file has 2097153 bytes, and a certificate at most 10000");
    says(&shown, "2 certificates are registered. ");
    says(&shown, "2 files were refused.");
    assert_eq!(feed.rows("certificate_registration"), 2);
    says(&ann.get(&page("ann")), "Contoso.*");

    let chain: [(&str, &str, &[u8]); 2] = [("files", "a.cer", &der("leaf-4096")), ("chain", "core.nupkg", &large)];
    let shown = ann.upload(&page("ann"), &[], &chain);
    assert_eq!(shown.status, 422);
    says(&shown, "core.nupkg: this file is a package");
}

#[test]
fn twenty_files_are_taken_at_once_and_of_more_nothing_is_and_the_page_says_so() {
    let feed = Feed::start();
    let mut ann = person(&feed, "ann");
    let good = der("leaf-3072");
    let files = |count: usize| -> Vec<(&str, &str, &[u8])> {
        // What browsers send for the field in which nothing was chosen comes last.
        let wrong = std::iter::repeat_n(("files", "wrong.cer", &b"no certificate"[..]), count - 1);
        [("files", "good.cer", good.as_slice())].into_iter().chain(wrong).chain([("chain", "", &b""[..])]).collect()
    };
    let shown = ann.upload(&page("ann"), &[], &files(21));
    assert_eq!(shown.status, 413);
    says(&shown, "At most 20 files can be sent at once. Go back and send them in several goes.");
    assert_eq!(feed.rows("certificate_registration"), 0);
    let shown = ann.upload(&page("ann"), &[], &files(20));
    assert_eq!(shown.status, 200, "{}", shown.text());
    says(&shown, "19 files were refused.");
    assert_eq!(feed.rows("certificate_registration"), 1);
}

#[test]
fn a_certificate_that_is_not_valid_yet_is_registered_says_when_it_counts_and_lets_nothing_through() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut visitor = signed_in(&feed, "alice");
    let sent = upload(&mut visitor, "alice", &["not-yet-valid", "not-yet-valid-timestamped"]);
    assert_eq!(sent.status, 303, "{}", sent.text());
    let list = visitor.follow(&sent);
    says(&list, "2 certificates are registered.");
    for certificate in ["not-yet-valid", "not-yet-valid-timestamped"] {
        let one = visitor.get(&page_of("alice", certificate));
        says(&one, "Not yet valid");
        says(&one, "Valid from 2055-01-01");
        does_not_say(&one, "Active");
    }
    says(&list, "Not yet valid");
    says(&list, "Counts from 2055-01-01");
    does_not_say(&list, "Active");
    let listed = feed.assay(&["certificate", "list", "--account", "alice"]).succeeded();
    assert!(listed.contains("not-yet-valid"), "{listed}");
    for certificate in ["not-yet-valid", "not-yet-valid-timestamped"] {
        let file = format!("cert-{certificate}.nupkg");
        let refused = alice.push(golden::read(&file)).refused(400);
        assert_eq!(refused.phrase, "NU3017 signing certificate is not yet valid");
        let _ = refused.warning("is valid only from 2055-01-01").warning(&golden::fingerprint(certificate));
    }
    // It is a certificate that the owner has, so unsigned packages are refused too.
    alice.push(crate::support::package("Alices.Own", "1.0.0").bytes()).refused(400).saying("NU3004");
    assert_eq!(feed.rows("version"), 0);
}

#[test]
fn uploading_it_again_changes_nothing_and_says_so() {
    let feed = Feed::start();
    let mut ann = person(&feed, "ann");
    upload_with(&mut ann, "ann", &["leaf-3072"], &[], "Contoso.*");
    let records = feed.rows("audit");
    let sent = upload_with(&mut ann, "ann", &["leaf-3072"], &[], "contoso.*");
    says(&ann.follow(&sent), "It was registered already");
    assert_eq!(feed.rows("audit"), records);
    let other = upload(&mut ann, "ann", &["leaf-3072"]);
    assert_eq!(other.status, 422);
    says(&other, "It is registered already, only for Contoso.*");
}

#[test]
fn the_certificates_above_it_prove_its_chain_at_once() {
    let feed = Feed::start();
    let mut ann = person(&feed, "ann");
    let sent = upload_with(&mut ann, "ann", &["leaf-3072"], &["code-int-a1"], "");
    let list = ann.follow(&sent);
    says(&list, "Its chain is proven.");
    does_not_say(&list, "Chain not yet proven");
    let wrong = ann.upload(
        &page("ann"),
        &[],
        &[("files", "a.cer", &der("leaf-2048")), ("chain", "key.pem", b"-----BEGIN PRIVATE KEY-----\n")],
    );
    assert_eq!(wrong.status, 422);
    says(&wrong, "key.pem: this file is a private key");
    assert_eq!(feed.rows("certificate_registration"), 1, "nothing was registered");
}

#[test]
fn whoever_has_no_second_factor_sees_why_and_one_button_leads_there_and_back() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let mine = ann.get("account/certificates");
    let asked = ann.follow(&mine);
    assert_eq!(asked.status, 403);
    says(&asked, "A second factor is needed");
    says(&asked, "whose signature counts");
    let button = asked.targets().into_iter().find(|target| target.contains("second-factor")).expect("a button");
    assert!(button.contains("return_to=accounts%2Fann%2Fcertificates"), "{button}");
    let refused = upload(&mut ann, "ann", &["leaf-3072"]);
    assert_eq!(refused.status, 403, "{}", refused.text());
    assert_eq!(feed.rows("certificate_registration"), 0);

    let (mut phone, _) = ann.enrol("ann");
    assert_eq!(ann.get(&page("ann")).status, 200);
    // Long after, only the code is asked for, and one comes back.
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    database.execute("UPDATE session SET second_factor_at = second_factor_at - 7200", []).unwrap();
    let asked = ann.get(&page("ann"));
    assert_eq!(asked.status, 403);
    says(&asked, "Code of your second factor");
    let given = ann.post("account/confirm", &[("confirm_code", &phone.code()), ("return_to", &page("ann"))]);
    assert_eq!(given.location.as_deref(), Some(page("ann").as_str()), "{}", given.text());
    assert_eq!(ann.follow(&given).status, 200);
}

#[test]
fn the_certificates_of_an_organization_are_its_administrators_to_change_and_its_members_to_see() {
    let feed = Feed::start();
    let (mut ann, mut col) = contoso(&feed);
    let (mut out, mut root) = (person(&feed, "out"), administrator(&feed, "root"));
    feed.assay(&["account", "add-member", "contoso", "out", "--administrator"]).succeeded();
    let sent = upload(&mut ann, "contoso", &["leaf-3072"]);
    let list = ann.follow(&sent);
    says(&list, "Certificates of contoso");
    assert!(list.targets().contains(&"accounts/contoso/members".to_owned()), "tabs: {:?}", list.targets());
    says(&out.get("account"), "ann registered a certificate of contoso: CN=");
    feed.assay(&["account", "remove-member", "contoso", "out"]).succeeded();
    for visitor in [&mut col, &mut root] {
        let list = visitor.get(&page("contoso"));
        assert_eq!(list.status, 200);
        says(&list, "Only administrators of contoso register and remove certificates.");
        assert!(!list.html.contains("type=\"file\"") && !list.html.contains("/remove\""), "{}", list.html);
        assert_eq!(visitor.get(&page_of("contoso", "leaf-3072")).status, 200);
        assert_eq!(visitor.get(&format!("{}/remove", page_of("contoso", "leaf-3072"))).status, 403);
        assert_eq!(visitor.post(&format!("{}/remove", page_of("contoso", "leaf-3072")), &[]).status, 403);
        assert_eq!(upload(visitor, "contoso", &["leaf-2048"]).status, 403);
    }
    assert_eq!(out.get(&page("contoso")).status, 403);
    assert_eq!(out.get(&page("nobody")).status, 404);
    assert_eq!(ann.get(&page_of("contoso", "leaf-2048")).status, 404);
    assert_eq!(feed.rows("certificate_registration"), 1);
}

#[test]
fn limiting_a_certificate_asks_when_it_opens_an_id_and_tells_its_other_owners() {
    let feed = Feed::start();
    let mut ann = person(&feed, "ann");
    let key = feed.assay(&["key", "create", "--account", "ann", "--scope", "push"]).succeeded();
    let bytes = crate::support::package("A.Core", "1.0.0").bytes();
    let pushed = feed.ask(&crate::support::person::push_request(&bytes).api_key(&key));
    assert_eq!(pushed.status, 201, "{}", pushed.text());
    let mut bob = person(&feed, "bob");
    ann.submit("packages/A.Core/manage", &[("name", "bob")]);
    let invitations = bob.get("account/organizations");
    let accept = invitations.targets().into_iter().find(|target| target.ends_with("/accept")).expect("an invitation");
    bob.submit(&accept, &[]);
    let sent = upload(&mut ann, "ann", &["leaf-3072"]);
    says(&ann.follow(&sent), "From now on packages must be signed for A.Core.");
    says(&bob.get("account"), "packages of A.Core must be signed with an owner's certificate: ann registered");

    let path = format!("{}/patterns", page_of("ann", "leaf-3072"));
    let asked = ann.post(&path, &[("patterns", "B.*\nC.*")]);
    assert_eq!(asked.status, 409);
    says(&asked, "Packages without a signature will be accepted");
    let (mark, typed) = (hidden(&asked, "unsigned"), hidden(&asked, "patterns"));
    assert_eq!(typed, "B.*\nC.*");
    let done = ann.submit(&path, &[("patterns", &typed), ("unsigned", &mark)]);
    says(&done, "Packages without a signature are accepted from now on for A.Core.");
    says(&ann.get(&page("ann")), "B.*, C.*");
    says(&bob.get("account"), "packages without a signature are accepted for A.Core");
    let wrong = ann.post(&path, &[("patterns", "no pattern")]);
    assert_eq!(wrong.status, 422);
    says(&ann.submit(&path, &[("patterns", "c.*\nb.*")]), "It counts for these package IDs already.");
    says(&ann.submit(&path, &[("patterns", "")]), "The package IDs are changed.");
}

#[test]
fn what_issuers_say_stands_beside_the_status_with_when_and_from_where() {
    let feed = Feed::start();
    let mut ann = person(&feed, "ann");
    let sent = upload_with(&mut ann, "ann", &["crl-revoked-late"], &["crl-ca"], "");
    says(&ann.follow(&sent), "Its chain is proven.");
    let list = golden::trust().join("crl/ca.crl");
    feed.assay(&["revocation", "import", list.to_str().unwrap()]).succeeded();
    let shown = ann.get(&page("ann"));
    says(&shown, "Revoked");
    says(&shown, "superseded; learnt just now from ca.crl.");
    let again = upload(&mut ann, "ann", &["crl-revoked-early"]);
    assert_eq!(again.status, 422);
    says(&again, "known to be revoked");
}

#[test]
fn a_hold_is_not_shown_as_if_it_were_final() {
    let feed = Feed::start();
    let mut ann = person(&feed, "ann");
    upload_with(&mut ann, "ann", &["crl-hold"], &["crl-ca"], "");
    let list = golden::trust().join("crl/ca.crl");
    feed.assay(&["revocation", "import", list.to_str().unwrap()]).succeeded();
    for path in [page("ann"), page_of("ann", "crl-hold")] {
        let shown = ann.get(&path);
        says(&shown, "On hold since 2023-01-01");
        does_not_say(&shown, "Revoked");
    }
    says(&ann.get(&page("ann")), "Wait for that, or sign with another one.");
    let listed = feed.assay(&["certificate", "list"]).succeeded();
    assert!(listed.contains("on hold") && !listed.contains("revoked"), "{listed}");
    let mut bob = person(&feed, "bob");
    let refused = upload(&mut bob, "bob", &["crl-hold"]);
    says(&refused, "wait until its issuer lifts the hold, or sign with another certificate");
    does_not_say(&refused, "get a new certificate");
}

#[test]
fn a_root_that_the_policy_does_not_accept_any_more_is_named_for_what_it_does() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "accept_untrusted_roots", "true"]).succeeded();
    let alice = feed.account("alice").with_certificate("stranger-self");
    alice.push(golden::read("cert-self-signed.nupkg")).accepted();
    let mut visitor = signed_in(&feed, "alice");
    let one = page_of("alice", "stranger-self");
    says(&visitor.get(&one), "is no trust anchor; it counts because this server accepts");
    does_not_say(&visitor.get(&page("alice")), "Root not trusted");

    feed.assay(&["policy", "set", "accept_untrusted_roots", "false"]).succeeded();
    let list = visitor.get(&page("alice"));
    says(&list, "Active Root not trusted");
    does_not_say(&list, "Chain not yet proven");
    let shown = visitor.get(&one);
    says(&shown, "so every push signed with it is refused (NU3018); an administrator can trust the root.");
    does_not_say(&shown, "it counts because");
    assert!(feed.assay(&["certificate", "list"]).succeeded().contains("active, root not trusted"));
    let fingerprint = golden::fingerprint("stranger-self");
    let terminal = feed.assay(&["certificate", "show", "--account", "alice", &fingerprint]).succeeded();
    assert!(terminal.contains("are refused (NU3018)"), "{terminal}");
    let key = alice.new_key(&["--scope", "push"]);
    let told = feed.ask(&Request::get("/api/v1/accounts/alice/certificates").api_key(&key)).json();
    assert!(told[0]["untrusted_root"].is_string(), "{told}");
}

#[test]
fn a_revoked_authority_refuses_pushes_and_every_list_says_so_beside_the_active_certificate() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let mut visitor = signed_in(&feed, "alice");
    upload_with(&mut visitor, "alice", &["leaf-3072"], &["code-int-a1"], "");
    let authority = golden::fingerprint("code-int-a1");
    let mark = ["revocation", "mark", &authority, "--since", "2020-01-02", "--reason", "its key was stolen"];
    feed.assay(&mark).succeeded();
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).refused(400);

    for path in [page("alice"), page_of("alice", "leaf-3072")] {
        let shown = visitor.get(&path);
        says(&shown, "Active Authority revoked");
        says(&shown, "Pushes signed with it are refused because of who issued it. CN=Assay Golden Code Issuing A1, ");
        says(&shown, "C=SE: Revoked since 2020-01-02: its key was stolen; learnt just now, marked by command line.");
    }
    says(
        &visitor.get(&page_of("alice", "leaf-3072")),
        "CN=Assay Golden Code Issuing A1, O=Assay Golden, C=SE Revoked CN=",
    );

    let answer = feed.ask(&Request::get("/api/v1/accounts/alice/certificates").api_key(&alice.key));
    let told = &answer.json()[0];
    assert_eq!(
        (told["status"].as_str(), &told["revoked_above"][0]["fingerprint"]),
        (Some("active"), &authority.clone().into())
    );
    let terminal = |arguments: &[&str]| feed.assay(&[&["certificate"], arguments].concat()).succeeded();
    let listed: serde_json::Value = serde_json::from_str(&terminal(&["list", "--json"])).unwrap();
    assert_eq!(&listed[0]["revoked_above"], &told["revoked_above"]);
    assert_eq!(told["revoked_above"][0]["status"], "revoked");
    assert!(terminal(&["list"]).contains("active, authority revoked"), "{}", terminal(&["list"]));
    let shown = terminal(&["show", "--account", "alice", &golden::fingerprint("leaf-3072")]);
    assert!(shown.contains(&format!("({authority}) is revoked since 2020-01-02")), "{shown}");

    feed.assay(&["revocation", "unmark", &authority]).succeeded();
    does_not_say(&visitor.get(&page("alice")), "Authority revoked");
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
}

#[test]
fn a_key_lists_the_certificates_of_the_account_it_acts_for_and_changes_none() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    let bob = feed.account("bob");
    let target = "/api/v1/accounts/alice/certificates";
    let push_only = alice.new_key(&["--scope", "push"]);
    let answer = feed.ask(&Request::get(target).api_key(&push_only));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let listed = &answer.json()[0];
    assert_eq!(listed["fingerprint"], golden::fingerprint("leaf-3072"));
    assert_eq!((listed["status"].as_str(), listed["versions"].as_u64()), (Some("active"), Some(0)));
    assert_eq!(feed.ask(&Request::get(target).basic("alice", &push_only)).status, 200);
    assert_eq!(feed.ask(&Request::get(target).api_key(&bob.key)).status, 403);
    assert_eq!(feed.ask(&Request::get("/api/v1/accounts/nobody/certificates").api_key(&bob.key)).status, 403);
    assert_eq!(feed.ask(&Request::get(target)).status, 401);
    let body = || der("leaf-2048");
    for method in ["POST", "PUT", "DELETE"] {
        let status = feed.ask(&Request::new(method, target).api_key(&alice.key).body(body())).status;
        assert!(matches!(status, 404 | 405), "{method}: {status}");
    }
    assert_eq!(feed.rows("certificate_registration"), 1);
}

#[test]
fn the_terminal_does_the_same_and_says_the_same() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(crate::support::package("A.Core", "1.0.0").bytes()).accepted();
    let (leaf, above) = (golden::certificate("leaf-3072"), golden::certificate("code-int-a1"));
    let (leaf, above) = (leaf.to_str().unwrap(), above.to_str().unwrap());
    let digits = golden::fingerprint("leaf-3072");
    let json = |arguments: &[&str]| -> serde_json::Value {
        serde_json::from_str(&feed.assay(&[arguments, &["--json"]].concat()).succeeded()).unwrap()
    };
    let of_alice = ["--account", "alice"];
    let certificate = |verb: &'static str, rest: &[&'static str]| -> Vec<&'static str> {
        [&["certificate", verb], &of_alice[..], rest].concat()
    };
    let add = [&certificate("add", &["--chain"])[..], &[above, leaf]].concat();
    let added = json(&add);
    assert_eq!((added["chain_proven"].as_bool(), added["outcome"].as_str()), (Some(true), Some("registered")));
    assert_eq!(added["consequences"]["closed"][0], "A.Core");
    assert_eq!(json(&add)["outcome"], "registered already");
    let limited = [&certificate("add", &["--pattern", "B.*"])[..], &[leaf]].concat();
    feed.assay(&limited).failed_saying("assay certificate limit");

    let shown = json(&[&certificate("show", &[])[..], &[&digits]].concat());
    assert_eq!((shown["key"].as_str(), shown["chain"].as_str()), (Some("RSA 3072"), Some("proven")));
    assert!(feed.assay(&[&certificate("show", &[])[..], &[&digits]].concat()).succeeded().contains("SHA-1"));

    let remove = [&certificate("remove", &[])[..], &[&digits]].concat();
    feed.assay(&remove).failed_saying(
        "accepted from then on for A.Core; that has to be confirmed: repeat the command with `--accept-unsigned`",
    );
    let limit = [&certificate("limit", &["--pattern", "B.*"])[..], &[&digits]].concat();
    feed.assay(&limit).failed_saying("--accept-unsigned");
    let limit = [&certificate("limit", &["--pattern", "A.*"])[..], &[&digits]].concat();
    assert_eq!(json(&limit)["outcome"], "changed");
    let removed = json(&[&certificate("remove", &["--accept-unsigned"])[..], &[&digits]].concat());
    assert_eq!(
        (removed["outcome"].as_str(), &removed["consequences"]["opened"][0]),
        (Some("removed"), &"A.Core".into())
    );
    let history = json(&certificate("history", &[]));
    let actions: Vec<&str> = history.as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["certificate.remove", "certificate.limit", "certificate.register"]);
    assert!(feed.assay(&certificate("history", &[])).succeeded().contains("command line"));
}

/// What happens to pushes hangs on who else has registered it, and on whether the rule is enforced.
#[test]
fn the_question_before_a_removal_says_what_happens_in_this_case() {
    let feed = Feed::start();
    let ann_person = feed.account("ann");
    let mut ann = signed_in(&feed, "ann");
    for id in ["A.Core", "A.Tools"] {
        ann_person.push(crate::support::package(id, "1.0.0").bytes()).accepted();
    }
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "ann", "--administrator"]).succeeded();
    let added = ann.submit("packages/A.Core/manage", &[("name", "contoso")]);
    says(&added, "contoso is an owner now.");
    does_not_say(&added, "Packages without a signature");
    for account in ["ann", "contoso"] {
        let sent = upload(&mut ann, account, &["leaf-3072"]);
        assert!(sent.location.is_some(), "{}", sent.text());
    }
    let path = format!("{}/remove", page_of("contoso", "leaf-3072"));
    let asked = ann.get(&path);
    says(
        &asked,
        "Pushes signed with it fail from now on, except for these package IDs: A.Core: ann has registered it too",
    );
    does_not_say(&asked, "A.Tools");
    does_not_say(&ann.get(&format!("{}/remove", page_of("ann", "leaf-3072"))), "A.Tools: contoso");

    // Where the last active one goes and another stays, nobody can push.
    upload(&mut ann, "ann", &["leaf-2048"]);
    feed.assay(&["revocation", "mark", &golden::fingerprint("leaf-2048"), "--since", "2020-01-02"]).succeeded();
    let path = format!("{}/remove", page_of("ann", "leaf-3072"));
    let asked = ann.get(&path);
    says(&asked, "Nobody will be able to push");
    says(&asked, "none is left that is active: A.Tools Until");
    does_not_say(&asked, "Packages without a signature will be accepted");
    let limits = format!("{}/patterns", page_of("ann", "leaf-3072"));
    let limited = ann.post(&limits, &[("patterns", "A.Core")]);
    assert_eq!(limited.status, 409);
    says(&limited, "Nobody will be able to push");

    feed.assay(&["policy", "set", "foreign_ids", "A.*"]).succeeded();
    let asked = ann.get(&path);
    does_not_say(&asked, "Nobody will be able to push");
    says(&asked, "Not enforced now");
    says(&asked, "A.Tools: other people’s package, judged by its own signature alone");
    let digits = golden::fingerprint("leaf-3072");
    let removed = feed.assay(&["certificate", "remove", "--account", "ann", &digits]).succeeded();
    assert!(removed.contains("still accepted signed with it: A.Tools: other people’s package"), "{removed}");
    ann_person.push(crate::support::package("A.Tools", "2.0.0").bytes()).accepted();
}

#[test]
fn the_terminal_says_that_nobody_can_push() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(crate::support::package("A.Core", "1.0.0").bytes()).accepted();
    let alice = alice.with_certificate("leaf-3072").with_certificate("leaf-2048");
    feed.assay(&["revocation", "mark", &golden::fingerprint("leaf-2048"), "--since", "2020-01-02"]).succeeded();
    let digits = golden::fingerprint("leaf-3072");
    let removed = feed.assay(&["certificate", "remove", "--account", "alice", &digits]).succeeded();
    assert!(removed.contains("nobody can push now, because no certificate that counts is active: A.Core"), "{removed}");
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).refused(400);
}
