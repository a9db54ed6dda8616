//! What the feed does: one file an operation, the same for the web and for the command line.
//!
//! An operation takes typed input, reads facts, lets a pure rule decide, and stores the outcome with its audit record in
//! one transaction. It knows nothing of HTTP, HTML or SQL.

pub mod accounts;
pub mod api_keys;
mod audience;
pub mod audit;
pub mod authority;
pub mod certificates;
mod csv;
pub mod documents;
pub mod expiry;
pub mod first_administrator;
pub mod forgotten_password;
pub mod invitations;
pub mod invited;
pub mod jobs;
pub mod mailing;
pub mod notices;
pub mod one_time_links;
pub mod organizations;
pub mod overview;
pub mod own_account;
pub mod owners;
pub mod pending_uploads;
pub mod policy;
pub mod push;
pub mod repository_certificate;
pub mod required_signer;
pub mod reserved_prefixes;
pub mod revocation;
pub mod sealing_key;
pub mod search;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;
pub mod signers;
pub mod stages;
#[cfg(test)]
pub(crate) mod test_server;
pub mod timestamping;
pub mod trust;
pub mod trust_files;
pub mod unknown_roots;
pub mod unlist;
pub mod verdicts;
pub mod void_signatures;
pub mod withdrawals;

#[cfg(test)]
mod test_house;
