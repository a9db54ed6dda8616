//! Public keys, and verifying with them as the .NET client does.
//!
//! Public-key operations only. Private keys never come here. What `aws-lc-rs` finds right is right, and found in a quarter of
//! the time; what it does not know (odd digests, key sizes and exponents, PSS) is left to `rsa`, which also says every no.

use aws_lc_rs::{digest, signature};
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use super::algorithm::{AlgorithmIdentifier, Digest, pss_digest};
use super::asn1::{self, Element, INTEGER, OBJECT_IDENTIFIER, Reader, SEQUENCE};
use super::oid;

/// Bits of an RSA modulus. OpenSSL stops at the same size; a larger key only costs the verifier time.
const MAX_RSA_BITS: usize = 16_384;

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// An RSA key: modulus and exponent, big-endian without leading zeros.
    Rsa {
        /// The modulus.
        modulus: Vec<u8>,
        /// The public exponent.
        exponent: Vec<u8>,
    },
    /// An RSA key that is bound to RSASSA-PSS.
    RsaPss,
    /// An RSA key that cannot be read, with which nothing verifies.
    Malformed,
    /// An elliptic curve key: the curve's identifier and the point.
    EllipticCurve {
        /// Content octets of the curve's object identifier.
        curve: Vec<u8>,
        /// The encoded point.
        point: Vec<u8>,
    },
    /// Anything else.
    Other {
        /// The algorithm in dotted form.
        algorithm: String,
    },
}

impl PublicKey {
    pub(crate) fn parse(spki: Element<'_>) -> asn1::Result<Self> {
        let mut fields = spki.reader();
        let algorithm = AlgorithmIdentifier::of_certificate(fields.expect(SEQUENCE)?)?;
        let bits = fields.expect(asn1::BIT_STRING)?;
        fields.finish()?;
        if bits.content.first().is_none_or(|unused| *unused > 7) {
            return Err(asn1::Error::Value("a bit string is malformed"));
        }
        Ok(match algorithm.id.as_slice() {
            oid::RSA => Self::rsa_key(&bits).unwrap_or(Self::Malformed),
            oid::RSASSA_PSS => Self::RsaPss,
            oid::EC_PUBLIC_KEY => Self::EllipticCurve {
                curve: algorithm
                    .parameters
                    .and_then(|p| Reader::new(&p).expect(OBJECT_IDENTIFIER).ok().map(|id| id.content.to_vec()))
                    .unwrap_or_default(),
                point: bits.whole_bits().unwrap_or_default().to_vec(),
            },
            other => Self::Other { algorithm: oid::dotted(other) },
        })
    }

