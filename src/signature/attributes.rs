//! The signed attributes that make a signature a NuGet signature: commitment type, service index URL, owners.
//!
//! Read as the client reads them; faults have its codes. The URL is not compared with anything here.

use super::asn1::{IA5_STRING, OBJECT_IDENTIFIER, Reader, SEQUENCE, UTF8_STRING};
use super::cms::{Attribute, SignerInfo};
use super::fault::Fault;
use super::oid;

/// What a signer claims to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Commitment {
    /// Proof of origin.
    Author,
    /// Proof of receipt.
    Repository,
    /// Neither.
    Unknown,
}

/// The commitment type. Both at once are NU3000; identifiers that are not known do not count.
pub(crate) fn commitment(signer: &SignerInfo<'_>) -> Result<Commitment, Fault> {
    let mut author = false;
    let mut repository = false;
    for value in signer.signed(oid::COMMITMENT_TYPE).flat_map(|attribute| &attribute.values) {
        let mut fields = Reader::loose(value.raw).nested(SEQUENCE)?;
        match fields.expect(OBJECT_IDENTIFIER)?.content {
            oid::PROOF_OF_ORIGIN => author = true,
            oid::PROOF_OF_RECEIPT => repository = true,
            _ => {}
        }
        if !fields.is_empty() {
            qualifiers(fields.nested(SEQUENCE)?)?;
        }
    }
    match (author, repository) {
        (true, true) => Err(Fault::new(3000, "it claims to be an author's and a repository's at once")),
        (true, false) => Ok(Commitment::Author),
        (false, true) => Ok(Commitment::Repository),
        (false, false) => Ok(Commitment::Unknown),
    }
}

/// The qualifiers of a commitment type (RFC 5126, 5.11.1), read and not used.
fn qualifiers(mut list: Reader<'_>) -> Result<(), Fault> {
    if list.is_empty() {
        return Err(Fault::new(3000, "its commitment type has an empty list of qualifiers"));
    }
    while !list.is_empty() {
        let mut qualifier = list.nested(SEQUENCE)?;
        qualifier.expect(OBJECT_IDENTIFIER)?;
        if !qualifier.is_empty() {
            qualifier.any()?;
        }
        qualifier.finish().map_err(|_| Fault::new(3000, "a qualifier of its commitment type is malformed"))?;
    }
    Ok(())
}

/// The service index URL that a repository signature must have.
pub(crate) fn service_index_url(signer: &SignerInfo<'_>) -> Result<String, Fault> {
    let attribute = at_most_one(signer, oid::NUGET_V3_SERVICE_INDEX_URL, "nuget-v3-service-index-url")?
        .ok_or_else(|| Fault::new(3000, "it has no nuget-v3-service-index-url attribute"))?;
    let value =
        attribute.single().ok_or_else(|| Fault::new(3000, "its service index URL has not exactly one value"))?;
    let content = Reader::loose(value.raw).expect(IA5_STRING)?.content;
    // .NET reads ASCII, and a question mark for everything else.
    let letter = |&octet: &u8| if octet.is_ascii() { char::from(octet) } else { '?' };
    let text: String = content.iter().map(letter).collect();
    let url = text.trim_end_matches('\0');
    if is_absolute_https(url) {
        Ok(url.to_owned())
    } else {
        Err(Fault::new(3000, format!("its service index URL `{}` is no absolute https URL", url.escape_default())))
    }
}

/// The owners that a repository signature names; none when the attribute is absent.
pub(crate) fn package_owners(signer: &SignerInfo<'_>) -> Result<Vec<String>, Fault> {
    let Some(attribute) = at_most_one(signer, oid::NUGET_PACKAGE_OWNERS, "nuget-package-owners")? else {
        return Ok(Vec::new());
    };
    let value = attribute.single().ok_or_else(|| Fault::new(3000, "its owners have not exactly one value"))?;
    let mut owners = Vec::new();
    let mut names = Reader::loose(value.raw).nested(SEQUENCE)?;
    while !names.is_empty() {
        let name = String::from_utf8_lossy(names.expect(UTF8_STRING)?.content).into_owned();
        if name.trim().is_empty() {
            return Err(Fault::new(3000, "the name of an owner is blank"));
        }
        owners.push(name);
    }
    if owners.is_empty() {
        return Err(Fault::new(3000, "its list of owners is empty"));
    }
    Ok(owners)
}

fn at_most_one<'s, 'a>(
    signer: &'s SignerInfo<'a>,
    id: &'s [u8],
    name: &str,
) -> Result<Option<&'s Attribute<'a>>, Fault> {
    let mut attributes = signer.signed(id);
    match (attributes.next(), attributes.next()) {
        (first, None) => Ok(first),
        _ => Err(Fault::new(3003, format!("it has several {name} attributes"))),
    }
}

/// As .NET's `Uri` with `UriKind.Absolute` and the scheme https: spaces around do not count, and the host must be a name or
/// an address.
fn is_absolute_https(url: &str) -> bool {
    let url = url.trim_matches([' ', '\t', '\r', '\n', '\x0B', '\x0C']);
    let Some((scheme, rest)) = url.split_at_checked(8) else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_and_port = authority.split_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match host_and_port.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if is_ipv6(address) => ("host", port),
        Some(_) => return false,
        None => host_and_port.split_at(host_and_port.find(':').unwrap_or(host_and_port.len())),
    };
    let port_fits = port.is_empty()
        || port.strip_prefix(':').is_some_and(|digits| {
            digits.is_empty() || (digits.bytes().all(|d| d.is_ascii_digit()) && digits.parse::<u16>().is_ok())
        });
    scheme.eq_ignore_ascii_case("https://") && is_host(host) && port_fits
}

fn is_ipv6(address: &str) -> bool {
    let (address, _zone) = address.split_once('%').unwrap_or((address, ""));
    address.parse::<core::net::Ipv6Addr>().is_ok()
}

/// Labels of letters, digits, hyphens and underscores; a dot may stand at the end.
fn is_host(host: &str) -> bool {
    let letter = |octet: u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_');
    let labels = host.strip_suffix('.').unwrap_or(host);
    labels.split('.').all(|label| !label.is_empty() && label.bytes().all(letter))
}
