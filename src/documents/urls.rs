//! Every address of the feed, made from one public address.
//!
//! Clients refuse an `https` source that names an `http` resource (NU1302), and relative addresses are dropped without a
//! word. So no other part of the program puts a URL together. It does not know which of the addresses answer.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::Url;

use crate::domain::license_expression::LicenseExpression;
use crate::domain::package_id::PackageId;
use crate::domain::verdict::VerdictNumber;
use crate::domain::version::NuGetVersion;

use super::hive::Hive;

/// What must be escaped in one segment of a path or one value of a query: all but RFC 3986's unreserved characters (2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The addresses of one feed. All of them are absolute and carry the scheme, host and path prefix that clients see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// Without a final slash.
    base: String,
    is_https: bool,
}

impl Urls {
    /// Takes the address under which clients reach the feed, a path prefix included.
    ///
    /// # Errors
    /// [`InvalidPublicUrl`] if it is not http or https, or has credentials, a query or a fragment.
    pub fn new(public_url: &Url) -> Result<Self, InvalidPublicUrl> {
        let is_https = match public_url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(InvalidPublicUrl::Scheme),
        };
        if !public_url.username().is_empty() || public_url.password().is_some() {
            return Err(InvalidPublicUrl::Credentials);
        }
        if public_url.query().is_some() || public_url.fragment().is_some() {
            return Err(InvalidPublicUrl::QueryOrFragment);
        }
        Ok(Self { base: public_url.as_str().trim_end_matches('/').to_owned(), is_https })
    }

    /// Whether clients reach the feed by https. Resources that clients insist on reading by https exist only then.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// The public address with a final slash; the start page.
    #[must_use]
    pub fn home(&self) -> String {
        self.at("/")
    }

    /// The service index: the address that users give to their client.
    #[must_use]
    pub fn service_index(&self) -> String {
        self.at("/v3/index.json")
    }

    /// Base of the flat container (`PackageBaseAddress`).
    #[must_use]
    pub fn flat_container(&self) -> String {
        self.at("/v3/flatcontainer/")
    }

    /// List of the versions of an id.
    #[must_use]
    pub fn version_list(&self, id: &PackageId) -> String {
        format!("{}{}/index.json", self.flat_container(), escaped(id.key()))
    }

    /// A package. The version stands readable in it, because PSResourceGet looks for it there.
    #[must_use]
    pub fn package_content(&self, id: &PackageId, version: &NuGetVersion) -> String {
        let (id, version) = (escaped(id.key()).to_string(), version.key());
        format!("{}{id}/{version}/{id}.{version}.nupkg", self.flat_container())
    }

    /// A nuspec.
    #[must_use]
    pub fn nuspec(&self, id: &PackageId, version: &NuGetVersion) -> String {
        let id = escaped(id.key()).to_string();
        format!("{}{id}/{}/{id}.nuspec", self.flat_container(), version.key())
    }

    /// The readme of a package as Markdown.
    #[must_use]
    pub fn readme(&self, id: &PackageId, version: &NuGetVersion) -> String {
        format!("{}{}/{}/readme", self.flat_container(), escaped(id.key()), version.key())
    }

    /// The icon of a package. Visual Studio fetches it without credentials, so on a closed feed a signed token comes along.
    #[must_use]
    pub fn icon(&self, id: &PackageId, version: &NuGetVersion, token: Option<&str>) -> String {
        format!("{}{}/{}/icon{}", self.flat_container(), escaped(id.key()), version.key(), query(token))
    }

    /// The licence text of a package, with a token as for the icon.
    #[must_use]
    pub fn license(&self, id: &PackageId, version: &NuGetVersion, token: Option<&str>) -> String {
        format!("{}{}/{}/license{}", self.flat_container(), escaped(id.key()), version.key(), query(token))
    }

    /// Base of a registration hive (`RegistrationsBaseUrl`).
    #[must_use]
    pub fn registration(&self, hive: Hive) -> String {
        self.at(match hive {
            Hive::SemVer1 => "/v3/registration/",
            Hive::SemVer2 => "/v3/registration-semver2/",
        })
    }

    /// The registration index of an id.
    #[must_use]
    pub fn registration_index(&self, hive: Hive, id: &PackageId) -> String {
        format!("{}{}/index.json", self.registration(hive), escaped(id.key()))
    }

    /// A registration page with these bounds as a document of its own.
    #[must_use]
    pub fn registration_page(&self, hive: Hive, id: &PackageId, lower: &NuGetVersion, upper: &NuGetVersion) -> String {
        format!("{}{}/page/{}/{}.json", self.registration(hive), escaped(id.key()), lower.key(), upper.key())
    }

    /// The registration leaf of a package.
    #[must_use]
    pub fn registration_leaf(&self, hive: Hive, id: &PackageId, version: &NuGetVersion) -> String {
        format!("{}{}/{}.json", self.registration(hive), escaped(id.key()), version.key())
    }

    /// Search (`SearchQueryService`).
    #[must_use]
    pub fn search(&self) -> String {
        self.at("/v3/search")
    }

    /// Completion of ids and versions (`SearchAutocompleteService`).
    #[must_use]
    pub fn autocomplete(&self) -> String {
        self.at("/v3/autocomplete")
    }

    /// Push, unlist, relist (`PackagePublish`).
    #[must_use]
    pub fn publish(&self) -> String {
        self.at("/api/v2/package")
    }

    /// Push of symbol packages (`SymbolPackagePublish`).
    #[must_use]
    pub fn symbol_publish(&self) -> String {
        self.at("/api/v2/symbolpackage")
    }

    /// The V2 protocol (`LegacyGallery`).
    #[must_use]
    pub fn legacy_gallery(&self) -> String {
        self.at("/api/v2")
    }

    /// A repository signatures document, by the version in its resource type (`5.0.0`).
    #[must_use]
    pub fn repository_signatures(&self, version: &str) -> String {
        self.at(&format!("/v3/repository-signatures/{}/index.json", escaped(version)))
    }

    /// A repository certificate in DER, by the SHA-256 fingerprint of it in lower-case hexadecimal.
    #[must_use]
    pub fn repository_certificate(&self, fingerprint: &str) -> String {
        self.at(&format!("/v3/repository-signatures/certificates/{}.crt", escaped(fingerprint)))
    }

    /// The web page of an id.
    #[must_use]
    pub fn package_page(&self, id: &PackageId) -> String {
        self.at(&format!("/packages/{}", escaped(id.as_str())))
    }

    /// The web page of a package.
    #[must_use]
    pub fn package_version_page(&self, id: &PackageId, version: &NuGetVersion) -> String {
        self.at(&format!("/packages/{}/{}", escaped(id.as_str()), version.normalized()))
    }

    /// The page that explains a kept verdict.
    #[must_use]
    pub fn verdict(&self, number: VerdictNumber) -> String {
        self.at(&format!("/verdicts/{}", number.0))
    }

    /// The web page of an account.
    #[must_use]
    pub fn account_page(&self, name: &str) -> String {
        self.at(&format!("/accounts/{}", escaped(name)))
    }

    /// The URI template of readmes (`ReadmeUriTemplate`). Braces stay as they are: clients replace them in the text. Visual
    /// Studio fetches readmes without credentials and a template can't name a version, so on a closed feed it carries a
    /// token for all readmes; only who may read sees the template.
    #[must_use]
    pub fn readme_template(&self, token: Option<&str>) -> String {
        let template = self.at("/v3/flatcontainer/{lower_id}/{lower_version}/readme");
        format!("{template}{}", query(token))
    }

    /// The URI template of package pages (`PackageDetailsUriTemplate`).
    #[must_use]
    pub fn package_details_template(&self) -> String {
        self.at("/packages/{id}/{version}")
    }

    /// The URI template of account pages (`OwnerDetailsUriTemplate`).
    #[must_use]
    pub fn owner_details_template(&self) -> String {
        self.at("/accounts/{owner}")
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// The page about an SPDX expression that clients expect beside it; the one address here that is not ours, in the form
/// that `dotnet pack` writes.
#[must_use]
pub(super) fn license_expression_page(expression: &LicenseExpression) -> String {
    format!("https://licenses.nuget.org/{}", escaped(expression.as_str()))
}

/// Why an address can't be the public one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPublicUrl {
    /// Another scheme.
    #[error("the public url must be http or https")]
    Scheme,
    /// `user:password@` would be handed to everybody.
    #[error("the public url must not carry credentials")]
    Credentials,
    /// Paths could not be appended.
    #[error("the public url must not have a query or a fragment")]
    QueryOrFragment,
}

