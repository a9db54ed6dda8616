//! Lists and responses of every shape: what they mean here, what they mean to the client, and what the client itself said
//! (the library of SDK 10.0.401 on Linux, asked with packages whose timestamp is of 2024-06-01).

use time::OffsetDateTime;
use time::macros::datetime;

use super::test_issuer::{
    TestCrl, TestResponse, certificate, entry, extension, good, moment, revoked, trust, unknown, with_extensions,
};
use super::*;
use crate::signature::algorithm::Digest;
use crate::signature::asn1::{NULL, SEQUENCE, context, encode, encode_all};
use crate::signature::oid;

const T: OffsetDateTime = datetime!(2024-06-01 12:00 UTC);
const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const LONG_AGO: OffsetDateTime = datetime!(2023-01-01 00:00 UTC);
const OWN_URL: &[u8] = b"http://127.0.0.1:38399/ca.crl";
const OTHER_URL: &[u8] = b"http://127.0.0.1:38399/else.crl";

/// What the client said: good, revoked, or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Client {
    Good,
    Revoked,
    Unknown,
}
use Client::{Good, Revoked, Unknown as Nothing};

fn client(status: &Status) -> Client {
    match status {
        Status::Good { .. } => Good,
        Status::Revoked { .. } => Revoked,
        Status::Unknown(_) => Nothing,
    }
}

fn words(status: &Status) -> String {
    match status {
        Status::Good { .. } => "good".into(),
        Status::Revoked { reason, in_date, .. } => {
            format!("revoked ({reason}){}", if *in_date { "" } else { ", out of date" })
        }
        Status::Unknown(why) => format!("unknown: {why:?}"),
    }
}

fn list() -> TestCrl {
    TestCrl::new("crl-ca", datetime!(2024-01-01 00:00 UTC), datetime!(2050-01-01 00:00 UTC))
}

fn serial() -> Vec<u8> {
    certificate("crl-good").serial_octets().to_vec()
}

/// The same list with the certificate on it.
fn listed(list: &TestCrl) -> TestCrl {
    TestCrl { entries: vec![entry(&serial(), LONG_AGO, None, &[])], ..list.clone() }
}

fn listed_as(reason: u8) -> TestCrl {
    TestCrl { entries: vec![entry(&serial(), LONG_AGO, Some(reason), &[])], ..list() }
}

fn with(extensions: Vec<Vec<u8>>) -> TestCrl {
    TestCrl { extensions, ..list() }
}

fn point(parts: &[Vec<u8>]) -> Vec<u8> {
    extension(oid::ISSUING_DISTRIBUTION_POINT, true, &encode_all(SEQUENCE, parts))
}

fn named(url: &[u8]) -> Vec<u8> {
    encode(context(0), &encode(context(0), &encode(0x86, url)))
}

fn flag(number: u8) -> Vec<u8> {
    encode(0x80 | number, &[0xFF])
}

fn authority_key(of: &str) -> Vec<u8> {
    let key = certificate(of).subject_key_identifier().unwrap().to_vec();
    extension(oid::AUTHORITY_KEY_IDENTIFIER, false, &encode(SEQUENCE, &encode(0x80, &key)))
}

fn from_to(from: OffsetDateTime, to: OffsetDateTime) -> TestCrl {
    TestCrl { this_update: from, next_update: Some(to), ..list() }
}

