//! Who must sign, chosen by two people and an organization on the pages: one package, then many.

use super::arrival::{enrol, signed_in};
use crate::support::browser::look;
use crate::support::{Feed, golden, package};

/// `ann` has a certificate and `bob` none; both own `Contoso.Core`, ann and the organization `contoso` the others.
fn furnished() -> Feed {
    let feed = Feed::start();
    let ann = feed.account("ann");
    feed.account("bob");
    feed.assay(&["account", "create", "contoso", "--organization"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "ann", "--administrator"]).succeeded();
    feed.assay(&["account", "add-member", "contoso", "bob"]).succeeded();
    for id in ["Contoso.Core", "Contoso.App", "Contoso.Enterprise.Integration.Connectors.Abstractions", "Zebra"] {
        ann.push(package(id, "1.0.0").bytes()).accepted();
    }
    feed
}

fn register(feed: &Feed, account: &str, certificate: &str) {
    let file = golden::certificate(certificate);
    feed.assay(&["certificate", "add", "--account", account, file.to_str().unwrap()]).succeeded();
}

#[test]
fn owners_choose_who_must_sign_and_read_before_what_that_does() {
    let feed = furnished();
    let Some(ann) = signed_in("ann", &feed) else { return };
    ann.open("/account/security/second-factor");
    let (mut phone, _) = enrol(&ann, "ann");
    let mut wrong = Vec::new();

    ann.open("/packages/Contoso.Core/manage");
    ann.sees("Unsigned packages are accepted; a signed one is refused");
    ann.sees("nothing to choose while no owner has a certificate");
    wrong.extend(look::at_this(&ann, "signer-nothing-to-choose"));
    for id in ["Contoso.Core", "Contoso.App", "Contoso.Enterprise.Integration.Connectors.Abstractions"] {
        ann.open(&format!("/packages/{id}/manage"));
        ann.type_into("Account name", "contoso");
        ann.click("Add owner");
        if ann.text().contains("Code of your second factor") {
            ann.type_into("Code of your second factor", &phone.code());
            ann.click("Confirm");
        }
        ann.sees("contoso is an owner now");
    }
    register(&feed, "ann", "leaf-3072");
    ann.open("/packages/Contoso.Core/manage");
    ann.sees("Packages must be signed with the certificate of ann.");
    ann.sees("Only contoso: contoso has no certificate that counts for this package ID.");
    wrong.extend(look::at_this(&ann, "signer-choices"));

    ann.tick("No signature needed");
    ann.click("See what would change");
    ann.sees("Packages without a signature will be accepted");
    wrong.extend(look::at_this(&ann, "signer-opens"));
    ann.click("Accept unsigned packages");
    ann.sees("The required signer of Contoso.Core is now: no signature needed.");
    wrong.extend(look::at_this(&ann, "signer-chosen"));

    ann.open("/account/packages");
    ann.within("Contoso.Core").sees("unsigned accepted");
    wrong.extend(look::at_this(&ann, "my-packages"));
    for id in ["Contoso.Core", "Contoso.App", "Zebra"] {
        ann.tick(&format!("Choose for {id}"));
    }
    ann.choose("Required signer of the ticked packages", "no signature needed");
    ann.click("See what would change");
    ann.sees("every owner has certificates for this package ID");
    wrong.extend(look::at_this(&ann, "my-packages-question"));
    ann.click("Accept unsigned packages of 1 ID");
    ann.sees("The required signer of 1 package is now: no signature needed.");

    let Some(bob) = signed_in("bob", &feed) else { return };
    bob.open("/packages/Contoso.Core/manage");
    bob.sees("Unsigned packages are accepted; a signed one must carry an active certificate of ann.");
    assert!(!bob.offers("See what would change") && !bob.offers("Add owner"), "a collaborator only looks");
    wrong.extend(look::at_this(&bob, "signer-collaborator"));
    bob.open("/account/packages");
    wrong.extend(look::at_this(&bob, "my-packages-collaborator"));

    register(&feed, "contoso", "leaf-2048");
    ann.open("/packages/Contoso.Core/manage");
    ann.sees("Packages must be signed with one of 2 certificates of ann or contoso.");
    wrong.extend(look::at_this(&ann, "signer-all-have"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
