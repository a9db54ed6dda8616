//! API keys: the secret of a client, shown once, and what it may do.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::account::AccountId;
use super::package_id::PackageId;
use super::pattern::Pattern;

/// What every key begins with, so that secret scanners recognise a leaked one.
pub const API_KEY_PREFIX: &str = "assay_";
/// Characters after the prefix: 43 of 62 kinds carry 256 bits.
const RANDOM_LENGTH: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A key in clear. It exists only while it is made and while a request that carries it is judged, prints nothing in
/// `Debug`, and is wiped from memory when dropped.
pub struct ApiKey(Zeroizing<String>);

/// The text is not shaped like one of our keys, so it needs no look into the database.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("an API key of this server begins with `{API_KEY_PREFIX}` and has {RANDOM_LENGTH} letters and digits after it")]
pub struct InvalidApiKey;

impl ApiKey {
    /// A new key from `random`, which must be 64 bytes of a cryptographic source: bytes of 248 and above are skipped so
    /// that no letter is likelier than another. `None` when too few bytes were usable (once in about 10⁹ calls).
    #[must_use]
    pub fn from_random(random: &[u8; 64]) -> Option<Self> {
        let mut text = Zeroizing::new(String::with_capacity(API_KEY_PREFIX.len() + RANDOM_LENGTH));
        text.push_str(API_KEY_PREFIX);
        let letters =
            random.iter().filter(|byte| **byte < 248).filter_map(|byte| ALPHABET.get(usize::from(*byte % 62)));
        text.extend(letters.take(RANDOM_LENGTH).map(|letter| char::from(*letter)));
        (text.len() == API_KEY_PREFIX.len() + RANDOM_LENGTH).then_some(Self(text))
    }

    /// The secret itself: for the one moment in which it is shown.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored. A key carries 256 random bits, so one SHA-256 is as good as a slow password hash.
    #[must_use]
    pub fn hash(&self) -> ApiKeyHash {
        ApiKeyHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The first letters, by which its owner tells it from others in a list.
    #[must_use]
    pub fn hint(&self) -> String {
        self.0.chars().take(API_KEY_PREFIX.len() + 4).collect()
    }
}

impl FromStr for ApiKey {
    type Err = InvalidApiKey;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let random = text.strip_prefix(API_KEY_PREFIX).ok_or(InvalidApiKey)?;
        let shaped = random.len() == RANDOM_LENGTH && random.bytes().all(|byte| byte.is_ascii_alphanumeric());
        shaped.then(|| Self(Zeroizing::new(text.to_owned()))).ok_or(InvalidApiKey)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(..)")
    }
}

/// SHA-256 of a key: what the database has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ApiKeyHash(pub [u8; 32]);

impl fmt::Debug for ApiKeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeyHash(..)")
    }
}

/// One thing that a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Push new packages and new versions.
    Push,
    /// Push new versions of packages that exist.
    PushVersion,
    /// Unlist and relist versions.
    Unlist,
    /// Read the feed.
    Read,
}

impl Scope {
    const ALL: [Self; 4] = [Self::Push, Self::PushVersion, Self::Unlist, Self::Read];

    /// The word for it on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::PushVersion => "push-version",
            Self::Unlist => "unlist",
            Self::Read => "read",
        }
    }
}

/// The scopes of a key, written as `push,unlist,read`. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Scopes(Vec<Scope>);

/// A text that names no scopes.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("`{0}` is no scope; scopes are `push`, `push-version`, `unlist` and `read`, separated by commas")]
pub struct InvalidScope(String);

impl Scopes {
    /// Whether `scope` is among them. *Push* includes *push-version*.
    #[must_use]
    pub fn contain(&self, scope: Scope) -> bool {
        self.0.contains(&scope) || (scope == Scope::PushVersion && self.0.contains(&Scope::Push))
    }
}

impl FromStr for Scopes {
    type Err = InvalidScope;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = |word: &str| {
            let word = word.trim();
            Scope::ALL
                .into_iter()
                .find(|scope| scope.name() == word)
                .ok_or_else(|| InvalidScope(word.chars().take(40).collect()))
        };
        let named: Vec<Scope> = text.split(',').map(named).collect::<Result<_, _>>()?;
        Ok(Self(Scope::ALL.into_iter().filter(|scope| named.contains(scope)).collect()))
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|scope| scope.name()).collect();
        f.write_str(&names.join(","))
    }
}

