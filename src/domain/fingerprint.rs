//! The identity of a certificate: the SHA-256 of its DER bytes.
//!
//! NuGet names certificates by this value everywhere: in the repository signatures document, in trusted signers and in
//! error messages. It knows nothing about what the bytes mean and does not check that they are a certificate.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// The least digits that are taken for the beginning of a fingerprint: as many as tell certificates apart, so that a filter
/// never gathers the whole feed.
pub const MIN_DIGITS: usize = 8;

/// SHA-256 of a DER certificate. Printed, stored and serialised as 64 lower-case hexadecimal digits, as the
/// `RepositorySignatures` resource of the NuGet server API wants it; read in any case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

/// Why a text is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFingerprint {
    /// The text has another length than 64 digits; spaces and colons count.
    #[error(
        "a fingerprint is the SHA-256 of the certificate: 64 hexadecimal digits without colons or spaces, not {found}"
    )]
    Length {
        /// Characters found.
        found: usize,
    },
    /// The text has 64 characters, but one is no hexadecimal digit.
    #[error("`{found}` is not a hexadecimal digit")]
    Digit {
        /// The first such character.
        found: char,
    },
}

impl Fingerprint {
    /// The fingerprint of the certificate whose DER bytes these are.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// The fingerprint with these 32 bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// As people type or paste it: other tools print colons or blanks between the digits.
    ///
    /// ```
    /// use assay::domain::fingerprint::Fingerprint;
    /// let typed = Fingerprint::typed(&["AB"; 32].join(":")).unwrap();
    /// assert_eq!(typed.to_string(), "ab".repeat(32));
    /// ```
    ///
    /// # Errors
    /// [`InvalidFingerprint`]
    pub fn typed(text: &str) -> Result<Self, InvalidFingerprint> {
        text.replace([':', ' '], "").parse()
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(found) = text.chars().find(|c| !c.is_ascii_hexdigit())
            && text.chars().count() == 64
        {
            return Err(InvalidFingerprint::Digit { found });
        }
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|_| InvalidFingerprint::Length { found: text.chars().count() })?;
        Ok(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn any_case_is_read_and_lower_case_is_printed() {
        let upper: Fingerprint = EMPTY.to_uppercase().parse().unwrap();
        assert_eq!(upper, Fingerprint::of(b""));
        assert_eq!(upper.to_string(), EMPTY);
        assert_eq!(serde_json::to_string(&upper).unwrap(), format!("\"{EMPTY}\""));
        assert_eq!(serde_json::from_str::<Fingerprint>(&format!("\"{EMPTY}\"")).unwrap(), upper);
    }

    #[test]
    fn other_lengths_and_letters_are_refused() {
        let thumbprint = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
        assert_eq!(thumbprint.parse::<Fingerprint>(), Err(InvalidFingerprint::Length { found: 40 }));
        assert_eq!("".parse::<Fingerprint>(), Err(InvalidFingerprint::Length { found: 0 }));
        let colons = "E3:B0:C4:42:98:FC:1C:14:9A:FB:F4:C8:99:6F:B9:24:27:AE:41:E4:64:9B:93:4C:A4:95:99:1B:78:52:B8:55";
        assert_eq!(colons.parse::<Fingerprint>(), Err(InvalidFingerprint::Length { found: 95 }));
        assert_eq!(EMPTY.replace('e', "g").parse::<Fingerprint>(), Err(InvalidFingerprint::Digit { found: 'g' }));
        assert_eq!("é".repeat(64).parse::<Fingerprint>(), Err(InvalidFingerprint::Digit { found: 'é' }));
    }
}
