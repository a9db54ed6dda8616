//! The search filter `signed-by:` as a condition on package IDs.

use rusqlite::types::Value;

use crate::domain::fingerprint::MIN_DIGITS;

/// Who must have signed a version of a package that readers see, for the package to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedBy {
    /// No author.
    Nobody,
    /// An account whose registration counted, or that owns the package and has the certificate registered now, by its name in lower
    /// case; or, where the text can be the beginning of a fingerprint, such a certificate.
    Named {
        /// The name.
        account: String,
        /// The least and the greatest fingerprint that begin so.
        certificates: Option<([u8; 32], [u8; 32])>,
    },
}

impl SignedBy {
    /// Understands what stands behind the colon, in lower case.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text == "none" {
            return Self::Nobody;
        }
        Self::Named { account: text.to_owned(), certificates: between(text) }
    }

    /// A condition on `registration r`, with its values.
    ///
    /// The packages are asked one by one, each by a few looks into indexes: a search costs as much as there are packages, however
    /// many versions somebody signed.
    pub(super) fn condition(&self) -> (&'static str, Vec<Value>) {
        match self {
            Self::Nobody => {
                ("EXISTS (SELECT 1 FROM shown_version v WHERE v.registration = r.id AND v.author IS NULL)", Vec::new())
            }
            Self::Named { account, certificates: None } => (BY_ACCOUNT, vec![Value::from(account.clone()); 3]),
            Self::Named { account, certificates: Some((least, greatest)) } => {
                let mut values = vec![Value::from(account.clone()); 3];
                values.extend([least.to_vec().into(), greatest.to_vec().into()]);
                (BY_EITHER, values)
            }
        }
    }
}

/// What an account's registrations let in, and what is signed with one of its certificates in packages that it owns: a certificate is
/// often registered when versions are on the feed already.
macro_rules! by_account {
    () => {
        "EXISTS (SELECT 1 FROM shown_version v WHERE v.registration = r.id
           AND v.signed_by = (SELECT a.id FROM account a WHERE a.name_key = ?))
         OR (EXISTS (SELECT 1 FROM registration_owner o WHERE o.registration = r.id
               AND o.account = (SELECT a.id FROM account a WHERE a.name_key = ?))
           AND EXISTS (SELECT 1 FROM shown_version v WHERE v.registration = r.id AND v.author IS NOT NULL
             AND v.author IN (SELECT c.fingerprint FROM certificate_registration c JOIN account a ON a.id = c.account
               WHERE a.name_key = ? AND c.removed_at IS NULL)))"
    };
}

const BY_ACCOUNT: &str = concat!("(", by_account!(), ")");
const BY_EITHER: &str = concat!(
    "(",
    by_account!(),
    " OR EXISTS (SELECT 1 FROM shown_version v WHERE v.registration = r.id AND v.author IS NOT NULL AND v.author BETWEEN ? AND ?))"
);

/// The fingerprints that begin with these digits. Colons between them don't count.
fn between(text: &str) -> Option<([u8; 32], [u8; 32])> {
    let digits: String = text.chars().filter(|character| *character != ':').collect();
    let fits = (MIN_DIGITS..=64).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let filled = |digit: char| {
        let mut bytes = [0; 32];
        let all: String = digits.chars().chain(std::iter::repeat(digit)).take(64).collect();
        hex::decode_to_slice(all, &mut bytes).ok().map(|()| bytes)
    };
    if fits { filled('0').zip(filled('f')) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(text: &str) -> Option<([u8; 32], [u8; 32])> {
        match SignedBy::of(text) {
            SignedBy::Nobody => None,
            SignedBy::Named { certificates, .. } => certificates,
        }
    }

    #[test]
    fn the_beginning_of_a_fingerprint_has_eight_digits_at_least_and_may_have_an_odd_number() {
        let (least, greatest) = range("0123456789abc").unwrap();
        assert_eq!(hex::encode(least), format!("0123456789abc{}", "0".repeat(51)));
        assert_eq!(hex::encode(greatest), format!("0123456789abc{}", "f".repeat(51)));
        assert_eq!(range("01:23:45:67"), range("01234567"));
        let whole = "ab".repeat(32);
        let (least, greatest) = range(&whole).unwrap();
        assert_eq!((least, hex::encode(greatest)), (greatest, whole));
        for name in ["0123456", "contoso", "0123456g", &"a".repeat(65), "", "ñandú-1234"] {
            assert_eq!(range(name), None, "{name}");
        }
    }

    #[test]
    fn none_is_nobody_and_a_name_of_hexadecimal_digits_stays_a_name_too() {
        assert_eq!(SignedBy::of("none"), SignedBy::Nobody);
        assert!(
            matches!(SignedBy::of("deadbeef"), SignedBy::Named { account, certificates: Some(_) } if account == "deadbeef")
        );
    }
}
