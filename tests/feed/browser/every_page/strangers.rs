//! What people see before they are signed in, on a feed with nothing on it.

use super::tour::Tour;
use crate::support::pages::password_of;
use crate::support::{Browser, Feed};

/// `None` where there is no browser.
pub fn walk(tour: &mut Tour, feed: &Feed) -> Option<()> {
    let stranger = Browser::of("a stranger", feed)?;
    tour.visit(&stranger, "sign-in", "/sign-in");
    stranger.type_into("Account name", "ann");
    stranger.type_into("Password", "a wrong password");
    stranger.click("Sign in");
    tour.look(&stranger, "sign-in-wrong");
    tour.visit(&stranger, "forgotten", "/sign-in/forgotten");
    tour.visit(&stranger, "not-found", "/no-such-page");
    tour.visit(&stranger, "email-dead", "/account/email/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let welcome = std::fs::read_to_string(feed.data().join("setup-link")).expect("the link");
    tour.visit(&stranger, "welcome", &feed.target(welcome.trim()));

    feed.account("eve");
    let link = feed.assay(&["account", "reset-password", "eve", "--link"]).succeeded();
    tour.visit(&stranger, "reset-password", &feed.target(&link));
    stranger.open("/sign-in");
    stranger.type_into("Account name", "eve");
    stranger.type_into("Password", &password_of("eve"));
    stranger.click("Sign in");
    tour.visit(&stranger, "packages-none", "/");
    tour.visit(&stranger, "keys-new-alone", "/account/keys/new");
    tour.visit(&stranger, "organizations-none", "/account/organizations");
    tour.visit(&stranger, "security-without-factor", "/account/security");
    tour.visit(&stranger, "second-factor-password", "/account/security/second-factor");
    Some(())
}
