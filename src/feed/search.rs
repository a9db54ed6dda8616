//! What people type into a search box, understood.

use crate::store::search::{SearchField, SearchQuery};
use crate::store::signed_by::SignedBy;

/// Characters of a query that are looked at.
const MAX_QUERY: usize = 500;
/// Terms that are looked at.
const MAX_TERMS: usize = 12;
/// Results at most, as on nuget.org.
pub const MAX_TAKE: u32 = 1000;
/// How many results can be left out at most. Beyond it a search engine would be needed.
pub const MAX_SKIP: u32 = 1_000_000;

/// Fills the terms of `query` from `text`: words, `"several words"` and `field:word`, with nuget.org's fields
/// `packageid`, `id`, `title`, `tags`, `author`, `owner`, `description` and `summary`, and our own `signed-by`. Whatever can't
/// be understood is a word; nothing is an error.
pub fn understand(text: &str, query: &mut SearchQuery) {
    let text: String = text.chars().take(MAX_QUERY).map(|c| if c.is_control() { ' ' } else { c }).collect();
    for (field, term) in tokens(&text.to_lowercase()).into_iter().take(MAX_TERMS) {
        match field.as_deref() {
            Some("packageid") => query.package_id = Some(term),
            Some("id") => query.fields.push((SearchField::Id, term)),
            Some("title") => query.fields.push((SearchField::Title, term)),
            Some("tag" | "tags") => query.fields.push((SearchField::Tags, term)),
            Some("author" | "authors") => query.fields.push((SearchField::Authors, term)),
            Some("owner" | "owners") => query.fields.push((SearchField::Owners, term)),
            Some("signed-by" | "signedby") => query.signed_by.push(SignedBy::of(&term)),
            Some("description" | "summary") => query.fields.push((SearchField::Description, term)),
            Some(other) => query.terms.push(format!("{other}:{term}")),
            None => query.terms.push(term),
        }
    }
}

/// Words with the field that stands before each, if one does. Quotation marks hold a term together.
fn tokens(text: &str) -> Vec<(Option<String>, String)> {
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
        assert_eq!(understood(&"word ".repeat(200)).terms.len(), MAX_TERMS);
    }
}
