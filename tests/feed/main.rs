//! The feed as its users meet it: the real program over TLS, the official client, and requests that nobody should send.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod authentication;
mod autocomplete;
mod backup;
mod bad_packages;
mod browser;
mod certificates;
mod command_line;
mod enrolment_first;
mod feedview;
mod first_run;
mod flat_container;
mod gallery_certificates;
mod gallery_required_signer;
mod golden_verdicts;
mod guessing;
mod interruptions;
mod keys;
mod links;
mod listing;
mod mail;
mod pages_administration;
mod pages_certificates;
mod pages_jobs;
mod pages_keys;
mod pages_organizations;
mod pages_owners;
mod pages_packages;
mod pages_required_signer;
mod pages_security;
mod pages_sign_in;
mod pages_trust;
mod pages_upload;
mod pages_withdrawals;
mod prefixes;
mod publish;
mod registration;
mod repository_signatures;
mod restore;
mod revocation;
mod search;
mod secrets;
mod service_index;
mod shelf;
mod signed_push;
mod slow_forms;
mod storage_full;
mod timestamping;
mod tools;
mod verdicts;
mod withdrawals;
