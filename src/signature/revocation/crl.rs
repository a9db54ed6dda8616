//! A certificate revocation list (RFC 5280, 5).
//!
//! Kept as the bytes that it was. A list about certificates of other issuers (an indirect one) is refused here, so that
//! whoever imports it is told; whether and how far others count for a certificate at a time is decided by `Answers`. Only
//! DER is read: what a signature is over has one encoding.
//!
//! **Not checked:** that the CRL number grows. An older list that is in date is as good as its issuer made it.

use std::fmt;
use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::OffsetDateTime;

use super::crl_scope::{Coverage, CrlScope};
use super::invalid_answer::InvalidAnswer;
use super::revoked_entries::{RevokedEntries, RevokedEntry};
use super::signature_memory::SignatureMemory;
use crate::signature::algorithm::AlgorithmIdentifier;
use crate::signature::asn1::{self, BIT_STRING, GENERALIZED_TIME, INTEGER, Reader, SEQUENCE, UTC_TIME, context};
use crate::signature::authority_key::AuthorityKeyIdentifier;
use crate::signature::certificate::{Certificate, time};
use crate::signature::extension::Extension;
use crate::signature::name::Name;
use crate::signature::oid;

/// Octets of a CRL in DER. No more than that is fetched either; the largest lists of public authorities that sign code
/// have some megabytes. It bounds the entries too: one has at least 20 octets.
pub const MAX_CRL_SIZE: usize = 10_000_000;
/// Extensions of a CRL. Real ones have two to five.
const MAX_EXTENSIONS: usize = 32;
const CRL_SIGN: u8 = 0x02;

/// A CRL of one issuer, complete or partial.
pub struct Crl {
    der: Vec<u8>,
    signed: Range<usize>,
    list: Range<usize>,
    issuer: Name,
    this_update: OffsetDateTime,
    next_update: Option<OffsetDateTime>,
    algorithm: AlgorithmIdentifier,
    /// Whether the algorithm outside, which is not signed, is the one inside (RFC 5280, 5.1.1.2).
    one_algorithm: bool,
    signature: Vec<u8>,
    authority_key: Option<AuthorityKeyIdentifier>,
    scope: CrlScope,
    entries: RevokedEntries,
    genuine: SignatureMemory<bool>,
}

