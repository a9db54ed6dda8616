//! The list of certificates that the feed signs packages with
//! (<https://learn.microsoft.com/nuget/api/repository-signatures-resource>).
//!
//! Any flaw in it makes every restore from the feed fail (seen with SDK 10.0.401), so it can't be written for a feed that
//! clients reach by plain http. It does not hold keys, nor decide which certificates belong into the list.

use time::OffsetDateTime;

use super::json::{self, Object};
use super::timestamp;
use super::urls::Urls;

/// SHA-256, the name of the fingerprint in the document.
const SHA_256: &str = "2.16.840.1.101.3.4.2.1";

/// The three versions of the resource, by the oldest client that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceVersion {
    /// NuGet 4.7.
    V4_7_0,
    /// NuGet 4.9.
    V4_9_0,
    /// NuGet 5.0: the only one that may say that everything is signed.
    V5_0_0,
}

impl ResourceVersion {
    /// All three.
    pub const ALL: [Self; 3] = [Self::V4_7_0, Self::V4_9_0, Self::V5_0_0];

    /// As it stands in the resource type and in the address.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4_7_0 => "4.7.0",
            Self::V4_9_0 => "4.9.0",
            Self::V5_0_0 => "5.0.0",
        }
    }
}

/// A certificate that repository signatures may be made with, today's or a former one.
#[derive(Debug, Clone, Copy)]
pub struct RepositoryCertificate<'a> {
    /// SHA-256 of its DER.
    pub fingerprint: [u8; 32],
    /// Distinguished name of its subject, as text.
    pub subject: &'a str,
    /// Distinguished name of its issuer, as text.
    pub issuer: &'a str,
    /// Start of its validity.
    pub not_before: OffsetDateTime,
    /// End of its validity; clients do not mind if it has passed.
    pub not_after: OffsetDateTime,
}

/// The document; `None` if clients reach the feed by plain http. `all_repository_signed` counts for version 5.0.0 only:
/// older clients could not install anything otherwise.
#[must_use]
pub fn repository_signatures(
    urls: &Urls,
    version: ResourceVersion,
    all_repository_signed: bool,
    certificates: &[RepositoryCertificate<'_>],
) -> Option<Vec<u8>> {
    if !urls.is_https() {
        return None;
    }
    let all = all_repository_signed && version == ResourceVersion::V5_0_0;
    let certificates = certificates.iter().map(|certificate| {
        let fingerprint = hex::encode(certificate.fingerprint);
        Object::new()
            .raw("fingerprints", &Object::new().string(SHA_256, &fingerprint).finish())
            .string("subject", certificate.subject)
            .string("issuer", certificate.issuer)
            .string("notBefore", &timestamp::utc(certificate.not_before))
            .string("notAfter", &timestamp::utc(certificate.not_after))
            .string("contentUrl", &urls.repository_certificate(&fingerprint))
            .finish()
    });
    let certificates = json::array(certificates);
    Some(Object::new().boolean("allRepositorySigned", all).raw("signingCertificates", &certificates).finish())
}
