//! What the extensions of a certificate say, each decoded when it is asked for.
//!
//! Nothing is checked against anything here: whether a certificate may do what it does is for the rules of chains.

use super::asn1::{self, BIT_STRING, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, boolean};
use super::authority_key::AuthorityKeyIdentifier;
use super::certificate::Certificate;
use super::extension;
use super::oid;

impl Certificate {
    /// The subject key identifier, when there is a readable one.
    #[must_use]
    pub fn subject_key_identifier(&self) -> Option<&[u8]> {
        let value = &self.extension(oid::SUBJECT_KEY_IDENTIFIER)?.value;
        Reader::new(value).expect(OCTET_STRING).ok().map(|identifier| identifier.content)
    }

    /// The subject key identifier as the client looks for it: `None` without the extension, an error when it is malformed.
    pub(crate) fn key_identifier(&self) -> asn1::Result<Option<&[u8]>> {
        let Some(extension) = self.extension(oid::SUBJECT_KEY_IDENTIFIER) else {
            return Ok(None);
        };
        let mut fields = Reader::new(&extension.value);
        let identifier = fields.expect(OCTET_STRING)?.content;
        fields.finish()?;
        Ok(Some(identifier))
    }

    /// The extended key usages in dotted form; `None` when the certificate is for any purpose.
    #[must_use]
    pub fn extended_key_usages(&self) -> Option<Vec<String>> {
        let usages = self.usages().ok()??;
        Some(usages.into_iter().map(oid::dotted).collect())
    }

    /// Whether its extended key usages name time stamping. One for any purpose, which has none, does not say so.
    pub(crate) fn is_for_timestamping(&self) -> bool {
        self.usages().is_ok_and(|usages| usages.is_some_and(|usages| usages.contains(&oid::TIME_STAMPING)))
    }

    pub(crate) fn usages(&self) -> asn1::Result<Option<Vec<&[u8]>>> {
        let Some(extension) = self.extension(oid::EXTENDED_KEY_USAGE) else {
            return Ok(None);
        };
        let usages = Reader::new(&extension.value).nested(SEQUENCE)?.all()?;
        usages
            .into_iter()
            .map(|usage| match usage.tag {
                OBJECT_IDENTIFIER => Ok(usage.content),
                found => Err(asn1::Error::Tag { expected: OBJECT_IDENTIFIER, found }),
            })
            .collect::<asn1::Result<Vec<_>>>()
            .map(Some)
    }

    /// Basic constraints: whether it is a CA, and its path length limit. `None` without the extension.
    pub(crate) fn basic_constraints(&self) -> asn1::Result<Option<(bool, Option<u64>)>> {
        let Some(extension) = self.extension(oid::BASIC_CONSTRAINTS) else {
            return Ok(None);
        };
        let mut fields = Reader::new(&extension.value).nested(SEQUENCE)?;
        let is_ca = fields.optional(asn1::BOOLEAN)?.map_or(Ok(false), |flag| boolean(&flag))?;
        // A number too large to be one is no limit, as for OpenSSL.
        let length = fields.optional(INTEGER)?.and_then(|length| asn1::small(length.content).ok());
        Ok(Some((is_ca, length)))
    }

    /// Whether it says of itself that it issues certificates (RFC 5280, 4.2.1.9). False where that can't be read.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        matches!(self.basic_constraints(), Ok(Some((true, _))))
    }

    /// Whether key usage allows signing certificates. `None` without the extension.
    pub(crate) fn may_sign_certificates(&self) -> asn1::Result<Option<bool>> {
        self.key_usage(0x04)
    }

    /// Whether key usage has one of these bits of its first octet (RFC 5280, 4.2.1.3). `None` without the extension.
    pub(crate) fn key_usage(&self, bits: u8) -> asn1::Result<Option<bool>> {
        let Some(extension) = self.extension(oid::KEY_USAGE) else {
            return Ok(None);
        };
        let found = Reader::new(&extension.value).expect(BIT_STRING)?;
        Ok(Some(extension::usage_bits(found.content) & u16::from_be_bytes([bits, 0]) != 0))
    }

    pub(crate) fn authority_key_identifier(&self) -> asn1::Result<Option<AuthorityKeyIdentifier>> {
        let Some(extension) = self.extension(oid::AUTHORITY_KEY_IDENTIFIER) else {
            return Ok(None);
        };
        AuthorityKeyIdentifier::parse(&extension.value).map(Some)
    }
}
