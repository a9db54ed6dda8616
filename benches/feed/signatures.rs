//! Verifying and repository-signing one package, beside the bare SHA-256 and RSA of the same sizes.
//!
//! The bare cost is what cannot be left out: to verify, a hash of the package and one RSA verification for each of the
//! signatures in it (content, timestamp, and each certificate of the two chains); to sign, a hash and one RSA signature.

use std::hint::black_box;
use std::io::Cursor;
use std::time::{Duration, Instant};

use assay::archive::{Archive, Limits};
use assay::signature::repository::{self, generate};
use assay::signature::{
    Evidence, Policy, PushOptions, RepositoryAttributes, RepositorySigner, TrustAnchors, certificate_file, judge,
};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use time::OffsetDateTime;

use crate::oracle::Oracle;
use crate::support::{golden, package, signing};
use crate::table;

/// RSA verifications in the golden package: the author's and the timestamp's, and the certificates below their roots.
const VERIFICATIONS: usize = 5;

/// Prints the tables.
pub fn run() {
    let now = OffsetDateTime::now_utc();
    let generated = generate("Benchmark", now).expect("a key");
    let signer = RepositorySigner::new(&generated.certificate, &[], &generated.pkcs8).expect("a signer");
    let bare = Bare::new(&generated.pkcs8);
    verify(&bare, now);
    sign(&bare, &signer, now);
}

/// Author-signed packages of three sizes, as a client verifies them and as a push does.
fn verify(bare: &Bare, now: OffsetDateTime) {
    let Some(oracle) = Oracle::install() else { return };
    let anchors = anchors();
    let evidence = Evidence::without_answers(&anchors, now);
    let large = |size| signing::sign(&package("Contoso.Signed", "1.0.0").size(size).bytes(), "leaf-3072");
    let packages =
        [(golden::read("good-author-rsa2048-sha256.nupkg"), 200), (large(1 << 20), 100), (large(100 << 20), 4)];
    let mut rows = Vec::new();
    for (bytes, times) in &packages {
        let least = time(|| bare.verify(bytes, VERIFICATIONS));
        let judged = |policy: Policy| {
            time(|| {
                let mut source = Cursor::new(bytes.as_slice());
                let archive = Archive::read(&mut source, &Limits::DEFAULT).expect("an archive");
                let report = black_box(judge(&mut source, &archive, &policy, evidence).expect("bytes"));
                assert!(report.accepted, "{:?}", report.issues);
            })
        };
        let client = oracle.time(bytes, *times);
        for (what, policy) in [("verify", Policy::verify()), ("push", Policy::Push(PushOptions::default()))] {
            let assay = judged(policy);
            let mut row = row(&format!("{what}, {}", size(bytes)), assay, least);
            row.extend([client.as_micros().to_string(), format!("{:.3}", assay.as_secs_f64() / client.as_secs_f64())]);
            rows.push(row);
        }
    }
    let head = ["microseconds for one package", "assay", "bare hash and RSA", "ratio", "official library", "ratio"];
    table::print(&head, &rows);
}

/// Signing unsigned packages.
fn sign(bare: &Bare, signer: &RepositorySigner, now: OffsetDateTime) {
    let attributes = RepositoryAttributes {
        service_index: "https://feed.example/v3/index.json".to_owned(),
        owners: vec!["alice".to_owned()],
    };
    let mut rows = Vec::new();
    for bytes in [package("Contoso.Small", "1.0.0").bytes(), package("Contoso.Large", "1.0.0").size(10 << 20).bytes()] {
        rows.push(row(
            &format!("repository-sign, {}", size(&bytes)),
            time(|| {
                let mut source = Cursor::new(bytes.as_slice());
                let archive = Archive::read(&mut source, &Limits::DEFAULT).expect("an archive");
                black_box(repository::sign(&mut source, &archive, signer, &attributes, now).expect("a signature"));
            }),
            time(|| bare.sign(&bytes)),
        ));
    }
    table::print(&["microseconds for one package", "assay", "bare hash and RSA", "ratio"], &rows);
}

/// SHA-256 and RSA 3072 with nothing around them.
struct Bare {
    key: RsaKeyPair,
    signature: Vec<u8>,
}

impl Bare {
    fn new(pkcs8: &[u8]) -> Self {
        let key = RsaKeyPair::from_pkcs8(pkcs8).expect("a key");
        let mut bare = Self { signature: vec![0; key.public_modulus_len()], key };
        bare.signature = bare.signed(b"message");
        bare
    }

    fn signed(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("a signature");
        signature
    }

    fn sign(&self, package: &[u8]) {
        black_box(self.signed(digest(&SHA256, package).as_ref()));
    }

    fn verify(&self, package: &[u8], times: usize) {
        black_box(digest(&SHA256, package));
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.key.public_key().as_ref());
        for _ in 0..times {
            key.verify(b"message", &self.signature).expect("a right signature");
        }
    }
}

fn anchors() -> TrustAnchors {
    let read = |file: &str| {
        let pem = std::fs::read(golden::trust().join(file)).expect("roots");
        certificate_file::read_all(&pem).expect("certificates")
    };
    let mut anchors = TrustAnchors::default();
    read("code-signing-roots.pem").into_iter().for_each(|root| anchors.signing.add(root));
    read("timestamping-roots.pem").into_iter().for_each(|root| anchors.timestamping.add(root));
    anchors
}

/// The median of the times that `work` takes within a second.
fn time(work: impl Fn()) -> Duration {
    work();
    let began = Instant::now();
    let mut times = Vec::new();
    while began.elapsed() < Duration::from_secs(1) || times.len() < 5 {
        let start = Instant::now();
        work();
        times.push(start.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

fn row(what: &str, assay: Duration, bare: Duration) -> Vec<String> {
    let ratio = assay.as_secs_f64() / bare.as_secs_f64();
    vec![what.to_owned(), assay.as_micros().to_string(), bare.as_micros().to_string(), format!("{ratio:.2}")]
}

fn size(bytes: &[u8]) -> String {
    match bytes.len() {
        small if small < 1 << 10 => format!("{small} bytes"),
        medium if medium < 1 << 20 => format!("{} KiB", medium >> 10),
        large => format!("{} MiB", large >> 20),
    }
}
