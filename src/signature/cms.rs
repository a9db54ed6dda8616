//! Step one, decode: a CMS `SignedData` (RFC 5652) as a tree over the bytes that came.
//!
//! Nothing is interpreted and nothing verified here except, on demand, the signature value of one SignerInfo. Version
//! numbers, the list of digest algorithms and CRLs are read over, as the client does. Bytes after the outer element are
//! ignored.

use std::borrow::Cow;

use super::algorithm::{AlgorithmIdentifier, Digest};
use super::asn1::{
    Element, Error, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, SET, context, encode_all, encode_set,
};
use super::certificate::Certificate;
use super::fault::Fault;
use super::name::Name;
use super::oid;

/// Certificates in one signature. Real ones have at most a dozen; duplicates are normal.
pub(crate) const MAX_CERTIFICATES: usize = 256;
/// Attributes of one signer and values of one attribute.
const MAX_ATTRIBUTES: usize = 128;

/// A decoded SignedData.
#[derive(Debug, Clone)]
pub(crate) struct SignedData<'a> {
    pub(crate) content_type: &'a [u8],
    /// What the content says; nothing when it is detached.
    pub(crate) content: Cow<'a, [u8]>,
    /// What is signed of it: the same, but for a content outside of an OCTET STRING, as PKCS #7 had it, without its tag
    /// and length (RFC 5652, 5.2.1).
    pub(crate) signed_content: Cow<'a, [u8]>,
    certificates: Vec<Element<'a>>,
    pub(crate) signers: Vec<SignerInfo<'a>>,
}

/// A decoded SignerInfo.
#[derive(Debug, Clone)]
pub(crate) struct SignerInfo<'a> {
    pub(crate) raw: &'a [u8],
    pub(crate) identifier: SignerIdentifier<'a>,
    pub(crate) digest_algorithm: AlgorithmIdentifier,
    pub(crate) signed_attributes: Option<Attributes<'a>>,
    pub(crate) signature_algorithm: AlgorithmIdentifier,
    pub(crate) signature: Cow<'a, [u8]>,
    pub(crate) unsigned_attributes: Option<Attributes<'a>>,
}

/// How a signer names its certificate.
#[derive(Debug, Clone)]
pub(crate) enum SignerIdentifier<'a> {
    /// The issuer as printed, and the octets of the serial number.
    IssuerAndSerial {
        issuer: String,
        serial: &'a [u8],
    },
    SubjectKey(Cow<'a, [u8]>),
}

/// A set of attributes, in file order.
#[derive(Debug, Clone)]
pub(crate) struct Attributes<'a> {
    pub(crate) element: Element<'a>,
    pub(crate) list: Vec<Attribute<'a>>,
}

/// An attribute with its values, undecoded.
#[derive(Debug, Clone)]
pub(crate) struct Attribute<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) values: Vec<Element<'a>>,
}

/// What checking a signature value gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SignatureCheck {
    Valid,
    Invalid,
    /// The key is neither RSA nor RSASSA-PSS. Nothing was checked: the rule for keys refuses the signer.
    OtherKey,
}

impl<'a> SignedData<'a> {
    /// Decodes a ContentInfo that holds a SignedData.
    pub(crate) fn decode(bytes: &'a [u8]) -> std::result::Result<Self, Fault> {
        let mut outer = Reader::new(bytes).nested(SEQUENCE)?;
        let kind = outer.object_identifier()?;
        if kind != oid::SIGNED_DATA {
            return Err(Fault::new(3003, format!("it is of type {}, not signedData", oid::dotted(kind))));
        }
        let mut explicit = outer.nested(context(0))?;
        outer.finish()?;
        let mut fields = explicit.nested(SEQUENCE)?;
        explicit.finish()?;
        fields.int32()?;
        for algorithm in fields.expect(SET)?.children()? {
            AlgorithmIdentifier::parse(algorithm)?;
        }
        let mut content_info = fields.nested(SEQUENCE)?;
        let content_type = content_info.object_identifier()?;
        let [content, signed_content] = match content_info.optional(context(0))? {
            Some(explicit) => content(explicit, content_type)?,
            None => [Cow::Borrowed(&[][..]), Cow::Borrowed(&[][..])],
        };
        content_info.finish()?;
        let mut certificates = Vec::new();
        if let Some(set) = fields.optional(context(0))? {
            certificates = set.children()?;
            for other in certificates.iter().filter(|choice| choice.tag == context(3)) {
                let mut fields = other.reader();
                fields.object_identifier()?;
                fields.any()?;
                fields.finish()?;
            }
            if let Some(other) = certificates.iter().find(|choice| !matches!(choice.tag, SEQUENCE | 0x80..=0xBF)) {
                return Err(Error::Tag { expected: SEQUENCE, found: other.tag }.into());
            }
            certificates.retain(|choice| choice.tag == SEQUENCE);
            if certificates.len() > MAX_CERTIFICATES {
                return Err(Fault::too_many("certificates", MAX_CERTIFICATES));
            }
        }
        fields.optional(context(1))?;
        let signers = fields.expect(SET)?.children()?;
        fields.finish()?;
        let signers = signers.into_iter().map(SignerInfo::decode).collect::<std::result::Result<Vec<_>, Fault>>()?;
        Ok(Self { content_type, content, signed_content, certificates, signers })
    }