/// The row number of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ApiKeyId(pub i64);

/// A key that exists, is not revoked and has not expired, whose account is enabled and still belongs to the owner that
/// it acts for. Only the store makes one, inside the transaction that needs it.
#[derive(Debug, Clone)]
pub struct KeyGrant {
    /// Its row.
    pub id: ApiKeyId,
    /// Whose key it is.
    pub account: AccountId,
    /// The account that owns what is pushed with it: the same, or an organization.
    pub owner: AccountId,
    /// What it may do.
    pub scopes: Scopes,
    /// For which package IDs. Empty means all.
    pub patterns: Vec<Pattern>,
}

/// What a key may not do, and why.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Denied {
    /// The scope is missing.
    #[error("the API key does not have the scope `{0}`")]
    Scope(&'static str),
    /// The ID is outside the key's patterns.
    #[error("the API key is limited to other package IDs than `{0}`")]
    Pattern(String),
    /// The package belongs to others.
    #[error("`{0}` belongs to other accounts; one of its owners can add yours")]
    Owner(String),
}

impl KeyGrant {
    /// Whether the key may do `scope` to the package `id`, whose owners are `owners`; `None` when the ID is new.
    ///
    /// # Errors
    /// The first of: scope, pattern, ownership.
    pub fn may(&self, scope: Scope, id: &PackageId, owners: Option<&[AccountId]>) -> Result<(), Denied> {
        if !self.scopes.contain(scope) {
            return Err(Denied::Scope(scope.name()));
        }
        if !self.patterns.is_empty() && !self.patterns.iter().any(|pattern| pattern.matches(id.as_str())) {
            return Err(Denied::Pattern(id.to_string()));
        }
        match owners {
            Some(owners) if !owners.contains(&self.owner) => Err(Denied::Owner(id.to_string())),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(scopes: &str, patterns: &[&str]) -> KeyGrant {
        KeyGrant {
            id: ApiKeyId(1),
            account: AccountId(1),
            owner: AccountId(2),
            scopes: scopes.parse().unwrap(),
            patterns: patterns.iter().map(|pattern| pattern.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn a_new_key_has_the_prefix_and_survives_parsing() {
        let key = ApiKey::from_random(&[7; 64]).unwrap();
        assert!(key.reveal().starts_with("assay_"));
        assert_eq!(key.reveal().len(), 49);
        assert_eq!(key.reveal().parse::<ApiKey>().unwrap().hash(), key.hash());
    }

    #[test]
    fn random_bytes_that_would_favour_some_letters_are_skipped() {
        assert!(ApiKey::from_random(&[250; 64]).is_none());
    }

    #[test]
    fn a_key_is_not_printed_by_debug() {
        let key = ApiKey::from_random(&[7; 64]).unwrap();
        assert_eq!(format!("{key:?} {:?}", key.hash()), "ApiKey(..) ApiKeyHash(..)");
    }

    #[test]
    fn scopes_round_trip_in_a_fixed_order_and_push_includes_push_version() {
        let scopes: Scopes = "read, push".parse().unwrap();
        assert_eq!(scopes.to_string(), "push,read");
        assert!(scopes.contain(Scope::PushVersion));
        assert!(!scopes.contain(Scope::Unlist));
        assert_eq!("push,delete".parse::<Scopes>(), Err(InvalidScope("delete".into())));
        assert!("".parse::<Scopes>().is_err());
    }

    #[test]
    fn what_a_key_may_do_hangs_on_scope_pattern_and_owner_in_that_order() {
        let core: PackageId = "Contoso.Core".parse().unwrap();
        let (ours, theirs) = ([AccountId(2)], [AccountId(9)]);
        assert_eq!(grant("push", &[]).may(Scope::Push, &core, None), Ok(()));
        assert_eq!(grant("push", &["contoso.*"]).may(Scope::Push, &core, Some(&ours)), Ok(()));
        assert_eq!(grant("push-version", &[]).may(Scope::Push, &core, None), Err(Denied::Scope("push")));
        assert_eq!(
            grant("push", &["Fabrikam.*"]).may(Scope::Push, &core, None),
            Err(Denied::Pattern("Contoso.Core".into()))
        );
        assert_eq!(
            grant("push", &[]).may(Scope::Push, &core, Some(&theirs)),
            Err(Denied::Owner("Contoso.Core".into()))
        );
    }
}