/// Cases of one list: what it is, the list, what the client said without and with the certificate on it.
fn lists() -> Vec<(&'static str, TestCrl, Option<Client>, Option<Client>)> {
    let unknown_critical = extension(&[0x2A, 3, 4], true, &encode(NULL, &[]));
    let number = |value| extension(oid::CRL_NUMBER, false, &encode(2, &[value]));
    let delta = extension(oid::DELTA_CRL_INDICATOR, true, &encode(2, &[1]));
    let reasons = encode(0x83, &[5, 0x60]);
    vec![
        ("in date", list(), Some(Good), Some(Revoked)),
        (
            "begins after the timestamp",
            from_to(datetime!(2025-01-01 00:00 UTC), datetime!(2050-01-01 00:00 UTC)),
            Some(Good),
            Some(Revoked),
        ),
        (
            "ended before the timestamp",
            from_to(datetime!(2022-01-01 00:00 UTC), datetime!(2023-06-01 00:00 UTC)),
            Some(Nothing),
            Some(Revoked),
        ),
        ("ended with the timestamp", from_to(LONG_AGO, T), Some(Nothing), None),
        ("ended a second after the timestamp", from_to(LONG_AGO, datetime!(2024-06-01 12:00:01 UTC)), Some(Good), None),
        (
            "ended after the timestamp, before now",
            from_to(datetime!(2024-01-01 00:00 UTC), datetime!(2025-01-01 00:00 UTC)),
            Some(Good),
            Some(Revoked),
        ),
        (
            "begins after now",
            from_to(datetime!(2040-01-01 00:00 UTC), datetime!(2050-01-01 00:00 UTC)),
            Some(Good),
            Some(Revoked),
        ),
        ("ends never", TestCrl { next_update: None, ..list() }, Some(Good), None),
        ("SHA-1", TestCrl { digest: Digest::Sha1, inner_digest: Digest::Sha1, ..list() }, Some(Good), Some(Revoked)),
        ("version 1", TestCrl { version: false, ..list() }, Some(Good), Some(Revoked)),
        ("another algorithm inside", TestCrl { inner_digest: Digest::Sha1, ..list() }, Some(Good), None),
        ("for the point of the certificate", with(vec![point(&[named(OWN_URL)])]), Some(Good), None),
        ("for another point", with(vec![point(&[named(OTHER_URL)])]), Some(Nothing), Some(Revoked)),
        ("only for users", with(vec![point(&[flag(1)])]), Some(Good), None),
        ("only for authorities", with(vec![point(&[flag(2)])]), Some(Nothing), Some(Revoked)),
        ("only for attribute certificates", with(vec![point(&[flag(5)])]), None, Some(Revoked)),
        ("for some reasons", with(vec![point(&[reasons])]), Some(Nothing), Some(Nothing)),
        ("delta", with(vec![delta]), Some(Good), Some(Revoked)),
        ("unknown critical extension", with(vec![unknown_critical.clone()]), Some(Nothing), Some(Revoked)),
        ("an extension twice", with(vec![number(1), number(2)]), Some(Good), None),
        ("key identifier of another", with(vec![authority_key("crl-ca-revoked")]), Some(Nothing), Some(Nothing)),
        ("key identifier", with(vec![authority_key("crl-ca")]), Some(Good), Some(Revoked)),
        ("signed by another key", TestCrl { key: "crl-ca-2", ..list() }, Some(Nothing), Some(Nothing)),
        ("in another name", TestCrl { issuer: certificate("code-root-b"), ..list() }, Some(Nothing), Some(Nothing)),
        (
            "an entry with an unknown critical extension",
            TestCrl { entries: vec![entry(&[1], LONG_AGO, None, &[unknown_critical])], ..list() },
            None,
            None,
        ),
    ]
}

fn about(answers: &Answers) -> (Status, Status) {
    let (certificate, issuer) = (certificate("crl-good"), certificate("crl-ca"));
    (answers.about(&certificate, &issuer, NOW), answers.about_for_client(&certificate, &issuer, T, NOW))
}

fn about_list(list: &TestCrl) -> (Status, Status) {
    let mut answers = Answers::new();
    answers.add_crl(Crl::parse(&list.der()).unwrap());
    about(&answers)
}

