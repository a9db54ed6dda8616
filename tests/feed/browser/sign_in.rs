//! Signing in and out, as people do: with the mouse, with the keyboard, without scripts, and with a wrong password first.

use crate::support::browser::look;
use crate::support::{Browser, Feed};

#[test]
fn the_password_opens_the_door_and_a_wrong_one_says_so_and_keeps_the_name() {
    let feed = Feed::start();
    let password = feed.account("ann").password;
    let Some(ann) = Browser::of("ann", &feed) else { return };

    ann.open("/sign-in?return_to=account%2Fkeys");
    ann.type_into("Account name", "ann");
    ann.type_into("Password", "a wrong password");
    ann.click("Sign in");
    ann.sees("The account name or the password is wrong");
    assert_eq!((ann.value_of("Account name").as_str(), ann.value_of("Password").as_str()), ("ann", ""));
    assert_eq!(look::at_this(&ann, "sign-in-wrong"), [""; 0]);

    ann.type_into("Password", &password);
    ann.click("Sign in");
    ann.is_at("/account/keys");

    ann.click("Account menu of ann");
    ann.click("Sign out");
    ann.is_at("/sign-in");
    ann.go_back();
    ann.does_not_see("Account menu");
}

#[test]
fn the_keyboard_alone_signs_in() {
    let feed = Feed::start();
    let password = feed.account("ann").password;
    let Some(ann) = Browser::of("ann", &feed) else { return };

    ann.open("/sign-in?return_to=account");
    let mut places = Vec::new();
    while ann.focused() != "Account name" {
        ann.press("Tab");
        places.push(ann.focused());
        assert!(places.len() < 10, "the form should come soon: {places:?}");
    }
    assert_eq!(places[0], "Skip to the content");
    ann.press("a");
    ann.press("n");
    ann.press("n");
    ann.press("Tab");
    for key in password.chars() {
        ann.press(&key.to_string());
    }
    ann.press("Enter");
    ann.is_at("/account");
}

#[test]
fn everything_works_without_scripts() {
    let feed = Feed::start();
    let password = feed.account("ann").password;
    let Some(ann) = Browser::of("ann", &feed) else { return };
    let ann = ann.without_javascript();
    ann.open("/sign-in?return_to=account");
    ann.type_into("Account name", "ann");
    ann.type_into("Password", &password);
    ann.click("Sign in");
    ann.is_at("/account");
    ann.click("Account menu of ann");
    ann.click("Sign out");
    ann.is_at("/sign-in");
}

#[test]
fn one_browser_is_signed_in_and_another_is_not() {
    let feed = Feed::start();
    let password = feed.account("ann").password;
    let (Some(at_work), Some(at_home)) = (Browser::of("ann at work", &feed), Browser::of("ann at home", &feed)) else {
        return;
    };
    at_work.open("/sign-in?return_to=account");
    at_work.type_into("Account name", "ann");
    at_work.type_into("Password", &password);
    at_work.click("Sign in");
    at_work.is_at("/account");
    at_home.open("/sign-in");
    assert!(at_work.offers("Account menu of ann") && !at_home.offers("Account menu of ann"));
}
