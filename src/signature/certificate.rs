//! An X.509 certificate as a view over its DER bytes, which are kept and never written again.
//!
//! Reading is tolerant, because trust anchors are: version 1, serial numbers that are negative or too long, names in old
//! string types, any algorithms. Nothing is checked here; the rules for signers and paths are elsewhere. Extensions are
//! found when parsing and decoded when asked for, so a certificate with an odd extension can still be shown.

use std::fmt;

use sha1::{Digest as _, Sha1};
use time::macros::datetime;
use time::{Date, Month, OffsetDateTime, Time};

use super::algorithm::AlgorithmIdentifier;
use super::asn1::{self, BIT_STRING, Element, GENERALIZED_TIME, Reader, SEQUENCE, UTC_TIME, context};
use super::extension::{self, Extension};
use super::name::Name;
use super::public_key::PublicKey;
use crate::domain::fingerprint::Fingerprint;

/// Octets of a certificate. The largest in use are below 10 kB; nuget.org registers none above that.
pub const MAX_CERTIFICATE_SIZE: usize = 64 * 1024;
/// The start of validity of a certificate whose times cannot be read.
const FAR_FUTURE: OffsetDateTime = datetime!(9999-12-31 23:59:59 UTC);

/// Why bytes are no certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCertificate {
    /// Larger than [`MAX_CERTIFICATE_SIZE`].
    #[error("the certificate has {found} octets, more than the {MAX_CERTIFICATE_SIZE} that are read")]
    TooLarge {
        /// Octets found.
        found: usize,
    },
    /// The structure is not that of a certificate.
    #[error("this is no X.509 certificate: in its {part}, {reason}")]
    Structure {
        /// The part that could not be read.
        part: &'static str,
        /// What was wrong.
        reason: String,
    },
}

/// A certificate.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Vec<u8>,
    fingerprint: Fingerprint,
    version: u64,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: OffsetDateTime,
    not_after: OffsetDateTime,
    spki: Vec<u8>,
    public_key: PublicKey,
    signature_algorithm: AlgorithmIdentifier,
    signature: Vec<u8>,
    tbs: std::ops::Range<usize>,
    one_form: bool,
    readable_times: bool,
    readable: bool,
    extensions: Vec<Extension>,
}

impl Certificate {
    /// Reads exactly one certificate.
    ///
    /// # Errors
    /// [`InvalidCertificate`] for anything else, trailing bytes included.
    pub fn from_der(der: &[u8]) -> Result<Self, InvalidCertificate> {
        if der.len() > MAX_CERTIFICATE_SIZE {
            return Err(InvalidCertificate::TooLarge { found: der.len() });
        }
        let mut part = "outermost sequence";
        Self::parse(der, &mut part).map_err(|error| InvalidCertificate::Structure { part, reason: error.to_string() })
    }

    /// As OpenSSL reads it: any version, serial number, times and keys, but nothing beside the fields.
    fn parse(der: &[u8], part: &mut &'static str) -> asn1::Result<Self> {
        let mut outer = Reader::new(der);
        let mut fields = outer.nested(SEQUENCE)?;
        outer.finish()?;
        let start = der.len() - fields.rest().len();
        let tbs = fields.expect(SEQUENCE)?;
        *part = "signature";
        let outer_algorithm = fields.expect(SEQUENCE)?;
        AlgorithmIdentifier::of_certificate(outer_algorithm)?;
        let bits = fields.expect(BIT_STRING)?;
        if !asn1::is_value(&bits) {
            return Err(asn1::Error::Value("a bit string is malformed"));
        }
        // With unused bits it verifies nothing.
        let signature = bits.whole_bits().unwrap_or_default().to_vec();
        fields.finish()?;
        let mut body = tbs.reader();
        *part = "version or serial number";
        let version = match body.optional(context(0))? {
            Some(version) => {
                let mut inside = version.reader();
                let number = inside.integer()?;
                inside.finish()?;
                asn1::small(number).unwrap_or(u64::MAX)
            }
            None => 0,
        };
        let serial = body.integer()?.to_vec();
        let inner_algorithm = body.expect(SEQUENCE)?;
        // Clients judge by the identifier inside, and refuse a certificate whose outer one differs.
        let signature_algorithm = AlgorithmIdentifier::of_certificate(inner_algorithm)?;
        let one_form = outer_algorithm.raw == inner_algorithm.raw && start == header_length(der.len() - start);
        *part = "issuer name";
        let issuer = Name::of_certificate(body.expect(SEQUENCE)?)?;
        *part = "validity";
        let mut validity = body.nested(SEQUENCE)?;
        let times = [validity.any()?, validity.any()?];
        validity.finish()?;
        if let Some(other) = times.iter().find(|time| !matches!(time.tag, UTC_TIME | GENERALIZED_TIME)) {
            return Err(asn1::Error::Tag { expected: UTC_TIME, found: other.tag });
        }
        let times = times.each_ref().map(time);
        let (not_before, not_after, readable_times) = match times {
            [Ok(from), Ok(to)] => (from, to, true),
            // Never valid.
            _ => (FAR_FUTURE, OffsetDateTime::UNIX_EPOCH, false),
        };
        *part = "subject name";
        let subject = Name::of_certificate(body.expect(SEQUENCE)?)?;
        *part = "public key";
        let spki = body.expect(SEQUENCE)?;
        let public_key = PublicKey::parse(spki)?;
        *part = "unique identifiers";
        for tag in [0x81, 0x82] {
            if body.optional(tag)?.is_some_and(|bits| bits.content.first().is_none_or(|unused| *unused > 7)) {
                return Err(asn1::Error::Value("a bit string is malformed"));
            }
        }
        *part = "extensions";
        let mut extensions = Vec::new();
        if let Some(explicit) = body.optional(context(3))? {
            let mut inside = explicit.reader();
            for extension in inside.nested(SEQUENCE)?.all()? {
                extensions.push(Extension::parse(extension)?);
            }
            inside.finish()?;
        }
        body.finish()?;
        Ok(Self {
            der: der.to_vec(),
            fingerprint: Fingerprint::of(der),
            version,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            spki: spki.raw.to_vec(),
            public_key,
            signature_algorithm,
            signature,
            tbs: start..start + tbs.raw.len(),
            one_form,
            readable_times,
            readable: extension::are_readable(&extensions),
            extensions,
        })
    }

