//! The feed's own signature: a primary signature on what nobody signed, a countersignature on what an author signed.
//!
//! An author's bytes never change. Marks of other repositories are taken off before ours goes on, and nothing leaves
//! [`sign()`] that was not read back and verified. Private keys are used through aws-lc-rs, whose operations run in constant
//! time; they are not kept anywhere else.
//!
//! Timestamps are not made here; `signed_data::signer_info` takes the unsigned attributes that would hold them.

mod self_signed;
mod sign;
mod signed_data;
mod signer;
mod splice;

pub use self_signed::{Generated, generate};
pub use sign::{Error, sign, sign_hashed, without_marks};
pub use signer::{InvalidSigner, RepositorySigner};
