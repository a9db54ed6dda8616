//! Accounts and who belongs to an organization.

use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};
use crate::domain::account::{Account, AccountId, AccountKind, AccountName, Role};

fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
    Ok(Account {
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        administrator: row.get("administrator")?,
        disabled: row.get("disabled")?,
    })
}

impl Reads<'_> {
    /// The account of that name, in any case.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn account(&self, name: &AccountName) -> Result<Option<Account>, Error> {
        let mut query =
            self.0.prepare_cached("SELECT id, name, kind, administrator, disabled FROM account WHERE name_key = ?1")?;
        Ok(query.query_row([name.key()], account).optional()?)
    }

    /// All accounts by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn accounts(&self) -> Result<Vec<Account>, Error> {
        let mut query =
            self.0.prepare_cached("SELECT id, name, kind, administrator, disabled FROM account ORDER BY name_key")?;
        Ok(query.query_map([], account)?.collect::<Result<_, _>>()?)
    }

    /// The Argon2 hash of an enabled user's password; `None` for everybody else.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn password_hash(&self, name: &AccountName) -> Result<Option<(AccountId, String)>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT id, password_hash FROM account WHERE name_key = ?1 AND disabled = 0 AND password_hash IS NOT NULL",
        )?;
        Ok(query.query_row([name.key()], |row| Ok((row.get("id")?, row.get("password_hash")?))).optional()?)
    }

    /// Whether an enabled administrator exists.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn has_administrator(&self) -> Result<bool, Error> {
        let sql = "SELECT EXISTS (SELECT 1 FROM account WHERE administrator = 1 AND disabled = 0)";
        Ok(self.0.query_row(sql, [], |row| row.get(0))?)
    }

    /// Whether `user` is a member of `organization`, and in which role.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn role(&self, organization: AccountId, user: AccountId) -> Result<Option<Role>, Error> {
        let mut query = self.0.prepare_cached("SELECT role FROM membership WHERE organization = ?1 AND user = ?2")?;
        Ok(query.query_row((organization, user), |row| row.get("role")).optional()?)
    }
}

impl Writes<'_> {
    /// Creates an account.
    ///
    /// # Errors
    /// [`Error::Conflict`] when a user or an organization has that name.
    pub fn create_account(
        &mut self,
        name: &AccountName,
        kind: AccountKind,
        administrator: bool,
        password_hash: Option<&str>,
        now: OffsetDateTime,
    ) -> Result<AccountId, Error> {
        if self.account(name)?.is_some() {
            return Err(Error::Conflict("an account of that name exists"));
        }
        self.0.0.execute(
            "INSERT INTO account (name, name_key, kind, administrator, password_hash, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            (name.as_str(), name.key(), kind, administrator, password_hash, Moment(now)),
        )?;
        Ok(AccountId(self.0.0.last_insert_rowid()))
    }

    /// Sets the Argon2 hash of a user's password.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_password_hash(&mut self, account: AccountId, hash: &str) -> Result<(), Error> {
        self.0.0.execute("UPDATE account SET password_hash = ?2 WHERE id = ?1 AND kind = 'user'", (account, hash))?;
        Ok(())
    }

    /// Disables an account, or enables it again.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_disabled(&mut self, account: AccountId, disabled: bool) -> Result<(), Error> {
        self.0.0.execute("UPDATE account SET disabled = ?2 WHERE id = ?1", (account, disabled))?;
        Ok(())
    }

    /// Makes `user` a member of `organization`, or changes the role.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_role(&mut self, organization: AccountId, user: AccountId, role: Role) -> Result<(), Error> {
        self.0.0.execute(
            "INSERT INTO membership VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET role = ?3",
            (organization, user, role),
        )?;
        Ok(())
    }

    /// Ends a membership.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn remove_member(&mut self, organization: AccountId, user: AccountId) -> Result<(), Error> {
        self.0.0.execute("DELETE FROM membership WHERE organization = ?1 AND user = ?2", (organization, user))?;
        Ok(())
    }
}
