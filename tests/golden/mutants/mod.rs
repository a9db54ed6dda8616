//! Thousands of packages that nobody made before, judged by this server and by the official client.
//!
//! Each mutant has a family and a number, from which it can be made again. Under `verify` and `accept` both must say the
//! same: accepted or not, with the same codes. What a push accepts, `verify` must accept, and what the feed then signs as
//! well. Every difference that stays is explained in `exceptions`.
//!
//! `ASSAY_LONG=1` makes many more. `ASSAY_AGREEMENT=family` or `family:number` makes only those and shows the details,
//! `ASSAY_MUTANTS` says how many, `ASSAY_KEEP` names a folder for the files of those that differ.

#![allow(clippy::cast_possible_truncation, reason = "numbers are cut to the width of their field on purpose")]

mod authority;
mod client;
mod compare;
mod der;
mod draft;
mod exceptions;
mod families;
mod keys;
pub mod random;
pub mod tree;

use std::collections::BTreeMap;
use std::time::Instant;

use compare::{Difference, compare};
use exceptions::EXCEPTIONS;
use families::{FAMILIES, Family, Mutant, Source};
use random::Random;

use crate::shared::shared;

/// Packages that are on the disk at once.
const BATCH: usize = 200;

fn wanted() -> (Option<String>, Option<u64>) {
    let Ok(text) = std::env::var("ASSAY_AGREEMENT") else { return (None, None) };
    match text.split_once(':') {
        Some((family, number)) => (Some(family.to_owned()), Some(number.parse().unwrap())),
        None => (Some(text), None),
    }
}

fn show_explained() -> bool {
    std::env::var_os("ASSAY_SHOW_EXPLAINED").is_some()
}

fn count() -> u64 {
    match std::env::var("ASSAY_MUTANTS") {
        Ok(count) => count.parse().unwrap(),
        Err(_) if std::env::var_os("ASSAY_LONG").is_some() => 2000,
        Err(_) => 40,
    }
}

/// Mutants beyond the short run that were judged in another way once, each for a rule that has no golden file.
const ONCE_DIFFERENT: &[(&str, u64)] = &[
    // A refused timestamp beside a countersignature that proves the time.
    ("timestamps", 527),
    ("timestamps", 936),
    ("timestamps", 1073),
    // An unknown root that did not sign itself.
    ("signature-octets", 663),
    ("archive-fields", 272),
    ("countersignatures", 1497),
];

/// Mutants of one family, one after the other.
fn make(family: &Family, numbers: &[u64], source: &Source) -> Vec<Mutant> {
    numbers.iter().map(|&number| (family.make)(&mut Random::of(family.name, number), source)).collect()
}

#[test]
fn the_client_and_we_say_the_same_about_every_mutant() {
    let Some(shared) = shared() else { return };
    let source = Source::read();
    let mut client = client::Client::start(&shared);
    let (only, number) = wanted();
    let mut groups: BTreeMap<String, Vec<(String, Difference)>> = BTreeMap::new();
    let mut used: BTreeMap<&str, usize> = BTreeMap::new();
    for family in FAMILIES.iter().filter(|family| only.as_ref().is_none_or(|only| family.name == only)) {
        let began = Instant::now();
        let once = ONCE_DIFFERENT.iter().filter(|(name, number)| *name == family.name && *number >= count());
        let all = || (0..count()).chain(once.map(|(_, number)| *number)).collect();
        let numbers: Vec<u64> = number.map_or_else(all, |number| vec![number]);
        let (mut accepted, mut pushed, mut different) = (0, 0, 0);
        let mut explained: BTreeMap<&str, usize> = BTreeMap::new();
        for numbers in numbers.chunks(BATCH) {
            let mutants = make(family, numbers, &source);
            let results = compare(&mut client, &mutants, &source);
            for ((number, mutant), result) in numbers.iter().zip(&mutants).zip(results) {
                accepted += usize::from(result.verified);
                pushed += usize::from(result.pushed);
                for difference in result.differences {
                    if let Some(exception) = difference.exception {
                        *explained.entry(exception).or_default() += 1;
                        if !show_explained() {
                            continue;
                        }
                    }
                    different += 1;
                    let name = format!("{}:{number}", family.name);
                    if let Some(folder) = std::env::var_os("ASSAY_KEEP") {
                        let path = std::path::Path::new(&folder).join(format!("{}-{number}.nupkg", family.name));
                        std::fs::write(path, &mutant.bytes).unwrap();
                    }
                    groups
                        .entry(difference.group.clone())
                        .or_default()
                        .push((format!("{name}{}", mutant.recipe), difference));
                }
            }
        }
        println!(
            "{}: {} mutants, {accepted} verified, {pushed} pushed, {different} differences, explained {explained:?}, {} s",
            family.name,
            numbers.len(),
            began.elapsed().as_secs()
        );
        for exception in EXCEPTIONS {
            // Each policy counts.
            let found = explained.get(exception.name).copied().unwrap_or_default();
            let most = (numbers.len() * client.policies.len() * exception.limit).div_ceil(1000).max(4);
            assert!(
                found <= most,
                "{}: `{}` explains {found} differences: {}",
                family.name,
                exception.name,
                exception.rule
            );
            *used.entry(exception.name).or_default() += found;
        }
    }
    let mut report = String::new();
    for (group, members) in &groups {
        report += &format!("{} x {group}\n", members.len());
        for (recipe, difference) in members.iter().take(if number.is_some() {
            99
        } else {
            std::env::var("ASSAY_SHOWN").map_or(4, |shown| shown.parse().unwrap())
        }) {
            report += &format!("    {recipe}\n        {}\n", difference.details);
        }
    }
    assert!(groups.is_empty(), "{report}");
    if only.is_none() && count() >= 1000 {
        let unused: Vec<&str> = used.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
        assert!(unused.is_empty(), "these explain nothing any more, take them off the list: {unused:?}");
    }
}
