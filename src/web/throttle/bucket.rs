//! What one account, address or both have been charged, and how long they must wait.

use std::time::{Duration, Instant};

/// The first wait after the free failures; each further failure doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest of these waits.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How long a failure is remembered, and the time in which tries are counted.
const HOUR: Duration = Duration::from_secs(60 * 60);

/// What a bucket allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rule {
    /// So many failures one after the other have no wait after them; `None`: none has.
    pub free: Option<u32>,
    /// Failures in an hour, counted from the first.
    pub an_hour: u32,
}

/// A bucket. An hour without a try makes it as new.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Failures since the last success.
    failures: u32,
    /// No try before this time.
    ready: Instant,
    /// When the present hour began.
    hour: Instant,
    /// Failures in it.
    tries: u32,
    /// The last try.
    last: Instant,
}

impl Bucket {
    /// An empty one.
    pub fn new(now: Instant) -> Self {
        Self { failures: 0, ready: now, hour: now, tries: 0, last: now }
    }

    /// How long a try must wait; `None` if it need not.
    pub fn wait(&self, rule: &Rule, now: Instant) -> Option<Duration> {
        let full = self.tries >= rule.an_hour;
        let hour = if full { (self.hour + HOUR).saturating_duration_since(now) } else { Duration::ZERO };
        Some(hour.max(self.ready.saturating_duration_since(now))).filter(|wait| !wait.is_zero())
    }

    /// Charges a try as if it had failed.
    pub fn charge(&mut self, rule: &Rule, now: Instant) {
        if now.saturating_duration_since(self.last) >= HOUR {
            self.failures = 0;
        }
        if now.saturating_duration_since(self.hour) >= HOUR {
            (self.hour, self.tries) = (now, 0);
        }
        self.failures = self.failures.saturating_add(1);
        self.tries = self.tries.saturating_add(1);
        self.last = now;
        self.ready = now + rule.free.map_or(Duration::ZERO, |free| wait_after(self.failures.saturating_sub(free)));
    }

    /// Takes back what was charged at `at`, if that hour is still counted.
    pub fn give_back(&mut self, at: Instant) {
        if at >= self.hour {
            self.tries = self.tries.saturating_sub(1);
        }
    }

    /// Ends the waits: a try was right.
    pub fn forgive(&mut self) {
        self.failures = 0;
        self.ready = self.last;
    }

    /// Takes back one failure, and the wait after it.
    pub fn undo(&mut self) {
        self.failures = self.failures.saturating_sub(1);
        self.ready = self.last;
    }
}

/// The wait after so many failures beyond the free ones.
fn wait_after(failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
    let factor = 2u32.checked_pow(doublings).unwrap_or(u32::MAX);
    FIRST_WAIT.saturating_mul(factor).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { free: Some(5), an_hour: 60 };

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn five_failures_are_free_and_then_waits_double_up_to_a_minute() {
        let mut now = Instant::now();
        let mut bucket = Bucket::new(now);
        let mut waits = Vec::new();
        for _ in 0..15 {
            bucket.charge(&RULE, now);
            let wait = bucket.wait(&RULE, now).unwrap_or_default();
            waits.push(wait.as_secs());
            now += wait;
        }
        assert_eq!(waits, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(wait_after(u32::MAX), LONGEST_WAIT);
    }

    #[test]
    fn an_hour_has_a_number_of_tries_and_then_there_is_the_next_hour() {
        let rule = Rule { free: None, an_hour: 3 };
        let begin = Instant::now();
        let mut bucket = Bucket::new(begin);
        for minute in [0, 10, 20] {
            assert_eq!(bucket.wait(&rule, begin + seconds(60 * minute)), None);
            bucket.charge(&rule, begin + seconds(60 * minute));
        }
        assert_eq!(bucket.wait(&rule, begin + seconds(30 * 60)), Some(seconds(30 * 60)));
        assert_eq!(bucket.wait(&rule, begin + seconds(3599)), Some(seconds(1)));
        assert_eq!(bucket.wait(&rule, begin + HOUR), None);
        bucket.charge(&rule, begin + HOUR);
        assert_eq!((bucket.tries, bucket.wait(&rule, begin + HOUR)), (1, None));
    }

    #[test]
    fn an_hour_of_peace_makes_a_bucket_as_new() {
        let begin = Instant::now();
        let mut bucket = Bucket::new(begin);
        (0..10).for_each(|_| bucket.charge(&RULE, begin));
        bucket.charge(&RULE, begin + seconds(3599));
        assert_eq!(bucket.failures, 11);
        bucket.charge(&RULE, begin + seconds(3599) + HOUR);
        assert_eq!((bucket.failures, bucket.tries), (1, 1));
    }

    #[test]
    fn what_is_taken_back_is_as_if_it_had_not_been() {
        let now = Instant::now();
        let mut bucket = Bucket::new(now);
        (0..6).for_each(|_| bucket.charge(&RULE, now));
        bucket.give_back(now);
        bucket.undo();
        assert_eq!((bucket.failures, bucket.tries, bucket.wait(&RULE, now)), (5, 5, None));
        bucket.charge(&RULE, now + HOUR);
        bucket.give_back(now);
        assert_eq!(bucket.tries, 1, "a try of another hour gives nothing back in this one");
    }
}
