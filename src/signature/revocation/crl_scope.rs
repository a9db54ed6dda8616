//! Which certificates, and which reasons, a CRL is about (RFC 5280, 5.2.4, 5.2.5 and 6.3.3).

use std::collections::HashSet;

use super::distribution_point::{PointName, distribution_points, point_names};
use crate::signature::asn1::{self, BOOLEAN, Reader, SEQUENCE, context};
use crate::signature::certificate::Certificate;
use crate::signature::extension::Extension;
use crate::signature::oid;

/// What a CRL can say about a certificate of its issuer. All of them can say that it is revoked: an issuer gives a number
/// once, so being on a list means one thing, whatever else the list is for. The rest is about not being on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coverage {
    /// That it is not revoked.
    Complete,
    /// Nothing more: the list tells changes only. The client takes it for complete.
    Changes,
    /// Nothing more: the list leaves out reasons. The client does not use it at all.
    SomeReasons,
    /// Nothing more: it would not be on this list.
    Outside,
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
    /// Whether something in the extensions is not understood, so that the list may be for anything.
    unclear: bool,
    /// Whether an extension occurs twice; the first counts.
    repeated: bool,
    /// The issuing distribution point as it is encoded.
    encoded: Vec<u8>,
}

impl CrlScope {
    pub(super) fn parse(extensions: &[Extension]) -> asn1::Result<Self> {
        let mut scope = Self::default();
        let mut seen = HashSet::new();
        for extension in extensions {
            let id = extension.id.as_slice();
            if !seen.insert(id) {
                scope.repeated = true;
                continue;
            }
            match id {
                oid::ISSUING_DISTRIBUTION_POINT => scope.read_distribution_point(&extension.value)?,
                oid::DELTA_CRL_INDICATOR => scope.delta = true,
                oid::AUTHORITY_KEY_IDENTIFIER | oid::CRL_NUMBER | oid::ISSUER_ALT_NAME => {}
                _ if extension.critical => scope.unclear = true,
                _ => {}
            }
        }
        Ok(scope)
    }

    fn read_distribution_point(&mut self, value: &[u8]) -> asn1::Result<()> {
        self.encoded = value.to_vec();
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

    /// The delta flag and the encoded distribution point.
    pub(super) fn octets(&self) -> Vec<u8> {
        [&[u8::from(self.delta)], self.encoded.as_slice()].concat()
    }

    pub(super) const fn repeats_extensions(&self) -> bool {
        self.repeated
    }

    pub(super) const fn is_indirect(&self) -> bool {
        self.indirect
    }

    /// What the CRL can say about `certificate`, of the same issuer.
    ///
    /// Attack: who may choose which of an issuer's CRLs is looked at would choose one that a revoked certificate cannot be
    /// on. So a list that names its distribution point counts only for certificates that name it too.
    pub(super) fn coverage(&self, certificate: &Certificate) -> Coverage {
        let constraints = certificate.basic_constraints();
        let (Ok(constraints), Ok(points)) = (constraints, distribution_points(certificate)) else {
            return Coverage::Outside;
        };
        let is_authority = constraints.is_some_and(|(is_ca, _)| is_ca);
        let other_kind = if is_authority { self.only_users } else { self.only_authorities };
        let own: Vec<_> = points.iter().filter(|point| point.is_of(certificate.issuer())).collect();
        let matching: Vec<_> = match &self.names {
            None => own,
            Some(names) => {
                let is_named = |name: &PointName| names.iter().any(|own| own.matches(name));
                own.into_iter().filter(|point| point.names.iter().any(is_named)).collect()
            }
        };
        // A list without a name is for all certificates of its issuer, also for those that name no point.
        let is_for_it = self.names.is_none() || !matching.is_empty();
        let all_reasons = points.is_empty() || matching.iter().any(|point| !point.some_reasons);
        if self.some_reasons {
            Coverage::SomeReasons
        } else if self.unclear || self.only_attributes || other_kind || !is_for_it || !all_reasons {
            Coverage::Outside
        } else if self.delta {
            Coverage::Changes
        } else {
            Coverage::Complete
        }
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::signature::asn1::encode;
    use crate::signature::revocation::Crl;
    use crate::signature::revocation::test_issuer::{TestCrl, extension, for_users_alone};

    /// They are hashed into a stored key: when they change, newer lists no longer take the place of older ones.
    #[test]
    fn the_octets_of_a_scope_stay_what_they_are() {
        let octets = |extensions: Vec<Vec<u8>>| {
            let (from, until) = (datetime!(2026-01-01 0:00 UTC), datetime!(2026-02-01 0:00 UTC));
            let list = TestCrl { extensions, ..TestCrl::new("crl-ca", from, until) };
            hex::encode(Crl::parse(&list.der()).unwrap().scope_octets())
        };
        let point = for_users_alone();
        let delta = extension(oid::DELTA_CRL_INDICATOR, true, &encode(2, &[1]));
        assert_eq!(octets(vec![]), "00");
        assert_eq!(octets(vec![delta.clone()]), "01");
        assert_eq!(octets(vec![point.clone()]), "0030038101ff");
        assert_eq!(octets(vec![delta, point]), "0130038101ff");
    }
}
