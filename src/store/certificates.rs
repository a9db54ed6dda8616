//! The certificates that accounts sign with.

use rusqlite::OptionalExtension;
use time::OffsetDateTime;

use super::columns::{Moment, Patterns};
use super::{Error, Reads, Writes};
use crate::domain::account::AccountId;
use crate::domain::certificate::{CertificateStatus, RegisteredCertificate};
use crate::domain::fingerprint::Fingerprint;
use crate::domain::pattern::Pattern;

/// What is stored of a certificate when it is registered.
#[derive(Debug)]
pub struct NewCertificate {
    /// SHA-256 of `der`.
    pub fingerprint: Fingerprint,
    /// The certificate, byte for byte as it came.
    pub der: Vec<u8>,
    /// Its subject as Windows shows it.
    pub subject: String,
    /// Its issuer likewise.
    pub issuer: String,
    /// From when it is valid.
    pub not_before: OffsetDateTime,
    /// Until when.
    pub not_after: OffsetDateTime,
}

/// A registration, whether it counts or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptRegistration {
    /// For which package IDs; empty means all.
    pub patterns: Vec<Pattern>,
    /// When it was removed.
    pub removed_at: Option<OffsetDateTime>,
}

/// What became of a registration that was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// No version of the account is signed with it: the row is gone.
    Deleted,
    /// Versions of the account are signed with it, of which this many are not hidden: the row stays, disabled.
    Disabled(u32),
}

pub(super) const STATUS_COLUMNS: &str = "c.not_before, c.not_after, c.revoked_at IS NOT NULL AS revoked, a.disabled";

const REGISTERED_DERS: &str = "SELECT der FROM certificate c WHERE EXISTS
   (SELECT 1 FROM certificate_registration r WHERE r.fingerprint = c.fingerprint AND r.removed_at IS NULL) ORDER BY fingerprint";

/// Whether a version `v` is one of an account's: its registration let it in, or it is of a package that the account owns. So what
/// was on the feed before the registration counts, and what is other people's or a co-owner's registration let in.
///
/// Asked of what is signed with one certificate, so it costs as much as that is; by the account alone it would be a walk through
/// everything that it ever signed, once for each of its certificates.
pub(super) fn is_of(account: &str) -> String {
    format!(
        "(v.signed_by = {account} OR EXISTS
           (SELECT 1 FROM registration_owner o WHERE o.registration = v.registration AND o.account = {account}))"
    )
}

/// How many versions of an account are signed with a certificate, and how many of these are not hidden: a hidden one needs the
/// registration as well, but is counted for nobody.
pub(super) fn signed() -> String {
    format!(
        "SELECT count(*), count(*) FILTER (WHERE v.hidden_at IS NULL) FROM version v WHERE v.author = ?2 AND {}",
        is_of("?1")
    )
}

pub(super) fn status(row: &rusqlite::Row<'_>, now: OffsetDateTime) -> rusqlite::Result<CertificateStatus> {
    let (Moment(from), Moment(until)) = (row.get("not_before")?, row.get("not_after")?);
    Ok(CertificateStatus::at(now, from, until, row.get("revoked")?, row.get("disabled")?))
}

