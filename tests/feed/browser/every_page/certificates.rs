//! The certificates of an account: none, of every state, wrong files, what a change would do, and what other people see.

use rusqlite::Connection;

use super::house::LONG;
use super::tour::Tour;
use crate::browser::arrival::{enrol, signed_in};
use crate::support::totp::Phone;
use crate::support::{Browser, Feed, golden, package};

/// Whose they are.
const OWNER: &str = "petra.holmgren";
/// Signs two packages, and is marked as revoked.
const STOLEN: &str = "leaf-3072";
/// The packages that it signs.
const STOLEN_PACKAGES: [&str; 2] = ["good-author-issuer-serial-sid.nupkg", "good-author-extra-certificates.nupkg"];

pub fn walk(tour: &mut Tour, feed: &Feed) {
    feed.account(OWNER);
    let Some(petra) = signed_in(OWNER, feed) else { return };
    petra.open("/account/certificates");
    tour.look(&petra, "certificates-enrol-first");
    petra.click("Enrol a second factor");
    let (mut phone, _) = enrol(&petra, OWNER);
    petra.click("I have put them away");
    confirm(&petra, &mut phone);
    tour.visit(&petra, "certificates-none", &list(OWNER));
    tour.visit(&petra, "certificates-no-history", &format!("{}/history", list(OWNER)));
    files(tour, feed, &petra);
    furnish(feed);
    tour.visit(&petra, "certificates", &list(OWNER));
    for (state, certificate) in [
        ("active", "leaf-2048"),
        ("revoked", STOLEN),
        ("expired", "leaf-direct"),
        ("limited", "leaf-4096"),
        ("removed", "leaf-cross"),
    ] {
        tour.visit(&petra, &format!("certificate-{state}"), &page(OWNER, certificate));
    }
    tour.visit(&petra, "certificates-history", &format!("{}/history", list(OWNER)));
    changes(tour, &petra);
    lost(tour, &petra);
    others(tour, feed);
}

