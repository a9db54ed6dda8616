//! Which entry names can be extracted without leaving the target folder or hitting another entry.
//!
//! Names are judged as bytes: percent-encoding, which NuGet decodes when it extracts, is decoded here too, because
//! `%2e%2e/` climbs out as well as `../` does.

use super::SIGNATURE_NAME;

/// What is wrong with the name of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NameFault {
    /// No name at all.
    Empty,
    /// `..` as a folder, written with either slash.
    ClimbsOut,
    /// Starts at the root or names a drive or a share.
    Absolute,
    /// Holds an octet that ends names in C, or another control character.
    Control,
    /// Is the name of the signature in other letters: it would meet the signature on a file system that ignores case.
    Signature,
}

impl NameFault {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Empty => "is empty",
            Self::ClimbsOut => "climbs out of the package folder with `..`",
            Self::Absolute => "starts at the root of a disk",
            Self::Control => "holds a control character",
            Self::Signature => "is the name of the signature file in other letters",
        }
    }
}

/// The first fault of a name, if any. Both slashes separate, as they do on Windows.
pub(crate) fn fault(name: &[u8]) -> Option<NameFault> {
    let decoded = percent_encoding::percent_decode(name).collect::<Vec<u8>>();
    [name, &decoded].into_iter().find_map(fault_as_written)
}

fn fault_as_written(name: &[u8]) -> Option<NameFault> {
    let mut parts = name.split(|octet| matches!(octet, b'/' | b'\\'));
    let first = parts.clone().next().unwrap_or_default();
    if name.is_empty() {
        Some(NameFault::Empty)
    } else if name.iter().any(|&octet| octet < 0x20 || octet == 0x7F) {
        Some(NameFault::Control)
    } else if first.is_empty() || first.get(1) == Some(&b':') {
        Some(NameFault::Absolute)
    } else if name != SIGNATURE_NAME && name.eq_ignore_ascii_case(SIGNATURE_NAME) {
        Some(NameFault::Signature)
    } else if parts.any(|part| trimmed(part) == b"..") {
        Some(NameFault::ClimbsOut)
    } else {
        None
    }
}

/// Windows drops spaces at the end of a part of a path, so `.. /` is `../`.
fn trimmed(part: &[u8]) -> &[u8] {
    let mut part = part;
    while let Some((b' ', rest)) = part.split_last() {
        part = rest;
    }
    part
}

/// The form of a name in which two entries collide on a file system that ignores case.
pub(crate) fn folded(name: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(name) {
        Ok(text) => text.to_lowercase().replace('\\', "/").into_bytes(),
        Err(_) => name.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_folder_are_found() {
        let cases: &[(&[u8], Option<NameFault>)] = &[
            (b"lib/net8.0/a.dll", None),
            (b"lib/..a/..", Some(NameFault::ClimbsOut)),
            (b"lib/..a/b..", None),
            (b"../a", Some(NameFault::ClimbsOut)),
            (b"a/.. /b", Some(NameFault::ClimbsOut)),
            (b"a\\..\\..\\b", Some(NameFault::ClimbsOut)),
            (b"%2e%2e/a", Some(NameFault::ClimbsOut)),
            (b"a%2F..%2f..%2Fb", Some(NameFault::ClimbsOut)),
            (b"/etc/passwd", Some(NameFault::Absolute)),
            (b"\\\\server\\share", Some(NameFault::Absolute)),
            (b"C:\\a", Some(NameFault::Absolute)),
            (b"c:a", Some(NameFault::Absolute)),
            (b"", Some(NameFault::Empty)),
            (b"a\0.dll", Some(NameFault::Control)),
            (b"a%00.dll", Some(NameFault::Control)),
            (b"tools/%20name.txt", None),
            (b"_rels/.rels", None),
            (b".signature.p7s", None),
            (b".Signature.p7s", Some(NameFault::Signature)),
            (b"%2Esignature.P7S", Some(NameFault::Signature)),
        ];
        for (name, expected) in cases {
            assert_eq!(fault(name), *expected, "{}", String::from_utf8_lossy(name));
        }
    }
}