    /// The certificate as it was read.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of the DER bytes.
    #[must_use]
    pub const fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// SHA-1 of the DER bytes in upper-case hexadecimal, as Windows shows it.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        hex::encode_upper(Sha1::digest(&self.der))
    }

    /// The version as people count it: 1 or 3.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version.saturating_add(1)
    }

    /// The subject.
    #[must_use]
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// The issuer.
    #[must_use]
    pub const fn issuer(&self) -> &Name {
        &self.issuer
    }

    /// The serial number in upper-case hexadecimal, all octets of its encoding.
    #[must_use]
    pub fn serial(&self) -> String {
        hex::encode_upper(&self.serial)
    }

    /// The content octets of the serial number.
    pub(crate) fn serial_octets(&self) -> &[u8] {
        &self.serial
    }

    /// Start of validity.
    #[must_use]
    pub const fn not_before(&self) -> OffsetDateTime {
        self.not_before
    }

    /// End of validity.
    #[must_use]
    pub const fn not_after(&self) -> OffsetDateTime {
        self.not_after
    }

    /// Whether `at` lies in the validity, both ends included (RFC 5280, 4.1.2.5).
    #[must_use]
    pub fn is_valid_at(&self, at: OffsetDateTime) -> bool {
        self.not_before <= at && at <= self.not_after
    }

    /// The public key.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The `SubjectPublicKeyInfo` as encoded.
    pub(crate) fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The algorithm with which the issuer signed.
    #[must_use]
    pub const fn signature_algorithm(&self) -> &AlgorithmIdentifier {
        &self.signature_algorithm
    }

    /// Whether subject and issuer are one name.
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.subject.matches(&self.issuer)
    }

    /// Whether what surrounds the signed part has the one form that it can have. It is not signed itself: in other forms one
    /// certificate would have many fingerprints, and clients refuse them.
    pub(crate) const fn has_one_form(&self) -> bool {
        self.one_form
    }

    /// Whether the key of `issuer` signed this certificate.
    pub(crate) fn is_signed_by(&self, issuer: &Self) -> bool {
        let tbs = self.der.get(self.tbs.clone()).unwrap_or_default();
        issuer.public_key.verify_certificate(&self.signature_algorithm, tbs, &self.signature)
    }

    /// The issuer as the client compares it with others.
    pub(crate) fn printed_issuer(&self) -> String {
        Reader::new(self.issuer.as_der()).any().map(Name::printed).unwrap_or_default()
    }

    /// Whether both times are written as certificates have them. If not, the certificate counts as never valid.
    pub(crate) const fn has_readable_times(&self) -> bool {
        self.readable_times
    }

    /// Whether OpenSSL can decode its extensions. If not, it is no part of a chain but its end.
    pub(crate) const fn has_readable_extensions(&self) -> bool {
        self.readable
    }

    pub(crate) fn extensions(&self) -> &[Extension] {
        &self.extensions
    }

    /// The extension with this identifier, when there is one.
    pub(crate) fn extension(&self, id: &[u8]) -> Option<&Extension> {
        self.extensions.iter().find(|extension| extension.id == id)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({}, {})", self.subject, self.fingerprint)
    }
}

/// A UTCTime or GeneralizedTime with seconds and `Z` (RFC 5280, 4.1.2.5), the forms that certificates have. As in .NET the
/// length tells which of the two it is.
pub(crate) fn time(element: &Element<'_>) -> asn1::Result<OffsetDateTime> {
    let invalid = asn1::Error::Value("a time is not written as YYMMDDhhmmssZ or YYYYMMDDhhmmssZ");
    let digits = std::str::from_utf8(element.content).ok().and_then(|text| text.strip_suffix('Z')).ok_or(invalid)?;
    if !matches!(element.tag, UTC_TIME | GENERALIZED_TIME) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(invalid);
    }
    let century = match (digits.len(), digits.bytes().next()) {
        (12, Some(b'0'..=b'4')) => "20",
        (12, _) => "19",
        (14, _) => "",
        _ => return Err(invalid),
    };
    moment(&format!("{century}{digits}")).ok_or(invalid)
}

/// Fourteen digits `YYYYMMDDhhmmss` as a time in UTC. There is no year 0.
pub(crate) fn moment(digits: &str) -> Option<OffsetDateTime> {
    let number = |from: usize, to: usize| digits.get(from..to)?.parse::<u8>().ok();
    let year = digits.get(..4)?.parse::<i32>().ok().filter(|year| *year > 0)?;
    let date = Date::from_calendar_date(year, Month::try_from(number(4, 6)?).ok()?, number(6, 8)?).ok()?;
    let time = Time::from_hms(number(8, 10)?, number(10, 12)?, number(12, 14)?).ok()?;
    Some(date.with_time(time).assume_utc())
}

/// Octets of the shortest tag and length before so much content (X.690, 10.1).
const fn header_length(content: usize) -> usize {
    match content {
        0..0x80 => 2,
        0x80..0x100 => 3,
        0x100..0x1_0000 => 4,
        _ => 5,
    }
}
