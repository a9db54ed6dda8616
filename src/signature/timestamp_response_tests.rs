//! Answers without a token, and bytes that are no answer. Tokens are judged in `tests/golden/timestamping.rs`.

use proptest::prelude::*;
use time::macros::datetime;

use super::super::anchors::TrustAnchors;
use super::super::asn1::{OCTET_STRING, encode};
use super::*;

const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

fn read(response: &[u8]) -> InvalidTimestamp {
    let anchors = TrustAnchors::default();
    TimestampRequest::new(b"value", [1; 32]).read(response, Evidence::without_answers(&anchors, NOW), true).unwrap_err()
}

fn status(number: u8, rest: &[Vec<u8>]) -> Vec<u8> {
    let info = [vec![encode(INTEGER, &[number])], rest.to_vec()].concat();
    encode_all(SEQUENCE, &[encode_all(SEQUENCE, &info)])
}

fn text(parts: &[&str]) -> Vec<u8> {
    let parts: Vec<Vec<u8>> = parts.iter().map(|part| encode(UTF8_STRING, part.as_bytes())).collect();
    encode_all(SEQUENCE, &parts)
}

#[test]
fn a_refusal_is_told_in_the_authoritys_words_as_plain_ascii() {
    for (response, message) in [
        (status(2, &[]), "the authority refuses: status 2".to_owned()),
        (status(3, &[text(&["later"])]), "the authority refuses: status 3: later".to_owned()),
        (
            status(2, &[text(&["over quota", "b\u{fc}ro\r\nX-Evil: \u{1b}[2J"]), encode(BIT_STRING, &[5, 0x20])]),
            "the authority refuses: status 2, badRequest: over quota b?ro??X-Evil: ?[2J".to_owned(),
        ),
        (
            status(2, &[encode(BIT_STRING, &[6, 0, 0, 0, 0x40])]),
            "the authority refuses: status 2, systemFailure".to_owned(),
        ),
        (status(5, &[text(&["x".repeat(1000).as_str()])]), {
            format!("the authority refuses: status 5: {}", "x".repeat(198))
        }),
    ] {
        assert_eq!(read(&response).to_string(), message);
    }
}

#[test]
fn what_is_no_response_is_refused() {
    let too_long = vec![0x30; MAX_RESPONSE + 1];
    for (response, message) in [
        (Vec::new(), "the answer is no timestamp response: the data break off"),
        (vec![0x3C, 0], "the answer is no timestamp response: found tag 0x3c where 0x30 belongs"),
        (b"<html>".to_vec(), "the answer is no timestamp response: the data break off"),
        (status(0, &[]), "the answer is no timestamp response: the data break off"),
        (
            [status(2, &[]), vec![0]].concat(),
            "the answer is no timestamp response: something follows where nothing belongs",
        ),
        (status(0xFF, &[]), "the answer is no timestamp response: an integer is negative"),
        (too_long, "the answer is no timestamp response: it is larger than 65536 bytes"),
    ] {
        assert_eq!(read(&response).to_string(), message);
    }
    let granted = [encode_all(SEQUENCE, &[encode(INTEGER, &[0])]), encode(SEQUENCE, &encode(OCTET_STRING, b"x"))];
    assert!(matches!(read(&encode_all(SEQUENCE, &granted)), InvalidTimestamp::Token(_)));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        granted in any::<bool>(),
    ) {
        let response = if granted {
            encode_all(SEQUENCE, &[encode_all(SEQUENCE, &[encode(INTEGER, &[0])]), encode(SEQUENCE, &bytes)])
        } else {
            bytes
        };
        read(&response);
    }
}
