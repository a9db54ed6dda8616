//! When to tell that something ends soon: a key, a certificate.

use time::{Duration, OffsetDateTime};

/// So long before an API key ends its owner is told.
pub const KEY_WARNINGS: [Duration; 2] = [Duration::days(14), Duration::days(3)];
/// The same for certificates that are signed with: a new one must be ordered.
pub const CERTIFICATE_WARNINGS: [Duration; 2] = [Duration::days(30), Duration::days(7)];

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
