//! Timestamps on the feed's own signature: what an authority answers, honest or not, and what becomes of it.
//!
//! The answers are made by openssl with the keys of the golden packages. Skipped where there is no openssl.

use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use assay::archive::{Archive, Limits};
use assay::signature::repository::{Draft, Error, RepositorySigner, generate, without_marks};
use assay::signature::revocation::{Answers, Crl};
use assay::signature::timestamp_request::TimestampRequest;
use assay::signature::timestamp_response::{InvalidTimestamp, TimestampToken};
use assay::signature::{Evidence, Level, Policy, RepositoryAttributes, TrustAnchors, judge};
use sha2::{Digest, Sha256, Sha512};
use time::macros::{datetime, format_description};
use time::{Duration, OffsetDateTime};

use crate::manifest::{anchors, folder};
use crate::rewrite::apply;

const NOW: OffsetDateTime = datetime!(2026-06-01 12:00:00 UTC);
const SIGNATURE: &[u8] = b"the value of a signature";
const RANDOM: [u8; 32] = [7; 32];

fn openssl() -> bool {
    let there = Command::new("openssl").arg("version").output().is_ok_and(|run| run.status.success());
    if !there {
        println!("skipped: openssl makes the timestamps, and is not here");
    }
    there
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = match u8::try_from(content.len()) {
        Ok(short) if short < 0x80 => vec![short],
        Ok(octet) => vec![0x81, octet],
        _ => [vec![0x82], u16::try_from(content.len()).unwrap().to_be_bytes().to_vec()].concat(),
    };
    [vec![tag], length, content].concat()
}

/// What a token says, and how it is signed.
#[derive(Clone)]
struct Stamp {
    signature: Vec<u8>,
    nonce: Vec<u8>,
    time: OffsetDateTime,
    accuracy: u8,
    certificate: &'static str,
    key: &'static str,
    digest: &'static str,
    /// SHA-512 in the imprint, where SHA-256 was asked for.
    long_imprint: bool,
    embed: bool,
    more: &'static [&'static str],
}

impl Stamp {
    /// The answer to a request for a timestamp on `signature`.
    fn honest(signature: &[u8], time: OffsetDateTime) -> Self {
        let mut nonce = RANDOM.to_vec();
        nonce[0] = nonce[0] & 0x3F | 0x40;
        Self {
            signature: signature.to_vec(),
            nonce,
            time,
            accuracy: 1,
            certificate: "tsa",
            key: "tsa",
            digest: "sha256",
            long_imprint: false,
            embed: true,
            more: &[],
        }
    }

    fn info(&self) -> Vec<u8> {
        let (last, hash) = match self.long_imprint {
            true => (3, Sha512::digest(&self.signature).to_vec()),
            false => (1, Sha256::digest(&self.signature).to_vec()),
        };
        let algorithm = der(0x30, &[&[0x06, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last], &[5, 0]]);
        let imprint = der(0x30, &[&algorithm, &der(0x04, &[&hash])]);
        let time = self.time.format(format_description!("[year][month][day][hour][minute][second]Z")).unwrap();
        let accuracy = der(0x30, &[&[2, 1, self.accuracy]]);
        let nonce = if self.nonce.is_empty() { Vec::new() } else { der(0x02, &[&self.nonce]) };
        let policy: &[u8] = &[0x06, 3, 0x2A, 3, 4];
        der(0x30, &[&[2, 1, 1], policy, &imprint, &[2, 1, 9], &der(0x18, &[time.as_bytes()]), &accuracy, &nonce])
    }

