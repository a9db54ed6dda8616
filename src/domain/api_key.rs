//! API keys: the secret of a client, shown once. What one may do is `grant`'s, whether it counts at all `life`'s.

mod grant;
mod life;
mod name;
mod scopes;

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

pub use grant::{Denied, KeyGrant, Use};
pub use life::{Dead, InvalidLifetime, KeyLife, KeyLifetime};
pub use name::{InvalidKeyName, KeyName};
pub use scopes::{InvalidScope, Scope, Scopes};

/// What every key begins with, so that secret scanners recognise a leaked one.
pub const API_KEY_PREFIX: &str = "assay_";
/// Characters after the prefix: 43 of 62 kinds carry 256 bits.
const RANDOM_LENGTH: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A key in clear. It exists only while it is made and while a request that carries it is judged, prints nothing in
/// `Debug`, and is wiped from memory when dropped.
pub struct ApiKey(Zeroizing<String>);

/// The text is not shaped like one of our keys, so it needs no look into the database.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("an API key of this server begins with `{API_KEY_PREFIX}` and has {RANDOM_LENGTH} letters and digits after it")]
pub struct InvalidApiKey;

impl ApiKey {
    /// A new key from `random`, which must be 64 bytes of a cryptographic source: bytes of 248 and above are skipped so
    /// that no letter is likelier than another. `None` when too few bytes were usable (once in about 10⁹ calls).
    #[must_use]
    pub fn from_random(random: &[u8; 64]) -> Option<Self> {
        let mut text = Zeroizing::new(String::with_capacity(API_KEY_PREFIX.len() + RANDOM_LENGTH));
        text.push_str(API_KEY_PREFIX);
        let letters =
            random.iter().filter(|byte| **byte < 248).filter_map(|byte| ALPHABET.get(usize::from(*byte % 62)));
        text.extend(letters.take(RANDOM_LENGTH).map(|letter| char::from(*letter)));
        (text.len() == API_KEY_PREFIX.len() + RANDOM_LENGTH).then_some(Self(text))
    }

    /// The secret itself: for the one moment in which it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored. A key carries 256 random bits, so one SHA-256 is as good as a slow password hash.
    #[must_use]
    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The first letters, by which its owner tells it from others in a list.
    #[must_use]
    pub fn hint(&self) -> String {
        self.0.chars().take(API_KEY_PREFIX.len() + 4).collect()
    }
}

impl FromStr for ApiKey {
    type Err = InvalidApiKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let random = text.strip_prefix(API_KEY_PREFIX).ok_or(InvalidApiKey)?;
        let shaped = random.len() == RANDOM_LENGTH && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        shaped.then(|| Self(Zeroizing::new(text.to_owned()))).ok_or(InvalidApiKey)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// SHA-256 of a key: what the database has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ApiKeyHash(pub [u8; 32]);

impl fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyHash(..)")
    }
}

/// The row number of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyId(pub i64);

/// How many package ID patterns a key has at most: what is longer is better served by a key for everything of an owner.
pub const MAX_KEY_PATTERNS: usize = 50;
/// How many keys that count an account has at most. Service keys are the organization's.
pub const MAX_KEYS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_has_the_prefix_and_survives_parsing() {
        let key = ApiKey::from_random(&[7; 64]).unwrap();
        assert!(key.reveal().starts_with("assay_"));
        assert_eq!(key.reveal().len(), 49);
        assert_eq!(key.reveal().parse::<ApiKey>().unwrap().hash(), key.hash());
    }

    #[test]
    fn random_bytes_that_would_favour_some_letters_are_skipped() {
        assert!(ApiKey::from_random(&[250; 64]).is_none());
    }

    #[test]
    fn a_key_is_not_printed_by_debug() {
        let key = ApiKey::from_random(&[7; 64]).unwrap();
        assert_eq!(format!("{key:?} {:?}", key.hash()), "ApiKey(..) ApiKeyHash(..)");
    }
}
