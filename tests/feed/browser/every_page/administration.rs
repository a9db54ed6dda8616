//! What administrators run the server with.

use super::house::LONG;
use super::tour::Tour;
use super::{revocation, withdrawals};
use crate::browser::arrival::{enrol, signed_in};
use crate::support::{Browser, Feed, golden};

pub fn walk(tour: &mut Tour, feed: &Feed) {
    let Some(grace) = signed_in("grace", feed) else { return };
    for step in ["2", "3", "4"] {
        tour.visit(&grace, &format!("welcome-{step}"), &format!("/welcome?step={step}"));
    }
    grace.open("/admin");
    tour.look(&grace, "admin-enrol-first");
    grace.open("/account/security/second-factor");
    let (mut phone, _) = enrol(&grace, "grace");
    tour.visit(&grace, "admin-prefixes", "/admin/prefixes");
    grace.type_into("Package IDs", "*.*");
    grace.type_into("Reserved for", "nobody-here");
    grace.click("Reserve");
    tour.look(&grace, "admin-prefixes-wrong");
    grace.type_into("Package IDs", "Fabrikam.*");
    grace.type_into("Reserved for", "fabrikam");
    grace.click("Reserve");
    grace.type_into("Code of your second factor", &phone.code());
    grace.click("Confirm");
    tour.look(&grace, "admin-prefixes-reserved");
    accounts(tour, &grace);
    policy(tour, &grace);
    trust(tour, feed, &grace);
    revocation::walk(tour, feed, &grace);
    withdrawals::walk(tour, &grace);
    tour.visit(&grace, "admin-stages", "/admin/stages");
    tour.visit(&grace, "admin-stages-filtered", "/admin/stages?owner=ann&q=nothing");
    tour.visit(&grace, "admin-jobs", "/admin/jobs");
    tour.visit(&grace, "admin-audit", "/admin/audit");
    tour.visit(&grace, "admin-audit-none", "/admin/audit?actor=nobody-here");
    tour.visit(&grace, "admin", "/admin");
}

fn accounts(tour: &mut Tour, grace: &Browser<'_>) {
    tour.visit(grace, "admin-accounts", "/admin/accounts");
    tour.visit(grace, "admin-accounts-none", "/admin/accounts?q=nobody-here");
    for name in ["ann", "contoso", LONG] {
        tour.visit(grace, &format!("admin-account-{name}"), &format!("/admin/accounts/{name}"));
    }
    tour.visit(grace, "admin-account-disable", "/admin/accounts/ann/disable");
    tour.visit(grace, "admin-account-make-administrator", "/admin/accounts/ann/make-administrator");
    tour.visit(grace, "admin-account-revoke-keys", "/admin/accounts/ann/revoke-keys");
    grace.open("/admin/accounts/bob/password-link");
    tour.look(grace, "admin-account-link-question");
    tour.visit(grace, "admin-new-account", "/admin/new-account");
    grace.within("A user").type_into("Account name", "ann");
    grace.within("A user").click("Create the user");
    tour.look(grace, "admin-new-account-wrong");
    grace.within("A user").type_into("Account name", "dora");
    grace.within("A user").click("Create the user");
    tour.look(grace, "admin-account-made");
}

fn policy(tour: &mut Tour, grace: &Browser<'_>) {
    tour.visit(grace, "admin-policy", "/admin/policy");
    grace.click("Switch on Everybody may read");
    tour.look(grace, "admin-policy-warning");
    grace.open("/admin/policy");
    grace.within("Hosts inside your network").type_into("One a line", "no host!");
    grace.within("Hosts inside your network").click("Save Hosts inside your network");
    tour.look(grace, "admin-policy-wrong");
}

fn trust(tour: &mut Tour, feed: &Feed, grace: &Browser<'_>) {
    tour.visit(grace, "admin-trust-timestamping", "/admin/trust?for=timestamping");
    let zoe = feed.account("zoe");
    _ = zoe.push(golden::read("cert-untrusted-root.nupkg")).refused(400);
    tour.visit(grace, "admin-trust", "/admin/trust");
    grace.open("/admin/trust");
    let root = golden::fingerprint("stranger-root");
    tour.visit(grace, "admin-trust-unknown", &format!("/admin/trust/unknown/signing/{root}"));
    let known = golden::fingerprint("code-root-a");
    tour.visit(grace, "admin-trust-remove", &format!("/admin/trust/signing/{known}/remove"));
    tour.visit(grace, "admin-trust-add", "/admin/trust/add");
    grace.upload("Files with certificates", &golden::certificate("leaf-3072"));
    grace.choose("What you trust these roots for", "Package signers");
    grace.click("Add the roots");
    tour.look(grace, "admin-trust-files");
}
