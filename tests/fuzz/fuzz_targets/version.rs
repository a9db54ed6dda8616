//! Versions and ranges: what parses, parses again from its own normal form to the same.
#![no_main]

use assay::domain::version::NuGetVersion;
use assay::domain::version_range::VersionRange;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
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
});
