//! Password hashes: Argon2id, and the same work for an account that does not exist.

use std::sync::OnceLock;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use thiserror::Error;

/// Fewest characters of a password (NIST SP 800-63B-4 asks for 15 where it is the only factor; 12 with a throttle).
pub const MIN_PASSWORD: usize = 12;
/// Longest password in bytes: hashing is not a way to make the server read much.
pub const MAX_PASSWORD: usize = 512;
/// Memory in KiB, passes and lanes (OWASP Password Storage Cheat Sheet, first choice for Argon2id).
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Why a password can't be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unusable {
    /// Too short.
    #[error("a password has at least {MIN_PASSWORD} characters")]
    Short,
    /// Too long.
    #[error("a password has at most {MAX_PASSWORD} bytes")]
    Long,
    /// The library failed.
    #[error("the password could not be hashed")]
    Library,
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The PHC string of a new password, with a salt of its own. Takes about 20 ms and 19 MiB.
///
/// # Errors
/// A password of a wrong length.
pub fn hash(password: &str) -> Result<String, Unusable> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(Unusable::Short);
    }
    if password.len() > MAX_PASSWORD {
        return Err(Unusable::Long);
    }
    argon2().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|_| Unusable::Library)
}

/// Whether `password` is the one that `hash` was made of. With `None`, for an account that does not exist or has no
/// password, the same work is done and the answer is no: the time tells a stranger nothing.
#[must_use]
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    static NOBODYS: OnceLock<String> = OnceLock::new();
    let nobodys =
        || argon2().hash_password(b"nobody has this password").map(|hash| hash.to_string()).unwrap_or_default();
    let real = hash.is_some();
    let hash = hash.unwrap_or_else(|| NOBODYS.get_or_init(nobodys));
    let password = password.get(..MAX_PASSWORD).filter(|_| password.len() > MAX_PASSWORD).unwrap_or(password);
    let Ok(parsed) = PasswordHash::new(hash) else { return false };
    argon2().verify_password(password.as_bytes(), &parsed).is_ok() && real
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_known_again_by_its_hash_only() {
        let hash = hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify("correct horse battery", Some(&hash)));
        assert!(!verify("correct horse batterz", Some(&hash)));
        assert!(!verify("nobody has this password", None));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert_eq!(hash("elevenchars"), Err(Unusable::Short));
        assert_eq!(hash(&"a".repeat(MAX_PASSWORD + 1)), Err(Unusable::Long));
    }
}
