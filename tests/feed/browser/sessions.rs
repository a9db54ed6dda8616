//! Where somebody is signed in: seen from one browser, ended in another.

use super::arrival::signed_in;
use crate::support::browser::look;
use crate::support::pages::password_of;
use crate::support::{Browser, Feed};

const NEW: &str = "seven other words for the same lock";

#[test]
fn one_browser_ends_another_and_itself_stays() {
    let feed = Feed::start();
    feed.account("ann");
    let (Some(at_home), Some(at_work)) = (signed_in("ann", &feed), signed_in("ann", &feed)) else { return };

    at_home.open("/account/security");
    at_home.within("Where you are signed in").sees("This one");
    at_home.within("Where you are signed in").sees("Chrome on Linux");
    at_home.within("Where you are signed in").click("End the session in Chrome on Linux from 127.0.0.1");
    at_home.sees("The session is ended");
    assert!(!at_home.offers("End all others"), "nobody else is left");
    is_out(&at_work);
    at_home.click("API keys");
    at_home.is_at("/account/keys");
}

#[test]
fn a_changed_password_ends_every_other_browser_and_opens_no_door_any_more() {
    let feed = Feed::start();
    feed.account("ann");
    let (Some(at_home), Some(thief)) = (signed_in("ann", &feed), signed_in("ann", &feed)) else { return };

    at_home.open("/account/security");
    at_home.type_into("Current password", &password_of("ann"));
    at_home.type_into("New password", NEW);
    at_home.type_into("New password once more", NEW);
    at_home.click("Change the password");
    at_home.sees("Your password is changed, and your other sessions are ended");
    at_home.reload();
    at_home.is_at("/account/security");

    is_out(&thief);
    thief.type_into("Account name", "ann");
    thief.type_into("Password", &password_of("ann"));
    thief.click("Sign in");
    thief.sees("The account name or the password is wrong");
    thief.type_into("Password", NEW);
    thief.click("Sign in");
    thief.is_at("/account/security");
}

#[test]
fn what_is_sent_after_the_session_ended_is_told_of_and_one_comes_back_to_the_form() {
    let feed = Feed::start();
    feed.account("ann");
    let (Some(at_home), Some(at_work)) = (signed_in("ann", &feed), signed_in("ann", &feed)) else { return };

    at_work.open("/account/organizations");
    at_work.type_into("Name", "contoso");
    at_home.open("/account/security");
    at_home.within("Where you are signed in").click("End all others");
    at_home.sees("ended");
    at_work.click("Create organization");
    at_work.sees("What you sent was not taken");
    assert_eq!(look::at_this(&at_work, "sign-in-unsent"), [""; 0]);
    at_work.type_into("Account name", "ann");
    at_work.type_into("Password", &password_of("ann"));
    at_work.click("Sign in");
    at_work.is_at("/account/organizations");
    at_work.sees("Send it once more");
    at_work.within("Your organizations").sees("You belong to no organization");
    at_work.type_into("Name", "contoso");
    at_work.click("Create organization");
    at_work.sees("contoso is made");
}

/// The next page that is opened is the sign-in page.
#[track_caller]
fn is_out(browser: &Browser<'_>) {
    browser.open("/account/security");
    browser.is_at("/sign-in?return_to=account%2Fsecurity");
}
