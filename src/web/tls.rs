//! TLS: the operator's certificate, or one that the server makes for itself. Either is read again when its file changes.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::domain::fingerprint::Fingerprint;

/// How long a self-signed certificate lasts. It is trusted by hand, so it must not end soon; Apple's limit is 825 days.
const SELF_SIGNED: Duration = Duration::days(825);
/// It is made anew when it has less than this left.
const RENEW_BEFORE: Duration = Duration::days(30);

/// Why there is no TLS.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file can't be read or written.
    #[error("`{path}`: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no PEM of the right kind.
    #[error("`{path}` holds no {expected} in PEM form")]
    Pem {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// Key and certificate don't fit, or the key is of a kind that TLS does not know.
    #[error("the TLS certificate can't be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// No certificate could be made.
    #[error("no TLS certificate could be made: {0}")]
    Generate(#[from] rcgen::Error),
}

/// The two files of a certificate.
#[derive(Debug, Clone)]
pub(super) struct Files {
    /// Certificate and chain.
    pub cert: PathBuf,
    /// Key.
    pub key: PathBuf,
}

/// The SHA-256 of the first certificate in a PEM file.
///
/// # Errors
/// A file that can't be read, or holds no certificate.
pub fn certificate_fingerprint(path: &Path) -> Result<Fingerprint, TlsError> {
    let chain = read_chain(path)?;
    let leaf = chain.first().ok_or(TlsError::Pem { path: path.to_owned(), expected: "certificate" })?;
    Ok(Fingerprint::of(leaf))
}

/// The self-signed certificate in `folder`, made when it is missing, ends soon, or does not name one of `hosts`.
pub(super) fn self_signed(folder: &Path, hosts: &[String], now: OffsetDateTime) -> Result<Files, TlsError> {
    let files = Files { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
    let marker = folder.join("made-for");
    let wanted = hosts.join("\n");
    let made = fs::read_to_string(&marker).ok().and_then(|text| {
        let (until, hosts) = text.split_once('\n')?;
        let until = OffsetDateTime::from_unix_timestamp(until.parse().ok()?).ok()?;
        let named: Vec<&str> = hosts.lines().collect();
        Some(until > now + RENEW_BEFORE && wanted.lines().all(|host| named.contains(&host)))
    });
    if made == Some(true) && files.cert.is_file() && files.key.is_file() {
        return Ok(files);
    }
    let mut params = CertificateParams::new(hosts.to_vec())?;
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Assay TLS {}", hosts.first().map_or("", String::as_str)));
    params.not_before = now - Duration::days(1);
    params.not_after = now + SELF_SIGNED;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    write(&files.key, &key.serialize_pem(), 0o600)?;
    write(&files.cert, &certificate.pem(), 0o644)?;
    write(&marker, &format!("{}\n{wanted}", params.not_after.unix_timestamp()), 0o644)?;
    Ok(files)
}

/// Writes a file by rename, so that a crash leaves the old one or the new one.
fn write(path: &Path, text: &str, mode: u32) -> Result<(), TlsError> {
    let new = path.with_extension("new");
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    };
    write().map_err(|source| TlsError::File { path: path.to_owned(), source })
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = fs::read(path).map_err(|source| TlsError::File { path: path.to_owned(), source })?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or(TlsError::Pem { path: path.to_owned(), expected: "certificate" })
}

fn read(files: &Files) -> Result<Arc<CertifiedKey>, TlsError> {
    let text = fs::read(&files.key).map_err(|source| TlsError::File { path: files.key.clone(), source })?;
    let key = PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| TlsError::Pem { path: files.key.clone(), expected: "private key" })?;
    let certified = CertifiedKey::from_der(read_chain(&files.cert)?, key, &aws_lc_rs::default_provider())?;
    Ok(Arc::new(certified))
}

/// Gives each connection the certificate that the files hold now.
#[derive(Debug)]
pub(super) struct Certificates {
    files: Files,
    current: RwLock<(Option<SystemTime>, Arc<CertifiedKey>)>,
}

impl Certificates {
    /// Reads the files.
    pub fn new(files: Files) -> Result<Arc<Self>, TlsError> {
        let current = (changed(&files), read(&files)?);
        Ok(Arc::new(Self { files, current: RwLock::new(current) }))
    }

    /// Reads the files again if they have changed. What can't be used is logged, and the old certificate stays.
    pub fn follow(&self) {
        let now = changed(&self.files);
        if self.current.read().unwrap_or_else(PoisonError::into_inner).0 == now {
            return;
        }
        match read(&self.files) {
            Ok(read) => {
                tracing::info!(file = %self.files.cert.display(), "the TLS certificate was read again");
                *self.current.write().unwrap_or_else(PoisonError::into_inner) = (now, read);
            }
            Err(error) => {
                tracing::warn!(%error, "the TLS certificate has changed and can't be used; the old one stays")
            }
        }
    }

    /// The settings for connections: TLS 1.2 and 1.3, because Mono speaks 1.2 at most.
    pub fn server_config(self: &Arc<Self>) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
        let builder = builder.with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Self>::clone(self);
        Ok(builder.with_no_client_auth().with_cert_resolver(resolver))
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).1))
    }
}

/// When the newer of the two files was written.
fn changed(files: &Files) -> Option<SystemTime> {
    let modified = |path: &PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    modified(&files.cert).max(modified(&files.key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-01-01 0:00 UTC);

    fn hosts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_certificate_is_kept_until_it_ends_soon_or_a_host_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let fingerprint = |names: &[&str], now| {
            let files = self_signed(folder.path(), &hosts(names), now).unwrap();
            certificate_fingerprint(&files.cert).unwrap()
        };
        let first = fingerprint(&["localhost", "127.0.0.1"], NOW);
        assert_eq!(fingerprint(&["localhost"], NOW + Duration::days(700)), first);
        let second = fingerprint(&["feed.example"], NOW);
        assert_ne!(second, first);
        assert_ne!(fingerprint(&["feed.example"], NOW + Duration::days(800)), second);
    }

    #[test]
    fn a_changed_file_is_followed_and_a_broken_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let files = self_signed(folder.path(), &hosts(&["localhost"]), NOW).unwrap();
        let certificates = Certificates::new(files.clone()).unwrap();
        let served = || certificates.current.read().unwrap().1.cert[0].to_vec();
        let first = served();
        self_signed(folder.path(), &hosts(&["feed.example"]), NOW).unwrap();
        certificates.follow();
        let second = served();
        assert_ne!(second, first);
        fs::write(&files.cert, "not a certificate").unwrap();
        certificates.follow();
        assert_eq!(served(), second);
    }
}
