//! Which certificates, and which reasons, a CRL is about (RFC 5280, 5.2.4, 5.2.5 and 6.3.3).

use std::collections::HashSet;

use super::distribution_point::{PointName, distribution_points, point_names};
use crate::signature::asn1::{self, BOOLEAN, Reader, SEQUENCE, context};
use crate::signature::certificate::Certificate;
use crate::signature::extension::Extension;
use crate::signature::oid;

/// What a CRL can say about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// That it is revoked, and that it is not.
    Complete,
    /// Only that it is revoked: the list is a delta or leaves out reasons, so not being on it says little. The client does
    /// not use such lists at all.
    Partial,
    /// Nothing.
    None,
}

/// What the extensions of a CRL say about its scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct CrlScope {
    /// The distribution point that the CRL is for, when it names one.
    names: Option<Vec<PointName>>,
    only_users: bool,
    only_authorities: bool,
    only_attributes: bool,
    some_reasons: bool,
    indirect: bool,
    delta: bool,
    unknown_critical: Option<Vec<u8>>,
}

impl CrlScope {
    pub(super) fn parse(extensions: &[Extension]) -> asn1::Result<Self> {
        let mut scope = Self::default();
        let mut seen = HashSet::new();
        for extension in extensions {
            let id = extension.id.as_slice();
            if !seen.insert(id) {
                return Err(asn1::Error::Value("an extension occurs twice"));
            }
            match id {
                oid::ISSUING_DISTRIBUTION_POINT => scope.read_distribution_point(&extension.value)?,
                oid::DELTA_CRL_INDICATOR => scope.delta = true,
                oid::AUTHORITY_KEY_IDENTIFIER | oid::CRL_NUMBER | oid::ISSUER_ALT_NAME => {}
                _ if extension.critical => scope.unknown_critical = Some(extension.id.clone()),
                _ => {}
            }
        }
        Ok(scope)
    }

    fn read_distribution_point(&mut self, value: &[u8]) -> asn1::Result<()> {
        for field in Reader::der(value).nested(SEQUENCE)?.all()? {
            // The flags are implicitly tagged BOOLEANs.
            let flag = || asn1::boolean(&asn1::Element { tag: BOOLEAN, ..field });
            match field.tag {
                tag if tag == context(0) => self.names = Some(point_names(field.reader().any()?)?),
                0x81 => self.only_users = flag()?,
                0x82 => self.only_authorities = flag()?,
                0x83 => self.some_reasons = true,
                0x84 => self.indirect = flag()?,
                0x85 => self.only_attributes = flag()?,
                _ => return Err(asn1::Error::Value("the issuing distribution point has an unknown field")),
            }
        }
        if [self.only_users, self.only_authorities, self.only_attributes].iter().filter(|only| **only).count() > 1 {
            return Err(asn1::Error::Value("the issuing distribution point contradicts itself"));
        }
        Ok(())
    }

    pub(super) fn unknown_critical(&self) -> Option<&[u8]> {
        self.unknown_critical.as_deref()
    }

    pub(super) const fn is_indirect(&self) -> bool {
        self.indirect
    }

    pub(super) const fn is_about_attributes(&self) -> bool {
        self.only_attributes
    }

    /// What the CRL can say about `certificate`, of the same issuer.
    ///
    /// Attack: who may choose which of an issuer's CRLs is looked at would choose one that a revoked certificate cannot be
    /// on. So a list that names its distribution point counts only for certificates that name it too.
    pub(super) fn coverage(&self, certificate: &Certificate) -> Coverage {
        let Ok(is_authority) = certificate.basic_constraints().map(|found| found.is_some_and(|(is_ca, _)| is_ca))
        else {
            return Coverage::None;
        };
        if is_authority && self.only_users || !is_authority && self.only_authorities {
            return Coverage::None;
        }
        let Ok(points) = distribution_points(certificate) else {
            return Coverage::None;
        };
        let mut own = points.iter().filter(|point| point.is_of(certificate.issuer()));
        let all_reasons = match &self.names {
            // Without a name it is for all points of the issuer, and for certificates that name none.
            None if points.is_empty() => true,
            None => {
                // A certificate may send elsewhere for everything; a list of its issuer can accuse it all the same.
                own.any(|point| !point.some_reasons)
            }
            Some(names) => {
                let is_named = |name: &PointName| names.iter().any(|own| own.matches(name));
                let matching: Vec<_> = own.filter(|point| point.names.iter().any(is_named)).collect();
                if matching.is_empty() {
                    return Coverage::None;
                }
                matching.iter().any(|point| !point.some_reasons)
            }
        };
        if all_reasons && !self.some_reasons && !self.delta { Coverage::Complete } else { Coverage::Partial }
    }
}
