//! When to tell that something ends soon: a key, a certificate.

use time::{Duration, OffsetDateTime};

/// So long before an API key ends its owner is told.
pub const KEY_WARNINGS: [Duration; 2] = [Duration::days(14), Duration::days(3)];
/// The same for certificates that are signed with: a new one must be ordered.
pub const CERTIFICATE_WARNINGS: [Duration; 2] = [Duration::days(30), Duration::days(7)];

/// How long before its end a key is marked as ending soon, at most: from when its owner is told.
const SOON_AT_MOST: Duration = KEY_WARNINGS[0];
/// The last part of a key's life in which it ends soon: a quarter. What was made for a month is not marked from its first day.
const SOON_PART: i32 = 4;

/// Whether a key that was made at `since` ends so soon that lists mark it at `now`: less than a quarter of its life is left, and at
/// most `SOON_AT_MOST`.
#[must_use]
pub fn is_soon(since: OffsetDateTime, ends_at: OffsetDateTime, now: OffsetDateTime) -> bool {
    let left = ends_at - now;
    left <= SOON_AT_MOST && left < (ends_at - since) / SOON_PART
}

/// What decides whether to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// Since when it is there.
    pub since: OffsetDateTime,
    /// When it ends.
    pub ends_at: OffsetDateTime,
    /// When it was told last.
    pub warned_at: Option<OffsetDateTime>,
}

impl Ending {
    /// Whether to tell at `now`: one of the times `before` the end has come, after it was made and after it was told last. So each
    /// counts once, several that were missed are told once, and nobody is told that what they made for a day ends tomorrow.
    #[must_use]
    pub fn is_to_be_told(&self, before: &[Duration], now: OffsetDateTime) -> bool {
        let news = |at: OffsetDateTime| at <= now && at > self.since && self.warned_at.is_none_or(|told| told < at);
        now < self.ends_at && before.iter().any(|before| news(self.ends_at - *before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: OffsetDateTime = time::macros::datetime!(2026-06-30 12:00 UTC);

    #[test]
    fn a_key_ends_soon_in_the_last_quarter_of_its_life_and_in_the_last_fourteen_days() {
        // Days for which it was made, hours that are left; and whether it ends soon.
        for (days, hours, expected) in [
            (1, 24, false),
            (1, 6, false),
            (1, 5, true),
            (7, 7 * 24, false),
            (7, 42, false),
            (7, 41, true),
            (30, 30 * 24, false),
            (30, 8 * 24, false),
            (30, 180, false),
            (30, 179, true),
            (90, 22 * 24, false),
            (90, 14 * 24 + 1, false),
            (90, 14 * 24, true),
            (365, 14 * 24 + 1, false),
            (365, 14 * 24, true),
            (365, 0, true),
        ] {
            let (since, now) = (END - Duration::days(days), END - Duration::hours(hours));
            assert_eq!(is_soon(since, END, now), expected, "{days} days, {hours} hours left");
        }
        assert_eq!(SOON_AT_MOST, Duration::days(14));
    }

    #[test]
    fn the_whole_table() {
        // Days before the end: made, told last, now; and whether it is told now.
        for (made, told, now, expected) in [
            (90, None, 15, false),
            (90, None, 14, true),
            (90, None, 13, true),
            (90, Some(14), 13, false),
            (90, Some(14), 4, false),
            (90, Some(14), 3, true),
            (90, Some(3), 2, false),
            (90, None, 2, true),
            (90, Some(2), 1, false),
            (90, None, 0, false),
            (90, None, -1, false),
            // Told about an earlier end, before it was put off.
            (90, Some(60), 14, true),
            // Made for less than what is warned.
            (14, None, 13, false),
            (10, None, 9, false),
            (10, None, 3, true),
            (3, None, 2, false),
            (1, None, 0, false),
        ] {
            let at = |days: i64| END - Duration::days(days);
            let ending = Ending { since: at(made), ends_at: END, warned_at: told.map(at) };
            assert_eq!(ending.is_to_be_told(&KEY_WARNINGS, at(now)), expected, "{made} {told:?} {now}");
        }
    }
}
