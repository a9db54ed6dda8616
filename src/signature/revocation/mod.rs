//! What issuers say about certificates that they issued: revoked, good, or nothing that counts.
//!
//! Answers are bytes that somebody fetched or imported before; nothing here asks anybody. A statement counts only when it
//! is signed by the issuer of the certificate (or by whom the issuer named for it); "good" counts only in date.

mod answers;
mod crl;
mod crl_scope;
mod distribution_point;
mod invalid_answer;
mod ocsp;
mod ocsp_request;
mod reason;
mod responder;
mod revoked_entries;
mod serial_number;
mod signature_memory;
mod single_response;
mod standing;
mod statement;
mod status;

pub use crate::domain::answer_kind::AnswerKind;
pub use answers::{AGE_WITHOUT_NEXT_UPDATE, Answers, CLOCK_SKEW};
pub use crl::{Crl, MAX_CRL_SIZE};
pub use distribution_point::{MAX_URL_LENGTH, MAX_URLS};
pub use invalid_answer::InvalidAnswer;
pub use ocsp::{MAX_OCSP_SIZE, MAX_SINGLE_RESPONSES, OcspResponse};
pub use ocsp_request::ocsp_request;
pub use reason::Reason;
pub use standing::{ChainFacts, KnownRevocation, Standing, StandingFacts, VoidReason, standing};
pub use status::{Status, Unknown};

#[cfg(test)]
mod client_tests;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod limit_tests;
#[cfg(test)]
mod openssl_tests;
#[cfg(test)]
mod responder_tests;
#[cfg(test)]
pub(crate) mod test_issuer;
