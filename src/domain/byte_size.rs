//! A number of bytes, as people write and read it.

/// The units that may stand behind a number, the largest first.
const UNITS: [(&str, u64); 5] = [("GiB", 1 << 30), ("MiB", MEBIBYTE), ("KiB", 1 << 10), ("bytes", 1), ("", 1)];
const MEBIBYTE: u64 = 1 << 20;

/// The bytes that `text` says: a whole number, alone or with `KiB`, `MiB` or `GiB` behind it, in letters of either case. `MB`
/// is no unit here: it means two things.
#[must_use]
pub fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let (_, bytes) = UNITS.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim()))?;
    digits.parse::<u64>().ok()?.checked_mul(bytes)
}

/// The shortest text that [`parse`] takes for just so many: `250 MiB`, or a bare number.
#[must_use]
pub fn exact(bytes: u64) -> String {
    let whole = UNITS.into_iter().find(|(_, unit)| *unit > 1 && bytes > 0 && bytes.is_multiple_of(*unit));
    whole.map_or_else(|| bytes.to_string(), |(name, unit)| format!("{} {name}", bytes / unit))
}

/// For people: `250 MiB` where that is exact, otherwise the bytes with a unit that can be grasped in parentheses.
#[must_use]
pub fn shown(bytes: u64) -> String {
    let exact = exact(bytes);
    if exact.contains(' ') { exact } else { format!("{bytes} bytes{}", grasped(bytes)) }
}

/// That unit alone with a blank before it, or nothing for a number that needs none.
#[must_use]
pub fn grasped(bytes: u64) -> String {
    let exact = exact(bytes);
    if exact.contains(' ') {
        format!(" ({exact})")
    } else if bytes >= MEBIBYTE {
        format!(" (about {}.{} MiB)", bytes / MEBIBYTE, bytes % MEBIBYTE * 10 / MEBIBYTE)
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_with_or_without_a_unit() {
        for (text, bytes) in [
            ("262144000", 262_144_000),
            ("250 MiB", 262_144_000),
            (" 250mib ", 262_144_000),
            ("1 KiB", 1024),
            ("1GiB", 1 << 30),
            ("7 bytes", 7),
            ("0", 0),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
        for text in [
            "",
            "MiB",
            "250 MB",
            "250 M",
            "1.5 GiB",
            "-1",
            "+1",
            "1 MiB 2",
            "99999999999999999999",
            "9999999999999999999 GiB",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_size_is_shown_in_a_unit_that_can_be_grasped() {
        for (bytes, text) in [
            (0, "0 bytes"),
            (1000, "1000 bytes"),
            (262_144_000, "250 MiB"),
            (262_144_001, "262144001 bytes (about 250.0 MiB)"),
            (u64::from(u32::MAX) - 1, "4294967294 bytes (about 4095.9 MiB)"),
        ] {
            assert_eq!(shown(bytes), text);
            assert_eq!(parse(&exact(bytes)), Some(bytes), "what is shown in a form is taken again");
        }
    }
}
