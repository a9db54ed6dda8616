//! The feed's own signature: a primary signature on what nobody signed, a countersignature on what an author signed.
//!
//! An author's bytes never change. Marks of other repositories are taken off before ours goes on, and nothing leaves
//! [`sign()`] that was not read back and verified. Private keys are used through aws-lc-rs, whose operations run in constant
//! time; they are not kept anywhere else.
//!
//! A [`Draft`] has the signature value, for which its maker may ask for a timestamp, and is finished with or without it.

mod draft;
mod error;
mod marks;
mod self_check;
mod self_signed;
mod sign;
mod signed_data;
mod signer;
mod splice;

pub use draft::Draft;
pub use error::Error;
pub use marks::without_marks;
pub use self_signed::{Generated, generate};
pub use sign::sign;
#[cfg(test)]
pub(super) use signed_data::{attribute, signing_certificate, time as signing_time};
pub(super) use signed_data::{content_info, sha256};
pub use signer::{InvalidSigner, RepositorySigner};
