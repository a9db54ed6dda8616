//! Who may sign an OCSP response (RFC 6960, 4.2.2.2): the issuer, or whom it named for that in a certificate.
//!
//! **Not checked:** whether a named responder's certificate is itself revoked, whatever `id-pkix-ocsp-nocheck` says. Asking
//! would need an answer about the one who answers; such certificates live for weeks, and OpenSSL does not ask either.

use sha1::{Digest as _, Sha1};

use super::ocsp_request::key_octets;
use crate::signature::asn1::{self, Element, OCTET_STRING, Reader, context};
use crate::signature::certificate::Certificate;
use crate::signature::chain::is_known as is_known_in_chains;
use crate::signature::name::Name;
use crate::signature::oid;
use crate::signature::public_key::PublicKey;

/// Key usages that allow to sign a response: digitalSignature and nonRepudiation (RFC 5280, 4.2.1.12).
const MAY_SIGN: u8 = 0xC0;

/// Who signed a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Responder {
    /// The issuer of the certificate in question.
    Issuer,
    /// Whom the issuer named: the certificate at this place in the response.
    Named(usize),
    /// Nobody whose word counts.
    Nobody,
}

/// Who a response says signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ResponderId {
    Name(Name),
    /// SHA-1 of the public key.
    Key(Vec<u8>),
}

impl ResponderId {
    pub(super) fn parse(element: Element<'_>) -> asn1::Result<Self> {
        let mut inside = Reader::der(element.content);
        let found = match element.tag {
            tag if tag == context(1) => Self::Name(Name::parse(inside.any()?)?),
            tag if tag == context(2) => Self::Key(inside.expect(OCTET_STRING)?.content.to_vec()),
            found => return Err(asn1::Error::Tag { expected: context(1), found }),
        };
        inside.finish()?;
        Ok(found)
    }

    fn fits(&self, certificate: &Certificate) -> bool {
        match self {
            Self::Name(name) => name.matches(certificate.subject()),
            Self::Key(hash) => Sha1::digest(key_octets(certificate)).as_slice() == hash.as_slice(),
        }
    }

    /// The signer, among the issuer and the certificates of the response; `verify` tells whether a key signed.
    pub(super) fn find(
        &self,
        issuer: &Certificate,
        certificates: &[Certificate],
        verify: impl Fn(&PublicKey) -> bool,
    ) -> Responder {
        if self.fits(issuer) && verify(issuer.public_key()) {
            return Responder::Issuer;
        }
        let named = certificates.iter().position(|certificate| {
            self.fits(certificate) && is_named_by(issuer, certificate) && verify(certificate.public_key())
        });
        named.map_or(Responder::Nobody, Responder::Named)
    }
}

/// Whether `issuer` named the certificate for answering.
///
/// Attack: every certificate of an issuer is signed by it. Without the usage, any of its customers could declare a revoked
/// certificate good; `anyExtendedKeyUsage` does not count for the same reason.
fn is_named_by(issuer: &Certificate, certificate: &Certificate) -> bool {
    let authority_key = certificate.authority_key_identifier();
    certificate.issuer().matches(issuer.subject())
        && matches!(certificate.usages(), Ok(Some(usages)) if usages.contains(&oid::OCSP_SIGNING))
        && matches!(certificate.key_usage(MAY_SIGN), Ok(None | Some(true)))
        && authority_key.is_ok_and(|named| named.is_none_or(|named| named.fits(issuer)))
        && certificate.extensions().iter().all(|extension| !extension.critical || is_known(&extension.id))
        && certificate.has_one_form()
        && certificate.is_signed_by(issuer)
}

/// What is known in chains, and what identifies: that may be critical here too.
fn is_known(id: &[u8]) -> bool {
    let identifies = matches!(id, oid::ISSUER_ALT_NAME | oid::SUBJECT_KEY_IDENTIFIER | oid::AUTHORITY_KEY_IDENTIFIER);
    identifies || is_known_in_chains(id)
}
