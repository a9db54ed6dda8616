use std::sync::LazyLock;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use proptest::prelude::*;
use time::macros::datetime;

use super::*;
use crate::signature::asn1::{
    BIT_STRING, BOOLEAN, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE, SET, UTC_TIME, UTF8_STRING, context,
    encode, encode_all,
};

const NOW: OffsetDateTime = datetime!(2026-11-23 12:00 UTC);

/// One key for all certificates: it is the names and extensions that matter here.
static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

fn name(common_name: &str) -> Vec<u8> {
    let attribute = [encode(OBJECT_IDENTIFIER, oid::COMMON_NAME), encode(UTF8_STRING, common_name.as_bytes())];
    encode(SEQUENCE, &encode(SET, &encode_all(SEQUENCE, &attribute)))
}

fn usage(purpose: &[u8]) -> Vec<u8> {
    let value = encode(SEQUENCE, &encode(OBJECT_IDENTIFIER, purpose));
    encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::EXTENDED_KEY_USAGE), encode(OCTET_STRING, &value)])
}

fn authority() -> Vec<u8> {
    let value = encode(SEQUENCE, &encode(BOOLEAN, &[0xFF]));
    encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::BASIC_CONSTRAINTS), encode(OCTET_STRING, &value)])
}

fn certificate(subject: &str, issuer: &str, extensions: &[Vec<u8>]) -> Certificate {
    let algorithm = encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::SHA256_WITH_RSA), vec![NULL, 0]]);
    let key_algorithm = encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::RSA), vec![NULL, 0]]);
    let bits = |octets: &[u8]| encode(BIT_STRING, &[&[0], octets].concat());
    let body = encode_all(
        SEQUENCE,
        &[
            encode(context(0), &encode(INTEGER, &[2])),
            encode(INTEGER, &[1]),
            algorithm.clone(),
            name(issuer),
            encode_all(SEQUENCE, &[encode(UTC_TIME, b"200101000000Z"), encode(UTC_TIME, b"400101000000Z")]),
            name(subject),
            encode_all(SEQUENCE, &[key_algorithm, bits(KEY.public_key().as_ref())]),
            encode(context(3), &encode_all(SEQUENCE, extensions)),
        ],
    );
    let mut signature = vec![0; KEY.public_modulus_len()];
    KEY.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &body, &mut signature).unwrap();
    Certificate::from_der(&encode_all(SEQUENCE, &[body, algorithm, bits(&signature)])).unwrap()
}

fn build(leaf: &Certificate, set: &[Certificate], anchors: &[Certificate]) -> Chain {
    Chain::build(leaf, set, &anchors.iter().cloned().collect(), NOW, Usage::CodeSigning)
}

/// A root, then so many authorities, then a signer; the signer first.
fn ladder(authorities: usize) -> Vec<Certificate> {
    let mut chain = vec![certificate("0", "0", &[authority()])];
    for number in 1..=authorities {
        chain.push(certificate(&number.to_string(), &(number - 1).to_string(), &[authority()]));
    }
    chain.push(certificate("signer", &authorities.to_string(), &[usage(oid::CODE_SIGNING)]));
    chain.reverse();
    chain
}

#[test]
fn a_chain_ends_at_its_anchor() {
    let certificates = ladder(2);
    let (root, set) = certificates.split_last().unwrap();
    let chain = build(&certificates[0], set, std::slice::from_ref(root));
    assert_eq!((chain.end, chain.certificates.len(), chain.problems.as_slice()), (End::Anchor, 4, [].as_slice()));
    assert_eq!(build(&certificates[0], &certificates, &[]).end, End::Untrusted);
    assert_eq!(build(&certificates[0], &certificates[2..], &[]).end, End::Missing);
}

#[test]
fn a_chain_has_sixteen_certificates_at_most() {
    let long = ladder(14);
    assert_eq!((build(&long[0], &long, &[]).end, long.len()), (End::Untrusted, 16));
    let longer = ladder(15);
    let chain = build(&longer[0], &longer, &[]);
    assert_eq!((chain.end, chain.problems.first()), (End::Missing, Some(&ChainProblem::TooLong { limit: MAX_CHAIN })));
}

#[test]
fn certificates_that_issue_each_other_end_the_search() {
    let set = [certificate("a", "b", &[authority()]), certificate("b", "a", &[authority()])];
    let signer = certificate("signer", "a", &[usage(oid::CODE_SIGNING)]);
    assert_eq!(build(&signer, &set, &[]).end, End::Missing);
}

#[test]
fn a_signer_with_the_key_of_an_anchor_is_still_checked() {
    let anchor = certificate("root", "root", &[authority(), usage(oid::CODE_SIGNING)]);
    let signer = certificate("root", "root", &[usage(oid::TIME_STAMPING)]);
    let chain = build(&signer, &[], &[anchor]);
    let wrong = ChainProblem::Usage { certificate: signer.fingerprint(), purpose: "code signing" };
    assert_eq!((chain.end, chain.problems), (End::Anchor, vec![wrong]));
}

#[test]
fn an_issuer_that_was_issued_anew_gives_way_to_the_anchor() {
    let anchor = certificate("root", "root", &[authority()]);
    let other = certificate("root", "root", &[authority(), usage(oid::CODE_SIGNING)]);
    let signer = certificate("signer", "root", &[usage(oid::CODE_SIGNING)]);
    let chain = build(&signer, &[other], std::slice::from_ref(&anchor));
    assert_eq!((chain.end, chain.top()), (End::Anchor, Some(&anchor)));
}

proptest! {
    #[test]
    fn changed_certificates_never_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        static GOOD: LazyLock<Certificate> = LazyLock::new(|| certificate("a", "a", &[authority(), usage(oid::CODE_SIGNING)]));
        let mut der = GOOD.as_der().to_vec();
        for (index, value) in changes {
            *index.get_mut(&mut der) = value;
        }
        if let Ok(changed) = Certificate::from_der(&der) {
            let _ = (changed.subject().to_string(), changed.serial(), changed.public_key().description());
            build(&changed, std::slice::from_ref(&GOOD), &[]);
            build(&GOOD, std::slice::from_ref(&changed), std::slice::from_ref(&changed));
        }
    }
}

#[test]
fn a_certificate_whose_unsigned_frame_has_another_form_is_a_fault_of_its_chain() {
    let path = format!("{}/tests/vectors/golden/trust/certs/self-trusted.der", env!("CARGO_MANIFEST_DIR"));
    let good = std::fs::read(path).unwrap();
    let content = &good[4..];
    let long_length = [&[0x30, 0x83, 0x00, good[2], good[3]], content].concat();
    let longer = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    let fourth_element = [&[0x30, 0x82, longer[0], longer[1]], content, &[0x05, 0x00]].concat();
    // The parameters of the outer algorithm: NULL becomes an empty OCTET STRING. The inner one stands first.
    let null = [0x01, 0x0B, 0x05, 0x00];
    let outer = good.windows(4).rposition(|window| window == null).unwrap();
    let mut other_parameters = good.clone();
    other_parameters[outer + 2] = 0x04;

    assert!(Certificate::from_der(&good).unwrap().has_one_form());
    assert!(Certificate::from_der(&fourth_element).is_err());
    for form in [long_length, other_parameters] {
        let certificate = Certificate::from_der(&form).unwrap();
        let at = certificate.not_before() + time::Duration::days(1);
        let chain = Chain::build(&certificate, &[], &Anchors::new(), at, Usage::CodeSigning);
        let fault = ChainProblem::MalformedCertificate { certificate: certificate.fingerprint() };
        assert!(chain.problems.contains(&fault), "{:?}", chain.problems);
    }
}
