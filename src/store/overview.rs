//! How the feed stands as a whole: how much there is of everything, and what fails.

use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads};

/// How much there is on the feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Users.
    pub users: u64,
    /// Organizations.
    pub organizations: u64,
    /// Accounts of both kinds that are disabled.
    pub disabled: u64,
    /// Package IDs with at least one version that readers see.
    pub packages: u64,
    /// How many of them search shows: those with a version that is listed.
    pub listed: u64,
    /// Versions that readers see.
    pub versions: u64,
    /// API keys that are neither revoked nor expired.
    pub keys: u64,
}

/// Mail that could not be sent so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailingMail {
    /// How many letters.
    pub letters: u64,
    /// Why the last try failed.
    pub failure: String,
}

impl Reads<'_> {
    /// How much there is on the feed.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn totals(&self, now: OffsetDateTime) -> Result<Totals, Error> {
        let sql = "SELECT
            (SELECT count(*) FROM account WHERE kind = 'user') AS users,
            (SELECT count(*) FROM account WHERE kind = 'organization') AS organizations,
            (SELECT count(*) FROM account WHERE disabled = 1) AS disabled,
            (SELECT count(DISTINCT registration) FROM shown_version) AS packages,
            (SELECT count(DISTINCT registration) FROM shown_version WHERE listed = 1) AS listed,
            (SELECT count(*) FROM shown_version) AS versions,
            (SELECT count(*) FROM api_key WHERE revoked_at IS NULL AND expires_at > ?1) AS keys";
        Ok(self.0.prepare_cached(sql)?.query_row([Moment(now)], |row| {
            Ok(Totals {
                users: row.get("users")?,
                organizations: row.get("organizations")?,
                disabled: row.get("disabled")?,
                packages: row.get("packages")?,
                listed: row.get("listed")?,
                versions: row.get("versions")?,
                keys: row.get("keys")?,
            })
        })?)
    }
    /// Mail that waits because sending it failed; `None` when there is none.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn failing_mail(&self) -> Result<Option<FailingMail>, Error> {
        // In SQLite the other columns are those of the row with the maximum.
        let sql = "SELECT count(*) AS letters, failure, max(id) FROM outgoing_mail WHERE attempts > 0";
        let mail = self.0.prepare_cached(sql)?.query_row([], |row| {
            let failure: Option<String> = row.get("failure")?;
            Ok(FailingMail { letters: row.get("letters")?, failure: failure.unwrap_or_default() })
        })?;
        Ok(Some(mail).filter(|mail| mail.letters > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::AccountKind;
    use crate::store::Store;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    #[test]
    fn what_is_there_is_counted_and_what_fails_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        assert_eq!(store.read(|r| r.failing_mail()).unwrap(), None);
        store
            .write(|w| {
                w.create_account(&"ann".parse().unwrap(), AccountKind::User, true, None, NOW)?;
                let bob = w.create_account(&"bob".parse().unwrap(), AccountKind::User, false, None, NOW)?;
                w.create_account(&"contoso".parse().unwrap(), AccountKind::Organization, false, None, NOW)?;
                w.set_disabled(bob, true)?;
                for failure in [None, Some("older"), Some("newer")] {
                    let mail = w.add_mail(b"sealed", NOW, NOW)?;
                    failure.map_or(Ok(()), |failure| w.put_off_mail(mail, NOW, failure))?;
                }
                Ok::<_, Error>(())
            })
            .unwrap();
        let totals = store.read(|r| r.totals(NOW)).unwrap();
        assert_eq!(totals, Totals { users: 2, organizations: 1, disabled: 1, ..Totals::default() });
        let mail = store.read(|r| r.failing_mail()).unwrap().unwrap();
        assert_eq!((mail.letters, mail.failure.as_str()), (2, "newer"));
    }
}
