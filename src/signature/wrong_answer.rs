//! What a file is that holds no answer about revocation: told by its first bytes, as for [certificates](super::certificate_file).

use super::certificate_file::{InvalidCertificateFile, read_all};

const LIST: &str = "choose the list of its issuer (`.crl`), or an OCSP response";

/// What the file is, with its article, and what to do; `None` where it may be an answer, or nothing known.
#[must_use]
pub fn known_otherwise(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    match read_all(bytes) {
        Ok(certificates) if certificates.len() == 1 => Some(("a certificate", LIST)),
        Ok(_) | Err(InvalidCertificateFile::Several { .. }) => Some(("a file with certificates", LIST)),
        Err(InvalidCertificateFile::Other { found: "a revocation list", .. }) => None,
        Err(InvalidCertificateFile::Other { found: "a web page", .. }) => {
            Some(("a web page", "download the list itself: a proxy or a sign-in may stand in between"))
        }
        Err(InvalidCertificateFile::Other { found, .. })
            if found.contains("private key") || found.contains("keystore") =>
        {
            Some((found, "it was not kept; choose the list of its issuer (`.crl`), and never send the key"))
        }
        Err(InvalidCertificateFile::Other { found, .. }) => Some((found, LIST)),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_something_else_is_called_by_its_name_and_a_list_is_left_to_its_reader() {
        let named = |bytes: &[u8]| known_otherwise(bytes).map(|(found, _)| found);
        assert_eq!(named(b"<!DOCTYPE html><html>"), Some("a web page"));
        assert_eq!(named(b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"), Some("a private key"));
        assert_eq!(named(b"-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n"), None);
        assert_eq!((named(b""), named(b"\x30\x03\x0a\x01\x00")), (None, None));
    }
}
