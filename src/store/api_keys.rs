//! API keys. Only their hashes are here. Whether one counts is judged by [`KeyLife`] over the facts that are loaded here.

use rusqlite::{OptionalExtension, Row, ToSql};
use serde::Serialize;
use time::OffsetDateTime;

use super::columns::{Moment, Patterns};
use super::{Error, Reads, Writes};
use crate::domain::account::{AccountId, AccountName};
use crate::domain::api_key::{ApiKeyHash, ApiKeyId, Dead, KeyGrant, KeyLife, KeyName, Scopes};
use crate::domain::pattern::Pattern;

/// A key as lists show it.
#[derive(Debug, Clone, Serialize)]
pub struct ListedKey {
    /// Its number, by which it is revoked.
    pub id: i64,
    /// What its owner calls it; may be empty.
    pub name: KeyName,
    /// Its first letters.
    pub hint: String,
    /// Whose it is: a user, or for a service key the organization.
    pub account: AccountName,
    /// Which account it acts for.
    pub owner: AccountName,
    /// What it may do.
    pub scopes: Scopes,
    /// For which package IDs; empty means all.
    pub patterns: Vec<Pattern>,
    /// When it was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Who made it: an account's name, or what stands for the command line.
    pub created_by: String,
    /// When it ends.
    #[serde(with = "time::serde::rfc3339")]
    pub expires_at: OffsetDateTime,
    /// When it was revoked.
    #[serde(with = "time::serde::rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// When it was used last.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_used_at: Option<OffsetDateTime>,
    /// From where: an IP address, or nothing.
    pub last_used_from: String,
    /// The account that it belongs to.
    #[serde(skip)]
    pub holder: AccountId,
    /// What decides whether it counts.
    #[serde(skip)]
    pub life: KeyLife,
    /// Whether it belongs to an organization itself.
    pub service: bool,
    /// Whether it is a service key whose maker is no administrator of the organization any more, or disabled: somebody without
    /// a say there may have a copy.
    pub maker_left: bool,
}

/// What is stored of a new key.
#[derive(Debug)]
pub struct NewKey {
    /// Its hash.
    pub hash: ApiKeyHash,
    /// What its owner calls it.
    pub name: KeyName,
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
    /// Who makes it.
    pub created_by: String,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// The facts of [`KeyLife`], for a query over `api_key k` with its two accounts.
macro_rules! life_columns {
    () => {
        "k.revoked_at IS NOT NULL AS revoked, k.expires_at, a.disabled AS holder_disabled, o.disabled AS owner_disabled,
         (k.account = k.owner OR EXISTS (SELECT 1 FROM membership m WHERE m.organization = k.owner AND m.user = k.account)) AS holder_belongs"
    };
}

/// A key with its two accounts.
macro_rules! from_keys {
    () => {
        " FROM api_key k JOIN account a ON a.id = k.account JOIN account o ON o.id = k.owner"
    };
}

/// What a key may do, found by `$which`: whole texts, because each read with a key asks for one.
macro_rules! grant_by {
    ($which:literal) => {
        concat!(
            "SELECT k.id, k.account, k.owner, k.scopes, k.patterns,
                CASE WHEN a.kind = 'organization' THEN
                  (SELECT u.id FROM account u WHERE u.name_key = lower(k.created_by) AND u.kind = 'user') END AS maker, ",
            life_columns!(),
            from_keys!(),
            " WHERE ",
            $which
        )
    };
}

const LISTED: &str = concat!(
    "SELECT k.id, k.name AS key_name, k.hint, a.name AS account, o.name AS owner, k.scopes, k.patterns, k.created_at, k.created_by,
        k.revoked_at, k.last_used_at, k.last_used_from, k.account AS holder,
        a.kind = 'organization' AS service,
        a.kind = 'organization' AND EXISTS (SELECT 1 FROM account u WHERE u.name = k.created_by AND (u.disabled = 1 OR NOT EXISTS
            (SELECT 1 FROM membership m WHERE m.organization = a.id AND m.user = u.id AND m.role = 'administrator'))) AS maker_left, ",
    life_columns!(),
    from_keys!()
);

fn life(row: &Row<'_>) -> rusqlite::Result<KeyLife> {
    let Moment(expires_at) = row.get("expires_at")?;
    Ok(KeyLife {
        revoked: row.get("revoked")?,
        expires_at,
        holder_disabled: row.get("holder_disabled")?,
        owner_disabled: row.get("owner_disabled")?,
        holder_belongs: row.get("holder_belongs")?,
    })
}

fn grant(row: &Row<'_>) -> rusqlite::Result<(KeyLife, KeyGrant)> {
    let (life, Patterns(patterns)) = (life(row)?, row.get("patterns")?);
    let grant = KeyGrant {
        id: row.get("id")?,
        account: row.get("account")?,
        service_key_of: row.get("maker")?,
        owner: row.get("owner")?,
        scopes: row.get("scopes")?,
        patterns,
        expires_at: life.expires_at,
    };
    Ok((life, grant))
}

fn listed(row: &Row<'_>) -> rusqlite::Result<ListedKey> {
    let (Patterns(patterns), Moment(created_at)) = (row.get("patterns")?, row.get("created_at")?);
    let moment = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<Moment>>(column)?.map(|Moment(at)| at));
    let life = life(row)?;
    Ok(ListedKey {
        id: row.get("id")?,
        name: row.get("key_name")?,
        hint: row.get("hint")?,
        account: row.get("account")?,
        owner: row.get("owner")?,
        scopes: row.get("scopes")?,
        patterns,
        created_at,
        created_by: row.get("created_by")?,
        expires_at: life.expires_at,
        revoked_at: moment("revoked_at")?,
        last_used_at: moment("last_used_at")?,
        last_used_from: row.get("last_used_from")?,
        holder: row.get("holder")?,
        life,
        service: row.get("service")?,
        maker_left: row.get("maker_left")?,
    })
}

