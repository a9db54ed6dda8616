//! Queries of search and autocomplete, read leniently: an odd value is its default, never an error.

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

use crate::domain::version::NuGetVersion;
use crate::feed::search::{MAX_SKIP, MAX_TAKE};
use crate::store::search::SearchQuery;

/// Results when the client does not say.
const DEFAULT_TAKE: u32 = 20;

/// The parameters of a request, names in lower case, later ones winning.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads them. Official clients send `&` and `+` raw; nothing can be done about the first, the second is a blank.
    pub fn of(request: &HttpRequest) -> Self {
        let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
        let pair = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name).to_ascii_lowercase(), decode(value))
        };
        Self(request.query_string().split('&').filter(|pair| !pair.is_empty()).map(pair).collect())
    }

    /// The value of a parameter; an empty one is none.
    pub fn value(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        value.filter(|value| !value.is_empty())
    }

    /// A number, or `default` when it is none, at most `most`.
    fn number(&self, name: &str, default: u32, most: u32) -> u32 {
        self.value(name).and_then(|value| value.parse().ok()).unwrap_or(default).min(most)
    }

    /// Whether prereleases are wanted. PSResourceGet writes `True`.
    pub fn prerelease(&self) -> bool {
        self.value("prerelease").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Whether the client knows SemVer 2: its level is a version of at least 2.0.0.
    pub fn semver2(&self) -> bool {
        let level = self.value("semverlevel").and_then(|value| NuGetVersion::parse(value).ok());
        level.is_some_and(|level| NuGetVersion::parse("2.0.0").is_ok_and(|two| level >= two))
    }

    /// The filters and the page of a search, without its terms.
    pub fn search(&self) -> SearchQuery {
        let package_type = self.value("packagetype").or_else(|| self.value("packagetypefilter"));
        SearchQuery {
            package_type: package_type.map(type_name),
            prerelease: self.prerelease(),
            semver2: self.semver2(),
            skip: self.number("skip", 0, MAX_SKIP),
            take: self.number("take", DEFAULT_TAKE, MAX_TAKE),
            ..SearchQuery::default()
        }
    }
}

/// A package type in lower case. Characters that no type has become one that no type has: such a filter finds nothing,
/// and a NUL does not cut it short in the database.
fn type_name(text: &str) -> String {
    text.to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn query(text: &str) -> Query {
        Query::of(&TestRequest::with_uri(&format!("/?{text}")).to_http_request())
    }

    #[test]
    fn odd_numbers_are_defaults_and_large_ones_are_cut() {
        for (text, skip, take) in [
            ("", 0, 20),
            ("skip=5&take=7", 5, 7),
            ("take=0", 0, 0),
            ("skip=-1&take=-1", 0, 20),
            ("skip=abc&take=", 0, 20),
            ("skip=99999999&take=99999999999", MAX_SKIP, 20),
            ("take=5000", 0, MAX_TAKE),
        ] {
            let search = query(text).search();
            assert_eq!((search.skip, search.take), (skip, take), "{text}");
        }
    }

    #[test]
    fn booleans_and_levels_are_read_in_any_case() {
        assert!(query("prerelease=True").prerelease() && !query("prerelease=1").prerelease());
        assert!(query("semVerLevel=2.0.0").semver2() && query("SEMVERLEVEL=3.1").semver2());
        assert!(!query("semVerLevel=1.9.9").semver2() && !query("semVerLevel=two").semver2());
    }

    #[test]
    fn a_package_type_that_can_not_be_finds_nothing_instead_of_everything() {
        assert_eq!(query("packageType=DotnetTool").search().package_type.as_deref(), Some("dotnettool"));
        assert_eq!(query("packageType=%00").search().package_type.as_deref(), Some("?"));
        assert_eq!(query("packageType=").search().package_type, None);
    }

    #[test]
    fn a_plus_is_a_blank_and_broken_percent_signs_stay() {
        assert_eq!(query("q=a+b%20c").value("q"), Some("a b c"));
        assert_eq!(query("q=100%&x").value("q"), Some("100%"));
        assert_eq!(query("q=%ff").value("q"), Some("\u{fffd}"));
    }
}
