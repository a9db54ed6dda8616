//! What people are told of signatures that count no more, or again, in sentences.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::void_signature::Cause;
use crate::store::signed_versions::SignedVersion;
use crate::store::void_signatures::Voided;

/// So many versions of a package, and so many packages, are named; further ones are counted.
const NAMED: usize = 5;

/// A version, and why its signature does not count; `None` where it counts again.
pub(super) type Item<'a> = (&'a SignedVersion, Option<&'a Voided>);

/// Versions of some packages that have the same to be told, by package ID.
pub(super) type Packages<'a> = BTreeMap<&'a str, &'a [Item<'a>]>;

/// What became of the signatures of these versions.
pub(super) fn news(packages: &Packages<'_>) -> String {
    let items: Vec<&Item<'_>> = packages.values().copied().flatten().collect();
    let became = became(&items);
    match packages.iter().collect::<Vec<_>>().as_slice() {
        [(id, [(version, _)])] => format!("The signature of {id} {} {became}", version.version),
        [(id, versions)] => {
            format!("The signatures of {} versions of {id} ({}) {became}", versions.len(), versions_of(versions))
        }
        // In quotation marks, as an ID could be read as words of ours.
        _ => {
            let ids = some(packages.keys().map(|id| format!("\"{id}\"")));
            format!("The signatures of {} versions of {} packages ({ids}) {became}", items.len(), packages.len())
        }
    }
}

/// The numbers of some versions of one package.
pub(super) fn versions_of(items: &[Item<'_>]) -> String {
    some(items.iter().map(|(version, _)| version.version.to_string()))
}

fn some(names: impl ExactSizeIterator<Item = String>) -> String {
    let further = names.len().saturating_sub(NAMED);
    let names = names.take(NAMED).collect::<Vec<_>>().join(", ");
    if further == 0 { names } else { format!("{names} and {further} more") }
}

fn became(items: &[&Item<'_>]) -> String {
    let one = items.len() == 1;
    let void: Vec<&Voided> = items.iter().filter_map(|(_, voided)| *voided).collect();
    let Some(first) = void.first() else {
        return if one { "counts again." } else { "count again." }.to_owned();
    };
    let certificates: BTreeSet<_> = void.iter().map(|voided| voided.certificate).collect();
    let why = match (certificates.len(), one) {
        (1, true) => because(first, "it is"),
        (1, false) => because(first, "they are"),
        (count, _) => because_of_several(first, count),
    };
    let (counts, it) = if one { ("does not count", "it") } else { ("do not count", "them") };
    let for_now = if first.for_good { "any more" } else { "for now" };
    format!("{counts} {for_now}: {why}. Nothing was done by itself: decide what becomes of {it}.")
}

/// Why, in a sentence for people. `it_is` is "it is" or "they are".
#[must_use]
pub fn because(voided: &Voided, it_is: &str) -> String {
    let since = voided.since.map(|at| format!(" since {}", at.date())).unwrap_or_default();
    let revoked = if voided.for_good { format!("is revoked{since}") } else { format!("is on hold{since}") };
    match voided.cause {
        Cause::Signer => format!("the signer’s certificate {revoked}, and no timestamp proves that {it_is} older"),
        Cause::Issuer => format!("a certificate above the signer’s {revoked}"),
        Cause::Authority => format!("the certificate of the timestamping authority {revoked}"),
        Cause::AuthorityIssuer => format!("a certificate above the timestamping authority’s {revoked}"),
        Cause::Path => "the signer’s certificate leads to no trust anchor any more".to_owned(),
        Cause::AuthorityPath => "the timestamp leads to no trust anchor any more".to_owned(),
    }
}

/// The same where it comes from `count` certificates, each revoked on a day of its own.
fn because_of_several(voided: &Voided, count: usize) -> String {
    let revoked = if voided.for_good { "are revoked" } else { "are on hold" };
    match voided.cause {
        Cause::Signer => {
            format!("the certificates of {count} signers {revoked}, and no timestamp proves that they are older")
        }
        Cause::Issuer => format!("{count} certificates above the signers’ {revoked}"),
        Cause::Authority => format!("the certificates of {count} timestamping authorities {revoked}"),
        Cause::AuthorityIssuer => format!("{count} certificates above the timestamping authorities’ {revoked}"),
        Cause::Path => format!("the certificates of {count} signers lead to no trust anchor any more"),
        Cause::AuthorityPath => {
            format!("the timestamps of {count} authorities lead to no trust anchor any more")
        }
    }
}
