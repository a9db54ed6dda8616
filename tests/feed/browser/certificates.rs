//! Whose signature counts, as two people and their organization live with it: registering, pushing with the official client,
//! reading what it was told, sharing a package, choosing who signs, and taking a certificate back.

use base64::Engine;

use super::arrival::{enrol, signed_in};
use crate::revocation::{Stage, signed};
use crate::support::browser::look;
use crate::support::official_client::ClientRan;
use crate::support::pki::Issued;
use crate::support::totp::Phone;
use crate::support::{Browser, Feed, OfficialClient, package};

/// The address that a refused push printed last.
fn link(ran: ClientRan) -> String {
    let said = ran.failed().0;
    let line = said.lines().rfind(|line| line.contains("/verdicts/")).unwrap_or_else(|| panic!("no link: {said}"));
    line.split_whitespace().last().unwrap().to_owned()
}

/// Gives a code where the page asks for one.
fn confirm(browser: &Browser<'_>, phone: &mut Phone) {
    if browser.text().contains("Confirm that it is you") {
        browser.type_into("Code of your second factor", &phone.code());
        browser.click("Confirm");
    }
}

/// The file that one uploads: DER, as Windows exports it.
fn file(feed: &Feed, issued: &Issued, name: &str) -> std::path::PathBuf {
    let path = feed.scratch().join(name);
    let pem = std::fs::read_to_string(&issued.pem).unwrap();
    let text: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    std::fs::write(&path, base64::engine::general_purpose::STANDARD.decode(text).unwrap()).unwrap();
    path
}

#[test]
fn a_team_registers_signs_shares_and_takes_a_certificate_back() {
    let mut stage = Stage::closed();
    let [release, bobs] = ["Contoso Release", "Bob Laptop"].map(|name| stage.pki.issue(name, None, None));
    let Some(first) = signed(&mut stage, "1.0.0", &release) else { return };
    let by_bob = signed(&mut stage, "2.0.0", &bobs).unwrap();
    let unsigned = package("Contoso.Core", "1.1.0").bytes();
    let feed = &stage.feed;
    let (ann, bob) = (feed.account("ann"), feed.account("bob"));
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    for name in ["ann", "bob"] {
        feed.assay(&["account", "add-member", "contoso", name, "--administrator"]).succeeded();
    }
    let (client_of_ann, client_of_bob) = (OfficialClient::of(&ann).unwrap(), OfficialClient::of(&bob).unwrap());
    let cer = file(feed, &release, "release.cer");
    let mut wrong = Vec::new();

    // Ann can see why she may not, and gets there and back.
    let Some(ann) = signed_in("ann", feed) else { return };
    ann.click("Certificates");
    ann.is_at("/accounts/ann/certificates");
    wrong.extend(look::at_this(&ann, "certificates-without-factor"));
    ann.click("Enrol a second factor");
    let (mut phone_of_ann, _) = enrol(&ann, "ann");
    ann.click("I have put them away");
    ann.is_at("/accounts/ann/certificates");
    confirm(&ann, &mut phone_of_ann);
    wrong.extend(look::at_this(&ann, "certificates-none"));

    ann.upload("Certificates", &cer);
    ann.click("Register");
    confirm(&ann, &mut phone_of_ann);
    ann.sees("Registered: CN=Contoso Release");
    ann.within("Contoso Release").sees("Active");
    wrong.extend(look::at_this(&ann, "certificates-registered"));

    client_of_ann.push(&first, &[]).succeeded().saying("Your package was pushed.");
    let verdict = link(client_of_ann.push(&unsigned, &[]));
    ann.open(&verdict);
    for said in [
        "Contoso.Core 1.1.0",
        "Refused",
        "the package must be signed with a registered certificate of ann",
        "Sign it with dotnet nuget sign and a registered certificate of ann, with a timestamp.",
        "NU3004",
    ] {
        ann.sees(said);
    }
    wrong.extend(look::at_this(&ann, "certificates-verdict-unsigned"));

    // Bob and the organization own it too, and the organization's signature is the one that counts.
    ann.open("/packages/Contoso.Core/manage");
    for name in ["bob", "contoso"] {
        ann.type_into("Account name", name);
        ann.click("Add owner");
        confirm(&ann, &mut phone_of_ann);
    }
    ann.sees("contoso is an owner now");
    let Some(bob) = signed_in("bob", feed) else { return };
    bob.open("/account/security/second-factor");
    let (mut phone_of_bob, _) = enrol(&bob, "bob");
    bob.open("/account/organizations");
    wrong.extend(look::at_this(&bob, "certificates-asked-to-own"));
    bob.click("Accept the invitation to Contoso.Core");
    confirm(&bob, &mut phone_of_bob);
    bob.sees("Contoso.Core");
    ann.open("/accounts/contoso/certificates");
    ann.upload("Certificates", &cer);
    ann.click("Register");
    confirm(&ann, &mut phone_of_ann);
    ann.sees("Registered: CN=Contoso Release");
    ann.open("/packages/Contoso.Core/manage");
    ann.tick("Only contoso");
    ann.click("See what would change");
    ann.sees("Packages must be signed with the certificate of contoso.");
    wrong.extend(look::at_this(&ann, "certificates-only-contoso"));
    ann.click("Let only contoso sign Contoso.Core");
    ann.sees("The required signer of Contoso.Core is now: only contoso.");

    // Bob signs with his own, and reads what would help.
    let verdict = link(client_of_bob.push(&by_bob, &[]));
    bob.open(&verdict);
    for said in
        ["Contoso.Core 2.0.0", "Refused", "is not registered for this package by contoso", "Bob Laptop", "NU3034"]
    {
        bob.sees(said);
    }
    bob.sees("Register this certificate for contoso");
    wrong.extend(look::at_this(&bob, "certificates-verdict-register"));
    bob.click("Register this certificate for contoso");
    confirm(&bob, &mut phone_of_bob);
    bob.sees("is registered for contoso");
    wrong.extend(look::at_this(&bob, "certificates-verdict-settled"));
    client_of_bob.push(&by_bob, &[]).succeeded();

    // Each removal says what it opens, and only what was said happens.
    ann.open("/accounts/contoso/certificates");
    ann.within("Contoso Release").click("Remove Contoso Release");
    ann.sees("Pushes signed with it fail from now on");
    wrong.extend(look::at_this(&ann, "certificates-remove-one-of-two"));
    ann.click("Remove");
    confirm(&ann, &mut phone_of_ann);
    ann.within("Bob Laptop").click("Remove Bob Laptop");
    wrong.extend(look::at_this(&ann, "certificates-remove-last-of-contoso"));
    ann.click("Remove");
    confirm(&ann, &mut phone_of_ann);
    link(client_of_ann.push(&unsigned, &[]));
    ann.open("/accounts/ann/certificates");
    ann.within("Contoso Release").click("Remove Contoso Release");
    ann.sees("Packages without a signature will be accepted");
    ann.sees("Contoso.Core");
    wrong.extend(look::at_this(&ann, "certificates-remove-opens"));
    ann.click("Remove, and accept unsigned packages");
    confirm(&ann, &mut phone_of_ann);
    ann.sees("The certificate is removed; 1 version signed with it stays on the feed.");
    wrong.extend(look::at_this(&ann, "certificates-removed"));
    client_of_ann.push(&unsigned, &[]).succeeded().saying("Your package was pushed.");

    bob.open("/account");
    bob.sees("Contoso.Core");
    wrong.extend(look::at_this(&bob, "certificates-told"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
