//! Assay: a private NuGet feed that tests who signed each package, stamps it and serves it.
//!
//! Top down; each may know those below it, never those above. `tests/architecture.rs` guards that.
//!
//! | module | what it is |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`web`] | HTTP: the NuGet protocol and, later, pages |
//! | [`feed`] | what the feed does, one file an operation |
//! | [`app`] | what is opened once: settings, store, keys, prepared documents |
//! | [`store`] | the SQLite file |
//! | [`config`], [`data_folder`], [`vault`], [`password`] | settings, files, sealed secrets, password hashes |
//! | [`outbound`] | requests into the network, and what they must not reach |
//! | [`documents`] | the JSON of the V3 protocol; pure |
//! | [`nupkg`] | reading a package; pure |
//! | [`signature`] | verifying and making package signatures; pure |
//! | [`archive`] | the bytes of a ZIP archive; pure |
//! | [`domain`] | identifiers, versions, accounts, rules; pure |
//!
//! `ARCHITECTURE.md` has the invariants and two walkthroughs.
#![cfg_attr(test, allow(missing_docs))]

pub mod app;
pub mod archive;
pub mod cli;
pub mod config;
pub mod data_folder;
pub mod documents;
pub mod domain;
pub mod feed;
pub mod mail;
pub mod nupkg;
pub mod outbound;
pub mod password;
pub mod signature;
pub mod store;
pub mod vault;
pub mod web;
