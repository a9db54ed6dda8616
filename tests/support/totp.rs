//! The authenticator app on somebody's phone (RFC 6238: SHA-1, six digits, 30 seconds).

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use totp_rs::{Builder, Secret};

/// A code is for so many seconds.
const STEP: u64 = 30;

/// The code of a time, in seconds since 1970. `secret` is base32 as a page shows it; spaces and case do not count.
pub fn code(secret: &str, at: u64) -> String {
    let secret: String = secret.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    let secret = Secret::try_from_base32(secret.trim_end_matches('=')).expect("a secret in base32");
    Builder::new().with_secret(secret).build().expect("an authenticator").generate(at).to_string()
}

/// An app that knows one secret, and that no code counts twice.
pub struct Phone {
    secret: String,
    used: u64,
}

impl Phone {
    /// The app after the page's secret was typed into it.
    pub fn with(secret: &str) -> Self {
        Self { secret: secret.to_owned(), used: 0 }
    }

    /// A code that was not handed out before. Right after another one it is the next one, which a server has to take from
    /// a phone whose clock is a little ahead; after that one it waits, as a person would.
    pub fn code(&mut self) -> String {
        let step = self.used.max(now() / STEP - 1) + 1;
        while now() / STEP + 1 < step {
            thread::sleep(Duration::from_millis(200));
        }
        self.used = step;
        code(&self.secret, step * STEP)
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs()
}
