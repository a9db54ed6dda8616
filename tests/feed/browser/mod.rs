//! People at the feed's pages, in a real browser.

mod authenticator;
mod support;
