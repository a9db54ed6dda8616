//! Passwords: what makes one acceptable, its Argon2id hash, and the same work for an account that does not exist.
//!
//! The work that a hash takes is a setting ([`Parameters`]). A hash says which it was made with, so a change of the setting
//! invalidates nothing: whoever signs in next is hashed anew ([`needs_rehash`]).

mod new_password;
mod parameters;
mod rules;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};

pub use new_password::NewPassword;
pub use parameters::{InvalidParameters, Parameters};
pub use rules::{MAX_PASSWORD, MIN_PASSWORD, Unusable, check};

/// What is hashed when there is nothing to compare with; no secret.
const NOBODYS_SALT: &[u8; 16] = b"nobody signs in.";

/// The PHC string of a password, with a salt of its own. With the default parameters it takes about 20 ms and 19 MiB.
///
/// Only the length is judged here, because a password that is in use is hashed again when the parameters change. A new one
/// has to pass [`check`] first.
///
/// # Errors
/// A password of a wrong length.
pub fn hash(password: &str, parameters: &Parameters) -> Result<String, Unusable> {
    rules::check_length(password)?;
    let hashed = argon2(parameters.argon2()).hash_password(password.as_bytes());
    hashed.map(|hash| hash.to_string()).map_err(|_| Unusable::Library)
}

/// Whether `password` is the one that `hash` was made of. With `None`, for an account that does not exist or has no
/// password, the work of a hash with the current `parameters` is done and the answer is no: the time tells a stranger nothing.
///
/// A wrong password for a hash that was made with less work takes the rest on top, or the time would tell which accounts
/// exist and have not signed in since the parameters were raised. Where they were lowered such accounts do take longer,
/// until they sign in.
#[must_use]
pub fn verify(password: &str, hash: Option<&str>, parameters: &Parameters) -> bool {
    let password = password.as_bytes();
    // No stored hash is of a longer one, and hashing is not a way to make the server read much.
    let password = password.get(..MAX_PASSWORD + 1).unwrap_or(password);
    let Some(stored) = hash.and_then(|hash| PasswordHash::new(hash).ok()) else {
        work(password, parameters.argon2());
        return false;
    };
    // The hash says with which parameters it is computed again.
    let made = Params::try_from(&stored).unwrap_or_else(|_| parameters.argon2());
    let right = argon2(made.clone()).verify_password(password, &stored).is_ok();
    if let Some(rest) = rest(&made, parameters).filter(|_| !right) {
        work(password, rest);
    }
    right
}

/// Whether `hash` was made with other parameters than these, so that the password should be hashed anew, which only
/// whoever has just given it rightly makes possible.
#[must_use]
pub fn needs_rehash(hash: &str, parameters: &Parameters) -> bool {
    let current = parameters.argon2();
    let is_current = |hash: &PasswordHash| {
        let made = Params::try_from(hash).ok();
        hash.algorithm == Algorithm::Argon2id.ident()
            && hash.version == Some(Version::V0x13.into())
            && made.is_some_and(|made| costs(&made) == costs(&current))
    };
    !PasswordHash::new(hash).is_ok_and(|hash| is_current(&hash))
}

fn argon2(params: Params) -> Argon2<'static> {
    #[cfg(test)]
    WORK.set(WORK.get() + u64::from(params.m_cost()) * u64::from(params.t_cost()));
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn costs(params: &Params) -> (u32, u32, u32) {
    (params.m_cost(), params.t_cost(), params.p_cost())
}

/// Memory times passes of every Argon2 that this thread ran since it was last asked: what tests compare instead of times.
#[cfg(test)]
pub(crate) fn work_done() -> u64 {
    WORK.take()
}

#[cfg(test)]
thread_local! {
    static WORK: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Argon2 for nothing but its time.
fn work(password: &[u8], params: Params) {
    let mut output = [0u8; Params::DEFAULT_OUTPUT_LEN];
    let done = argon2(params).hash_password_into(password, NOBODYS_SALT, &mut output);
    // The compiler must not find out that nobody needs it.
    let _ = std::hint::black_box((done, output));
}

/// What is missing from a hash made with `made` to the work of `current`: it grows with memory times passes. `None` when
/// nothing is.
fn rest(made: &Params, current: &Parameters) -> Option<Params> {
    let all = |params: &Params| u64::from(params.m_cost()) * u64::from(params.t_cost());
    let target = current.argon2();
    let missing = all(&target).checked_sub(all(made))?;
    let memory = u32::try_from(missing / u64::from(target.t_cost())).ok()?;
    Params::new(memory, target.t_cost(), 1, None).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "correct horse battery";

    /// Less work than the default.
    fn light() -> Parameters {
        Parameters::new(8192, 1, 1).unwrap()
    }

    #[test]
    fn a_password_is_known_again_by_its_hash_only() {
        let parameters = Parameters::default();
        let hash = hash(PASSWORD, &parameters).unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(verify(PASSWORD, Some(&hash), &parameters));
        assert!(!verify("correct horse batterz", Some(&hash), &parameters));
        assert!(!verify(PASSWORD, None, &parameters));
        assert!(!verify(PASSWORD, Some("no hash"), &parameters));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        assert_eq!(hash("elevenchars", &light()), Err(Unusable::Short));
        assert_eq!(hash(&"a".repeat(MAX_PASSWORD + 1), &light()), Err(Unusable::Long));
        let longest = "a".repeat(MAX_PASSWORD);
        let hash = hash(&longest, &light()).unwrap();
        assert!(verify(&longest, Some(&hash), &light()));
        assert!(!verify(&format!("{longest}a"), Some(&hash), &light()), "only its beginning is right");
    }

    #[test]
    fn other_parameters_leave_a_hash_good_and_ask_for_a_new_one() {
        let old = hash(PASSWORD, &light()).unwrap();
        assert!(old.starts_with("$argon2id$v=19$m=8192,t=1,p=1$"), "{old}");
        assert!(verify(PASSWORD, Some(&old), &Parameters::default()));
        assert!(!verify("correct horse batterz", Some(&old), &Parameters::default()));
        assert!(!needs_rehash(&old, &light()));
        for other in [(8193, 1, 1), (8192, 2, 1), (8192, 1, 2)] {
            let other = Parameters::new(other.0, other.1, other.2).unwrap();
            assert!(needs_rehash(&old, &other));
        }
        assert!(needs_rehash(&old.replace("argon2id", "argon2i"), &light()));
        assert!(needs_rehash(&old.replace("v=19", "v=16"), &light()));
        assert!(needs_rehash("no hash", &light()));
    }

    #[test]
    fn a_wrong_password_for_an_old_hash_takes_the_work_of_an_unknown_account() {
        let (old, now) = (light(), Parameters::default());
        let rest = rest(&old.argon2(), &now).unwrap();
        assert_eq!(rest.m_cost() * rest.t_cost() + 8192, 19_456 * 2);
        assert!(super::rest(&now.argon2(), &now).is_none(), "nothing is missing");
        assert!(super::rest(&now.argon2(), &old).is_none(), "it can't take less");
    }
}
