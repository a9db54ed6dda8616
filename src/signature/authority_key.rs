//! The authority key identifier (RFC 5280, 4.2.1.1): how a certificate or a CRL names the key that signed it.
//!
//! It is a hint and proves nothing; the signature does.

use super::asn1::{self, Reader, SEQUENCE, context};
use super::certificate::Certificate;
use super::name::Name;

/// The content of the extension.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct AuthorityKeyIdentifier {
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) issuer: Option<Name>,
    pub(crate) serial: Option<Vec<u8>>,
}

impl AuthorityKeyIdentifier {
    /// Reads the value of the extension.
    pub(crate) fn parse(value: &[u8]) -> asn1::Result<Self> {
        let mut found = Self::default();
        for field in Reader::new(value).nested(SEQUENCE)?.all()? {
            match field.tag {
                0x80 => found.key = Some(field.content.to_vec()),
                0x82 => found.serial = Some(field.content.to_vec()),
                tag if tag == context(1) => {
                    let names = field.children()?;
                    let directory = names.iter().find(|name| name.tag == context(4));
                    found.issuer = directory.map(|name| Name::parse(name.reader().any()?)).transpose()?;
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// Whether nothing in it speaks against `issuer`. What either side leaves out is not compared, as in OpenSSL.
    pub(crate) fn fits(&self, issuer: &Certificate) -> bool {
        let key_fits = match (&self.key, issuer.subject_key_identifier()) {
            (Some(named), Some(own)) => named == own,
            _ => true,
        };
        let serial_fits = self.serial.as_deref().is_none_or(|serial| serial == issuer.serial_octets());
        let name_fits = self.issuer.as_ref().is_none_or(|name| name.matches(issuer.issuer()));
        key_fits && serial_fits && name_fits
    }
}
