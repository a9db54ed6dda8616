//! The first minutes of a server, as its administrator meets them: from the link on the terminal to a second factor.

use crate::support::browser::look;
use crate::support::totp::Phone;
use crate::support::{Browser, Feed};

const PASSWORD: &str = "four words picked at random";

#[test]
fn the_first_administrator_is_led_from_the_link_to_a_second_factor_and_back_in_by_a_recovery_code() {
    let feed = Feed::with().without_trust().start();
    let Some(grace) = Browser::of("grace", &feed) else { return };
    let link = std::fs::read_to_string(feed.data().join("setup-link")).unwrap();
    let mut wrong = Vec::new();

    grace.open(link.trim());
    wrong.extend(look::at_this(&grace, "welcome"));
    grace.type_into("Account name", "grace");
    grace.type_into("New password", "too short");
    grace.type_into("New password once more", "too short");
    grace.click("Create the administrator");
    grace.sees("at least 12 characters");
    wrong.extend(look::at_this(&grace, "welcome-wrong"));
    grace.type_into("New password", PASSWORD);
    grace.type_into("New password once more", PASSWORD);
    grace.click("Create the administrator");

    grace.is_at("/welcome?step=2");
    wrong.extend(look::at_this(&grace, "welcome-2"));
    grace.click("Enrol a second factor");
    wrong.extend(look::at_this(&grace, "second-factor-password"));
    grace.type_into("Password", PASSWORD);
    grace.click("Continue");
    grace.sees("Scan this");
    wrong.extend(look::at_this(&grace, "second-factor-phone"));
    let mut phone = Phone::with(&grace.texts_of("code")[0]);
    grace.type_into("Code that the app shows now", "000000");
    grace.click("Turn it on");
    grace.sees("That code is wrong");
    wrong.extend(look::at_this(&grace, "second-factor-wrong"));
    grace.type_into("Code that the app shows now", &phone.code());
    grace.click("Turn it on");
    grace.sees("Your second factor is on");
    let codes = grace.texts_of("code")[0].clone();
    wrong.extend(look::at_this(&grace, "recovery-codes"));
    grace.click("I have put them away");

    grace.is_at("/welcome?step=3");
    wrong.extend(look::at_this(&grace, "welcome-3"));
    grace.click("Later");
    grace.is_at("/welcome?step=4");
    wrong.extend(look::at_this(&grace, "welcome-4"));
    grace.click("Go to my account");
    wrong.extend(look::at_this(&grace, "account"));
    grace.click("Security");
    wrong.extend(look::at_this(&grace, "security"));

    let Some(elsewhere) = Browser::of("grace elsewhere", &feed) else { return };
    elsewhere.open("/sign-in?return_to=account%2Fsecurity");
    elsewhere.type_into("Account name", "grace");
    elsewhere.type_into("Password", PASSWORD);
    elsewhere.click("Sign in");
    wrong.extend(look::at_this(&elsewhere, "sign-in-code"));
    elsewhere.type_into("Code", codes.lines().next().unwrap());
    elsewhere.click("Sign in");
    elsewhere.is_at("/account/security");
    elsewhere.sees("9 of 10 recovery codes");
    elsewhere.sees("A recovery code of yours was used");
    wrong.extend(look::at_this(&elsewhere, "security-two-sessions"));
    elsewhere.click("End all others");
    elsewhere.open(link.trim());
    elsewhere.sees("This link is good no longer");
    grace.reload();
    grace.is_at("/sign-in?return_to=account%2Fsecurity");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn links_of_administrators_lead_to_pages_that_everybody_can_use() {
    let feed = Feed::start();
    feed.account("ann");
    let Some(ann) = Browser::of("ann", &feed) else { return };
    let link = feed.assay(&["account", "reset-password", "ann", "--link"]).succeeded();
    ann.open(&link);
    let mut wrong = look::at_this(&ann, "reset-password");
    ann.type_into("New password", PASSWORD);
    ann.type_into("New password once more", PASSWORD);
    ann.click("Set the password");
    ann.sees("Your new password is set");
    wrong.extend(look::at_this(&ann, "reset-password-done"));
    ann.open(&link);
    ann.sees("This link is good no longer");
    wrong.extend(look::at_this(&ann, "dead-link"));
    ann.open("/sign-in?return_to=account");
    ann.type_into("Account name", "ann");
    ann.type_into("Password", PASSWORD);
    ann.click("Sign in");
    ann.sees("set anew by a link");
    wrong.extend(look::at_this(&ann, "account-of-ann"));
    ann.open("/account/security");
    ann.type_into("Current password", "not this one");
    ann.type_into("New password", "five other words for a lock");
    ann.type_into("New password once more", "five other words for a lock");
    ann.click("Change the password");
    ann.sees("The current password is wrong");
    wrong.extend(look::at_this(&ann, "security-of-ann"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
