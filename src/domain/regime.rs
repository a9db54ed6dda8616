//! Whether the push rule decides about a package ID at all, and what becomes of what it refuses.

use serde::Serialize;

use super::package_id::PackageId;
use super::policy::{Enforcement, Policy};

/// What the server makes of the push rule for one package ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// Other people's packages: each is judged by its own signature, whoever signed.
    Foreign,
    /// What the rule refuses is refused.
    Enforced,
    /// It is accepted with a warning.
    Warned,
    /// It is accepted, and counted.
    Reported,
}

impl Regime {
    /// For the package `id`.
    #[must_use]
    pub fn of(policy: &Policy, id: &str) -> Self {
        if policy.is_foreign(id) {
            return Self::Foreign;
        }
        match policy.stage_of(id) {
            Enforcement::Enforce => Self::Enforced,
            Enforcement::Warn => Self::Warned,
            Enforcement::Report => Self::Reported,
        }
    }

    /// The same in a few words, beside an ID in a list; `None` where it is enforced.
    #[must_use]
    pub const fn remark(self) -> Option<&'static str> {
        match self {
            Self::Enforced => None,
            Self::Foreign => Some("other people’s package, judged by its own signature alone"),
            Self::Warned => Some("not enforced yet, what the rule refuses is accepted with a warning"),
            Self::Reported => Some("not enforced yet, what the rule refuses is accepted and counted"),
        }
    }

    /// Why a push may meet something else than the rule says; `None` where it is enforced.
    #[must_use]
    pub const fn exception(self) -> Option<&'static str> {
        match self {
            Self::Enforced => None,
            Self::Foreign => Some(
                "this ID is listed as other people’s package: a package is judged by its own signature alone, and accepted whoever signed it and when nobody did",
            ),
            Self::Warned => Some(
                "the server does not enforce the rule for this ID yet: what the rule refuses is accepted with a warning",
            ),
            Self::Reported => Some(
                "the server does not enforce the rule for this ID yet: what the rule refuses is accepted, and counted",
            ),
        }
    }
}

/// What of a policy says whether the push rule decides, for all package IDs. Two that are the same say the same of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regimes(Policy);

impl Regimes {
    /// Those of `policy`.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        Self(Policy {
            enforcement: policy.enforcement,
            enforcement_patterns: policy.enforcement_patterns.clone(),
            foreign_ids: policy.foreign_ids.clone(),
            ..Policy::default()
        })
    }

    /// For the package `id`.
    #[must_use]
    pub fn regime(&self, id: &PackageId) -> Regime {
        Regime::of(&self.0, id.as_str())
    }

    /// Whether what the rule refuses is refused where no pattern says otherwise.
    #[must_use]
    pub fn enforced_by_default(&self) -> bool {
        self.0.enforcement == Enforcement::Enforce
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_peoples_packages_come_before_stages_and_only_an_enforced_rule_has_no_exception() {
        let mut policy = Policy::default();
        policy.set("foreign_ids", "Serilog.*").unwrap();
        policy.set("enforcement_patterns", "Contoso.*=warn,Serilog.*=report,Old.*=report").unwrap();
        for (id, regime) in [
            ("Serilog.Sinks", Regime::Foreign),
            ("Contoso.Core", Regime::Warned),
            ("Old.Tools", Regime::Reported),
            ("Fabrikam", Regime::Enforced),
        ] {
            assert_eq!(Regime::of(&policy, id), regime, "{id}");
            assert_eq!(regime.exception().is_none(), regime == Regime::Enforced);
            assert_eq!(regime.remark().is_none(), regime == Regime::Enforced);
            assert_eq!(Regimes::of(&policy).regime(&id.parse().unwrap()), regime, "{id}");
        }
    }

    #[test]
    fn what_plays_no_part_in_regimes_makes_no_other_ones() {
        let changed = |key: &str, value: &str| {
            let mut policy = Policy::default();
            policy.set(key, value).unwrap();
            Regimes::of(&policy) != Regimes::of(&Policy::default())
        };
        assert!(changed("foreign_ids", "A.*") && changed("enforcement_patterns", "A.*=warn"));
        assert!(changed("enforcement", "warn"));
        assert!(!changed("anonymous_read", "true") && !changed("package_size_limit", "1000000"));
    }
}
