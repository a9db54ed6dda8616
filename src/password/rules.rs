//! What a new password must be: long enough, and not one of those that are tried first (NIST SP 800-63B-4, section
//! 3.1.1.2: commonly used ones, and names of the account and of the service). No rules about kinds of characters, which
//! the same section forbids because they make passwords more alike.

use thiserror::Error;

use crate::domain::account::AccountName;

/// Fewest characters of a password (NIST SP 800-63B-4 asks for 15 where it is the only factor; 12 with a throttle).
pub const MIN_PASSWORD: usize = 12;
/// Longest password in bytes: hashing is not a way to make the server read much.
pub const MAX_PASSWORD: usize = 512;
/// Shortest word that is looked for inside of a password: shorter ones are in too many.
const MIN_WORD: usize = 3;

/// The commonest passwords that are long enough, one a line, in lower case.
const COMMONEST: &str = include_str!("commonest.txt");
/// What the commonest passwords are made of.
const COMMON_WORDS: [&str; 11] = [
    "password",
    "passwort",
    "passw0rd",
    "welcome",
    "changeme",
    "letmein",
    "qwerty",
    "administrator",
    "admin",
    "assay",
    "nuget",
];

/// Why a password can't be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum Unusable {
    /// Too short.
    #[error("a password has at least {MIN_PASSWORD} characters")]
    Short,
    /// Too long.
    #[error("a password has at most {MAX_PASSWORD} bytes")]
    Long,
    /// Made of the account's name or the host's.
    #[error(
        "the password is made of the account's name or the feed's host name, which are tried first; choose another, for example four words picked at random"
    )]
    Name,
    /// One of the commonest.
    #[error(
        "the password is one of the commonest, which are tried first; choose another, for example four words picked at random"
    )]
    Common,
    /// The library failed.
    #[error("the password could not be hashed")]
    Library,
}

/// Whether `password` may become the password of `account` on the feed at `host`.
///
/// # Errors
/// A wrong length; or nothing in it beside digits, signs, and the name of the account, the host or its parts, in any case
/// and any number; or one of the commonest passwords.
pub fn check(password: &str, account: &AccountName, host: Option<&str>) -> Result<(), Unusable> {
    check_length(password)?;
    let folded = fold(password);
    let common = |known: &str| known == folded || known == password.to_lowercase();
    if COMMONEST.lines().any(common) || is_made_of(&folded, COMMON_WORDS.map(str::to_owned).to_vec()) {
        return Err(Unusable::Common);
    }
    let host = host.unwrap_or_default();
    let names = std::iter::once(account.as_str()).chain([host]).chain(host.split('.')).map(fold);
    let names = names.chain(COMMON_WORDS.map(str::to_owned));
    if is_made_of(&folded, names.collect()) { Err(Unusable::Name) } else { Ok(()) }
}

pub(super) fn check_length(password: &str) -> Result<(), Unusable> {
    if password.chars().count() < MIN_PASSWORD {
        return Err(Unusable::Short);
    }
    if password.len() > MAX_PASSWORD { Err(Unusable::Long) } else { Ok(()) }
}

/// Letters and digits alone, in lower case.
fn fold(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether `folded` has some of the words in it, and no letter beside them.
fn is_made_of(folded: &str, mut words: Vec<String>) -> bool {
    // The longest first: a part of a word must not tear the whole apart.
    words.retain(|word| word.len() >= MIN_WORD);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let rest = words.iter().fold(folded.to_owned(), |rest, word| rest.replace(word.as_str(), " "));
    rest != folded && !rest.chars().any(char::is_alphabetic)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn judge(password: &str) -> Result<(), Unusable> {
        check(password, &"Ann-Marie".parse().unwrap(), Some("packages.contoso.example"))
    }

    #[test]
    fn a_password_has_12_characters_and_at_most_512_bytes() {
        assert_eq!((judge("äöüäöüäöüäö"), judge("äöüäöüäöüäöü")), (Err(Unusable::Short), Ok(())));
        let long = "xyz".repeat(171);
        assert_eq!((judge(&long), judge(&long[..MAX_PASSWORD])), (Err(Unusable::Long), Ok(())));
    }

    #[test]
    fn names_with_nothing_but_digits_and_signs_around_them_are_refused() {
        for password in [
            "Ann-Marie2026",
            "annmarie!!!!",
            "ANN-MARIE-ann-marie",
            "packages.contoso.example",
            "Contoso-2026!",
            "contosoannmarie",
            "1234contoso5678",
            "annmarie-password",
            "contoso.nuget",
        ] {
            assert_eq!(judge(password), Err(Unusable::Name), "{password}");
        }
        for password in ["annmarie likes tea", "the contoso office", "982347659821", "my example is good"] {
            assert_eq!(judge(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn an_account_of_a_single_digit_does_not_forbid_all_digits() {
        assert_eq!(check("982347659821", &"9".parse().unwrap(), None), Ok(()));
        assert_eq!(check("bobbobbobbob", &"bob".parse().unwrap(), None), Err(Unusable::Name));
    }

    #[test]
    fn the_commonest_passwords_are_refused_in_any_case() {
        let known: Vec<&str> = COMMONEST.lines().collect();
        assert!((90..=200).contains(&known.len()), "{}", known.len());
        for password in &known {
            assert_eq!(judge(password), Err(Unusable::Common), "{password}");
            assert_eq!(judge(&password.to_uppercase()), Err(Unusable::Common), "{password}");
        }
        for password in ["Password 2026!", "1234 5678 9012", "Welcome-Welcome", "qwerty-qwerty", "P@ssw0rd1234"] {
            assert_eq!(judge(password), Err(Unusable::Common), "{password}");
        }
        for password in ["correct horse battery", "my password is a secret", "only reads packages here"] {
            assert_eq!(judge(password), Ok(()), "{password}");
        }
    }

    #[test]
    fn the_list_is_in_order_in_lower_case_and_has_nothing_that_is_too_short_anyway() {
        let known: Vec<&str> = COMMONEST.lines().collect();
        let sorted: BTreeSet<&str> = known.iter().copied().collect();
        assert_eq!(known, sorted.into_iter().collect::<Vec<_>>());
        for password in known {
            assert!(password.chars().count() >= MIN_PASSWORD && password == password.to_lowercase(), "{password}");
        }
    }
}
