//! What nuget.org's own tests and code say about the registration of certificates, case by case, with what happens here. Where this
//! feed differs on purpose, the test's name says so.
//!
//! Cases that can't apply stand with the reason in `gallery_cases`.

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use crate::support::pages::Shown;
use crate::support::{Feed, Request, Visitor, golden};

const LIST: &str = "accounts/ann/certificates";

fn der(name: &str) -> Vec<u8> {
    std::fs::read(golden::certificate(name)).unwrap()
}

/// A feed, and ann in a second-factor session.
fn feed() -> Feed {
    let feed = Feed::start();
    feed.account("ann");
    feed
}

fn signed_in<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor.enrol(name);
    visitor
}

/// An organization of ann's, with a collaborator.
fn organization(feed: &Feed) {
    feed.account("col");
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "ann", "--administrator"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "col"]).succeeded();
}

fn send(visitor: &mut Visitor<'_>, account: &str, name: &str, bytes: &[u8]) -> Shown {
    visitor.upload(&format!("accounts/{account}/certificates"), &[], &[("files", name, bytes)])
}

fn of(account: &str, certificate: &str) -> String {
    format!("accounts/{account}/certificates/{}", golden::fingerprint(certificate))
}

fn database(feed: &Feed) -> Connection {
    let database = Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    database
}

fn audited(feed: &Feed) -> Vec<(String, String, String)> {
    let database = database(feed);
    let mut query = database
        .prepare("SELECT action, subject, detail FROM audit WHERE action LIKE 'certificate.%' ORDER BY id")
        .unwrap();
    let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    rows.map(Result::unwrap).collect()
}

#[track_caller]
fn refused(shown: &Shown, why: &str) {
    assert!(shown.status == 422 && shown.text().contains(why), "{}: {}", shown.status, shown.text());
}

#[test]
fn case_1_a_form_without_a_file_is_told_so() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    refused(&ann.upload(LIST, &[], &[]), "Choose at least one file.");
    refused(&send(&mut ann, "ann", "", b""), "Choose at least one file.");
}

#[test]
fn case_2_a_good_certificate_is_registered_under_its_sha_256() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    assert_eq!(send(&mut ann, "ann", "a.cer", &der("leaf-3072")).status, 303);
    assert_eq!(send(&mut ann, "ann", "a.CER", &der("leaf-2048")).status, 303);
    let listed = ann.get(LIST).html;
    assert!(listed.contains(&golden::fingerprint("leaf-3072")) && listed.contains(&golden::fingerprint("leaf-2048")));
}

#[test]
fn case_3_differs_what_is_in_a_file_counts_and_not_its_name() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    for (name, certificate) in
        [("a.crt", "leaf-3072"), (".", "leaf-2048"), ("a.pfx", "leaf-4096"), (".pfx", "leaf-direct")]
    {
        let sent = send(&mut ann, "ann", name, &der(certificate));
        assert_eq!(sent.status, 303, "{name}: {}", sent.text());
    }
}

#[test]
fn case_4_an_empty_file_is_refused() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    refused(&send(&mut ann, "ann", "a.cer", b""), "The file is empty");
}

#[test]
fn case_5_a_file_of_10_001_bytes_is_too_large_and_one_of_10_000_is_read() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    // A certificate with words before it, as tools write them.
    let pem = golden::pem("leaf-3072");
    let of_size = |size: usize| [" ".repeat(size - pem.len()), pem.clone()].concat();
    refused(&send(&mut ann, "ann", "a.cer", of_size(10_001).as_bytes()), "The file has 10001 bytes");
    assert_eq!(feed.rows("certificate"), 0);
    let sent = send(&mut ann, "ann", "a.cer", of_size(10_000).as_bytes());
    assert_eq!(sent.status, 303, "{}", sent.text());
    assert_eq!(feed.rows("certificate"), 1);
    refused(
        &send(&mut ann, "ann", "a.cer", &[0x30; 10_001]),
        "The file has 10001 bytes, and a certificate at most 10000",
    );
}

#[test]
fn case_7_a_pfx_is_named_whatever_its_file_is_called() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    let pfx = std::fs::read(golden::trust().join("pfx/leaf-3072.pfx")).unwrap();
    refused(&send(&mut ann, "ann", "a.cer", &pfx), "This file is a PFX with a private key");
}

