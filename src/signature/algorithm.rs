//! Digests, public keys and signature schemes: what the .NET client can verify, and nothing about what is wise to accept.
//!
//! Public-key operations only. Private keys never come here.

use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss, RsaPublicKey};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::asn1::{
    self, Element, INTEGER, NULL, OBJECT_IDENTIFIER, Reader, SEQUENCE, context, encode, encode_all,
};
use super::oid;

/// Bits of an RSA modulus. OpenSSL stops at the same size; a larger key only costs the verifier time.
const MAX_RSA_BITS: usize = 16_384;

/// An algorithm identifier: the object identifier's content octets and the encoded parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmIdentifier {
    pub(crate) id: Vec<u8>,
    pub(crate) parameters: Option<Vec<u8>>,
}

/// A digest algorithm of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// MD5: known, so that it can be named; never computed.
    Md5,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
    /// SHA3-256.
    Sha3_256,
    /// SHA3-384.
    Sha3_384,
    /// SHA3-512.
    Sha3_512,
}

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

impl AlgorithmIdentifier {
    pub(crate) fn parse(element: Element<'_>) -> asn1::Result<Self> {
        let mut fields = Reader::new(element.raw).nested(SEQUENCE)?;
        let id = fields.expect(OBJECT_IDENTIFIER)?.content.to_vec();
        let parameters = if fields.is_empty() {
            None
        } else {
            Some(fields.any()?.raw.to_vec())
        };
        Ok(Self { id, parameters })
    }

    /// The name of the algorithm where it has a usual one, else the dotted identifier.
    #[must_use]
    pub fn name(&self) -> String {
        match self.id.as_slice() {
            oid::RSA => "RSA".into(),
            oid::MD5_WITH_RSA => "MD5 with RSA".into(),
            oid::SHA1_WITH_RSA => "SHA-1 with RSA".into(),
            oid::SHA256_WITH_RSA => "SHA-256 with RSA".into(),
            oid::SHA384_WITH_RSA => "SHA-384 with RSA".into(),
            oid::SHA512_WITH_RSA => "SHA-512 with RSA".into(),
            oid::RSASSA_PSS => "RSASSA-PSS".into(),
            oid::ECDSA_SHA256 => "ECDSA with SHA-256".into(),
            oid::ECDSA_SHA384 => "ECDSA with SHA-384".into(),
            other => oid::dotted(other),
        }
    }

    /// Whether this is RSASSA-PKCS1-v1_5 with SHA-256, SHA-384 or SHA-512, the only ones for signers' certificates.
    #[must_use]
    pub fn is_sha2_with_rsa(&self) -> bool {
        matches!(
            self.id.as_slice(),
            oid::SHA256_WITH_RSA | oid::SHA384_WITH_RSA | oid::SHA512_WITH_RSA
        )
    }

    /// Whether the digest is SHA-2, whatever the key.
    pub(crate) fn uses_sha2(&self) -> bool {
        self.is_sha2_with_rsa()
            || matches!(self.id.as_slice(), oid::ECDSA_SHA256 | oid::ECDSA_SHA384)
            || (self.id == oid::RSASSA_PSS
                && pss_digest(self.parameters.as_deref())
                    .is_some_and(|(digest, _)| digest.is_sha2()))
    }

    fn no_parameters(&self) -> bool {
        matches!(self.parameters.as_deref(), None | Some([NULL, 0]))
    }
}

impl Digest {
    pub(crate) fn from_oid(id: &[u8]) -> Option<Self> {
        Some(match id {
            oid::MD5 => Self::Md5,
            oid::SHA1 => Self::Sha1,
            oid::SHA256 => Self::Sha256,
            oid::SHA384 => Self::Sha384,
            oid::SHA512 => Self::Sha512,
            oid::SHA3_256 => Self::Sha3_256,
            oid::SHA3_384 => Self::Sha3_384,
            oid::SHA3_512 => Self::Sha3_512,
            _ => return None,
        })
    }

    /// Also reads the identifier of an RSA signature algorithm as its digest, as the client does in a SignerInfo.
    pub(crate) fn from_digest_or_signature_oid(id: &[u8]) -> Option<Self> {
        Self::from_oid(id).or_else(|| Self::of_rsa_signature(id))
    }

    fn of_rsa_signature(id: &[u8]) -> Option<Self> {
        Some(match id {
            oid::MD5_WITH_RSA => Self::Md5,
            oid::SHA1_WITH_RSA => Self::Sha1,
            oid::SHA256_WITH_RSA => Self::Sha256,
            oid::SHA384_WITH_RSA => Self::Sha384,
            oid::SHA512_WITH_RSA => Self::Sha512,
            _ => return None,
        })
    }

