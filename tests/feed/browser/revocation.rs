//! A stolen key in a closed network, as its administrator and its owner meet it.

use time::{Duration, OffsetDateTime};

use crate::revocation::Stage;
use crate::support::browser::look;
use crate::support::totp::Phone;
use crate::support::{Browser, package};

/// Signs somebody in, who then enrols a second factor and gives a code.
fn enrolled(browser: &Browser<'_>, name: &str, password: &str) -> Phone {
    browser.open("/sign-in?return_to=account%2Fsecurity%2Fsecond-factor");
    browser.type_into("Account name", name);
    browser.type_into("Password", password);
    browser.click("Sign in");
    browser.type_into("Password", password);
    browser.click("Continue");
    let mut phone = Phone::with(&browser.texts_of("code")[0]);
    browser.type_into("Code that the app shows now", &phone.code());
    browser.click("Turn it on");
    browser.sees("Your second factor is on");
    phone
}

#[test]
fn a_stolen_key_is_marked_then_listed_and_what_becomes_of_each_version_is_chosen() {
    let mut stage = Stage::closed();
    let signer = stage.signer_with_list("Contoso Build Signing");
    let mut made = Vec::new();
    for (id, version) in
        [("Contoso.Core", "1.0.0"), ("Contoso.Core", "1.1.0-beta.2"), ("Contoso.Diagnostics.Abstractions", "3.4.5")]
    {
        let Some(signed) = stage.pki.sign(&package(id, version).bytes(), &signer) else { return };
        made.push(signed);
    }
    let alice = stage.person("alice", &signer);
    for package in &made {
        alice.push(package).accepted();
    }
    let Some(ann) = Browser::of("ann", &stage.feed) else { return };
    let password = "the long password of ann";
    let input = format!("{password}\n");
    stage.feed.assay_with_input(&["account", "create", "ann", "--admin", "--password-stdin"], &input).succeeded();
    let mut phone = enrolled(&ann, "ann", password);
    let mut wrong = Vec::new();

    ann.open("/admin/revocation");
    ann.sees("Contoso Build Signing");
    wrong.extend(look::at_this(&ann, "revocation"));
    ann.open(&format!("/admin/revocation/mark?fingerprint={}", signer.fingerprint));
    ann.type_into("Revoked since", "2026-11-01");
    ann.type_into("Reason", "The build server was broken into");
    wrong.extend(look::at_this(&ann, "revocation-mark"));
    ann.click("Look at what follows");
    if ann.text().contains("Confirm that it is you") {
        ann.type_into("Code of your second factor", &phone.code());
        ann.click("Confirm");
    }
    ann.sees("The signatures of 3 versions do not count any more.");
    wrong.extend(look::at_this(&ann, "revocation-what-follows"));
    ann.click("Mark as revoked");
    ann.sees("is marked as revoked");
    wrong.extend(look::at_this(&ann, "revocation-marked"));
    ann.click("Look at them");
    ann.sees("Contoso.Diagnostics.Abstractions");
    wrong.extend(look::at_this(&ann, "revocation-versions"));
    ann.tick("Contoso.Core 1.0.0");
    ann.tick("Keep");
    ann.click("Do it for the ticked versions");
    ann.sees("1 version kept.");
    ann.tick("Contoso.Core 1.1.0-beta.2");
    ann.tick("Remove");
    ann.click("Do it for the ticked versions");
    ann.sees("Builds that need one of them fail.");
    wrong.extend(look::at_this(&ann, "revocation-remove"));
    ann.click("Remove 1 version");
    ann.sees("1 version removed for good.");

    // A list from the issuer comes by hand.
    stage.pki.revoke(&signer, OffsetDateTime::now_utc() - Duration::days(40), "keyCompromise");
    let list = stage.feed.scratch().join("contoso.crl");
    std::fs::write(&list, stage.pki.crl()).unwrap();
    ann.open("/admin/revocation/import");
    wrong.extend(look::at_this(&ann, "revocation-import"));
    ann.upload("Lists and responses", &list);
    ann.click("Import");
    ann.sees("List of revoked certificates (CRL)");
    wrong.extend(look::at_this(&ann, "revocation-imported"));

    let Some(owner) = Browser::of("alice", &stage.feed) else { return };
    let password = "the long password of alice";
    enrolled(&owner, "alice", password);
    owner.open("/packages/Contoso.Diagnostics.Abstractions/3.4.5");
    owner.sees("does not count any more");
    wrong.extend(look::at_this(&owner, "revocation-package"));
    owner.open("/packages/Contoso.Diagnostics.Abstractions/manage");
    wrong.extend(look::at_this(&owner, "revocation-manage"));
    owner.click("Decide");
    wrong.extend(look::at_this(&owner, "revocation-owner"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
