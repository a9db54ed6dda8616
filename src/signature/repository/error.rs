//! Why a package gets no signature of the feed.

use std::io;

use super::super::fault::Fault;
use super::super::issue::Part;
use super::signer::InvalidSigner;
use crate::archive::{Finding, LayoutError, SignatureEntryError};

/// Why a package was not signed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The service index URL is not an https URL in ASCII.
    #[error(
        "the service index URL `{url}` cannot stand in a signature: it must be https and ASCII; set the public URL of the server"
    )]
    ServiceIndex {
        /// The URL.
        url: String,
    },
    /// The name of an owner is blank.
    #[error("the name of an owner is blank")]
    Owner,
    /// The archive breaks rules.
    #[error("the archive cannot be signed")]
    Archive(Vec<Finding>),
    /// The records of the archive make no sense together.
    #[error("the archive cannot be signed")]
    Layout(#[from] LayoutError),
    /// The signature entry cannot be read.
    #[error("the signature of the package cannot be read")]
    Entry(#[from] SignatureEntryError),
    /// The present signature cannot be read; the text says why.
    #[error("the {part} of the package cannot be read: {why}")]
    Signature {
        /// Which.
        part: Part,
        /// Why.
        why: String,
    },
    /// The present signature is neither an author's nor a repository's, or has countersignatures of other kinds.
    #[error("the package has a signature or countersignature of unknown kind")]
    Kind,
    /// The package is not what its author signed.
    #[error("the package was changed after its author signed it")]
    Changed,
    /// The signer cannot sign.
    #[error("the certificate of the server cannot sign")]
    Signer(#[from] InvalidSigner),
    /// The timestamp does not go with the signature, although it is one for it.
    #[error("the timestamp can't be used: {0}")]
    Timestamp(&'static str),
    /// What was signed does not verify. Nothing of it is returned.
    #[error("the new signature does not verify: {0}")]
    SelfCheck(&'static str),
    /// The package could not be read.
    #[error("the package could not be read")]
    Io(#[from] io::Error),
}

/// A present signature that can't be read.
pub(super) fn unreadable((part, fault): (Part, Fault)) -> Error {
    Error::Signature { part, why: fault.issue(part).to_string() }
}
