//! What a certificate is used for on the feed: who registered it, and how many versions it signed or stamped.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Error, Reads};
use crate::domain::account::AccountName;
use crate::domain::fingerprint::Fingerprint;

/// What a certificate is used for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Uses {
    /// Versions that are signed with it.
    pub signed: u64,
    /// Versions whose timestamp is made with it.
    pub stamped: u64,
    /// Accounts that registered it and did not remove it.
    pub registered_by: Vec<AccountName>,
}

impl Reads<'_> {
    /// The uses of all certificates that have some.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn certificate_uses(&self) -> Result<BTreeMap<Fingerprint, Uses>, Error> {
        let mut uses: BTreeMap<Fingerprint, Uses> = BTreeMap::new();
        for (certificate, count) in
            self.counted("SELECT author, count(*) FROM version WHERE author IS NOT NULL GROUP BY author")?
        {
            uses.entry(certificate).or_default().signed = count;
        }
        for (certificate, count) in
            self.counted("SELECT tsa, count(*) FROM version WHERE tsa IS NOT NULL GROUP BY tsa")?
        {
            uses.entry(certificate).or_default().stamped = count;
        }
        let mut query = self.0.prepare_cached(
            "SELECT r.fingerprint, a.name FROM certificate_registration r JOIN account a ON a.id = r.account
             WHERE r.removed_at IS NULL ORDER BY a.name_key",
        )?;
        let registered = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for registration in registered {
            let (certificate, account): (Fingerprint, AccountName) = registration?;
            uses.entry(certificate).or_default().registered_by.push(account);
        }
        Ok(uses)
    }

    fn counted(&self, sql: &str) -> Result<Vec<(Fingerprint, u64)>, Error> {
        let mut query = self.0.prepare_cached(sql)?;
        Ok(query.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?)
    }
}
