//! An e-mail address, as far as it can be judged without sending anything.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Longest address in characters (RFC 5321, section 4.5.3.1.3: a path of 256 with its angle brackets).
pub const MAX_EMAIL: usize = 254;
/// Longest part before the `@` (RFC 5321, section 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Longest label of a host name (RFC 1035, section 2.3.4).
const MAX_LABEL: usize = 63;

/// An address of the plain form `name@host.example`: ASCII, no quotes, no comments. It can stand in a header as it is: no
/// line end and no separator is in it. Case is kept, because only the receiving host knows whether it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmailAddress(String);

/// The text is no such address.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("that is no e-mail address such as `ann@example.com`")]
pub struct InvalidEmailAddress;

impl EmailAddress {
    /// The address as it was typed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailAddress {
    type Err = InvalidEmailAddress;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (local, host) = text.rsplit_once('@').ok_or(InvalidEmailAddress)?;
        let valid = text.len() <= MAX_EMAIL && is_local(local) && is_host(host);
        valid.then(|| Self(text.to_owned())).ok_or(InvalidEmailAddress)
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Atoms with dots between them (RFC 5322, section 3.2.3).
fn is_local(local: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte);
    local.len() <= MAX_LOCAL && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(letter))
}

/// A host name of one label or more: inside a company `ann@mail` is an address.
fn is_host(host: &str) -> bool {
    host.split('.').all(|label| {
        let inner = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..=MAX_LABEL).contains(&label.len()) && inner && !label.starts_with('-') && !label.ends_with('-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_addresses_are_taken() {
        for text in ["ann@example.com", "Ann.O'Hara+nuget@mail.contoso.example", "build@intranet", "a@b.co"] {
            assert_eq!(text.parse::<EmailAddress>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn what_could_end_a_header_name_two_people_or_reach_nobody_is_refused() {
        for text in [
            "",
            "ann",
            "@example.com",
            "ann@",
            "ann@example..com",
            "ann@-a.example",
            ".ann@example.com",
            "ann@exa mple.com",
            "ann@example.com\r\nBcc: x@example.com",
            "ann@example.com,bob@example.com",
            "Ann <ann@example.com>",
            "\"a b\"@example.com",
            "änn@example.com",
            "ann@bob@example.com\n",
            &format!("{}@example.com", "a".repeat(MAX_LOCAL + 1)),
            &format!("ann@{}.example", "a.".repeat(130)),
        ] {
            assert_eq!(text.parse::<EmailAddress>(), Err(InvalidEmailAddress), "`{text}`");
        }
    }
}