fn escaped(text: &str) -> impl fmt::Display + '_ {
    utf8_percent_encode(text, ESCAPED)
}

fn query(token: Option<&str>) -> String {
    token.map(|token| format!("?token={}", escaped(token))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn urls(text: &str) -> Urls {
        Urls::new(&Url::parse(text).unwrap()).unwrap()
    }

    #[test]
    fn a_path_prefix_and_slashes_at_the_end_do_not_matter() {
        for (public, index) in [
            ("https://feed.example", "https://feed.example/v3/index.json"),
            ("https://FEED.example:443/", "https://feed.example/v3/index.json"),
            ("http://feed.example:8080/nuget", "http://feed.example:8080/nuget/v3/index.json"),
            ("https://feed.example/a/b//", "https://feed.example/a/b/v3/index.json"),
        ] {
            assert_eq!(urls(public).service_index(), index);
        }
    }

    #[test]
    fn refuses_addresses_that_cannot_be_built_upon() {
        for (text, error) in [
            ("ftp://feed.example/", InvalidPublicUrl::Scheme),
            ("https://a:b@feed.example/", InvalidPublicUrl::Credentials),
            ("https://feed.example/?x", InvalidPublicUrl::QueryOrFragment),
            ("https://feed.example/#x", InvalidPublicUrl::QueryOrFragment),
        ] {
            assert_eq!(Urls::new(&Url::parse(text).unwrap()), Err(error));
        }
    }

    #[test]
    fn ids_versions_and_tokens_are_escaped() {
        let urls = urls("https://h/p");
        let id = PackageId::parse_unicode("\u{dc}ber_A.b-c").unwrap();
        let version = NuGetVersion::parse("1.0-RC.1+Meta").unwrap();
        assert_eq!(
            urls.package_content(&id, &version),
            "https://h/p/v3/flatcontainer/%C3%BCber_a.b-c/1.0.0-rc.1/%C3%BCber_a.b-c.1.0.0-rc.1.nupkg"
        );
        assert_eq!(
            urls.icon(&id, &version, Some("a+/=&?")),
            "https://h/p/v3/flatcontainer/%C3%BCber_a.b-c/1.0.0-rc.1/icon?token=a%2B%2F%3D%26%3F"
        );
        assert_eq!(urls.package_version_page(&id, &version), "https://h/p/packages/%C3%9Cber_A.b-c/1.0.0-RC.1");
        assert_eq!(urls.account_page("a/../b?c"), "https://h/p/accounts/a%2F..%2Fb%3Fc");
        assert_eq!(
            license_expression_page(&LicenseExpression::parse("MIT OR (A+)").unwrap()),
            "https://licenses.nuget.org/MIT%20OR%20%28A%2B%29"
        );
    }
}