#[test]
fn case_8_differs_pem_with_one_certificate_is_taken_and_stored_as_der() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    assert_eq!(send(&mut ann, "ann", "a.cer", golden::pem("leaf-3072").as_bytes()).status, 303);
    assert!(ann.get(LIST).html.contains(&golden::fingerprint("leaf-3072")));
    let two = golden::pem("leaf-3072") + &golden::pem("leaf-2048");
    refused(&send(&mut ann, "ann", "a.cer", two.as_bytes()), "The file holds 2 certificates");
}

#[test]
fn cases_9_and_10_a_length_that_is_wrong_is_refused() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    refused(&send(&mut ann, "ann", "a.cer", &[0x30, 5, 0x30, 0]), "The file is cut off: it says that it has 7 octets");
    let mut long = der("leaf-3072");
    long[3] = long[3].wrapping_add(1);
    refused(&send(&mut ann, "ann", "a.cer", &long), "The file is cut off");
    refused(&send(&mut ann, "ann", "a.cer", &[0x30, 0x84, 0, 0, 0, 2, 0x30, 0]), "cannot be read");
    refused(&send(&mut ann, "ann", "a.cer", &[0x30, 0x80, 0x30, 0, 0, 0]), "cannot be read");
}

#[test]
fn case_11_one_byte_after_the_certificate_is_too_many() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    let trailing = [der("leaf-3072"), vec![0]].concat();
    refused(&send(&mut ann, "ann", "a.cer", &trailing), "After the certificate 1 more octets follow");
}

#[test]
fn case_12_differs_expired_and_self_signed_certificates_are_refused_unless_an_administrator_trusts_them() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    refused(&send(&mut ann, "ann", "a.cer", &der("leaf-expired")), "it expired at");
    refused(&send(&mut ann, "ann", "a.cer", &der("stranger-self")), "which is no trust anchor here");
    assert_eq!(send(&mut ann, "ann", "a.cer", &der("self-trusted")).status, 303, "it is an anchor");
    feed.assay(&["policy", "set", "accept_untrusted_roots", "true"]).succeeded();
    let sent = send(&mut ann, "ann", "a.cer", &der("stranger-self"));
    assert_eq!(sent.status, 303, "{}", sent.text());
}

#[test]
fn case_13_fingerprints_are_lower_case_sha_256_and_thumbprints_upper_case_sha_1() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    send(&mut ann, "ann", "a.cer", &der("leaf-3072"));
    let shown = ann.get(&of("ann", "leaf-3072"));
    assert!(shown.html.contains(&hex::encode(Sha256::digest(der("leaf-3072")))));
    let listed: serde_json::Value =
        serde_json::from_str(&feed.assay(&["certificate", "list", "--json"]).succeeded()).unwrap();
    let thumbprint = listed[0]["thumbprint"].as_str().unwrap();
    assert!(thumbprint.len() == 40 && thumbprint.to_uppercase() == thumbprint && shown.html.contains(thumbprint));
}

#[test]
fn case_14_a_new_certificate_has_a_row_with_its_bytes_and_a_record() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    send(&mut ann, "ann", "a.cer", &der("leaf-3072"));
    let stored: Vec<u8> = database(&feed).query_row("SELECT der FROM certificate", [], |row| row.get(0)).unwrap();
    assert_eq!(stored, der("leaf-3072"));
    assert_eq!(audited(&feed).len(), 1);
}

#[test]
fn cases_15_to_17_and_22_two_accounts_share_one_certificate_with_two_registrations_and_again_is_nothing() {
    let feed = feed();
    feed.account("bob");
    let (mut ann, mut bob) = (signed_in(&feed, "ann"), signed_in(&feed, "bob"));
    send(&mut ann, "ann", "a.cer", &der("leaf-3072"));
    send(&mut bob, "bob", "a.cer", &der("leaf-3072"));
    assert_eq!((feed.rows("certificate"), feed.rows("certificate_registration")), (1, 2));
    assert_eq!(audited(&feed).len(), 2);
    let again = send(&mut ann, "ann", "a.cer", &der("leaf-3072"));
    assert!(ann.follow(&again).text().contains("It was registered already"));
    assert_eq!((feed.rows("certificate_registration"), audited(&feed).len()), (2, 2));
}

#[test]
fn cases_18_and_25_what_is_no_fingerprint_or_no_account_is_not_there() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    for path in [
        "accounts/ann/certificates/abc",
        "accounts/ann/certificates/abc/remove",
        "accounts/nobody/certificates",
        "accounts/ann/certificates//remove",
    ] {
        assert_eq!(ann.get(path).status, 404, "{path}");
    }
    assert_eq!(ann.post("accounts/ann/certificates/abc/remove", &[]).status, 404);
}

