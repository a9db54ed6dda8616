//! Packages by others, which are not part of the project: real ones from nuget.org and the test data of the client.
//!
//! Runs where that folder is; else it says so and passes.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};

use assay::archive::{Archive, Limits};
use assay::signature::{Anchors, Evidence, PushOptions, Signed, TrustAnchors, certificate_file, verify_for_push};
use serde_json::Value;

use crate::environment;
use crate::manifest::NOW;

/// The folder with the packages and the official client; `None`, with a line that says what is skipped, when it is not there.
pub fn shared() -> Option<PathBuf> {
    environment::shared("what the official client says")
}

fn read_anchors(path: &Path) -> Anchors {
    certificate_file::read_all(&fs::read(path).unwrap()).unwrap().into_iter().collect()
}

pub fn sdk_anchors(folder: &Path) -> TrustAnchors {
    let trust = folder.join("testdata/trust");
    TrustAnchors {
        signing: read_anchors(&trust.join("codesignctl.pem")),
        timestamping: read_anchors(&trust.join("timestampctl.pem")),
    }
}

pub fn lines(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    manifest["files"].as_array().unwrap().clone()
}

#[test]
fn the_root_lists_of_the_sdk_load_whole() {
    let Some(folder) = shared() else { return };
    for (name, least) in [("codesignctl.pem", 299), ("timestampctl.pem", 310)] {
        let bytes = fs::read(folder.join("testdata/trust").join(name)).unwrap();
        let blocks = String::from_utf8_lossy(&bytes).matches("BEGIN CERTIFICATE").count();
        let certificates = certificate_file::read_all(&bytes).unwrap();
        assert_eq!(certificates.len(), blocks, "{name}");
        assert!(blocks >= least, "{name}");
    }
}

#[test]
fn real_packages_pass_a_push_as_a_foreign_id() {
    let Some(folder) = shared() else { return };
    let anchors = sdk_anchors(&folder);
    let options = PushOptions { foreign: true, ..PushOptions::default() };
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in lines(&folder.join("testdata/real")) {
        let path = folder.join("testdata/real").join(line["file"].as_str().unwrap());
        if path.extension().is_none_or(|extension| extension != "nupkg") {
            continue;
        }
        count += 1;
        let mut reader = BufReader::new(File::open(&path).unwrap());
        let archive = Archive::read(&mut reader, &Limits::DEFAULT).unwrap();
        match verify_for_push(&mut reader, &archive, &options, Evidence::without_answers(&anchors, NOW)).unwrap() {
            Ok(verified) => {
                let by_author = matches!(verified.signed(), Signed::ByAuthor(_));
                let expected = line["kind"].as_str().unwrap().starts_with("author");
                if by_author != expected {
                    wrong.push(format!("{}: {:?}", path.display(), verified.signed()));
                }
                if line["content_hash"].as_str() != Some(verified.content_hash()) {
                    wrong.push(format!("{}: content hash {}", path.display(), verified.content_hash()));
                }
            }
            Err(refusal) => {
                let issues: Vec<String> = refusal.issues().map(ToString::to_string).collect();
                wrong.push(format!("{}: {issues:?}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count >= 37, "{count}");
}