    /// The X.509 certificates in file order, duplicates included. The client reads them when it looks for a signer's.
    pub(crate) fn certificates(&self) -> std::result::Result<Vec<Certificate>, Fault> {
        let read = |choice: &Element<'_>| Certificate::from_der(choice.raw);
        self.certificates
            .iter()
            .map(read)
            .collect::<Result<_, _>>()
            .map_err(|error| Fault::new(3003, error.to_string()))
    }
}

impl<'a> SignerInfo<'a> {
    pub(crate) fn decode(element: Element<'a>) -> std::result::Result<Self, Fault> {
        let mut fields = Reader::new(element.raw).nested(SEQUENCE)?;
        fields.int32()?;
        let identifier = match fields.any()? {
            sid if sid.tag == SEQUENCE => {
                let mut parts = sid.reader();
                let issuer = Name::printed(parts.expect(SEQUENCE)?);
                let serial = parts.integer()?;
                parts.finish()?;
                SignerIdentifier::IssuerAndSerial { issuer, serial }
            }
            sid => SignerIdentifier::SubjectKey(sid.octets_of(0x80)?),
        };
        let digest_algorithm = AlgorithmIdentifier::parse(fields.expect(SEQUENCE)?)?;
        let signed_attributes = fields.optional(context(0))?.map(Attributes::decode).transpose()?;
        let signature_algorithm = AlgorithmIdentifier::parse(fields.expect(SEQUENCE)?)?;
        let signature = fields.any()?.octets_of(OCTET_STRING)?;
        let unsigned_attributes = fields.optional(context(1))?.map(Attributes::decode).transpose()?;
        fields.finish()?;
        Ok(Self {
            raw: element.raw,
            identifier,
            digest_algorithm,
            signed_attributes,
            signature_algorithm,
            signature,
            unsigned_attributes,
        })
    }

    /// The certificate that the signer names: the first that fits, as the client takes it.
    ///
    /// A key identifier fits the extension, or for certificates without one the SHA-1 of the whole public key info. The
    /// client reads the extension of every certificate of the set, and gives up when it cannot read one.
    pub(crate) fn find_certificate<'c>(
        &self,
        certificates: &'c [Certificate],
    ) -> std::result::Result<Option<&'c Certificate>, Fault> {
        match &self.identifier {
            SignerIdentifier::IssuerAndSerial { issuer, serial } => {
                let magnitude =
                    |octets: &[u8]| octets.iter().skip_while(|&&octet| octet == 0).copied().collect::<Vec<_>>();
                let wanted = magnitude(serial);
                for certificate in certificates.iter().filter(|one| magnitude(one.serial_octets()) == wanted) {
                    if certificate.printed_issuer() == *issuer {
                        return Ok(Some(certificate));
                    }
                }
                Ok(None)
            }
            SignerIdentifier::SubjectKey(key) => {
                let mut found = None;
                for certificate in certificates {
                    let fits = match certificate.key_identifier()? {
                        Some(identifier) => identifier == &**key,
                        None => Digest::Sha1.hash(certificate.spki()).as_deref() == Some(&**key),
                    };
                    if fits && found.is_none() {
                        found = Some(certificate);
                    }
                }
                Ok(found)
            }
        }
    }

    /// The signed attributes with this type, in file order.
    pub(crate) fn signed<'s>(&'s self, id: &'s [u8]) -> impl Iterator<Item = &'s Attribute<'a>> {
        self.signed_attributes.iter().flat_map(|set| &set.list).filter(move |attribute| attribute.id == id)
    }

    /// All values of the unsigned attributes with this type, in file order.
    pub(crate) fn unsigned_values<'s>(&'s self, id: &'s [u8]) -> impl Iterator<Item = Element<'a>> + 's {
        let lists = self.unsigned_attributes.iter().flat_map(|set| &set.list);
        lists.filter(move |attribute| attribute.id == id).flat_map(|attribute| attribute.values.iter().copied())
    }

    /// The digest algorithm, when the client knows it.
    pub(crate) fn digest(&self) -> Option<Digest> {
        Digest::from_digest_or_signature_oid(&self.digest_algorithm.id)
    }

    /// Whether the signature value fits `message` and the key of `certificate`.
    ///
    /// With signed attributes the value is over those, in DER order or, for signers that did not sort, in file order; each
    /// message-digest attribute must then have the digest of the message as its one value.
    pub(crate) fn check(&self, certificate: &Certificate, message: &[u8]) -> SignatureCheck {
        if !certificate.public_key().is_rsa() {
            // An algorithm of another key than the certificate has is an error in itself.
            let rsa = self.signature_algorithm.is_of_rsa();
            return if rsa { SignatureCheck::Invalid } else { SignatureCheck::OtherKey };
        }
        let Some(digest) = self.digest() else {
            return SignatureCheck::Invalid;
        };
        let hash = digest.hash_as_client(message);
        let fits =
            |hash: &[u8]| certificate.public_key().verify_cms(&self.signature_algorithm, digest, hash, &self.signature);
        let Some(attributes) = &self.signed_attributes else {
            return if fits(&hash) { SignatureCheck::Valid } else { SignatureCheck::Invalid };
        };
        let mut digests = self.signed(oid::MESSAGE_DIGEST).peekable();
        let present = digests.peek().is_some();
        let right = digests.all(|attribute| match attribute.values.as_slice() {
            [value] => value.octets().is_ok_and(|octets| *octets == *hash),
            _ => false,
        });
        // The client writes the attributes again, which it can do only with values of a DER length.
        let again = attributes.list.iter().flat_map(|attribute| &attribute.values).all(|value| value.der_length);
        if !present || !right || !again {
            return SignatureCheck::Invalid;
        }
        let encoded: Vec<Vec<u8>> = attributes.list.iter().map(Attribute::to_der).collect();
        let sorted = encode_set(SET, encoded.clone());
        let as_written = encode_all(SET, &encoded);
        let fits_bytes = |bytes: &[u8]| fits(&digest.hash_as_client(bytes));
        if fits_bytes(&sorted) || (as_written != sorted && fits_bytes(&as_written)) {
            SignatureCheck::Valid
        } else {
            SignatureCheck::Invalid
        }
    }

    /// Whether the client could write this signer again: it demands DER lengths of the parts that it copies whole. It does
    /// so before it compares a timestamp, so a package that cannot be written again cannot be timestamped.
    pub(crate) fn can_be_written_again(&self) -> bool {
        let signed = self.signed_attributes.as_ref().is_none_or(|set| set.element.der_length);
        let unsigned =
            self.unsigned_attributes.iter().flat_map(|set| &set.list).flat_map(|attribute| &attribute.values);
        signed && unsigned.into_iter().all(|value| value.der_length)
    }
}