    fn response(&self) -> Vec<u8> {
        let work = tempfile::tempdir().unwrap();
        let file = |name: &str| work.path().join(name);
        fs::write(file("info"), self.info()).unwrap();
        let mut command = Command::new("openssl");
        command.args(["cms", "-sign", "-binary", "-nodetach", "-cades", "-nosmimecap", "-outform", "DER", "-md"]);
        command.arg(self.digest).args(["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-in"]).arg(file("info"));
        command.arg("-signer").arg(pem(self.certificate, work.path()));
        command.arg("-inkey").arg(folder().join(format!("trust/keys/{}.key.pem", self.key)));
        if !self.embed {
            command.arg("-nocerts");
        }
        let chain: Vec<u8> = self.more.iter().flat_map(|name| fs::read(pem(name, work.path())).unwrap()).collect();
        if !chain.is_empty() {
            fs::write(file("more.pem"), chain).unwrap();
            command.arg("-certfile").arg(file("more.pem"));
        }
        run(command.arg("-out").arg(file("token")));
        granted(&fs::read(file("token")).unwrap())
    }
}

fn granted(token: &[u8]) -> Vec<u8> {
    der(0x30, &[&der(0x30, &[&[2, 1, 0]]), token])
}

fn pem(certificate: &str, into: &Path) -> PathBuf {
    let path = into.join(format!("{certificate}.pem"));
    let file = folder().join(format!("trust/certs/{certificate}.der"));
    run(Command::new("openssl").args(["x509", "-inform", "DER", "-in"]).arg(file).arg("-out").arg(&path));
    path
}

fn read(stamp: &Stamp, private: bool) -> Result<TimestampToken, InvalidTimestamp> {
    let request = TimestampRequest::new(SIGNATURE, RANDOM);
    request.read(&stamp.response(), Evidence::without_answers(&anchors(), NOW), private)
}

#[test]
fn an_honest_answer_is_taken() {
    if !openssl() {
        return;
    }
    let honest = Stamp::honest(SIGNATURE, NOW);
    let token = read(&honest, false).unwrap();
    assert_eq!((token.time(), token.is_trusted()), (NOW, true));
    assert!(
        token.certificate().subject().to_string().contains("Assay Golden Time"),
        "{}",
        token.certificate().subject()
    );
    for stamp in [
        Stamp { certificate: "tsa-4096", key: "tsa-4096", digest: "sha512", ..honest.clone() },
        Stamp { certificate: "tsa-eku-noncritical", key: "variant", ..honest.clone() },
        Stamp { certificate: "tsa-int", key: "tsa-int", more: &["ts-int"], ..honest.clone() },
        Stamp { time: NOW - Duration::minutes(4), ..honest },
    ] {
        assert!(read(&stamp, false).is_ok(), "{}", stamp.certificate);
    }
}

#[test]
fn the_whole_chain_goes_into_the_token() {
    if !openssl() {
        return;
    }
    let stamp = Stamp { certificate: "tsa-int", key: "tsa-int", more: &["ts-int"], ..Stamp::honest(SIGNATURE, NOW) };
    let token = read(&stamp, false).unwrap();
    for (name, count) in [("tsa-int", 1), ("ts-int", 1), ("ts-root", 1), ("tsa", 0)] {
        let certificate = fs::read(folder().join(format!("trust/certs/{name}.der"))).unwrap();
        let found = token.as_der().windows(certificate.len()).filter(|window| *window == certificate).count();
        assert_eq!(found, count, "{name}");
    }
    assert!(token.root().subject().to_string().contains("Time Root"));
}

