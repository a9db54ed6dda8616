//! Changing only what a signature does not cover: unsigned attributes and the set of certificates.
//!
//! Elements are moved as the bytes that they are; only the lengths around them are written anew. The order of certificates
//! stays, because clients build chains by it, and the order of unsigned attributes stays, because the first timestamp is
//! the one that counts.

use super::super::asn1::{
    Element, INTEGER, OBJECT_IDENTIFIER, Reader, Result, SEQUENCE, SET, context, encode, encode_all,
};
use super::super::attributes::{Commitment, commitment};
use super::super::cms::SignerInfo;
use super::super::oid;
use super::signed_data::{attribute, content_info, sha256};

/// The signature file without countersignatures of repositories. `None` when there are none.
///
/// Their certificates stay in the set, as they do when nuget.org takes a countersignature off: whether another signer
/// needs them cannot be told.
pub(super) fn without_repository_countersignatures(file: &[u8]) -> Result<Option<Vec<u8>>> {
    let parts = Parts::read(file)?;
    let mut removed = false;
    let mut attributes = Vec::new();
    for element in &parts.unsigned_attributes {
        let mut fields = Reader::new(element.raw).nested(SEQUENCE)?;
        if fields.expect(OBJECT_IDENTIFIER)?.content != oid::COUNTERSIGNATURE {
            attributes.push(element.raw.to_vec());
            continue;
        }
        let values = fields.expect(SET)?.children()?;
        let (gone, kept): (Vec<Element<'_>>, Vec<Element<'_>>) = values.into_iter().partition(is_by_repository);
        removed |= !gone.is_empty();
        match (gone.is_empty(), kept.is_empty()) {
            (true, _) => attributes.push(element.raw.to_vec()),
            (false, true) => {}
            (false, false) => {
                let kept = kept.iter().map(|value| value.raw.to_vec()).collect();
                attributes.push(attribute(oid::COUNTERSIGNATURE, kept));
            }
        }
    }
    Ok(removed.then(|| parts.write(&attributes, &[])))
}

/// The signature file with this countersignature, and with the certificates that it lacks.
pub(super) fn with_countersignature(file: &[u8], signer_info: Vec<u8>, certificates: &[&[u8]]) -> Result<Vec<u8>> {
    let parts = Parts::read(file)?;
    let mut attributes: Vec<Vec<u8>> = parts.unsigned_attributes.iter().map(|element| element.raw.to_vec()).collect();
    let own = attribute(oid::COUNTERSIGNATURE, vec![signer_info]);
    let place = attributes.iter().position(|other| *other > own).unwrap_or(attributes.len());
    attributes.insert(place, own);
    let missing: Vec<&[u8]> =
        certificates.iter().filter(|der| !parts.certificates.iter().any(|known| known.raw == **der)).copied().collect();
    Ok(parts.write(&attributes, &missing))
}

/// The pieces of a signature file.
struct Parts<'a> {
    version: &'a [u8],
    digests: Vec<Element<'a>>,
    content: &'a [u8],
    certificates: Vec<Element<'a>>,
    revocations: &'a [u8],
    /// The fields of the SignerInfo before its unsigned attributes.
    signer: Vec<&'a [u8]>,
    unsigned_attributes: Vec<Element<'a>>,
}

impl<'a> Parts<'a> {
    fn read(file: &'a [u8]) -> Result<Self> {
        let mut outer = Reader::new(file).nested(SEQUENCE)?;
        outer.expect(OBJECT_IDENTIFIER)?;
        let mut fields = outer.nested(context(0))?.nested(SEQUENCE)?;
        let version = fields.expect(INTEGER)?.raw;
        let digests = fields.expect(SET)?.children()?;
        let content = fields.expect(SEQUENCE)?.raw;
        let certificates = fields.optional(context(0))?.map(|set| set.children()).transpose()?.unwrap_or_default();
        let revocations = fields.optional(context(1))?.map(|set| set.raw).unwrap_or_default();
        let mut signer = Vec::new();
        let mut unsigned_attributes = Vec::new();
        let mut signer_fields = fields.nested(SET)?.nested(SEQUENCE)?;
        while !signer_fields.is_empty() {
            let field = signer_fields.any()?;
            if field.tag == context(1) {
                unsigned_attributes = field.children()?;
            } else {
                signer.push(field.raw);
            }
        }
        Ok(Self { version, digests, content, certificates, revocations, signer, unsigned_attributes })
    }

    fn write(&self, unsigned_attributes: &[Vec<u8>], more_certificates: &[&[u8]]) -> Vec<u8> {
        let mut signer: Vec<Vec<u8>> = self.signer.iter().map(|field| field.to_vec()).collect();
        if !unsigned_attributes.is_empty() {
            signer.push(encode_all(context(1), unsigned_attributes));
        }
        let mut digests: Vec<Vec<u8>> = self.digests.iter().map(|element| element.raw.to_vec()).collect();
        let is_sha256 = |element: &Element<'_>| {
            element.reader().any().is_ok_and(|id| id.tag == OBJECT_IDENTIFIER && id.content == oid::SHA256)
        };
        // Every digest of a signer belongs into the list; a countersignature adds SHA-256.
        if !more_certificates.is_empty() && !self.digests.iter().any(is_sha256) {
            digests.push(sha256());
        }
        let known = self.certificates.iter().map(|certificate| certificate.raw);
        let certificates: Vec<&[u8]> = known.chain(more_certificates.iter().copied()).collect();
        let mut fields = vec![self.version.to_vec(), encode_all(SET, &digests), self.content.to_vec()];
        if !certificates.is_empty() {
            fields.push(encode_all(context(0), &certificates));
        }
        fields.push(self.revocations.to_vec());
        fields.push(encode(SET, &encode_all(SEQUENCE, &signer)));
        content_info(&encode_all(SEQUENCE, &fields))
    }
}

fn is_by_repository(value: &Element<'_>) -> bool {
    SignerInfo::decode(*value).is_ok_and(|info| commitment(&info) == Ok(Commitment::Repository))
}