impl<'a> Attributes<'a> {
    fn decode(element: Element<'a>) -> std::result::Result<Self, Fault> {
        let mut list = Vec::new();
        for attribute in element.children()? {
            if list.len() == MAX_ATTRIBUTES {
                return Err(Fault::too_many("attributes", MAX_ATTRIBUTES));
            }
            let mut fields = Reader::new(attribute.raw).nested(SEQUENCE)?;
            let id = fields.object_identifier()?;
            let values = fields.expect(SET)?.children()?;
            fields.finish()?;
            if values.len() > MAX_ATTRIBUTES {
                return Err(Fault::too_many("attribute values", MAX_ATTRIBUTES));
            }
            list.push(Attribute { id, values });
        }
        Ok(Self { element, list })
    }
}

impl Attribute<'_> {
    /// The attribute with DER lengths around its values, which stay as they are.
    fn to_der(&self) -> Vec<u8> {
        let values = self.values.iter().map(|value| value.raw.to_vec()).collect();
        encode_all(SEQUENCE, &[super::asn1::encode(OBJECT_IDENTIFIER, self.id), encode_set(SET, values)])
    }

    /// The one value, as the readers of single-valued attributes want it.
    pub(crate) fn single(&self) -> Option<Element<'_>> {
        match self.values.as_slice() {
            [value] => Some(*value),
            _ => None,
        }
    }
}

/// The order in which the client's rewriting puts encoded values: by their bytes.
pub(crate) fn set_order(values: &mut [SignerInfo<'_>]) {
    values.sort_by(|a, b| a.raw.cmp(b.raw));
}

/// The content and what is signed of it. Only id-data must be in an OCTET STRING.
fn content<'a>(explicit: Element<'a>, kind: &[u8]) -> std::result::Result<[Cow<'a, [u8]>; 2], Fault> {
    let mut fields = explicit.reader();
    let element = fields.any()?;
    fields.finish()?;
    match element.octets() {
        Ok(octets) => Ok([octets.clone(), octets]),
        Err(_) if kind != oid::DATA => Ok([Cow::Borrowed(element.raw), Cow::Borrowed(element.content)]),
        Err(error) => Err(error.into()),
    }
}

/// Decodes the SignerInfos that are countersignatures of `signer`.
pub(crate) fn countersigners<'a>(
    signer: &SignerInfo<'a>,
    limit: usize,
) -> std::result::Result<Vec<SignerInfo<'a>>, Fault> {
    let mut found = Vec::new();
    for value in signer.unsigned_values(oid::COUNTERSIGNATURE) {
        if found.len() == limit {
            return Err(Fault::too_many("countersignatures", limit));
        }
        found.push(SignerInfo::decode(value)?);
    }
    Ok(found)
}