#[test]
fn each_lie_is_found_and_has_the_clients_code() {
    if !openssl() {
        return;
    }
    let honest = Stamp::honest(SIGNATURE, NOW);
    let by = |certificate, key| Stamp { certificate, key, ..honest.clone() };
    for (what, stamp, said) in [
        ("another nonce", Stamp { nonce: vec![0x41; 32], ..honest.clone() }, "NU3026"),
        ("a longer nonce", Stamp { nonce: [vec![1], honest.nonce.clone()].concat(), ..honest.clone() }, "NU3026"),
        ("no nonce", Stamp { nonce: Vec::new(), ..honest.clone() }, "NU3026"),
        ("another imprint", Stamp { signature: b"other".to_vec(), ..honest.clone() }, "NU3019"),
        ("another hash", Stamp { long_imprint: true, ..honest.clone() }, "NU3019"),
        ("no certificate", Stamp { embed: false, ..honest.clone() }, "NU3020"),
        ("a certificate with SHA-1", by("tsa-sha1-cert", "variant"), "NU3022"),
        ("a small key", by("tsa-rsa1024", "tsa-rsa1024"), "NU3023"),
        ("SHA-1", Stamp { digest: "sha1", ..honest.clone() }, "NU3024"),
        ("a certificate of the future", by("tsa-not-yet-valid", "variant"), "NU3025"),
        ("an expired certificate", by("tsa-expired", "tsa-expired"), "NU3036"),
        ("a stranger", by("stranger-tsa", "stranger-tsa"), "NU3028"),
        ("no intermediate", by("tsa-int", "tsa-int"), "NU3028"),
        ("another purpose", by("tsa-eku-wrong", "variant"), "NU3028"),
        ("no purpose", by("tsa-eku-absent", "variant"), "NU3028"),
        ("a clock behind", Stamp { time: NOW - Duration::minutes(6), ..honest.clone() }, "set the clock"),
        ("a clock ahead", Stamp { time: NOW + Duration::minutes(6), ..honest.clone() }, "set the clock"),
    ] {
        let error = read(&stamp, false).expect_err(what).to_string();
        assert!(error.contains(said), "{what}: {error}");
        assert!(error.chars().all(|c| matches!(c, ' '..='~')), "{what}: {error}");
        if !["a stranger"].contains(&what) {
            assert!(read(&stamp, true).is_err(), "{what}: the switch for private authorities is for their root alone");
        }
    }
}

#[test]
fn a_private_authority_needs_the_switch_and_is_told_apart() {
    if !openssl() {
        return;
    }
    let whole = Stamp {
        certificate: "stranger-tsa",
        key: "stranger-tsa",
        more: &["stranger-ts-root"],
        ..Stamp::honest(SIGNATURE, NOW)
    };
    let error = read(&whole, false).unwrap_err();
    assert!(
        matches!(&error, InvalidTimestamp::Untrusted { root, .. } if root.contains("Stranger Time Root")),
        "{error}"
    );
    let token = read(&whole, true).unwrap();
    assert!(!token.is_trusted() && token.root().subject().to_string().contains("Stranger Time Root"));
    let rootless = Stamp { more: &[], ..whole };
    assert!(matches!(read(&rootless, true), Err(InvalidTimestamp::Chain(_))));
}

/// What clients refuse once they have asked, no package may get; what nobody says anything about is taken.
#[test]
fn an_authority_that_is_known_to_be_revoked_stamps_nothing() {
    if !openssl() {
        return;
    }
    let anchors = anchors();
    let mut answers = Answers::new();
    answers.add_crl(Crl::parse(&fs::read(folder().join("trust/crl/ts.crl")).unwrap()).unwrap());
    let (request, nothing) = (TimestampRequest::new(SIGNATURE, RANDOM), Answers::new());
    for (certificate, revoked) in [("crl-tsa-revoked", true), ("crl-tsa-good", false)] {
        let response = Stamp { certificate, key: "variant-crl", ..Stamp::honest(SIGNATURE, NOW) }.response();
        let read =
            |answers, private| request.read(&response, Evidence { anchors: &anchors, answers, now: NOW }, private);
        assert!(read(&nothing, false).is_ok(), "{certificate}: nobody says anything");
        for private in [false, true] {
            let error = read(&answers, private).err().map(|error| error.to_string());
            let expected = error.as_ref().is_some_and(|error| {
                error.starts_with("NU3028 the certificate ") && error.ends_with(" was revoked at 2023-01-01T00:00:00Z")
            });
            assert!(expected == revoked && error.is_some() == revoked, "{certificate}: {error:?}");
        }
    }
}

#[test]
fn the_chain_of_the_authority_is_told_with_its_root_last() {
    if !openssl() {
        return;
    }
    let stamp = Stamp { certificate: "tsa-int", key: "tsa-int", more: &["ts-int"], ..Stamp::honest(SIGNATURE, NOW) };
    let token = read(&stamp, false).unwrap();
    let subjects: Vec<String> = token.chain().iter().map(|certificate| certificate.subject().to_string()).collect();
    assert_eq!(subjects.len(), 3);
    assert_eq!((token.chain().first(), token.chain().last()), (Some(token.certificate()), Some(token.root())));
}

