//! The certificate that the feed signs with: made at the first start, its key sealed from the first row on.

use thiserror::Error;
use time::OffsetDateTime;
use url::Url;

use crate::signature::{Certificate, InvalidCertificate, RepositorySigner, repository};
use crate::store::audit::By;
use crate::store::repository_certificates::{RepositoryCertificate, RepositoryCertificateId};
use crate::store::{self, Reads, Store};
use crate::vault::{self, Vault};

/// What the sealed bytes are for.
const PURPOSE: &str = "repository key";

/// Why there is no certificate to sign with.
#[derive(Debug, Error)]
pub enum Error {
    /// The sealing key.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// No certificate could be made, or the key in the database does not fit.
    #[error("the repository certificate can't be used: {0}")]
    Signer(#[from] repository::InvalidSigner),
    /// The certificate that was made can't be read.
    #[error("the repository certificate can't be read: {0}")]
    Certificate(#[from] InvalidCertificate),
    /// The database has no key for it.
    #[error("the database has no key for the repository certificate")]
    NoKey,
    /// The database.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Makes the first certificate, named after the host of the public URL, if there is none.
///
/// # Errors
/// What went wrong; nothing is stored then.
pub fn ensure(store: &Store, vault: &Vault, public_url: &Url, now: OffsetDateTime) -> Result<(), Error> {
    if store.read(|r| r.signing_certificate())?.is_some() {
        return Ok(());
    }
    let name = format!("Assay repository {}", public_url.host_str().unwrap_or("localhost"));
    let made = repository::generate(&name, now)?;
    let row = describe(&Certificate::from_der(&made.certificate)?);
    let sealed = vault.seal(PURPOSE, &made.pkcs8)?;
    store.write(|w| {
        // Two first starts at once: one of them wins.
        if w.signing_certificate()?.is_some() {
            return Ok(());
        }
        w.add_repository_certificate(&row, &sealed, now)?;
        Ok(w.audit(now, &By::server(), "repository-certificate.create", &row.fingerprint.to_string(), &row.subject)?)
    })
}

/// The signer of a certificate.
///
/// # Errors
/// A key that is missing, sealed with another key, or not the certificate's.
pub fn signer(reads: &Reads<'_>, vault: &Vault, id: RepositoryCertificateId) -> Result<RepositorySigner, Error> {
    let sealed = reads.sealed_key(id)?.ok_or(Error::NoKey)?;
    let certificates = reads.repository_certificates()?;
    let certificate = certificates.into_iter().find(|certificate| certificate.id == id).ok_or(Error::NoKey)?;
    let key = vault.open(PURPOSE, &sealed)?;
    Ok(RepositorySigner::new(&certificate.der, &[], &key)?)
}

fn describe(certificate: &Certificate) -> RepositoryCertificate {
    RepositoryCertificate {
        id: RepositoryCertificateId(0),
        fingerprint: certificate.fingerprint(),
        der: certificate.as_der().to_vec(),
        subject: certificate.subject().to_string(),
        issuer: certificate.issuer().to_string(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        signs: true,
        listed: true,
    }
}
