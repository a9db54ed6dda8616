//! Where a certificate says that its issuer publishes answers (RFC 5280, 4.2.1.13 and 4.2.2.1).
//!
//! The addresses are what the certificate says and nothing more: whoever goes there must guard itself.

use crate::signature::asn1::{self, Element, OBJECT_IDENTIFIER, Reader, SEQUENCE, context};
use crate::signature::certificate::Certificate;
use crate::signature::name::Name;
use crate::signature::oid;

/// Addresses that one certificate may name for one kind of answer. Real ones name one to three; each costs a request.
pub const MAX_URLS: usize = 8;
/// Octets of an address. Longer ones are left out.
pub const MAX_URL_LENGTH: usize = 2048;
/// Distribution points, and names in each. More is hostile: each is compared with each name of a CRL.
const MAX_NAMES: usize = 64;

const URI: u8 = 0x86;

impl Certificate {
    /// The `http` and `https` addresses of CRLs, in the order of the extension, at most [`MAX_URLS`]. Points whose CRL
    /// another issuer signs are left out: such CRLs are not used. Empty when the extension is absent or unreadable.
    #[must_use]
    pub fn crl_urls(&self) -> Vec<String> {
        let points = distribution_points(self).unwrap_or_default();
        let names = points.into_iter().filter(|point| point.is_of(self.issuer())).flat_map(|point| point.names);
        urls(names.filter_map(|name| match name {
            PointName::Uri(uri) => Some(uri),
            _ => None,
        }))
    }

    /// The `http` and `https` addresses of OCSP responders, in the order of the extension, at most [`MAX_URLS`]. Empty
    /// when the extension is absent or unreadable.
    #[must_use]
    pub fn ocsp_urls(&self) -> Vec<String> {
        let Some(extension) = self.extension(oid::AUTHORITY_INFO_ACCESS) else {
            return Vec::new();
        };
        let locations = access_locations(&extension.value, oid::OCSP).unwrap_or_default();
        urls(locations.into_iter().filter(|location| location.tag == URI).map(|location| location.content.to_vec()))
    }
}

/// One entry of the CRL distribution points extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DistributionPoint {
    pub(super) names: Vec<PointName>,
    /// Whether CRLs from here tell only some reasons.
    pub(super) some_reasons: bool,
    /// The issuers of its CRLs, where they are named.
    issuers: Option<Vec<Name>>,
}

/// A name under which CRLs are published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PointName {
    Uri(Vec<u8>),
    Directory(Name),
    /// Relative to the name of the issuer, as encoded.
    Relative(Vec<u8>),
    /// Anything else, as encoded.
    Other(Vec<u8>),
}

impl DistributionPoint {
    fn parse(element: Element<'_>) -> asn1::Result<Self> {
        let mut point = Self { names: Vec::new(), some_reasons: false, issuers: None };
        for field in Reader::new(element.raw).nested(SEQUENCE)?.all()? {
            match field.tag {
                tag if tag == context(0) => point.names = point_names(field.reader().any()?)?,
                0x81 => point.some_reasons = true,
                tag if tag == context(2) => {
                    let directories = field.children()?.into_iter().filter(|name| name.tag == context(4));
                    let names = directories.take(MAX_NAMES).map(|name| Name::parse(name.reader().any()?));
                    point.issuers = Some(names.collect::<asn1::Result<_>>()?);
                }
                _ => {}
            }
        }
        Ok(point)
    }

    /// Whether `issuer` signs the CRLs of this point.
    pub(super) fn is_of(&self, issuer: &Name) -> bool {
        self.issuers.as_ref().is_none_or(|issuers| issuers.iter().any(|name| name.matches(issuer)))
    }
}

impl PointName {
    fn parse(element: Element<'_>) -> asn1::Result<Self> {
        Ok(match element.tag {
            URI => Self::Uri(element.content.to_vec()),
            tag if tag == context(4) => Self::Directory(Name::parse(element.reader().any()?)?),
            _ => Self::Other(element.raw.to_vec()),
        })
    }

    /// Whether both are one name. Addresses are compared octet by octet, as OpenSSL does.
    pub(super) fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory(one), Self::Directory(other)) => one.matches(other),
            _ => self == other,
        }
    }
}

/// The distribution points of a certificate; none without the extension.
pub(super) fn distribution_points(certificate: &Certificate) -> asn1::Result<Vec<DistributionPoint>> {
    let Some(extension) = certificate.extension(oid::CRL_DISTRIBUTION_POINTS) else {
        return Ok(Vec::new());
    };
    let points = Reader::new(&extension.value).nested(SEQUENCE)?.all()?;
    points.into_iter().take(MAX_NAMES).map(DistributionPoint::parse).collect()
}

/// The names of a `DistributionPointName`.
pub(super) fn point_names(element: Element<'_>) -> asn1::Result<Vec<PointName>> {
    match element.tag {
        tag if tag == context(0) => element.children()?.into_iter().take(MAX_NAMES).map(PointName::parse).collect(),
        tag if tag == context(1) => Ok(vec![PointName::Relative(element.content.to_vec())]),
        found => Err(asn1::Error::Tag { expected: context(0), found }),
    }
}

/// Where the authority information access extension says that `method` is to be had.
fn access_locations<'a>(value: &'a [u8], method: &[u8]) -> asn1::Result<Vec<Element<'a>>> {
    let mut locations = Vec::new();
    for description in Reader::new(value).nested(SEQUENCE)?.all()? {
        let mut fields = Reader::new(description.raw).nested(SEQUENCE)?;
        let found = fields.expect(OBJECT_IDENTIFIER)?;
        let location = fields.any()?;
        if found.content == method {
            locations.push(location);
        }
    }
    Ok(locations)
}

/// Those that can be fetched from: printable ASCII, not too long, of a scheme that is spoken, each once.
fn urls(found: impl Iterator<Item = Vec<u8>>) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    for url in found.filter(|url| url.len() <= MAX_URL_LENGTH && url.iter().all(u8::is_ascii_graphic)) {
        let Ok(url) = String::from_utf8(url) else { continue };
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        if matches!(scheme.as_deref(), Some("http" | "https")) && !urls.contains(&url) {
            urls.push(url);
        }
        if urls.len() == MAX_URLS {
            break;
        }
    }
    urls
}
