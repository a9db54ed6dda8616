//! What the documents say about one package: its facts, and the members that registration and search share.

use time::OffsetDateTime;

use crate::domain::manifest::{License, Manifest};
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

use super::json::Object;
use super::signer::Signer;
use super::urls::{self, Urls};

/// One version of an id, as the store knows it.
#[derive(Debug, Clone, Copy)]
pub struct PackageVersion<'a> {
    /// The id in the case in which its registration shows it.
    pub id: &'a PackageId,
    /// The version.
    pub version: &'a NuGetVersion,
    /// What its nuspec says.
    pub manifest: &'a Manifest,
    /// Whether search shows it.
    pub listed: bool,
    /// When it was pushed. The true date for unlisted packages too; `listed` says the rest.
    pub published: OffsetDateTime,
    /// Signed token for icon and licence, which Visual Studio fetches without credentials; `None` where the server has no
    /// key to sign it with.
    pub icon_token: Option<&'a str>,
    /// Who signed it as its author; `None` when nobody did.
    pub signer: Option<Signer<'a>>,
    /// Whether the feed serves an icon out of the package.
    pub has_icon: bool,
    /// Whether the feed serves a readme out of the package.
    pub has_readme: bool,
    /// Whether the feed serves a licence text out of the package.
    pub has_license_file: bool,
}

impl PackageVersion<'_> {
    /// The address of the icon: our own before the one the nuspec names.
    pub(super) fn icon_url(&self, urls: &Urls) -> Option<String> {
        if self.has_icon {
            return Some(urls.icon(self.id, self.version, self.icon_token));
        }
        self.manifest.icon_url.as_ref().map(ToString::to_string)
    }

    /// The address of the licence: the page of its expression, our own file, or what the nuspec names. An expression or
    /// file comes first, because packers fill `licenseUrl` with a placeholder then.
    pub(super) fn license_url(&self, urls: &Urls) -> Option<String> {
        match &self.manifest.license {
            Some(License::Expression(expression)) => Some(urls::license_expression_page(expression)),
            Some(License::File(_)) if self.has_license_file => {
                Some(urls.license(self.id, self.version, self.icon_token))
            }
            _ => self.manifest.license_url.as_ref().map(ToString::to_string),
        }
    }

    /// Adds the texts and links that registration and search have in common. `tags` is always there, since
    /// PSResourceGet can't search by tag without it.
    pub(super) fn describe(&self, object: Object, urls: &Urls) -> Object {
        let manifest = self.manifest;
        object
            .optional("title", manifest.title.as_deref())
            .optional("description", manifest.description.as_deref())
            .optional("summary", manifest.summary.as_deref())
            .optional("iconUrl", self.icon_url(urls).as_deref())
            .optional("licenseUrl", self.license_url(urls).as_deref())
            .optional("projectUrl", manifest.project_url.as_ref().map(|url| url.as_str()))
            .strings("tags", manifest.tags.iter().map(String::as_str))
    }
}