impl Crl {
    /// Reads one CRL in DER, or in PEM as one block `X509 CRL`.
    ///
    /// # Errors
    /// [`InvalidAnswer`] for anything else, and for lists that cannot be used for any certificate.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidAnswer> {
        if bytes.first() == Some(&SEQUENCE) {
            return Self::from_der(bytes.to_vec());
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains("-----BEGIN ") => Self::from_der(unwrap_pem(text)?),
            _ => Self::from_der(bytes.to_vec()),
        }
    }

    fn from_der(der: Vec<u8>) -> Result<Self, InvalidAnswer> {
        if der.len() > MAX_CRL_SIZE {
            return Err(InvalidAnswer::CrlTooLarge { found: der.len() });
        }
        let mut part = "outermost sequence";
        let crl = Self::read(der, &mut part)
            .map_err(|error| InvalidAnswer::CrlStructure { part, reason: error.to_string() })?;
        if crl.scope.is_indirect() {
            return Err(InvalidAnswer::Indirect);
        }
        Ok(crl)
    }

    fn read(der: Vec<u8>, part: &mut &'static str) -> asn1::Result<Self> {
        let mut outer = Reader::der(&der);
        let mut fields = outer.nested(SEQUENCE)?;
        outer.finish()?;
        let start = offset(&der, fields.rest());
        let tbs = fields.expect(SEQUENCE)?;
        *part = "signature";
        let outer_algorithm = fields.expect(SEQUENCE)?;
        let signature = fields.expect(BIT_STRING)?.whole_bits()?.to_vec();
        fields.finish()?;
        *part = "version";
        let mut body = fields.inside(tbs);
        if let Some(version) = body.optional(INTEGER)?
            && asn1::small(version.content)? != 1
        {
            return Err(asn1::Error::Value("there is no such version"));
        }
        *part = "algorithm";
        let one_algorithm = body.expect(SEQUENCE)?.raw == outer_algorithm.raw;
        let algorithm = AlgorithmIdentifier::parse(outer_algorithm)?;
        *part = "issuer name";
        let issuer = Name::parse(body.expect(SEQUENCE)?)?;
        *part = "dates";
        let this_update = time(&body.any()?)?;
        let next_update = match body.optional(UTC_TIME)? {
            Some(next) => Some(next),
            None => body.optional(GENERALIZED_TIME)?,
        };
        let next_update = next_update.map(|next| time(&next)).transpose()?;
        *part = "list of certificates";
        let list = body.optional(SEQUENCE)?.map(|list| list.content).unwrap_or_default();
        let entries = RevokedEntries::parse(list)?;
        let list = if list.is_empty() { 0..0 } else { offset(&der, list)..offset(&der, list) + list.len() };
        *part = "extensions";
        let mut extensions = Vec::new();
        if let Some(wrapped) = body.optional(context(0))? {
            for extension in body.inside(wrapped).nested(SEQUENCE)?.all()? {
                extensions.push(Extension::parse(extension)?);
            }
        }
        body.finish()?;
        if extensions.len() > MAX_EXTENSIONS {
            return Err(asn1::Error::Value("there are too many"));
        }
        let scope = CrlScope::parse(&extensions)?;
        let authority_key = extensions.iter().find(|extension| extension.id == oid::AUTHORITY_KEY_IDENTIFIER);
        let authority_key = authority_key.map(|found| AuthorityKeyIdentifier::parse(&found.value)).transpose()?;
        let (signed, genuine) = (start..start + tbs.raw.len(), SignatureMemory::new());
        Ok(Self {
            signed,
            list,
            issuer,
            this_update,
            next_update,
            algorithm,
            one_algorithm,
            signature,
            authority_key,
            scope,
            entries,
            genuine,
            der,
        })
    }

    /// The list as it was read, in DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Who made it, as it says itself.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// When it was made.
    #[must_use]
    pub const fn this_update(&self) -> OffsetDateTime {
        self.this_update
    }

    /// Until when the next one will be there; `None` when the issuer did not say.
    #[must_use]
    pub const fn next_update(&self) -> Option<OffsetDateTime> {
        self.next_update
    }

    /// How many certificates it lists.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it lists none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether `issuer` made it: the name, the key identifier and the signature. What it may say is another question.
    #[must_use]
    pub fn is_of(&self, issuer: &Certificate) -> bool {
        self.issuer.matches(issuer.subject())
            && self.authority_key.as_ref().is_none_or(|named| named.fits(issuer))
            && self.genuine.recall(issuer.fingerprint(), || {
                let signed = self.der.get(self.signed.clone()).unwrap_or_default();
                issuer.public_key().verify_certificate(&self.algorithm, signed, &self.signature)
            })
    }

    /// For what the list is: 1 for a delta, else 0, then its issuing distribution point as encoded, if it has one. Of lists
    /// of one key with the same octets the newer takes the place of the older. They go into a stored key, so they must not
    /// change.
    #[must_use]
    pub(crate) fn scope_octets(&self) -> Vec<u8> {
        self.scope.octets()
    }

    /// Whether the key of `issuer` may sign lists (RFC 5280, 6.3.3 (f)); if not, not being on it means nothing.
    pub(super) fn may_be_signed_by(issuer: &Certificate) -> bool {
        matches!(issuer.key_usage(CRL_SIGN), Ok(None | Some(true)))
    }

    /// Whether it is written as the standard has it: one algorithm, each extension once.
    pub(super) const fn is_in_order(&self) -> bool {
        self.one_algorithm && !self.scope.repeats_extensions()
    }

    pub(super) const fn algorithm(&self) -> &AlgorithmIdentifier {
        &self.algorithm
    }

    pub(super) fn coverage(&self, certificate: &Certificate) -> Coverage {
        match self.scope.coverage(certificate) {
            Coverage::Complete | Coverage::Changes if self.entries.is_unclear() => Coverage::Outside,
            coverage => coverage,
        }
    }

    pub(super) fn entry(&self, certificate: &Certificate) -> Option<RevokedEntry<'_>> {
        let list = self.der.get(self.list.clone()).unwrap_or_default();
        self.entries.find(list, certificate.serial_octets())
    }
}

impl fmt::Debug for Crl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Crl({}, {}, {} entries)", self.issuer, self.this_update, self.len())
    }
}

/// Where `part`, which is a slice of `whole` up to its end or shorter, begins.
fn offset(whole: &[u8], part: &[u8]) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

/// The content of the one block of a PEM file.
fn unwrap_pem(text: &str) -> Result<Vec<u8>, InvalidAnswer> {
    if text.len() > MAX_CRL_SIZE / 2 * 3 {
        return Err(InvalidAnswer::CrlTooLarge { found: text.len() });
    }
    let (begin, end) = ("-----BEGIN X509 CRL-----", "-----END X509 CRL-----");
    let (before, rest) = text.split_once(begin).ok_or(InvalidAnswer::Pem)?;
    let (block, after) = rest.split_once(end).ok_or(InvalidAnswer::Pem)?;
    if before.contains("-----BEGIN ") || after.contains("-----BEGIN ") {
        return Err(InvalidAnswer::Pem);
    }
    let block: String = block.split_ascii_whitespace().collect();
    STANDARD.decode(block).map_err(|_| InvalidAnswer::Pem)
}
