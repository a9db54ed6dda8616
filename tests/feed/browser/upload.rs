//! A package that somebody uploads with a browser: refused, put right, published; and the same without scripts.

use super::arrival::signed_in;
use crate::support::browser::look;
use crate::support::pages::password_of;
use crate::support::{Browser, Feed, golden, package};

/// Puts a file into the form and sends it.
#[track_caller]
fn upload(browser: &Browser<'_>, feed: &Feed, name: &str, bytes: &[u8]) {
    let file = feed.scratch().join(name);
    std::fs::write(&file, bytes).unwrap();
    browser.upload("Package", &file);
    browser.click("Upload and check");
}

#[test]
fn somebody_uploads_a_package_sees_why_it_is_refused_puts_it_right_and_publishes_it() {
    let feed = Feed::start();
    let alice = feed.account("alice").with_certificate("leaf-3072");
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "alice"]).succeeded();
    let Some(ann) = signed_in("alice", &feed) else { return };
    let mut wrong = Vec::new();

    ann.click("Upload");
    ann.is_at("/upload");
    wrong.extend(look::at_this(&ann, "upload"));
    upload(&ann, &feed, "notes.nupkg", b"no package at all");
    ann.sees("“notes.nupkg” is no package that this feed takes");
    ann.is_at("/upload");
    wrong.extend(look::at_this(&ann, "upload-no-package"));

    let rich = package("Contoso.Core", "1.2.3")
        .description("Does what the core of Contoso does.\n\nAnd nothing besides.")
        .dependencies("net8.0", &[("Contoso.Base", "[1.0.0, 2.0.0)"), ("Newtonsoft.Json", "13.0.3")])
        .dependencies("netstandard2.0", &[])
        .bytes();
    upload(&ann, &feed, "Contoso.Core.1.2.3.nupkg", &rich);
    ann.sees("would be refused");
    ann.sees("Check again");
    wrong.extend(look::at_this(&ann, "upload-refused"));
    let first = ann.path();

    ann.click("Upload");
    wrong.extend(look::at_this(&ann, "upload-one-waits"));
    ann.choose("For", "contoso");
    upload(&ann, &feed, "Contoso.Core.1.2.3.nupkg", &rich);
    ann.sees("would be accepted");
    wrong.extend(look::at_this(&ann, "upload-accepted"));
    ann.click("Publish");
    ann.is_at("/packages/Contoso.Core/1.2.3");
    ann.sees("Contoso.Core 1.2.3 is published, under the name of contoso.");

    ann.open(&first);
    ann.click("Check again");
    ann.sees("would be refused");
    ann.click("Discard");
    ann.sees("was discarded");
    ann.open(&first);
    ann.sees("This upload is not here any more");

    upload_signed(&ann, &feed);
    wrong.extend(look::at_this(&ann, "upload-signed"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn upload_signed(ann: &Browser<'_>, feed: &Feed) {
    ann.click("Upload it again");
    upload(ann, feed, "signed.nupkg", &golden::read("good-author-rsa4096-sha512-chain4.nupkg"));
    ann.sees("Nothing is published yet");
}

#[test]
fn an_upload_works_without_scripts_and_asks_for_the_password_where_it_is_needed() {
    let feed = Feed::start();
    feed.account("ann");
    let Some(ann) = signed_in("ann", &feed) else { return };
    let ann = ann.without_javascript();
    ann.open("/upload");
    upload(&ann, &feed, "Contoso.Core.1.0.0.nupkg", &package("Contoso.Core", "1.0.0").bytes());
    ann.sees("would be accepted");
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
    database.execute("UPDATE session SET password_at = password_at - 3600", []).unwrap();
    ann.click("Publish");
    ann.sees("Confirm that it is you");
    ann.type_into("Password", &password_of("ann"));
    ann.click("Confirm");
    ann.is_at("/packages/Contoso.Core/1.0.0");
    ann.sees("is published");
}

#[test]
fn what_can_not_be_taken_is_told_before_it_is_sent() {
    let feed = Feed::start();
    feed.account("ann");
    feed.assay(&["policy", "set", "package_size_limit", "1000"]).succeeded();
    let Some(ann) = signed_in("ann", &feed) else { return };
    let file = feed.scratch().join("large.nupkg");
    std::fs::write(&file, package("Contoso.Core", "1.0.0").size(5_000).bytes()).unwrap();
    let told = (0..50).any(|_| {
        ann.open("/upload");
        std::thread::sleep(std::time::Duration::from_millis(100));
        ann.text().contains("1000 bytes")
    });
    assert!(told, "the page should name the limit: {}", ann.text());
    ann.upload("Package", &file);
    ann.sees("large.nupkg has");
    ann.sees("at most 1000 are taken");
    let small = feed.scratch().join("small.nupkg");
    std::fs::write(&small, package("Contoso.Core", "1.0.0").bytes()).unwrap();
    ann.upload("Package", &small);
    ann.does_not_see("are taken");
    ann.click("Upload and check");
    ann.sees("would be accepted");
}
