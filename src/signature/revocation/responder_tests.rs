//! Who may answer for an issuer, and when.

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::test_issuer::{TestCrl, TestResponse, certificate, extension, good, issued, revoked};
use super::*;
use crate::signature::asn1::{SEQUENCE, encode, encode_all};
use crate::signature::certificate::Certificate;
use crate::signature::oid;

const FROM: OffsetDateTime = datetime!(2025-12-01 00:00 UTC);
const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const TO: OffsetDateTime = datetime!(2026-02-01 00:00 UTC);
const YEARS: OffsetDateTime = datetime!(2040-01-01 00:00 UTC);

fn usages(of: &[&[u8]]) -> Vec<u8> {
    let usages: Vec<Vec<u8>> = of.iter().map(|usage| encode(6, usage)).collect();
    extension(oid::EXTENDED_KEY_USAGE, false, &encode_all(SEQUENCE, &usages))
}

fn key_usage(bits: u8) -> Vec<u8> {
    extension(oid::KEY_USAGE, true, &encode(3, &[0, bits]))
}

fn told(response: &TestResponse, now: OffsetDateTime) -> String {
    let mut answers = Answers::new();
    answers.add_ocsp(OcspResponse::parse(&response.der()).unwrap());
    match answers.about(&certificate("crl-good"), &certificate("crl-ca"), now) {
        Status::Good { .. } => "good".into(),
        Status::Revoked { in_date, .. } => format!("revoked, in date: {in_date}"),
        Status::Unknown(why) => format!("{why:?}"),
    }
}

fn signed_by(responder: &Certificate, status: Vec<u8>) -> TestResponse {
    TestResponse {
        signer: (responder.clone(), "variant-crl"),
        certificates: vec![responder.as_der().to_vec()],
        ..TestResponse::about("crl-good", status, FROM, TO)
    }
}

#[test]
fn a_responder_is_whom_the_issuer_named_in_a_certificate_for_that() {
    let signing = || usages(&[oid::OCSP_SIGNING]);
    let no_check = extension(oid::OCSP_NO_CHECK, false, &[5, 0]);
    let unknown = |critical| extension(&[0x2A, 3], critical, &[5, 0]);
    let cases = [
        ("named", vec![signing(), no_check], "crl-ca", "good"),
        ("named among other uses", vec![usages(&[oid::CODE_SIGNING, oid::OCSP_SIGNING])], "crl-ca", "good"),
        ("may sign", vec![signing(), key_usage(0x80)], "crl-ca", "good"),
        ("may sign what cannot be denied", vec![signing(), key_usage(0x40)], "crl-ca", "good"),
        ("may sign certificates only", vec![signing(), key_usage(0x04)], "crl-ca", "NotGenuine"),
        ("for any purpose", vec![usages(&[&[0x55, 0x1D, 0x25, 0]])], "crl-ca", "NotGenuine"),
        ("for no purpose in particular", vec![key_usage(0x80)], "crl-ca", "NotGenuine"),
        ("for signing code", vec![usages(&[oid::CODE_SIGNING])], "crl-ca", "NotGenuine"),
        ("more is critical than is known", vec![signing(), unknown(true)], "crl-ca", "NotGenuine"),
        ("more is said than is known", vec![signing(), unknown(false)], "crl-ca", "good"),
        ("named by itself", vec![signing()], "variant-crl", "NotGenuine"),
        ("named by another", vec![signing()], "crl-ca-2", "NotGenuine"),
    ];
    for (what, extensions, by, expected) in cases {
        assert_eq!(told(&signed_by(&issued(&extensions, YEARS, by), good()), NOW), expected, "{what}");
    }
}

#[test]
fn a_responder_had_to_be_valid_when_it_signed_and_to_acquit_it_must_be_now() {
    let until = |end| issued(&[usages(&[oid::OCSP_SIGNING])], end, "crl-ca");
    let (before, between) = (FROM - Duration::days(1), FROM + Duration::days(1));
    let stolen = || revoked(FROM, Some(1));
    let cases = [
        (until(YEARS), good(), "good"),
        (until(YEARS), stolen(), "revoked, in date: true"),
        (until(between), good(), "OutOfDate"),
        (until(between), stolen(), "revoked, in date: false"),
        (until(before), good(), "NotGenuine"),
        (until(before), stolen(), "NotGenuine"),
    ];
    for (responder, status, expected) in cases {
        assert_eq!(told(&signed_by(&responder, status), NOW), expected, "{}", responder.not_after());
    }
}

#[test]
fn a_certificate_is_named_by_both_hashes_of_its_issuer() {
    let named =
        |issuer_name| told(&TestResponse { issuer_name, ..TestResponse::about("crl-good", good(), FROM, TO) }, NOW);
    assert_eq!(named(None), "good");
    assert_eq!(named(Some(certificate("code-root-a").subject().as_der().to_vec())), "NoAnswer");
}

#[test]
fn a_clock_may_be_a_little_ahead_of_ours_and_no_more() {
    let ahead = |by| {
        let (from, to) = (NOW + by, NOW + Duration::days(7));
        let mut list = Answers::new();
        list.add_crl(Crl::parse(&TestCrl::new("crl-ca", from, to).der()).unwrap());
        let by_list = list.about(&certificate("crl-good"), &certificate("crl-ca"), NOW);
        let response = TestResponse::about("crl-good", good(), from, to);
        let produced = TestResponse { produced_at: from, ..TestResponse::about("crl-good", good(), FROM, to) };
        (matches!(by_list, Status::Good { .. }), told(&response, NOW), told(&produced, NOW))
    };
    assert_eq!(ahead(CLOCK_SKEW), (true, "good".into(), "good".into()));
    assert_eq!(ahead(CLOCK_SKEW + Duration::SECOND), (false, "OutOfDate".into(), "OutOfDate".into()));
}

#[test]
fn an_answer_counts_up_to_its_end_and_without_one_for_some_days() {
    let list = |next_update| Crl::parse(&TestCrl { next_update, ..TestCrl::new("crl-ca", FROM, TO) }.der()).unwrap();
    let is_good = |next_update, now| {
        let mut answers = Answers::new();
        answers.add_crl(list(next_update));
        matches!(answers.about(&certificate("crl-good"), &certificate("crl-ca"), now), Status::Good { .. })
    };
    assert!(is_good(Some(TO), TO) && !is_good(Some(TO), TO + Duration::SECOND));
    let end = FROM + AGE_WITHOUT_NEXT_UPDATE;
    assert!(is_good(None, end) && !is_good(None, end + Duration::SECOND));
}
