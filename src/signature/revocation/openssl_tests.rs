//! Answers that OpenSSL makes, for certificates that it issued.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use time::{Duration, OffsetDateTime};

use super::*;
use crate::signature::certificate::Certificate;

/// An authority in a folder of its own.
struct Authority {
    folder: tempfile::TempDir,
}

/// What the authority's database says of each certificate: its name, its serial number, and the line's beginning.
const ISSUED: &[(&str, &str, &str)] = &[
    ("good", "1001", "V\t401231235959Z\t"),
    ("stolen", "1002", "R\t401231235959Z\t250102030405Z,keyCompromise"),
    ("held", "1003", "R\t401231235959Z\t250102030405Z,certificateHold"),
    ("plain", "1004", "R\t401231235959Z\t250102030405Z"),
];

impl Authority {
    /// `key` is what `openssl genpkey` takes; `usage` the key usage of the CA.
    fn new(key: &[&str], usage: &str) -> Self {
        let authority = Self { folder: tempfile::tempdir().unwrap() };
        let index: String =
            ISSUED.iter().map(|(name, serial, line)| format!("{line}\t{serial}\tunknown\t/CN={name}\n")).collect();
        fs::write(authority.path("index.txt"), index).unwrap();
        fs::write(authority.path("index.txt.attr"), "unique_subject = no\n").unwrap();
        fs::write(authority.path("crlnumber"), "01\n").unwrap();
        let config = format!(
            "[ca]\ndefault_ca=own\n[own]\ndatabase={}\ncrlnumber={}\ndefault_md=sha256\ncrl_extensions=list\n\
             [list]\nauthorityKeyIdentifier=keyid\n\
             [req]\ndistinguished_name=name\n[name]\n\
             [root]\nbasicConstraints=critical,CA:true\nkeyUsage=critical,{usage}\nsubjectKeyIdentifier=hash\n\
             [leaf]\nauthorityKeyIdentifier=keyid\n\
             [responder]\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\nauthorityKeyIdentifier=keyid\n",
            authority.path("index.txt").display(),
            authority.path("crlnumber").display(),
        );
        fs::write(authority.path("config"), config).unwrap();
        authority.key("ca", key);
        authority
            .openssl("req -x509 -new -key ca.key -subj /O=Test/CN=Authority -days 3650 -extensions root -out ca.pem");
        for (name, serial, _) in ISSUED {
            authority.issue(name, serial, "leaf");
        }
        authority
    }

