//! Public keys, and verifying with them as the .NET client does.
//!
//! Public-key operations only, on RSA keys of 1024 to 8192 bits and on the two usual curves; other keys verify nothing.
//! Private keys never come here.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA384,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};

use super::algorithm::{AlgorithmIdentifier, Digest, pss_digest};
use super::asn1::{self, Element, INTEGER, OBJECT_IDENTIFIER, Reader, SEQUENCE};
use super::oid;

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
        let algorithm = AlgorithmIdentifier::parse(fields.expect(SEQUENCE)?)?;
        let bits = fields.expect(asn1::BIT_STRING)?;
        Ok(match algorithm.id.as_slice() {
            oid::RSA => {
                let mut key = Reader::new(bits.whole_bits()?).nested(SEQUENCE)?;
                let modulus = asn1::magnitude(key.expect(INTEGER)?.content)?.to_vec();
                let exponent = asn1::magnitude(key.expect(INTEGER)?.content)?.to_vec();
                Self::Rsa { modulus, exponent }
            }
            oid::RSASSA_PSS => Self::RsaPss,
            oid::EC_PUBLIC_KEY => Self::EllipticCurve {
                curve: algorithm
                    .parameters
                    .and_then(|p| {
                        Reader::new(&p)
                            .expect(OBJECT_IDENTIFIER)
                            .ok()
                            .map(|id| id.content.to_vec())
                    })
                    .unwrap_or_default(),
                point: bits.whole_bits()?.to_vec(),
            },
            other => Self::Other {
                algorithm: oid::dotted(other),
            },
        })
    }

    /// Whether it is an RSA key of either kind.
    pub(crate) const fn is_rsa(&self) -> bool {
        matches!(self, Self::Rsa { .. } | Self::RsaPss)
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
            Self::EllipticCurve { curve, .. } => match curve.as_slice() {
                oid::P256 => "ECDSA P-256".into(),
                oid::P384 => "ECDSA P-384".into(),
                other => format!("elliptic curve {}", oid::dotted(other)),
            },
            Self::Other { algorithm } => format!("algorithm {algorithm}"),
        }
    }

    /// Whether `signature` over `message` is right, by the rules for a SignerInfo.
    pub(crate) fn verify_cms(
        &self,
        algorithm: &AlgorithmIdentifier,
        digest: Digest,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        if algorithm.id == oid::RSASSA_PSS {
            let parameters = pss_digest(algorithm.parameters.as_deref());
            return parameters.is_some_and(|(named, salt)| {
                named == digest && self.verify_pss(digest, salt, message, signature)
            });
        }
        let fits =
            algorithm.id == oid::RSA || Digest::of_rsa_signature(&algorithm.id) == Some(digest);
        fits && algorithm.no_parameters() && self.verify_pkcs1(digest, message, signature)
    }

    /// Whether the signature of a certificate is right.
    pub(crate) fn verify_certificate(
        &self,
        algorithm: &AlgorithmIdentifier,
        tbs: &[u8],
        signature: &[u8],
    ) -> bool {
        match self {
            Self::Rsa { .. } if algorithm.id == oid::RSASSA_PSS => {
                pss_digest(algorithm.parameters.as_deref())
                    .is_some_and(|(digest, salt)| self.verify_pss(digest, salt, tbs, signature))
            }
            Self::Rsa { .. } => Digest::of_rsa_signature(&algorithm.id)
                .is_some_and(|digest| self.verify_pkcs1(digest, tbs, signature)),
            Self::EllipticCurve { curve, point } => {
                let scheme: &dyn VerificationAlgorithm =
                    match (curve.as_slice(), algorithm.id.as_slice()) {
                        (oid::P256, oid::ECDSA_SHA256) => &ECDSA_P256_SHA256_ASN1,
                        (oid::P256, oid::ECDSA_SHA384) => &ECDSA_P256_SHA384_ASN1,
                        (oid::P384, oid::ECDSA_SHA256) => &ECDSA_P384_SHA256_ASN1,
                        (oid::P384, oid::ECDSA_SHA384) => &ECDSA_P384_SHA384_ASN1,
                        _ => return false,
                    };
                UnparsedPublicKey::new(scheme, point)
                    .verify(tbs, signature)
                    .is_ok()
            }
            Self::RsaPss | Self::Other { .. } => false,
        }
    }

    /// RSASSA-PKCS1-v1_5. Keys below the size that NuGet wants are verified too: the rule for sizes refuses them by name.
    fn verify_pkcs1(&self, digest: Digest, message: &[u8], signature: &[u8]) -> bool {
        let parameters = match digest {
            Digest::Sha1 => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
            Digest::Sha256 => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
            Digest::Sha384 => &RSA_PKCS1_2048_8192_SHA384,
            Digest::Sha512 => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
            Digest::Md5 | Digest::Sha3 => return false,
        };
        self.verify_rsa(parameters, message, signature)
    }

    /// RSASSA-PSS. The salt must have the length of the digest, as the client demands.
    fn verify_pss(&self, digest: Digest, salt: usize, message: &[u8], signature: &[u8]) -> bool {
        let (parameters, length) = match digest {
            Digest::Sha256 => (&RSA_PSS_2048_8192_SHA256, 32),
            Digest::Sha384 => (&RSA_PSS_2048_8192_SHA384, 48),
            Digest::Sha512 => (&RSA_PSS_2048_8192_SHA512, 64),
            Digest::Md5 | Digest::Sha1 | Digest::Sha3 => return false,
        };
        salt == length && self.verify_rsa(parameters, message, signature)
    }

    fn verify_rsa(&self, parameters: &RsaParameters, message: &[u8], signature: &[u8]) -> bool {
        let Self::Rsa { modulus, exponent } = self else {
            return false;
        };
        RsaPublicKeyComponents {
            n: modulus,
            e: exponent,
        }
        .verify(parameters, message, signature)
        .is_ok()
    }
}