#[test]
fn case_19_differs_a_certificate_that_nobody_registers_any_more_is_gone_and_recorded() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    send(&mut ann, "ann", "a.cer", &der("leaf-3072"));
    ann.submit(&format!("{}/remove", of("ann", "leaf-3072")), &[]);
    assert_eq!((feed.rows("certificate"), feed.rows("certificate_registration")), (0, 0));
    assert_eq!(audited(&feed)[1].0, "certificate.remove");
}

#[test]
fn cases_20_and_24_differ_a_certificate_that_is_not_registered_is_not_there() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    assert_eq!(ann.get(&of("ann", "leaf-3072")).status, 404);
    let removed = ann.post(&format!("{}/remove", of("ann", "leaf-3072")), &[]);
    assert_eq!(removed.status, 404);
    assert!(removed.text().contains("It was removed already, or never registered."), "{}", removed.text());
    assert!(removed.targets().contains(&"accounts/ann/certificates".to_owned()));
    assert!(audited(&feed).is_empty());
}

#[test]
fn case_21_what_was_removed_is_registered_again_by_an_upload() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    send(&mut ann, "ann", "a.cer", &der("leaf-3072"));
    ann.submit(&format!("{}/remove", of("ann", "leaf-3072")), &[]);
    let again = send(&mut ann, "ann", "a.cer", &der("leaf-3072"));
    assert!(ann.follow(&again).text().contains("Registered: CN="));
    assert_eq!(feed.rows("certificate_registration"), 1);
}

#[test]
fn case_23_an_account_without_certificates_has_an_empty_list() {
    let feed = Feed::start();
    let ann = feed.account("ann");
    let answer = feed.ask(&Request::get("/api/v1/accounts/ann/certificates").api_key(&ann.key));
    assert_eq!((answer.status, answer.json()), (200, serde_json::json!([])));
}

#[test]
fn case_26_who_is_signed_out_is_asked_to_sign_in() {
    let feed = Feed::start();
    feed.account("ann").with_certificate("leaf-2048");
    let mut nobody = Visitor::of(&feed);
    for path in [LIST.to_owned(), of("ann", "leaf-3072"), format!("{}/remove", of("ann", "leaf-3072"))] {
        let shown = nobody.get(&path);
        assert!(shown.location.as_deref().is_some_and(|to| to.starts_with("sign-in")), "{path}: {}", shown.status);
    }
    let added = send(&mut nobody, "ann", "a.cer", &der("leaf-3072"));
    let removed = nobody.post(&format!("{}/remove", of("ann", "leaf-2048")), &[]);
    for sent in [added, removed] {
        assert!(sent.location.as_deref().is_some_and(|to| to.starts_with("sign-in")), "{}", sent.status);
    }
    assert_eq!(feed.ask(&Request::get("/api/v1/accounts/ann/certificates")).status, 401);
    assert_eq!(feed.rows("certificate_registration"), 1);
}

#[test]
fn case_27_an_organization_that_does_not_exist_is_not_there() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    assert_eq!(ann.get("accounts/contoso/certificates").status, 404);
    assert_eq!(send(&mut ann, "contoso", "a.cer", &der("leaf-3072")).status, 404);
}

#[test]
fn case_28_an_outsider_may_neither_look_nor_add_nor_remove() {
    let feed = feed();
    organization(&feed);
    feed.account("out");
    let (mut ann, mut out) = (signed_in(&feed, "ann"), signed_in(&feed, "out"));
    send(&mut ann, "contoso", "a.cer", &der("leaf-3072"));
    assert_eq!(out.get("accounts/contoso/certificates").status, 403);
    assert_eq!(send(&mut out, "contoso", "a.cer", &der("leaf-2048")).status, 403);
    assert_eq!(out.post(&format!("{}/remove", of("contoso", "leaf-3072")), &[]).status, 403);
    assert_eq!(feed.rows("certificate_registration"), 1);
}

#[test]
fn cases_29_and_30_a_collaborator_looks_and_changes_nothing() {
    let feed = feed();
    organization(&feed);
    let (mut ann, mut col) = (signed_in(&feed, "ann"), signed_in(&feed, "col"));
    send(&mut ann, "contoso", "a.cer", &der("leaf-3072"));
    let list = col.get("accounts/contoso/certificates");
    assert!(list.status == 200 && !list.html.contains("/remove\""), "{}", list.text());
    assert_eq!(send(&mut col, "contoso", "a.cer", &der("leaf-2048")).status, 403);
    assert_eq!(col.post(&format!("{}/remove", of("contoso", "leaf-3072")), &[]).status, 403);
    assert_eq!(feed.rows("certificate_registration"), 1);
}

