//! Recovery codes: what gets people in when their phone is lost. Shown once, each good once.
//!
//! A code carries 80 random bits, so its SHA-256 is a good enough hash. A slow hash helps secrets that people think of:
//! there a thief of the database tries the likely ones first. Here none is likelier than another, and 2⁸⁰ tries at
//! 10¹² a second (dozens of fast graphics cards) take 38 000 years. With a slow one, on the other hand, each try of a stranger would cost
//! the server ten Argon2 runs, one for each code of the set. (NIST SP 800-63B-4, section 3.1.2.2, asks for 112 bits where
//! the hash is fast; nobody types 23 letters rightly. A code is worth nothing without the password, which is hashed slowly.)

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

/// How many codes a set has.
pub const RECOVERY_CODES: usize = 10;
/// Random bytes of a code.
pub const RECOVERY_CODE_BYTES: usize = 10;
/// Letters of a code; each carries five bits.
const LETTERS: usize = RECOVERY_CODE_BYTES * 8 / 5;
/// Letters in a group.
const GROUP: usize = 4;
/// The alphabet of Crockford's base 32: without `i`, `l`, `o` and `u`, which are read as other letters.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// A recovery code in clear. It exists while it is shown and while a request that brings it is judged, prints nothing in
/// `Debug`, and is wiped from memory when dropped.
pub struct RecoveryCode(Zeroizing<String>);

/// The text is no recovery code, so it needs no look into the database.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("a recovery code has {LETTERS} letters and digits, such as `0123-4567-89ab-cdef`")]
pub struct InvalidRecoveryCode;

impl RecoveryCode {
    /// A new code of `random`, which must come from a cryptographic source.
    #[must_use]
    pub fn from_random(random: &[u8; RECOVERY_CODE_BYTES]) -> Self {
        let mut letters = Zeroizing::new(String::with_capacity(LETTERS));
        // Five bytes are eight letters.
        for five in random.chunks(5) {
            let bits = five.iter().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
            for at in (0..8).rev() {
                letters.push(char::from(ALPHABET[usize::from((bits >> (5 * at)).to_le_bytes()[0] & 31)]));
            }
        }
        Self(letters)
    }

    /// A new set of [`RECOVERY_CODES`] codes.
    #[must_use]
    pub fn set(random: &[[u8; RECOVERY_CODE_BYTES]; RECOVERY_CODES]) -> [Self; RECOVERY_CODES] {
        random.each_ref().map(Self::from_random)
    }

    /// The code as it is shown: `xxxx-xxxx-xxxx-xxxx`.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        let mut shown = Zeroizing::new(String::with_capacity(LETTERS + LETTERS / GROUP));
        for (at, letter) in self.0.chars().enumerate() {
            if at > 0 && at % GROUP == 0 {
                shown.push('-');
            }
            shown.push(letter);
        }
        shown
    }

    /// Whether whoever typed `text` meant a recovery code, right or not, and not the few digits of a phone.
    #[must_use]
    pub fn is_meant_by(text: &str) -> bool {
        let typed = || text.chars().filter(|c| !is_separator(*c));
        typed().any(|c| !c.is_ascii_digit()) || typed().count() > LETTERS / 2
    }

    /// What is stored: SHA-256 of the sixteen letters.
    #[must_use]
    pub fn hash(&self) -> RecoveryCodeHash {
        RecoveryCodeHash(Sha256::digest(self.0.as_bytes()).into())
    }
}

/// Reads what somebody typed: in any case, with blanks and dashes anywhere, with look-alikes for the letters meant.
impl FromStr for RecoveryCode {
    type Err = InvalidRecoveryCode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut letters = Zeroizing::new(String::with_capacity(LETTERS));
        for typed in text.chars().filter(|c| !is_separator(*c)) {
            let letter = meant(typed).filter(|_| letters.len() < LETTERS).ok_or(InvalidRecoveryCode)?;
            letters.push(letter);
        }
        if letters.len() == LETTERS { Ok(Self(letters)) } else { Err(InvalidRecoveryCode) }
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

/// SHA-256 of a code: what the database has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RecoveryCodeHash(pub [u8; 32]);

impl fmt::Debug for RecoveryCodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodeHash(..)")
    }
}

