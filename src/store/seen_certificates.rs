//! Certificates that came inside the signatures of accepted packages: what chains are built again from.
//!
//! Nothing here trusts them. Whether a chain of them leads to an anchor is found out anew each time.

use rusqlite::OptionalExtension;
use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};
use crate::domain::fingerprint::Fingerprint;

/// A certificate as it is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenCertificate {
    /// SHA-256 of `der`.
    pub fingerprint: Fingerprint,
    /// The certificate, byte for byte as it came.
    pub der: Vec<u8>,
    /// Its subject as Windows shows it.
    pub subject: String,
}

impl Reads<'_> {
    /// The DER certificates that were seen, in a fixed order.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn seen_certificates(&self) -> Result<Vec<Vec<u8>>, Error> {
        let mut query = self.0.prepare_cached("SELECT der FROM seen_certificate ORDER BY first_seen, fingerprint")?;
        Ok(query.query_map([], |row| row.get("der"))?.collect::<Result<_, _>>()?)
    }

    /// A certificate that was registered or seen, in DER.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn known_certificate(&self, fingerprint: &Fingerprint) -> Result<Option<Vec<u8>>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT der FROM certificate WHERE fingerprint = ?1 UNION ALL SELECT der FROM seen_certificate WHERE fingerprint = ?1",
        )?;
        Ok(query.query_row([fingerprint], |row| row.get("der")).optional()?)
    }
}

impl Writes<'_> {
    /// Remembers a certificate. Whether it is new.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn see_certificate(&mut self, certificate: &SeenCertificate, now: OffsetDateTime) -> Result<bool, Error> {
        let mut insert =
            self.0.0.prepare_cached("INSERT INTO seen_certificate VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING")?;
        let values = (certificate.fingerprint, &certificate.der, &certificate.subject, Moment(now));
        Ok(insert.execute(values)? > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn a_certificate_is_remembered_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let seen = SeenCertificate {
            fingerprint: Fingerprint::of(b"one"),
            der: b"one".to_vec(),
            subject: "CN=One".to_owned(),
        };
        let see = || store.write(|w| w.see_certificate(&seen, OffsetDateTime::UNIX_EPOCH)).unwrap();
        assert_eq!((see(), see()), (true, false));
        assert_eq!(store.read(|r| r.seen_certificates()).unwrap(), [b"one".to_vec()]);
    }
}