#[test]
fn case_31_an_administrator_with_a_second_factor_adds_and_removes() {
    let feed = feed();
    organization(&feed);
    let mut ann = signed_in(&feed, "ann");
    assert_eq!(send(&mut ann, "contoso", "a.cer", &der("leaf-3072")).status, 303);
    ann.submit(&format!("{}/remove", of("contoso", "leaf-3072")), &[]);
    assert_eq!(feed.rows("certificate_registration"), 0);
}

#[test]
fn case_33_without_a_second_factor_nothing_is_done_and_it_is_said_why() {
    let feed = feed();
    organization(&feed);
    let file = golden::certificate("leaf-2048");
    for account in ["ann", "contoso"] {
        feed.assay(&["certificate", "add", "--account", account, file.to_str().unwrap()]).succeeded();
    }
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    for account in ["ann", "contoso"] {
        let added = send(&mut ann, account, "a.cer", &der("leaf-3072"));
        let removed = ann.post(&format!("{}/remove", of(account, "leaf-2048")), &[]);
        for sent in [added, removed] {
            assert!(sent.status == 403 && sent.text().contains("A second factor is needed"), "{}", sent.text());
        }
    }
    assert_eq!((feed.rows("certificate"), feed.rows("certificate_registration")), (1, 2));
}

#[test]
fn case_34_a_server_administrator_adds_nothing_to_somebody_elses_account() {
    let feed = feed();
    let input = format!("{}\n", crate::support::pages::password_of("root"));
    feed.assay_with_input(&["account", "create", "root", "--admin", "--password-stdin"], &input).succeeded();
    let mut root = signed_in(&feed, "root");
    assert_eq!(root.get(LIST).status, 200);
    assert_eq!(send(&mut root, "ann", "a.cer", &der("leaf-3072")).status, 403);
    assert_eq!(feed.rows("certificate"), 0);
}

#[test]
fn case_35_differs_an_address_need_not_be_confirmed() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    let password = crate::support::pages::password_of("ann");
    ann.submit("account/email", &[("email", "ann@example.com"), ("password", &password)]);
    assert_eq!(send(&mut ann, "ann", "a.cer", &der("leaf-3072")).status, 303);
}

#[test]
fn cases_36_and_37_differ_neither_the_first_nor_the_second_certificate_makes_its_account_the_required_signer() {
    let feed = Feed::start();
    let person = feed.account("ann");
    person.push(crate::support::package("Anns.Own", "1.0.0").bytes()).accepted();
    let mut ann = signed_in(&feed, "ann");
    for certificate in ["leaf-3072", "leaf-2048"] {
        assert_eq!(send(&mut ann, "ann", "a.cer", &der(certificate)).status, 303);
        let rule = feed.assay(&["package", "rule", "Anns.Own", "--json"]).succeeded();
        let rule: serde_json::Value = serde_json::from_str(&rule).unwrap();
        assert_eq!(rule["required_signer"], "any-owner", "after {certificate}");
    }
    let chosen = "SELECT count(*) FROM audit WHERE action LIKE 'package.required%'";
    assert_eq!(database(&feed).query_row(chosen, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[test]
fn case_38_differs_everything_is_known_about_a_certificate_as_soon_as_it_is_registered() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    send(&mut ann, "ann", "a.cer", &der("leaf-3072"));
    let text = ann.get(LIST).text();
    assert!(text.contains("Assay Golden Author 3072 Issued by Assay Golden Code Issuing A1"), "{text}");
}

#[test]
fn case_39_an_expired_certificate_says_what_to_do() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    send(&mut ann, "ann", "a.cer", &der("leaf-3072"));
    database(&feed).execute("UPDATE certificate SET not_after = 1000000000", []).unwrap();
    let text = ann.get(LIST).text();
    assert!(text.contains("Expired") && text.contains("Register its successor."), "{text}");
}

#[test]
fn case_40_differs_a_record_names_the_account_and_the_whole_fingerprint_in_lower_case() {
    let feed = feed();
    let mut ann = signed_in(&feed, "ann");
    send(&mut ann, "ann", "a.cer", &der("leaf-3072"));
    let (action, subject, detail) = audited(&feed).remove(0);
    assert_eq!((action.as_str(), subject.as_str()), ("certificate.register", "ann"));
    assert!(detail.starts_with(&golden::fingerprint("leaf-3072")), "{detail}");
}
