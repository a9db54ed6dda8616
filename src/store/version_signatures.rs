//! Who signed the versions of a package, as pages, documents and lists tell it.

use std::collections::HashMap;

use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::{Moment, word};
use super::packages::VersionId;
use super::registrations::RegistrationId;
use super::{Error, Reads};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::let_in::LetIn;
use crate::domain::package_id::PackageId;
use crate::domain::version::NuGetVersion;

word!(LetIn, LetIn::Rule => "rule", LetIn::Foreign => "foreign", LetIn::Stage => "stage");

/// The signatures on a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSignature {
    /// The author's certificate; `None` for a version that no author signed.
    pub author: Option<Fingerprint>,
    /// The owner whose registration of it counted; `None` for other people's packages, and where the rule was not enforced.
    pub owner: Option<AccountName>,
    /// Of a version that a stage let in: an owner who has registered the certificate, though it did not count.
    pub registered_by: Option<AccountName>,
    /// The upper bound of the author's timestamp; `None` without a timestamp.
    pub timestamp: Option<OffsetDateTime>,
    /// What let the version in.
    pub let_in: LetIn,
    /// The feed's certificate that signed it; `None` where the feed did not.
    pub repository: Option<Fingerprint>,
    /// Whether the feed's signature has a timestamp; `None` where the feed did not sign, or where nobody noted it.
    pub stamped: Option<bool>,
}

/// What was pushed as a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PushedFile {
    /// SHA-512 of it.
    pub sha512: [u8; 64],
    /// Its length in bytes.
    pub size: u64,
}

/// A version and who signed it, as the list of all of them has it. Hidden ones are among them: who signed them matters most
/// when something went wrong.
#[derive(Debug, Clone)]
pub struct SignedRow {
    /// Its row.
    pub id: VersionId,
    /// Of which package.
    pub package_id: PackageId,
    /// Which version.
    pub version: NuGetVersion,
    /// When it was published.
    pub published_at: OffsetDateTime,
    /// Who pushed it; `None` where nobody noted it.
    pub pusher: Option<AccountName>,
    /// Whether search shows it.
    pub listed: bool,
    /// Whether an administrator has hidden it.
    pub hidden: bool,
    /// Its signatures.
    pub signature: VersionSignature,
    /// Why the author's signature does not count any more; `None` while it does.
    pub void: Option<String>,
}

/// What [`signature()`] needs of a version `v`.
const SIGNATURE: &str = "v.author, s.name AS owner, v.timestamp, v.let_in, c.fingerprint AS repository, v.stamped,
    CASE WHEN v.signed_by IS NULL THEN (
      SELECT a.name FROM certificate_registration r JOIN account a ON a.id = r.account
      JOIN registration_owner o ON o.account = r.account AND o.registration = v.registration
      WHERE r.fingerprint = v.author AND r.removed_at IS NULL ORDER BY a.name LIMIT 1) END AS registered_by";
const JOINED: &str =
    "LEFT JOIN account s ON s.id = v.signed_by LEFT JOIN repository_certificate c ON c.id = v.repository";

fn signature(row: &Row<'_>) -> rusqlite::Result<VersionSignature> {
    let timestamp: Option<Moment> = row.get("timestamp")?;
    Ok(VersionSignature {
        author: row.get("author")?,
        owner: row.get("owner")?,
        registered_by: row.get("registered_by")?,
        timestamp: timestamp.map(|Moment(at)| at),
        let_in: row.get("let_in")?,
        repository: row.get("repository")?,
        stamped: row.get("stamped")?,
    })
}

impl Reads<'_> {
    /// The signatures on the versions of a registration.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn version_signatures(
        &self,
        registration: RegistrationId,
    ) -> Result<HashMap<VersionId, VersionSignature>, Error> {
        let mut query = self
            .0
            .prepare_cached(&format!("SELECT v.id, {SIGNATURE} FROM version v {JOINED} WHERE v.registration = ?1"))?;
        let signatures = query.query_map([registration], |row| Ok((row.get("id")?, signature(row)?)))?;
        Ok(signatures.collect::<Result<_, _>>()?)
    }

    /// The signatures on one version.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn version_signature(&self, version: VersionId) -> Result<VersionSignature, Error> {
        let mut query =
            self.0.prepare_cached(&format!("SELECT {SIGNATURE} FROM version v {JOINED} WHERE v.id = ?1"))?;
        Ok(query.query_row([version], signature)?)
    }

    /// What was pushed as a version, before the feed signed it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn pushed_file(&self, version: VersionId) -> Result<PushedFile, Error> {
        let mut query = self.0.prepare_cached("SELECT pushed_sha512, pushed_size FROM version WHERE id = ?1")?;
        Ok(query.query_row([version], |row| {
            Ok(PushedFile { sha512: row.get("pushed_sha512")?, size: row.get("pushed_size")? })
        })?)
    }

    /// The certificate of a signer in DER: one that somebody registered, one that came with a package, or one that is itself
    /// a trust anchor.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn signer_certificate(&self, fingerprint: &Fingerprint) -> Result<Option<Vec<u8>>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT der FROM certificate WHERE fingerprint = ?1 UNION ALL SELECT der FROM seen_certificate WHERE fingerprint = ?1
             UNION ALL SELECT der FROM trust_anchor WHERE fingerprint = ?1 AND purpose = 'signing' LIMIT 1",
        )?;
        Ok(query.query_row([fingerprint], |row| row.get("der")).optional()?)
    }

    /// Versions in the order of their publication: `limit` of them after the version `after`; those of packages that `owner`
    /// owns now or signed, or all.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn signed_rows(&self, owner: Option<AccountId>, after: VersionId, limit: u32) -> Result<Vec<SignedRow>, Error> {
        let of_owner = "(v.registration IN (SELECT o.registration FROM registration_owner o WHERE o.account = ?1) OR v.signed_by = ?1)";
        let condition = if owner.is_some() { of_owner } else { "?1 IS NULL" };
        let mut query = self.0.prepare_cached(&format!(
            "SELECT v.id, r.package_id, v.version, v.published_at, p.name AS pusher, v.listed, v.hidden_at IS NOT NULL AS hidden,
               {SIGNATURE}, w.why AS void
             FROM version v JOIN registration r ON r.id = v.registration {JOINED}
               LEFT JOIN account p ON p.id = v.pusher LEFT JOIN void_signature w ON w.version = v.id
             WHERE v.id > ?2 AND {condition} ORDER BY v.id LIMIT ?3"
        ))?;
        let rows = query.query_map((owner, after, limit), |row| {
            let Moment(published_at) = row.get("published_at")?;
            Ok(SignedRow {
                id: row.get("id")?,
                package_id: row.get("package_id")?,
                version: row.get("version")?,
                published_at,
                pusher: row.get("pusher")?,
                listed: row.get("listed")?,
                hidden: row.get("hidden")?,
                signature: signature(row)?,
                void: row.get("void")?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
