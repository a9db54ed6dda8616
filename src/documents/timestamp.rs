//! Instants as text.

use time::OffsetDateTime;

/// `yyyy-MM-ddTHH:mm:ss.fffffffZ` in UTC: ISO 8601 as .NET writes it, always 28 characters.
pub(super) fn utc(instant: OffsetDateTime) -> String {
    let at = instant.checked_to_offset(time::UtcOffset::UTC).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z",
        at.year().clamp(1, 9999),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.nanosecond() / 100
    )
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn is_in_utc_with_seven_digits() {
        assert_eq!(utc(datetime!(2026-01-02 03:04:05 UTC)), "2026-01-02T03:04:05.0000000Z");
        assert_eq!(utc(datetime!(2026-01-01 00:30:00.123456789 +02:00)), "2025-12-31T22:30:00.1234567Z");
        assert_eq!(utc(datetime!(9999-12-31 23:59:59 -01:00)).len(), 28, "beyond the last year");
    }
}
