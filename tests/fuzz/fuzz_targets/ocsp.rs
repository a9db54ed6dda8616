//! Reading a response of an OCSP responder and asking it must end without a panic, and what nobody signed says nothing.
#![no_main]

use assay::signature::Certificate;
use assay::signature::revocation::{Answers, OcspResponse, Status};
use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const CERTIFICATE: &[u8] = include_bytes!("../../vectors/golden/trust/certs/crl-good.der");
const ISSUER: &[u8] = include_bytes!("../../vectors/golden/trust/certs/crl-ca.der");

fuzz_target!(|bytes: &[u8]| {
    let Ok(response) = OcspResponse::parse(bytes) else { return };
    let certificate = Certificate::from_der(CERTIFICATE).expect("a certificate");
    let issuer = Certificate::from_der(ISSUER).expect("a certificate");
    let mut answers = Answers::new();
    answers.add_ocsp(response);
    let status = answers.about(&certificate, &issuer, NOW);
    assert!(matches!(status, Status::Unknown(_)), "told {status:?} by {bytes:02x?}");
});
