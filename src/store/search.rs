//! Finding packages by their words.

use rusqlite::params_from_iter;
use rusqlite::types::Value;

use super::registrations::RegistrationId;
use super::signed_by::SignedBy;
use super::{Error, Reads, Writes};

/// What is looked for. Every term must be found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// Lower-case terms that may stand in any field.
    pub terms: Vec<String>,
    /// The whole ID, lower-case.
    pub package_id: Option<String>,
    /// Terms for single fields of the index.
    pub fields: Vec<(SearchField, String)>,
    /// Who must have signed one of the versions that readers see.
    pub signed_by: Vec<SignedBy>,
    /// A package type, lower-case.
    pub package_type: Option<String>,
    /// With prereleases.
    pub prerelease: bool,
    /// With SemVer 2 packages.
    pub semver2: bool,
    /// How many results to leave out.
    pub skip: u32,
    /// How many to give at most.
    pub take: u32,
}

/// A field that can be searched alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchField {
    /// `id:`
    Id,
    /// `title:`
    Title,
    /// `tags:`
    Tags,
    /// `description:` and `summary:`
    Description,
    /// `author:`
    Authors,
    /// `owner:`
    Owners,
}

impl SearchField {
    const fn column(self) -> &'static str {
        match self {
            Self::Id => "package_id",
            Self::Title => "title",
            Self::Tags => "tags",
            Self::Description => "description",
            Self::Authors => "authors",
            Self::Owners => "owners",
        }
    }
}

/// Words of a package, each field as one text.
#[derive(Debug, Default)]
pub struct SearchWords<'a> {
    /// The ID and the words that it consists of.
    pub package_id: &'a str,
    /// The title.
    pub title: &'a str,
    /// The tags.
    pub tags: &'a str,
    /// Description and summary.
    pub description: &'a str,
    /// The authors.
    pub authors: &'a str,
    /// The names of the owners.
    pub owners: &'a str,
}

/// The best of all hits and how many there are.
#[derive(Debug, PartialEq, Eq)]
pub struct Hits<T> {
    /// How many there are in all.
    pub total: u64,
    /// Those asked for, best first.
    pub hits: Vec<T>,
}

/// The conditions of a query with their values.
struct Conditions {
    sql: String,
    values: Vec<Value>,
}

impl Conditions {
    fn of(query: &SearchQuery) -> Self {
        let mut conditions = Self { sql: "s.prerelease = ? AND s.semver2 = ?".to_owned(), values: Vec::new() };
        conditions.values.extend([Value::from(query.prerelease), Value::from(query.semver2)]);
        for term in &query.terms {
            let found =
                "(r.id_key LIKE ? ESCAPE '!' OR r.id IN (SELECT rowid FROM search_text WHERE search_text MATCH ?))";
            conditions.and(found, [like(term), quoted(term)]);
        }
        for (field, term) in &query.fields {
            let found = "r.id IN (SELECT rowid FROM search_text WHERE search_text MATCH ?)";
            conditions.and(found, [format!("{} : {}", field.column(), quoted(term))]);
        }
        if let Some(id) = &query.package_id {
            conditions.and("r.id_key = ?", [id.clone()]);
        }
        for signer in &query.signed_by {
            let (sql, values) = signer.condition();
            conditions.sql.push_str(" AND ");
            conditions.sql.push_str(sql);
            conditions.values.extend(values);
        }
        if let Some(kind) = &query.package_type {
            conditions.and("s.package_types LIKE ? ESCAPE '!'", [format!("% {} %", escaped(kind))]);
        }
        conditions
    }

    fn and<const N: usize>(&mut self, sql: &str, values: [String; N]) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values.map(Value::from));
    }
}

/// `term` with the wildcards of LIKE taken literally.
fn escaped(term: &str) -> String {
    term.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}

fn like(term: &str) -> String {
    format!("%{}%", escaped(term))
}

/// `term` as an FTS5 string that matches words beginning with it: quoted, so that none of it is an operator. A term
/// without letters or digits has no words and matches nothing, so it must not be an empty string either.
fn quoted(term: &str) -> String {
    format!("\"{}\" *", term.replace('"', "\"\"").replace('\0', " "))
}

const FROM: &str = "FROM search_result s JOIN registration r ON r.id = s.registration";
/// The same with the order of `registration_by_downloads`, so that the first hits are found without looking at all.
const FROM_BY_DOWNLOADS: &str = "FROM registration r CROSS JOIN search_result s ON s.registration = r.id";
/// Exact IDs, then IDs that begin with the first term, then by downloads.
const BEST_FIRST: &str = "r.id_key = ? DESC, r.id_key LIKE ? ESCAPE '!' DESC, r.downloads DESC, r.id_key";
const BY_DOWNLOADS: &str = "r.downloads DESC, r.id_key";

