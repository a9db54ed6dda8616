//! How long a browser stays signed in, and for how long a second factor counts.

use time::{Duration, OffsetDateTime};

use super::policy::{Policy, SecondFactor};

/// The row number of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionId(pub i64);

/// How long after the password was given a sign-in counts as fresh: long enough to fill in a form.
pub const FRESH_SIGN_IN: Duration = Duration::minutes(15);
/// How long somebody who gave the password may take to give the code.
pub const CODE_AWAITED: Duration = Duration::minutes(10);
/// Wrong codes after which a sign-in begins anew with the password.
pub const MAX_WRONG_CODES: u32 = 5;

/// Sessions of one account that run at the same time; a further one ends the oldest. Nobody has so many browsers, and a list
/// of thousands would hide a stranger's among them.
pub const MAX_SESSIONS: u32 = 50;
/// The same for those that wait for a code.
pub const MAX_INCOMPLETE_SESSIONS: u32 = 10;

/// What the policy says about sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionRules {
    /// Who must have a second factor.
    pub second_factor: SecondFactor,
    /// How long a given code counts.
    pub second_factor_lasts: Duration,
    /// How long a session lives without a request.
    pub idle: Duration,
    /// How long a session lives at most.
    pub absolute: Duration,
}

impl From<&Policy> for SessionRules {
    fn from(policy: &Policy) -> Self {
        Self {
            second_factor: policy.second_factor,
            second_factor_lasts: Duration::minutes(policy.second_factor_minutes.into()),
            idle: Duration::minutes(policy.session_idle_minutes.into()),
            absolute: Duration::hours(policy.session_hours.into()),
        }
    }
}

/// The times of one session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionTimes {
    /// When it began.
    pub created_at: OffsetDateTime,
    /// Its last request.
    pub last_seen_at: OffsetDateTime,
    /// When the password was given last.
    pub password_at: OffsetDateTime,
    /// When a code was given last.
    pub second_factor_at: Option<OffsetDateTime>,
}

impl SessionTimes {
    /// Whether the session still lives at `now`; an incomplete one waits for its code and no longer.
    #[must_use]
    pub fn is_live(&self, complete: bool, rules: &SessionRules, now: OffsetDateTime) -> bool {
        let lasts = if complete { rules.absolute } else { CODE_AWAITED };
        now - self.created_at < lasts && now - self.last_seen_at < rules.idle
    }

    /// Whether a code was given so lately that it counts at `now`.
    #[must_use]
    pub fn has_second_factor(&self, rules: &SessionRules, now: OffsetDateTime) -> bool {
        self.second_factor_at.is_some_and(|at| now - at < rules.second_factor_lasts)
    }

    /// Whether the password was given so lately that the sign-in is fresh at `now`.
    #[must_use]
    pub fn is_fresh(&self, now: OffsetDateTime) -> bool {
        now - self.password_at < FRESH_SIGN_IN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn times() -> SessionTimes {
        SessionTimes { created_at: NOW, last_seen_at: NOW, password_at: NOW, second_factor_at: Some(NOW) }
    }

    #[test]
    fn a_session_ends_when_it_is_idle_and_at_the_latest_after_its_longest_time() {
        let rules = SessionRules::from(&Policy::default());
        let live = |seen: Duration, now: Duration| {
            SessionTimes { last_seen_at: NOW + seen, ..times() }.is_live(true, &rules, NOW + now)
        };
        assert!(live(Duration::ZERO, rules.idle - Duration::SECOND));
        assert!(!live(Duration::ZERO, rules.idle));
        assert!(live(rules.absolute - Duration::HOUR, rules.absolute - Duration::SECOND));
        assert!(!live(rules.absolute - Duration::HOUR, rules.absolute));
    }

    #[test]
    fn a_password_without_its_code_is_forgotten_after_ten_minutes() {
        let rules = SessionRules::from(&Policy::default());
        assert!(times().is_live(false, &rules, NOW + CODE_AWAITED - Duration::SECOND));
        assert!(!times().is_live(false, &rules, NOW + CODE_AWAITED));
    }

    #[test]
    fn a_code_counts_for_the_minutes_of_the_policy_and_a_password_for_fifteen() {
        let rules = SessionRules::from(&Policy { second_factor_minutes: 5, ..Policy::default() });
        assert!(times().has_second_factor(&rules, NOW + Duration::minutes(5) - Duration::SECOND));
        assert!(!times().has_second_factor(&rules, NOW + Duration::minutes(5)));
        assert!(!SessionTimes { second_factor_at: None, ..times() }.has_second_factor(&rules, NOW));
        assert!(times().is_fresh(NOW + FRESH_SIGN_IN - Duration::SECOND));
        assert!(!times().is_fresh(NOW + FRESH_SIGN_IN));
    }
}
