//! The pages: what people see. One file a page; [`page::Page`] is the only way to emit a document.

pub(in crate::web) mod account;
pub(in crate::web) mod admin;
pub(in crate::web) mod admission;
pub(in crate::web) mod assets;
pub(in crate::web) mod certificates;
mod client_lines;
pub(in crate::web) mod components;
pub(in crate::web) mod confirm;
mod cookies;
pub(in crate::web) mod csrf;
pub(in crate::web) mod email;
pub(in crate::web) mod flash;
pub(in crate::web) mod flashes;
pub(in crate::web) mod forgotten;
pub(in crate::web) mod frame;
pub(in crate::web) mod invitations;
pub(in crate::web) mod jobs;
pub(in crate::web) mod keys;
pub(in crate::web) mod manage;
pub(in crate::web) mod masthead;
pub(in crate::web) mod members;
pub(in crate::web) mod my_packages;
mod new_password;
pub(in crate::web) mod next_steps;
mod onward;
pub(in crate::web) mod organizations;
mod origin;
pub(in crate::web) mod package;
pub(in crate::web) mod packages;
pub(in crate::web) mod page;
mod passwords;
mod posted;
pub(in crate::web) mod prefixes;
pub(in crate::web) mod problem;
pub(in crate::web) mod profile;
pub(in crate::web) mod qr;
pub(super) mod refusal;
pub(in crate::web) mod reset;
mod return_to;
pub(in crate::web) mod second_factor;
pub(in crate::web) mod section;
pub(in crate::web) mod security;
pub(in crate::web) mod sessions;
pub(in crate::web) mod sign_in;
pub(in crate::web) mod signers;
mod spreadsheet;
pub(in crate::web) mod trust;
pub(in crate::web) mod upload;
pub(in crate::web) mod upload_form;
pub(in crate::web) mod verdicts;
pub(in crate::web) mod viewer;
pub(in crate::web) mod visit;
mod void_signatures;
pub(in crate::web) mod welcome;

use actix_web::HttpResponse;

/// Any path that is no route.
pub(in crate::web) async fn unknown(visit: visit::Visit) -> HttpResponse {
    problem::Problem::not_found().respond(&visit.frame())
}

#[cfg(test)]
mod gallery;
#[cfg(test)]
mod palette;
#[cfg(test)]
pub(in crate::web) mod proofreader;
