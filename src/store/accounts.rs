//! Accounts and who belongs to an organization.

use rusqlite::{OptionalExtension, Row};
use time::OffsetDateTime;

use super::columns::Moment;
use super::{Error, Reads, Writes};
use crate::domain::account::{Account, AccountId, AccountKind, AccountName, Role};

pub(super) fn account(row: &Row<'_>) -> rusqlite::Result<Account> {
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

    /// The account of a row.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn account_by_id(&self, id: AccountId) -> Result<Account, Error> {
        let mut query =
            self.0.prepare_cached("SELECT id, name, kind, administrator, disabled FROM account WHERE id = ?1")?;
        Ok(query.query_row([id], account)?)
    }

    /// The server's administrators that are not disabled, by name.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn server_administrators(&self) -> Result<Vec<Account>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT id, name, kind, administrator, disabled FROM account WHERE administrator = 1 AND disabled = 0 ORDER BY name_key",
        )?;
        Ok(query.query_map([], account)?.collect::<Result<_, _>>()?)
    }

    /// The enabled organizations that a user belongs to, by name, with the role there.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn organizations_of(&self, user: AccountId) -> Result<Vec<(Account, Role)>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT a.id, a.name, a.kind, a.administrator, a.disabled, m.role FROM membership m
             JOIN account a ON a.id = m.organization WHERE m.user = ?1 AND a.disabled = 0 ORDER BY a.name_key",
        )?;
        Ok(query.query_map([user], |row| Ok((account(row)?, row.get("role")?)))?.collect::<Result<_, _>>()?)
    }

    /// The members of an organization by name, with their roles; disabled ones too.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn members(&self, organization: AccountId) -> Result<Vec<(Account, Role)>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT a.id, a.name, a.kind, a.administrator, a.disabled, m.role FROM membership m
             JOIN account a ON a.id = m.user WHERE m.organization = ?1 ORDER BY a.name_key",
        )?;
        Ok(query.query_map([organization], |row| Ok((account(row)?, row.get("role")?)))?.collect::<Result<_, _>>()?)
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

    /// The same for an account without a second factor: only such a password opens the API, which can't ask for a code.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn password_hash_without_factor(&self, name: &AccountName) -> Result<Option<String>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT password_hash FROM account a WHERE name_key = ?1 AND disabled = 0 AND password_hash IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM second_factor f WHERE f.account = a.id)",
        )?;
        Ok(query.query_row([name.key()], |row| row.get("password_hash")).optional()?)
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

    /// Makes a user an administrator of the server, or one no longer.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn set_administrator(&mut self, account: AccountId, administrator: bool) -> Result<(), Error> {
        let sql = "UPDATE account SET administrator = ?2 WHERE id = ?1 AND kind = 'user'";
        self.0.0.execute(sql, (account, administrator))?;
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
