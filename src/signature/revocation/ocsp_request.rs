//! The question that is put to an OCSP responder (RFC 6960, 4.1.1).

use sha1::{Digest as _, Sha1};

use crate::signature::asn1::{self, BIT_STRING, INTEGER, OCTET_STRING, Reader, SEQUENCE, encode, encode_all};
use crate::signature::certificate::Certificate;
use crate::signature::oid;

/// A request about one certificate, in DER, to be sent as `application/ocsp-request`.
///
/// One `CertID` with SHA-1 and neither nonce nor requestor, as RFC 5019, 2.1.1 has it: every responder knows that form,
/// and may answer from what it signed before. SHA-1 names the issuer here and protects nothing; the answer is compared
/// with the certificate again. There is no nonce: answers are kept and used until they are out of date, so being fresh to
/// the second would gain nothing, and many responders ignore it.
#[must_use]
pub fn ocsp_request(certificate: &Certificate, issuer: &Certificate) -> Vec<u8> {
    let algorithm = encode_all(SEQUENCE, &[encode(asn1::OBJECT_IDENTIFIER, oid::SHA1), encode(asn1::NULL, &[])]);
    let id = encode_all(
        SEQUENCE,
        &[
            algorithm,
            encode(OCTET_STRING, &Sha1::digest(certificate.issuer().as_der())),
            encode(OCTET_STRING, &Sha1::digest(key_octets(issuer))),
            encode(INTEGER, certificate.serial_octets()),
        ],
    );
    // OCSPRequest, TBSRequest, the list and its one Request each have nothing else inside.
    (0..4).fold(id, |inner, _| encode(SEQUENCE, &inner))
}

/// What issuer key hashes are over: the octets of the public key without tag, length and unused bits.
pub(super) fn key_octets(certificate: &Certificate) -> &[u8] {
    let octets = || {
        let mut fields = Reader::new(certificate.spki()).nested(SEQUENCE).ok()?;
        fields.any().ok()?;
        fields.expect(BIT_STRING).ok()?.whole_bits().ok()
    };
    octets().unwrap_or_default()
}
