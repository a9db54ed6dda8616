//! Certificates from a file that somebody chose: PEM or DER, one or many, and a name for what a wrong file is.
//!
//! People upload the wrong file: the PFX with the private key, the request instead of the certificate, a web page that a
//! proxy sent instead of the download. The error says what the file is. The bytes of a file that may hold a private key
//! are not repeated in any message.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::asn1::{BIT_STRING, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE};
use super::certificate::{Certificate, InvalidCertificate};
use super::oid;

/// Octets of a file of trust anchors: the lists of the .NET SDK have about 500 kB.
pub const MAX_FILE_SIZE: usize = 8 << 20;
/// Certificates in one file: the lists of the .NET SDK have about 310.
const MAX_CERTIFICATES: usize = 5000;

/// Why a file gives no certificates.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificateFile {
    /// No octets.
    #[error("the file is empty; choose a certificate file (`.cer`, `.crt` or `.pem`)")]
    Empty,
    /// Too many octets.
    #[error(
        "the file has {found} octets, more than the {MAX_FILE_SIZE} that are read; choose a certificate file (`.cer`, `.crt` or `.pem`)"
    )]
    TooLarge {
        /// Octets found.
        found: usize,
    },
    /// Something known that is no certificate.
    #[error("this file is {found}; {advice}")]
    Other {
        /// What it is, with its article.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// One certificate was wanted.
    #[error("the file holds {found} certificates; choose the file with the signer's certificate alone")]
    Several {
        /// How many.
        found: usize,
    },
    /// More certificates than are read from one file.
    #[error("the file holds more than {MAX_CERTIFICATES} certificates")]
    TooMany,
    /// A PEM block that is not base64.
    #[error("certificate {number} of the file is not base64 between its BEGIN and END lines")]
    Base64 {
        /// Which, from 1 on.
        number: usize,
    },
    /// A certificate that cannot be read.
    #[error("certificate {number} of the file cannot be read")]
    Certificate {
        /// Which, from 1 on.
        number: usize,
        /// Why.
        #[source]
        error: InvalidCertificate,
    },
    /// Nothing that is known.
    #[error("this is no certificate file; choose a certificate in DER (`.cer`) or PEM (`.pem`, `.crt`)")]
    Unknown,
}

/// Advice for the files that people confuse with certificates.
const EXPORT: &str = "export the certificate alone, without its private key (`.cer`)";

/// The one certificate in a file.
///
/// # Errors
/// [`InvalidCertificateFile`], also when there are several.
pub fn read_one(bytes: &[u8]) -> Result<Certificate, InvalidCertificateFile> {
    let mut certificates = read_all(bytes)?;
    match (certificates.pop(), certificates.len()) {
        (Some(certificate), 0) => Ok(certificate),
        (_, others) => Err(InvalidCertificateFile::Several { found: others + 1 }),
    }
}

/// All certificates in a file: one in DER, or any number in PEM with text around them.
///
/// # Errors
/// [`InvalidCertificateFile`]; one unreadable certificate refuses the file. A file with a private key is refused whatever
/// else it holds.
pub fn read_all(bytes: &[u8]) -> Result<Vec<Certificate>, InvalidCertificateFile> {
    if bytes.is_empty() {
        return Err(InvalidCertificateFile::Empty);
    }
    if bytes.len() > MAX_FILE_SIZE {
        return Err(InvalidCertificateFile::TooLarge { found: bytes.len() });
    }
    if bytes.first() == Some(&SEQUENCE) {
        return read_der(bytes).map(|certificate| vec![certificate]);
    }
    let text = text_of(bytes);
    match &text {
        Some(text) if text.contains("-----BEGIN ") => read_pem(text),
        Some(text) if looks_like_html(text) => {
            Err(InvalidCertificateFile::Other { found: "a web page", advice: "download the certificate itself" })
        }
        _ => Err(InvalidCertificateFile::Unknown),
    }
}

fn read_der(bytes: &[u8]) -> Result<Certificate, InvalidCertificateFile> {
    Certificate::from_der(bytes).map_err(|error| match other_der(bytes) {
        Some((found, advice)) => InvalidCertificateFile::Other { found, advice },
        None => InvalidCertificateFile::Certificate { number: 1, error },
    })
}

