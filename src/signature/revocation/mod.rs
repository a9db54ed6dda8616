//! What issuers say about certificates that they issued: revoked, good, or nothing that counts.
//!
//! Answers are bytes that somebody fetched or imported before; nothing here asks anybody. A statement counts only when it
//! is signed by the issuer of the certificate (or by whom the issuer named for it) and in date.

mod status;

use time::OffsetDateTime;

pub use status::{Status, Unknown};

use super::certificate::Certificate;

/// The statements that are at hand.
#[derive(Debug, Clone, Default)]
pub struct Answers {}

impl Answers {
    /// No statements: everything is unknown.
    pub const NONE: &'static Self = &Self {};

    /// What is known at `now` about `certificate`, which `issuer` issued.
    #[must_use]
    pub fn about(&self, certificate: &Certificate, issuer: &Certificate, now: OffsetDateTime) -> Status {
        let _ = (certificate, issuer, now);
        Status::Unknown(Unknown::NoAnswer)
    }
}