    const fn oid(self) -> &'static [u8] {
        match self {
            Self::Md5 => oid::MD5,
            Self::Sha1 => oid::SHA1,
            Self::Sha256 => oid::SHA256,
            Self::Sha384 => oid::SHA384,
            Self::Sha512 => oid::SHA512,
            Self::Sha3_256 => oid::SHA3_256,
            Self::Sha3_384 => oid::SHA3_384,
            Self::Sha3_512 => oid::SHA3_512,
        }
    }

    /// Whether it is SHA-256, SHA-384 or SHA-512.
    #[must_use]
    pub const fn is_sha2(self) -> bool {
        matches!(self, Self::Sha256 | Self::Sha384 | Self::Sha512)
    }

    /// The usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Sha3_256 => "SHA3-256",
            Self::Sha3_384 => "SHA3-384",
            Self::Sha3_512 => "SHA3-512",
        }
    }

    /// The digest of `bytes`; `None` for MD5, which this server does not compute.
    pub(crate) fn hash(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let sha3 = |algorithm| {
            aws_lc_rs::digest::digest(algorithm, bytes)
                .as_ref()
                .to_vec()
        };
        Some(match self {
            Self::Md5 => return None,
            Self::Sha1 => Sha1::digest(bytes).to_vec(),
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
            Self::Sha3_256 => sha3(&aws_lc_rs::digest::SHA3_256),
            Self::Sha3_384 => sha3(&aws_lc_rs::digest::SHA3_384),
            Self::Sha3_512 => sha3(&aws_lc_rs::digest::SHA3_512),
        })
    }

    /// Everything of a DigestInfo before the digest (RFC 8017, 9.2).
    fn prefix(self, length: usize) -> Vec<u8> {
        let algorithm = encode_all(
            SEQUENCE,
            &[encode(OBJECT_IDENTIFIER, self.oid()), vec![NULL, 0]],
        );
        let whole = encode_all(
            SEQUENCE,
            &[algorithm, encode(asn1::OCTET_STRING, &vec![0; length])],
        );
        whole
            .get(..whole.len() - length)
            .unwrap_or_default()
            .to_vec()
    }
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
            oid::RSASSA_PSS => {
                pss_digest(algorithm.parameters.as_deref()).is_some_and(|(pss, salt)| {
                    pss == digest
                        && salt == hash.len()
                        && self.verify_pss(digest, salt, hash, signature)
                })
            }
            id => {
                Digest::of_rsa_signature(id) == Some(digest)
                    && algorithm.no_parameters()
                    && self.verify_pkcs1(digest, hash, signature)
            }
        }
    }

    /// Whether the signature of a certificate is right.
    pub(crate) fn verify_certificate(
        &self,
        algorithm: &AlgorithmIdentifier,
        tbs: &[u8],
        signature: &[u8],
    ) -> bool {
        if let Self::EllipticCurve { curve, point } = self {
            let scheme: &dyn aws_lc_rs::signature::VerificationAlgorithm =
                match (curve.as_slice(), algorithm.id.as_slice()) {
                    (oid::P256, oid::ECDSA_SHA256) => &aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1,
                    (oid::P256, oid::ECDSA_SHA384) => &aws_lc_rs::signature::ECDSA_P256_SHA384_ASN1,
                    (oid::P384, oid::ECDSA_SHA256) => &aws_lc_rs::signature::ECDSA_P384_SHA256_ASN1,
                    (oid::P384, oid::ECDSA_SHA384) => &aws_lc_rs::signature::ECDSA_P384_SHA384_ASN1,
                    _ => return false,
                };
            return aws_lc_rs::signature::UnparsedPublicKey::new(scheme, point)
                .verify(tbs, signature)
                .is_ok();
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
            Some((_, salt)) if algorithm.id == oid::RSASSA_PSS => {
                self.verify_pss(digest, salt, &hash, signature)
            }
            _ => self.verify_pkcs1(digest, &hash, signature),
        }
    }

    fn verify_pkcs1(&self, digest: Digest, hash: &[u8], signature: &[u8]) -> bool {
        let Some(key) = self.rsa() else { return false };
        let scheme = Pkcs1v15Sign {
            hash_len: Some(hash.len()),
            prefix: digest.prefix(hash.len()).into_boxed_slice(),
        };
        signature.len() == key.size() && key.verify(scheme, hash, signature).is_ok()
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

/// Digest and salt length of RSASSA-PSS parameters. They must be written out, use MGF1 with the same digest, and trailer 1.
fn pss_digest(parameters: Option<&[u8]>) -> Option<(Digest, usize)> {
    let mut fields = Reader::new(parameters?).nested(SEQUENCE).ok()?;
    let mut digest = None;
    let mut mask = None;
    let mut salt = None;
    while !fields.is_empty() {
        let field = fields.any().ok()?;
        let mut inner = field.reader();
        match field.tag {
            tag if tag == context(0) => {
                digest = Some(AlgorithmIdentifier::parse(inner.expect(SEQUENCE).ok()?).ok()?)
            }
            tag if tag == context(1) => {
                mask = Some(AlgorithmIdentifier::parse(inner.expect(SEQUENCE).ok()?).ok()?)
            }
            tag if tag == context(2) => {
                salt = Some(asn1::small(inner.expect(INTEGER).ok()?.content).ok()?)
            }
            tag if tag == context(3)
                && asn1::small(inner.expect(INTEGER).ok()?.content).ok()? == 1 => {}
            _ => return None,
        }
    }
    let digest = Digest::from_oid(&digest?.id)?;
    let mask = mask?;
    let mask_digest =
        AlgorithmIdentifier::parse(Reader::new(mask.parameters.as_deref()?).any().ok()?).ok()?;
    if mask.id != oid::MGF1 || Digest::from_oid(&mask_digest.id) != Some(digest) {
        return None;
    }
    Some((digest, usize::try_from(salt?).ok()?))
}
