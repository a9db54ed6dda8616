//! The families of mutants.

mod archives;
mod attributes;
mod certificates;
mod contents;
mod signatures;
mod timestamps;

use std::fs;

use assay::signature::TrustAnchors;
use assay::signature::repository::RepositorySigner;

use super::draft::{Algorithm, Counter, Draft, Ess, Kind, Stamp, Style};
use super::keys::Hash;
use super::random::Random;
use crate::manifest::{anchors, cases, folder};

/// A package, and how it was made.
pub struct Mutant {
    pub bytes: Vec<u8>,
    pub recipe: String,
}

pub struct Family {
    pub name: &'static str,
    pub make: fn(&mut Random, &Source) -> Mutant,
}

/// What mutants are made from.
pub struct Source {
    pub unsigned: Vec<u8>,
    /// Golden packages that can be read, by name.
    pub golden: Vec<(String, Vec<u8>)>,
    pub anchors: TrustAnchors,
    pub feed: RepositorySigner,
}

pub const FAMILIES: &[Family] = &[
    Family { name: "archive-fields", make: archives::fields },
    Family { name: "archive-layout", make: archives::layout },
    Family { name: "archive-signed", make: archives::signed_oddities },
    Family { name: "signature-octets", make: signatures::octets },
    Family { name: "signature-tree", make: signatures::tree },
    Family { name: "signature-stage", make: signatures::stage },
    Family { name: "certificate-extensions", make: certificates::extensions },
    Family { name: "certificate-fields", make: certificates::fields },
    Family { name: "certificate-names", make: certificates::names },
    Family { name: "name-constraints", make: certificates::name_constraints },
    Family { name: "certificate-set", make: certificates::set },
    Family { name: "service-index-urls", make: attributes::urls },
    Family { name: "attributes", make: attributes::signed },
    Family { name: "countersignatures", make: attributes::counters },
    Family { name: "timestamps", make: timestamps::tokens },
    Family { name: "timestamp-info", make: timestamps::info },
    Family { name: "contents", make: contents::text },
];

impl Source {
    pub fn read() -> Self {
        let golden = cases()
            .into_iter()
            .filter(|case| !case.file.starts_with("revoked-") && !case.file.starts_with("crl-"))
            .map(|case| (case.file.clone(), fs::read(case.path()).unwrap()))
            .filter(|(_, bytes)| bytes.len() < 100_000)
            .collect();
        Self {
            unsigned: fs::read(folder().join("unsigned.nupkg")).unwrap(),
            golden,
            anchors: anchors(),
            feed: crate::repository::issued(),
        }
    }
}

/// How a good signer could sign.
pub fn style(random: &mut Random) -> Style {
    Style {
        hash: *random.pick(&Hash::SHA2),
        by_key: random.chance(60),
        parameters_null: random.chance(60),
        algorithm: *random.pick(&[Algorithm::Rsa, Algorithm::Rsa, Algorithm::HashWithRsa]),
    }
}

pub fn stamp(random: &mut Random) -> Stamp {
    Stamp {
        style: Style { by_key: random.chance(30), ..style(random) },
        imprint: *random.pick(&Hash::SHA2),
        ess: *random.pick(&[Ess::V1, Ess::V2, Ess::V2, Ess::Both]),
        ess_hash: *random.pick(&Hash::SHA2),
        ..Stamp::usual()
    }
}

/// A good package of any sort.
pub fn draft(random: &mut Random, source: &Source) -> Draft {
    let mut draft = Draft::usual(&source.unsigned);
    draft.style = style(random);
    draft.stamps = if random.chance(80) { vec![stamp(random)] } else { Vec::new() };
    draft.kind = match random.below(10) {
        0 => Kind::Repository,
        1 => Kind::Unknown,
        _ => Kind::Author,
    };
    if random.chance(30) {
        let stamps = if random.chance(60) { vec![stamp(random)] } else { Vec::new() };
        draft.counters = vec![Counter { style: style(random), stamps, ..Counter::usual() }];
    }
    draft
}
