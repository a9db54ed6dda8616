//! What a file is that is no certificate: told by its first bytes, so that the person who chose it knows what happened.
//!
//! People choose the file with the private key, the request instead of the certificate, the whole package, a web page that a
//! proxy sent instead of the download. Nothing here trusts what it finds, and no byte of a file is repeated in a message.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::asn1::{BIT_STRING, GENERALIZED_TIME, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, UTC_TIME};
use super::oid;

/// A kind of file, with its article, and what to do instead.
pub(super) type Kind = (&'static str, &'static str);

/// Nobody shall think that the server has their key now.
const KEY: &str = "it was not kept; choose the certificate that belongs to it (`.cer`), which may be given to anybody, and never send the key";
/// These files are chosen where a signer's certificate is wanted, and where a trust anchor is.
const CERTIFICATE: &str = "choose a certificate (`.cer`)";

const PRIVATE_KEY: Kind = ("a private key", KEY);
/// PEM with both, as web servers want it.
pub(super) const KEY_AND_CERTIFICATE: Kind = (
    "a certificate together with its private key",
    "it was not kept; take the certificate out of it: `openssl x509 -in FILE -out certificate.pem`, and never send the key",
);
const ENCRYPTED_KEY: Kind = ("an encrypted private key", KEY);
const RSA_KEY: Kind = ("an RSA private key", KEY);
const EC_KEY: Kind = ("an elliptic curve private key", KEY);
const SSH_KEY: Kind = ("an SSH private key", KEY);
const PUBLIC_KEY: Kind = ("a public key", "choose the certificate that holds it (`.cer`)");
const SSH_PUBLIC_KEY: Kind = ("an SSH public key", CERTIFICATE);
const REQUEST: Kind =
    ("a certificate request", "send it to your certification authority and choose the certificate that comes back");
const REVOCATION_LIST: Kind = ("a revocation list", CERTIFICATE);
const BUNDLE: Kind = (
    "a PKCS #7 bundle",
    "take the certificate that is wanted out of it: `openssl pkcs7 -in FILE -print_certs` shows all (with `-inform DER` for a binary file)",
);
const SIGNATURE_OR_BUNDLE: Kind = (
    "a PKCS #7 bundle or a signature",
    "take the certificate that is wanted out of it: `openssl pkcs7 -inform DER -in FILE -print_certs` shows all",
);
const PFX: Kind = (
    "a PFX with a private key",
    "it was not kept; export the certificate alone: `openssl pkcs12 -in FILE -nokeys -clcerts -out certificate.pem`, or on Windows without the private key",
);
const WEB_PAGE: Kind = ("a web page", "download the certificate itself: a proxy or a sign-in may stand in between");
const PACKAGE: Kind = (
    "a package",
    "take the certificate that is wanted out of its signature: `unzip -p FILE .signature.p7s | openssl pkcs7 -inform DER -print_certs` shows all",
);
const ZIP: Kind = ("a zip archive", "unpack it and choose the certificate in it");
const KEYSTORE: Kind = (
    "a Java keystore",
    "it was not kept; export the certificate alone: `keytool -exportcert -keystore FILE -alias NAME -file certificate.cer`",
);
const BARE_BASE64: Kind = (
    "base64 without its BEGIN and END lines",
    "put `-----BEGIN CERTIFICATE-----` before it and `-----END CERTIFICATE-----` after it, or export the certificate in DER (`.cer`)",
);

/// The kind of a PEM block (RFC 7468, section 4 and on) that holds no certificate; `None` for labels that say nothing.
pub(super) fn of_label(label: &str) -> Option<Kind> {
    Some(match label {
        "ENCRYPTED PRIVATE KEY" => ENCRYPTED_KEY,
        "RSA PRIVATE KEY" => RSA_KEY,
        "EC PRIVATE KEY" => EC_KEY,
        "OPENSSH PRIVATE KEY" | "SSH2 ENCRYPTED PRIVATE KEY" => SSH_KEY,
        key if key.ends_with("PRIVATE KEY") || key.ends_with("PRIVATE KEY BLOCK") => PRIVATE_KEY,
        "CERTIFICATE REQUEST" | "NEW CERTIFICATE REQUEST" => REQUEST,
        "PKCS7" | "CMS" | "PKCS #7 SIGNED DATA" => BUNDLE,
        "X509 CRL" => REVOCATION_LIST,
        key if key.ends_with("PUBLIC KEY") => PUBLIC_KEY,
        _ => return None,
    })
}

/// Whether a block of that label is secret: a file that holds one is refused whatever else it holds.
pub(super) fn is_secret(label: &str) -> bool {
    label.ends_with("PRIVATE KEY") || label.ends_with("PRIVATE KEY BLOCK")
}

