//! Who owns packages, certificates and keys: users and organizations, which share one space of names.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::fingerprint::MIN_DIGITS;

/// The row number of an account. Never shown; names are never changed or reused, so they are the public identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub i64);

/// The name of a user or an organization: 1 to 40 ASCII letters, digits, `-`, `_` or `.`, beginning and ending with a
/// letter or digit. Compared without regard to case.
///
/// Names travel inside package signatures (`nuget-package-owners`), where clients compare them with regard to case, so
/// the spelling of creation is kept for ever.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountName {
    spelled: String,
    key: String,
}

/// The longest account name. Long enough for a department, short enough for a table column.
pub const MAX_ACCOUNT_NAME: usize = 40;

/// Why a text is no account name.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidAccountName {
    /// Empty, or longer than [`MAX_ACCOUNT_NAME`].
    #[error("an account name has 1 to {MAX_ACCOUNT_NAME} characters, not {0}")]
    Length(usize),
    /// A character outside the alphabet, or a separator at an end.
    #[error(
        "an account name consists of ASCII letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit"
    )]
    Character,
}

impl AccountName {
    /// The name as it was created.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.spelled
    }

    /// Whether it reads as something that the filter `signed-by:` takes for no account: `none`, or the beginning of a fingerprint.
    /// No new account may have such a name: whoever looks for a certificate would find its packages.
    ///
    /// ```
    /// use assay::domain::account::AccountName;
    /// let misleads = |name: &str| name.parse::<AccountName>().unwrap().is_misleading();
    /// assert!(misleads("None") && misleads("bdd90121") && misleads("BDD90121bac635b4"));
    /// assert!(!misleads("bdd9012") && !misleads("contoso") && !misleads("deadbeef-team"));
    /// ```
    #[must_use]
    pub fn is_misleading(&self) -> bool {
        self.key == "none" || (self.key.len() >= MIN_DIGITS && self.key.bytes().all(|byte| byte.is_ascii_hexdigit()))
    }

    /// The lower-case form that is unique among all accounts.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl FromStr for AccountName {
    type Err = InvalidAccountName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() || text.len() > MAX_ACCOUNT_NAME {
            return Err(InvalidAccountName::Length(text.chars().count()));
        }
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        if !bytes.iter().copied().all(inner) || !edge(bytes.first()) || !edge(bytes.last()) {
            return Err(InvalidAccountName::Character);
        }
        Ok(Self { spelled: text.to_owned(), key: text.to_ascii_lowercase() })
    }
}

impl TryFrom<String> for AccountName {
    type Error = InvalidAccountName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<AccountName> for String {
    fn from(name: AccountName) -> Self {
        name.spelled
    }
}

impl fmt::Display for AccountName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled)
    }
}

impl PartialEq for AccountName {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for AccountName {}

impl PartialOrd for AccountName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for AccountName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key.cmp(&other.key)
    }
}

/// A person who signs in, or a group of them that owns things.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AccountKind {
    /// Signs in with a password; may be a server administrator.
    User,
    /// Has members instead of a password.
    Organization,
}

/// What a member may do in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Manages members, certificates and service keys.
    Administrator,
    /// Pushes on behalf of the organization.
    Collaborator,
}

/// An account as the server knows it.
#[derive(Debug, Clone, Serialize)]
pub struct Account {
    /// Its row.
    #[serde(skip)]
    pub id: AccountId,
    /// Its name.
    pub name: AccountName,
    /// User or organization.
    pub kind: AccountKind,
    /// Runs the server. Only a user can.
    pub administrator: bool,
    /// A disabled account can do nothing, and its certificates are not active.
    pub disabled: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_and_keep_their_spelling() {
        let name: AccountName = "Contoso-Build.2".parse().unwrap();
        assert_eq!(name.as_str(), "Contoso-Build.2");
        assert_eq!(name, "contoso-BUILD.2".parse().unwrap());
    }

    #[test]
    fn a_name_that_could_be_a_path_a_header_or_another_alphabet_is_refused() {
        for text in ["", ".", "-a", "a-", "a b", "a/b", "a\nb", "ünal", "a;b", "a,b", &"a".repeat(41)] {
            assert!(text.parse::<AccountName>().is_err(), "`{text}` was taken");
        }
    }
}
