//! Large lists, limits, and bytes that nobody would send.

use std::time::{Duration as Wait, Instant};

use proptest::prelude::*;
use time::OffsetDateTime;
use time::macros::datetime;

use super::test_issuer::{
    TestCrl, TestResponse, certificate, entry, extension, good, trust, with_extensions, with_serial,
};
use super::*;
use crate::signature::asn1::{SEQUENCE, context, encode, encode_all};
use crate::signature::oid;

const FROM: OffsetDateTime = datetime!(2024-01-01 00:00 UTC);
const TO: OffsetDateTime = datetime!(2050-01-01 00:00 UTC);
const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

fn list_of(count: u32) -> TestCrl {
    // Scattered numbers, so that sorting has something to do.
    let serial = |number: u32| number.wrapping_mul(2_654_435_761).to_be_bytes();
    let entries =
        (0..count).map(|number| entry(&[&[1], serial(number).as_slice()].concat(), FROM, Some(1), &[])).collect();
    TestCrl { entries, ..TestCrl::new("crl-ca", FROM, TO) }
}

#[test]
fn a_list_of_many_thousand_entries_is_read_once_and_asked_often() {
    let mut list = list_of(200_000);
    let listed = certificate("crl-good");
    list.entries.insert(77_777, entry(listed.serial_octets(), FROM, Some(4), &[]));
    let der = list.der();
    assert!(der.len() > 8_000_000, "{}", der.len());
    let crl = Crl::parse(&der).unwrap();
    assert_eq!(crl.len(), 200_001);
    let mut answers = Answers::new();
    answers.add_crl(crl);
    let (other, issuer) = (certificate("crl-hold"), certificate("crl-ca"));
    assert!(answers.about(&listed, &issuer, NOW).is_revoked());
    let begin = Instant::now();
    for _ in 0..1000 {
        assert!(answers.about(&listed, &issuer, NOW).is_revoked());
        assert!(matches!(answers.about(&other, &issuer, NOW), Status::Good { .. }));
    }
    // Reading 200 000 entries or 8 MB two thousand times takes minutes.
    assert!(begin.elapsed() < Wait::from_secs(10), "{:?}", begin.elapsed());
}

#[test]
fn every_entry_of_a_list_is_found_and_no_other() {
    let crl = Crl::parse(&list_of(1000).der()).unwrap();
    for number in 0..2000_u32 {
        let serial = [&[1], number.wrapping_mul(2_654_435_761).to_be_bytes().as_slice()].concat();
        let with_serial = with_serial(&serial);
        assert_eq!(crl.entry(&with_serial).is_some(), number < 1000, "{number}");
    }
}

#[test]
fn what_is_larger_than_the_limits_is_refused_before_it_is_read() {
    let large = vec![SEQUENCE; MAX_CRL_SIZE + 1];
    assert_eq!(Crl::parse(&large).unwrap_err(), InvalidAnswer::CrlTooLarge { found: MAX_CRL_SIZE + 1 });
    let text = format!("-----BEGIN X509 CRL-----\n{}", "A".repeat(MAX_CRL_SIZE / 2 * 3));
    assert!(matches!(Crl::parse(text.as_bytes()), Err(InvalidAnswer::CrlTooLarge { .. })));
    let large = vec![SEQUENCE; MAX_OCSP_SIZE + 1];
    assert_eq!(OcspResponse::parse(&large).unwrap_err(), InvalidAnswer::OcspTooLarge { found: MAX_OCSP_SIZE + 1 });
}

#[test]
fn a_response_about_crowds_is_refused() {
    let response = |times| TestResponse { times, ..TestResponse::about("crl-good", good(), FROM, TO) };
    assert_eq!(OcspResponse::parse(&response(MAX_SINGLE_RESPONSES).der()).unwrap().len(), MAX_SINGLE_RESPONSES);
    let error = OcspResponse::parse(&response(MAX_SINGLE_RESPONSES + 1).der()).unwrap_err();
    assert_eq!(error, InvalidAnswer::TooManyResponses);
}

#[test]
fn a_response_with_a_crowd_of_certificates_is_refused() {
    let with = |count| {
        let certificates = vec![trust("certs/crl-good.der"); count];
        OcspResponse::parse(&TestResponse { certificates, ..TestResponse::about("crl-good", good(), FROM, TO) }.der())
    };
    assert!(with(8).is_ok());
    assert_eq!(
        with(9).unwrap_err().to_string(),
        "this is no OCSP response in DER: in its certificates, there are too many"
    );
}

#[test]
fn a_list_with_a_crowd_of_extensions_is_refused() {
    let with = |count: u8| {
        let extensions = (0..count).map(|number| extension(&[0x2A, number], false, &[5, 0])).collect();
        Crl::parse(&TestCrl { extensions, ..TestCrl::new("crl-ca", FROM, TO) }.der())
    };
    assert!(with(32).is_ok());
    assert_eq!(with(33).unwrap_err().to_string(), "this is no CRL in DER: in its extensions, there are too many");
}

