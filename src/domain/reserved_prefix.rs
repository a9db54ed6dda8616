//! IDs that only some accounts may create: patterns that administrators reserve.
//!
//! Only new IDs are asked about. What is on the feed already stays with its owners, whoever holds the prefix.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

use super::account::AccountName;
use super::package_id::PackageId;
use super::pattern::{InvalidPattern, Pattern};

/// What can be reserved: a whole package ID, or a beginning with one `*` at its end.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct ReservedPrefix(Pattern);

/// Why a text can't be reserved.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum InvalidPrefix {
    /// No pattern at all.
    #[error(transparent)]
    Pattern(#[from] InvalidPattern),
    /// A star elsewhere, or no package ID.
    #[error(
        "`{0}` can’t be reserved: write a whole package ID, or how IDs begin and then one `*`, such as `Contoso.*`"
    )]
    Shape(String),
}

impl ReservedPrefix {
    /// The form by which two spellings are the same reservation.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.key().to_owned()
    }

    /// The pattern.
    #[must_use]
    pub const fn pattern(&self) -> &Pattern {
        &self.0
    }
}

impl FromStr for ReservedPrefix {
    type Err = InvalidPrefix;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pattern: Pattern = text.parse()?;
        let begins = text.strip_suffix('*');
        let sound = match begins {
            Some(beginning) => !beginning.contains('*'),
            None => PackageId::parse_unicode(text).is_ok(),
        };
        if sound { Ok(Self(pattern)) } else { Err(InvalidPrefix::Shape(text.to_owned())) }
    }
}

impl fmt::Display for ReservedPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One account's hold on one prefix. Several accounts may hold the same.
#[derive(Debug, Clone, Serialize)]
pub struct Reservation {
    /// What is reserved.
    pub pattern: ReservedPrefix,
    /// For whom.
    pub holder: AccountName,
}

/// The new ID is reserved for others.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("new package IDs like `{pattern}` are reserved for {}", join(holders))]
pub struct Reserved {
    /// The pattern that the account does not hold.
    pub pattern: String,
    /// Who holds it.
    pub holders: Vec<AccountName>,
}

fn join(accounts: &[AccountName]) -> String {
    accounts.iter().map(AccountName::as_str).collect::<Vec<_>>().join(", ")
}

/// Whether `creator` may create the ID `id`, which is not on the feed. Of the patterns that match, the most literal decide;
/// where several are equally literal, all of them must be held.
///
/// # Errors
/// [`Reserved`] with the first of those patterns that `creator` does not hold.
pub fn may_create(id: &PackageId, reservations: &[Reservation], creator: &AccountName) -> Result<(), Reserved> {
    for (pattern, holders) in deciding(id, reservations) {
        if !holders.contains(creator) {
            return Err(Reserved { pattern, holders });
        }
    }
    Ok(())
}

/// Whether `account` holds one of the patterns that decide about `id`.
#[must_use]
pub fn holds(id: &PackageId, reservations: &[Reservation], account: &AccountName) -> bool {
    deciding(id, reservations).iter().any(|(_, holders)| holders.contains(account))
}

