//! The CRLs and certificates of the golden packages, which the official client judged (seen with SDK 10.0.401).

use std::fs;

use time::OffsetDateTime;
use time::macros::datetime;

use super::*;
use crate::signature::certificate::Certificate;

const NOW: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

fn trust(path: &str) -> Vec<u8> {
    fs::read(format!("{}/tests/vectors/golden/trust/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn certificate(name: &str) -> Certificate {
    Certificate::from_der(&trust(&format!("certs/{name}.der"))).unwrap()
}

fn answers(files: &[&str]) -> Answers {
    let mut answers = Answers::new();
    for file in files {
        answers.add_crl(Crl::parse(&trust(&format!("crl/{file}.crl"))).unwrap());
    }
    answers
}

/// The status in a few words.
fn told(files: &[&str], name: &str, issuer: &str) -> String {
    match answers(files).about(&certificate(name), &certificate(issuer), NOW) {
        Status::Good { this_update, told_by, .. } => format!("good, says the {told_by} of {}", this_update.date()),
        Status::Revoked { at, reason, in_date, .. } => format!("revoked {} ({reason}), in date: {in_date}", at.date()),
        Status::Unknown(why) => format!("unknown: {why}"),
    }
}

#[test]
fn the_golden_lists_say_what_the_client_reads_in_them() {
    let cases = [
        (&["ca"][..], "crl-good", "crl-ca"),
        (&["ca"], "crl-revoked-early", "crl-ca"),
        (&["ca"], "crl-revoked-late", "crl-ca"),
        (&["ca"], "crl-hold", "crl-ca"),
        (&["root-a"], "crl-ca", "code-root-a"),
        (&["root-a"], "crl-ca-revoked", "code-root-a"),
        (&["ca2"], "crl-under-revoked", "crl-ca-revoked"),
        (&["stale"], "crl-stale", "crl-ca"),
        (&["forged"], "crl-wrong-signer", "crl-ca"),
        (&[], "crl-missing", "crl-ca"),
        (&["ts"], "crl-tsa-good", "ts-root"),
        (&["ts"], "crl-tsa-revoked", "ts-root"),
        (&["ca", "ca2", "stale", "forged", "ts"], "crl-ca", "code-root-a"),
        (&["stale", "forged", "ca"], "crl-revoked-early", "crl-ca"),
        (&["root-a"], "crl-good", "crl-ca"),
    ];
    let table: Vec<String> = cases
        .iter()
        .map(|(files, name, issuer)| format!("{name} by [{}]: {}", files.join(" "), told(files, name, issuer)))
        .collect();
    insta::assert_snapshot!("golden_lists", table.join("\n"));
}

#[test]
fn the_addresses_of_answers_are_read_from_the_certificate() {
    assert_eq!(certificate("crl-good").crl_urls(), ["http://127.0.0.1:38399/ca.crl"]);
    assert_eq!(certificate("crl-dead").crl_urls(), ["http://127.0.0.1:9/none.crl"]);
    assert!(certificate("leaf-3072").crl_urls().is_empty() && certificate("crl-good").ocsp_urls().is_empty());
}
