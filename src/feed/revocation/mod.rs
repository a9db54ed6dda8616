//! Revocation: asking issuers about certificates, keeping what they say, and what follows from it.
//!
//! A push is judged with the answers at hand and never waits for any: what is not known is accepted, and asked afterwards.

pub(crate) mod seen;
