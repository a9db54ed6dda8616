//! The functions that fuzzing calls, over changed golden packages and their parts: a fixed number of changes, the same on
//! every machine. Finding more is the work of cargo-fuzz.

use std::fs;

use assay::archive::{Archive, Limits};
use assay::signature::revocation::OcspResponse;
use assay::signature::timestamp_request::TimestampRequest;
use assay::signature::{Evidence, TrustAnchors};

use crate::fuzz_targets as targets;
use crate::manifest::{NOW, cases, folder};
use crate::mutants::random::Random;
use crate::mutants::tree;

/// Changes of each kind of input; in a long run so many more.
const ROUNDS: u64 = 400;
const LONG_ROUNDS: u64 = 20_000;

/// A target with what it is fed.
type Target = (&'static str, fn(&[u8]), Vec<Vec<u8>>);

fn files(under: &str, extension: &str) -> Vec<Vec<u8>> {
    let mut paths: Vec<_> = fs::read_dir(folder().join(under)).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort();
    paths.into_iter().map(|path| fs::read(path).unwrap()).collect()
}

/// What cargo-fuzz begins with.
fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/seeds").join(target);
    fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
}

fn signatures() -> Vec<Vec<u8>> {
    let read = |case: crate::manifest::Case| {
        let mut file = case.open();
        let archive = Archive::read(&mut file, &Limits::DEFAULT).ok()?;
        archive.is_signed().then(|| archive.read_signature(&mut file).ok())?
    };
    cases().into_iter().filter_map(read).collect()
}

fn changed(input: &[u8], random: &mut Random, log: &mut String) -> Vec<u8> {
    let flipped = |input: &[u8], random: &mut Random, log: &mut String| tree::flip(input, random, log);
    match random.below(4) {
        0 => flipped(input, random, log),
        1 => input[..random.below(input.len() + 1)].to_vec(),
        2 => {
            let mut spliced = input.to_vec();
            let at = random.below(spliced.len() + 1);
            let length = random.below(40);
            spliced.splice(at..at, random.bytes(length));
            spliced
        }
        _ => tree::mutate(input, random, log),
    }
}

#[test]
fn every_way_in_for_hostile_bytes_ends_without_a_panic() {
    let packages: Vec<Vec<u8>> =
        cases().into_iter().map(|case| fs::read(case.path()).unwrap()).filter(|bytes| bytes.len() < 100_000).collect();
    let certificates = files("trust/certs", "der");
    let chains: Vec<Vec<u8>> = certificates.windows(3).map(<[Vec<u8>]>::concat).collect();
    let nuspec: &[u8] = b"<?xml version=\"1.0\"?><package><metadata><id>A.B</id><version>1.0.0-a+b</version>\
        <authors>x</authors><description>&lt;y&amp;</description></metadata></package>";
    let targets: [Target; 10] = [
        ("nupkg", targets::nupkg, packages.clone()),
        ("archive", targets::archive, packages.clone()),
        ("signature", targets::signature, packages),
        ("cms", targets::cms, signatures()),
        ("timestamp", targets::timestamp, seeds("timestamp")),
        ("certificates", targets::certificates, [certificates, chains].concat()),
        ("nuspec", targets::nuspec, vec![nuspec.to_vec()]),
        ("crl", targets::crl, files("trust/crl", "crl")),
        ("ocsp", targets::ocsp, seeds("ocsp")),
        ("version", targets::version, vec![b"1.2.3.4-a.b.1+c".to_vec(), b"[1.0,2.0-*)".to_vec(), b"1.*".to_vec()]),
    ];
    for (name, run, inputs) in targets {
        inputs.iter().for_each(|input| run(input));
        let rounds = if std::env::var_os("ASSAY_LONG").is_some() { LONG_ROUNDS } else { ROUNDS };
        for number in 0..rounds {
            let mut random = Random::of(name, number);
            let input = random.pick(&inputs).clone();
            let mut log = String::new();
            let input = changed(&input, &mut random, &mut log);
            let ended = std::panic::catch_unwind(|| run(&input));
            assert!(ended.is_ok(), "{name} {number}{log}: {}", hex::encode(&input[..input.len().min(2000)]));
        }
    }
}

/// A seed that is turned away at the door leads nowhere.
#[test]
fn every_seed_gets_in() {
    assert!(seeds("ocsp").iter().all(|seed| OcspResponse::parse(seed).is_ok()));
    let request = TimestampRequest::new(b"value", [7; 32]);
    let anchors = TrustAnchors::default();
    for token in seeds("timestamp") {
        let length = u16::try_from(token.len() + 5).unwrap().to_be_bytes();
        let granted = [&[0x30, 0x82, length[0], length[1], 0x30, 0x03, 0x02, 0x01, 0x00], token.as_slice()].concat();
        let error = request.read(&granted, Evidence::without_answers(&anchors, NOW), true).unwrap_err();
        // It is a token, of another request.
        assert!(error.to_string().contains("NU30"), "{error}");
    }
    assert!(seeds("cms").iter().all(|seed| signatures().contains(seed)));
}

#[test]
fn a_program_of_cargo_fuzz_calls_each_function() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let source = fs::read_to_string(folder.join("targets.rs")).unwrap();
    let settings = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
    let names = source.lines().filter_map(|line| line.strip_prefix("pub fn ")?.split('(').next());
    let mut count = 0;
    for name in names {
        let program = fs::read_to_string(folder.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(
            program.contains(&format!("targets::{name}(bytes)")) && settings.contains(&format!("name = \"{name}\""))
        );
        count += 1;
    }
    assert_eq!(count, 10);
}
