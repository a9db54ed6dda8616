//! What a key may do: scopes, patterns and owners, judged by one pure function whose whole table is one reviewed snapshot.

use thiserror::Error;
use time::OffsetDateTime;

use super::ApiKeyId;
use super::scopes::{Scope, Scopes};
use crate::domain::account::AccountId;
use crate::domain::package_id::PackageId;
use crate::domain::pattern::Pattern;

/// A key that counts: [`KeyLife::check`](super::KeyLife::check) said so. Only the store makes one, inside the transaction that needs it.
#[derive(Debug, Clone)]
pub struct KeyGrant {
    /// Its row.
    pub id: ApiKeyId,
    /// Whose key it is: a user, or for a service key the organization.
    pub account: AccountId,
    /// Who made it, where it is a service key that a person made: what the server does for it is counted on them.
    pub service_key_of: Option<AccountId>,
    /// The account that owns what is pushed with it: the same, or an organization.
    pub owner: AccountId,
    /// What it may do.
    pub scopes: Scopes,
    /// For which package IDs. Empty means all.
    pub patterns: Vec<Pattern>,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// What somebody wants to do with a key.
#[derive(Debug, Clone, Copy)]
pub enum Use<'a> {
    /// Read the feed. Whoever may read reads everything: patterns and owners play no part.
    Read,
    /// Push a version.
    Push {
        /// Of which package.
        id: &'a PackageId,
        /// Its owners; `None` when the ID is new.
        owners: Option<&'a [AccountId]>,
    },
    /// Unlist or relist a version.
    List {
        /// Of which package.
        id: &'a PackageId,
        /// Its owners; `None` when there is no such package. Scope and pattern are judged all the same, so that a key
        /// without them finds out nothing about what exists.
        owners: Option<&'a [AccountId]>,
    },
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
    /// Whether the key may be used so. The account that it acts for must be an owner; that it still acts for that account is
    /// [`KeyLife`](super::KeyLife)'s.
    ///
    /// # Errors
    /// The first of: scope, pattern, ownership.
    pub fn may(&self, what: Use<'_>) -> Result<(), Denied> {
        let (scope, package) = match what {
            Use::Read => (Scope::Read, None),
            Use::Push { id, owners: None } => (Scope::Push, Some((id, None))),
            Use::Push { id, owners } => (Scope::PushVersion, Some((id, owners))),
            Use::List { id, owners } => (Scope::Unlist, Some((id, owners))),
        };
        if !self.scopes.contain(scope) {
            return Err(Denied::Scope(scope.name()));
        }
        let Some((id, owners)) = package else { return Ok(()) };
        if !self.covers(id) {
            return Err(Denied::Pattern(id.to_string()));
        }
        match owners {
            Some(owners) if !owners.contains(&self.owner) => Err(Denied::Owner(id.to_string())),
            _ => Ok(()),
        }
    }