#[test]
fn what_is_no_answer_is_refused_with_a_text_that_says_what_is_wrong() {
    let mut indefinite = TestCrl::new("crl-ca", FROM, TO).der();
    indefinite.splice(1..4, [0x80]);
    indefinite.extend([0, 0]);
    let refusal = |status| vec![0x30, 3, 0x0A, 1, status];
    let other_type = encode_all(
        SEQUENCE,
        &[vec![0x0A, 1, 0], encode(context(0), &encode_all(SEQUENCE, &[encode(6, &[0x2A, 3]), encode(4, &[])]))],
    );
    let crl = |bytes: &[u8]| Crl::parse(bytes).unwrap_err().to_string();
    let ocsp = |bytes: &[u8]| OcspResponse::parse(bytes).unwrap_err().to_string();
    let html = b"<!DOCTYPE html><title>Not found</title>";
    let block = "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n";
    let texts = [
        crl(b""),
        crl(html),
        crl(&trust("certs/crl-good.der")),
        crl(&trust("code-signing-roots.pem")),
        crl(block.as_bytes()),
        crl(block.repeat(2).as_bytes()),
        crl(&indefinite),
        crl(&[TestCrl::new("crl-ca", FROM, TO).der(), vec![0]].concat()),
        ocsp(b""),
        ocsp(html),
        ocsp(&trust("crl/ca.crl")),
        ocsp(&refusal(1)),
        ocsp(&refusal(2)),
        ocsp(&refusal(3)),
        ocsp(&refusal(5)),
        ocsp(&refusal(6)),
        ocsp(&refusal(9)),
        ocsp(&refusal(0)),
        ocsp(&other_type),
    ];
    insta::assert_snapshot!("refusals", texts.join("\n"));
}

#[test]
fn the_addresses_of_a_certificate_are_bounded() {
    let point = |url: &str| encode(SEQUENCE, &encode(context(0), &encode(context(0), &encode(0x86, url.as_bytes()))));
    let of = |urls: &[String]| {
        let points: Vec<Vec<u8>> = urls.iter().map(|url| point(url)).collect();
        with_extensions("leaf-3072", &[extension(oid::CRL_DISTRIBUTION_POINTS, false, &encode_all(SEQUENCE, &points))])
            .crl_urls()
    };
    let many: Vec<String> = (0..100).map(|number| format!("http://a.test/{number}")).collect();
    assert_eq!(of(&many), many[..MAX_URLS]);
    let long = |length| format!("http://a.test/{}", "a".repeat(length - 14));
    assert_eq!(of(&[long(MAX_URL_LENGTH)]).len(), 1);
    let bad = [
        "ldap://a.test/x",
        "file:///etc/passwd",
        "http:a",
        "",
        "http://a b/",
        "http://a.test/\r\nHost: b",
        "http://\u{e4}.test/",
    ];
    assert!(of(&bad.map(String::from)).is_empty() && of(&[long(MAX_URL_LENGTH + 1)]).is_empty());
    assert_eq!(of(&["HTTPS://A.test/".into(), "HTTPS://A.test/".into()]), ["HTTPS://A.test/"]);
}

#[test]
fn the_responders_of_a_certificate_are_read() {
    let access = |method: &[u8], url: &str| encode_all(SEQUENCE, &[encode(6, method), encode(0x86, url.as_bytes())]);
    let ca_issuers = [oid::OCSP.split_last().unwrap().1, &[2]].concat();
    let value = encode_all(
        SEQUENCE,
        &[
            access(&ca_issuers, "http://a.test/ca"),
            access(oid::OCSP, "http://a.test/ocsp"),
            access(oid::OCSP, "ldap://a"),
        ],
    );
    let certificate = with_extensions("leaf-3072", &[extension(oid::AUTHORITY_INFO_ACCESS, false, &value)]);
    assert_eq!(certificate.ocsp_urls(), ["http://a.test/ocsp"]);
    let broken = with_extensions("leaf-3072", &[extension(oid::AUTHORITY_INFO_ACCESS, false, &[0x30, 5])]);
    assert!(broken.ocsp_urls().is_empty());
}

/// What a hostile server may send: an answer in which some bytes are others.
fn damaged(whole: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = whole.len();
    prop::collection::vec((0..length, any::<u8>()), 0..6).prop_flat_map(move |changes| {
        let mut bytes = whole.clone();
        for (at, value) in changes {
            bytes[at] = value;
        }
        (0..=length).prop_map(move |end| bytes[..if end % 3 == 0 { end } else { length }].to_vec())
    })
}

fn ask_everything(bytes: &[u8]) {
    let (certificate, issuer) = (certificate("crl-good"), certificate("crl-ca"));
    let mut answers = Answers::new();
    if let Ok(crl) = Crl::parse(bytes) {
        answers.add_crl(crl);
    }
    if let Ok(response) = OcspResponse::parse(bytes) {
        answers.add_ocsp(response);
    }
    let _ = answers.about(&certificate, &issuer, NOW);
    let _ = answers.about_for_client(&certificate, &issuer, FROM, NOW);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        ask_everything(&bytes);
    }

    /// Damage is an error or changes nothing that counts: never does a certificate that is on a list become good.
    #[test]
    fn a_damaged_list_never_acquits(bytes in damaged(trust("crl/ca.crl"))) {
        ask_everything(&bytes);
        if let Ok(crl) = Crl::parse(&bytes) {
            let mut answers = Answers::new();
            answers.add_crl(crl);
            let status = answers.about(&certificate("crl-revoked-early"), &certificate("crl-ca"), NOW);
            prop_assert!(!matches!(status, Status::Good { .. }), "{:?}", status);
        }
    }

    #[test]
    fn a_damaged_response_never_counts_for_another_certificate(
        bytes in damaged(TestResponse::about("crl-good", good(), FROM, TO).der())
    ) {
        ask_everything(&bytes);
        if let Ok(response) = OcspResponse::parse(&bytes) {
            let mut answers = Answers::new();
            answers.add_ocsp(response);
            let status = answers.about(&certificate("crl-revoked-early"), &certificate("crl-ca"), NOW);
            prop_assert!(matches!(status, Status::Unknown(_)), "{:?}", status);
        }
    }
}