fn read_pem(text: &str) -> Result<Vec<Certificate>, InvalidCertificateFile> {
    let mut certificates = Vec::new();
    let mut other = None;
    for (label, body) in blocks(text) {
        let number = certificates.len() + 1;
        if label.ends_with("PRIVATE KEY") {
            return Err(InvalidCertificateFile::Other { found: "a private key", advice: EXPORT });
        }
        match label {
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE" => {
                if certificates.len() == MAX_CERTIFICATES {
                    return Err(InvalidCertificateFile::TooMany);
                }
                let packed: String = body.split_whitespace().collect();
                let der = STANDARD.decode(packed).map_err(|_| InvalidCertificateFile::Base64 { number })?;
                let certificate = Certificate::from_der(&der)
                    .map_err(|error| InvalidCertificateFile::Certificate { number, error })?;
                certificates.push(certificate);
            }
            "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => {
                other = Some((
                    "a certificate request",
                    "send it to your certification authority and choose what comes back",
                ));
            }
            "PKCS7" | "CMS" => other = Some(("a PKCS #7 bundle", EXPORT)),
            "X509 CRL" => other = Some(("a revocation list", "choose the certificate of the signer")),
            "PUBLIC KEY" | "RSA PUBLIC KEY" => other = Some(("a public key", "choose the certificate that holds it")),
            _ => {}
        }
    }
    match (certificates.is_empty(), other) {
        (false, _) => Ok(certificates),
        (true, Some((found, advice))) => Err(InvalidCertificateFile::Other { found, advice }),
        (true, None) => Err(InvalidCertificateFile::Unknown),
    }
}

/// The labels and bodies of the PEM blocks (RFC 7468). A block without its end line is left out.
fn blocks(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("-----BEGIN ").skip(1).filter_map(|block| {
        let (label, rest) = block.split_once("-----")?;
        let (body, _) = rest.split_once("-----END ")?;
        Some((label.trim(), body))
    })
}

/// UTF-8, or UTF-16 with a byte order mark as some Windows tools write.
fn text_of(bytes: &[u8]) -> Option<String> {
    let units = |from: fn([u8; 2]) -> u16| -> Vec<u16> {
        bytes.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(from).collect()
    };
    match bytes {
        [0xFF, 0xFE, ..] => String::from_utf16(&units(u16::from_le_bytes)).ok(),
        [0xFE, 0xFF, ..] => String::from_utf16(&units(u16::from_be_bytes)).ok(),
        _ => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

fn looks_like_html(text: &str) -> bool {
    let start: String = text.trim_start_matches('\u{feff}').trim_start().chars().take(200).collect();
    let start = start.to_ascii_lowercase();
    start.starts_with("<!doctype html")
        || start.starts_with("<html")
        || (start.starts_with('<') && start.contains("<head"))
}

/// What a DER file is that is no certificate, judged by its first elements.
fn other_der(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let mut fields = Reader::new(bytes).nested(SEQUENCE).ok()?;
    let first = fields.any().ok()?;
    let second = fields.any().ok();
    let third = fields.any().ok();
    let tags = (first.tag, second.map(|element| element.tag), third.map(|element| element.tag));
    match tags {
        (OBJECT_IDENTIFIER, ..) if first.content == oid::SIGNED_DATA => {
            Some(("a PKCS #7 bundle or a signature", EXPORT))
        }
        // A PFX is its version 3, then a ContentInfo (RFC 7292).
        (INTEGER, Some(SEQUENCE), _) if first.content == [3] => Some(("a PFX with a private key", EXPORT)),
        // PrivateKeyInfo, RSAPrivateKey, ECPrivateKey, in this order.
        (INTEGER, Some(SEQUENCE | INTEGER), Some(OCTET_STRING | INTEGER)) | (INTEGER, Some(OCTET_STRING), _) => {
            Some(("a private key", EXPORT))
        }
        // EncryptedPrivateKeyInfo has an octet string where signed structures have an algorithm.
        (SEQUENCE, Some(OCTET_STRING), None) => Some(("an encrypted private key", EXPORT)),
        (SEQUENCE, Some(BIT_STRING), None) => Some(("a public key", "choose the certificate that holds it")),
        (SEQUENCE, Some(SEQUENCE), Some(BIT_STRING)) => {
            // Both a request and a list are signed like a certificate. A request starts with version 0 and a name.
            let inner = first.children().ok()?;
            match inner.get(..3)? {
                [version, name, key]
                    if (version.tag, name.tag, key.tag) == (INTEGER, SEQUENCE, SEQUENCE) && version.content == [0] =>
                {
                    Some((
                        "a certificate request",
                        "send it to your certification authority and choose what comes back",
                    ))
                }
                [.., date] if matches!(date.tag, super::asn1::UTC_TIME | super::asn1::GENERALIZED_TIME) => {
                    Some(("a revocation list", "choose the certificate of the signer"))
                }
                [_, _, name]
                    if name.tag == SEQUENCE && inner.get(3).is_some_and(|date| matches!(date.tag, 0x17 | 0x18)) =>
                {
                    Some(("a revocation list", "choose the certificate of the signer"))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

#[cfg(test)]
#[path = "certificate_file_tests.rs"]
mod tests;