/// One line, after seeing that we foretell what the client said where it was asked.
fn line(what: &str, (here, foretold): &(Status, Status), said: Option<Client>, wrong: &mut Vec<String>) -> String {
    if said.is_some_and(|said| client(foretold) != said) {
        wrong.push(format!("{what}: foretold {}, said {said:?}", words(foretold)));
    }
    // Whatever the client refuses is refused here.
    if client(foretold) == Revoked && client(here) != Revoked {
        wrong.push(format!("{what}: the client refuses it, and here it is {}", words(here)));
    }
    format!("{what}: {} | client: {}", words(here), words(foretold))
}

#[test]
fn lists_mean_what_the_standard_says_and_the_client_is_foretold() {
    let (mut table, mut wrong) = (Vec::new(), Vec::new());
    for (what, list, unlisted, on_it) in lists() {
        table.push(line(what, &about_list(&list), unlisted, &mut wrong));
        table.push(line(&format!("{what}, on it"), &about_list(&listed(&list)), on_it, &mut wrong));
    }
    let critical_reason = extension(oid::CRL_REASON, true, &encode(0x0A, &[1]));
    let entries = [
        ("on hold", listed_as(6), Some(Revoked)),
        ("removed from the list", listed_as(8), Some(Good)),
        ("a reason without a meaning", listed_as(7), Some(Revoked)),
        (
            "a critical reason",
            TestCrl { entries: vec![entry(&serial(), LONG_AGO, None, &[critical_reason])], ..list() },
            Some(Revoked),
        ),
        (
            "revoked from a later day on",
            TestCrl { entries: vec![entry(&serial(), datetime!(2045-01-01 00:00 UTC), None, &[])], ..list() },
            Some(Revoked),
        ),
        (
            "revoked and removed",
            TestCrl {
                entries: vec![
                    entry(&serial(), datetime!(2023-02-01 00:00 UTC), Some(1), &[]),
                    entry(&serial(), LONG_AGO, Some(8), &[]),
                ],
                ..list()
            },
            Some(Revoked),
        ),
        (
            "the number padded",
            TestCrl { entries: vec![entry(&[vec![0], serial()].concat(), LONG_AGO, None, &[])], ..list() },
            None,
        ),
    ];
    for (what, list, said) in entries {
        table.push(line(what, &about_list(&list), said, &mut wrong));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("lists", table.join("\n"));
}

#[test]
fn an_indirect_list_is_refused_with_a_text_that_says_so() {
    let error = Crl::parse(&with(vec![point(&[flag(4)])]).der()).unwrap_err();
    assert_eq!(error, InvalidAnswer::Indirect);
    assert_eq!(
        error.to_string(),
        "the CRL is an indirect one, about certificates of other issuers; these are not used"
    );
}

fn response(status: Vec<u8>) -> TestResponse {
    TestResponse::about("crl-good", status, datetime!(2024-01-01 00:00 UTC), datetime!(2050-01-01 00:00 UTC))
}

fn about_response(response: &TestResponse) -> (Status, Status) {
    let mut answers = Answers::new();
    answers.add_ocsp(OcspResponse::parse(&response.der()).unwrap());
    about(&answers)
}

#[test]
fn responses_mean_what_the_standard_says_and_the_client_is_foretold() {
    let key_compromise = || revoked(LONG_AGO, Some(1));
    let other = || (certificate("code-root-b"), "code-root-b");
    let critical = extension(&[0x2A, 3, 4], true, &encode(NULL, &[]));
    let after = |status| {
        TestResponse::about("crl-good", status, datetime!(2025-01-01 00:00 UTC), datetime!(2050-01-01 00:00 UTC))
    };
    let ended = |status| TestResponse { next_update: Some(datetime!(2025-01-01 00:00 UTC)), ..response(status) };
    let begins = TestResponse {
        this_update: datetime!(2040-01-01 00:00 UTC),
        produced_at: datetime!(2040-01-01 00:00 UTC),
        ..response(good())
    };
    let cases = [
        ("good", response(good()), Some(Good)),
        ("revoked", response(key_compromise()), Some(Revoked)),
        ("revoked without a reason", response(revoked(LONG_AGO, None)), None),
        ("on hold", response(revoked(LONG_AGO, Some(6))), Some(Revoked)),
        ("unknown", response(unknown()), Some(Nothing)),
        ("good, after the timestamp", after(good()), Some(Good)),
        ("revoked, after the timestamp", after(key_compromise()), Some(Revoked)),
        ("good, ended before now", ended(good()), Some(Nothing)),
        ("revoked, ended before now", ended(key_compromise()), Some(Revoked)),
        ("good, old and without an end", TestResponse { next_update: None, ..response(good()) }, Some(Good)),
        ("good, begins after now", begins, Some(Good)),
        ("good, named with SHA-256", TestResponse { id_digest: Digest::Sha256, ..response(good()) }, Some(Nothing)),
        ("good, named with SHA-512", TestResponse { id_digest: Digest::Sha512, ..response(good()) }, None),
        ("good, signed with SHA-1", TestResponse { digest: Digest::Sha1, ..response(good()) }, Some(Good)),
        ("revoked, signed with SHA-1", TestResponse { digest: Digest::Sha1, ..response(key_compromise()) }, None),
        ("good, by name", TestResponse { by_name: true, ..response(good()) }, None),
        ("good, signed by another", TestResponse { signer: other(), ..response(good()) }, Some(Nothing)),
        (
            "good, signed by another in the name of the issuer",
            TestResponse { signer: (certificate("crl-ca"), "code-root-b"), ..response(good()) },
            Some(Nothing),
        ),
        ("good, for another number", TestResponse { serial: vec![77], ..response(good()) }, Some(Nothing)),
        (
            "good, for the number of another issuer",
            TestResponse { issuer: certificate("crl-ca-revoked"), ..response(good()) },
            None,
        ),
        (
            "good, with a critical extension",
            TestResponse { extensions: vec![critical], ..response(good()) },
            Some(Good),
        ),
        (
            "good, signed by a customer of the issuer",
            TestResponse {
                signer: (certificate("crl-revoked-late"), "variant-crl"),
                certificates: vec![trust("certs/crl-revoked-late.der")],
                ..response(good())
            },
            Some(Nothing),
        ),
    ];
    let (mut table, mut wrong) = (Vec::new(), Vec::new());
    for (what, response, said) in cases {
        table.push(line(what, &about_response(&response), said, &mut wrong));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("responses", table.join("\n"));
}

#[test]
fn lists_and_responses_together_mean_the_graver() {
    let (mut table, mut wrong) = (Vec::new(), Vec::new());
    let stale = from_to(datetime!(2022-01-01 00:00 UTC), LONG_AGO);
    let cases = [
        ("good list, response revoked", list(), response(revoked(LONG_AGO, Some(1)))),
        ("on the list, response good", listed(&list()), response(good())),
        ("list out of date, response revoked", stale, response(revoked(LONG_AGO, Some(1)))),
    ];
    for ((what, list, response), said) in cases.into_iter().zip([Good, Revoked, Revoked]) {
        let mut answers = Answers::new();
        answers.add_crl(Crl::parse(&list.der()).unwrap());
        answers.add_ocsp(OcspResponse::parse(&response.der()).unwrap());
        table.push(line(what, &about(&answers), Some(said), &mut wrong));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    insta::assert_snapshot!("together", table.join("\n"));
}

#[test]
fn where_a_certificate_sends_decides_what_a_list_can_say() {
    let issuer = certificate("crl-ca");
    let constraints = |ca| extension(oid::BASIC_CONSTRAINTS, true, &encode(SEQUENCE, ca));
    let point = |fields: &[Vec<u8>]| encode_all(SEQUENCE, fields);
    let points = |points: &[Vec<u8>]| extension(oid::CRL_DISTRIBUTION_POINTS, false, &encode_all(SEQUENCE, points));
    let reasons = encode(0x81, &[5, 0x60]);
    let of = |name: &str| encode(context(2), &encode(context(4), certificate(name).subject().as_der()));
    let directory =
        |name: &str| encode(context(0), &encode(context(0), &encode(context(4), certificate(name).subject().as_der())));
    let relative = |value: &[u8]| encode(context(0), &encode(context(1), value));
    let other_list = with(vec![self::point(&[named(OTHER_URL)])]);
    let of_directory = with(vec![self::point(&[directory("crl-ca")])]);
    let of_relative = with(vec![self::point(&[relative(&[5, 0])])]);
    let for_users = with(vec![self::point(&[flag(1)])]);
    let plain = list();
    let cases: Vec<(&str, Vec<Vec<u8>>, &TestCrl)> = vec![
        ("nowhere", vec![], &plain),
        ("nowhere, a list for a point", vec![], &other_list),
        ("to a point for some reasons", vec![points(&[point(&[named(OWN_URL), reasons.clone()])])], &plain),
        ("to two points", vec![points(&[point(&[named(OWN_URL)]), point(&[named(OTHER_URL)])])], &other_list),
        (
            "to a point for some reasons and one for all, a list for the first",
            vec![points(&[point(&[named(OTHER_URL), reasons]), point(&[named(OWN_URL)])])],
            &other_list,
        ),
        ("to a list of another issuer", vec![points(&[point(&[named(OWN_URL), of("code-root-b")])])], &plain),
        ("to a list of its issuer by name", vec![points(&[point(&[named(OWN_URL), of("crl-ca")])])], &plain),
        ("to a directory", vec![points(&[point(&[directory("crl-ca")])])], &of_directory),
        ("to another directory", vec![points(&[point(&[directory("code-root-b")])])], &of_directory),
        ("to a relative name", vec![points(&[point(&[relative(&[5, 0])])])], &of_relative),
        ("to another relative name", vec![points(&[point(&[relative(&[4, 0])])])], &of_relative),
        ("an authority, a list for users", vec![constraints(&[1, 1, 0xFF])], &for_users),
        ("no authority, a list for users", vec![constraints(&[])], &for_users),
        ("by an extension that cannot be read", vec![extension(oid::CRL_DISTRIBUTION_POINTS, false, &[4, 0])], &plain),
    ];
    let mut table = Vec::new();
    for (what, extensions, list) in cases {
        let certificate = with_extensions("crl-good", &extensions);
        let told = |list: &TestCrl| {
            let mut answers = Answers::new();
            answers.add_crl(Crl::parse(&list.der()).unwrap());
            words(&answers.about(&certificate, &issuer, NOW))
        };
        table.push(format!("{what}: {} | on it: {}", told(list), told(&listed(list))));
    }
    insta::assert_snapshot!("points", table.join("\n"));
}

#[test]
fn an_earlier_day_from_which_a_certificate_was_invalid_counts() {
    let invalid = |at| extension(oid::INVALIDITY_DATE, false, &moment(at));
    let (early, late) = (datetime!(2022-02-02 00:00 UTC), datetime!(2025-02-02 00:00 UTC));
    for (since, expected) in [(early, early), (late, LONG_AGO)] {
        let list = TestCrl { entries: vec![entry(&serial(), LONG_AGO, Some(1), &[invalid(since)])], ..list() };
        let (status, _) = about_list(&list);
        assert!(matches!(status, Status::Revoked { at, .. } if at == expected), "{status:?}");
    }
}

#[test]
fn answers_about_a_certificate_of_somebody_else_are_none() {
    let mut answers = Answers::new();
    answers.add_crl(Crl::parse(&listed(&list()).der()).unwrap());
    answers.add_ocsp(OcspResponse::parse(&response(revoked(LONG_AGO, Some(1))).der()).unwrap());
    let status = answers.about(&certificate("crl-good"), &certificate("code-root-a"), NOW);
    assert_eq!(status, Status::Unknown(Unknown::NoAnswer));
    assert_eq!(Answers::NONE.about(&certificate("crl-good"), &certificate("crl-ca"), NOW), status);
}
