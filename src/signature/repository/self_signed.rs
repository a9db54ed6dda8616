//! A new key with a self-signed certificate, for a feed without a company certification authority.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::super::algorithm::Digest;
use super::super::asn1::{
    BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING,
    SEQUENCE, SET, UTC_TIME, UTF8_STRING, context, encode, encode_all,
};
use super::super::oid;
use super::InvalidSigner;

/// How long a generated certificate is valid: ten years. Without timestamps a signature ends with its certificate.
const VALIDITY: Duration = Duration::days(3652);
/// How far before now it starts, for clients whose clock is slow.
const BEFORE: Duration = Duration::hours(1);

/// A new key and its certificate.
pub struct Generated {
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// The private key in PKCS #8, unencrypted: wipe it after use.
    pub pkcs8: zeroize::Zeroizing<Vec<u8>>,
}

/// Generates an RSA key of 3072 bits and a certificate for it, as NuGet clients want repository certificates: code signing
/// only, digital signature only, with a subject key identifier, a positive serial number of 16 octets, SHA-256 with RSA,
/// valid for ten years.
///
/// # Errors
/// [`InvalidSigner::Unusable`] when the random generator fails.
pub fn generate(common_name: &str, now: OffsetDateTime) -> Result<Generated, InvalidSigner> {
    let unusable = |_| InvalidSigner::Unusable;
    let key = KeyPair::generate(KeySize::Rsa3072).map_err(unusable)?;
    let random = SystemRandom::new();
    let mut serial = [0; 16];
    random.fill(&mut serial).map_err(unusable)?;
    // Positive, and never shorter than 16 octets: no two readers can disagree about leading zeros.
    serial[0] = serial[0] & 0x3F | 0x40;
    let body = to_be_signed(common_name, now, &serial, key.public_key().as_ref());
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &random, &body, &mut signature)
        .map_err(unusable)?;
    let certificate = encode_all(SEQUENCE, &[body, sha256_with_rsa(), bits(&signature, 0)]);
    let pkcs8: Pkcs8V1Der<'_> = key.as_der().map_err(unusable)?;
    Ok(Generated {
        certificate,
        pkcs8: zeroize::Zeroizing::new(pkcs8.as_ref().to_vec()),
    })
}

fn to_be_signed(common_name: &str, now: OffsetDateTime, serial: &[u8], key: &[u8]) -> Vec<u8> {
    let attribute = [
        encode(OBJECT_IDENTIFIER, oid::COMMON_NAME),
        encode(UTF8_STRING, common_name.as_bytes()),
    ];
    let name = encode(SEQUENCE, &encode(SET, &encode_all(SEQUENCE, &attribute)));
    let validity = encode_all(
        SEQUENCE,
        &[
            time(now.saturating_sub(BEFORE)),
            time(now.saturating_add(VALIDITY)),
        ],
    );
    let algorithm = encode_all(
        SEQUENCE,
        &[encode(OBJECT_IDENTIFIER, oid::RSA), vec![NULL, 0]],
    );
    let info = encode_all(SEQUENCE, &[algorithm, bits(key, 0)]);
    let identifier = Digest::Sha1.hash(key).unwrap_or_default();
    let extensions = encode_all(
        SEQUENCE,
        &[
            extension(oid::KEY_USAGE, true, &bits(&[0x80], 7)),
            extension(
                oid::EXTENDED_KEY_USAGE,
                true,
                &encode(SEQUENCE, &encode(OBJECT_IDENTIFIER, oid::CODE_SIGNING)),
            ),
            extension(
                oid::SUBJECT_KEY_IDENTIFIER,
                false,
                &encode(OCTET_STRING, &identifier),
            ),
        ],
    );
    encode_all(
        SEQUENCE,
        &[
            encode(context(0), &encode(INTEGER, &[2])),
            encode(INTEGER, serial),
            sha256_with_rsa(),
            name.clone(),
            validity,
            name,
            info,
            encode(context(3), &extensions),
        ],
    )
}

fn sha256_with_rsa() -> Vec<u8> {
    encode_all(
        SEQUENCE,
        &[
            encode(OBJECT_IDENTIFIER, oid::SHA256_WITH_RSA),
            vec![NULL, 0],
        ],
    )
}

fn bits(octets: &[u8], unused: u8) -> Vec<u8> {
    encode(BIT_STRING, &[&[unused], octets].concat())
}

fn extension(id: &[u8], critical: bool, value: &[u8]) -> Vec<u8> {
    let flag = if critical {
        encode(BOOLEAN, &[0xFF])
    } else {
        Vec::new()
    };
    encode_all(
        SEQUENCE,
        &[
            encode(OBJECT_IDENTIFIER, id),
            flag,
            encode(OCTET_STRING, value),
        ],
    )
}

/// UTCTime until 2049, GeneralizedTime after (RFC 5280, 4.1.2.5).
pub(super) fn time(at: OffsetDateTime) -> Vec<u8> {
    let at = at.to_offset(UtcOffset::UTC);
    let full = at
        .format(format_description!(
            "[year][month][day][hour][minute][second]Z"
        ))
        .unwrap_or_else(|_| "99991231235959Z".into());
    match full.get(2..) {
        Some(short) if (1950..2050).contains(&at.year()) => encode(UTC_TIME, short.as_bytes()),
        _ => encode(GENERALIZED_TIME, full.as_bytes()),
    }
}
