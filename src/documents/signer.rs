//! Who signed a version, as an object that clients skip.

use time::OffsetDateTime;

use crate::domain::fingerprint::Fingerprint;

use super::json::Object;
use super::timestamp;

/// An author's signature.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'a> {
    /// The account whose registration of the certificate counted; `None` for other people's packages.
    pub account: Option<&'a str>,
    /// The certificate.
    pub fingerprint: &'a Fingerprint,
    /// Its subject as Windows shows it, if the feed still has the certificate.
    pub subject: Option<&'a str>,
    /// The upper bound of the timestamp; `None` without one.
    pub timestamp: Option<OffsetDateTime>,
}

impl Signer<'_> {
    /// `{"account", "fingerprint", "subject", "timestamp"}`; what is not known is left out.
    pub(super) fn object(&self) -> Vec<u8> {
        Object::new()
            .optional("account", self.account)
            .string("fingerprint", &self.fingerprint.to_string())
            .optional("subject", self.subject)
            .optional("timestamp", self.timestamp.map(timestamp::utc).as_deref())
            .finish()
    }
}
