//! What belongs to whoever is signed in: the account, its security, its keys.

use super::tour::Tour;
use crate::browser::arrival::{enrol, give_password, scanned, signed_in};
use crate::support::pages::password_of;
use crate::support::smtp::MailServer;
use crate::support::{Browser, Feed};

pub fn walk(tour: &mut Tour, feed: &Feed, post: &MailServer) {
    let Some(ann) = signed_in("ann", feed) else { return };
    tour.visit(&ann, "account", "/account");
    ann.type_into("E-mail address", "ann@example.com");
    ann.type_into("Your password", "wrong");
    ann.click("Save");
    tour.look(&ann, "account-wrong");
    ann.type_into("E-mail address", "ann@example.com");
    ann.type_into("Your password", &password_of("ann"));
    ann.click("Save");
    tour.look(&ann, "account-unconfirmed");
    let home = feed.source().replace("/v3/index.json", "/account/email/");
    let letter = post.wait_for(1).pop().expect("a letter");
    tour.visit(&ann, "email-confirm", &feed.target(&letter.link(&home)));
    keys(tour, &ann);
    second_factor(tour, feed, &ann);
}

fn keys(tour: &mut Tour, ann: &Browser<'_>) {
    tour.visit(ann, "keys", "/account/keys");
    ann.click("Revoke build server");
    tour.look(ann, "key-revoke");
    tour.visit(ann, "key-new", "/account/keys/new");
    ann.type_into("Name", " ");
    ann.type_into("Package IDs", "Contoso.*\na?b");
    ann.click("Make the key");
    tour.look(ann, "key-new-wrong");
    ann.type_into("Name", "laptop");
    ann.type_into("Package IDs", "Contoso.*");
    ann.click("Show what matches");
    tour.look(ann, "key-new-matches");
    ann.tick("Unlist and relist");
    ann.click("Make the key");
    ann.sees("Shown this once");
    tour.look(ann, "key-made");
    ann.open("/account/keys/new");
    ann.type_into("Name", "pushes only");
    ann.untick("Read");
    ann.click("Make the key");
    ann.sees("need a key with Read as well");
    tour.look(ann, "key-made-push-only");
}

fn second_factor(tour: &mut Tour, feed: &Feed, ann: &Browser<'_>) {
    ann.open("/account/security/second-factor");
    ann.type_into("Password", &password_of("ann"));
    ann.click("Continue");
    _ = scanned(ann);
    tour.look(ann, "second-factor-phone");
    ann.type_into("Code that the app shows now", "000000");
    ann.click("Turn it on");
    tour.look(ann, "second-factor-wrong");

    let Some(bob) = signed_in("bob", feed) else { return };
    bob.open("/account/security/second-factor");
    let (mut phone, _) = enrol(&bob, "bob");
    tour.look(&bob, "recovery-codes");
    bob.open("/account/security");
    bob.click("Make new recovery codes");
    bob.click("Remove the second factor");
    tour.look(&bob, "security");
    tour.visit(&bob, "confirm-code", "/account/security/second-factor");
    let Some(elsewhere) = Browser::of("bob elsewhere", feed) else { return };
    give_password(&elsewhere, "bob");
    tour.look(&elsewhere, "sign-in-code");
    elsewhere.type_into("Code", "000000");
    elsewhere.click("Sign in");
    tour.look(&elsewhere, "sign-in-code-wrong");
    elsewhere.type_into("Code", &phone.code());
    elsewhere.click("Sign in");
    tour.visit(&elsewhere, "security-two-sessions", "/account/security");
    tour.visit(&elsewhere, "second-factor-replace", "/account/security/second-factor");
}
