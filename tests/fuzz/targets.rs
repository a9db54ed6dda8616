//! What fuzzing calls: one function for each way in which hostile bytes come in. Each must end without a panic and within
//! its limits, whatever the bytes are.
//!
//! The targets of cargo-fuzz call them, and so does a plain test over the golden packages.

use std::io::{Cursor, Read};

use assay::archive::{Archive, Limits};
use assay::domain::version::NuGetVersion;
use assay::domain::version_range::VersionRange;
use assay::signature::revocation::{Answers, Crl, OcspResponse, Status};
use assay::signature::{
    Certificate, Evidence, Policy, Purpose, PushOptions, Signed, TrustAnchors, fitness, judge, proven_chain,
    verify_for_push,
};
use time::OffsetDateTime;

/// A day in the life of the golden certificates: 2026-11-23.
const SECONDS: i64 = 1_795_435_200;

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(SECONDS).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// A whole package.
pub fn nupkg(bytes: &[u8]) {
    let _ = assay::nupkg::read(&mut Cursor::new(bytes), &assay::nupkg::Limits::default());
}

/// ZIP records: finding them, the strict rules, taking a signature out and putting one in.
pub fn archive(bytes: &[u8]) {
    let mut reader = Cursor::new(bytes);
    let Ok(archive) = Archive::read(&mut reader, &Limits::DEFAULT) else { return };
    let strict = archive.check_strict(&mut reader).is_ok_and(|findings| findings.is_empty());
    let _ = archive.read_signature(&mut reader);
    let Ok(rewrite) = archive.with_signature(b"a signature", 0) else { return };
    let mut signed = Vec::new();
    let whole = rewrite.reader(Cursor::new(bytes)).read_to_end(&mut signed).is_ok();
    if strict && whole {
        let again = Archive::read(&mut Cursor::new(&signed), &Limits::DEFAULT).expect("what was signed can be read");
        let signature = again.read_signature(&mut Cursor::new(&signed)).expect("what was put in can be read");
        assert_eq!(signature, b"a signature");
        if let Ok(back) = rewrite.inverse(&mut Cursor::new(bytes)) {
            let mut original = Vec::new();
            back.reader(Cursor::new(&signed)).read_to_end(&mut original).expect("the way back");
            assert!(original == bytes, "the way back leads elsewhere");
        }
    }
}

/// The signature of a whole package. Nothing is accepted when no root is trusted.
pub fn signature(bytes: &[u8]) {
    let mut source = Cursor::new(bytes);
    let Ok(archive) = Archive::read(&mut source, &Limits::DEFAULT) else { return };
    let anchors = TrustAnchors::default();
    let evidence = Evidence::without_answers(&anchors, now());
    if let Ok(Ok(verified)) = verify_for_push(&mut source, &archive, &PushOptions::default(), evidence) {
        assert!(!matches!(verified.signed(), Signed::ByAuthor(_)), "accepted without a trusted root");
    }
}

/// A signature file: CMS, attributes, certificates, timestamp tokens, countersignatures. Of a package its signature, so that
/// packages are good to start from.
pub fn cms(bytes: &[u8]) {
    let found = signature_in(bytes);
    let bytes = found.as_deref().unwrap_or(bytes);
    let package = stored(&[("a.nuspec", b"<package/>")]);
    let Ok(archive) = Archive::read(&mut Cursor::new(&package), &Limits::DEFAULT) else { return };
    let Ok(rewrite) = archive.with_signature(bytes, 0) else { return };
    let mut signed = Vec::new();
    if rewrite.reader(Cursor::new(&package)).read_to_end(&mut signed).is_err() {
        return;
    }
    let mut reader = Cursor::new(&signed);
    let Ok(archive) = Archive::read(&mut reader, &Limits::DEFAULT) else { return };
    let anchors = TrustAnchors::default();
    let evidence = Evidence::without_answers(&anchors, now());
    for policy in [Policy::verify(), Policy::accept(), Policy::Push(PushOptions::default())] {
        let report = judge(&mut reader, &archive, &policy, evidence).expect("bytes in memory can be read");
        for issue in &report.issues {
            let _ = issue.to_string();
        }
    }
    let _ = assay::signature::repository::without_marks(&mut reader, &archive, now());
}

/// A TimeStampToken as the unsigned attribute of a signature that is good up to there would be slow to make; the answer of a
/// timestamping authority holds the same token.
pub fn timestamp(bytes: &[u8]) {
    use assay::signature::TrustAnchors;
    use assay::signature::timestamp_request::TimestampRequest;
    let request = TimestampRequest::new(b"value", [7; 32]);
    let anchors = TrustAnchors::default();
    let evidence = Evidence::without_answers(&anchors, now());
    assert!(request.read(bytes, evidence, true).is_err(), "a token out of nothing");
    // The same bytes as the token in a granted answer.
    let length = u16::try_from(bytes.len() + 5).unwrap_or_default().to_be_bytes();
    let answer = [&[0x30, 0x82, length[0], length[1], 0x30, 0x03, 0x02, 0x01, 0x00], bytes].concat();
    assert!(request.read(&answer, evidence, true).is_err(), "a token out of nothing");
}

