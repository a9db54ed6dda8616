//! API keys. Only their hashes are here.

use rusqlite::{OptionalExtension, Row};
use serde::Serialize;
use time::OffsetDateTime;

use super::columns::{Moment, Patterns};
use super::{Error, Reads, Writes};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::api_key::{ApiKeyHash, ApiKeyId, KeyGrant, Scopes};
use crate::domain::pattern::Pattern;

/// A key as lists show it.
#[derive(Debug, Clone, Serialize)]
pub struct ListedKey {
    /// Its number, by which it is revoked.
    pub id: i64,
    /// Its first letters.
    pub hint: String,
    /// Whose it is.
    pub account: AccountName,
    /// Which account it acts for.
    pub owner: AccountName,
    /// What it may do.
    pub scopes: Scopes,
    /// For which package IDs; empty means all.
    pub patterns: Vec<Pattern>,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// Whether it was revoked.
    pub revoked: bool,
}

/// What is stored of a new key.
#[derive(Debug)]
pub struct NewKey {
    /// Its hash.
    pub hash: ApiKeyHash,
    /// Its first letters.
    pub hint: String,
    /// Whose it is.
    pub account: AccountId,
    /// Which account it acts for.
    pub owner: AccountId,
    /// What it may do.
    pub scopes: Scopes,
    /// For which package IDs; empty means all.
    pub patterns: Vec<Pattern>,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

fn grant(row: &Row<'_>) -> rusqlite::Result<KeyGrant> {
    let Patterns(patterns) = row.get("patterns")?;
    Ok(KeyGrant {
        id: row.get("id")?,
        account: row.get("account")?,
        owner: row.get("owner")?,
        scopes: row.get("scopes")?,
        patterns,
    })
}

/// Whether a key counts is judged here and nowhere else, at every use: it is not revoked, has not ended, both accounts
/// are enabled, and whoever holds it still belongs to the organization that it acts for.
const LIVE: &str = "SELECT k.id, k.account, k.owner, k.scopes, k.patterns FROM api_key k
    JOIN account a ON a.id = k.account AND a.disabled = 0
    JOIN account o ON o.id = k.owner AND o.disabled = 0
    WHERE k.revoked_at IS NULL AND k.expires_at > ?2
      AND (k.account = k.owner OR EXISTS (SELECT 1 FROM membership m WHERE m.organization = k.owner AND m.user = k.account))";

impl Reads<'_> {
    /// What the key with this hash may do at `now`; `None` when it is unknown, revoked, ended, or its account is disabled
    /// or left the organization.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn grant(&self, hash: &ApiKeyHash, now: OffsetDateTime) -> Result<Option<KeyGrant>, Error> {
        let mut query = self.0.prepare_cached(&format!("{LIVE} AND k.hash = ?1"))?;
        Ok(query.query_row((hash.0.as_slice(), Moment(now)), grant).optional()?)
    }

    /// The same for a key that a running request was opened with: asked again in the transaction that decides.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn grant_again(&self, id: ApiKeyId, now: OffsetDateTime) -> Result<Option<KeyGrant>, Error> {
        let mut query = self.0.prepare_cached(&format!("{LIVE} AND k.id = ?1"))?;
        Ok(query.query_row((id, Moment(now)), grant).optional()?)
    }

    /// All keys of an account, or of all accounts.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keys(&self, account: Option<AccountId>) -> Result<Vec<ListedKey>, Error> {
        let mut query = self.0.prepare_cached(
            "SELECT k.id, k.hint, a.name AS account, o.name AS owner, k.scopes, k.patterns, k.expires_at, k.revoked_at IS NOT NULL AS revoked
             FROM api_key k JOIN account a ON a.id = k.account JOIN account o ON o.id = k.owner
             WHERE ?1 IS NULL OR k.account = ?1 OR k.owner = ?1 ORDER BY k.id",
        )?;
        let keys = query.query_map([account], |row| {
            let (Moment(expires_at), Patterns(patterns)) = (row.get("expires_at")?, row.get("patterns")?);
            Ok(ListedKey {
                id: row.get("id")?,
                hint: row.get("hint")?,
                account: row.get("account")?,
                owner: row.get("owner")?,
                scopes: row.get("scopes")?,
                patterns,
                expires_at,
                revoked: row.get("revoked")?,
            })
        })?;
        Ok(keys.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Stores a new key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_key(&mut self, key: NewKey, now: OffsetDateTime) -> Result<ApiKeyId, Error> {
        self.0.0.execute(
            "INSERT INTO api_key (hash, hint, account, owner, scopes, patterns, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            (
                key.hash.0.as_slice(),
                key.hint,
                key.account,
                key.owner,
                key.scopes.to_string(),
                Patterns(key.patterns),
                Moment(now),
                Moment(key.expires_at),
            ),
        )?;
        Ok(ApiKeyId(self.0.0.last_insert_rowid()))
    }

    /// Notes when keys were used last, and from which IP addresses.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keys_used(&mut self, used: &[(ApiKeyId, OffsetDateTime, String)]) -> Result<(), Error> {
        let mut update =
            self.0.0.prepare_cached("UPDATE api_key SET last_used_at = ?2, last_used_from = ?3 WHERE id = ?1")?;
        used.iter().try_for_each(|(id, at, from)| update.execute((id, Moment(*at), from)).map(drop))?;
        Ok(())
    }

    /// Revokes a key for ever. Whether there was such a key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn revoke_key(&mut self, id: ApiKeyId, now: OffsetDateTime) -> Result<bool, Error> {
        let changed = self
            .0
            .0
            .execute("UPDATE api_key SET revoked_at = ?2 WHERE id = ?1 AND revoked_at IS NULL", (id, Moment(now)))?;
        Ok(changed > 0)
    }
}
