//! Asking for a timestamp: `TimeStampReq` (RFC 3161, 2.4.1).
//!
//! Pure: the random nonce is an argument, and sending is for others. What comes back is read by
//! [`timestamp_response`](super::timestamp_response).

use super::algorithm::Digest;
use super::asn1::{BOOLEAN, INTEGER, OCTET_STRING, SEQUENCE, encode, encode_all};
use super::oid;
use super::repository::sha256;

/// The media type of a request (RFC 3161, 3.4).
pub const MEDIA_TYPE: &str = "application/timestamp-query";
/// Random octets of a nonce, as many as the official client takes.
pub const NONCE: usize = 32;

/// A request for a timestamp on one signature value: imprint with SHA-256, the signer's certificate wanted, any policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimestampRequest {
    pub(super) signature: Vec<u8>,
    pub(super) nonce: [u8; NONCE],
}

impl TimestampRequest {
    /// A request for `signature`, the octets of a SignerInfo's signature value. `random` must be new for each request: it
    /// tells an old answer from a new one.
    #[must_use]
    pub fn new(signature: &[u8], random: [u8; NONCE]) -> Self {
        let mut nonce = random;
        // A positive INTEGER that DER can't shorten, so that its octets can be compared as they stand.
        nonce[0] = nonce[0] & 0x3F | 0x40;
        Self { signature: signature.to_vec(), nonce }
    }

    /// The request in DER.
    #[must_use]
    pub fn to_der(&self) -> Vec<u8> {
        let digest = Digest::Sha256.hash(&self.signature).unwrap_or_default();
        let imprint = encode_all(SEQUENCE, &[sha256(), encode(OCTET_STRING, &digest)]);
        encode_all(SEQUENCE, &[encode(INTEGER, &[1]), imprint, encode(INTEGER, &self.nonce), encode(BOOLEAN, &[0xFF])])
    }

    /// Whether `algorithm` and `hash` are the imprint that was asked for.
    pub(super) fn is_imprint(&self, algorithm: &[u8], hash: &[u8]) -> bool {
        algorithm == oid::SHA256 && Digest::Sha256.hash(&self.signature).as_deref() == Some(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::asn1::{OBJECT_IDENTIFIER, Reader};

    #[test]
    fn a_request_is_what_the_rfc_wants() {
        let der = TimestampRequest::new(b"value", [0xFF; NONCE]).to_der();
        let mut outer = Reader::der(&der);
        let mut fields = outer.nested(SEQUENCE).unwrap();
        outer.finish().unwrap();
        assert_eq!(fields.expect(INTEGER).unwrap().content, [1]);
        let mut imprint = fields.nested(SEQUENCE).unwrap();
        let mut algorithm = imprint.nested(SEQUENCE).unwrap();
        assert_eq!(algorithm.expect(OBJECT_IDENTIFIER).unwrap().content, oid::SHA256);
        let hash = imprint.expect(OCTET_STRING).unwrap().content;
        assert_eq!(hex::encode(hash), "cd42404d52ad55ccfa9aca4adc828aa5800ad9d385a0671fbcbf724118320619");
        let nonce = fields.expect(INTEGER).unwrap().content;
        assert!(nonce.len() == NONCE && nonce[0] == 0x7F, "{nonce:x?}");
        assert_eq!(fields.expect(BOOLEAN).unwrap().content, [0xFF]);
        fields.finish().unwrap();
    }

    #[test]
    fn a_nonce_is_positive_and_never_short() {
        for (random, first) in [([0; NONCE], 0x40), ([0x80; NONCE], 0x40), ([0xFF; NONCE], 0x7F)] {
            assert_eq!(TimestampRequest::new(b"", random).nonce[0], first);
        }
    }
}