/// Certificates one after the other, the first of them as a signer, all of them as helpers and as anchors.
pub fn certificates(bytes: &[u8]) {
    let mut set = Vec::new();
    let mut rest = bytes;
    while let [0x30, 0x82, high, low, ..] = rest {
        let length = 4 + usize::from(u16::from_be_bytes([*high, *low]));
        let Some((der, after)) = rest.split_at_checked(length) else { break };
        if let Ok(certificate) = Certificate::from_der(der) {
            set.push(certificate);
        }
        rest = after;
    }
    let Some(first) = set.first() else { return };
    let anchors = TrustAnchors {
        signing: set.iter().skip(1).cloned().collect(),
        timestamping: set.iter().skip(2).cloned().collect(),
    };
    let evidence = Evidence::without_answers(&anchors, now());
    let _ = fitness(first, &set, evidence);
    let _ = proven_chain(first, Purpose::Signing, &set, &anchors, now());
    let _ = proven_chain(first, Purpose::Timestamping, &set, &anchors, now());
    let _ =
        (first.subject().to_string(), first.serial(), first.public_key().description(), first.extended_key_usages());
    let _ = first.crl_urls();
}

/// A nuspec in a package.
pub fn nuspec(bytes: &[u8]) {
    let package = stored(&[("a.nuspec", bytes)]);
    nupkg(&package);
}

/// A list of revoked certificates, and what it says about a certificate that is on the one genuine list of its issuer in the
/// corpus: no other list may acquit it.
pub fn crl(bytes: &[u8]) {
    let Ok(crl) = Crl::parse(bytes) else { return };
    let (certificate, issuer) = (golden(REVOKED), golden(ISSUER));
    let mut answers = Answers::default();
    answers.add_crl(crl);
    let told =
        [answers.about(&certificate, &issuer, now()), answers.about_for_client(&certificate, &issuer, now(), now())];
    assert!(told.iter().all(|status| !matches!(status, Status::Good { .. })), "acquitted by a list of nobody");
}

/// An answer of an OCSP responder. Nobody signed one about this certificate, so it says nothing.
pub fn ocsp(bytes: &[u8]) {
    let Ok(response) = OcspResponse::parse(bytes) else { return };
    let mut answers = Answers::default();
    answers.add_ocsp(response);
    let status = answers.about(&golden(NOT_REVOKED), &golden(ISSUER), now());
    assert!(matches!(status, Status::Unknown(_)), "told {status:?} by nobody");
}

const REVOKED: &[u8] = include_bytes!("../vectors/golden/trust/certs/crl-revoked-early.der");
const NOT_REVOKED: &[u8] = include_bytes!("../vectors/golden/trust/certs/crl-good.der");
const ISSUER: &[u8] = include_bytes!("../vectors/golden/trust/certs/crl-ca.der");

fn golden(der: &[u8]) -> Certificate {
    Certificate::from_der(der).expect("a golden certificate")
}

/// Versions and ranges: what parses, parses again from its own normal form to the same.
pub fn version(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(version) = NuGetVersion::parse(text) {
        let again = NuGetVersion::parse(version.normalized()).expect("the normal form is a version");
        assert_eq!(version.key(), again.key());
        assert!(version == again);
    }
    if let Ok(range) = VersionRange::parse(text) {
        let written = range.to_string();
        let again = VersionRange::parse(&written).expect("the normal form is a range");
        assert_eq!(written, again.to_string());
    }
}

/// The signature file of a package.
fn signature_in(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Cursor::new(bytes);
    let archive = Archive::read(&mut reader, &Limits::DEFAULT).ok()?;
    archive.read_signature(&mut reader).ok()
}

/// An archive of stored entries.
fn stored(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory = Vec::new();
    for (name, content) in entries {
        let offset = u32::try_from(bytes.len()).unwrap_or_default();
        let size = u32::try_from(content.len()).unwrap_or_default();
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x5A];
        for number in [crc32(content), size, size] {
            common.extend(number.to_le_bytes());
        }
        common.extend(u16::try_from(name.len()).unwrap_or_default().to_le_bytes());
        common.extend([0, 0]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(name.as_bytes());
        bytes.extend(*content);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(entries.len()).unwrap_or_default().to_le_bytes();
    let start = u32::try_from(bytes.len()).unwrap_or_default();
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend([count, count].concat());
    bytes.extend(u32::try_from(directory.len()).unwrap_or_default().to_le_bytes());
    bytes.extend(start.to_le_bytes());
    bytes.extend([0, 0]);
    bytes
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, octet| {
        (0..8).fold(crc ^ u32::from(*octet), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
