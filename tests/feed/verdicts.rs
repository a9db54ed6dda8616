//! Verdicts, explained: on the wire, by the API, on their page, on the terminal; who may see which, and what can be done there.

mod another_owner;
mod api;
mod audience;
mod registering;
mod settled;
mod wire;

use rusqlite::Connection;

use crate::support::pages::password_of;
use crate::support::person::Person;
use crate::support::verdict::Verdict;
use crate::support::{Feed, Visitor, golden, package};

/// An administrator of the server, signed in.
fn administrator<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let password = format!("{}\n", password_of(name));
    feed.assay_with_input(&["account", "create", name, "--admin", "--password-stdin"], &password).succeeded();
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

/// Somebody who is signed in.
fn signed_in<'f>(feed: &'f Feed, name: &str) -> Visitor<'f> {
    let mut visitor = Visitor::of(feed);
    visitor.sign_in(name);
    visitor
}

/// The number at the end of the link that an answer ends with.
pub fn number(verdict: &Verdict) -> String {
    let link = verdict.warnings.last().unwrap_or_else(|| panic!("no link: {verdict:#?}"));
    let number = link.rsplit_once("/verdicts/").unwrap_or_else(|| panic!("no link: {verdict:#?}")).1;
    assert!(number.chars().all(|digit| digit.is_ascii_digit()), "{link}");
    number.to_owned()
}

/// The database of a running feed.
fn database(feed: &Feed) -> Connection {
    let database = Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    database
}

/// Each refusal once, with what brings it about: bob's package, a reserved prefix and an account with a certificate.
pub fn refusals(feed: &Feed, alice: &Person<'_>) -> Vec<(&'static str, Verdict)> {
    let bob = feed.account("bob");
    bob.push(package("Bobs.Own", "1.0.0").bytes()).accepted();
    feed.assay(&["prefix", "reserve", "--account", "bob", "Reserved.*"]).succeeded();
    let versions_only = alice.new_key(&["--scope", "push-version"]);
    let others = alice.new_key(&["--scope", "push", "--pattern", "Fabrikam.*"]);
    let signed = golden::read("good-author-rsa3072-sha384.nupkg");
    let core = || package("Contoso.Core", "1.0.0").bytes();
    alice.push(core()).accepted();
    let mut verdicts = vec![
        ("exists", alice.push(package("Contoso.Core", "1.0.0").description("other").bytes())),
        ("others' package", alice.push(package("Bobs.Own", "2.0.0").bytes())),
        ("reserved", alice.push(package("Reserved.Id", "1.0.0").bytes())),
        ("key for versions only", alice.push_with_key(&versions_only, package("Contoso.New", "1.0.0").bytes())),
        ("key for other IDs", alice.push_with_key(&others, package("Contoso.New", "1.0.0").bytes())),
        ("nothing registered", alice.push(&signed)),
    ];
    let file = golden::certificate("leaf-2048");
    feed.assay(&["certificate", "add", "--account", "alice", file.to_str().unwrap()]).succeeded();
    verdicts.extend([
        ("not registered", alice.push(&signed)),
        ("unsigned", alice.push(package("Contoso.Core", "1.1.0").bytes())),
        ("changed after signing", alice.push(golden::read("zip-changed-name.nupkg"))),
        ("unknown root", alice.push(golden::read("cert-untrusted-root.nupkg"))),
        ("no timestamp", alice.push(golden::read("good-author-no-timestamp.nupkg"))),
        ("no package", alice.push(b"this is no package")),
        ("nuspec", alice.push(package("Contoso Core", "1.0.0").bytes())),
    ]);
    let file = golden::certificate("leaf-3072");
    feed.assay(&["certificate", "add", "--account", "alice", file.to_str().unwrap()]).succeeded();
    let sql = "UPDATE certificate SET not_after = 1 WHERE lower(hex(fingerprint)) = ?1";
    assert_eq!(database(feed).execute(sql, [golden::fingerprint("leaf-3072")]).unwrap(), 1);
    verdicts.push(("registered, expired", alice.push(&signed)));
    verdicts
}
