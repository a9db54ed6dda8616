//! A response of an OCSP responder (RFC 6960, 4.2).
//!
//! Only the basic type in DER is read. A refusal of the responder (`tryLater` and the like) is an error that says so. For
//! which certificate a response counts and at what time is decided by `Answers`; who may sign one is in `responder`.

use std::fmt;
use std::ops::Range;

use time::OffsetDateTime;

use super::invalid_answer::InvalidAnswer;
use super::responder::{Responder, ResponderId};
use super::signature_memory::SignatureMemory;
use super::single_response::SingleResponse;
use crate::signature::algorithm::AlgorithmIdentifier;
use crate::signature::asn1::{
    self, BIT_STRING, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, context,
};
use crate::signature::certificate::{Certificate, Extension, time};
use crate::signature::oid;

/// Octets of an OCSP response. Real ones have one to five thousand, most of them the responder's certificate.
pub const MAX_OCSP_SIZE: usize = 64 * 1024;
/// Certificates that one response may be about. One is asked for; responders that answer for more answer for a handful.
pub const MAX_SINGLE_RESPONSES: usize = 64;
/// Certificates in a response that may be the responder's. Each may cost a signature check.
const MAX_CERTIFICATES: usize = 8;
const ENUMERATED: u8 = 0x0A;

/// A response, about one certificate or a few.
pub struct OcspResponse {
    der: Vec<u8>,
    signed: Range<usize>,
    responder: ResponderId,
    produced_at: OffsetDateTime,
    singles: Vec<SingleResponse>,
    algorithm: AlgorithmIdentifier,
    signature: Vec<u8>,
    certificates: Vec<Certificate>,
    unclear: bool,
    genuine: SignatureMemory<Responder>,
}

impl OcspResponse {
    /// Reads one response in DER.
    ///
    /// # Errors
    /// [`InvalidAnswer`] for anything else, for a responder's refusal, and for responses that can never be used.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidAnswer> {
        if bytes.len() > MAX_OCSP_SIZE {
            return Err(InvalidAnswer::OcspTooLarge { found: bytes.len() });
        }
        let mut part = "outermost sequence";
        let structure =
            |part: &'static str, error: asn1::Error| InvalidAnswer::OcspStructure { part, reason: error.to_string() };
        let basic = match unwrap(bytes, &mut part).map_err(|error| structure(part, error))? {
            Outcome::Basic(basic) => basic,
            Outcome::Refused(status) => return Err(InvalidAnswer::NoAnswer { status }),
            Outcome::OtherType(found) => return Err(InvalidAnswer::ResponseType { found }),
        };
        let response = Self::read(basic, &mut part).map_err(|error| structure(part, error))?;
        if response.singles.len() > MAX_SINGLE_RESPONSES {
            return Err(InvalidAnswer::TooManyResponses);
        }
        Ok(response)
    }

    fn read(der: &[u8], part: &mut &'static str) -> asn1::Result<Self> {
        let mut outer = Reader::der(der);
        let mut fields = outer.nested(SEQUENCE)?;
        outer.finish()?;
        let start = der.len() - fields.rest().len();
        let tbs = fields.expect(SEQUENCE)?;
        *part = "signature";
        let algorithm = AlgorithmIdentifier::parse(fields.expect(SEQUENCE)?)?;
        let signature = fields.expect(BIT_STRING)?.whole_bits()?.to_vec();
        *part = "certificates";
        let mut certificates = Vec::new();
        if let Some(wrapped) = fields.optional(context(0))? {
            let all = fields.inside(wrapped).nested(SEQUENCE)?.all()?;
            if all.len() > MAX_CERTIFICATES {
                return Err(asn1::Error::Value("there are too many"));
            }
            // One that cannot be read cannot be the responder's; others beside it may be.
            certificates = all.into_iter().filter_map(|found| Certificate::from_der(found.raw).ok()).collect();
        }
        fields.finish()?;
        *part = "version";
        let mut body = fields.inside(tbs);
        if let Some(version) = body.optional(context(0))?
            && asn1::small(body.inside(version).expect(INTEGER)?.content)? != 0
        {
            return Err(asn1::Error::Value("there is no such version"));
        }
        *part = "responder";
        let responder = ResponderId::parse(body.any()?)?;
        *part = "date";
        let produced_at = time(&body.expect(GENERALIZED_TIME)?)?;
        *part = "list of answers";
        let (mut singles, mut unclear) = (Vec::new(), false);
        let mut list = body.nested(SEQUENCE)?;
        while !list.is_empty() && singles.len() <= MAX_SINGLE_RESPONSES {
            let (single, unknown) = SingleResponse::parse(list.nested(SEQUENCE)?)?;
            singles.extend(single);
            unclear |= unknown;
        }
        *part = "extensions";
        if let Some(wrapped) = body.optional(context(1))? {
            unclear |= has_unknown_critical(body.inside(wrapped).nested(SEQUENCE)?)?;
        }
        body.finish()?;
        Ok(Self {
            der: der.to_vec(),
            signed: start..start + tbs.raw.len(),
            responder,
            produced_at,
            singles,
            algorithm,
            signature,
            certificates,
            unclear,
            genuine: SignatureMemory::new(),
        })
    }

    /// When it was signed.
    #[must_use]
    pub const fn produced_at(&self) -> OffsetDateTime {
        self.produced_at
    }

    /// How many certificates it is about.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.singles.len()
    }

    /// Whether it is about none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.singles.is_empty()
    }

    /// The time of the oldest statement in it.
    #[must_use]
    pub fn this_update(&self) -> Option<OffsetDateTime> {
        self.singles.iter().map(|single| single.this_update).min()
    }

    /// When the first of its statements ends; `None` when none says so.
    #[must_use]
    pub fn next_update(&self) -> Option<OffsetDateTime> {
        self.singles.iter().filter_map(|single| single.next_update).min()
    }

    pub(super) fn singles(&self) -> &[SingleResponse] {
        &self.singles
    }

    pub(super) const fn algorithm(&self) -> &AlgorithmIdentifier {
        &self.algorithm
    }

    /// Whether it has a critical extension that is not known, so that "good" may mean something else.
    pub(super) const fn is_unclear(&self) -> bool {
        self.unclear
    }

    /// Who signed it on behalf of `issuer`.
    pub(super) fn responder(&self, issuer: &Certificate) -> Responder {
        self.genuine.recall(issuer.fingerprint(), || {
            let signed = self.der.get(self.signed.clone()).unwrap_or_default();
            self.responder.find(issuer, &self.certificates, |key| {
                key.verify_certificate(&self.algorithm, signed, &self.signature)
            })
        })
    }

    /// The certificate at this place in the response.
    pub(super) fn certificate(&self, place: usize) -> Option<&Certificate> {
        self.certificates.get(place)
    }
}

