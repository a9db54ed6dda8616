//! The JSON documents of the V3 protocol, as bytes.
//!
//! Pure: facts and a public address in, JSON out. No document ever holds `null` (clients disagree on it) nor a URL that
//! [`Urls`] or a package's own checked links did not make. This module does not know where facts are stored, who may
//! read them, or how bytes travel.

mod etag;
pub mod flat_container;
mod hive;
mod json;
mod package_version;
pub mod registration;
pub mod repository_signatures;
pub mod search;
pub mod service_index;
mod signer;
mod timestamp;
mod urls;

pub use etag::etag;
pub use hive::Hive;
pub use package_version::PackageVersion;
pub use signer::Signer;
pub use urls::{InvalidPublicUrl, Urls};

#[cfg(test)]
mod tests;
