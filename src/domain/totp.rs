//! Time-based one-time codes (TOTP, RFC 6238): the secret that a phone shares with the server, and judging a code.
//!
//! SHA-1, six digits, steps of 30 seconds: the values that every authenticator app knows. Some apps read other values from
//! the provisioning URI and ignore them, so a stronger digest would lock people out without a word. HMAC-SHA-1 does not
//! suffer from collisions of SHA-1 (RFC 6238, section 1.2, and RFC 4226, appendix B.2).

use std::fmt;

use subtle::{Choice, ConstantTimeEq};
use thiserror::Error;
use totp_rs::{Algorithm, Builder, Secret, Totp};
use zeroize::Zeroizing;

use super::account::AccountName;

/// Bytes of a secret: 160 bits, as RFC 4226, section 4, recommends.
pub const TOTP_SECRET_LENGTH: usize = 20;
/// Seconds of a time step (RFC 6238, section 5.2).
pub const STEP_SECONDS: i64 = 30;
/// How many steps before and after the present one count: clocks differ, and people type slowly (RFC 6238, section 5.2,
/// wants one at most).
pub const SKEW: i64 = 1;
/// Digits of a code.
pub const CODE_DIGITS: usize = 6;

/// The secret of one account's authenticator. Prints nothing in `Debug`, and is wiped from memory when dropped.
pub struct TotpSecret(Zeroizing<[u8; TOTP_SECRET_LENGTH]>);

/// Stored bytes that are no secret.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the secret of a second factor has {TOTP_SECRET_LENGTH} bytes, not {0}")]
pub struct InvalidTotpSecret(usize);

impl TotpSecret {
    /// A new secret of `random`, which must come from a cryptographic source.
    #[must_use]
    pub fn from_random(random: &[u8; TOTP_SECRET_LENGTH]) -> Self {
        Self(Zeroizing::new(*random))
    }

    /// The secret itself: for sealing.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; TOTP_SECRET_LENGTH] {
        &self.0
    }

    /// The secret for people who type it: 32 letters and digits (base32, RFC 4648) in groups of four. Apps ignore the blanks.
    #[must_use]
    pub fn typed(&self) -> Zeroizing<String> {
        let letters = Zeroizing::new(self.shared().to_base32());
        let mut typed = Zeroizing::new(String::with_capacity(letters.len() * 5 / 4));
        for (at, letter) in letters.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                typed.push(' ');
            }
            typed.push(letter);
        }
        typed
    }

    /// What the QR code says: an `otpauth` URI (the key URI format of authenticator apps). `issuer` is the feed's host, by
    /// which people tell entries in their app apart; a colon in it, as IPv6 addresses have, becomes a hyphen, because there it
    /// would end the issuer.
    #[must_use]
    pub fn provisioning_uri(&self, issuer: &str, account: &AccountName) -> Zeroizing<String> {
        let builder = self.builder().with_issuer(Some(issuer.replace(':', "-"))).with_account_name(account.as_str());
        // Fails for account names that are empty or have a colon: `AccountName` never is, nor has.
        Zeroizing::new(builder.build_noncompliant().to_url().unwrap_or_default())
    }

    /// The time step whose code `typed` is, if it counts at `at` (seconds since 1970): a step at most [`SKEW`] away, and after
    /// `last_step`, the last one that counted (0 if none did). Blanks are ignored. The time does not depend on how
    /// much of a code is right.
    ///
    /// A code counts once (RFC 6238, section 5.2): whoever saw it on the wire or over a shoulder can't use it again. The
    /// caller must keep the returned step in the transaction that lets the person in, and must only do so if
    /// the kept one is still smaller; otherwise two requests at once could both use one code.
    #[must_use]
    pub fn check(&self, typed: &str, at: i64, last_step: i64) -> Option<i64> {
        let code = digits(typed)?;
        let totp = self.builder().build_noncompliant();
        let present = at.div_euclid(STEP_SECONDS);
        let mut counted = None;
        for step in present - SKEW..=present + SKEW {
            // Should two steps have the same code, the later one counts: the earlier would leave the code good for another time.
            if bool::from(is_code_of(&totp, step, &code)) && step > last_step {
                counted = Some(step);
            }
        }
        counted
    }

    fn shared(&self) -> Secret {
        Secret::new_stack(*self.0)
    }

    fn builder(&self) -> Builder {
        Builder::new().with_algorithm(Algorithm::SHA1).with_secret(self.shared())
    }
}

impl TryFrom<&[u8]> for TotpSecret {
    type Error = InvalidTotpSecret;

    /// A secret that was stored.
    fn try_from(stored: &[u8]) -> Result<Self, Self::Error> {
        let bytes: &[u8; TOTP_SECRET_LENGTH] = stored.try_into().map_err(|_| InvalidTotpSecret(stored.len()))?;
        Ok(Self::from_random(bytes))
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(..)")
    }
}

/// The digits of a typed code without blanks: apps show them as `123 456`. `None` for everything else.
fn digits(typed: &str) -> Option<Zeroizing<String>> {
    let bare: Zeroizing<String> =
        Zeroizing::new(typed.chars().filter(|c| !c.is_whitespace()).take(CODE_DIGITS + 1).collect());
    (bare.len() == CODE_DIGITS && bare.bytes().all(|byte| byte.is_ascii_digit())).then_some(bare)
}

