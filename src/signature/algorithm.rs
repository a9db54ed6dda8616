//! Digests and the names of signature algorithms: what the .NET client knows, and nothing about what is wise to accept.

use md5::Md5;
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::asn1::{self, Element, INTEGER, NULL, OBJECT_IDENTIFIER, Reader, SEQUENCE, context, encode, encode_all};
use super::oid;

/// An algorithm identifier: the object identifier's content octets and the encoded parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlgorithmIdentifier {
    pub(crate) id: Vec<u8>,
    pub(crate) parameters: Option<Vec<u8>>,
}

/// A digest algorithm of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// MD5. Only a SignerInfo may still use it, for the client.
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

impl AlgorithmIdentifier {
    pub(crate) fn parse(element: Element<'_>) -> asn1::Result<Self> {
        Self::read(Reader::new(element.raw).nested(SEQUENCE)?)
    }

    /// The same from the content of the sequence.
    pub(crate) fn read(mut fields: Reader<'_>) -> asn1::Result<Self> {
        let id = fields.object_identifier()?.to_vec();
        let parameters = if fields.is_empty() { None } else { Some(fields.any()?.raw.to_vec()) };
        fields.finish()?;
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
        matches!(self.id.as_slice(), oid::SHA256_WITH_RSA | oid::SHA384_WITH_RSA | oid::SHA512_WITH_RSA)
    }

    /// Whether the digest is SHA-2, whatever the key.
    pub(crate) fn uses_sha2(&self) -> bool {
        self.is_sha2_with_rsa()
            || matches!(self.id.as_slice(), oid::ECDSA_SHA256 | oid::ECDSA_SHA384)
            || (self.id == oid::RSASSA_PSS
                && pss_digest(self.parameters.as_deref()).is_some_and(|(digest, _)| digest.is_sha2()))
    }

    /// Whether it is an algorithm of RSA keys that OpenSSL knows.
    pub(crate) fn is_of_rsa(&self) -> bool {
        self.id == oid::RSA || self.signs_with_rsa()
    }

    /// The same, for a certificate: the identifier of a key signs nothing.
    pub(crate) fn signs_with_rsa(&self) -> bool {
        match self.id.as_slice() {
            oid::RSASSA_PSS | oid::OIW_SHA1_WITH_RSA => true,
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 13..=16] => true,
            [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, last] => matches!(last, 2..=5 | 11..=16),
            _ => false,
        }
    }

    /// Whether it is an algorithm of elliptic curve keys that OpenSSL knows.
    pub(crate) fn signs_with_curves(&self) -> bool {
        matches!(
            self.id.as_slice(),
            [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x01]
                | [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 1..=4]
                | [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, 9..=12]
        )
    }

    /// Reads the identifier of a certificate. OpenSSL decodes parameters of the types that it knows.
    pub(crate) fn of_certificate(element: Element<'_>) -> asn1::Result<Self> {
        let found = Self::parse(element)?;
        let parameters = found.parameters.as_deref().map(|raw| Reader::new(raw).any()).transpose()?;
        if parameters.is_none_or(|parameters| asn1::is_value(&parameters)) {
            Ok(found)
        } else {
            Err(asn1::Error::Value("parameters of an algorithm are malformed"))
        }
    }

    pub(crate) fn no_parameters(&self) -> bool {
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

    pub(crate) fn of_rsa_signature(id: &[u8]) -> Option<Self> {
        Some(match id {
            oid::MD5_WITH_RSA => Self::Md5,
            oid::SHA1_WITH_RSA => Self::Sha1,
            oid::SHA256_WITH_RSA => Self::Sha256,
            oid::SHA384_WITH_RSA => Self::Sha384,
            oid::SHA512_WITH_RSA => Self::Sha512,
            _ => return None,
        })
    }

    pub(crate) const fn oid(self) -> &'static [u8] {
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

    /// The digest of `bytes`; `None` for MD5, which proves nothing.
    pub(crate) fn hash(self, bytes: &[u8]) -> Option<Vec<u8>> {
        let sha3 = |algorithm| aws_lc_rs::digest::digest(algorithm, bytes).as_ref().to_vec();
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

    /// The digest that the client compares in a SignerInfo, where it takes MD5 as well (seen with SDK 10.0.401). A push takes
    /// SHA-2 only.
    pub(crate) fn hash_as_client(self, bytes: &[u8]) -> Vec<u8> {
        self.hash(bytes).unwrap_or_else(|| Md5::digest(bytes).to_vec())
    }

    /// Everything of a DigestInfo before the digest (RFC 8017, 9.2).
    pub(crate) fn prefix(self, length: usize) -> Vec<u8> {
        let algorithm = encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, self.oid()), vec![NULL, 0]]);
        let whole = encode_all(SEQUENCE, &[algorithm, encode(asn1::OCTET_STRING, &vec![0; length])]);
        whole.get(..whole.len() - length).unwrap_or_default().to_vec()
    }
}

/// Digest and salt length of RSASSA-PSS parameters. They must be written out, use MGF1 with the same digest, and trailer 1.
pub(crate) fn pss_digest(parameters: Option<&[u8]>) -> Option<(Digest, usize)> {
    let mut fields = Reader::new(parameters?).nested(SEQUENCE).ok()?;
    let mut digest = None;
    let mut mask = None;
    let mut salt = None;
    while !fields.is_empty() {
        let field = fields.any().ok()?;
        let mut inner = field.reader();
        match field.tag {
            tag if tag == context(0) => digest = Some(AlgorithmIdentifier::parse(inner.expect(SEQUENCE).ok()?).ok()?),
            tag if tag == context(1) => mask = Some(AlgorithmIdentifier::parse(inner.expect(SEQUENCE).ok()?).ok()?),
            tag if tag == context(2) => salt = Some(asn1::small(inner.expect(INTEGER).ok()?.content).ok()?),
            tag if tag == context(3) && asn1::small(inner.expect(INTEGER).ok()?.content).ok()? == 1 => {}
            _ => return None,
        }
    }
    let digest = Digest::from_oid(&digest?.id)?;
    let mask = mask?;
    let mask_digest = AlgorithmIdentifier::parse(Reader::new(mask.parameters.as_deref()?).any().ok()?).ok()?;
    if mask.id != oid::MGF1 || Digest::from_oid(&mask_digest.id) != Some(digest) {
        return None;
    }
    Some((digest, usize::try_from(salt?).ok()?))
}