impl Reads<'_> {
    /// What the key with this hash may do at `now`, or why it does not count.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn grant(&self, hash: &ApiKeyHash, now: OffsetDateTime) -> Result<Result<KeyGrant, Dead>, Error> {
        self.living(grant_by!("k.hash = ?1"), &hash.0.as_slice(), now)
    }

    /// The same for a key that a running request was opened with: asked again in the transaction that decides.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn grant_again(&self, id: ApiKeyId, now: OffsetDateTime) -> Result<Result<KeyGrant, Dead>, Error> {
        self.living(grant_by!("k.id = ?1"), &id, now)
    }

    fn living(&self, sql: &str, value: &dyn ToSql, now: OffsetDateTime) -> Result<Result<KeyGrant, Dead>, Error> {
        let mut query = self.0.prepare_cached(sql)?;
        let found = query.query_row([value], grant).optional()?;
        Ok(found.ok_or(Dead::Unknown).and_then(|(life, grant)| life.check(now).map(|()| grant)))
    }

    /// All keys, oldest first; with an account those that belong to it or act for it.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keys(&self, account: Option<AccountId>) -> Result<Vec<ListedKey>, Error> {
        match account {
            None => self.listed("TRUE OR ?1 IS NULL", None),
            some => self.listed("k.account = ?1 OR k.owner = ?1", some),
        }
    }

    /// The keys that belong to an account, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keys_of(&self, holder: AccountId) -> Result<Vec<ListedKey>, Error> {
        self.listed("k.account = ?1", Some(holder))
    }

    /// The keys that act for an account, its own and its members', oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keys_acting_for(&self, owner: AccountId) -> Result<Vec<ListedKey>, Error> {
        self.listed("k.owner = ?1", Some(owner))
    }

    /// One key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn key(&self, id: ApiKeyId) -> Result<Option<ListedKey>, Error> {
        let mut query = self.0.prepare_cached(&format!("{LISTED} WHERE k.id = ?1"))?;
        Ok(query.query_row([id], listed).optional()?)
    }

    /// How many keys of an account are neither revoked nor expired at `now`.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn count_keys(&self, holder: AccountId, now: OffsetDateTime) -> Result<usize, Error> {
        let sql = "SELECT count(*) FROM api_key WHERE account = ?1 AND revoked_at IS NULL AND expires_at > ?2";
        Ok(self.0.query_row(sql, (holder, Moment(now)), |row| row.get(0))?)
    }

    fn listed(&self, which: &str, account: Option<AccountId>) -> Result<Vec<ListedKey>, Error> {
        let mut query = self.0.prepare_cached(&format!("{LISTED} WHERE {which} ORDER BY k.id"))?;
        Ok(query.query_map([account], listed)?.collect::<Result<_, _>>()?)
    }
}

impl Writes<'_> {
    /// Stores a new key.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn add_key(&mut self, key: NewKey, now: OffsetDateTime) -> Result<ApiKeyId, Error> {
        self.0.0.execute(
            "INSERT INTO api_key (hash, name, hint, account, owner, scopes, patterns, created_by, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            (
                key.hash.0.as_slice(),
                key.name.as_str(),
                key.hint,
                key.account,
                key.owner,
                key.scopes.to_string(),
                Patterns(key.patterns),
                key.created_by,
                Moment(now),
                Moment(key.expires_at),
            ),
        )?;
        Ok(ApiKeyId(self.0.0.last_insert_rowid()))
    }

    /// Notes when keys were used last, and from which IP addresses. What is older than what is there changes nothing.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn keys_used(&mut self, used: &[(ApiKeyId, OffsetDateTime, String)]) -> Result<(), Error> {
        let mut update = self.0.0.prepare_cached(
            "UPDATE api_key SET last_used_at = ?2, last_used_from = ?3 WHERE id = ?1 AND ifnull(last_used_at, 0) <= ?2",
        )?;
        used.iter().try_for_each(|(id, at, from)| update.execute((id, Moment(*at), from)).map(drop))?;
        Ok(())
    }

    /// Revokes all keys that belong to an account or act for it. How many.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn revoke_keys_of(&mut self, account: AccountId, now: OffsetDateTime) -> Result<usize, Error> {
        let sql = "UPDATE api_key SET revoked_at = ?2 WHERE (account = ?1 OR owner = ?1) AND revoked_at IS NULL";
        Ok(self.0.0.execute(sql, (account, Moment(now)))?)
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
