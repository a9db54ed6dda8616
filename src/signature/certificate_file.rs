//! Certificates from a file that somebody chose: PEM or DER, one or many, and a name for what a wrong file is.
//!
//! People upload the wrong file: the PFX with the private key, the request instead of the certificate, a web page that a
//! proxy sent instead of the download. The error says what the file is. The bytes of a file that may hold a private key
//! are not repeated in any message.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::asn1::SEQUENCE;
use super::certificate::{Certificate, InvalidCertificate, MAX_CERTIFICATE_SIZE};
use super::wrong_file::{self, Kind};

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
    #[error(
        "the file holds {found} certificates; choose a file with the signer's certificate alone, and one with the others as the certificates above it"
    )]
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
    /// It ends too early.
    #[error("the file is cut off: it says that it has {expected} octets, and has {found}; copy or download it again")]
    CutOff {
        /// Octets that it should have.
        expected: usize,
        /// Octets found.
        found: usize,
    },
    /// A PEM block has no end.
    #[error("the file is cut off: the line `-----END CERTIFICATE-----` is missing; copy or download it again")]
    NoEnd,
    /// Something follows the certificate, which would be no part of its fingerprint.
    #[error("after the certificate {extra} more octets follow; export the certificate again, in DER (`.cer`)")]
    Trailing {
        /// How many.
        extra: usize,
    },
    /// A certificate that cannot be read.
    #[error("certificate {number} of the file cannot be read: {error}")]
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

impl From<Kind> for InvalidCertificateFile {
    fn from((found, advice): Kind) -> Self {
        Self::Other { found, advice }
    }
}

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
        return read_der(bytes);
    }
    if let Some(kind) = wrong_file::of_magic(bytes) {
        return Err(kind.into());
    }
    match text_of(bytes) {
        Some(text) if text.contains("-----BEGIN ") => read_pem(&text),
        Some(text) => Err(wrong_file::of_text(&text).map_or(InvalidCertificateFile::Unknown, Into::into)),
        None => Err(InvalidCertificateFile::Unknown),
    }
}

fn read_der(bytes: &[u8]) -> Result<Vec<Certificate>, InvalidCertificateFile> {
    let unreadable = match Certificate::from_der(bytes) {
        Ok(certificate) => return Ok(vec![certificate]),
        Err(error) => InvalidCertificateFile::Certificate { number: 1, error },
    };
    if let Some(kind) = wrong_file::of_der(bytes) {
        return Err(kind.into());
    }
    let Some(expected) = length_of(bytes) else { return Err(unreadable) };
    if bytes.len() < expected {
        return Err(InvalidCertificateFile::CutOff { expected, found: bytes.len() });
    }
    let Some(first) = bytes.get(..expected).filter(|first| Certificate::from_der(first).is_ok()) else {
        return Err(unreadable);
    };
    // Some tools write one after the other.
    let mut rest = bytes.get(first.len()..).unwrap_or_default();
    let mut found = 1;
    while let Some(length) = length_of(rest) {
        let Some(next) = rest.get(..length).filter(|next| Certificate::from_der(next).is_ok()) else { break };
        found += 1;
        rest = rest.get(next.len()..).unwrap_or_default();
    }
    if found > 1 {
        Err(InvalidCertificateFile::Several { found })
    } else {
        Err(InvalidCertificateFile::Trailing { extra: rest.len() })
    }
}

/// Octets of the sequence that the bytes begin with, by what its length says; `None` when it says nothing definite, or
/// more than a certificate ever has.
fn length_of(bytes: &[u8]) -> Option<usize> {
    let [SEQUENCE, length, rest @ ..] = bytes else { return None };
    match length {
        0..=0x7F => Some(2 + usize::from(*length)),
        0x81..=0x83 => {
            let octets = usize::from(length & 0x7F);
            let value = rest.get(..octets)?.iter().fold(0, |value, octet| value << 8 | usize::from(*octet));
            Some(2 + octets + value).filter(|length| *length <= MAX_CERTIFICATE_SIZE)
        }
        _ => None,
    }
}

fn read_pem(text: &str) -> Result<Vec<Certificate>, InvalidCertificateFile> {
    if let Some(secret) = labels(text).find(|label| wrong_file::is_secret(label)) {
        if labels(text).any(is_certificate) {
            return Err(wrong_file::KEY_AND_CERTIFICATE.into());
        }
        return Err(wrong_file::of_label(secret).map_or(InvalidCertificateFile::Unknown, Into::into));
    }
    let mut certificates = Vec::new();
    let mut other = None;
    for (label, body) in blocks(text) {
        let number = certificates.len() + 1;
        if !is_certificate(label) {
            other = wrong_file::of_label(label).or(other);
            continue;
        }
        if certificates.len() == MAX_CERTIFICATES {
            return Err(InvalidCertificateFile::TooMany);
        }
        let packed: String = body.split_whitespace().collect();
        let der = STANDARD.decode(packed).map_err(|_| InvalidCertificateFile::Base64 { number })?;
        certificates.push(Certificate::from_der(&der).map_err(|error| match wrong_file::of_der(&der) {
            Some(kind) => kind.into(),
            None => InvalidCertificateFile::Certificate { number, error },
        })?);
    }
    match (certificates.is_empty(), other) {
        (false, _) => Ok(certificates),
        (true, Some(kind)) => Err(kind.into()),
        (true, None) if labels(text).any(is_certificate) => Err(InvalidCertificateFile::NoEnd),
        (true, None) => Err(InvalidCertificateFile::Unknown),
    }
}

fn is_certificate(label: &str) -> bool {
    matches!(label, "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE")
}

/// The labels of all PEM blocks, also of those without an end: half of a private key is one.
fn labels(text: &str) -> impl Iterator<Item = &str> {
    text.split("-----BEGIN ").skip(1).filter_map(|block| Some(block.split_once("-----")?.0.trim()))
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

#[cfg(test)]
#[path = "certificate_file_tests.rs"]
mod tests;