impl fmt::Debug for OcspResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OcspResponse({}, {} certificates)", self.produced_at, self.len())
    }
}

/// What a response is before the basic one inside is read.
enum Outcome<'a> {
    Basic(&'a [u8]),
    Refused(&'static str),
    OtherType(String),
}

fn unwrap<'a>(bytes: &'a [u8], part: &mut &'static str) -> asn1::Result<Outcome<'a>> {
    let mut outer = Reader::der(bytes);
    let mut fields = outer.nested(SEQUENCE)?;
    outer.finish()?;
    *part = "status";
    let status = fields.expect(ENUMERATED)?;
    let refused = match asn1::small(status.content)? {
        0 => None,
        1 => Some("it could not read the request (malformedRequest)"),
        2 => Some("it has an error of its own (internalError)"),
        3 => Some("it is busy (tryLater)"),
        5 => Some("it wants the request to be signed (sigRequired)"),
        6 => Some("it does not answer to everybody (unauthorized)"),
        _ => Some("its reason has no meaning"),
    };
    if let Some(status) = refused {
        return Ok(Outcome::Refused(status));
    }
    *part = "response";
    let wrapped = fields.expect(context(0))?;
    fields.finish()?;
    let mut typed = fields.inside(wrapped).nested(SEQUENCE)?;
    let kind = typed.expect(OBJECT_IDENTIFIER)?;
    if kind.content != oid::OCSP_BASIC {
        return Ok(Outcome::OtherType(oid::dotted(kind.content)));
    }
    Ok(Outcome::Basic(typed.expect(OCTET_STRING)?.content))
}

/// Whether there is a critical extension that is not known. The nonce is: nobody asked with one.
pub(super) fn has_unknown_critical(mut extensions: Reader<'_>) -> asn1::Result<bool> {
    let mut unknown = false;
    while !extensions.is_empty() {
        let (id, critical, _) = Extension::fields(extensions.nested(SEQUENCE)?)?;
        unknown |= critical && id != oid::OCSP_NONCE;
    }
    Ok(unknown)
}
