//! A real certification authority, made by openssl for one test: a root, an issuing authority, and signers.
//!
//! The keys are made anew each time. Who is revoked stands in the database of `openssl ca`, from which it makes lists and
//! OCSP responses.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use sha2::Digest;
use tempfile::TempDir;
use time::OffsetDateTime;
use time::macros::format_description;

use super::environment;
use super::official_client::Installation;
use super::timestamp_authority;

/// The authority.
pub struct Pki {
    folder: Arc<TempDir>,
    revoked: Arc<Mutex<Vec<Revocation>>>,
    signer: Option<(Installation, TempDir)>,
}

/// A line of its database.
#[derive(Clone)]
struct Revocation {
    serial: String,
    at: OffsetDateTime,
    reason: &'static str,
}

/// A certificate that the authority issued.
pub struct Issued {
    /// PEM.
    pub pem: PathBuf,
    /// SHA-256.
    pub fingerprint: String,
    serial: String,
    pfx: PathBuf,
}

impl Pki {
    /// A new root and an authority below it. `crl` is where the root's list is, which speaks of the authority.
    pub fn new(name: &str, crl: Option<&str>) -> Self {
        let folder = TempDir::with_prefix("pki").expect("a temporary folder");
        let pki = Self { folder: Arc::new(folder), revoked: Arc::default(), signer: None };
        pki.key("root");
        let root = format!("/O=Test/CN={name} Root");
        pki.openssl(&[
            "req", "-x509", "-sha256", "-days", "400", "-key", "root.key", "-out", "root.pem", "-subj", &root,
        ]);
        let points = crl.map(|url| format!("crlDistributionPoints=URI:{url}\n")).unwrap_or_default();
        let extensions = format!(
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n\
             authorityKeyIdentifier=keyid\n{points}"
        );
        let subject = format!("/O=Test/CN={name} Authority");
        pki.issue_below("root", "authority", &subject, &extensions, "20350101000000Z");
        pki
    }

    /// A code-signing certificate whose status is told at these addresses.
    pub fn issue(&self, name: &str, crl: Option<&str>, ocsp: Option<&str>) -> Issued {
        let crl = crl.map(|url| format!("crlDistributionPoints=URI:{url}\n")).unwrap_or_default();
        let ocsp = ocsp.map(|url| format!("authorityInfoAccess=OCSP;URI:{url}\n")).unwrap_or_default();
        let extensions = format!(
            "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n\
             subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n{crl}{ocsp}"
        );
        self.issued(name, &extensions, "20350101000000Z")
    }

    /// One that ends soon, and whose status is told nowhere.
    pub fn issue_until(&self, name: &str, end: OffsetDateTime) -> Issued {
        let format = format_description!("[year][month][day][hour][minute][second]Z");
        let extensions = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\n\
                          subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";
        self.issued(name, extensions, &end.format(format).expect("a date"))
    }

    fn issued(&self, name: &str, extensions: &str, end: &str) -> Issued {
        self.issue_below("authority", name, &format!("/O=Test/CN={name}"), extensions, end);
        let pem = self.path(&format!("{name}.pem"));
        let der = self.openssl(&["x509", "-in", &format!("{name}.pem"), "-outform", "DER"]);
        let serial = self.serial(name);
        let (key, cert, pfx) = (format!("{name}.key"), format!("{name}.pem"), format!("{name}.pfx"));
        let mut arguments = vec!["pkcs12", "-export", "-inkey", &key, "-in", &cert, "-certfile", "authority.pem"];
        arguments.extend(["-passout", "pass:test", "-out", &pfx]);
        self.openssl(&arguments);
        Issued { pem, fingerprint: hex::encode(sha2::Sha256::digest(&der)), serial, pfx: self.path(&pfx) }
    }

    /// The root, PEM.
    pub fn root(&self) -> PathBuf {
        self.path("root.pem")
    }

