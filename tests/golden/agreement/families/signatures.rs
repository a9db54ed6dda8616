//! Changes in the signature file: of octets, of elements, and of elements before what is above them is signed.

use super::{Mutant, Source, draft};
use crate::agreement::authority::Plan;
use crate::agreement::draft::{Stage, with_signature};
use crate::agreement::random::Random;
use crate::agreement::tree;
use assay::archive::{Archive, Limits};
use std::io::Cursor;

fn pick(random: &mut Random, source: &Source) -> (String, Vec<u8>, Vec<u8>) {
    loop {
        let (name, bytes) = random.pick(&source.golden);
        let mut reader = Cursor::new(bytes);
        let Ok(archive) = Archive::read(&mut reader, &Limits::DEFAULT) else { continue };
        if !archive.is_signed() || archive.without_signature().is_err() {
            continue;
        }
        if let Ok(signature) = archive.read_signature(&mut reader) {
            let unsigned = crate::rewrite::apply(&archive.without_signature().unwrap(), bytes);
            if Archive::read(&mut Cursor::new(&unsigned), &Limits::DEFAULT).is_ok_and(|archive| !archive.is_signed()) {
                return (name.clone(), unsigned, signature);
            }
        }
    }
}

/// Single octets of golden signatures.
pub fn octets(random: &mut Random, source: &Source) -> Mutant {
    let (name, unsigned, signature) = pick(random, source);
    let mut recipe = format!(" {name}");
    let signature = match random.below(20) {
        0 => {
            let keep = random.below(signature.len());
            recipe += &format!(" cut to {keep}");
            signature[..keep].to_vec()
        }
        1 => {
            recipe += " with a tail";
            [signature, random.bytes(5)].concat()
        }
        _ => tree::flip(&signature, random, &mut recipe),
    };
    Mutant { bytes: with_signature(&unsigned, &signature), recipe }
}

/// Elements of golden signatures; what was signed stays signed as it was.
pub fn tree(random: &mut Random, source: &Source) -> Mutant {
    let (name, unsigned, signature) = pick(random, source);
    let mut recipe = format!(" {name}");
    let signature = tree::mutate(&signature, random, &mut recipe);
    Mutant { bytes: with_signature(&unsigned, &signature), recipe }
}

/// Elements of one part, with everything above it signed again.
pub fn stage(random: &mut Random, source: &Source) -> Mutant {
    let mut draft = draft(random, source);
    let wanted = *random.pick(&Stage::ALL);
    match wanted {
        Stage::TstInfo | Stage::TokenAttributes | Stage::TokenSigner | Stage::Token | Stage::UnsignedAttributes => {
            draft.stamps.push(super::stamp(random));
            draft.stamps.truncate(1);
        }
        Stage::TsaTbs | Stage::Tsa => {
            let mut stamp = super::stamp(random);
            stamp.authority = Some(Plan::timestamper());
            draft.stamps = vec![stamp];
        }
        Stage::CounterAttributes | Stage::CounterUnsigned | Stage::CounterSigner => {
            let mut counter = crate::agreement::draft::Counter::usual();
            counter.style = super::style(random);
            draft.counters = vec![counter];
            draft.kind = crate::agreement::draft::Kind::Author;
        }
        _ => {}
    }
    let mut recipe = format!(" {wanted:?} {:?}", draft.kind);
    let mut done = false;
    let bytes = draft.package(&mut |stage, part| {
        if stage != wanted || std::mem::replace(&mut done, true) {
            return part;
        }
        if stage == Stage::Content {
            tree::flip(&part, random, &mut recipe)
        } else {
            tree::mutate(&part, random, &mut recipe)
        }
    });
    Mutant { bytes, recipe }
}
