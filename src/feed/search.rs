//! What people type into a search box, understood.

use std::collections::HashSet;

use crate::store::search::{SearchField, SearchQuery};
use crate::store::signed_by::SignedBy;

/// Characters of a query that are looked at.
const MAX_QUERY: usize = 500;
/// Terms that are looked at.
const MAX_TERMS: usize = 12;
/// Filters `signed-by:` that are heeded: nobody needs more, and each is asked of every package.
pub const MAX_SIGNERS: usize = 2;
/// Results at most, as on nuget.org.
pub const MAX_TAKE: u32 = 1000;
/// How many results can be left out at most. Beyond it a search engine would be needed.
pub const MAX_SKIP: u32 = 1_000_000;

/// Fills the terms of `query` from `text`: words, `"several words"` and `field:word`, with nuget.org's fields
/// `packageid`, `id`, `title`, `tags`, `author`, `owner`, `description` and `summary`, and our own `signed-by`. Whatever can't
/// be understood is a word; nothing is an error. What is said twice counts once.
///
/// Returns how many different filters `signed-by:` were left out, beyond the first [`MAX_SIGNERS`].
pub fn understand(text: &str, query: &mut SearchQuery) -> usize {
    let text: String = text.chars().take(MAX_QUERY).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut left_out = Vec::new();
    for (field, term) in once_each(tokens(&text.to_lowercase())).into_iter().take(MAX_TERMS) {
        match field.as_deref() {
            Some("packageid") => query.package_id = Some(term),
            Some("id") => query.fields.push((SearchField::Id, term)),
            Some("title") => query.fields.push((SearchField::Title, term)),
            Some("tag" | "tags") => query.fields.push((SearchField::Tags, term)),
            Some("author" | "authors") => query.fields.push((SearchField::Authors, term)),
            Some("owner" | "owners") => query.fields.push((SearchField::Owners, term)),
            Some("signed-by" | "signedby") => {
                let signer = SignedBy::of(&term);
                let known = query.signed_by.contains(&signer) || left_out.contains(&signer);
                let signers = if query.signed_by.len() < MAX_SIGNERS { &mut query.signed_by } else { &mut left_out };
                signers.extend((!known).then_some(signer));
            }
            Some("description" | "summary") => query.fields.push((SearchField::Description, term)),
            Some(other) => query.terms.push(format!("{other}:{term}")),
            None => query.terms.push(term),
        }
    }
    left_out.len()
}

/// The tokens without those that stand there before.
fn once_each(tokens: Vec<Token>) -> Vec<Token> {
    let mut seen = HashSet::new();
    tokens.into_iter().filter(|token| seen.insert(token.clone())).collect()
}

/// A word, with the field that stands before it.
type Token = (Option<String>, String);

/// Words with the field that stands before each, if one does. Quotation marks hold a term together.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut field, mut term, mut quoted) = (None, String::new(), false);
    for character in text.chars().chain([' ']) {
        match character {
            '"' => quoted = !quoted,
            ':' if !quoted && field.is_none() && !term.is_empty() => field = Some(std::mem::take(&mut term)),
            ' ' if !quoted => match (field.take(), std::mem::take(&mut term)) {
                (Some(name), term) if term.is_empty() => tokens.push((None, name)),
                (field, term) if !term.is_empty() => tokens.push((field, term)),
                _ => {}
            },
            other => term.push(other),
        }
    }
    if !term.trim().is_empty() {
        tokens.push((field, term.trim().to_owned()));
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(text: &str) -> SearchQuery {
        let mut query = SearchQuery::default();
        understand(text, &mut query);
        query
    }

    #[test]
    fn words_phrases_and_fields_are_told_apart() {
        let query = understood("Json tags:parser \"two words\" packageid:Contoso.Core");
        assert_eq!(query.terms, ["json", "two words"]);
        assert_eq!(query.fields, [(SearchField::Tags, "parser".to_owned())]);
        assert_eq!(query.package_id.as_deref(), Some("contoso.core"));
    }

    #[test]
    fn who_signed_is_a_field_of_ours() {
        let query = understood("json signed-by:Contoso signed-by:none");
        assert_eq!(query.terms, ["json"]);
        assert_eq!(query.signed_by, [SignedBy::of("contoso"), SignedBy::Nobody]);
        assert_eq!(understood("signed-by:AB:CD:EF:01").signed_by, [SignedBy::of("ab:cd:ef:01")]);
        assert_eq!(understood("signed-by:").terms, ["signed-by"]);
    }

    #[test]
    fn odd_texts_are_words_and_never_an_error() {
        assert_eq!(understood("http://x").terms, ["http://x"]);
        assert_eq!(understood("id:").terms, ["id"]);
        assert_eq!(understood(": \"open").terms, [":", "open"]);
        assert_eq!(understood("a\0b").terms, ["a", "b"]);
        assert_eq!(understood("   ").terms, Vec::<String>::new());
    }

    #[test]
    fn a_long_query_is_cut() {
        let words: String = (0..200).map(|number| format!("w{number} ")).collect();
        assert_eq!(understood(&words).terms.len(), MAX_TERMS);
    }

    #[test]
    fn what_is_said_twice_counts_once_and_two_signers_are_heeded() {
        assert_eq!(understood("json JSON tags:a tags:a").terms, ["json"]);
        let mut query = SearchQuery::default();
        let left_out = understand(&"signed-by:contoso ".repeat(20), &mut query);
        assert_eq!((query.signed_by, left_out), (vec![SignedBy::of("contoso")], 0));
        let mut query = SearchQuery::default();
        let left_out = understand("signed-by:ann signed-by:bob signed-by:eve signedby:mallory json", &mut query);
        assert_eq!((query.signed_by, left_out), (vec![SignedBy::of("ann"), SignedBy::of("bob")], 2));
        assert_eq!(query.terms, ["json"]);
    }
}
