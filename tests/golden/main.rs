//! Every golden package, judged by this server and by the official client.
//!
//! `tests/vectors/golden/manifest.json` holds the verdicts of NuGet's own library (SDK 10.0.401). Under every configuration
//! of the client accepted and the set of codes must be the same; under `push` every difference must have the name of a rule.

// What tests call belongs to them: clippy knows only functions that are marked so.
#![allow(clippy::unwrap_used, clippy::panic)]

mod cases;
mod configurations;
#[path = "../support/environment.rs"]
#[allow(dead_code, reason = "the tests of the running feed need more of it")]
mod environment;
mod facts;
#[path = "../fuzz/targets.rs"]
mod fuzz_targets;
mod hostile_bytes;
mod lists;
mod manifest;
mod mutants;
mod official;
mod others;
mod properties;
mod push;
mod repository;
mod revocation;
mod rewrite;
mod scenarios;
mod second_reader;
mod shared;
mod tables;
mod timestamping;
