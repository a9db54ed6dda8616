//! What ends soon, and when somebody was told: keys and registered certificates.

use rusqlite::Row;
use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::api_key::{ApiKeyId, KeyName};
use crate::domain::ending::Ending;
use crate::domain::fingerprint::Fingerprint;

/// A key that counts and ends soon.
#[derive(Debug, Clone)]
pub struct EndingKey {
    /// Its number.
    pub id: ApiKeyId,
    /// What its owner calls it; may be empty.
    pub name: KeyName,
    /// Its first letters.
    pub hint: String,
    /// The account that it belongs to.
    pub holder: AccountId,
    /// The account that it acts for.
    pub owner: AccountName,
    /// When it ends.
    pub ending: Ending,
}

/// A registration that counts, of a certificate that ends soon.
#[derive(Debug, Clone)]
pub struct EndingCertificate {
    /// Who registered it.
    pub account: AccountId,
    /// SHA-256 of the certificate.
    pub fingerprint: Fingerprint,
    /// Its subject.
    pub subject: String,
    /// When it ends.
    pub ending: Ending,
}

fn ending(row: &Row<'_>) -> rusqlite::Result<Ending> {
    let (Moment(since), Moment(ends_at)) = (row.get("since")?, row.get("ends_at")?);
    let warned_at = row.get::<_, Option<Moment>>("warned_at")?.map(|Moment(at)| at);
    Ok(Ending { since, ends_at, warned_at })
}

fn key(row: &Row<'_>) -> rusqlite::Result<EndingKey> {
    let (id, name, hint) = (row.get("id")?, row.get("name")?, row.get("hint")?);
    Ok(EndingKey { id, name, hint, holder: row.get("holder")?, owner: row.get("owner")?, ending: ending(row)? })
}

fn certificate(row: &Row<'_>) -> rusqlite::Result<EndingCertificate> {
    let (account, fingerprint, subject) = (row.get("account")?, row.get("fingerprint")?, row.get("subject")?);
    Ok(EndingCertificate { account, fingerprint, subject, ending: ending(row)? })
}

impl Reads<'_> {
    /// The keys that count at `now` and end until `until`, soonest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn ending_keys(&self, now: OffsetDateTime, until: OffsetDateTime) -> Result<Vec<EndingKey>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT k.id, k.name, k.hint, k.account AS holder, o.name AS owner,
                 k.created_at AS since, k.expires_at AS ends_at, k.warned_at
             FROM api_key k JOIN account a ON a.id = k.account JOIN account o ON o.id = k.owner
             WHERE k.expires_at > ?1 AND k.expires_at <= ?2 AND k.revoked_at IS NULL AND a.disabled = 0 AND o.disabled = 0
                 AND (k.account = k.owner OR EXISTS (SELECT 1 FROM membership m WHERE m.organization = k.owner AND m.user = k.account))
             ORDER BY k.expires_at, k.id",
        )?;
        Ok(query.query_map((Moment(now), Moment(until)), key)?.collect::<Result<_, _>>()?)
    }

    /// The registrations whose certificates are valid at `now` and end until `until`, soonest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn ending_certificates(
        &self,
        now: OffsetDateTime,
        until: OffsetDateTime,
    ) -> Result<Vec<EndingCertificate>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT r.account, r.fingerprint, c.subject, r.added_at AS since, c.not_after AS ends_at, r.warned_at
             FROM certificate_registration r JOIN certificate c ON c.fingerprint = r.fingerprint
             JOIN account a ON a.id = r.account
             WHERE c.not_after > ?1 AND c.not_after <= ?2 AND r.removed_at IS NULL AND c.revoked_at IS NULL AND a.disabled = 0
             ORDER BY c.not_after, r.account",
        )?;
        Ok(query.query_map((Moment(now), Moment(until)), certificate)?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Notes that it was told when a key ends.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn key_ending_told(&mut self, id: ApiKeyId, now: OffsetDateTime) -> Result<(), Error> {
        self.0.0.execute("UPDATE api_key SET warned_at = ?2 WHERE id = ?1", (id, Moment(now)))?;
        Ok(())
    }

    /// Notes that it was told when a registered certificate ends.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn certificate_ending_told(
        &mut self,
        account: AccountId,
        fingerprint: &Fingerprint,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        self.0.0.execute(
            "UPDATE certificate_registration SET warned_at = ?3 WHERE account = ?1 AND fingerprint = ?2",
            (account, fingerprint, Moment(now)),
        )?;
        Ok(())
    }
}
