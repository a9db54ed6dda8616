//! What administrators see of accounts: the list with what hangs on each.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use time::OffsetDateTime;

use super::accounts::account;
use super::columns::Moment;
use super::registrations::RegistrationId;
use super::{Error, Reads};
use crate::domain::account::{Account, AccountId, AccountKind};
use crate::domain::package_id::PackageId;

/// An account with what hangs on it.
#[derive(Debug, Clone, Serialize)]
pub struct AccountFacts {
    /// The account.
    #[serde(flatten)]
    pub account: Account,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Whether mail to that address arrives, as somebody has shown.
    pub email_confirmed: bool,
    /// Whether it has a password: a new user chooses one by a link.
    pub has_password: bool,
    /// Whether it has a second factor.
    pub enrolled: bool,
    /// To how many organizations a user belongs; of an organization how many members it has.
    pub memberships: u32,
    /// How many of its keys are neither revoked nor expired.
    pub keys: u32,
    /// When it was created.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When somebody signed in to it last.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_sign_in_at: Option<OffsetDateTime>,
}

/// Enabled users without a second factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WithoutFactor {
    /// All of them.
    pub users: u64,
    /// Those of them who run the server.
    pub administrators: u64,
}

/// Which accounts are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// What the name or the e-mail address contains, in any case; empty: all.
    pub text: String,
    /// Only of this kind.
    pub kind: Option<AccountKind>,
    /// Only administrators of the server.
    pub administrators: bool,
    /// Only disabled ones, or only enabled ones.
    pub disabled: Option<bool>,
}

/// Columns for [`facts`]; `?1` is the time.
const SELECT: &str =
    "SELECT a.id, a.name, a.kind, a.administrator, a.disabled, a.email, a.email_confirmed, a.created_at,
        a.last_sign_in_at, a.password_hash IS NOT NULL AS has_password,
        EXISTS (SELECT 1 FROM second_factor f WHERE f.account = a.id) AS enrolled,
        CASE a.kind WHEN 'user' THEN (SELECT count(*) FROM membership m WHERE m.user = a.id)
            ELSE (SELECT count(*) FROM membership m WHERE m.organization = a.id) END AS memberships,
        (SELECT count(*) FROM api_key k WHERE k.account = a.id AND k.revoked_at IS NULL AND k.expires_at > ?1) AS keys
    FROM account a";

/// The conditions of [`AccountFilter`], as `?2` to `?5`. `instr` takes no character for anything but itself.
const WHERE: &str = "WHERE (instr(a.name_key, ?2) > 0 OR instr(lower(coalesce(a.email, '')), ?2) > 0)
    AND (?3 IS NULL OR a.kind = ?3) AND (?4 = 0 OR a.administrator = 1) AND (?5 IS NULL OR a.disabled = ?5)";

fn facts(row: &Row<'_>) -> rusqlite::Result<AccountFacts> {
    let (Moment(created_at), last_sign_in_at) =
        (row.get("created_at")?, row.get::<_, Option<Moment>>("last_sign_in_at")?);
    Ok(AccountFacts {
        account: account(row)?,
        email: row.get("email")?,
        email_confirmed: row.get("email_confirmed")?,
        has_password: row.get("has_password")?,
        enrolled: row.get("enrolled")?,
        memberships: row.get("memberships")?,
        keys: row.get("keys")?,
        created_at,
        last_sign_in_at: last_sign_in_at.map(|Moment(at)| at),
    })
}

