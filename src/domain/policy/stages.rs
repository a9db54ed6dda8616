//! Enforcement stages by package ID: how a team gets there in steps, one family of packages after the other.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use super::{Enforcement, Policy};
use crate::domain::pattern::{Pattern, most_literal};

/// A stage for the package IDs that match a pattern, written `Contoso.*=warn`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedPattern {
    /// For which package IDs.
    pub pattern: Pattern,
    /// Which stage.
    pub stage: Enforcement,
}

impl FromStr for StagedPattern {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let shape = || format!("`{text}` is no pattern with a stage, such as `Contoso.*=warn`");
        let (pattern, stage) = text.split_once('=').ok_or_else(shape)?;
        let stage =
            stage.trim().parse().map_err(|()| format!("{}: the stages are enforce, warn and report", shape()))?;
        Ok(Self {
            pattern: pattern
                .trim()
                .parse()
                .map_err(|error: crate::domain::pattern::InvalidPattern| error.to_string())?,
            stage,
        })
    }
}

impl fmt::Display for StagedPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.pattern, self.stage)
    }
}

impl Serialize for StagedPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Policy {
    /// What a refusal of the push rule does for the package `id`: the stage of the pattern that matches it most literally (of
    /// equally literal ones the stricter), otherwise the server's.
    #[must_use]
    pub fn stage_of(&self, id: &str) -> Enforcement {
        let rules: Vec<_> = self.enforcement_patterns.iter().map(|it| (it.pattern.clone(), it.stage)).collect();
        most_literal(&rules, id).unwrap_or(self.enforcement)
    }
}

/// What a change of the stages by ID lets in, in whole sentences; `None` when it lets in nothing.
pub(super) fn loosened(before: &Policy, after: &Policy) -> Option<String> {
    let added = after.enforcement_patterns.iter().filter(|it| !before.enforcement_patterns.contains(it));
    let added: Vec<String> = added.filter(|it| it.stage != Enforcement::Enforce).map(ToString::to_string).collect();
    let removed = before.enforcement_patterns.iter().filter(|it| !after.enforcement_patterns.contains(it));
    let freed: Vec<String> =
        removed.filter(|it| it.stage < after.enforcement).map(|it| it.pattern.to_string()).collect();
    let mut said = Vec::new();
    if !added.is_empty() {
        said.push(format!(
            "For the IDs of {}, unsigned packages become acceptable, and so do packages signed with a certificate that no owner registered. Signatures that are invalid are refused as before.",
            added.join(", ")
        ));
    }
    if !freed.is_empty() {
        said.push(format!(
            "For {} the milder stage of a wider pattern or of the server counts again.",
            freed.join(", ")
        ));
    }
    (!said.is_empty()).then(|| said.join(" "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(enforcement: &str, patterns: &str) -> Policy {
        let mut policy = Policy::default();
        policy.set("enforcement", enforcement).unwrap();
        policy.set("enforcement_patterns", patterns).unwrap();
        policy
    }

    #[test]
    fn the_most_literal_pattern_wins_a_tie_goes_to_the_stricter_and_without_any_the_server_decides() {
        let policy = policy("report", "Contoso.*=warn, Contoso.Core.*=enforce, *.Tools=report, c*so.Tools=enforce");
        for (id, expected) in [
            ("Other", Enforcement::Report),
            ("Contoso.App", Enforcement::Warn),
            ("CONTOSO.CORE.X", Enforcement::Enforce),
            ("Contoso.Core", Enforcement::Warn),
            ("Fabrikam.Tools", Enforcement::Report),
            // `c*so.Tools` has nine letters, `Contoso.*` eight.
            ("Contoso.Tools", Enforcement::Enforce),
        ] {
            assert_eq!(policy.stage_of(id), expected, "{id}");
        }
        let tied = self::policy("enforce", "a.*=report,*.b=warn,A.*=warn");
        assert_eq!(tied.stage_of("a.x"), Enforcement::Warn);
        assert_eq!(tied.stage_of("a.b"), Enforcement::Warn);
    }

    #[test]
    fn what_is_no_pattern_with_a_stage_says_so() {
        for text in ["Contoso.*", "Contoso.*=off", "=warn", "a/b=warn", "Contoso.*=warn=report"] {
            let error = Policy::default().set("enforcement_patterns", text).unwrap_err().to_string();
            assert!(error.contains(text.split('=').next().unwrap()), "{error}");
        }
    }

    #[test]
    fn taking_a_strict_exception_away_loosens_too() {
        let strict = policy("warn", "Contoso.*=enforce");
        assert!(loosened(&strict, &policy("warn", "")).unwrap().contains("Contoso.*"));
        assert_eq!(loosened(&policy("warn", ""), &strict), None);
        assert_eq!(loosened(&strict, &strict), None);
    }

    proptest! {
        #[test]
        fn the_order_in_which_patterns_are_written_plays_no_part(
            entries in proptest::collection::vec(("[ab*]{1,3}", 0..3usize), 0..6), id in "[ab]{1,4}",
        ) {
            let stage = |number: usize| ["enforce", "warn", "report"][number];
            let written: Vec<String> = entries.iter().map(|(pattern, number)| format!("{pattern}={}", stage(*number))).collect();
            let (forth, back): (Vec<_>, Vec<_>) = (written.clone(), written.into_iter().rev().collect());
            prop_assert_eq!(policy("warn", &forth.join(",")).stage_of(&id), policy("warn", &back.join(",")).stage_of(&id));
        }
    }
}
