//! Asking about one certificate out of turn, because somebody wants to know now.
//!
//! Every owner of a certificate may, so it is bounded: the same one once a minute, and a handful in all. What comes beyond is
//! asked in its turn.

use crate::app::App;
use crate::domain::fingerprint::Fingerprint;

/// What becomes of the wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asking {
    /// Its issuer, and those above it, are asked now. That takes some seconds.
    Now,
    /// It was asked about in the last minute, or others were, too often.
    WaitAMinute,
}

/// Has the issuers in the chain of a certificate asked now, whether it is due or not. The caller decides who may.
pub fn ask_about(app: &App, fingerprint: &Fingerprint) -> Asking {
    if app.bell.ring_for(*fingerprint) { Asking::Now } else { Asking::WaitAMinute }
}
