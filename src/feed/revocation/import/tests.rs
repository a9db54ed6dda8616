//! What is taken over from a file, and what is refused.

use time::Duration;
use time::macros::datetime;

use super::*;
use crate::signature::revocation::test_issuer::{TestCrl, TestResponse, certificate, entry, good};
use crate::store::seen_certificates::SeenCertificate;

const NOW: OffsetDateTime = datetime!(2026-01-10 0:00 UTC);
const HOLD: u8 = 6;

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("assay.db")).unwrap();
    store
        .write(|w| {
            for name in ["crl-ca", "crl-good"] {
                let der = certificate(name).as_der().to_vec();
                let seen = SeenCertificate { fingerprint: Fingerprint::of(&der), der, subject: name.to_owned() };
                w.see_certificate(&seen, NOW)?;
            }
            Ok::<_, store::Error>(())
        })
        .unwrap();
    (folder, store)
}

fn put_into(store: &Store, name: &str, bytes: &[u8]) -> Result<Imported, ImportError> {
    import(store, &Cache::default(), name, bytes, &Actor::CommandLine, NOW)
}

fn list(day: i64, on_hold: bool) -> Vec<u8> {
    let this_update = NOW + Duration::days(day);
    let entries = if on_hold {
        vec![entry(certificate("crl-good").serial_octets(), this_update, Some(HOLD), &[])]
    } else {
        Vec::new()
    };
    TestCrl { entries, ..TestCrl::new("crl-ca", this_update, NOW + Duration::days(30)) }.der()
}

#[test]
fn an_import_is_one_audit_record_and_a_refused_one_is_none() {
    let (_folder, store) = store();
    let put = |bytes: &[u8]| put_into(&store, "ca.crl", bytes);
    let records = || store.read(|r| r.audit_records(10)).unwrap().len();
    let imported = put(&list(-2, true)).unwrap();
    assert!(imported.covers.iter().any(|covered| covered.revoked), "{imported:?}");
    assert_eq!(records(), 1);
    let refused = put(&list(-3, false)).unwrap_err();
    assert!(refused.to_string().contains("older than the one at hand"), "{refused}");
    assert_eq!((records(), store.read(|r| r.revocation_answers()).unwrap().len()), (1, 1));
    put(&list(-1, false)).unwrap();
    assert_eq!((records(), store.read(|r| r.revocation_answers()).unwrap().len()), (2, 1), "it takes its place");
}

#[test]
fn a_list_of_a_time_to_come_does_not_keep_the_next_ones_out() {
    let (_folder, store) = store();
    let put = |day| put_into(&store, "ca.crl", &list(day, false));
    let refused = put(20).unwrap_err();
    assert!(refused.to_string().contains("which has not come yet"), "{refused}");
    put(-1).unwrap();
}

#[test]
fn a_response_that_does_not_count_is_refused_with_the_reason() {
    let (_folder, store) = store();
    let put = |response: &TestResponse| put_into(&store, "file", &response.der()).map_err(|error| error.to_string());
    let (day, year) = (Duration::days(1), Duration::days(365));
    let fresh = TestResponse::about("crl-good", good(), NOW - day, NOW + day);
    let old = TestResponse::about("crl-good", good(), NOW - year, NOW - day);
    let forged = TestResponse { signer: (certificate("crl-ca"), "variant-crl"), ..fresh.clone() };
    let stranger = TestResponse { serial: vec![0x7F; 9], ..fresh.clone() };
    let (forged, stranger, old) = (put(&forged).unwrap_err(), put(&stranger).unwrap_err(), put(&old).unwrap_err());
    assert!(forged.contains("known here: the answer is not signed by its issuer"), "{forged}");
    assert!(old.contains("known here: the answer of its issuer is out of date"), "{old}");
    assert_eq!(stranger, "the response says nothing about a certificate that is known here");
    put(&fresh).unwrap();
}
