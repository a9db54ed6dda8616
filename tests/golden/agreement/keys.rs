//! The test keys of the golden packages, used as a signer of anything uses them.

use std::collections::HashMap;
use std::fs;
use std::sync::{Mutex, OnceLock};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512, RsaKeyPair,
};
use base64::Engine;
use rsa::pkcs8::DecodePrivateKey;
use rsa::traits::PublicKeyParts;
use sha1::Digest;

use super::der;
use crate::manifest::folder;

/// A digest by its usual name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

/// How a signature is padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Pkcs1(Hash),
    Pss(Hash),
}

pub struct Key {
    pkcs8: Vec<u8>,
    spki: Vec<u8>,
    elliptic: bool,
}

impl Hash {
    pub const SHA2: [Self; 3] = [Self::Sha256, Self::Sha384, Self::Sha512];

    pub fn of(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha1::Sha1::digest(bytes).to_vec(),
            Self::Sha256 => sha2::Sha256::digest(bytes).to_vec(),
            Self::Sha384 => sha2::Sha384::digest(bytes).to_vec(),
            Self::Sha512 => sha2::Sha512::digest(bytes).to_vec(),
        }
    }

    pub fn oid(self) -> &'static str {
        match self {
            Self::Sha1 => "1.3.14.3.2.26",
            Self::Sha256 => "2.16.840.1.101.3.4.2.1",
            Self::Sha384 => "2.16.840.1.101.3.4.2.2",
            Self::Sha512 => "2.16.840.1.101.3.4.2.3",
        }
    }

    pub fn with_rsa(self) -> &'static str {
        match self {
            Self::Sha1 => "1.2.840.113549.1.1.5",
            Self::Sha256 => "1.2.840.113549.1.1.11",
            Self::Sha384 => "1.2.840.113549.1.1.12",
            Self::Sha512 => "1.2.840.113549.1.1.13",
        }
    }
}

impl Scheme {
    /// The AlgorithmIdentifier of a certificate signed so.
    pub fn identifier(self) -> Vec<u8> {
        match self {
            Self::Pkcs1(hash) => der::algorithm(hash.with_rsa(), true),
            Self::Pss(hash) => der::seq(&[der::oid("1.2.840.113549.1.1.10"), pss_parameters(hash, hash, 0)]),
        }
    }
}

/// RSASSA-PSS parameters with a salt as long as the digest, or with `more` octets.
pub fn pss_parameters(hash: Hash, mask: Hash, more: u64) -> Vec<u8> {
    let digest = der::algorithm(hash.oid(), true);
    let mask = der::seq(&[der::oid("1.2.840.113549.1.1.8"), der::algorithm(mask.oid(), true)]);
    let salt = der::integer(hash.of(b"").len() as u64 + more);
    der::seq(&[der::ctx(0, &[digest]), der::ctx(1, &[mask]), der::ctx(2, &[salt])])
}

/// A key by the name of its file.
pub fn key(name: &str) -> &'static Key {
    static KEYS: OnceLock<Mutex<HashMap<String, &'static Key>>> = OnceLock::new();
    let mut keys = KEYS.get_or_init(Mutex::default).lock().unwrap();
    keys.entry(name.to_owned()).or_insert_with(|| Box::leak(Box::new(Key::read(name))))
}

impl Key {
    fn read(name: &str) -> Self {
        let text = fs::read_to_string(folder().join(format!("trust/keys/{name}.key.pem"))).unwrap();
        let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        let pkcs8 = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
        let elliptic = !pkcs8.windows(9).any(|window| window == [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1, 1]);
        let spki = if elliptic {
            let pair = EcdsaKeyPair::from_pkcs8(&aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING, &pkcs8).unwrap();
            let algorithm = der::seq(&[der::oid("1.2.840.10045.2.1"), der::oid("1.2.840.10045.3.1.7")]);
            der::seq(&[algorithm, der::bits(pair.public_key().as_ref())])
        } else {
            let private = rsa::RsaPrivateKey::from_pkcs8_der(&pkcs8).unwrap();
            let number = |bytes: Box<[u8]>| {
                let mut octets: Vec<u8> = bytes.iter().copied().skip_while(|&octet| octet == 0).collect();
                if octets[0] & 0x80 != 0 {
                    octets.insert(0, 0);
                }
                der::tlv(2, &octets)
            };
            let public = [number(private.n().to_be_bytes()), number(private.e().to_be_bytes())];
            der::seq(&[der::algorithm("1.2.840.113549.1.1.1", true), der::bits(&der::seq(&public))])
        };
        Self { pkcs8, spki, elliptic }
    }

    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    pub fn is_elliptic(&self) -> bool {
        self.elliptic
    }

    /// SHA-1 of the key bits, as most certificates have it for their identifier.
    pub fn identifier(&self) -> Vec<u8> {
        let parts = der::children(&self.spki).unwrap();
        Hash::Sha1.of(&der::content(&parts[1]).unwrap()[1..])
    }

    pub fn sign(&self, scheme: Scheme, bytes: &[u8]) -> Vec<u8> {
        if self.elliptic {
            let pair =
                EcdsaKeyPair::from_pkcs8(&aws_lc_rs::signature::ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8).unwrap();
            return pair.sign(&SystemRandom::new(), bytes).unwrap().as_ref().to_vec();
        }
        let encoding: &'static dyn aws_lc_rs::signature::RsaEncoding = match scheme {
            Scheme::Pkcs1(Hash::Sha256) => &RSA_PKCS1_SHA256,
            Scheme::Pkcs1(Hash::Sha384) => &RSA_PKCS1_SHA384,
            Scheme::Pkcs1(Hash::Sha512) => &RSA_PKCS1_SHA512,
            Scheme::Pss(Hash::Sha256) => &RSA_PSS_SHA256,
            Scheme::Pss(Hash::Sha384) => &RSA_PSS_SHA384,
            Scheme::Pss(Hash::Sha512) => &RSA_PSS_SHA512,
            Scheme::Pkcs1(Hash::Sha1) | Scheme::Pss(Hash::Sha1) => return self.sign_slowly(Hash::Sha1, bytes),
        };
        let Ok(pair) = RsaKeyPair::from_pkcs8(&self.pkcs8) else {
            let (Scheme::Pkcs1(hash) | Scheme::Pss(hash)) = scheme;
            return self.sign_slowly(hash, bytes);
        };
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(encoding, &SystemRandom::new(), bytes, &mut signature).unwrap();
        signature
    }

    /// For what the fast library does not sign: small keys and SHA-1.
    fn sign_slowly(&self, hash: Hash, bytes: &[u8]) -> Vec<u8> {
        let key = rsa::RsaPrivateKey::from_pkcs8_der(&self.pkcs8).unwrap();
        let scheme = match hash {
            Hash::Sha1 => rsa::Pkcs1v15Sign::new::<sha1::Sha1>(),
            Hash::Sha256 => rsa::Pkcs1v15Sign::new::<sha2::Sha256>(),
            Hash::Sha384 => rsa::Pkcs1v15Sign::new::<sha2::Sha384>(),
            Hash::Sha512 => rsa::Pkcs1v15Sign::new::<sha2::Sha512>(),
        };
        key.sign(scheme, &hash.of(bytes)).unwrap()
    }
}