impl Reads<'_> {
    /// The accounts that pass `filter`, by name: `limit` of them after leaving out `skip`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn account_facts(
        &self,
        filter: &AccountFilter,
        skip: u64,
        limit: u32,
        now: OffsetDateTime,
    ) -> Result<Vec<AccountFacts>, Error> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} {WHERE} ORDER BY a.name_key LIMIT ?6 OFFSET ?7"))?;
        let text = filter.text.to_lowercase();
        let parameters = (Moment(now), text, filter.kind, filter.administrators, filter.disabled, limit, skip);
        Ok(query.query_map(parameters, facts)?.collect::<Result<_, _>>()?)
    }

    /// How many accounts pass `filter`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count_accounts(&self, filter: &AccountFilter) -> Result<u64, Error> {
        // `?1` is there, so that the other numbers are those of the list.
        let mut query = self.0.prepare_cached(&format!("SELECT count(*) FROM account a {WHERE} AND ?1 IS NULL"))?;
        let text = filter.text.to_lowercase();
        let parameters = (None::<i64>, text, filter.kind, filter.administrators, filter.disabled);
        Ok(query.query_row(parameters, |row| row.get(0))?)
    }

    /// One account with what hangs on it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn facts_of(&self, account: AccountId, now: OffsetDateTime) -> Result<Option<AccountFacts>, Error> {
        let mut query = self.0.prepare_cached(&format!("{SELECT} WHERE a.id = ?2"))?;
        Ok(query.query_row((Moment(now), account), facts).optional()?)
    }

    /// How many enabled users have no second factor.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn users_without_factor(&self) -> Result<WithoutFactor, Error> {
        let sql = "SELECT count(*) AS users, coalesce(sum(a.administrator), 0) AS administrators FROM account a
             WHERE a.kind = 'user' AND a.disabled = 0 AND NOT EXISTS (SELECT 1 FROM second_factor f WHERE f.account = a.id)";
        Ok(self.0.prepare_cached(sql)?.query_row([], |row| {
            Ok(WithoutFactor { users: row.get("users")?, administrators: row.get("administrators")? })
        })?)
    }

    /// The package IDs that an account owns.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn owned_ids(&self, owner: AccountId) -> Result<Vec<(RegistrationId, PackageId)>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT r.id, r.package_id FROM registration_owner o JOIN registration r ON r.id = o.registration
             WHERE o.account = ?1 ORDER BY r.id_key",
        )?;
        Ok(query.query_map([owner], |row| Ok((row.get("id")?, row.get("package_id")?)))?.collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Role;
    use crate::store::Store;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("assay.db")).unwrap();
        let create = |name: &str, kind, administrator| {
            store.write(|w| w.create_account(&name.parse().unwrap(), kind, administrator, None, NOW)).unwrap()
        };
        let ann = create("Ann", AccountKind::User, true);
        let bob = create("bob_b", AccountKind::User, false);
        let contoso = create("contoso", AccountKind::Organization, false);
        store
            .write(|w| {
                w.set_email(ann, Some("Ann.Droid@Example.com"), true)?;
                w.set_role(contoso, ann, Role::Administrator)?;
                w.set_role(contoso, bob, Role::Collaborator)?;
                w.set_disabled(bob, true)
            })
            .unwrap();
        (folder, store)
    }

    #[test]
    fn accounts_are_found_by_name_address_kind_and_state() {
        let (_folder, store) = store();
        let all = AccountFilter::default;
        for (filter, expected) in [
            (all(), vec!["Ann", "bob_b", "contoso"]),
            (AccountFilter { text: "AN".to_owned(), ..all() }, vec!["Ann"]),
            (AccountFilter { text: "droid@example".to_owned(), ..all() }, vec!["Ann"]),
            (AccountFilter { text: "_".to_owned(), ..all() }, vec!["bob_b"]),
            (AccountFilter { text: "%".to_owned(), ..all() }, vec![]),
            (AccountFilter { kind: Some(AccountKind::Organization), ..all() }, vec!["contoso"]),
            (AccountFilter { administrators: true, ..all() }, vec!["Ann"]),
            (AccountFilter { disabled: Some(true), ..all() }, vec!["bob_b"]),
            (AccountFilter { disabled: Some(false), text: "o".to_owned(), ..all() }, vec!["Ann", "contoso"]),
        ] {
            let found = store.read(|r| r.account_facts(&filter, 0, 10, NOW)).unwrap();
            let names: Vec<&str> = found.iter().map(|facts| facts.account.name.as_str()).collect();
            assert_eq!(names, expected, "{filter:?}");
            assert_eq!(store.read(|r| r.count_accounts(&filter)).unwrap(), expected.len() as u64, "{filter:?}");
        }
        let second = store.read(|r| r.account_facts(&all(), 1, 1, NOW)).unwrap();
        assert_eq!(second[0].account.name.as_str(), "bob_b");
    }

    #[test]
    fn what_hangs_on_an_account_is_counted() {
        let (_folder, store) = store();
        let facts = store.read(|r| r.account_facts(&AccountFilter::default(), 0, 10, NOW)).unwrap();
        assert_eq!(facts.iter().map(|facts| facts.memberships).collect::<Vec<_>>(), [1, 1, 2]);
        assert_eq!(facts[0].email.as_deref(), Some("Ann.Droid@Example.com"));
        assert!(facts[0].email_confirmed && !facts[0].enrolled && !facts[0].has_password);
        let without = store.read(|r| r.users_without_factor()).unwrap();
        assert_eq!(without, WithoutFactor { users: 1, administrators: 1 });
        let again = store.read(|r| r.facts_of(facts[2].account.id, NOW)).unwrap().unwrap();
        assert_eq!((again.account.name.as_str(), again.memberships), ("contoso", 2));
    }
}
