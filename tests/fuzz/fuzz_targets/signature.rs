//! Reading an archive and judging its signature must end without a panic, and accept nothing when no root is trusted.
#![no_main]

use std::io::Cursor;

use assay::archive::{Archive, Limits};
use assay::signature::{Evidence, PushOptions, Signed, TrustAnchors, verify_for_push};
use libfuzzer_sys::fuzz_target;
use time::OffsetDateTime;

fuzz_target!(|bytes: &[u8]| {
    let mut source = Cursor::new(bytes);
    let Ok(archive) = Archive::read(&mut source, &Limits::DEFAULT) else { return };
    let anchors = TrustAnchors::default();
    let evidence = Evidence::without_answers(&anchors, OffsetDateTime::UNIX_EPOCH);
    let judged = verify_for_push(&mut source, &archive, &PushOptions::default(), evidence);
    if let Ok(Ok(verified)) = judged {
        assert!(!matches!(verified.signed(), Signed::ByAuthor(_)), "accepted without a trusted root");
    }
});
