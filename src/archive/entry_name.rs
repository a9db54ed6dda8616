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
    /// Has a part that Windows takes for another one: a device, or a name without the dots and spaces at its end.
    Windows,
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
            Self::Windows => "is a device on Windows, or ends in a dot or space, which Windows drops",
            Self::Signature => "is the name of the signature file in other letters",
        }
    }
}

/// The first fault of a name, if any. Both slashes separate, as they do on Windows.
pub(crate) fn fault(name: &[u8]) -> Option<NameFault> {
    let decoded = percent_encoding::percent_decode(name).collect::<Vec<u8>>();
    if name != SIGNATURE_NAME && [name, &decoded].into_iter().any(|name| as_windows(name) == SIGNATURE_NAME) {
        return Some(NameFault::Signature);
    }
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
    } else if name.split(|octet| matches!(octet, b'/' | b'\\')).any(is_folded_by_windows) {
        Some(NameFault::Windows)
    } else if parts.any(|part| trimmed(part) == b"..") {
        Some(NameFault::ClimbsOut)
    } else {
        None
    }
}

/// The name of a file as Windows takes it: case does not count, and dots and spaces at the end are dropped.
fn as_windows(name: &[u8]) -> Vec<u8> {
    let mut name = name.to_ascii_lowercase();
    while matches!(name.last(), Some(b'.' | b' ')) {
        name.pop();
    }
    name
}

/// Whether Windows takes a part of a path for another one: it ends in a dot or a space, or is the name of a device.
fn is_folded_by_windows(part: &[u8]) -> bool {
    const DEVICES: [&[u8]; 4] = [b"con", b"prn", b"aux", b"nul"];
    let folded = as_windows(part);
    let stem = folded.split(|octet| *octet == b'.').next().unwrap_or_default();
    let numbered = |device: &[u8]| stem.strip_prefix(device).is_some_and(|rest| matches!(rest, [b'1'..=b'9']));
    let device = DEVICES.contains(&stem) || numbered(b"com") || numbered(b"lpt");
    let climbs = matches!(part, b"." | b"..");
    device || (!climbs && folded.len() != part.len() && trimmed(part) != b"..")
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
            (b"lib/..a/b..", Some(NameFault::Windows)),
            (b"lib/..a/b..c", None),
            (b"../a", Some(NameFault::ClimbsOut)),
            (b"a/.. /b", Some(NameFault::ClimbsOut)),
            (b"a\\..\\..\\b", Some(NameFault::ClimbsOut)),
            (b"%2e%2e/a", Some(NameFault::ClimbsOut)),
            (b".signature.p7s", None),
            (b".signature%2ep7s", Some(NameFault::Signature)),
            (b".signature.p7s.", Some(NameFault::Signature)),
            (b".SIGNATURE.p7s ", Some(NameFault::Signature)),
            (b"lib/a.dll.", Some(NameFault::Windows)),
            (b"lib/a.dll%20", Some(NameFault::Windows)),
            (b"lib /a.dll", Some(NameFault::Windows)),
            (b"content/nul.txt", Some(NameFault::Windows)),
            (b"COM1", Some(NameFault::Windows)),
            (b"content/console.txt", None),
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
