//! Reading a list of revoked certificates and asking it must end without a panic, and a list that nobody signed says nothing.
#![no_main]

use assay::signature::Certificate;
use assay::signature::revocation::{Answers, Crl, Status};
use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);
const CERTIFICATE: &[u8] = include_bytes!("../../vectors/golden/trust/certs/crl-revoked-early.der");
const ISSUER: &[u8] = include_bytes!("../../vectors/golden/trust/certs/crl-ca.der");

fuzz_target!(|bytes: &[u8]| {
    let Ok(crl) = Crl::parse(bytes) else { return };
    let certificate = Certificate::from_der(CERTIFICATE).expect("a certificate");
    let issuer = Certificate::from_der(ISSUER).expect("a certificate");
    let mut answers = Answers::new();
    answers.add_crl(crl);
    // The one genuine list of this issuer that the corpus may have in date has the certificate on it.
    for status in
        [answers.about(&certificate, &issuer, NOW), answers.about_for_client(&certificate, &issuer, NOW, NOW)]
    {
        assert!(!matches!(status, Status::Good { .. }), "acquitted by {bytes:02x?}");
    }
});