    /// Revokes a certificate. `reason` as openssl writes it, such as `keyCompromise`.
    pub fn revoke(&self, issued: &Issued, at: OffsetDateTime, reason: &'static str) {
        let mut revoked = self.revoked.lock().expect("the database");
        revoked.push(Revocation { serial: issued.serial.clone(), at, reason });
    }

    /// Takes back what was revoked.
    pub fn release(&self, issued: &Issued) {
        self.revoked.lock().expect("the database").retain(|one| one.serial != issued.serial);
    }

    /// The list of the authority, in DER.
    pub fn crl(&self) -> Vec<u8> {
        self.list_of("authority", &self.revoked.lock().expect("the database"))
    }

    /// The list of the root, which revokes nobody, in DER.
    pub fn root_crl(&self) -> Vec<u8> {
        self.list_of("root", &[])
    }

    /// The same after the root has revoked the authority.
    pub fn root_crl_that_revokes_the_authority(&self, at: OffsetDateTime) -> Vec<u8> {
        let serial = self.serial("authority");
        self.list_of("root", &[Revocation { serial, at, reason: "CACompromise" }])
    }

    /// The request of an OCSP client about a certificate, in DER.
    pub fn ocsp_request(&self, issued: &Issued) -> Vec<u8> {
        let pem = issued.pem.display().to_string();
        self.openssl(&["ocsp", "-issuer", "authority.pem", "-cert", &pem, "-no_nonce", "-reqout", "request.der"]);
        std::fs::read(self.path("request.der")).expect("a request")
    }

    /// What answers OCSP requests about these certificates, by the authority's own key.
    pub fn responder(&self, good: &[&Issued]) -> impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static {
        let (folder, revoked) = (Arc::clone(&self.folder), Arc::clone(&self.revoked));
        let good: Vec<String> = good.iter().map(|issued| issued.serial.clone()).collect();
        move |request| {
            let work = TempDir::new().expect("a folder");
            let revoked = revoked.lock().expect("the database").clone();
            let good = good.iter().filter(|serial| !revoked.iter().any(|one| one.serial == **serial));
            let lines: Vec<String> = good.map(|serial| database_line('V', serial, "")).collect();
            let index = work.path().join("index.txt");
            std::fs::write(&index, format!("{}{}", lines.concat(), revoked_lines(&revoked))).expect("a database");
            let (asked, given) = (work.path().join("request"), work.path().join("response"));
            std::fs::write(&asked, request).expect("the request");
            let mut openssl = Command::new("openssl");
            openssl.current_dir(folder.path()).args(["ocsp", "-index"]).arg(index).args(["-CA", "authority.pem"]);
            openssl.args(["-rsigner", "authority.pem", "-rkey", "authority.key", "-ndays", "7", "-reqin"]).arg(asked);
            openssl.arg("-respout").arg(&given);
            environment::output(&mut openssl);
            std::fs::read(given).expect("a response")
        }
    }

    /// Signs a package by the official client with a timestamp of the moment. `None` where there is no client.
    pub fn sign(&mut self, package: &[u8], issued: &Issued) -> Option<Vec<u8>> {
        if self.signer.is_none() {
            let installation = Installation::of_a_signer("signing")?;
            let (root, authority) = (self.path("root.pem"), self.path("authority.pem"));
            self.signer = Some(installation.also_trusting(&[&root, &authority]));
        }
        let (installation, _) = self.signer.as_ref()?;
        let work = TempDir::with_prefix("as").expect("a folder");
        let unsigned = work.path().join("package.nupkg");
        std::fs::write(&unsigned, package).expect("the package");
        let mut command = installation.command(&work.path().join("h"));
        // The client itself must not ask: the tests count who does.
        command.env("NUGET_CERT_REVOCATION_MODE", "offline");
        command.args(["nuget", "sign"]).arg(&unsigned).arg("--certificate-path").arg(&issued.pfx);
        command.args(["--certificate-password", "test", "--timestamper", timestamp_authority::url(), "--output"]);
        let run = command.arg(work.path().join("signed")).output().expect("the official client");
        let said = String::from_utf8_lossy(&run.stdout).into_owned();
        assert!(run.status.success(), "signing failed: {said}");
        Some(std::fs::read(work.path().join("signed/package.nupkg")).unwrap_or_else(|error| panic!("{error}: {said}")))
    }

