//! Enforcement stages by package ID: how a team gets there in steps, one family of packages after the other.

use std::cmp::Reverse;
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
            // What is stored comes through the same door.
            pattern: Pattern::kept(pattern.trim()).map_err(|error| error.to_string())?,
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
///
/// An ID gets another stage only where an entry decides that was added, or decided that was taken away; so each of those is
/// compared with everything that could decide in its place. Where patterns overlap in odd ways it may warn once too often.
pub(super) fn loosened(before: &Policy, after: &Policy) -> Option<String> {
    let (was, is) = (&before.enforcement_patterns, &after.enforcement_patterns);
    let added = is.iter().filter(|it| !was.contains(it));
    let added: Vec<String> = added
        .filter(|it| others(before, after, it).iter().any(|other| *other < it.stage))
        .map(ToString::to_string)
        .collect();
    let removed = was.iter().filter(|it| !is.contains(it));
    let freed: Vec<String> = removed
        // Where the pattern stays with another stage, that one was told above, unless it stood there before.
        .filter(|it| {
            !is.iter()
                .any(|other| same(&other.pattern, &it.pattern) && (!was.contains(other) || other.stage <= it.stage))
        })
        .filter(|it| others(after, before, it).iter().any(|other| *other > it.stage))
        .map(|it| it.pattern.to_string())
        .collect();
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

/// The stages that IDs may have under `policy`, of those for which `entry` decides under `its`.
fn others(policy: &Policy, its: &Policy, entry: &StagedPattern) -> Vec<Enforcement> {
    let literal = |pattern: &Pattern| pattern.literal_characters();
    // Where such a one matches, it decides under `its`, and not `entry`.
    let decides = |other: &StagedPattern| {
        its.enforcement_patterns.contains(other)
            && (literal(&other.pattern), Reverse(other.stage)) > (literal(&entry.pattern), Reverse(entry.stage))
    };
    let overlapping = policy.enforcement_patterns.iter().filter(|other| overlap(&other.pattern, &entry.pattern));
    let overlapping: Vec<_> = overlapping.filter(|other| !decides(other)).collect();
    // One that matches all of these IDs leaves no room for less literal ones, nor for the stage of the server.
    let covering = overlapping.iter().filter(|other| other.pattern.matches(entry.pattern.as_str()));
    let least = covering.map(|other| literal(&other.pattern)).max();
    let counting = overlapping.iter().filter(|other| least.is_none_or(|least| literal(&other.pattern) >= least));
    let server = least.is_none().then_some(policy.enforcement);
    counting.map(|other| other.stage).chain(server).collect()
}

fn same(one: &Pattern, other: &Pattern) -> bool {
    one.key() == other.key()
}

/// Whether some text matches both patterns.
fn overlap(one: &Pattern, other: &Pattern) -> bool {
    let letters = |pattern: &Pattern| pattern.key().chars().collect::<Vec<char>>();
    let (one, other) = (letters(one), letters(other));
    // `open[j]`: whether the rest of `one` from where the loop is, and the rest of `other` from `j` on, have a text in common.
    let mut open: Vec<bool> = (0..=other.len()).map(|j| other.iter().skip(j).all(|letter| *letter == '*')).collect();
    for letter in one.iter().rev() {
        let mut next = vec![false; other.len() + 1];
        for j in (0..=other.len()).rev() {
            let (below, right) = (open.get(j) == Some(&true), next.get(j + 1) == Some(&true));
            let met = match (letter, other.get(j)) {
                ('*', _) => below || right,
                (_, Some('*')) => below || right,
                (letter, Some(own)) => letter == own && open.get(j + 1) == Some(&true),
                (_, None) => false,
            };
            if let Some(cell) = next.get_mut(j) {
                *cell = met;
            }
        }
        open = next;
    }
    open.first() == Some(&true)
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
    fn a_change_says_what_it_lets_in_and_no_change_that_lets_in_nothing() {
        for (server, before, after, told) in [
            ("enforce", "", "Contoso.*=warn", Some("Contoso.*=warn")),
            ("enforce", "Contoso.*=warn", "Contoso.*=report", Some("Contoso.*=report")),
            ("enforce", "Contoso.*=report", "Contoso.*=warn", None),
            ("enforce", "Contoso.*=warn", "", None),
            // The server is milder than the new exception.
            ("report", "", "Contoso.*=warn", None),
            ("warn", "", "Contoso.*=report", Some("Contoso.*=report")),
            ("warn", "Contoso.*=enforce", "", Some("Contoso.*")),
            ("warn", "", "Contoso.*=enforce", None),
            ("warn", "Contoso.*=enforce", "Contoso.*=enforce", None),
            // A strict exception from a mild one.
            ("enforce", "Contoso.*=report,Contoso.Core.*=enforce", "Contoso.*=report", Some("Contoso.Core.*")),
            ("enforce", "Contoso.*=report,Contoso.Core.*=enforce", "Contoso.*=warn,Contoso.Core.*=enforce", None),
            // The stricter of two stages for one pattern.
            ("enforce", "*=warn,*=report", "*=report", Some("*")),
            ("enforce", "*=warn,*=report", "*=warn", None),
            // A mild exception from a strict one, on a mild server.
            ("report", "Contoso.*=enforce", "Contoso.*=enforce,Contoso.Old.*=warn", Some("Contoso.Old.*=warn")),
            ("report", "Contoso.*=enforce", "contoso.*=enforce", None),
        ] {
            let said = loosened(&policy(server, before), &policy(server, after));
            assert_eq!(said.is_some(), told.is_some(), "{server}: {before} -> {after}: {said:?}");
            assert!(told.is_none_or(|told| said.unwrap().contains(told)), "{server}: {before} -> {after}");
        }
    }

    #[test]
    fn patterns_overlap_where_a_text_matches_both() {
        let overlap = |one: &str, other: &str| super::overlap(&one.parse().unwrap(), &other.parse().unwrap());
        for (one, other, expected) in [
            ("Contoso.*", "*.Tools", true),
            ("Contoso.*", "Fabrikam.*", false),
            ("a*", "*a", true),
            ("a*b", "a", false),
            ("*", "Contoso", true),
            ("a*b*c", "abc", true),
            ("A.*", "a.b", true),
            ("ab", "a*c", false),
        ] {
            assert_eq!((overlap(one, other), overlap(other, one)), (expected, expected), "{one} and {other}");
        }
    }

    fn entries() -> impl Strategy<Value = String> {
        let entry = ("[ab*]{1,3}", prop_oneof!["enforce", "warn", "report"])
            .prop_map(|(pattern, stage)| format!("{pattern}={stage}"));
        proptest::collection::vec(entry, 0..5).prop_map(|entries| entries.join(","))
    }

    proptest! {
        #[test]
        fn whatever_lets_an_id_in_is_told(before in entries(), after in entries(), server in prop_oneof!["enforce", "warn", "report"]) {
            let (before, after) = (policy(&server, &before), policy(&server, &after));
            let ids = (1..=4).flat_map(|length| (0..1 << length).map(move |bits| {
                (0..length).map(|at| if bits >> at & 1 == 0 { 'a' } else { 'b' }).collect::<String>()
            }));
            let mut ids = ids;
            let milder = ids.find(|id| before.stage_of(id) < after.stage_of(id));
            if let Some(id) = milder {
                prop_assert!(loosened(&before, &after).is_some(), "{id}");
            }
        }

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
