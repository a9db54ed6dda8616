//! A key's life: made on a page, used by the official client, and dead the moment it is revoked.

use std::time::Duration;

use super::arrival::signed_in;
use crate::support::pages::password_of;
use crate::support::{Feed, OfficialClient, package};

#[test]
fn a_key_made_on_the_page_pushes_until_it_is_revoked_on_the_page() {
    let feed = Feed::start();
    let person = feed.account("ann");
    let Some(client) = OfficialClient::of(&person) else { return };
    let Some(ann) = signed_in("ann", &feed) else { return };
    sign_in_long_ago(&feed);

    ann.click("API keys");
    ann.click("New key");
    ann.type_into("Name", "build server");
    ann.type_into("Package IDs", "Contoso.*");
    ann.choose("Expires after", "30 days");
    ann.untick("Read");
    ann.click("Make the key");
    ann.sees("needs a fresh sign-in");
    ann.type_into("Password", &password_of("ann"));
    ann.click("Confirm");
    ann.is_at("/account/keys");
    ann.sees("Shown this once");
    let key = ann.texts_of("code").into_iter().find(|code| code.starts_with("assay_") && !code.ends_with('…')).unwrap();
    ann.reload();
    ann.does_not_see(&key);
    ann.within("build server").sees("Contoso.*");
    ann.within("build server").sees("never");

    client
        .push_with_key(&key, package("Contoso.Core", "1.0.0").bytes(), &[])
        .succeeded()
        .saying("Your package was pushed");
    client
        .push_with_key(&key, package("Fabrikam.Core", "1.0.0").bytes(), &[])
        .failed()
        .saying("the API key is limited to other package IDs");
    // Uses are written down a little later, many at once.
    let seen = (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(200));
        ann.reload();
        ann.within("build server").text().contains("from 127.0.0.1")
    });
    assert!(seen, "the page should tell where the key was used:\n{}", ann.text());

    ann.within("build server").click("Revoke build server");
    ann.sees("Whatever uses this key is refused from that moment on");
    ann.click("Revoke the key");
    ann.is_at("/account/keys");
    ann.within("build server").sees("Revoked");
    assert!(!ann.within("build server").offers("Revoke build server"));

    client
        .push_with_key(&key, package("Contoso.Core", "1.1.0").bytes(), &[])
        .failed()
        .saying("warn : the API key was revoked")
        .saying("403 (API key is invalid, expired or revoked)");
    assert_eq!(feed.versions("Contoso.Core"), ["1.0.0"]);
}

/// Everybody's sign-in becomes as old as those that count as fresh no longer.
fn sign_in_long_ago(feed: &Feed) {
    let database = rusqlite::Connection::open(feed.data().join("assay.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!(database.execute("UPDATE session SET password_at = password_at - 3600", []).unwrap(), 1);
}
