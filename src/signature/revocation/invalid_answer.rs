//! Why bytes are no answer about revocation that could ever count.

use super::crl::MAX_CRL_SIZE;
use super::ocsp::{MAX_OCSP_SIZE, MAX_SINGLE_RESPONSES};

/// Why a CRL or an OCSP response cannot be used for any certificate at any time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidAnswer {
    /// A CRL larger than [`MAX_CRL_SIZE`].
    #[error("the CRL has {found} octets, more than the {MAX_CRL_SIZE} that are read")]
    CrlTooLarge {
        /// Octets found.
        found: usize,
    },
    /// An OCSP response larger than [`MAX_OCSP_SIZE`].
    #[error("the OCSP response has {found} octets, more than the {MAX_OCSP_SIZE} that are read")]
    OcspTooLarge {
        /// Octets found.
        found: usize,
    },
    /// An OCSP response about more than [`MAX_SINGLE_RESPONSES`] certificates.
    #[error("the OCSP response is about more than {MAX_SINGLE_RESPONSES} certificates")]
    TooManyResponses,
    /// A text file with something else than one CRL.
    #[error("the text has not one block `X509 CRL` in base64; give one CRL per file")]
    Pem,
    /// The structure is not that of a CRL.
    #[error("this is no CRL in DER: in its {part}, {reason}")]
    CrlStructure {
        /// The part that could not be read.
        part: &'static str,
        /// What was wrong.
        reason: String,
    },
    /// The structure is not that of an OCSP response.
    #[error("this is no OCSP response in DER: in its {part}, {reason}")]
    OcspStructure {
        /// The part that could not be read.
        part: &'static str,
        /// What was wrong.
        reason: String,
    },
    /// A CRL about certificates of other issuers.
    #[error("the CRL is an indirect one, about certificates of other issuers; these are not used")]
    Indirect,
    /// The responder gave no answer.
    #[error("the OCSP responder gave no answer: {status}")]
    NoAnswer {
        /// Its reason, in the words of RFC 6960, 4.2.1.
        status: &'static str,
    },
    /// A response of another type than the basic one.
    #[error("the OCSP response is of type `{found}`, not a basic one")]
    ResponseType {
        /// The type in dotted form.
        found: String,
    },
}
