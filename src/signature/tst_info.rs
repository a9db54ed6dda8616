//! What a timestamp token says: `TSTInfo` (RFC 3161, 2.4.2).
//!
//! Strict where the client is: DER lengths, genTime with seconds and `Z`, accuracy within its bounds, nothing after the
//! last field. Policy, serial number, version and extensions are read over; any policy identifier is taken.

use time::{Duration, OffsetDateTime};

use super::algorithm::AlgorithmIdentifier;
use super::asn1::{
    BOOLEAN, Element, Error, GENERALIZED_TIME, INTEGER, OCTET_STRING, Reader, Result, SEQUENCE, context, is_shortest,
    small,
};
use super::certificate::moment;
use super::extension::{self, Extension};

/// A time whose bounds .NET cannot represent (years 1 to 9999): the client fails without a verdict.
pub(crate) const OUT_OF_RANGE: Error = Error::Value("its time and accuracy are out of range");

/// The facts of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TstInfo {
    pub(crate) imprint_algorithm: AlgorithmIdentifier,
    pub(crate) imprint: Vec<u8>,
    pub(crate) time: OffsetDateTime,
    /// The octets of the nonce as they stand; they mean something only to who asked for the token.
    pub(crate) nonce: Option<Vec<u8>>,
    /// Time minus accuracy.
    pub(crate) lower: OffsetDateTime,
    /// Time plus accuracy.
    pub(crate) upper: OffsetDateTime,
}

impl TstInfo {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut outer = Reader::der(bytes);
        let mut fields = outer.nested(SEQUENCE)?;
        fields.int32()?;
        fields.object_identifier()?;
        let mut imprint = fields.nested(SEQUENCE)?;
        let imprint_algorithm = AlgorithmIdentifier::read(imprint.nested(SEQUENCE)?)?;
        let hash = imprint.expect(OCTET_STRING)?.content.to_vec();
        imprint.finish()?;
        fields.integer()?;
        let time = gen_time(&fields.expect(GENERALIZED_TIME)?)?;
        let accuracy = match fields.optional(SEQUENCE)? {
            Some(element) => accuracy(fields.inside(element))?,
            None => Duration::ZERO,
        };
        if let Some(ordering) = fields.optional(BOOLEAN)?
            && !matches!(ordering.content, [0 | 0xFF])
        {
            return Err(Error::Value("a boolean is not in DER"));
        }
        let nonce = match fields.rest().first() {
            Some(&INTEGER) => Some(fields.integer()?.to_vec()),
            _ => None,
        };
        if let Some(explicit) = fields.optional(context(0))? {
            extension::authority_name(fields.inside(explicit))?;
        }
        if let Some(list) = fields.optional(context(1))? {
            for extension in fields.inside(list).all()? {
                Extension::fields(Reader::der(extension.raw).nested(SEQUENCE)?)?;
            }
        }
        fields.finish()?;
        Ok(Self {
            imprint_algorithm,
            imprint: hash,
            time,
            nonce,
            lower: time.checked_sub(accuracy).filter(|lower| lower.year() > 0).ok_or(OUT_OF_RANGE)?,
            upper: time.checked_add(accuracy).ok_or(OUT_OF_RANGE)?,
        })
    }
}

/// `YYYYMMDDhhmmss`, a fraction that does not end in zero, `Z`. Digits beyond the seventh (100 ns) are dropped.
fn gen_time(element: &Element<'_>) -> Result<OffsetDateTime> {
    let invalid = Error::Value("its time is not written as YYYYMMDDhhmmss[.f]Z");
    let text = std::str::from_utf8(element.content).ok().and_then(|text| text.strip_suffix('Z')).ok_or(invalid)?;
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) {
        return Err(invalid);
    }
    let time = moment(whole).ok_or(invalid)?;
    let Some(fraction) = fraction else {
        return Ok(time);
    };
    if !digits(fraction) || fraction.ends_with('0') {
        return Err(invalid);
    }
    let ticks: i64 = format!("{:0<7.7}", fraction).parse().map_err(|_| invalid)?;
    time.checked_add(Duration::nanoseconds(ticks * 100)).ok_or(invalid)
}

/// A small number in its shortest form.
fn shortest(content: &[u8]) -> Result<u64> {
    if is_shortest(content) { small(content) } else { Err(Error::Value("an integer is not in its shortest form")) }
}

fn accuracy(mut fields: Reader<'_>) -> Result<Duration> {
    let part = |element: Option<Element<'_>>| match element {
        Some(element) => match shortest(element.content)? {
            value @ 1..=999 => Ok(value),
            _ => Err(Error::Value("its accuracy is out of range")),
        },
        None => Ok(0),
    };
    let seconds = fields.optional(INTEGER)?.map_or(Ok(0), |element| shortest(element.content))?;
    let millis = part(fields.optional(0x80)?)?;
    let micros = part(fields.optional(0x81)?)?;
    fields.finish()?;
    let seconds = i32::try_from(seconds).map(i64::from).map_err(|_| Error::Value("its accuracy is out of range"))?;
    let fraction = i64::try_from(millis * 1000 + micros).unwrap_or_default();
    Ok(Duration::seconds(seconds) + Duration::microseconds(fraction))
}
