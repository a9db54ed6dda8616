//! The scopes of an API key.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

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
    /// All of them, in the order in which they are written.
    pub const ALL: [Self; 4] = [Self::Push, Self::PushVersion, Self::Unlist, Self::Read];

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

    /// Those that were asked for, without what another one includes.
    pub fn iter(&self) -> impl Iterator<Item = Scope> {
        let push = self.0.contains(&Scope::Push);
        self.0.iter().copied().filter(move |scope| !(push && *scope == Scope::PushVersion))
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

#[cfg(test)]
mod tests {
    use super::*;

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
    fn what_another_scope_includes_is_not_told_twice() {
        let told = |text: &str| text.parse::<Scopes>().unwrap().iter().map(Scope::name).collect::<Vec<_>>();
        assert_eq!(told("push,push-version,read"), ["push", "read"]);
        assert_eq!(told("push-version,unlist"), ["push-version", "unlist"]);
    }
}
