use std::fs;
use std::path::PathBuf;

use base64::Engine;

use super::*;
use crate::signature::asn1::{BIT_STRING, INTEGER, NULL, OBJECT_IDENTIFIER, OCTET_STRING, encode, encode_all};
use crate::signature::oid;

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

/// What people choose instead of a certificate, and what they are told.
#[test]
fn a_wrong_file_is_named() {
    let leaf = golden("certs/leaf-3072.der");
    let key = golden("keys/leaf-3072.key.pem");
    let body: String = String::from_utf8_lossy(&key).lines().filter(|line| !line.starts_with("-----")).collect();
    let pkcs8 = STANDARD.decode(body).unwrap();
    let name = encode(SEQUENCE, &[]);
    let algorithm = encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::SHA256_WITH_RSA), vec![NULL, 0]]);
    let signed = |inner: &[Vec<u8>]| {
        encode_all(SEQUENCE, &[encode_all(SEQUENCE, inner), algorithm.clone(), encode(BIT_STRING, &[0, 1])])
    };
    let numbers = |count: usize| encode_all(SEQUENCE, &vec![encode(INTEGER, &[1]); count]);
    let info = encode_all(SEQUENCE, &[algorithm.clone(), encode(BIT_STRING, &[0, 1])]);
    let request = signed(&[encode(INTEGER, &[0]), name.clone(), info.clone(), encode(0xA0, &[])]);
    let date = encode(crate::signature::asn1::UTC_TIME, b"240101000000Z");
    let list = signed(&[encode(INTEGER, &[1]), algorithm.clone(), name.clone(), date.clone(), date]);
    let bundle = encode_all(SEQUENCE, &[encode(OBJECT_IDENTIFIER, oid::SIGNED_DATA), encode(0xA0, &name)]);
    let encrypted = encode_all(SEQUENCE, &[algorithm.clone(), encode(OCTET_STRING, &[1, 2])]);
    let ec = encode_all(SEQUENCE, &[encode(INTEGER, &[1]), encode(OCTET_STRING, &[1])]);
    let text = |text: &str| text.as_bytes().to_vec();
    let pem = |label: &str, der: &[u8]| pem(label, der).into_bytes();
    let package = fs::read(
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/golden/good-author-rsa3072-sha384.nupkg"),
    );
    let base64 = STANDARD.encode(&leaf).as_bytes().chunks(64).map(<[u8]>::to_vec).collect::<Vec<_>>().join(&b'\n');

    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("key, PKCS #8 PEM", key.clone()),
        ("key, PKCS #8 DER", pkcs8),
        ("key and certificate, PEM", [key, pem("CERTIFICATE", &leaf)].concat()),
        ("half a key, PEM", text("-----BEGIN PRIVATE KEY-----\nMII")),
        ("key, encrypted PEM", pem("ENCRYPTED PRIVATE KEY", &encrypted)),
        ("key, encrypted DER", encrypted),
        ("key, PKCS #1 PEM", pem("RSA PRIVATE KEY", &numbers(9))),
        ("key, PKCS #1 DER", numbers(9)),
        ("key, EC PEM", pem("EC PRIVATE KEY", &ec)),
        ("key, EC DER", ec),
        ("key, SSH", pem("OPENSSH PRIVATE KEY", b"openssh-key-v1")),
        ("key, PuTTY", text("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n")),
        ("key, PVK", vec![0x1E, 0xF1, 0xB5, 0xB0, 0, 0, 0, 0]),
        ("key, called a certificate", pem("CERTIFICATE", &numbers(9))),
        ("PFX", golden("pfx/leaf-3072.pfx")),
        ("PKCS #7 DER", bundle.clone()),
        ("PKCS #7 PEM", pem("PKCS7", &bundle)),
        ("request DER", request.clone()),
        ("request PEM", pem("CERTIFICATE REQUEST", &request)),
        ("CRL DER", list.clone()),
        ("CRL PEM", pem("X509 CRL", &list)),
        ("public key DER", info.clone()),
        ("public key PEM", pem("PUBLIC KEY", &info)),
        ("public key, PKCS #1", numbers(2)),
        ("public key, SSH", text("ssh-rsa AAAAB3NzaC1yc2E ann@example\n")),
        ("two certificates PEM", pem("CERTIFICATE", &leaf).repeat(2)),
        ("two certificates DER", leaf.repeat(2)),
        ("trailing octets", [leaf.as_slice(), b"\r\n"].concat()),
        ("cut off DER", leaf[..500].to_vec()),
        ("cut off PEM", pem("CERTIFICATE", &leaf)[..500].to_vec()),
        ("base64 alone", base64),
        ("no base64", text("-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----")),
        ("web page", text("  <!DOCTYPE html><html>")),
        ("another web page", text("<html><head></head>")),
        ("package", package.unwrap()),
        ("zip", b"PK\x03\x04rest".to_vec()),
        ("Java keystore", vec![0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2]),
        ("some text", text("hello")),
        ("some octets", vec![0, 1, 2, 3]),
    ];
    let said = |bytes: &[u8]| read_one(bytes).map_or_else(|error| error.to_string(), |_| "A CERTIFICATE".to_owned());
    let table: Vec<String> = cases.iter().map(|(case, bytes)| format!("{case}\n    {}", said(bytes))).collect();
    insta::assert_snapshot!(table.join("\n"));
    for file in fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/golden/trust/crl")).unwrap()
    {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "crl") {
            assert_eq!(other(&fs::read(&path).unwrap()), "a revocation list", "{}", path.display());
        }
    }
}

#[test]
fn what_cannot_be_named_is_still_an_error() {
    assert_eq!(read_all(b""), Err(InvalidCertificateFile::Empty));
    assert_eq!(read_all(b"hello"), Err(InvalidCertificateFile::Unknown));
    assert_eq!(read_all(b"-----BEGIN CERTIFICATE-----\nAAAA"), Err(InvalidCertificateFile::NoEnd));
    assert_eq!(
        read_all(b"-----BEGIN CERTIFICATE-----\n*\n-----END CERTIFICATE-----"),
        Err(InvalidCertificateFile::Base64 { number: 1 })
    );
    let malformed = [0x30, 3, 2, 1, 0];
    assert!(matches!(read_all(&malformed), Err(InvalidCertificateFile::Certificate { number: 1, .. })));
    let found = MAX_FILE_SIZE + 1;
    assert_eq!(read_all(&vec![b' '; found]), Err(InvalidCertificateFile::TooLarge { found }));
    let many = pem("CERTIFICATE", &golden("certs/leaf-direct.der")).repeat(MAX_CERTIFICATES + 1);
    assert!(matches!(
        read_all(many.as_bytes()),
        Err(InvalidCertificateFile::TooMany | InvalidCertificateFile::TooLarge { .. })
    ));
}
