//! The entries of a CRL, found by serial number without keeping a decoded list.
//!
//! A CRL of 10 MB has a quarter of a million entries. Each is read once, so that a bad one is known; what stays is its
//! place, four octets, in the order of the serial numbers.

use std::cmp::Reverse;

use time::OffsetDateTime;

use super::reason::Reason;
use super::serial_number;
use crate::signature::asn1::{self, GENERALIZED_TIME, INTEGER, Reader, SEQUENCE};
use crate::signature::certificate::{Extension, time};
use crate::signature::oid;

/// What a CRL says about one serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RevokedEntry<'a> {
    serial: &'a [u8],
    /// When it was revoked.
    pub(super) at: OffsetDateTime,
    pub(super) reason: Reason,
    /// From when on it should not have been trusted, where the issuer said so.
    pub(super) invalid_since: Option<OffsetDateTime>,
}

/// The places of the entries within the encoded list, by serial number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct RevokedEntries {
    places: Vec<u32>,
    /// Whether an entry has a critical extension that is not known: it may be about another issuer's certificate, and so
    /// may all that follow (RFC 5280, 5.3).
    unclear: bool,
}

impl RevokedEntries {
    /// Reads the content of `revokedCertificates`. Of several entries for one number the gravest stays.
    pub(super) fn parse(list: &[u8]) -> asn1::Result<Self> {
        let mut found: Vec<(&[u8], Reverse<u8>, u32)> = Vec::new();
        let mut unclear = false;
        let mut rest = Reader::der(list);
        while !rest.is_empty() {
            let place = u32::try_from(list.len() - rest.rest().len());
            let (entry, unknown) = RevokedEntry::parse(&mut rest)?;
            unclear |= unknown;
            let place = place.map_err(|_| asn1::Error::Value("the list is too long"))?;
            found.push((entry.serial, Reverse(gravity(entry.reason)), place));
        }
        found.sort_unstable();
        found.dedup_by_key(|(serial, _, _)| *serial);
        let places = found.into_iter().map(|(_, _, place)| place).collect();
        Ok(Self { places, unclear })
    }

    /// How many serial numbers are listed.
    pub(super) const fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether the list can be relied on for not having something.
    pub(super) const fn is_unclear(&self) -> bool {
        self.unclear
    }

    /// The entry for a serial number; `list` is what was parsed.
    pub(super) fn find<'a>(&self, list: &'a [u8], serial: &[u8]) -> Option<RevokedEntry<'a>> {
        let entry = |place: &u32| {
            let from = list.get(usize::try_from(*place).ok()?..)?;
            RevokedEntry::parse(&mut Reader::der(from)).ok().map(|(entry, _)| entry)
        };
        let wanted = serial_number::value(serial);
        let at =
            self.places.binary_search_by(|place| entry(place).map(|entry| entry.serial).cmp(&Some(wanted))).ok()?;
        self.places.get(at).and_then(entry)
    }
}

impl<'a> RevokedEntry<'a> {
    /// The next entry, and whether it has a critical extension that is not known.
    fn parse(list: &mut Reader<'a>) -> asn1::Result<(Self, bool)> {
        let mut fields = list.nested(SEQUENCE)?;
        let serial = serial_number::value(fields.expect(INTEGER)?.content);
        let mut entry = Self { serial, at: time(&fields.any()?)?, reason: Reason::Unspecified, invalid_since: None };
        let mut unknown = false;
        if !fields.is_empty() {
            let mut extensions = fields.nested(SEQUENCE)?;
            while !extensions.is_empty() {
                let (id, critical, value) = Extension::fields(extensions.nested(SEQUENCE)?)?;
                match id {
                    oid::CRL_REASON => entry.reason = Reason::parse(&Reader::der(value).any()?)?,
                    oid::INVALIDITY_DATE => {
                        entry.invalid_since = Some(time(&Reader::der(value).expect(GENERALIZED_TIME)?)?);
                    }
                    _ if critical => unknown = true,
                    _ => {}
                }
            }
        }
        fields.finish()?;
        Ok((entry, unknown))
    }
}

/// What is worse for a certificate: revoked for good, on hold, taken off.
const fn gravity(reason: Reason) -> u8 {
    match reason {
        Reason::RemoveFromCrl => 0,
        Reason::CertificateHold => 1,
        _ => 2,
    }
}