    /// `RSAPublicKey` (RFC 8017, A.1.1). OpenSSL takes the octets of both numbers without a sign.
    fn rsa_key(bits: &Element<'_>) -> asn1::Result<Self> {
        let mut outer = Reader::new(bits.whole_bits()?);
        let mut key = outer.nested(SEQUENCE)?;
        let number = |element: Element<'_>| -> Vec<u8> {
            element.content.iter().skip_while(|&&octet| octet == 0).copied().collect()
        };
        let modulus = number(key.expect(INTEGER)?);
        let exponent = number(key.expect(INTEGER)?);
        key.finish()?;
        outer.finish()?;
        Ok(Self::Rsa { modulus, exponent })
    }

    /// Whether it is an RSA key of any kind.
    pub(crate) const fn is_rsa(&self) -> bool {
        matches!(self, Self::Rsa { .. } | Self::RsaPss | Self::Malformed)
    }

    /// Bits of the modulus, for RSA keys.
    #[must_use]
    pub fn rsa_bits(&self) -> Option<usize> {
        match self {
            Self::Rsa { modulus, .. } => {
                let first = modulus.first()?;
                Some(modulus.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or_default())
            }
            _ => None,
        }
    }

    /// What kind of key it is, with its size: `RSA 3072`, `ECDSA P-256`.
    #[must_use]
    pub fn description(&self) -> String {
        match self {
            Self::Rsa { .. } => format!("RSA {}", self.rsa_bits().unwrap_or_default()),
            Self::RsaPss => "RSASSA-PSS".into(),
            Self::Malformed => "RSA that cannot be read".into(),
            Self::EllipticCurve { curve, .. } => match curve.as_slice() {
                oid::P256 => "ECDSA P-256".into(),
                oid::P384 => "ECDSA P-384".into(),
                other => format!("elliptic curve {}", oid::dotted(other)),
            },
            Self::Other { algorithm } => format!("algorithm {algorithm}"),
        }
    }

    /// Whether the signature over a message with this digest value is right, by the rules for a SignerInfo.
    pub(crate) fn verify_cms(
        &self,
        algorithm: &AlgorithmIdentifier,
        digest: Digest,
        hash: &[u8],
        signature: &[u8],
    ) -> bool {
        match algorithm.id.as_slice() {
            oid::RSA => algorithm.no_parameters() && self.verify_pkcs1(digest, hash, signature),
            oid::RSASSA_PSS => pss_digest(algorithm.parameters.as_deref()).is_some_and(|(pss, salt)| {
                pss == digest && salt == hash.len() && self.verify_pss(digest, salt, hash, signature)
            }),
            id => {
                Digest::of_rsa_signature(id) == Some(digest)
                    && algorithm.no_parameters()
                    && self.verify_pkcs1(digest, hash, signature)
            }
        }
    }

    /// Whether the signature of a certificate is right.
    pub(crate) fn verify_certificate(&self, algorithm: &AlgorithmIdentifier, tbs: &[u8], value: &[u8]) -> bool {
        if let Self::EllipticCurve { curve, point } = self {
            let scheme: &dyn signature::VerificationAlgorithm = match (curve.as_slice(), algorithm.id.as_slice()) {
                (oid::P256, oid::ECDSA_SHA256) => &signature::ECDSA_P256_SHA256_ASN1,
                (oid::P256, oid::ECDSA_SHA384) => &signature::ECDSA_P256_SHA384_ASN1,
                (oid::P384, oid::ECDSA_SHA256) => &signature::ECDSA_P384_SHA256_ASN1,
                (oid::P384, oid::ECDSA_SHA384) => &signature::ECDSA_P384_SHA384_ASN1,
                _ => return false,
            };
            return signature::UnparsedPublicKey::new(scheme, point).verify(tbs, value).is_ok();
        }
        let digest = match pss_digest(algorithm.parameters.as_deref()) {
            Some((digest, _)) if algorithm.id == oid::RSASSA_PSS => Some(digest),
            _ => Digest::of_rsa_signature(&algorithm.id),
        };
        let Some(digest) = digest else { return false };
        let Some(hash) = digest.hash(tbs) else {
            return false;
        };
        match pss_digest(algorithm.parameters.as_deref()) {
            Some((_, salt)) if algorithm.id == oid::RSASSA_PSS => self.verify_pss(digest, salt, &hash, value),
            _ => self.verify_pkcs1(digest, &hash, value),
        }
    }

    fn verify_pkcs1(&self, digest: Digest, hash: &[u8], signature: &[u8]) -> bool {
        if self.is_right_at_once(digest, hash, signature) {
            return true;
        }
        let Some(key) = self.rsa() else { return false };
        let scheme = Pkcs1v15Sign { hash_len: Some(hash.len()), prefix: digest.prefix(hash.len()).into_boxed_slice() };
        signature.len() == key.size() && key.verify(scheme, hash, signature).is_ok()
    }

    /// Whether the fast library takes the signature. `false` says nothing.
    fn is_right_at_once(&self, digest: Digest, hash: &[u8], value: &[u8]) -> bool {
        let Self::Rsa { modulus, exponent } = self else { return false };
        let (scheme, algorithm) = match digest {
            Digest::Sha1 => {
                (&signature::RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, &digest::SHA1_FOR_LEGACY_USE_ONLY)
            }
            Digest::Sha256 => (&signature::RSA_PKCS1_2048_8192_SHA256, &digest::SHA256),
            Digest::Sha384 => (&signature::RSA_PKCS1_2048_8192_SHA384, &digest::SHA384),
            Digest::Sha512 => (&signature::RSA_PKCS1_2048_8192_SHA512, &digest::SHA512),
            _ => return false,
        };
        let Ok(hash) = digest::Digest::import_less_safe(hash, algorithm) else { return false };
        let key = asn1::encode_all(SEQUENCE, &[unsigned_integer(modulus), unsigned_integer(exponent)]);
        signature::UnparsedPublicKey::new(scheme, key).verify_digest(&hash, value).is_ok()
    }

    fn verify_pss(&self, digest: Digest, salt: usize, hash: &[u8], signature: &[u8]) -> bool {
        let Some(key) = self.rsa() else { return false };
        match digest {
            Digest::Sha1 => key.verify(Pss::<Sha1>::new_with_salt(salt), hash, signature),
            Digest::Sha256 => key.verify(Pss::<Sha256>::new_with_salt(salt), hash, signature),
            Digest::Sha384 => key.verify(Pss::<Sha384>::new_with_salt(salt), hash, signature),
            Digest::Sha512 => key.verify(Pss::<Sha512>::new_with_salt(salt), hash, signature),
            _ => return false,
        }
        .is_ok()
    }

    fn rsa(&self) -> Option<RsaPublicKey> {
        let Self::Rsa { modulus, exponent } = self else {
            return None;
        };
        let limits = 512..=MAX_RSA_BITS;
        let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
        if modulus.len() > MAX_RSA_BITS / 8 || exponent.len() > 8 {
            return None;
        }
        RsaPublicKey::new_with_size_limits(number(modulus), number(exponent), limits).ok()
    }
}

/// An INTEGER of a magnitude without leading zeros.
fn unsigned_integer(magnitude: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if magnitude.first().is_none_or(|first| first & 0x80 != 0) { &[0] } else { &[] };
    asn1::encode(INTEGER, &[sign, magnitude].concat())
}