/// Blanks, the hyphen, and the dashes that word processors make of it (U+2010 to U+2015, U+2212).
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// The letter of the alphabet that was meant by a typed one.
fn meant(typed: char) -> Option<char> {
    let letter = match typed.to_ascii_lowercase() {
        'o' => '0',
        'i' | 'l' => '1',
        'u' => 'v',
        other => other,
    };
    ALPHABET.iter().any(|known| char::from(*known) == letter).then_some(letter)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    const RANDOM: [u8; RECOVERY_CODE_BYTES] = [0, 0x44, 0x32, 0x14, 0xc7, 0xff, 0xbb, 0xcd, 0xeb, 0x38];

    #[test]
    fn a_code_is_sixteen_letters_in_groups_of_four() {
        assert_eq!(RecoveryCode::from_random(&RANDOM).reveal().as_str(), "0123-4567-zyxw-vtsr");
        assert_eq!(RecoveryCode::from_random(&[0; 10]).reveal().as_str(), "0000-0000-0000-0000");
        assert_eq!(RecoveryCode::from_random(&[255; 10]).reveal().as_str(), "zzzz-zzzz-zzzz-zzzz");
    }

    #[test]
    fn the_alphabet_has_32_letters_and_none_that_looks_like_another() {
        assert_eq!(ALPHABET.iter().collect::<HashSet<_>>().len(), 32);
        assert!(b"ilou".iter().all(|letter| !ALPHABET.contains(letter)));
        assert!(ALPHABET.iter().all(|letter| meant(char::from(*letter)) == Some(char::from(*letter))));
    }

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let code = RecoveryCode::from_random(&RANDOM);
        for typed in [
            "0123-4567-zyxw-vtsr",
            "01234567ZYXWVTSR",
            "  0123 4567\tzyxw\u{a0}vtsr\n",
            "O123-4567-zyxw-vtsr",
            "oI23-4567-zyxw-utsr",
            "0l23-4567-zyxw-vtsr",
            "0123\u{2013}4567\u{2014}zyxw\u{2212}Utsr",
        ] {
            assert_eq!(typed.parse::<RecoveryCode>().unwrap().hash(), code.hash(), "`{typed}`");
        }
        assert_ne!("0123-4567-zyxw-vtrr".parse::<RecoveryCode>().unwrap().hash(), code.hash());
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for typed in
            ["", "-", "0123-4567-zyxw-vtr", "0123-4567-zyxw-vtsr-0", "0123-4567-zyxw-vtr!", "é123-4567-zyxw-vtsr"]
        {
            assert!(typed.parse::<RecoveryCode>().is_err(), "`{typed}`");
        }
        assert!("0".repeat(1_000_000).parse::<RecoveryCode>().is_err());
    }

    #[test]
    fn a_wrong_recovery_code_is_told_from_a_wrong_code_of_a_phone() {
        for (typed, meant) in [
            ("0123-4567-zyxw-vtsr", true),
            ("0123-4567-zyxw-vts", true),
            ("0123", false),
            ("012 345", false),
            ("012-345", false),
            ("0123456", false),
            ("12345a", true),
            ("0123 4567 8", true),
            ("0000-0000-0000-0000", true),
            ("", false),
        ] {
            assert_eq!(RecoveryCode::is_meant_by(typed), meant, "`{typed}`");
        }
    }

    #[test]
    fn nothing_of_a_code_is_printed_by_debug() {
        let code = RecoveryCode::from_random(&RANDOM);
        assert_eq!(format!("{code:?} {:?}", code.hash()), "RecoveryCode(..) RecoveryCodeHash(..)");
    }

    #[test]
    fn a_set_is_made_of_all_of_its_random_bytes() {
        let random: [[u8; RECOVERY_CODE_BYTES]; RECOVERY_CODES] = std::array::from_fn(|at| [at.to_le_bytes()[0]; 10]);
        let shown: HashSet<String> = RecoveryCode::set(&random).iter().map(|code| code.reveal().to_string()).collect();
        assert_eq!(shown.len(), 10);
    }

    proptest! {
        #[test]
        fn a_code_survives_being_shown_and_typed(random in any::<[u8; RECOVERY_CODE_BYTES]>()) {
            let code = RecoveryCode::from_random(&random);
            let typed: RecoveryCode = code.reveal().to_uppercase().parse().unwrap();
            prop_assert_eq!(typed.hash(), code.hash());
        }

        #[test]
        fn another_bit_is_another_code(random in any::<[u8; RECOVERY_CODE_BYTES]>(), bit in 0usize..80) {
            let mut other = random;
            other[bit / 8] ^= 1 << (bit % 8);
            prop_assert_ne!(RecoveryCode::from_random(&random).hash(), RecoveryCode::from_random(&other).hash());
        }
    }
}
