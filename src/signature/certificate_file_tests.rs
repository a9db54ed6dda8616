use std::fs;
use std::path::PathBuf;

use base64::Engine;

use super::*;
use crate::signature::asn1::{NULL, encode, encode_all};

fn golden(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/golden/trust").join(name)).unwrap()
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

fn other(bytes: &[u8]) -> &'static str {
    match read_all(bytes) {
        Err(InvalidCertificateFile::Other { found, .. }) => found,
        unexpected => panic!("{unexpected:?}"),
    }
}

#[test]
fn der_pem_and_text_around_it_are_read() {
    let der = golden("certs/leaf-3072.der");
    let expected = Certificate::from_der(&der).unwrap();
    assert_eq!(read_one(&der).unwrap(), expected);
    assert_eq!(read_one(pem("CERTIFICATE", &der).as_bytes()).unwrap(), expected);
    let bag = format!("Bag Attributes\r\n friendlyName: x\r\n{}", pem("CERTIFICATE", &der).replace('\n', "\r\n"));
    assert_eq!(read_one(bag.as_bytes()).unwrap(), expected);
    let utf16: Vec<u8> = "\u{feff}".encode_utf16().chain(bag.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_one(&utf16).unwrap(), expected);
    let roots = golden("code-signing-roots.pem");
    let found = read_all(&roots).unwrap().len();
    assert!(found > 1);
    assert_eq!(read_one(&roots), Err(InvalidCertificateFile::Several { found }));
}

#[test]
fn a_wrong_file_is_named() {
    let key = golden("keys/leaf-3072.key.pem");
    let body: String = String::from_utf8_lossy(&key).lines().filter(|line| !line.starts_with("-----")).collect();
    let pkcs8 = STANDARD.decode(body).unwrap();
    let name = encode(SEQUENCE, &[]);
    let algorithm = encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::SHA256_WITH_RSA), vec![NULL, 0]]);
    let signed = |inner: &[Vec<u8>]| {
        encode_all(SEQUENCE, &[encode_all(SEQUENCE, inner), algorithm.clone(), encode(BIT_STRING, &[0, 1])])
    };
    let info = encode_all(SEQUENCE, &[algorithm.clone(), encode(BIT_STRING, &[0, 1])]);
    let request = signed(&[encode(INTEGER, &[0]), name.clone(), info.clone(), encode(0xA0, &[])]);
    let date = encode(crate::signature::asn1::UTC_TIME, b"240101000000Z");
    let list = signed(&[encode(INTEGER, &[1]), algorithm.clone(), name.clone(), date.clone(), date.clone()]);
    let bundle = encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::SIGNED_DATA), encode(0xA0, &name)]);
    let encrypted = encode_all(SEQUENCE, &[algorithm, encode(OCTET_STRING, &[1, 2])]);

    assert_eq!(other(&golden("pfx/leaf-3072.pfx")), "a PFX with a private key");
    assert_eq!(other(&key), "a private key");
    assert_eq!(other(&pkcs8), "a private key");
    assert_eq!(other(&[key, golden("code-signing-roots.pem")].concat()), "a private key");
    assert_eq!(other(&encrypted), "an encrypted private key");
    assert_eq!(other(&info), "a public key");
    assert_eq!(other(&request), "a certificate request");
    assert_eq!(other(pem("CERTIFICATE REQUEST", &request).as_bytes()), "a certificate request");
    assert_eq!(other(&list), "a revocation list");
    let crl = fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/golden/trust/crl")).unwrap();
    for file in crl.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "crl")) {
        assert_eq!(other(&fs::read(&file).unwrap()), "a revocation list", "{}", file.display());
    }
    assert_eq!(other(pem("X509 CRL", &list).as_bytes()), "a revocation list");
    assert_eq!(other(&bundle), "a PKCS #7 bundle or a signature");
    assert_eq!(other(pem("PKCS7", &bundle).as_bytes()), "a PKCS #7 bundle");
    assert_eq!(other(b"  <!DOCTYPE html><html>"), "a web page");
    assert_eq!(other(b"<html><head></head>"), "a web page");
}

#[test]
fn what_cannot_be_named_is_still_an_error() {
    assert_eq!(read_all(b""), Err(InvalidCertificateFile::Empty));
    assert_eq!(read_all(b"hello"), Err(InvalidCertificateFile::Unknown));
    assert_eq!(read_all(b"-----BEGIN CERTIFICATE-----\nAAAA"), Err(InvalidCertificateFile::Unknown));
    assert_eq!(
        read_all(b"-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----"),
        Err(InvalidCertificateFile::Base64 { number: 1 })
    );
    let truncated = &golden("certs/leaf-3072.der")[..500];
    assert!(matches!(read_all(truncated), Err(InvalidCertificateFile::Certificate { number: 1, .. })));
    let found = MAX_FILE_SIZE + 1;
    assert_eq!(read_all(&vec![b' '; found]), Err(InvalidCertificateFile::TooLarge { found }));
    let many = pem("CERTIFICATE", &golden("certs/leaf-direct.der")).repeat(MAX_CERTIFICATES + 1);
    assert!(matches!(
        read_all(many.as_bytes()),
        Err(InvalidCertificateFile::TooMany | InvalidCertificateFile::TooLarge { .. })
    ));
}