impl Reads<'_> {
    /// The registrations of an account that are not removed, with their status at `now`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn registered_certificates(
        &self,
        account: AccountId,
        now: OffsetDateTime,
    ) -> Result<Vec<RegisteredCertificate>, Error> {
        let mut query = self.0.prepare_cached(&format!(
            "SELECT r.fingerprint, r.patterns, {STATUS_COLUMNS} FROM certificate_registration r
             JOIN certificate c USING (fingerprint) JOIN account a ON a.id = r.account
             WHERE r.account = ?1 AND r.removed_at IS NULL"
        ))?;
        let registered = query.query_map([account], |row| {
            let Patterns(patterns) = row.get("patterns")?;
            let (fingerprint, status) = (row.get("fingerprint")?, status(row, now)?);
            Ok(RegisteredCertificate { fingerprint, status, patterns: patterns.into() })
        })?;
        Ok(registered.collect::<Result<_, _>>()?)
    }

    /// The registration of a certificate by an account. Removed ones are kept only if a version of the
    /// account is signed with them.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn certificate_registration(
        &self,
        account: AccountId,
        fingerprint: &Fingerprint,
    ) -> Result<Option<KeptRegistration>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT patterns, removed_at FROM certificate_registration WHERE account = ?1 AND fingerprint = ?2",
        )?;
        let found = query.query_row((account, fingerprint), |row| {
            let Patterns(patterns) = row.get("patterns")?;
            let removed_at: Option<Moment> = row.get("removed_at")?;
            Ok(KeptRegistration { patterns, removed_at: removed_at.map(|Moment(at)| at) })
        });
        Ok(found.optional()?)
    }

    /// The DER certificates of all registrations that are not removed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn registered_ders(&self) -> Result<Vec<Vec<u8>>, Error> {
        let mut query = self.0.prepare_cached(REGISTERED_DERS)?;
        Ok(query.query_map([], |row| row.get("der"))?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Registers a certificate for an account, or enables a removed registration again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn register_certificate(
        &mut self,
        account: AccountId,
        certificate: &NewCertificate,
        patterns: Vec<Pattern>,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO certificate (fingerprint, der, subject, issuer, not_before, not_after) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT DO NOTHING",
            (
                certificate.fingerprint,
                &certificate.der,
                &certificate.subject,
                &certificate.issuer,
                Moment(certificate.not_before),
                Moment(certificate.not_after),
            ),
        )?;
        self.0.0.execute(
            "INSERT INTO certificate_registration (account, fingerprint, patterns, added_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET patterns = ?3, added_at = CASE WHEN removed_at IS NULL THEN added_at ELSE ?4 END,
               warned_at = CASE WHEN removed_at IS NULL THEN warned_at END, removed_at = NULL",
            (account, certificate.fingerprint, Patterns(patterns), Moment(now)),
        )?;
        Ok(())
    }

    /// Limits a registration to package IDs; no pattern means all. Whether there is one that is not removed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn limit_certificate(
        &mut self,
        account: AccountId,
        fingerprint: &Fingerprint,
        patterns: Vec<Pattern>,
    ) -> Result<bool, Error> {
        let changed = self.0.0.execute(
            "UPDATE certificate_registration SET patterns = ?3 WHERE account = ?1 AND fingerprint = ?2 AND removed_at IS NULL",
            (account, fingerprint, Patterns(patterns)),
        )?;
        Ok(changed > 0)
    }

    /// Removes a registration: gone when no version of the account is signed with it, disabled otherwise. `None` when there was none.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_certificate(
        &mut self,
        account: AccountId,
        fingerprint: &Fingerprint,
        now: OffsetDateTime,
    ) -> Result<Option<Removal>, Error> {
        let registered =
            "SELECT 1 FROM certificate_registration WHERE account = ?1 AND fingerprint = ?2 AND removed_at IS NULL";
        if self.0.0.query_row(registered, (account, fingerprint), |_| Ok(())).optional()?.is_none() {
            return Ok(None);
        }
        let (all, versions): (u32, u32) =
            self.0.0.query_row(&signed(), (account, fingerprint), |row| Ok((row.get(0)?, row.get(1)?)))?;
        if all > 0 {
            self.0.0.execute(
                "UPDATE certificate_registration SET removed_at = ?3 WHERE account = ?1 AND fingerprint = ?2",
                (account, fingerprint, Moment(now)),
            )?;
            return Ok(Some(Removal::Disabled(versions)));
        }
        self.0.0.execute(
            "DELETE FROM certificate_registration WHERE account = ?1 AND fingerprint = ?2",
            (account, fingerprint),
        )?;
        self.0.0.execute(
            "DELETE FROM certificate WHERE fingerprint = ?1 AND NOT EXISTS
               (SELECT 1 FROM certificate_registration r WHERE r.fingerprint = certificate.fingerprint)",
            [fingerprint],
        )?;
        Ok(Some(Removal::Deleted))
    }

    /// Sets or takes back the revocation of a registered certificate, which closes it for pushes. Whether one was changed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_certificate_revoked(
        &mut self,
        certificate: &Fingerprint,
        revoked_at: Option<OffsetDateTime>,
    ) -> Result<bool, Error> {
        let changed = self.0.0.execute(
            "UPDATE certificate SET revoked_at = ?2 WHERE fingerprint = ?1 AND revoked_at IS NOT ?2",
            (certificate, revoked_at.map(Moment)),
        )?;
        Ok(changed > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::query_plan::query_plan;
    use super::super::revocation_marks::REGISTRANTS;
    use super::*;

    #[test]
    fn who_registered_a_certificate_is_looked_up_by_it_and_no_registration_of_another_is_looked_at() {
        for sql in [REGISTERED_DERS, REGISTRANTS] {
            let plan = query_plan(sql);
            assert!(
                plan.contains("certificate_registration_fingerprint (fingerprint=? AND removed_at=?)"),
                "{sql}: {plan}"
            );
            assert!(!plan.contains("SCAN r"), "{sql}: {plan}");
        }
    }
}
