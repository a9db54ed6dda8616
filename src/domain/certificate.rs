//! A certificate that an account registered as one of its signing certificates.

use serde::Serialize;
use time::OffsetDateTime;

use super::fingerprint::Fingerprint;
use super::pattern::Pattern;

/// What a registration is worth at a moment. Only [`Active`](Self::Active) lets a push through; each of these counts as
/// "has certificates". (A removed registration is no longer among them.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateStatus {
    /// In its validity period, not known to be revoked, of an enabled account.
    Active,
    /// Its `notAfter` has passed.
    Expired,
    /// A revocation answer or an administrator said so.
    Revoked,
    /// Its `notBefore` is to come.
    NotYetValid,
    /// Its account is disabled.
    AccountDisabled,
}

impl CertificateStatus {
    /// The status at `now`. Revoked comes before everything, because no waiting mends it.
    #[must_use]
    pub fn at(
        now: OffsetDateTime,
        not_before: OffsetDateTime,
        not_after: OffsetDateTime,
        revoked: bool,
        disabled: bool,
    ) -> Self {
        if revoked {
            Self::Revoked
        } else if disabled {
            Self::AccountDisabled
        } else if now < not_before {
            Self::NotYetValid
        } else if now > not_after {
            Self::Expired
        } else {
            Self::Active
        }
    }

    /// The word for people: "has expired", "is revoked" ….
    #[must_use]
    pub const fn predicate(self) -> &'static str {
        match self {
            Self::Active => "is active",
            Self::Expired => "has expired",
            Self::Revoked => "is revoked",
            Self::NotYetValid => "is not yet valid",
            Self::AccountDisabled => "belongs to a disabled account",
        }
    }
}

/// A registration that is not removed, as the push rule needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredCertificate {
    /// Which certificate.
    pub fingerprint: Fingerprint,
    /// What it is worth now.
    pub status: CertificateStatus,
    /// For which package IDs it counts. Empty means all.
    pub patterns: Vec<Pattern>,
}

impl RegisteredCertificate {
    /// Whether the registration counts for the package `id`, both for acceptance and for "has certificates".
    #[must_use]
    pub fn counts_for(&self, id: &str) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.matches(id))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_status_follows_the_clock_and_revocation_outweighs_it() {
        let (from, until) = (datetime!(2024-01-01 0:00 UTC), datetime!(2025-01-01 0:00 UTC));
        let at = |now, revoked, disabled| CertificateStatus::at(now, from, until, revoked, disabled);
        assert_eq!(at(datetime!(2024-06-01 0:00 UTC), false, false), CertificateStatus::Active);
        assert_eq!(at(until, false, false), CertificateStatus::Active);
        assert_eq!(at(datetime!(2025-01-01 0:00:01 UTC), false, false), CertificateStatus::Expired);
        assert_eq!(at(datetime!(2023-12-31 0:00 UTC), false, false), CertificateStatus::NotYetValid);
        assert_eq!(at(datetime!(2024-06-01 0:00 UTC), false, true), CertificateStatus::AccountDisabled);
        assert_eq!(at(datetime!(2026-06-01 0:00 UTC), true, true), CertificateStatus::Revoked);
    }
}
