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
        if let Some(qualifiers) = fields.optional(SEQUENCE)?
            && qualifiers.content.is_empty()
        {
            return Err(Fault::new(3000, "its commitment type has an empty list of qualifiers"));
        }
    }
    match (author, repository) {
        (true, true) => Err(Fault::new(3000, "it claims to be an author's and a repository's at once")),
        (true, false) => Ok(Commitment::Author),
        (false, true) => Ok(Commitment::Repository),
        (false, false) => Ok(Commitment::Unknown),
    }
}

/// The service index URL that a repository signature must have.
pub(crate) fn service_index_url(signer: &SignerInfo<'_>) -> Result<String, Fault> {
    let attribute = at_most_one(signer, oid::NUGET_V3_SERVICE_INDEX_URL, "nuget-v3-service-index-url")?
        .ok_or_else(|| Fault::new(3000, "it has no nuget-v3-service-index-url attribute"))?;
    let value =
        attribute.single().ok_or_else(|| Fault::new(3000, "its service index URL has not exactly one value"))?;
    let content = Reader::loose(value.raw).expect(IA5_STRING)?.content;
    let text = String::from_utf8_lossy(content);
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

/// As .NET's `Uri` with `UriKind.Absolute` and the scheme https: spaces around do not count, a host must be there.
fn is_absolute_https(url: &str) -> bool {
    let url = url.trim();
    url.split_at_checked(8).is_some_and(|(scheme, rest)| {
        scheme.eq_ignore_ascii_case("https://")
            && !rest.is_empty()
            && !rest.starts_with(['/', '?', '#', '\\', ':', '@'])
    })
}