    fn elliptic() -> Self {
        Self::new(&["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "keyCertSign,cRLSign,digitalSignature")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn key(&self, name: &str, kind: &[&str]) {
        let out = format!("{name}.key");
        self.run(&[&["genpkey", "-out", &out, "-algorithm"], kind].concat());
    }

    /// Issues a certificate with a key of its own.
    fn issue(&self, name: &str, serial: &str, extensions: &str) {
        self.key(name, &["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        self.openssl(&format!("req -new -key {name}.key -subj /CN={name} -out {name}.csr"));
        self.openssl(&format!(
            "x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -set_serial 0x{serial} -days 3000 -extfile config \
             -extensions {extensions} -out {name}.pem"
        ));
    }

    fn openssl(&self, arguments: &str) {
        self.run(&arguments.split_whitespace().collect::<Vec<_>>());
    }

    fn run(&self, arguments: &[&str]) {
        let mut command = Command::new("openssl");
        command.args(arguments).current_dir(self.folder.path()).env("OPENSSL_CONF", self.path("config"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn certificate(&self, name: &str) -> Certificate {
        let text = String::from_utf8(self.read(&format!("{name}.pem"))).unwrap();
        let block: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        Certificate::from_der(&STANDARD.decode(block).unwrap()).unwrap()
    }

    fn crl(&self, options: &str) -> Crl {
        self.openssl(&format!(
            "ca -gencrl -config config -cert ca.pem -keyfile ca.key -crldays 7 {options} -out list.pem"
        ));
        self.openssl("crl -in list.pem -outform DER -out list.der");
        let (pem, der) = (Crl::parse(&self.read("list.pem")).unwrap(), Crl::parse(&self.read("list.der")).unwrap());
        assert_eq!(pem.as_der(), der.as_der());
        pem
    }

    /// Asks the responder `signer` about a certificate, with our request or with options of OpenSSL's.
    fn respond(&self, about: &str, signer: &str, options: &str) -> OcspResponse {
        let request = ocsp_request(&self.certificate(about), &self.certificate("ca"));
        fs::write(self.path("request.der"), request).unwrap();
        self.respond_to("request.der", signer, options)
    }

    fn respond_to(&self, request: &str, signer: &str, options: &str) -> OcspResponse {
        self.openssl(&format!(
            "ocsp -index index.txt -CA ca.pem -rsigner {signer}.pem -rkey {signer}.key -reqin {request} -ndays 7 \
             {options} -respout response.der"
        ));
        OcspResponse::parse(&self.read("response.der")).unwrap()
    }

    /// What is known about a certificate by these answers, in a few words.
    fn told(&self, answers: &Answers, about: &str, now: OffsetDateTime) -> String {
        match answers.about(&self.certificate(about), &self.certificate("ca"), now) {
            Status::Good { told_by, .. } => format!("good by {told_by}"),
            Status::Revoked { at, reason, .. } => format!("revoked {at} ({reason})"),
            Status::Unknown(why) => format!("{why:?}"),
        }
    }

    fn told_by_response(&self, response: OcspResponse, about: &str) -> String {
        let mut answers = Answers::new();
        answers.add_ocsp(response);
        self.told(&answers, about, now())
    }
}

fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

fn by_list(crl: Crl) -> Answers {
    let mut answers = Answers::new();
    answers.add_crl(crl);
    answers
}

const STOLEN: &str = "revoked 2025-01-02 3:04:05.0 +00:00:00 (key compromise)";

#[test]
fn lists_of_openssl_are_read_under_every_kind_of_signature() {
    let usage = "keyCertSign,cRLSign";
    let elliptic = |curve| {
        let curve = format!("ec_paramgen_curve:{curve}");
        Authority::new(&["EC", "-pkeyopt", &curve], usage)
    };
    let rsa = Authority::new(&["RSA", "-pkeyopt", "rsa_keygen_bits:2048"], usage);
    let (p256, p384) = (elliptic("P-256"), elliptic("P-384"));
    let cases = [
        (&p256, ""),
        (&p256, "-md sha384"),
        (&p384, "-md sha384"),
        (&rsa, ""),
        (&rsa, "-md sha512"),
        (&rsa, "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32"),
    ];
    for (authority, options) in cases {
        let crl = authority.crl(options);
        assert_eq!(crl.len(), 3);
        let answers = by_list(crl);
        let told = |about| authority.told(&answers, about, now());
        assert_eq!(told("good"), "good by CRL", "{options}");
        assert_eq!(told("stolen"), STOLEN, "{options}");
        assert_eq!(told("held"), "revoked 2025-01-02 3:04:05.0 +00:00:00 (certificate hold)", "{options}");
        assert_eq!(told("plain"), "revoked 2025-01-02 3:04:05.0 +00:00:00 (no reason given)", "{options}");
        // After its end the list acquits nobody, and accuses as before.
        let later = now() + Duration::days(8);
        assert_eq!(authority.told(&answers, "good", later), "OutOfDate", "{options}");
        assert_eq!(authority.told(&answers, "stolen", later), STOLEN, "{options}");
    }
}

#[test]
fn a_list_of_a_key_that_may_not_sign_lists_accuses_and_does_not_acquit() {
    let authority = Authority::new(&["EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "keyCertSign");
    let answers = by_list(authority.crl(""));
    assert_eq!(authority.told(&answers, "good", now()), "NotGenuine");
    assert_eq!(authority.told(&answers, "stolen", now()), STOLEN);
}

#[test]
fn another_authority_of_the_same_name_has_no_say() {
    let (authority, impostor) = (Authority::elliptic(), Authority::elliptic());
    // Without the hint that a list gives about its key, the signature alone decides.
    let config = fs::read_to_string(impostor.path("config")).unwrap();
    fs::write(impostor.path("config"), config.replace("crl_extensions=list\n", "")).unwrap();
    let forged = impostor.crl("");
    assert_eq!(forged.issuer(), authority.certificate("ca").subject());
    assert_eq!(authority.told(&by_list(forged), "stolen", now()), "NotGenuine");
    // The impostor's response names the authority's key when it is asked about it, and is signed with another.
    let request = ocsp_request(&authority.certificate("good"), &authority.certificate("ca"));
    fs::write(impostor.path("request.der"), request).unwrap();
    fs::copy(authority.path("ca.pem"), impostor.path("real.pem")).unwrap();
    impostor.openssl(
        "ocsp -index index.txt -CA real.pem -rsigner ca.pem -rkey ca.key -reqin request.der -ndays 7 -respout response.der",
    );
    let response = OcspResponse::parse(&impostor.read("response.der")).unwrap();
    assert_eq!(authority.told_by_response(response, "good"), "NotGenuine");
}

#[test]
fn our_request_is_the_one_that_openssl_makes() {
    let authority = Authority::elliptic();
    let request = ocsp_request(&authority.certificate("good"), &authority.certificate("ca"));
    fs::write(authority.path("request.der"), &request).unwrap();
    authority.openssl("ocsp -issuer ca.pem -cert good.pem -no_nonce -reqout theirs.der");
    assert_eq!(request, authority.read("theirs.der"));
    let mut command = Command::new("openssl");
    let output = command.args(["ocsp", "-reqin"]).arg(authority.path("request.der")).arg("-req_text").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Hash Algorithm: sha1") && text.contains("Serial Number: 1001"), "{text}");
    assert!(!text.contains("Nonce") && !text.contains("Requestor Name"), "{text}");
}

#[test]
fn responses_of_the_issuer_and_of_whom_it_named_count() {
    let authority = Authority::elliptic();
    authority.issue("responder", "2001", "responder");
    for (signer, options) in
        [("ca", ""), ("ca", "-resp_key_id"), ("ca", "-resp_no_certs"), ("responder", ""), ("responder", "-resp_key_id")]
    {
        let told = |about| authority.told_by_response(authority.respond(about, signer, options), about);
        assert_eq!(told("good"), "good by OCSP", "{signer} {options}");
        assert_eq!(told("stolen"), STOLEN, "{signer} {options}");
        assert_eq!(told("held"), "revoked 2025-01-02 3:04:05.0 +00:00:00 (certificate hold)", "{signer} {options}");
    }
    // A responder that does not show its certificate cannot be known.
    let hidden = authority.respond("good", "responder", "-resp_no_certs");
    assert_eq!(authority.told_by_response(hidden, "good"), "NotGenuine");
    // One that was named by another authority of the same name is nobody.
    let impostor = Authority::elliptic();
    impostor.issue("responder", "2001", "responder");
    for file in ["responder.pem", "responder.key"] {
        fs::copy(impostor.path(file), authority.path(file)).unwrap();
    }
    let response = authority.respond("good", "responder", "");
    assert_eq!(authority.told_by_response(response, "good"), "NotGenuine");
}

#[test]
fn a_customer_of_the_issuer_is_no_responder() {
    let authority = Authority::elliptic();
    for customer in ["good", "stolen"] {
        let response = authority.respond("stolen", customer, "");
        assert_eq!(authority.told_by_response(response, "stolen"), "NotGenuine");
    }
}

#[test]
fn a_response_counts_for_the_certificates_that_it_is_about_and_no_others() {
    let authority = Authority::elliptic();
    let response = authority.respond("good", "ca", "");
    assert_eq!(authority.told_by_response(response, "stolen"), "NoAnswer");
    authority.issue("stranger", "3001", "leaf");
    let response = authority.respond("stranger", "ca", "");
    assert_eq!(authority.told_by_response(response, "stranger"), "NotKnown");
    for digest in ["sha1", "sha256", "sha384", "sha512"] {
        authority.openssl(&format!(
            "ocsp -issuer ca.pem -{digest} -cert good.pem -{digest} -cert stolen.pem -no_nonce -reqout both.der"
        ));
        let mut answers = Answers::new();
        let response = authority.respond_to("both.der", "ca", "");
        assert_eq!(response.len(), 2);
        answers.add_ocsp(response);
        assert_eq!(authority.told(&answers, "good", now()), "good by OCSP", "{digest}");
        assert_eq!(authority.told(&answers, "stolen", now()), STOLEN, "{digest}");
        assert_eq!(authority.told(&answers, "good", now() + Duration::days(8)), "OutOfDate", "{digest}");
        assert_eq!(authority.told(&answers, "good", now() - Duration::hours(1)), "OutOfDate", "{digest}");
    }
}

#[test]
fn a_responder_that_has_ended_still_accuses_and_acquits_no_more() {
    let authority = Authority::elliptic();
    authority.issue("responder", "2001", "responder");
    authority.openssl(
        "x509 -req -in responder.csr -CA ca.pem -CAkey ca.key -set_serial 0x2001 -days 1 -extfile config \
         -extensions responder -out responder.pem",
    );
    for (about, told) in [("good", "OutOfDate"), ("stolen", STOLEN)] {
        let mut answers = Answers::new();
        answers.add_ocsp(authority.respond(about, "responder", ""));
        assert_eq!(authority.told(&answers, about, now() + Duration::days(3)), told);
    }
}