#[test]
fn a_token_with_a_flipped_bit_is_refused() {
    if !openssl() {
        return;
    }
    let response = Stamp::honest(SIGNATURE, NOW).response();
    let request = TimestampRequest::new(SIGNATURE, RANDOM);
    let anchors = anchors();
    let evidence = Evidence::without_answers(&anchors, NOW);
    let info = Stamp::honest(SIGNATURE, NOW).info();
    let from = response.windows(info.len()).position(|window| window == info).unwrap();
    let end = response.len();
    let mut places: Vec<usize> = (from..from + info.len()).chain(end - 256..end).step_by(5).collect();
    places.push(end - 1);
    for place in places {
        let mut changed = response.clone();
        changed[place] ^= 4;
        assert!(request.read(&changed, evidence, true).is_err(), "bit in octet {place}");
    }
    assert!(request.read(&response[..end - 1], evidence, true).is_err());
    assert!(request.read(&[response.clone(), vec![0]].concat(), evidence, true).is_err());
    assert!(request.read(&response, evidence, false).is_ok());
}

fn attributes() -> RepositoryAttributes {
    RepositoryAttributes { service_index: "https://feed.example/v3/index.json".into(), owners: vec!["alice".into()] }
}

fn signer_made(at: OffsetDateTime) -> RepositorySigner {
    let generated = generate("Feed of the tests", at).unwrap();
    RepositorySigner::new(&generated.certificate, &[], &generated.pkcs8).unwrap()
}

fn anchors_with(signer: &RepositorySigner) -> TrustAnchors {
    let mut anchors = anchors();
    anchors.signing.add(signer.certificate().clone());
    anchors
}

fn stamped(draft: &Draft<'_>, stamp: impl Fn(Stamp) -> Stamp) -> TimestampToken {
    let stamp = stamp(Stamp::honest(draft.signature(), NOW));
    let request = TimestampRequest::new(draft.signature(), RANDOM);
    request.read(&stamp.response(), Evidence::without_answers(&anchors(), NOW), true).unwrap()
}

#[test]
fn a_timestamp_goes_to_our_signature_and_leaves_the_authors_alone() {
    if !openssl() {
        return;
    }
    let signer = signer_made(NOW);
    let anchors = anchors_with(&signer);
    for (file, timestamps) in [
        ("unsigned.nupkg", 1),
        ("good-official-author-ts.nupkg", 2),
        ("good-author-rsa3072-sha384.nupkg", 2),
        ("good-both-ts-ts.nupkg", 2),
    ] {
        let bytes = fs::read(folder().join(file)).unwrap();
        let mut reader = Cursor::new(&bytes);
        let archive = Archive::read(&mut reader, &Limits::DEFAULT).unwrap();
        let draft = Draft::new(&mut reader, &archive, None, &signer, &attributes(), NOW).unwrap();
        let token = stamped(&draft, |stamp| stamp);
        let rewrite = draft.finish(&mut reader, Some(&token)).unwrap();
        let signed = apply(&rewrite, &bytes);
        let mut reader = Cursor::new(&signed);
        let archive = Archive::read(&mut reader, &Limits::DEFAULT).unwrap();
        let evidence = Evidence::without_answers(&anchors, NOW);
        let report = judge(&mut reader, &archive, &Policy::verify(), evidence).unwrap();
        let errors: Vec<_> = report.issues.iter().filter(|issue| issue.level == Level::Error).collect();
        assert!(report.accepted && errors.is_empty(), "{file}: {errors:?}");
        let own = report.countersigner.as_ref().or(report.signer.as_ref()).unwrap();
        assert_eq!(own.certificate.as_ref(), Some(signer.certificate()), "{file}");
        let tokens = archive.read_signature(&mut reader).unwrap();
        let count = |needle: &[u8]| tokens.windows(needle.len()).filter(|window| *window == needle).count();
        assert_eq!(count(token.as_der()), 1, "{file}");
        let attribute = [0x06, 11, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 16, 2, 14];
        assert_eq!(count(&attribute), timestamps, "{file}");
        let back = rewrite.inverse(&mut Cursor::new(&bytes)).unwrap();
        assert_eq!(apply(&back, &signed), bytes, "{file}");
        assert!(without_marks(&mut reader, &archive, NOW).unwrap().is_some());
        let plain = draft.finish(&mut Cursor::new(&bytes), None).unwrap();
        assert!(apply(&plain, &bytes).len() < signed.len(), "the draft can still be finished without it");
    }
}

