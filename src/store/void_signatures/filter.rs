//! Which void signatures a list shows, as SQL.

use rusqlite::types::Value;

use super::{COLUMNS, VoidVersion};
use crate::domain::account::AccountId;
use crate::store::registrations::RegistrationId;

/// Which of them are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VoidFilter {
    /// Those of this ID; with `*` for any letters.
    pub package: Option<String>,
    /// Those of packages that this account owns.
    pub owner: Option<AccountId>,
    /// Those of this ID alone.
    pub registration: Option<RegistrationId>,
    /// Those that nothing was decided about. One that is unlisted or hidden was decided about before, whatever was noted then:
    /// a mark that is taken back and made again shall not ask anew.
    pub undecided: bool,
}

/// What lists show of a version beside that.
const VERSION: &str =
    "v.id, v.registration, r.package_id, v.version, v.listed, v.hidden_at IS NOT NULL AS hidden, v.author,
    v.timestamp, v.published_at, v.downloads";

impl VoidFilter {
    /// The pattern as SQLite's GLOB knows it: of its signs, only the star means more than itself.
    fn glob(&self) -> Option<String> {
        let pattern = self.package.as_ref()?.to_lowercase();
        Some(pattern.replace('[', "[[]").replace('?', "[?]"))
    }

    /// What it asks for, from `FROM` on. SQLite keeps the order of a cross join: of one package its versions are looked through,
    /// and of the whole feed the signatures that do not count, never all versions of the feed.
    fn sql(&self) -> (String, Vec<Value>) {
        let mut conditions = vec!["1"];
        let mut values = Vec::new();
        let tables = match self.registration {
            Some(RegistrationId(registration)) => {
                conditions.push("v.registration = ?");
                values.push(Value::Integer(registration));
                "version v CROSS JOIN void_signature s ON s.version = v.id"
            }
            None => "void_signature s CROSS JOIN version v ON v.id = s.version",
        };
        if let Some(pattern) = self.glob() {
            conditions.push("r.id_key GLOB ?");
            values.push(Value::Text(pattern));
        }
        if let Some(AccountId(owner)) = self.owner {
            conditions.push(
                "EXISTS (SELECT 1 FROM registration_owner o WHERE o.registration = v.registration AND o.account = ?)",
            );
            values.push(Value::Integer(owner));
        }
        if self.undecided {
            conditions.push("s.decision IS NULL AND v.listed = 1 AND v.hidden_at IS NULL");
        }
        let conditions = conditions.join(" AND ");
        (format!("FROM {tables} CROSS JOIN registration r ON r.id = v.registration WHERE {conditions}"), values)
    }

    /// The query of [`Reads::void_versions`](crate::store::Reads::void_versions).
    pub(super) fn listing(&self, skip: u64, limit: u32) -> (String, Vec<Value>) {
        let (from, mut values) = self.sql();
        // What is more than SQLite can count is after the last row.
        values.extend([Value::Integer(limit.into()), Value::Integer(i64::try_from(skip).unwrap_or(i64::MAX))]);
        (format!("SELECT {VERSION}, {COLUMNS} {from} ORDER BY r.id_key, v.id LIMIT ? OFFSET ?"), values)
    }

    /// The query of [`Reads::void_versions_after`](crate::store::Reads::void_versions_after).
    pub(super) fn listing_after(&self, after: Option<&VoidVersion>, limit: u32) -> (String, Vec<Value>) {
        let (from, mut values) = self.sql();
        let further = after.map_or("", |last| {
            values.extend([Value::Text(last.package_id.key().to_owned()), Value::Integer(last.id.0)]);
            "AND (r.id_key, v.id) > (?, ?)"
        });
        values.push(Value::Integer(limit.into()));
        (format!("SELECT {VERSION}, {COLUMNS} {from} {further} ORDER BY r.id_key, v.id LIMIT ?"), values)
    }

    /// The query of [`Reads::count_void_versions`](crate::store::Reads::count_void_versions).
    pub(super) fn counting(&self) -> (String, Vec<Value>) {
        let (from, values) = self.sql();
        (format!("SELECT count(*) {from}"), values)
    }
}
