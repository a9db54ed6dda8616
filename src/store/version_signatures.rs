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

/// The rows of versions `v` for [`signed_row()`].
fn signed_rows(which: &str) -> String {
    format!(
        "SELECT v.id, r.package_id, v.version, v.published_at, p.name AS pusher, v.listed, v.hidden_at IS NOT NULL AS hidden,
           {SIGNATURE}, w.why AS void
         FROM version v JOIN registration r ON r.id = v.registration {JOINED}
           LEFT JOIN account p ON p.id = v.pusher LEFT JOIN void_signature w ON w.version = v.id
         WHERE {which} ORDER BY v.id"
    )
}

fn signed_row(row: &Row<'_>) -> rusqlite::Result<SignedRow> {
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

    /// All versions in the order of their publication: `limit` of them after the version `after`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn signed_rows(&self, after: VersionId, limit: u32) -> Result<Vec<SignedRow>, Error> {
        let mut query = self.0.prepare_cached(&format!("{} LIMIT ?2", signed_rows("v.id > ?1")))?;
        Ok(query.query_map((after, limit), signed_row)?.collect::<Result<_, _>>()?)
    }

    /// The versions of packages that `owner` owns now or signed, in the order of their publication: `limit` of them at most. They
    /// are found in indexes alone. Their rows are for [`Self::signed_rows_of`], piece by piece: no index has an owner's versions
    /// in this order, and to find them anew for each piece would take the longer the more there are.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn signed_row_ids(&self, owner: AccountId, limit: u32) -> Result<Vec<VersionId>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT v.id FROM registration_owner o JOIN version v ON v.registration = o.registration WHERE o.account = ?1
             UNION SELECT v.id FROM version v WHERE v.signed_by = ?1 ORDER BY 1 LIMIT ?2",
        )?;
        Ok(query.query_map((owner, limit), |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    /// Those of `versions`, which come in ascending order, that are still on the feed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn signed_rows_of(&self, versions: &[VersionId]) -> Result<Vec<SignedRow>, Error> {
        let numbers: Vec<i64> = versions.iter().map(|version| version.0).collect();
        let numbers = serde_json::to_string(&numbers).map_err(|_| Error::Corrupt("versions"))?;
        let mut query = self.0.prepare_cached(&signed_rows("v.id IN (SELECT value FROM json_each(?1))"))?;
        Ok(query.query_map([numbers], signed_row)?.collect::<Result<_, _>>()?)
    }
}
