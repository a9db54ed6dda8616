//! Trust anchors and jobs, as an administrator meets them: from two empty lists to a root that a push brought.

use crate::support::browser::look;
use crate::support::totp::Phone;
use crate::support::{Browser, Feed, golden};

/// Signs in an administrator, who then enrols a second factor.
fn enrolled(browser: &Browser<'_>, feed: &Feed, name: &str) -> Phone {
    let password = format!("the long password of {name}");
    let input = format!("{password}\n");
    feed.assay_with_input(&["account", "create", name, "--admin", "--password-stdin"], &input).succeeded();
    browser.open("/sign-in?return_to=account%2Fsecurity%2Fsecond-factor");
    browser.type_into("Account name", name);
    browser.type_into("Password", &password);
    browser.click("Sign in");
    browser.type_into("Password", &password);
    browser.click("Continue");
    let mut phone = Phone::with(&browser.texts_of("code")[0]);
    browser.type_into("Code that the app shows now", &phone.code());
    browser.click("Turn it on");
    browser.sees("Your second factor is on");
    phone
}

#[test]
fn an_administrator_adds_the_lists_of_an_sdk_and_a_root_that_a_push_brought() {
    let feed = Feed::with().without_trust().start();
    let Some(ann) = Browser::of("ann", &feed) else { return };
    let mut phone = enrolled(&ann, &feed, "ann");
    let mut wrong = Vec::new();

    ann.open("/admin/trust");
    wrong.extend(look::at_this(&ann, "trust-empty"));
    ann.click("Add roots");
    ann.sees("Confirm that it is you");
    ann.type_into("Code of your second factor", &phone.code());
    ann.click("Confirm");
    ann.is_at("/admin/trust/add");
    wrong.extend(look::at_this(&ann, "trust-add"));
    for (list, name) in [("code-signing-roots.pem", "codesignctl.pem"), ("timestamping-roots.pem", "timestampctl.pem")]
    {
        let file = feed.scratch().join(name);
        std::fs::copy(golden::trust().join(list), &file).unwrap();
        ann.upload("Files with certificates", &file);
    }
    ann.click("Add the roots");
    ann.sees("4 roots for package signers were added. 1 root for timestamping authorities was added.");
    wrong.extend(look::at_this(&ann, "trust-report"));
    ann.click("Go to the list");

    let alice = feed.account("alice").with_certificate("leaf-3072");
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).accepted();
    alice.push(golden::read("cert-untrusted-root.nupkg")).refused(400);
    alice.push(golden::read("ts-untrusted.nupkg")).refused(400);
    ann.reload();
    ann.sees("Roots that pushes ended in");
    wrong.extend(look::at_this(&ann, "trust"));
    ann.open(&format!("/admin/trust/unknown/signing/{}", golden::fingerprint("stranger-root")));
    ann.type_into("First eight digits of the fingerprint that its owner gave you", "12345678");
    ann.click("Trust this root");
    ann.sees("not the first 8 digits");
    wrong.extend(look::at_this(&ann, "trust-unknown"));
    let digits = &golden::fingerprint("stranger-root")[..8];
    ann.type_into("First eight digits of the fingerprint that its owner gave you", digits);
    ann.click("Trust this root");
    ann.is_at("/admin/trust?for=signing");
    ann.sees("vouches for package signers from now on");
    ann.open("/admin/trust?for=signing&show=used");
    wrong.extend(look::at_this(&ann, "trust-used"));

    ann.open(&format!("/admin/trust/signing/{}/remove", golden::fingerprint("code-root-a")));
    ann.sees("1 version on this feed ended in it");
    wrong.extend(look::at_this(&ann, "trust-remove"));
    ann.click("Remove this root");
    ann.sees("vouches for package signers no more");

    ann.open("/admin/jobs");
    ann.click("Check now revocation");
    ann.sees("All issuers are asked now");
    wrong.extend(look::at_this(&ann, "jobs"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