fn is_code_of(totp: &Totp, step: i64, code: &str) -> Choice {
    // A time before 1970 has no step.
    let Some(time) = u64::try_from(step).ok().and_then(|step| step.checked_mul(STEP_SECONDS.unsigned_abs())) else {
        return Choice::from(0);
    };
    let expected = Zeroizing::new(totp.generate(time).to_string());
    expected.as_bytes().ct_eq(code.as_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The secret of RFC 6238, appendix B, for SHA-1.
    const RFC: &[u8; TOTP_SECRET_LENGTH] = b"12345678901234567890";

    fn secret() -> TotpSecret {
        TotpSecret::from_random(RFC)
    }

    fn code(secret: &TotpSecret, step: i64) -> String {
        secret.builder().build_noncompliant().generate(u64::try_from(step * STEP_SECONDS).unwrap()).to_string()
    }

    #[test]
    fn the_codes_are_those_of_rfc_6238() {
        // The RFC prints eight digits. A code is a number modulo a power of ten (RFC 4226, section 5.3), so ours are the
        // last six of them.
        for (time, printed) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            assert_eq!(secret().check(&printed[2..], time, 0), Some(time / STEP_SECONDS), "at {time}");
            assert_eq!(secret().check(printed, time, 0), None, "eight digits");
        }
    }

    #[test]
    fn a_code_counts_one_step_early_and_one_late_and_no_further() {
        let code = code(&secret(), 1000);
        let at = |time| secret().check(&code, time, 0);
        assert_eq!((at(29_969), at(29_970)), (None, Some(1000)));
        assert_eq!((at(30_059), at(30_060)), (Some(1000), None));
    }

    #[test]
    fn a_code_counts_once_and_none_before_it_counts_afterwards() {
        let (secret, at) = (secret(), 1000 * STEP_SECONDS);
        assert_eq!(secret.check(&code(&secret, 1000), at, 999), Some(1000));
        assert_eq!(secret.check(&code(&secret, 1000), at, 1000), None);
        assert_eq!(secret.check(&code(&secret, 999), at, 1000), None);
        assert_eq!(secret.check(&code(&secret, 1001), at, 1000), Some(1001));
    }

    #[test]
    fn blanks_do_not_matter_and_everything_else_does() {
        let (secret, at) = (secret(), 59);
        for typed in ["287082", " 287 082 ", "287\u{a0}082", "2\t8 7 0\n8 2"] {
            assert_eq!(secret.check(typed, at, 0), Some(1), "`{typed}`");
        }
        for typed in ["", " ", "28708", "2870822", "+87082", "287-082", "２８７０８２", "28708x", "94287082"] {
            assert_eq!(secret.check(typed, at, 0), None, "`{typed}`");
        }
        assert_eq!(secret.check(&"2".repeat(1_000_000), at, 0), None);
    }

    #[test]
    fn times_that_have_no_step_are_no_reason_to_fail() {
        for at in [i64::MIN, -1, 0, i64::MAX] {
            let _ = secret().check("287082", at, 0);
        }
        assert_eq!(secret().check(&code(&secret(), 0), -1, -1), Some(0));
    }

    #[test]
    fn the_uri_is_what_authenticator_apps_read() {
        let account: AccountName = "Ann-Marie.2".parse().unwrap();
        assert_eq!(
            secret().provisioning_uri("feed.example", &account).as_str(),
            "otpauth://totp/feed.example:Ann-Marie.2?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=feed.example"
        );
        let local = secret().provisioning_uri("[fd00::1]", &account);
        let read = Totp::from_url(local.as_str()).unwrap();
        assert_eq!((read.issuer(), read.account_name()), (Some("[fd00--1]"), "Ann-Marie.2"));
        assert_eq!((read.digits(), read.step(), read.algorithm()), (6, 30, Algorithm::SHA1));
        assert_eq!(read.secret().as_bytes(), RFC);
    }

    #[test]
    fn a_secret_is_typed_in_groups_stored_as_bytes_and_never_printed() {
        assert_eq!(secret().typed().as_str(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(TotpSecret::try_from(&RFC[..]).unwrap().as_bytes(), RFC);
        assert_eq!(TotpSecret::try_from(&RFC[1..]).unwrap_err(), InvalidTotpSecret(19));
        assert_eq!(format!("{:?}", secret()), "TotpSecret(..)");
    }

    proptest! {
        /// Whatever is tried in whichever order, with a clock that jumps: the steps that count only grow, so none counts twice.
        #[test]
        fn a_step_counts_at_most_once(
            random in any::<[u8; TOTP_SECRET_LENGTH]>(),
            tries in proptest::collection::vec((1000i64..1010, -2i64..=2), 1..40),
        ) {
            let secret = TotpSecret::from_random(&random);
            let mut last = 0;
            for (present, offset) in tries {
                if let Some(step) = secret.check(&code(&secret, present + offset), present * STEP_SECONDS, last) {
                    prop_assert!(step > last, "{step} after {last}");
                    prop_assert!((step - present).abs() <= SKEW);
                    last = step;
                }
            }
        }
    }
}
