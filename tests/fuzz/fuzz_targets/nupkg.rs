//! Reading a package must end without a panic and within its limits, whatever the bytes are.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = assay::nupkg::read(&mut Cursor::new(bytes), &assay::nupkg::Limits::default());
});
