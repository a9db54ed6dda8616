//! The feed's own signing certificates. Their keys are sealed: this module can't open them.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use time::OffsetDateTime;

use super::columns::{Moment, row_number};
use super::{Error, Reads, Writes};
use crate::domain::fingerprint::Fingerprint;

/// The row number of a repository certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepositoryCertificateId(pub i64);

row_number!(RepositoryCertificateId);

/// A repository certificate, without its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RepositoryCertificate {
    /// Its row.
    #[serde(skip)]
    pub id: RepositoryCertificateId,
    /// SHA-256.
    pub fingerprint: Fingerprint,
    /// The certificate.
    #[serde(skip)]
    pub der: Vec<u8>,
    /// Its subject as .NET prints it.
    pub subject: String,
    /// Its issuer likewise.
    pub issuer: String,
    /// From when it is valid.
    #[serde(with = "time::serde::rfc3339")]
    pub not_before: OffsetDateTime,
    /// Until when.
    #[serde(with = "time::serde::rfc3339")]
    pub not_after: OffsetDateTime,
    /// Whether new packages are signed with it. At most one is.
    pub signs: bool,
    /// Whether the RepositorySignatures documents name it.
    pub listed: bool,
}

const COLUMNS: &str = "id, fingerprint, der, subject, issuer, not_before, not_after, signs, listed";

fn repository_certificate(row: &Row<'_>) -> rusqlite::Result<RepositoryCertificate> {
    let (Moment(not_before), Moment(not_after)) = (row.get("not_before")?, row.get("not_after")?);
    Ok(RepositoryCertificate {
        id: row.get("id")?,
        fingerprint: row.get("fingerprint")?,
        der: row.get("der")?,
        subject: row.get("subject")?,
        issuer: row.get("issuer")?,
        not_before,
        not_after,
        signs: row.get("signs")?,
        listed: row.get("listed")?,
    })
}

impl Reads<'_> {
    /// All repository certificates, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn repository_certificates(&self) -> Result<Vec<RepositoryCertificate>, Error> {
        let mut query = self.0.prepare_cached(&format!("SELECT {COLUMNS} FROM repository_certificate ORDER BY id"))?;
        Ok(query.query_map([], repository_certificate)?.collect::<Result<_, _>>()?)
    }

    /// The row of the certificate that signs now.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn signing_certificate(&self) -> Result<Option<RepositoryCertificateId>, Error> {
        let mut query = self.0.prepare_cached("SELECT id FROM repository_certificate WHERE signs = 1")?;
        Ok(query.query_row([], |row| row.get("id")).optional()?)
    }

    /// The sealed PKCS #8 key of a certificate, if the server has it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn sealed_key(&self, id: RepositoryCertificateId) -> Result<Option<Vec<u8>>, Error> {
        let mut query = self.0.prepare_cached("SELECT sealed_key FROM repository_certificate WHERE id = ?1")?;
        Ok(query.query_row([id], |row| row.get("sealed_key")).optional()?.flatten())
    }

    /// Whether every version that readers see carries a signature by a listed certificate.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn all_repository_signed(&self) -> Result<bool, Error> {
        let sql =
            "SELECT NOT EXISTS (SELECT 1 FROM shown_version v LEFT JOIN repository_certificate c ON c.id = v.repository
                   WHERE c.id IS NULL OR c.listed = 0)";
        Ok(self.0.query_row(sql, [], |row| row.get(0))?)
    }
}

impl Writes<'_> {
    /// Adds a certificate with its sealed key, lists it and lets it sign, in place of the one that signed before.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_repository_certificate(
        &mut self,
        certificate: &RepositoryCertificate,
        sealed_key: &[u8],
        now: OffsetDateTime,
    ) -> Result<RepositoryCertificateId, Error> {
        self.0.0.execute("UPDATE repository_certificate SET signs = 0 WHERE signs = 1", [])?;
        self.0.0.execute(
            "INSERT INTO repository_certificate
               (fingerprint, der, chain, subject, issuer, not_before, not_after, sealed_key, listed, signs, created_at)
             VALUES (?1, ?2, x'', ?3, ?4, ?5, ?6, ?7, 1, 1, ?8)",
            (
                certificate.fingerprint,
                &certificate.der,
                &certificate.subject,
                &certificate.issuer,
                Moment(certificate.not_before),
                Moment(certificate.not_after),
                sealed_key,
                Moment(now),
            ),
        )?;
        Ok(RepositoryCertificateId(self.0.0.last_insert_rowid()))
    }
}
