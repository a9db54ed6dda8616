//! For which package IDs the registrations of an account count together, and what a change of them changes in that.

use std::collections::BTreeMap;

use super::certificate::{CertificateStatus, RegisteredCertificate};
use super::package_id::PackageId;
use super::pattern::Pattern;

/// The package IDs for which any of some registrations counts. Each pattern is kept once: hundreds of registrations may have
/// the same ones.
#[derive(Debug, Default)]
pub struct Coverage<'a> {
    /// One that counts for all IDs.
    unlimited: Option<&'a RegisteredCertificate>,
    patterns: BTreeMap<&'a str, (&'a Pattern, &'a RegisteredCertificate)>,
}

impl<'a> Coverage<'a> {
    /// What `registered` cover together.
    #[must_use]
    pub fn of(registered: &'a [RegisteredCertificate]) -> Self {
        Self::of_each(registered)
    }

    /// What those of `registered` that are active cover together.
    #[must_use]
    pub fn of_active(registered: &'a [RegisteredCertificate]) -> Self {
        Self::of_each(registered.iter().filter(|certificate| certificate.status == CertificateStatus::Active))
    }

    fn of_each(registered: impl IntoIterator<Item = &'a RegisteredCertificate>) -> Self {
        let mut coverage = Self::default();
        for certificate in registered {
            if certificate.patterns.is_empty() {
                coverage.unlimited.get_or_insert(certificate);
            }
            for pattern in certificate.patterns.iter() {
                coverage.patterns.entry(pattern.key()).or_insert((pattern, certificate));
            }
        }
        coverage
    }

    /// One of the registrations that count for `id`.
    #[must_use]
    pub fn registration(&self, id: &PackageId) -> Option<&'a RegisteredCertificate> {
        let limited = || self.patterns.values().find(|(pattern, _)| pattern.covers(id)).map(|(_, it)| *it);
        self.unlimited.or_else(limited)
    }

    /// How many different patterns there are.
    #[must_use]
    pub fn patterns(&self) -> usize {
        self.patterns.len()
    }

    fn has(&self, pattern: &str) -> bool {
        self.unlimited.is_some() || self.patterns.contains_key(pattern)
    }
}

/// What a change of an account's registrations does to the IDs that they cover. Most patterns stay as they are in most changes:
/// an ID is compared with those that come or go, and only if it matches one of them with those that stay.
#[derive(Debug)]
pub struct CoverageChange<'a> {
    kept: Coverage<'a>,
    lost: Coverage<'a>,
    gained: Coverage<'a>,
}

impl<'a> CoverageChange<'a> {
    /// From what is covered `before` to what is covered `after`.
    #[must_use]
    pub fn between(before: &Coverage<'a>, after: &Coverage<'a>) -> Self {
        let (mut kept, mut lost, mut gained) = (Coverage::default(), Coverage::default(), Coverage::default());
        let side = match (before.unlimited, after.unlimited) {
            (Some(_), Some(_)) => &mut kept,
            (Some(_), None) => &mut lost,
            _ => &mut gained,
        };
        side.unlimited = before.unlimited.or(after.unlimited);
        for (key, pattern) in before.patterns.iter().chain(&after.patterns) {
            let side = match (before.has(key), after.has(key)) {
                (true, true) => &mut kept,
                (true, false) => &mut lost,
                _ => &mut gained,
            };
            side.patterns.insert(key, *pattern);
        }
        Self { kept, lost, gained }
    }

    /// Whether it changes nothing, whatever the ID is.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        let empty = |side: &Coverage<'_>| side.unlimited.is_none() && side.patterns.is_empty();
        self.kept.unlimited.is_some() || (empty(&self.lost) && empty(&self.gained))
    }

    /// Whether `id` is covered on one side only.
    #[must_use]
    pub fn concerns(&self, id: &PackageId) -> bool {
        let covers = |side: &Coverage<'_>| side.registration(id).is_some();
        covers(&self.lost) != covers(&self.gained) && !covers(&self.kept)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::fingerprint::Fingerprint;

    fn registered(limits: &[Vec<String>]) -> Vec<RegisteredCertificate> {
        let one = |texts: &Vec<String>| RegisteredCertificate {
            fingerprint: Fingerprint::of(texts.join(",").as_bytes()),
            status: CertificateStatus::Expired,
            patterns: texts.iter().map(|text| text.parse().unwrap()).collect(),
        };
        limits.iter().map(one).collect()
    }

    fn limits(texts: &[&[&str]]) -> Vec<RegisteredCertificate> {
        registered(&texts.iter().map(|texts| texts.iter().map(ToString::to_string).collect()).collect::<Vec<_>>())
    }

    #[test]
    fn an_unlimited_registration_covers_everything_and_each_pattern_is_kept_once() {
        let id: PackageId = "Contoso.Core".parse().unwrap();
        let some = limits(&[&["Fabrikam.*", "A.*"], &["a.*", "Contoso.*"]]);
        assert_eq!(Coverage::of(&some).patterns(), 3);
        assert_eq!(Coverage::of(&some).registration(&id), Some(&some[1]));
        assert_eq!(Coverage::of(&some[..1]).registration(&id), None);
        let all = limits(&[&["Fabrikam.*"], &[]]);
        assert_eq!(Coverage::of(&all).registration(&id), Some(&all[1]));
    }

    #[test]
    fn a_change_that_covers_the_same_is_none() {
        let (one, twice) = (limits(&[&["A.*"]]), limits(&[&["A.*"], &["a.*"]]));
        assert!(CoverageChange::between(&Coverage::of(&one), &Coverage::of(&twice)).is_nothing());
        let (all, more) = (limits(&[&[]]), limits(&[&[], &["A.*"]]));
        assert!(CoverageChange::between(&Coverage::of(&more), &Coverage::of(&all)).is_nothing());
        assert!(!CoverageChange::between(&Coverage::of(&all), &Coverage::of(&one)).is_nothing());
        assert!(!CoverageChange::between(&Coverage::of(&[]), &Coverage::of(&one)).is_nothing());
    }

    fn some() -> impl Strategy<Value = Vec<RegisteredCertificate>> {
        let patterns = proptest::collection::vec("[ab*]{1,3}", 0..3);
        proptest::collection::vec(patterns, 0..4).prop_map(|limits| registered(&limits))
    }

    proptest! {
        #[test]
        fn it_concerns_just_the_ids_for_which_a_registration_counts_on_one_side_only(
            before in some(), after in some(), id in "[ab]{1,4}",
        ) {
            let id: PackageId = id.parse().unwrap();
            let counts = |all: &[RegisteredCertificate]| all.iter().any(|it| it.counts_for(&id));
            let (was, is) = (Coverage::of(&before), Coverage::of(&after));
            prop_assert_eq!(was.registration(&id).is_some(), counts(&before));
            let change = CoverageChange::between(&was, &is);
            prop_assert_eq!(change.concerns(&id), counts(&before) != counts(&after));
            prop_assert!(!change.is_nothing() || counts(&before) == counts(&after));
        }
    }
}