/// Files of every kind that is no certificate to sign with, and patterns that are none.
fn files(tour: &mut Tour, feed: &Feed, petra: &Browser<'_>) {
    let file = |name: &str, bytes: Vec<u8>| {
        let path = feed.scratch().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let trust = |path: &str| std::fs::read(golden::trust().join(path)).unwrap();
    petra.open(&list(OWNER));
    petra.upload("Certificates", &file("signing.cer", trust("certs/leaf-2048.der")));
    petra.type_into("Only for these package IDs", "Contoso.*\nFabrikam. Tools");
    petra.click("Register");
    tour.look(petra, "certificates-wrong-pattern");
    petra.open(&list(OWNER));
    for (name, bytes) in [
        ("signing.cer", trust("certs/utf8-name.der")),
        ("signing-2022.cer", trust("certs/leaf-expired.der")),
        ("our-signing-key-of-the-build-server-in-amsterdam.pfx", trust("pfx/leaf-2048.pfx")),
        ("issuing.cer", trust("certs/code-int-a1.der")),
        ("timestamp.cer", trust("certs/tsa.der")),
        ("stranger.cer", trust("certs/ecdsa.der")),
        ("Petra.Tools.1.0.0.nupkg", package("Petra.Tools", "1.0.0").bytes()),
        ("notes.txt", b"remember the milk".to_vec()),
    ] {
        petra.upload("Certificates", &file(name, bytes));
    }
    petra.click("Register");
    tour.look(petra, "certificates-files");
}

/// A certificate of every state, and what is signed with them.
fn furnish(feed: &Feed) {
    let petra = feed.account("petra-build");
    let key = feed.assay(&["key", "create", "--account", OWNER, "--scope", "push"]).succeeded();
    for certificate in [STOLEN, "leaf-2048", "leaf-direct", "leaf-cross", "odd-name"] {
        add(feed, OWNER, certificate, &[]);
    }
    add(
        feed,
        OWNER,
        "leaf-4096",
        &["--pattern", "Contoso.*", "--pattern", "Fabrikam.Extensions.Logging.Abstractions.*"],
    );
    for file in STOLEN_PACKAGES.into_iter().chain([
        "good-author-rsa2048-sha256.nupkg",
        "good-author-chain2.nupkg",
        "good-author-cross-signed.nupkg",
    ]) {
        petra.push_with_key(&key, golden::read(file)).accepted();
    }
    let remove = ["certificate", "remove", "--account", OWNER, "--accept-unsigned", &golden::fingerprint("leaf-cross")];
    feed.assay(&remove).succeeded();
    // What only time brings.
    let database = Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    for (certificate, column, at) in
        [("leaf-direct", "not_after", 1_700_000_000_i64), ("odd-name", "not_before", 2_000_000_000)]
    {
        let fingerprint = hex::decode(golden::fingerprint(certificate)).unwrap();
        let sql = format!("UPDATE certificate SET {column} = ?1 WHERE fingerprint = ?2");
        assert!(database.execute(&sql, rusqlite::params![at, fingerprint]).unwrap() > 0, "{certificate}");
    }
    let reason = "The laptop with the key was stolen on a train";
    let mark = ["revocation", "mark", &golden::fingerprint(STOLEN), "--since", "2021-06-01", "--reason", reason];
    feed.assay(&mark).succeeded();
}

/// Removing and limiting, where packages without a signature are accepted by it and where nothing follows.
fn changes(tour: &mut Tour, petra: &Browser<'_>) {
    tour.visit(petra, "certificate-remove", &format!("{}/remove", page(OWNER, "leaf-2048")));
    tour.visit(petra, "certificate-remove-limited", &format!("{}/remove", page(OWNER, "leaf-4096")));
    petra.open(&page(OWNER, "leaf-4096"));
    petra.type_into("Package IDs", "no pattern!");
    petra.click("Change");
    tour.look(petra, "certificate-limit-wrong");
}

/// The signatures that do not count any more, for the owner of the packages.
fn lost(tour: &mut Tour, petra: &Browser<'_>) {
    let id = golden::identity(STOLEN_PACKAGES[0]);
    tour.visit(petra, "package-void", &format!("/packages/{id}"));
    tour.visit(petra, "package-manage-void", &format!("/packages/{id}/manage"));
    let void = format!("/packages/{id}/manage/void-signatures");
    tour.visit(petra, "void-signatures", &void);
    petra.click("Do it for the ticked versions");
    tour.look(petra, "void-signatures-wrong");
    petra.open(&void);
    petra.tick(&format!("{id} 1.0.0"));
    petra.tick("Keep");
    petra.click("Do it for the ticked versions");
    tour.look(petra, "void-signatures-kept");
    tour.visit(petra, "account-with-notices", "/account");
}

/// A member who may not change anything, with as long a name as people have.
fn others(tour: &mut Tour, feed: &Feed) {
    add(feed, "contoso", "leaf-4096", &["--pattern", "Contoso.*"]);
    let Some(member) = signed_in(LONG, feed) else { return };
    member.open("/account/security/second-factor");
    let (mut phone, _) = enrol(&member, LONG);
    member.open(&list("contoso"));
    confirm(&member, &mut phone);
    tour.visit(&member, "certificates-collaborator", &list("contoso"));
    tour.visit(&member, "certificate-collaborator", &page("contoso", "leaf-4096"));
}

/// Gives the code that is asked for after an enrolment.
fn confirm(browser: &Browser<'_>, phone: &mut Phone) {
    browser.type_into("Code of your second factor", &phone.code());
    browser.click("Confirm");
}

fn add(feed: &Feed, account: &str, certificate: &str, options: &[&str]) {
    let file = golden::certificate(certificate);
    let command = ["certificate", "add", "--account", account, file.to_str().unwrap()];
    feed.assay(&[&command[..], options].concat()).succeeded();
}

fn list(account: &str) -> String {
    format!("/accounts/{account}/certificates")
}

fn page(account: &str, certificate: &str) -> String {
    format!("{}/{}", list(account), golden::fingerprint(certificate))
}