#[test]
fn a_token_that_does_not_go_with_the_signature_never_gets_into_a_package() {
    if !openssl() {
        return;
    }
    let bytes = fs::read(folder().join("unsigned.nupkg")).unwrap();
    let mut reader = Cursor::new(&bytes);
    let archive = Archive::read(&mut reader, &Limits::DEFAULT).unwrap();
    let signer = signer_made(NOW);
    let draft = Draft::new(&mut reader, &archive, None, &signer, &attributes(), NOW).unwrap();
    let other = Draft::new(&mut reader, &archive, None, &signer, &attributes(), NOW + Duration::SECOND).unwrap();
    let token = stamped(&other, |stamp| stamp);
    assert!(matches!(draft.finish(&mut reader, Some(&token)), Err(Error::Timestamp(_))));
    let vague = |stamp| Stamp { accuracy: 127, ..stamp };
    assert!(draft.finish(&mut reader, Some(&stamped(&draft, vague))).is_ok());
    // A certificate that is valid for two minutes: seven seconds less than this token leaves open.
    let young = signer_made(NOW + Duration::minutes(58));
    let draft = Draft::new(&mut reader, &archive, None, &young, &attributes(), NOW).unwrap();
    let error = draft.finish(&mut reader, Some(&stamped(&draft, vague))).unwrap_err();
    assert!(matches!(error, Error::Timestamp(_)) && error.to_string().contains("was not valid"), "{error}");
    assert!(draft.finish(&mut reader, None).is_ok());
}

/// The request in an authority's eyes: `openssl ts` reads it, answers, and verifies its own answer with our certificates.
#[test]
fn openssl_reads_our_request_and_verifies_the_token_that_we_keep() {
    if !openssl() {
        return;
    }
    let now = OffsetDateTime::now_utc();
    let work = tempfile::tempdir().unwrap();
    let file = |name: &str| work.path().join(name);
    let request = TimestampRequest::new(SIGNATURE, [0xA5; 32]);
    fs::write(file("query"), request.to_der()).unwrap();
    fs::write(file("serial"), "01\n").unwrap();
    let config = format!(
        "[tsa]\ndefault_tsa = t\n[t]\nserial = {}\nsigner_cert = {}\nsigner_key = {}\nsigner_digest = sha384\n\
         default_policy = 1.3.6.1.4.1.99999.1\ndigests = sha256\naccuracy = secs:1\ness_cert_id_alg = sha256\n",
        file("serial").display(),
        pem("tsa", work.path()).display(),
        folder().join("trust/keys/tsa.key.pem").display()
    );
    fs::write(file("config"), config).unwrap();
    let mut reply = Command::new("openssl");
    reply.args(["ts", "-reply", "-config"]).arg(file("config")).arg("-queryfile").arg(file("query"));
    run(reply.arg("-out").arg(file("reply")));
    let anchors = anchors();
    let evidence = Evidence::without_answers(&anchors, now);
    let token = request.read(&fs::read(file("reply")).unwrap(), evidence, false).unwrap();
    assert!((token.time() - now).abs() < Duration::minutes(1));
    fs::write(file("token"), token.as_der()).unwrap();
    let mut verify = Command::new("openssl");
    verify
        .args(["ts", "-verify", "-token_in", "-in"])
        .arg(file("token"))
        .args(["-digest", &hex(&Sha256::digest(SIGNATURE))]);
    run(verify.arg("-CAfile").arg(folder().join("trust/timestamping-roots.pem")));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