    fn list_of(&self, issuer: &str, revoked: &[Revocation]) -> Vec<u8> {
        let work = TempDir::new().expect("a folder");
        let file = |name: &str| work.path().join(name);
        std::fs::write(file("index.txt"), revoked_lines(revoked)).expect("a database");
        let text = format!(
            "[ca]\ndefault_ca=c\n[c]\ndatabase={}\ndefault_md=sha256\ndefault_crl_days=7\ncrl_extensions=e\n\
             [e]\nauthorityKeyIdentifier=keyid\n",
            file("index.txt").display()
        );
        std::fs::write(file("ca.cnf"), text).expect("a configuration");
        let (certificate, key) = (format!("{issuer}.pem"), format!("{issuer}.key"));
        let (config, pem) = (file("ca.cnf").display().to_string(), file("list.pem").display().to_string());
        self.openssl(&["ca", "-gencrl", "-config", &config, "-cert", &certificate, "-keyfile", &key, "-out", &pem]);
        self.openssl(&["crl", "-in", &pem, "-outform", "DER"])
    }

    fn issue_below(&self, issuer: &str, name: &str, subject: &str, extensions: &str, end: &str) {
        self.key(name);
        let (key, request, file) = (format!("{name}.key"), format!("{name}.csr"), format!("{name}.ext"));
        self.openssl(&["req", "-new", "-key", &key, "-out", &request, "-subj", subject]);
        std::fs::write(self.path(&file), extensions).expect("the extensions");
        let text = "[ca]\ndefault_ca=c\n[c]\ndatabase=issued.txt\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n\
                    unique_subject=no\nrand_serial=yes\n[p]\norganizationName=optional\ncommonName=supplied\n";
        std::fs::write(self.path("issue.cnf"), text).expect("a configuration");
        std::fs::write(self.path("issued.txt"), "").expect("a database");
        let (ca, ca_key, out) = (format!("{issuer}.pem"), format!("{issuer}.key"), format!("{name}.pem"));
        // Valid since long ago: a timestamp of the same second does not lie within a validity that begins now.
        let validity = ["-startdate", "20240101000000Z", "-enddate", end];
        let mut arguments = vec!["ca", "-batch", "-notext", "-config", "issue.cnf", "-in", &request];
        arguments.extend(validity);
        arguments.extend(["-cert", &ca, "-keyfile", &ca_key, "-extfile", &file, "-out", &out]);
        self.openssl(&arguments);
    }

    fn serial(&self, name: &str) -> String {
        let said = self.openssl(&["x509", "-in", &format!("{name}.pem"), "-noout", "-serial"]);
        String::from_utf8_lossy(&said).trim().trim_start_matches("serial=").to_owned()
    }

    fn key(&self, name: &str) {
        self.openssl(&["genrsa", "-out", &format!("{name}.key"), "2048"]);
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn openssl(&self, arguments: &[&str]) -> Vec<u8> {
        run_openssl(self.folder.path(), arguments)
    }
}

fn run_openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let run = Command::new("openssl").args(arguments).current_dir(folder).output().expect("openssl");
    assert!(run.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&run.stderr));
    run.stdout
}

fn revoked_lines(revoked: &[Revocation]) -> String {
    let date = format_description!("[year repr:last_two][month][day][hour][minute][second]Z");
    let line = |one: &Revocation| {
        let at = one.at.format(date).expect("a date");
        database_line('R', &one.serial, &format!("{at},{}", one.reason))
    };
    revoked.iter().map(line).collect()
}

fn database_line(status: char, serial: &str, revoked: &str) -> String {
    format!("{status}\t360101000000Z\t{revoked}\t{serial}\tunknown\t/CN=Test\n")
}
