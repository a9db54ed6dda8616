//! How stories begin: somebody signs in, or enrols a second factor, in the way that the pages lead them.

use crate::support::pages::password_of;
use crate::support::totp::Phone;
use crate::support::{Browser, Feed};

/// A browser of `name`'s, signed in; `None` where there is no Chromium. The account is there already.
#[track_caller]
pub fn signed_in<'f>(name: &str, feed: &'f Feed) -> Option<Browser<'f>> {
    let browser = Browser::of(name, feed)?;
    give_password(&browser, name);
    browser.is_at("/account");
    Some(browser)
}

/// Opens the sign-in page, from which one goes to the account, and sends name and password.
#[track_caller]
pub fn give_password(browser: &Browser<'_>, name: &str) {
    browser.open("/sign-in?return_to=account");
    browser.type_into("Account name", name);
    browser.type_into("Password", &password_of(name));
    browser.click("Sign in");
}

/// Goes through the enrolment that is open in front of `name`, up to the recovery codes: the phone, and the codes.
#[track_caller]
pub fn enrol(browser: &Browser<'_>, name: &str) -> (Phone, Vec<String>) {
    browser.type_into("Password", &password_of(name));
    browser.click("Continue");
    let mut phone = scanned(browser);
    browser.type_into("Code that the app shows now", &phone.code());
    browser.click("Turn it on");
    browser.sees("Your second factor is on");
    (phone, recovery_codes(browser))
}

/// The phone after the secret beside the picture was typed into it.
#[track_caller]
pub fn scanned(browser: &Browser<'_>) -> Phone {
    browser.sees("type this secret into the app");
    Phone::with(&browser.texts_of(".enrolment code")[0])
}

/// The codes that the page shows this once.
#[track_caller]
pub fn recovery_codes(browser: &Browser<'_>) -> Vec<String> {
    let codes: Vec<String> = browser.texts_of(".secret code")[0].lines().map(str::to_owned).collect();
    assert_eq!(codes.len(), 10, "recovery codes: {codes:?}");
    codes
}