/// The most literal patterns that match `id`, each with its holders.
fn deciding(id: &PackageId, reservations: &[Reservation]) -> Vec<(String, Vec<AccountName>)> {
    let matching = || reservations.iter().filter(|reservation| reservation.pattern.0.covers(id));
    let literal = |reservation: &Reservation| reservation.pattern.0.literal_characters();
    let Some(most) = matching().map(literal).max() else { return Vec::new() };
    let mut patterns: Vec<(String, String, Vec<AccountName>)> = Vec::new();
    for Reservation { pattern, holder } in matching().filter(|reservation| literal(reservation) == most) {
        let key = pattern.key();
        match patterns.iter_mut().find(|(known, ..)| *known == key) {
            Some((_, _, holders)) => holders.push(holder.clone()),
            None => patterns.push((key, pattern.to_string(), vec![holder.clone()])),
        }
    }
    patterns.into_iter().map(|(_, pattern, holders)| (pattern, holders)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reservations(pairs: &[(&str, &str)]) -> Vec<Reservation> {
        let reserved = |(pattern, holder): &(&str, &str)| Reservation {
            pattern: pattern.parse().unwrap(),
            holder: holder.parse().unwrap(),
        };
        pairs.iter().map(reserved).collect()
    }

    #[test]
    fn the_whole_table() {
        let few = [("Contoso.*", "contoso"), ("Contoso.*", "fabrikam"), ("Contoso.Web.*", "ann")];
        let tied = [("Contoso.Core*", "contoso"), ("Contoso.Core*", "ann"), ("Contoso.Core.", "bob")];
        let whole = [("Contoso*", "contoso"), ("Contoso.Core", "ann")];
        let all = [("*", "platform"), ("Contoso.*", "contoso")];
        let mut table = String::new();
        for (reserved, ids) in [
            (&few[..], &["Contoso.Core", "CONTOSO.WEB.Api", "Contoso", "Contoso.Web", "Other"][..]),
            (&tied[..2], &["Contoso.Core", "Contoso.CoreLib"]),
            (&whole[..], &["Contoso.Core", "contoso.core", "Contoso.Core.Extra", "Contoso"]),
            (&all[..], &["Anything", "Contoso.Core"]),
            (&[], &["Anything"]),
        ] {
            let rules = reservations(reserved);
            let shown: Vec<String> = reserved.iter().map(|(pattern, holder)| format!("{pattern} {holder}")).collect();
            table += &format!("[{}]\n", shown.join(", "));
            for id in ids {
                let parsed = PackageId::parse(id).unwrap();
                let asked =
                    ["contoso", "fabrikam", "ann", "platform", "mallory"].map(|creator| creator.parse().unwrap());
                let allowed = asked.iter().filter(|creator| may_create(&parsed, &rules, creator).is_ok());
                let allowed: Vec<&str> = allowed.map(AccountName::as_str).collect();
                let others = may_create(&parsed, &rules, &asked[4]).err().map(|reserved| reserved.to_string());
                table += &format!("  {id:<18} may: {:<40} {}\n", allowed.join(" "), others.unwrap_or_default());
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn an_id_that_is_the_same_in_other_letters_is_reserved_too() {
        let rules = reservations(&[("Kontoso.*", "ann")]);
        let id = PackageId::parse_unicode("\u{212a}ontoso.Core").unwrap();
        assert!(may_create(&id, &rules, &"bob".parse().unwrap()).is_err());
    }

    #[test]
    fn of_two_patterns_that_are_equally_literal_both_must_be_held() {
        // A whole ID and a beginning of the same length: both say thirteen characters of it.
        let rules = reservations(&[("Contoso.Core1", "ann"), ("Contoso.Core1*", "bob"), ("Contoso.Core1*", "eve")]);
        let id = PackageId::parse("contoso.core1").unwrap();
        for creator in ["ann", "bob", "eve", "mallory"] {
            assert!(may_create(&id, &rules, &creator.parse().unwrap()).is_err(), "{creator} holds one of two at most");
        }
        let both = [rules, reservations(&[("CONTOSO.CORE1", "bob")])].concat();
        assert!(may_create(&id, &both, &"BOB".parse().unwrap()).is_ok());
        let refused = may_create(&id, &both, &"ann".parse().unwrap()).unwrap_err();
        assert_eq!((refused.pattern.as_str(), refused.holders.len()), ("Contoso.Core1*", 2));
    }

    #[test]
    fn whoever_holds_a_wider_prefix_than_the_one_that_decides_holds_nothing_here() {
        let rules = reservations(&[("Contoso.*", "contoso"), ("Contoso.Web.*", "ann")]);
        let id = PackageId::parse("Contoso.Web.Api").unwrap();
        assert!(holds(&id, &rules, &"ann".parse().unwrap()) && !holds(&id, &rules, &"contoso".parse().unwrap()));
    }

    #[test]
    fn a_reservation_is_a_whole_id_or_a_beginning() {
        for text in ["Contoso", "Contoso.*", "Contoso*", "*", "C.o-n_t.1"] {
            assert_eq!(text.parse::<ReservedPrefix>().unwrap().to_string(), text);
        }
        for text in ["*.Core", "Con*toso", "Contoso.**", "a..b", "Contoso.", "a/b", ""] {
            assert!(text.parse::<ReservedPrefix>().is_err(), "`{text}` was taken");
        }
        assert_eq!("CONTOSO.*".parse::<ReservedPrefix>().unwrap().key(), "contoso.*");
    }
}