/// The statement for the hits that were asked for, with its values.
fn page(column: &str, query: &SearchQuery) -> (String, Vec<Value>) {
    let Conditions { sql, mut values } = Conditions::of(query);
    let first = query.terms.first().or(query.package_id.as_ref());
    let (from, order) = if first.is_some() { (FROM, BEST_FIRST) } else { (FROM_BY_DOWNLOADS, BY_DOWNLOADS) };
    if let Some(first) = first {
        values.extend([first.clone().into(), format!("{}%", escaped(first)).into()]);
    }
    values.extend([query.take.into(), query.skip.into()]);
    (format!("SELECT {column} {from} WHERE {sql} ORDER BY {order} LIMIT ? OFFSET ?"), values)
}

impl Reads<'_> {
    /// The prepared results of the best hits: an exact ID first, then IDs that begin with the first term, then by downloads.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn search(&self, query: &SearchQuery) -> Result<Hits<Vec<u8>>, Error> {
        self.hits("s.fragment", query, |row| row.get(0))
    }

    /// The IDs of the best hits in the same order.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn search_ids(&self, query: &SearchQuery) -> Result<Hits<String>, Error> {
        self.hits("r.package_id", query, |row| row.get(0))
    }

    fn hits<T>(
        &self,
        column: &str,
        query: &SearchQuery,
        read: fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Hits<T>, Error> {
        let Conditions { sql, values } = Conditions::of(query);
        let mut count = self.0.prepare_cached(&format!("SELECT count(*) {FROM} WHERE {sql}"))?;
        let total = count.query_row(params_from_iter(&values), |row| row.get(0))?;
        let (sql, values) = page(column, query);
        let mut page = self.0.prepare_cached(&sql)?;
        let hits = page.query_map(params_from_iter(&values), read)?.collect::<Result<_, _>>()?;
        Ok(Hits { total, hits })
    }
}

impl Writes<'_> {
    /// Replaces the words by which a package is found.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn put_search_words(&mut self, registration: RegistrationId, words: &SearchWords<'_>) -> Result<(), Error> {
        self.remove_search_words(registration)?;
        self.0.0.execute(
            "INSERT INTO search_text (rowid, package_id, title, tags, description, authors, owners) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            (registration, words.package_id, words.title, words.tags, words.description, words.authors, words.owners),
        )?;
        Ok(())
    }

    /// Removes the words by which a package is found.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_search_words(&mut self, registration: RegistrationId) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM search_text WHERE rowid = ?1", [registration])?;
        Ok(())
    }

    /// Replaces the search result of a package for one pair of filters; `None` removes it. `package_types` are lower-case
    /// names, each between blanks.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn put_search_result(
        &mut self,
        registration: RegistrationId,
        (prerelease, semver2): (bool, bool),
        result: Option<(&str, &[u8])>,
    ) -> Result<(), Error> {
        match result {
            Some((package_types, fragment)) => self.0.0.execute(
                "INSERT INTO search_result (registration, prerelease, semver2, package_types, fragment) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (prerelease, semver2, registration) DO UPDATE SET package_types = ?4, fragment = ?5",
                (registration, prerelease, semver2, package_types, fragment),
            )?,
            None => self.0.0.execute(
                "DELETE FROM search_result WHERE registration = ?1 AND prerelease = ?2 AND semver2 = ?3",
                (registration, prerelease, semver2),
            )?,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    /// How SQLite means to answer `query`.
    fn plan(query: &SearchQuery) -> String {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let (sql, values) = page("s.fragment", query);
        store
            .read(|r| {
                let mut explain = r.0.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let steps = explain.query_map(params_from_iter(&values), |row| row.get::<_, String>("detail"))?;
                Ok::<_, Error>(steps.collect::<Result<Vec<_>, _>>()?.join("\n"))
            })
            .unwrap()
    }

    #[test]
    fn without_words_the_first_page_is_the_head_of_an_index_and_nothing_is_sorted() {
        let plan = plan(&SearchQuery { take: 20, ..SearchQuery::default() });
        assert!(plan.contains("registration_by_downloads") && !plan.contains("TEMP B-TREE"), "{plan}");
    }

    #[test]
    fn who_signed_is_one_look_into_an_index_for_each_package_and_no_version_is_looked_at() {
        for (text, indexes) in [
            (
                "contoso",
                &[
                    "COVERING INDEX version_of_signer (registration=? AND signed_by=?",
                    "COVERING INDEX version_of_author (registration=? AND author=?",
                ][..],
            ),
            (
                "0123456789",
                &[
                    "COVERING INDEX version_of_signer",
                    "COVERING INDEX version_of_author (registration=? AND author>? AND author<?)",
                ],
            ),
            ("none", &["version_unsigned"]),
        ] {
            let plan = plan(&SearchQuery { signed_by: vec![SignedBy::of(text)], take: 20, ..SearchQuery::default() });
            assert!(indexes.iter().all(|index| plan.contains(index)), "{text}: {plan}");
            assert!(!plan.contains("SCAN v") && !plan.contains("SCAN version"), "{text}: {plan}");
        }
    }

    #[test]
    fn with_words_the_best_hits_come_first_and_so_are_sorted() {
        let plan = plan(&SearchQuery { terms: vec!["json".to_owned()], take: 20, ..SearchQuery::default() });
        assert!(plan.contains("TEMP B-TREE"), "{plan}");
    }
}