    /// Whether the key is for that ID, going by its patterns.
    fn covers(&self, id: &PackageId) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.covers(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: AccountId = AccountId(2);
    const THEIRS: AccountId = AccountId(9);

    fn grant(scopes: &str, patterns: &[&str]) -> KeyGrant {
        KeyGrant {
            id: ApiKeyId(1),
            account: AccountId(1),
            service_key_of: None,
            owner: OURS,
            scopes: scopes.parse().unwrap(),
            patterns: patterns.iter().map(|pattern| pattern.parse().unwrap()).collect(),
            expires_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    fn word(answer: Result<(), Denied>) -> &'static str {
        match answer {
            Ok(()) => "may",
            Err(Denied::Scope(_)) => "scope",
            Err(Denied::Pattern(_)) => "pattern",
            Err(Denied::Owner(_)) => "owner",
        }
    }

    /// Each scope and all together × each use, ours and not × no pattern, one that matches, one that does not, both.
    #[test]
    fn the_whole_table() {
        let id: PackageId = "Contoso.Core".parse().unwrap();
        let (ours, both, theirs): (&[_], &[_], &[_]) = (&[OURS], &[THEIRS, OURS], &[THEIRS]);
        let uses = [
            ("read", Use::Read),
            ("push a new ID", Use::Push { id: &id, owners: None }),
            ("push a version of ours", Use::Push { id: &id, owners: Some(ours) }),
            ("push a version of ours and others'", Use::Push { id: &id, owners: Some(both) }),
            ("push a version of others'", Use::Push { id: &id, owners: Some(theirs) }),
            ("push a version of nobody's", Use::Push { id: &id, owners: Some(&[]) }),
            ("unlist a version of ours", Use::List { id: &id, owners: Some(ours) }),
            ("unlist a version of ours and others'", Use::List { id: &id, owners: Some(both) }),
            ("unlist a version of others'", Use::List { id: &id, owners: Some(theirs) }),
            ("unlist what is not there", Use::List { id: &id, owners: None }),
        ];
        let patterns: [&[&str]; 4] = [&[], &["contoso.*"], &["Fabrikam.*"], &["Fabrikam.*", "contoso.*"]];
        let mut table = format!("{:<40}{:<10}{:<10}{:<10}both\n", "patterns:", "none", "matching", "other");
        for scopes in ["push", "push-version", "unlist", "read", "push,push-version,unlist,read"] {
            table += &format!("{scopes}\n");
            for (what, how) in uses {
                let answers = patterns.map(|patterns| format!("{:<10}", word(grant(scopes, patterns).may(how))));
                table += format!("  {what:<38}{}", answers.concat()).trim_end();
                table += "\n";
            }
        }
        insta::assert_snapshot!(table);
    }

    /// What a list of patterns covers. An ID that NuGet takes for the same package must not slip past, and a dot is a dot.
    #[test]
    fn the_whole_table_of_patterns() {
        let cases: [(&[&str], &[&str]); 12] = [
            (&[], &["Contoso.Core", "x"]),
            (&["*"], &["Contoso.Core", "x"]),
            (&["Contoso.Core"], &["Contoso.Core", "CONTOSO.CORE", "contoso.core", "Contoso.Core.Extra", "Contoso"]),
            (
                &["Contoso.*"],
                &["Contoso.Core", "CONTOSO.a.b", "Contoso", "ContosoEvil", "ContosoEvil.Core", "My.Contoso.Core"],
            ),
            (&["Contoso*"], &["Contoso", "ContosoEvil", "Contoso.Core"]),
            (
                &["contoso.*.tests"],
                &["Contoso.Core.Tests", "Contoso.Core.Unit.Tests", "Contoso.Tests", "Contoso..Tests"],
            ),
            (&["*.Core"], &["Contoso.Core", "Core", "Contoso.Core.Extra"]),
            (&["C*t*o"], &["Contoso", "cto", "co", "Contoso.Core"]),
            (&["**"], &["x"]),
            (&["Kontoso.*"], &["Kontoso.Core", "kontoso.core", "\u{212a}ontoso.Core"]),
            (&["\u{212a}ontoso.*"], &["Kontoso.Core", "\u{212a}ontoso.Core"]),
            (&["Igloo.*"], &["igloo.core", "IGLOO.CORE", "\u{131}gloo.core", "\u{130}gloo.core"]),
        ];
        let mut table = String::new();
        for (patterns, ids) in cases {
            let shown = patterns.join(" ").escape_default().to_string();
            table += &format!("{}\n", if patterns.is_empty() { "(none)" } else { &shown });
            for id in ids {
                let Ok(id) = PackageId::parse_unicode(id) else {
                    table += &format!("  {id:<26}is no ID\n");
                    continue;
                };
                let covered = grant("push", patterns).covers(&id);
                let id = id.as_str().escape_default().to_string();
                table += &format!("  {id:<26}{}\n", if covered { "covered" } else { "-" });
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn each_refusal_says_what_is_missing() {
        let core: PackageId = "Contoso.Core".parse().unwrap();
        let push = |grant: KeyGrant| grant.may(Use::Push { id: &core, owners: Some(&[THEIRS]) });
        assert_eq!(push(grant("read", &[])), Err(Denied::Scope("push-version")));
        assert_eq!(push(grant("push", &["Fabrikam.*"])), Err(Denied::Pattern("Contoso.Core".into())));
        assert_eq!(push(grant("push", &[])), Err(Denied::Owner("Contoso.Core".into())));
    }
}
