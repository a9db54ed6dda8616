//! People at the feed's pages, in a real browser.

mod arrival;
mod authenticator;
mod certificates;
mod dropped_files;
mod every_page;
mod first_run;
mod keys;
mod organizations;
mod required_signer;
mod revocation;
mod second_factor;
mod sessions;
mod sign_in;
mod support;
mod trust;
mod upload;
mod verdicts;
