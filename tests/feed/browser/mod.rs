//! People at the feed's pages, in a real browser.

mod authenticator;
mod every_page;
mod first_run;
mod sign_in;
mod support;
