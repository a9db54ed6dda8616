//! The service index: which resources the feed has, and where.

use super::hive::Hive;
use super::json::{self, Object};
use super::repository_signatures::ResourceVersion;
use super::urls::Urls;

/// Resources that not every feed has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Optional<'a> {
    /// Signed token for readmes; `None` on an open feed.
    pub readme_token: Option<&'a str>,
    /// The feed signs packages and lists its certificates. Left out without https, where any client would fail on it.
    pub repository_signatures: bool,
    /// Web pages of packages and accounts. Left out without https, where clients ignore the templates.
    pub pages: bool,
    /// Push of symbol packages; its mere presence makes clients push them.
    pub symbols: bool,
    /// The V2 protocol under `/api/v2`.
    pub legacy_gallery: bool,
}

/// The service index (<https://learn.microsoft.com/nuget/api/service-index>): one object per type and address, each type
/// a plain string, because some clients read nothing else.
#[must_use]
pub fn service_index(urls: &Urls, optional: Optional<'_>) -> Vec<u8> {
    let mut resources = Resources::default();
    resources.add(&["PackageBaseAddress/3.0.0"], &urls.flat_container());
    let everything = urls.registration(Hive::SemVer2);
    resources.add(&["RegistrationsBaseUrl/3.6.0"], &everything);
    // NuGet 4.3 to 6.5 know the SemVer 2 hive by this name only.
    resources.add_for_client("RegistrationsBaseUrl/Versioned", "4.3.0-alpha", &everything);
    resources.add(
        &[
            "RegistrationsBaseUrl/3.4.0",
            "RegistrationsBaseUrl/3.0.0-rc",
            "RegistrationsBaseUrl/3.0.0-beta",
            "RegistrationsBaseUrl",
        ],
        &urls.registration(Hive::SemVer1),
    );
    resources.add(
        &[
            "SearchQueryService",
            "SearchQueryService/3.0.0-beta",
            "SearchQueryService/3.0.0-rc",
            "SearchQueryService/3.5.0",
        ],
        &urls.search(),
    );
    resources.add(
        &[
            "SearchAutocompleteService",
            "SearchAutocompleteService/3.0.0-beta",
            "SearchAutocompleteService/3.0.0-rc",
            "SearchAutocompleteService/3.5.0",
        ],
        &urls.autocomplete(),
    );
    resources.add(&["PackagePublish/2.0.0"], &urls.publish());
    resources.add(&["ReadmeUriTemplate/6.13.0"], &urls.readme_template(optional.readme_token));
    if optional.symbols {
        resources.add(&["SymbolPackagePublish/4.9.0"], &urls.symbol_publish());
    }
    if optional.legacy_gallery {
        resources.add(&["LegacyGallery/2.0.0"], &urls.legacy_gallery());
    }
    if optional.pages && urls.is_https() {
        resources.add(&["PackageDetailsUriTemplate/5.1.0"], &urls.package_details_template());
        resources.add(&["OwnerDetailsUriTemplate/6.11.0"], &urls.owner_details_template());
    }
    if optional.repository_signatures && urls.is_https() {
        for version in ResourceVersion::ALL {
            let kind = format!("RepositorySignatures/{}", version.as_str());
            resources.add(&[&kind], &urls.repository_signatures(version.as_str()));
        }
    }
    Object::new().string("version", "3.0.0").raw("resources", &json::array(resources.0)).finish()
}

#[derive(Default)]
struct Resources(Vec<Vec<u8>>);

impl Resources {
    fn add(&mut self, kinds: &[&str], address: &str) {
        self.0.extend(kinds.iter().map(|kind| Object::new().string("@id", address).string("@type", kind).finish()));
    }

    fn add_for_client(&mut self, kind: &str, client_version: &str, address: &str) {
        let resource = Object::new().string("@id", address).string("@type", kind);
        self.0.push(resource.string("clientVersion", client_version).finish());
    }
}
