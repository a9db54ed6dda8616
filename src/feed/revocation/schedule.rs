//! When to ask again.

use time::{Duration, OffsetDateTime};

/// An answer is asked for again after a day at the latest: a revocation is then known a day after it was published.
pub const DAILY: Duration = Duration::days(1);
/// An answer is not asked for again earlier, however short it counts: an issuer whose answers count for seconds must not keep
/// the server busy.
pub const AT_LEAST: Duration = Duration::minutes(10);
/// The wait after the first failure. It doubles with each further one.
pub const FIRST_WAIT: Duration = Duration::minutes(1);
/// The longest wait after failures: a responder that comes back is used again on the same day.
pub const LONGEST_WAIT: Duration = Duration::hours(6);

/// When to ask again for an answer that came at `now` and counts until `next_update`: halfway there, so that an issuer
/// that is down for some time leaves no gap.
#[must_use]
pub fn after_answer(now: OffsetDateTime, next_update: Option<OffsetDateTime>) -> OffsetDateTime {
    let halfway = next_update.map_or(DAILY, |until| (until - now) / 2);
    later(now, halfway.clamp(AT_LEAST, DAILY))
}

/// When to ask again after the `failures`th failure in a row, counted from 1.
#[must_use]
pub fn after_failure(now: OffsetDateTime, failures: u32) -> OffsetDateTime {
    let doubled = 1i32.checked_shl(failures.saturating_sub(1)).filter(|factor| *factor > 0);
    let wait = doubled.and_then(|factor| FIRST_WAIT.checked_mul(factor)).unwrap_or(LONGEST_WAIT);
    later(now, wait.min(LONGEST_WAIT))
}

fn later(now: OffsetDateTime, wait: Duration) -> OffsetDateTime {
    now.checked_add(wait).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 0:00 UTC);

    #[test]
    fn an_answer_is_asked_for_again_before_it_ends_daily_and_not_all_the_time() {
        let wait = |next_update: Option<Duration>| after_answer(NOW, next_update.map(|after| NOW + after)) - NOW;
        assert_eq!(wait(None), DAILY);
        assert_eq!(wait(Some(Duration::days(7))), DAILY);
        assert_eq!(wait(Some(Duration::hours(4))), Duration::hours(2));
        assert_eq!(wait(Some(Duration::seconds(5))), AT_LEAST);
        assert_eq!(wait(Some(-Duration::days(3))), AT_LEAST);
        assert_eq!(after_answer(OffsetDateTime::UNIX_EPOCH, Some(datetime!(9999-12-31 0:00 UTC))), {
            OffsetDateTime::UNIX_EPOCH + DAILY
        });
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let minutes: Vec<i64> = (1..=12).map(|failures| (after_failure(NOW, failures) - NOW).whole_minutes()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
        for failures in [0, 31, 32, 33, u32::MAX] {
            let wait = after_failure(NOW, failures) - NOW;
            assert!((FIRST_WAIT..=LONGEST_WAIT).contains(&wait), "{failures}: {wait}");
        }
    }
}
