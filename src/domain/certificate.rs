//! A certificate that an account registered as one of its signing certificates.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use super::fingerprint::Fingerprint;
use super::package_id::PackageId;
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

/// Registrations of one account that are not removed, at most: each makes every push of the account's packages longer.
pub const MAX_REGISTRATIONS: usize = 200;
/// Patterns of one registration at most.
pub const MAX_REGISTRATION_PATTERNS: usize = 50;
/// Different patterns of all registrations of one account at most: a change compares them with each of its package IDs.
pub const MAX_ACCOUNT_PATTERNS: usize = 500;

/// What a registration is worth at a moment, the removed ones too: they stay on record while a version is signed with them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistrationStatus {
    /// It is registered, and worth this.
    Kept(CertificateStatus),
    /// It was removed, and lets nothing through.
    Removed,
}

impl RegistrationStatus {
    /// The word for machines: `active`, `expired`, `revoked`, `not-yet-valid`, `account-disabled` or `removed`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kept(CertificateStatus::Active) => "active",
            Self::Kept(CertificateStatus::Expired) => "expired",
            Self::Kept(CertificateStatus::Revoked) => "revoked",
            Self::Kept(CertificateStatus::NotYetValid) => "not-yet-valid",
            Self::Kept(CertificateStatus::AccountDisabled) => "account-disabled",
            Self::Removed => "removed",
        }
    }
}

impl Serialize for RegistrationStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// The patterns without those that say the same again, letters of either case being the same.
#[must_use]
pub fn each_once(patterns: &[Pattern]) -> Vec<Pattern> {
    let mut once: Vec<Pattern> = Vec::new();
    for pattern in patterns {
        if !once.iter().any(|other| other.key() == pattern.key()) {
            once.push(pattern.clone());
        }
    }
    once
}

/// Whether two registrations are limited to the same package IDs, in whatever order and case.
#[must_use]
pub fn same_patterns(one: &[Pattern], other: &[Pattern]) -> bool {
    fn keys(patterns: &[Pattern]) -> BTreeSet<&str> {
        patterns.iter().map(Pattern::key).collect()
    }
    keys(one) == keys(other)
}

/// A registration that is not removed, as the push rule needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredCertificate {
    /// Which certificate.
    pub fingerprint: Fingerprint,
    /// What it is worth now.
    pub status: CertificateStatus,
    /// For which package IDs it counts. Empty means all.
    pub patterns: Arc<[Pattern]>,
}

impl RegisteredCertificate {
    /// Whether the registration counts for the package `id`, both for acceptance and for "has certificates".
    #[must_use]
    pub fn counts_for(&self, id: &PackageId) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.covers(id))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn patterns_are_the_same_in_any_order_and_case() {
        let patterns = |texts: &[&str]| -> Vec<Pattern> { texts.iter().map(|text| text.parse().unwrap()).collect() };
        assert!(same_patterns(&patterns(&["A.*", "b"]), &patterns(&["B", "a.*", "a.*"])));
        assert!(same_patterns(&[], &[]));
        assert!(!same_patterns(&patterns(&["a.*"]), &[]), "no pattern means all IDs");
        assert_eq!(each_once(&patterns(&["A.*", "a.*", "b"])), patterns(&["A.*", "b"]));
    }

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
