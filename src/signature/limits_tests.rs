//! Every limit of reading a signature, reached by multiplying parts of a good one.

use std::fs::File;
use std::path::PathBuf;

use super::asn1::{Element, OBJECT_IDENTIFIER, Reader, SEQUENCE, SET, context, encode, encode_all};
use super::cms::SignedData;
use super::oid;
use super::primary::PrimarySignature;
use super::{Issue, Problem};
use crate::archive::{Archive, Limits};

/// The signature file of an author with a timestamp and a countersignature.
fn good() -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/golden/good-both-ts-ts.nupkg");
    let mut file = File::open(path).unwrap();
    let archive = Archive::read(&mut file, &Limits::DEFAULT).unwrap();
    archive.read_signature(&mut file).unwrap()
}

/// The file with other certificates and another list of unsigned attributes.
fn rebuilt(
    certificates: impl Fn(Vec<Element<'_>>) -> Vec<Vec<u8>>,
    attributes: impl Fn(Vec<Element<'_>>) -> Vec<Vec<u8>>,
) -> Vec<u8> {
    let file = good();
    let mut fields = Reader::new(&file).nested(SEQUENCE).unwrap();
    fields.any().unwrap();
    let data = fields.nested(context(0)).unwrap().nested(SEQUENCE).unwrap().all().unwrap();
    let [version, digests, content, set, signers] = data.as_slice() else { panic!("another shape") };
    let mut signer = signers.reader().nested(SEQUENCE).unwrap().all().unwrap();
    let unsigned = signer.pop().unwrap();
    let mut parts: Vec<Vec<u8>> = signer.iter().map(|part| part.raw.to_vec()).collect();
    parts.push(encode_all(context(1), &attributes(unsigned.children().unwrap())));
    let signers = encode(SET, &encode_all(SEQUENCE, &parts));
    let certificates = encode_all(context(0), &certificates(set.children().unwrap()));
    let data = encode_all(SEQUENCE, &[version.raw, digests.raw, content.raw, &certificates, &signers]);
    encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::SIGNED_DATA), encode(context(0), &data)])
}

fn raw(elements: Vec<Element<'_>>) -> Vec<Vec<u8>> {
    elements.iter().map(|element| element.raw.to_vec()).collect()
}

/// The attribute of this type, with its value so many times.
fn multiplied(id: &'static [u8], times: usize) -> impl Fn(Vec<Element<'_>>) -> Vec<Vec<u8>> {
    move |attributes| {
        let find = |attribute: &&Element<'_>| attribute.children().unwrap()[0].content == id;
        let found = attributes.iter().find(find).unwrap().children().unwrap();
        let value = found[1].content.repeat(times);
        vec![encode_all(SEQUENCE, &[found[0].raw.to_vec(), encode(SET, &value)])]
    }
}

fn too_many(file: &[u8]) -> Option<(&'static str, usize)> {
    let (part, fault) = PrimarySignature::read(file).err()?;
    match fault.issue(part) {
        Issue { code: None, problem: Problem::TooMany { what, limit }, .. } => Some((what, limit)),
        other => panic!("{other}"),
    }
}

#[test]
fn the_parts_make_a_good_signature_again() {
    assert_eq!(rebuilt(raw, raw), good());
}

#[test]
fn many_certificates_are_read_and_too_many_are_not() {
    let times = |times: usize| {
        rebuilt(move |set| (0..times).map(|_| set[0].raw.to_vec()).chain(raw(set.clone())).collect(), raw)
    };
    let rest = SignedData::decode(&good()).unwrap().certificates().unwrap().len();
    assert_eq!(too_many(&times(256 - rest)), None);
    assert_eq!(too_many(&times(257 - rest)), Some(("certificates", 256)));
}

#[test]
fn timestamps_and_countersignatures_have_limits() {
    for (id, what) in [(oid::TIMESTAMP_TOKEN, "timestamps"), (oid::COUNTERSIGNATURE, "countersignatures")] {
        assert_eq!(too_many(&rebuilt(raw, multiplied(id, 8))), None);
        assert_eq!(too_many(&rebuilt(raw, multiplied(id, 9))), Some((what, 8)));
    }
}

#[test]
fn attributes_and_their_values_have_limits() {
    let unknown = |count: usize| {
        rebuilt(raw, move |_| {
            vec![encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, &[42, 3]), encode(SET, &[])]); count]
        })
    };
    assert_eq!(too_many(&unknown(128)), None);
    assert_eq!(too_many(&unknown(129)), Some(("attributes", 128)));
    assert_eq!(too_many(&rebuilt(raw, multiplied(oid::TIMESTAMP_TOKEN, 129))), Some(("attribute values", 128)));
}
