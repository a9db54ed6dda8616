//! What an OCSP response says about one certificate (RFC 6960, 4.2.1).

use time::OffsetDateTime;

use super::ocsp::has_unknown_critical;
use super::ocsp_request::key_octets;
use super::reason::Reason;
use super::serial_number;
use crate::signature::algorithm::{AlgorithmIdentifier, Digest};
use crate::signature::asn1::{self, GENERALIZED_TIME, INTEGER, OCTET_STRING, Reader, SEQUENCE, context};
use crate::signature::certificate::{Certificate, time};

/// The status of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SingleResponse {
    digest: Digest,
    name_hash: Vec<u8>,
    key_hash: Vec<u8>,
    serial: Vec<u8>,
    pub(super) status: SingleStatus,
    pub(super) this_update: OffsetDateTime,
    pub(super) next_update: Option<OffsetDateTime>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SingleStatus {
    Good,
    Revoked {
        at: OffsetDateTime,
        reason: Reason,
    },
    /// The responder does not know the certificate.
    Unknown,
}

impl SingleResponse {
    /// Reads the fields; `None` when the certificate is named with a digest that nobody knows. Also gives
    /// whether there is a critical extension that is not known.
    pub(super) fn parse(mut fields: Reader<'_>) -> asn1::Result<(Option<Self>, bool)> {
        let mut id = fields.nested(SEQUENCE)?;
        let digest = AlgorithmIdentifier::parse(id.expect(SEQUENCE)?)?;
        let name_hash = id.expect(OCTET_STRING)?.content.to_vec();
        let key_hash = id.expect(OCTET_STRING)?.content.to_vec();
        let serial = serial_number::value(id.expect(INTEGER)?.content).to_vec();
        id.finish()?;
        let found = fields.any()?;
        let status = match found.tag {
            0x80 => SingleStatus::Good,
            tag if tag == context(1) => {
                let mut revoked = fields.inside(found);
                let at = time(&revoked.expect(GENERALIZED_TIME)?)?;
                let reason = revoked.optional(context(0))?.map(|reason| Reason::parse(&revoked.inside(reason).any()?));
                SingleStatus::Revoked { at, reason: reason.transpose()?.unwrap_or(Reason::Unspecified) }
            }
            0x82 => SingleStatus::Unknown,
            found => return Err(asn1::Error::Tag { expected: 0x80, found }),
        };
        let this_update = time(&fields.expect(GENERALIZED_TIME)?)?;
        let next_update = match fields.optional(context(0))? {
            Some(wrapped) => Some(time(&fields.inside(wrapped).expect(GENERALIZED_TIME)?)?),
            None => None,
        };
        let unknown = match fields.optional(context(1))? {
            Some(wrapped) => has_unknown_critical(fields.inside(wrapped).nested(SEQUENCE)?)?,
            None => false,
        };
        fields.finish()?;
        let single = Digest::from_oid(&digest.id).map(|digest| Self {
            digest,
            name_hash,
            key_hash,
            serial,
            status,
            this_update,
            next_update,
        });
        Ok((single, unknown))
    }

    /// Whether the certificate is named with SHA-1, as it was asked for.
    pub(super) fn is_named_with_sha1(&self) -> bool {
        self.digest == Digest::Sha1
    }

    /// The serial number as a value.
    pub(super) fn serial(&self) -> &[u8] {
        &self.serial
    }

    /// Whether it is about this very certificate: the number, and both hashes of the issuer.
    ///
    /// Attack: issuers number as they like, so a good answer about another issuer's certificate of the same number must
    /// not count. The key decides: it signed both the certificate and the answer.
    pub(super) fn is_about(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let is_hash = |hash: &[u8], of: &[u8]| self.digest.hash(of).is_some_and(|expected| expected == hash);
        // The name as the certificate writes it; a responder may take it from the issuer's certificate instead.
        let names = [certificate.issuer(), issuer.subject()];
        self.serial == serial_number::value(certificate.serial_octets())
            && is_hash(&self.key_hash, key_octets(issuer))
            && names.iter().any(|name| is_hash(&self.name_hash, name.as_der()))
    }
}
