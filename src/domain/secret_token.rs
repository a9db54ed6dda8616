//! Random secrets that travel in cookies and in URLs. The database has their hashes only.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

/// Random bytes in a token: 256 bits.
pub const TOKEN_BYTES: usize = 32;
/// Characters of a token in text.
const TOKEN_CHARACTERS: usize = 43;

/// A token in clear: base64url of 32 random bytes. Prints nothing in `Debug`, and is wiped from memory when dropped.
#[derive(Clone)]
pub struct SecretToken(Zeroizing<String>);

/// The text is not shaped like one of our tokens, so it needs no look into the database.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("that is no token of this server")]
pub struct InvalidToken;

impl SecretToken {
    /// A new token of `random`, bytes of a cryptographic source.
    #[must_use]
    pub fn from_random(random: &[u8; TOKEN_BYTES]) -> Self {
        Self(Zeroizing::new(URL_SAFE_NO_PAD.encode(random)))
    }

    /// The secret itself: for the cookie or the URL that it goes into.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored. A token carries 256 random bits, so one SHA-256 is as good as a slow password hash.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl FromStr for SecretToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let shaped = text.len() == TOKEN_CHARACTERS && text.bytes().all(letter);
        shaped.then(|| Self(Zeroizing::new(text.to_owned()))).ok_or(InvalidToken)
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_its_text_and_prints_nothing() {
        let token = SecretToken::from_random(&[7; 32]);
        assert_eq!(token.reveal().parse::<SecretToken>().unwrap().hash(), token.hash());
        assert_eq!(format!("{token:?}"), "SecretToken(..)");
    }

    #[test]
    fn what_is_not_shaped_like_a_token_is_refused_before_anybody_looks_it_up() {
        for text in ["", "abc", &"a".repeat(42), &"a".repeat(44), &format!("{}=", "a".repeat(42)), &"ä".repeat(22)] {
            assert_eq!(text.parse::<SecretToken>().unwrap_err(), InvalidToken, "{text}");
        }
    }
}
