//! Verifying and repository-signing one package, beside the bare SHA-256 and RSA of the same sizes.
//!
//! The bare cost is what cannot be left out: to verify, a hash of the package and one RSA verification for each of the
//! signatures in it (content, timestamp, and each certificate of the two chains); to sign, a hash and one RSA signature.

use std::hint::black_box;
use std::io::Cursor;
use std::time::{Duration, Instant};

use assay::archive::{Archive, Limits};
use assay::signature::repository::{generate, sign};
use assay::signature::{
    Evidence, PushOptions, RepositoryAttributes, RepositorySigner, TrustAnchors, certificate_file, verify_for_push,
};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::support::{golden, package};
use crate::table;

/// RSA verifications in the golden package: the author's and the timestamp's, and the certificates below their roots.
const VERIFICATIONS: usize = 5;

/// Prints the table.
pub fn run() {
    let now = OffsetDateTime::now_utc();
    let anchors = anchors();
    let signed = golden::read("good-author-rsa2048-sha256.nupkg");
    let generated = generate("Benchmark", now).expect("a key");
    let signer = RepositorySigner::new(&generated.certificate, &[], &generated.pkcs8).expect("a signer");
    let bare = Bare::new(&generated.pkcs8);
    let attributes = RepositoryAttributes {
        service_index: "https://feed.example/v3/index.json".to_owned(),
        owners: vec!["alice".to_owned()],
    };
    let mut rows = Vec::new();
    rows.push(row(
        &format!("verify an author signature, {}", size(&signed)),
        time(|| {
            let mut source = Cursor::new(signed.as_slice());
            let archive = Archive::read(&mut source, &Limits::DEFAULT).expect("an archive");
            let options = PushOptions::default();
            black_box(
                verify_for_push(&mut source, &archive, &options, Evidence::without_answers(&anchors, now))
                    .expect("bytes")
                    .expect("accepted"),
            );
        }),
        time(|| bare.verify(&signed, VERIFICATIONS)),
    ));
    for bytes in [package("Contoso.Small", "1.0.0").bytes(), package("Contoso.Large", "1.0.0").size(10 << 20).bytes()] {
        rows.push(row(
            &format!("repository-sign, {}", size(&bytes)),
            time(|| {
                let mut source = Cursor::new(bytes.as_slice());
                let archive = Archive::read(&mut source, &Limits::DEFAULT).expect("an archive");
                black_box(sign(&mut source, &archive, &signer, &attributes, now).expect("a signature"));
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
        black_box(self.signed(&Sha256::digest(package)));
    }

    fn verify(&self, package: &[u8], times: usize) {
        black_box(Sha256::digest(package));
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
