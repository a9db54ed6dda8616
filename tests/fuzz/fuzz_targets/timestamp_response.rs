//! Reading the answer of a timestamping authority must end without a panic, and give no token when the answer is not
//! signed for this request.
#![no_main]

use assay::signature::Anchors;
use assay::signature::timestamp_request::TimestampRequest;
use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;

fuzz_target!(|bytes: &[u8]| {
    let request = TimestampRequest::new(b"value", [7; 32]);
    let read = request.read(bytes, &Anchors::new(), true, OffsetDateTime::UNIX_EPOCH);
    assert!(read.is_err(), "a token out of nothing");
});
