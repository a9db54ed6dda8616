//! A second reader for what the feed signs: the `cms` crate, which shares no line with our own reader and writer.

use std::io::Cursor;

use assay::archive::{Archive, Limits};
use assay::signature::RepositoryAttributes;
use assay::signature::repository::sign;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Decode, Encode};

use crate::repository::{SELF_SIGNED, pushable};
use crate::rewrite::apply;

const COUNTERSIGNATURE: &str = "1.2.840.113549.1.9.6";

#[test]
fn what_we_write_is_der_that_another_library_reads_and_writes_back_unchanged() {
    let attributes =
        RepositoryAttributes { service_index: "https://feed.example/v3/index.json".into(), owners: vec!["ann".into()] };
    for (file, countersigned) in [("unsigned.nupkg", false), ("good-author-rsa3072-sha384.nupkg", true)] {
        let package = pushable().remove(file).unwrap();
        let archive = Archive::read(&mut Cursor::new(&package), &Limits::DEFAULT).unwrap();
        let recipe =
            sign(&mut Cursor::new(&package), &archive, &SELF_SIGNED, &attributes, crate::manifest::NOW).unwrap();
        let signed = apply(&recipe, &package);
        let archive = Archive::read(&mut Cursor::new(&signed), &Limits::DEFAULT).unwrap();
        let bytes = archive.read_signature(&mut Cursor::new(&signed)).unwrap();

        let outer = ContentInfo::from_der(&bytes).unwrap();
        assert_eq!(outer.to_der().unwrap(), bytes, "{file}");
        let data: SignedData = outer.content.decode_as().unwrap();
        let signers = data.signer_infos.0.as_slice();
        assert_eq!(signers.len(), 1, "{file}");
        let unsigned = signers[0].unsigned_attrs.iter().flat_map(|attributes| attributes.iter());
        let marks = unsigned.filter(|attribute| attribute.oid.to_string() == COUNTERSIGNATURE).count();
        assert_eq!(marks, usize::from(countersigned), "{file}");
    }
}
