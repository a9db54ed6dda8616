//! Entity tags.

use sha2::{Digest, Sha256};

/// The entity tag of a body, without quotes: the first 128 bits of its SHA-256.
#[must_use]
pub fn etag(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body).get(..16).unwrap_or_default())
}