/// What a file is by its first bytes, where these are neither PEM nor DER.
pub(super) fn of_magic(bytes: &[u8]) -> Option<Kind> {
    const NUSPEC: &[u8] = b".nuspec";
    match bytes {
        // APPNOTE.TXT 4.3.7; a package is an archive with its specification at the top.
        [b'P', b'K', 3, 4, ..] if bytes.windows(NUSPEC.len()).any(|name| name == NUSPEC) => Some(PACKAGE),
        [b'P', b'K', 3, 4, ..] => Some(ZIP),
        // JKS and JCEKS.
        [0xFE, 0xED, 0xFE, 0xED, ..] | [0xCE, 0xCE, 0xCE, 0xCE, ..] => Some(KEYSTORE),
        // PVK, Microsoft's older form of a private key.
        [0x1E, 0xF1, 0xB5, 0xB0, ..] => Some(PRIVATE_KEY),
        _ => None,
    }
}

/// What a text is that has no PEM blocks.
pub(super) fn of_text(text: &str) -> Option<Kind> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let start: String = text.chars().take(200).collect::<String>().to_ascii_lowercase();
    let page = start.starts_with("<!doctype html") || start.starts_with("<html");
    if page || (start.starts_with('<') && start.contains("<head")) {
        return Some(WEB_PAGE);
    }
    if start.starts_with("putty-user-key-file") || start.starts_with("---- begin ssh2 encrypted private key") {
        return Some(SSH_KEY);
    }
    if ["ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-", "---- begin ssh2 public key"]
        .iter()
        .any(|begin| start.starts_with(begin))
    {
        return Some(SSH_PUBLIC_KEY);
    }
    // A SEQUENCE with a length of two octets, as every certificate is one.
    let base64 =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '+' | '/' | '=' | '\r' | '\n');
    if !text.starts_with("MII") || !text.chars().all(base64) {
        return None;
    }
    let der = STANDARD.decode(text.split_whitespace().collect::<String>()).unwrap_or_default();
    Some(of_der(&der).unwrap_or(BARE_BASE64))
}

/// What a DER file is that is no certificate, judged by its first elements.
pub(super) fn of_der(bytes: &[u8]) -> Option<Kind> {
    let mut fields = Reader::new(bytes).nested(SEQUENCE).ok()?;
    let first = fields.any().ok()?;
    let second = fields.any().ok();
    let third = fields.any().ok();
    let tags = (first.tag, second.map(|element| element.tag), third.map(|element| element.tag));
    match tags {
        (OBJECT_IDENTIFIER, ..) if first.content == oid::SIGNED_DATA => Some(SIGNATURE_OR_BUNDLE),
        // A PFX is its version 3, then a ContentInfo (RFC 7292).
        (INTEGER, Some(SEQUENCE), _) if first.content == [3] => Some(PFX),
        // PrivateKeyInfo (RFC 5208), RSAPrivateKey (RFC 8017), ECPrivateKey (RFC 5915), in this order.
        (INTEGER, Some(SEQUENCE), Some(OCTET_STRING)) => Some(PRIVATE_KEY),
        (INTEGER, Some(INTEGER), Some(INTEGER)) => Some(RSA_KEY),
        (INTEGER, Some(OCTET_STRING), _) => Some(EC_KEY),
        // RSAPublicKey: modulus and exponent alone.
        (INTEGER, Some(INTEGER), None) => Some(PUBLIC_KEY),
        // EncryptedPrivateKeyInfo has an octet string where signed structures have an algorithm.
        (SEQUENCE, Some(OCTET_STRING), None) => Some(ENCRYPTED_KEY),
        (SEQUENCE, Some(BIT_STRING), None) => Some(PUBLIC_KEY),
        // Both a request and a list are signed like a certificate. A request starts with version 0 and a name.
        (SEQUENCE, Some(SEQUENCE), Some(BIT_STRING)) => {
            let inner = first.children().ok()?;
            match inner.get(..3)? {
                [version, name, key]
                    if (version.tag, name.tag, key.tag) == (INTEGER, SEQUENCE, SEQUENCE) && version.content == [0] =>
                {
                    Some(REQUEST)
                }
                [.., date] if is_date(date.tag) => Some(REVOCATION_LIST),
                [_, _, name] if name.tag == SEQUENCE && inner.get(3).is_some_and(|date| is_date(date.tag)) => {
                    Some(REVOCATION_LIST)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

const fn is_date(tag: u8) -> bool {
    matches!(tag, UTC_TIME | GENERALIZED_TIME)
}
